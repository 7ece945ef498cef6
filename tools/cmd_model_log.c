// SPDX-License-Identifier: BSD-2-Clause
/* model log: which generations tlmld keeps of an interface, and what became of others. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "lib/daemon.h"

static long long num(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void print_time(struct tlml_out *o, long long seconds)
{
	time_t t = seconds;
	struct tm tm;
	char text[32];

	strftime(text, sizeof(text), "%F %T", localtime_r(&t, &tm));
	tlml_out_text(o, "  %s", text);
}

static void print_kept(struct tlml_out *o, const json_t *k)
{
	const char *damaged = json_string_value(json_object_get(k, "damaged"));

	tlml_out_text(o, "  %5lld", num(k, "generation"));
	if (damaged) {
		tlml_out_style(o, TLML_OUT_ALARM);
		tlml_out_text(o, "  %s", damaged);
		tlml_out_style(o, TLML_OUT_PLAIN);
	} else {
		print_time(o, num(k, "created"));
		tlml_out_text(o, "  sha256 %.16s", json_string_value(json_object_get(k, "hash")));
		if (num(k, "origin") != num(k, "generation"))
			tlml_out_text(o, "  weights of %lld", num(k, "origin"));
		if (json_is_true(json_object_get(k, "live")))
			tlml_out_text(o, "  live");
	}
	tlml_out_text(o, "\n");
}

static void print_entry(struct tlml_out *o, const json_t *entry)
{
	const char *event = json_string_value(json_object_get(entry, "event"));
	const char *why = json_string_value(json_object_get(entry, "why"));

	print_time(o, num(entry, "time"));
	tlml_out_text(o, "  %-11s %5lld  %s\n", event ? event : "", num(entry, "generation"),
		      why ? why : "");
}

int tlml_cmd_model_log(struct tlml_cmd *c)
{
	int err = tlml_cmd_words(c, 1, 1);
	struct tlml_out *o = &c->out;
	json_t *reply, *v;
	const char *key;
	size_t i;

	if (!err)
		err = tlml_cmd_model_ask(c, json_pack("{s:s, s:s}", "do", "models", "interface",
						      c->argv[0]), -1, &reply);
	if (err)
		return err;
	tlml_out_text(o, "%s: generation %lld is live%s\n", c->argv[0], num(reply, "live"),
		      json_is_true(json_object_get(reply, "pinned")) ? ", and pinned" : "");
	tlml_out_text(o, "kept\n");
	json_array_foreach(json_object_get(reply, "generations"), i, v)
		print_kept(o, v);
	tlml_out_text(o, "log\n");
	json_array_foreach(json_object_get(reply, "log"), i, v)
		print_entry(o, v);
	tlml_out_object(o, NULL);
	json_object_foreach(reply, key, v)
		tlml_out_json(o, key, json_incref(v));
	tlml_out_end(o);
	json_decref(reply);
	return 0;
}
