// SPDX-License-Identifier: BSD-2-Clause
/* large learn, large rollback: tlml-large is taught what labels say, or goes a step back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "lib/daemon.h"
#include "lib/teacher.h"

#define UNIX		"unix://"
#define PATIENCE	600	/* times 50 ms */

/* Where the tlml-large listens that tlmld asks, or NULL with a sentence; to be freed. */
static char *find_socket(const json_t *status, struct tlml_error *e)
{
	const json_t *all = json_object_get(json_object_get(status, "large"), "endpoints"), *one;
	const char *url;
	size_t i;

	json_array_foreach(all, i, one) {
		url = json_string_value(json_object_get(one, "url"));
		if (url && !strncmp(url, UNIX, strlen(UNIX)))
			return strdup(url + strlen(UNIX));
	}
	tlml_error_set(e, ENOTSUP, "tlmld asks a server elsewhere: labels teach a tlml-large of this machine");
	return NULL;
}

static json_int_t num(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void tell(struct tlml_cmd *c, json_t *r)
{
	struct tlml_out *o = &c->out;
	const json_t *right = json_object_get(r, "right");
	const char *key;
	json_t *v;

	tlml_out_text(o, "large model: %s", json_string_value(json_object_get(r, "outcome")));
	if (right && num(r, "labels"))
		tlml_out_text(o, " from %lld labels: better on %lld and worse on %lld of %lld held out; right on %lld of %lld golden cases, then on %lld",
			      num(r, "labels") - num(r, "held"), num(r, "better"),
			      num(r, "worse"), num(r, "held"),
			      json_integer_value(json_array_get(right, 0)), num(r, "golden"),
			      json_integer_value(json_array_get(right, 1)));
	tlml_out_text(o, json_is_true(json_object_get(r, "served")) ? "\n" : "; not served yet\n");
	json_object_foreach(r, key, v)
		tlml_out_json(o, key, json_incref(v));
}

/* words of tlml-large beside --models and --socket. */
static int run(struct tlml_cmd *c, const char *models, const char *socket, const char *labels)
{
	const char *outcome;
	char usual[256];
	json_t *report;
	int err;

	tlml_teacher_dir(usual, sizeof(usual));
	err = tlml_teacher_start(models ?: usual, socket, labels, &report, &c->e);
	if (err)
		return err;
	tell(c, report);
	outcome = json_string_value(json_object_get(report, "outcome")) ?: "";
	if (!strcmp(outcome, "refused") || !strcmp(outcome, "failed"))
		err = tlml_error_set(&c->e, EACCES, "%s: %.400s", outcome,
				     json_string_value(json_object_get(report, "why")) ?: "");
	json_decref(report);
	return err;
}

/* The file of labels, when all of them are in it; to be freed. NULL with a sentence. */
static char *labels_saved(struct tlml_error *e)
{
	static const struct timespec pause = { 0, 50000000 };
	const char *file = NULL;
	char *path = NULL;
	json_t *reply;
	int fd = tlml_daemon_connect(e), i;

	for (i = 0; fd >= 0 && !path && i < PATIENCE; i++) {
		if (tlml_daemon_ask(fd, json_pack("{s:s}", "do", "teach"), NULL, 0, &reply, e))
			break;
		file = json_string_value(json_object_get(reply, "file"));
		if (file)
			path = strdup(file);
		else
			nanosleep(&pause, NULL);
		json_decref(reply);
	}
	if (fd >= 0)
		close(fd);
	if (i == PATIENCE)
		tlml_error_set(e, ETIMEDOUT, "the disk takes labels too slowly: see tlmld's log");
	return path;
}

int tlml_cmd_teach(struct tlml_cmd *c, unsigned long least, const char *models)
{
	char *socket, *labels;
	json_t *status;
	int err;

	err = tlml_daemon_status(&status, &c->e);
	if (err)
		return err;
	if ((unsigned long)num(json_object_get(status, "labelling"), "fresh") < least) {
		tlml_out_text(&c->out, "large model: learns when there are %lu fresh labels\n", least);
		json_decref(status);
		return 0;
	}
	socket = find_socket(status, &c->e);
	json_decref(status);
	if (!socket)
		return -ENOTSUP;
	labels = labels_saved(&c->e);
	err = labels ? run(c, models, socket, labels) : -EIO;
	free(labels);
	free(socket);
	return err;
}

static int take_models(struct tlml_cmd *c, const char **models)
{
	int is = tlml_cmd_option(c, "--models", models);

	return is < 0 ? is : tlml_cmd_words(c, 0, 0);
}

int tlml_cmd_large_learn(struct tlml_cmd *c)
{
	const char *models = NULL;
	int err = take_models(c, &models);

	if (err)
		return err;
	tlml_out_object(&c->out, NULL);
	err = tlml_cmd_teach(c, 0, models);
	tlml_out_end(&c->out);
	return err;
}

int tlml_cmd_large_rollback(struct tlml_cmd *c)
{
	const char *models = NULL;
	int err = take_models(c, &models);
	char *socket = NULL;
	json_t *status;

	if (!err)
		err = tlml_daemon_status(&status, &c->e);
	if (err)
		return err;
	socket = find_socket(status, &c->e);
	json_decref(status);
	if (!socket)
		return -ENOTSUP;
	tlml_out_object(&c->out, NULL);
	err = run(c, models, socket, NULL);
	tlml_out_end(&c->out);
	free(socket);
	return err;
}
