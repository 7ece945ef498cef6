// SPDX-License-Identifier: BSD-2-Clause
/* The interfaces that tlml is on: found by their pins, opened for a command. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

int tlml_cmd_ifaces(char (**names)[IF_NAMESIZE], struct tlml_error *e)
{
	char root[TLML_PATH_MAX], (*more)[IF_NAMESIZE];
	struct dirent *entry;
	int n = 0, err = 0;
	DIR *dir;

	*names = NULL;
	tlml_maps_root(root, sizeof(root));
	dir = opendir(root);
	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return tlml_error_set(e, errno, "cannot look into %s: %s: run as root", root,
				      strerror(errno));
	while (!err && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		more = realloc(*names, (n + 1) * sizeof(*more));
		if (!more) {
			err = tlml_error_set(e, ENOMEM, "no memory for the names of interfaces");
			break;
		}
		*names = more;
		n += tlml_maps_ifname(entry->d_name, more[n]);
	}
	closedir(dir);
	if (err) {
		free(*names);
		*names = NULL;
		return err;
	}
	if (n)
		qsort(*names, n, sizeof(**names), by_name);
	return n;
}

/* Adds to the sentence which interfaces there are, if tlml is not on the one named. */
static int not_on(struct tlml_cmd *c, const char *ifname, int err)
{
	char (*names)[IF_NAMESIZE];
	struct tlml_error ignored;
	size_t at = strlen(c->e.text);
	int i, n;

	if (err != -ENOENT)
		return err;
	n = tlml_cmd_ifaces(&names, &ignored);
	for (i = 0; i < n && at < sizeof(c->e.text); i++)
		at += snprintf(c->e.text + at, sizeof(c->e.text) - at, "%s%s", i ? ", " : "; it is on ",
			       names[i]);
	if (n >= 0)
		free(names);
	return err;
}

static int open_one(struct tlml_cmd *c, const char *ifname, struct tlml_maps *m)
{
	int err;

	if (!*ifname || strlen(ifname) >= IF_NAMESIZE || strchr(ifname, '/') || *ifname == '.')
		return tlml_error_set(&c->e, EINVAL, "'%s' is not the name of an interface", ifname);
	err = tlml_maps_open(ifname, m, &c->e);
	return err ? not_on(c, ifname, err) : 0;
}

int tlml_cmd_open(struct tlml_cmd *c, struct tlml_maps *m)
{
	return open_one(c, c->argv[0], m);
}

int tlml_cmd_each(struct tlml_cmd *c,
		  int (*fn)(struct tlml_cmd *c, const char *ifname, struct tlml_maps *m))
{
	char (*names)[IF_NAMESIZE] = NULL;
	struct tlml_maps m;
	int i, n = 1, err;

	if (!c->argc) {
		n = tlml_cmd_ifaces(&names, &c->e);
		if (n < 0)
			return n;
		if (!n)
			tlml_out_text(&c->out, "tlml is on no interface of this network namespace; 'tlml-load IFACE' puts it on one.\n");
	}
	tlml_out_object(&c->out, NULL);
	tlml_out_array(&c->out, "interfaces");
	for (i = 0, err = 0; !err && i < n; i++) {
		const char *ifname = names ? names[i] : c->argv[0];

		err = open_one(c, ifname, &m);
		if (err == -ENOENT && names) {		/* detached while we looked */
			err = 0;
			continue;
		}
		if (err)
			break;
		tlml_out_text(&c->out, "%s", i ? "\n" : "");
		tlml_out_object(&c->out, NULL);
		tlml_out_str(&c->out, "interface", NULL, ifname);
		err = fn(c, ifname, &m);
		tlml_out_end(&c->out);
		tlml_maps_close(&m);
	}
	if (!err) {
		tlml_out_end(&c->out);
		tlml_out_end(&c->out);
	}
	free(names);
	return err;
}
