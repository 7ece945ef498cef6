// SPDX-License-Identifier: BSD-2-Clause
/* model rollback, pin, unpin, push: tlmld does it, or we do, where no tlmld looks after it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../daemon/models.h"
#include "cmd.h"
#include "lib/daemon.h"
#include "lib/kept.h"

/* By the same rules, in the same place. */
static int do_it(struct tlml_cmd *c, const json_t *request, int file, json_t **reply)
{
	char *text = json_dumps(request, JSON_COMPACT);
	struct tlml_generations *g;
	struct tlml_request r;
	struct tlml_maps m;
	int err;

	if (!text)
		return tlml_error_set(&c->e, ENOMEM, "no memory for the request");
	err = tlml_request_parse(text, strlen(text), &r, &c->e);
	free(text);
	if (!err)
		err = tlml_cmd_open(c, &m);
	if (err)
		return err;
	err = tlml_kept_open(c->argv[0], &g, &c->e);
	if (!err) {
		*reply = tlml_models_do(g, &m, &r, file, &c->e);
		err = *reply ? 0 : -EINVAL;
		tlml_kept_close(g);
	}
	tlml_maps_close(&m);
	return err;
}

int tlml_cmd_model_ask(struct tlml_cmd *c, json_t *request, int file, json_t **reply)
{
	int fd = tlml_daemon_connect(&c->e), err = 0;

	if (fd >= 0 && tlml_daemon_has(fd, c->argv[0]))
		err = tlml_daemon_ask(fd, json_incref(request), &file, file >= 0, reply, &c->e);
	else if (fd >= 0 || fd == -ENOENT)
		err = do_it(c, request, file, reply);
	else
		err = fd;
	if (fd >= 0)
		close(fd);
	json_decref(request);
	return err;
}

/* Which generation is live after what was asked, and what became of it. request is taken over. */
static int change(struct tlml_cmd *c, json_t *request, int file, const char *what)
{
	json_t *reply;
	int err = tlml_cmd_model_ask(c, request, file, &reply);

	if (err)
		return err;
	tlml_out_object(&c->out, NULL);
	tlml_out_str(&c->out, "interface", "%s:", c->argv[0]);
	tlml_out_num(&c->out, "generation", " generation %llu",
		     json_integer_value(json_object_get(reply, "live")));
	tlml_out_text(&c->out, " is %s\n", what);
	tlml_out_end(&c->out);
	json_decref(reply);
	return 0;
}

int tlml_cmd_model_rollback(struct tlml_cmd *c)
{
	unsigned long generation = 0;
	int err = tlml_cmd_words(c, 1, 2);

	if (!err && c->argc == 2)
		err = tlml_cmd_number(c, "GENERATION", c->argv[1], 1, 0xffffffff, &generation);
	if (err)
		return err;
	return change(c, json_pack("{s:s, s:s, s:I}", "do", "rollback", "interface", c->argv[0],
				   "generation", (json_int_t)generation), -1, "live");
}

static int pin(struct tlml_cmd *c, int on, const char *what)
{
	int err = tlml_cmd_words(c, 1, 1);

	if (err)
		return err;
	return change(c, json_pack("{s:s, s:s, s:b}", "do", "pin", "interface", c->argv[0],
				   "on", on), -1, what);
}

int tlml_cmd_model_pin(struct tlml_cmd *c)
{
	return pin(c, 1, "live, and pinned");
}

int tlml_cmd_model_unpin(struct tlml_cmd *c)
{
	return pin(c, 0, "live, and not pinned");
}

int tlml_cmd_model_push(struct tlml_cmd *c)
{
	int unsigned_too = tlml_cmd_option(c, "--unsigned", NULL);
	int err = tlml_cmd_words(c, 2, 2), fd;

	if (err)
		return err;
	fd = open(c->argv[1], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return tlml_error_set(&c->e, errno, "cannot open %s: %s", c->argv[1],
				      strerror(errno));
	err = change(c, json_pack("{s:s, s:s, s:b}", "do", "push", "interface", c->argv[0],
				  "unsigned", unsigned_too), fd, "live");
	close(fd);
	return err;
}
