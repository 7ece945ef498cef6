// SPDX-License-Identifier: BSD-2-Clause
/* large: how asking the large model goes, as tlmld tells it. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "lib/daemon.h"
#include "lib/teacher.h"

static unsigned long long num(const json_t *o, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(o, key));

	return v > 0 ? v : 0;
}

/* Some of it comes from servers: what a terminal would obey is not shown. */
static void str(struct tlml_out *o, const char *fmt, const json_t *from, const char *key)
{
	const char *v = json_string_value(json_object_get(from, key));
	char text[300];

	snprintf(text, sizeof(text), "%s", v ? v : "");
	tlml_error_clean(text);
	tlml_out_text(o, fmt, text);
}

static void time_us(struct tlml_out *o, const char *fmt, unsigned long long us)
{
	char text[32];

	if (us < 1000)
		snprintf(text, sizeof(text), "%llu us", us);
	else if (us < 1000000)
		snprintf(text, sizeof(text), "%.1f ms", us / 1e3);
	else
		snprintf(text, sizeof(text), "%.1f s", us / 1e6);
	tlml_out_text(o, fmt, text);
}

static void print_daemon(struct tlml_out *o, const json_t *s)
{
	const json_t *large = json_object_get(s, "large");

	str(o, "tlmld %s", s, "version");
	tlml_out_text(o, ", process %llu", num(s, "pid"));
	str(o, ", on %s", s, "loop");
	tlml_out_text(o, ", for %llu s\n", num(s, "uptime_s"));
	tlml_out_text(o, "questions  %llu asked, %llu answered, %llu expired, %llu failed, %llu refused\n",
		      num(large, "asked"), num(large, "answered"), num(large, "expired"),
		      num(large, "failed"), num(large, "refused"));
	tlml_out_text(o, "queue      %llu questions\n", num(large, "queue"));
	tlml_out_text(o, "batches    %llu, of %.1f questions lately", num(large, "batches"),
		      json_number_value(json_object_get(large, "batch_mean")));
	time_us(o, ", which wait %s for company\n", num(large, "wait_us"));
}

static void print_interface(struct tlml_out *o, const json_t *i)
{
	str(o, "\n%s", i, "interface");
	tlml_out_text(o, ": generation %llu%s\n", num(i, "generation"),
		      json_is_false(json_object_get(i, "reading")) ?
		      ", somebody else reads its records" : "");
	tlml_out_text(o, "  flows      %llu asked about, %llu answered, %llu not in time, %llu open\n",
		      num(i, "asked"), num(i, "answered"), num(i, "unanswered"), num(i, "cases"));
	tlml_out_text(o, "  answers    %llu applied, %llu worth less than the verdict, %llu late\n",
		      num(i, "applied"), num(i, "kept"), num(i, "late"));
	tlml_out_text(o, "  audit      %llu agree, %llu disagree\n", num(i, "agree"),
		      num(i, "disagree"));
}

static void print_endpoint(struct tlml_out *o, const json_t *e)
{
	const char *state = json_string_value(json_object_get(e, "state"));
	const json_t *latency = json_object_get(e, "latency_us");
	int up = state && !strcmp(state, "up");

	str(o, "\n%s: ", e, "url");
	tlml_out_style(o, up ? TLML_OUT_BOLD : TLML_OUT_ALARM);
	str(o, "%s", e, "state");
	tlml_out_style(o, TLML_OUT_PLAIN);
	str(o, ", breaker %s", e, "breaker");
	if (num(e, "retry_in_ms"))
		time_us(o, ", tried again in %s", 1000 * num(e, "retry_in_ms"));
	tlml_out_text(o, "\n");
	str(o, "  model      %s", e, "model");
	str(o, " %s", e, "version");
	tlml_out_text(o, ", tensors as %s\n",
		      json_is_true(json_object_get(e, "binary")) ? "bytes" : "JSON");
	tlml_out_text(o, "  requests   %llu, %llu of them failed, %llu under way, %llu answers\n",
		      num(e, "requests"), num(e, "failures"), num(e, "in_flight"), num(e, "answers"));
	time_us(o, "  latency    half %s", num(latency, "p50"));
	time_us(o, ", 90 %% %s", num(latency, "p90"));
	time_us(o, ", 99 %% %s\n", num(latency, "p99"));
	if (json_string_length(json_object_get(e, "why")))
		str(o, "  trouble    %s\n", e, "why");
}

static void print_by(struct tlml_out *o, const json_t *labelling)
{
	const char *who, *klass;
	json_t *classes, *n;

	json_object_foreach(json_object_get(labelling, "by"), who, classes) {
		tlml_out_text(o, "  by %s:", who);
		json_object_foreach(classes, klass, n)
			tlml_out_text(o, " %lld %s", (long long)json_integer_value(n), klass);
		tlml_out_text(o, "\n");
	}
}

/* What labels there are, and what came of them lately; nothing where there never was one. */
static void print_labels(struct tlml_out *o, const json_t *labelling, const json_t *taught)
{
	const json_t *last = json_array_get(taught, json_array_size(taught) - 1);
	time_t when = num(last, "time");
	struct tm tm;
	char text[32];

	if (!num(labelling, "labels") && !last)
		return;
	tlml_out_text(o, "\nlabels: %llu kept, %llu of them new; %llu were of no flow that was asked about\n",
		      num(labelling, "labels"), num(labelling, "fresh"), num(labelling, "unmatched"));
	print_by(o, labelling);
	if (!last)
		return;
	strftime(text, sizeof(text), "%F %T", localtime_r(&when, &tm));
	str(o, "  last       %s", last, "outcome");
	tlml_out_text(o, ", %s\n", text);
	if (json_string_length(json_object_get(last, "why")))
		str(o, "  because    %s\n", last, "why");
}

int tlml_cmd_large(struct tlml_cmd *c)
{
	int err = tlml_cmd_words(c, 0, 0);
	json_t *taught;
	const char *key;
	json_t *s, *v;
	size_t at;

	if (!err)
		err = tlml_daemon_status(&s, &c->e);
	if (err)
		return err;
	print_daemon(&c->out, s);
	json_array_foreach(json_object_get(json_object_get(s, "large"), "endpoints"), at, v)
		print_endpoint(&c->out, v);
	json_array_foreach(json_object_get(s, "interfaces"), at, v)
		print_interface(&c->out, v);
	taught = tlml_teacher_log();
	print_labels(&c->out, json_object_get(s, "labelling"), taught);
	tlml_out_object(&c->out, NULL);
	json_object_foreach(s, key, v)
		tlml_out_json(&c->out, key, json_incref(v));
	tlml_out_json(&c->out, "taught", taught);
	tlml_out_end(&c->out);
	json_decref(s);
	return 0;
}
