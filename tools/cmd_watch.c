// SPDX-License-Identifier: BSD-2-Clause
/* watch: questions to the large model and its answers, as tlmld tells of them; payload, too. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "lib/daemon.h"

static const char *str(const json_t *o, const char *key)
{
	const char *v = json_string_value(json_object_get(o, key));

	return v ? v : "";
}

static unsigned long long num(const json_t *o, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(o, key));

	return v > 0 ? v : 0;
}

static void write_end(FILE *f, const json_t *event, const char *addr_key, const char *port_key)
{
	const char *addr = str(event, addr_key);

	fprintf(f, strchr(addr, ':') ? "[%s]:%llu" : "%s:%llu", addr, num(event, port_key));
}

static void write_answer(FILE *f, const json_t *answer)
{
	fprintf(f, "; large model: %s, %.1f %% sure, after %.1f ms, %s", str(answer, "class"),
		100 * json_number_value(json_object_get(answer, "confidence")),
		num(answer, "latency_us") / 1e3,
		json_is_true(json_object_get(answer, "applied")) ? "applied" : "not applied");
}

static void write_ends(FILE *f, const json_t *event)
{
	write_end(f, event, "src", "sport");
	fprintf(f, " > ");
	write_end(f, event, "dst", "dport");
	fprintf(f, " proto %llu", num(event, "proto"));
}

/* In hexadecimal, whatever it is: it may be anybody's. */
static void write_payload(FILE *f, const json_t *event)
{
	const char *hex = str(event, "data");

	if (*str(event, "src"))
		write_ends(f, event);
	else
		fprintf(f, "of a flow whose case is closed");
	fprintf(f, " packet %llu:", num(event, "packet"));
	for (; hex[0] && hex[1]; hex += 2)
		fprintf(f, " %.2s", hex);
}

static void write_event(FILE *f, const json_t *event)
{
	unsigned long long us = num(event, "time_us");
	const json_t *answer = json_object_get(event, "answer");
	time_t s = us / 1000000;
	struct tm tm;
	char text[16];

	if (!strcmp(str(event, "event"), "lost")) {
		fprintf(f, "... %llu more, lost: they come faster than they are read here",
			num(event, "n"));
		return;
	}
	strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&s, &tm));
	fprintf(f, "%s.%03llu %s %s ", text, us / 1000 % 1000, str(event, "interface"),
		str(event, "event"));
	if (!strcmp(str(event, "event"), "payload")) {
		write_payload(f, event);
		return;
	}
	write_ends(f, event);
	fprintf(f, " packet %llu: %s margin %llu, anomaly %llu, %s (%s)", num(event, "packets"),
		str(event, "class"), num(event, "margin"), num(event, "anomaly"),
		str(event, "action"), str(event, "reason"));
	if (answer)
		write_answer(f, answer);
	else if (*str(event, "why"))
		fprintf(f, "; %s", str(event, "why"));
}

/* Names of classes come from models and servers: what a terminal would obey is not shown. */
static int print_text(const json_t *event)
{
	char *line = NULL;
	size_t len;
	FILE *f = open_memstream(&line, &len);

	if (!f)
		return -ENOMEM;
	write_event(f, event);
	if (fclose(f)) {
		free(line);
		return -ENOMEM;
	}
	tlml_error_clean(line);
	puts(line);
	free(line);
	return 0;
}

static int print_event(struct tlml_cmd *c, const json_t *event)
{
	int err = 0;

	if (c->out.mode == TLML_OUT_JSON) {
		json_dumpf(event, stdout, JSON_COMPACT | JSON_REAL_PRECISION(9));
		putchar('\n');
	} else {
		err = print_text(event);
	}
	if (err)
		return tlml_error_set(&c->e, ENOMEM, "no memory for a line");
	return fflush(stdout) ? tlml_error_set(&c->e, EIO, "cannot write all of the output") : 0;
}

static int is_looked_after(struct tlml_cmd *c, int fd, const char *ifname)
{
	json_t *s, *i;
	size_t at;
	int err = tlml_daemon_overview(fd, &s, &c->e);

	if (err)
		return err;
	err = -ENOENT;
	json_array_foreach(json_object_get(s, "interfaces"), at, i)
		if (!strcmp(str(i, "interface"), ifname))
			err = 0;
	json_decref(s);
	return err ? tlml_error_set(&c->e, ENOENT, "tlmld does not look after %s: 'tlml-load --status' says what tlml is on",
				    ifname) : 0;
}

static int watch(struct tlml_cmd *c, int fd, int trace, int payload)
{
	json_t *request = json_pack("{s:s, s:b, s:b}", "do", "watch", "trace", trace, "payload",
				    payload), *event;
	int err = 0;

	if (c->argc) {
		err = is_looked_after(c, fd, c->argv[0]);
		json_object_set_new(request, "interface", json_string(c->argv[0]));
	}
	if (err) {
		json_decref(request);
		return err;
	}
	err = tlml_daemon_ask(fd, request, NULL, 0, &event, &c->e);
	if (!err)
		json_decref(event);
	while (!err) {
		err = tlml_daemon_event(fd, &event, &c->e);
		if (err)
			break;
		err = print_event(c, event);
		json_decref(event);
	}
	return err;
}

int tlml_cmd_watch(struct tlml_cmd *c)
{
	int trace = tlml_cmd_option(c, "--trace", NULL);
	int payload = tlml_cmd_option(c, "--payload", NULL), err = tlml_cmd_words(c, 0, 1), fd;

	if (err)
		return err;
	fd = tlml_daemon_connect(&c->e);
	if (fd < 0)
		return fd;
	err = watch(c, fd, trace, payload);
	close(fd);
	return err;
}
