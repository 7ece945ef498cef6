// SPDX-License-Identifier: BSD-2-Clause
/* All that can be counted, in the text format of Prometheus. */
#include "exposition.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "learner.h"

static const struct {
	const char *name, *help;
} stats[] = {
#define TLML_STAT_TEXT(id, meaning) { #id, meaning },
	TLML_STATS(TLML_STAT_TEXT)
#undef TLML_STAT_TEXT
}, counts[] = {
#define TLML_PATH_TEXT(id, meaning) { #id, meaning },
	TLML_PATH_COUNTS(TLML_PATH_TEXT)
#undef TLML_PATH_TEXT
};

static const struct {
	const char *name, *type, *help;
	size_t at;
} classes[] = {
	{ "flows", "gauge", "flows whose current verdict it is",
	  offsetof(struct tlml_class_stats, flows) },
	{ "packets_total", "counter", "packets that came while it was their flow's verdict",
	  offsetof(struct tlml_class_stats, packets) },
	{ "bytes_total", "counter", "their IP bytes", offsetof(struct tlml_class_stats, bytes) },
	{ "dropped_total", "counter", "packets dropped, by drop or limit",
	  offsetof(struct tlml_class_stats, dropped) },
};

/* Numbers of the large model's status, by their keys. */
static const struct {
	const char *name, *type, *help, *key;
} endpoints[] = {
	{ "requests_total", "counter", "requests sent", "requests" },
	{ "failures_total", "counter", "of them failed", "failures" },
	{ "answers_total", "counter", "flows answered", "answers" },
	{ "in_flight", "gauge", "requests under way", "in_flight" },
}, larges[] = {
	{ "queue", "gauge", "questions that wait", "queue" },
	{ "asked_total", "counter", "questions taken", "asked" },
	{ "answered_total", "counter", "questions answered", "answered" },
	{ "expired_total", "counter", "questions that waited too long", "expired" },
	{ "refused_total", "counter", "questions not taken: no room, or no endpoint", "refused" },
	{ "failed_total", "counter", "questions that no endpoint answered", "failed" },
	{ "batches_total", "counter", "requests made of them", "batches" },
};

/* Of an interface's learning, by the keys of its status. */
static const struct {
	const char *name, *type, *help, *key;
} lessons[] = {
	{ "answers", "gauge", "answers kept to learn from", "answers" },
	{ "audits", "gauge", "answers kept to judge by", "audits" },
	{ "disagreement", "gauge", "share of audited flows that the large model disagrees on, of late",
	  "disagreement" },
	{ "drift", "gauge", "population stability index of verdicts, an alarm above 0.2", "psi" },
	{ "alarms_total", "counter", "alarms of drift or disagreement", "alarms" },
	{ "rollbacks_total", "counter", "generations taken back for doing worse", "rollbacks" },
};

#define N(a)	(sizeof(a) / sizeof((a)[0]))

/* One interface with its counters as of now. */
struct sight {
	const struct tlml_path *path;
	struct tlml_stats stats;
};

static void head(FILE *f, const char *prefix, const char *name, const char *suffix,
		 const char *type, const char *help)
{
	fprintf(f, "# HELP %s%s%s %s\n# TYPE %s%s%s %s\n", prefix, name, suffix, help, prefix, name,
		suffix, type);
}

/* label="text", escaped as the format wants it. */
static void label(FILE *f, const char *name, const char *text, size_t most)
{
	fprintf(f, "%s=\"", name);
	for (size_t i = 0; i < most && text[i]; i++) {
		if (text[i] == '\\' || text[i] == '"')
			fputc('\\', f);
		fputc(text[i] < ' ' ? '?' : text[i], f);
	}
	fputc('"', f);
}

static void begin(FILE *f, const char *prefix, const char *name, const char *suffix,
		  const struct sight *s)
{
	fprintf(f, "%s%s%s{", prefix, name, suffix);
	label(f, "interface", s->path->ifname, IF_NAMESIZE);
}

static void write_stats(FILE *f, const struct sight *s, unsigned int n)
{
	for (unsigned int c = 0; c < N(stats); c++) {
		head(f, "tlml_", stats[c].name, "_total", "counter", stats[c].help);
		for (unsigned int i = 0; i < n; i++) {
			begin(f, "tlml_", stats[c].name, "_total", &s[i]);
			fprintf(f, "} %llu\n", s[i].stats.count[c]);
		}
	}
}

static void write_class(FILE *f, const struct sight *s, unsigned int k, unsigned int which)
{
	const struct tlml_weights *w = tlml_maps_current(&s->path->maps);
	const char *of = (const char *)&s->stats.klass[k];
	__u64 v;

	if (k >= w->classes)
		return;
	memcpy(&v, of + classes[which].at, sizeof(v));
	begin(f, "tlml_class_", classes[which].name, "", s);
	fputc(',', f);
	label(f, "class", w->info[k].name, TLML_NAME_MAX);
	fprintf(f, "} %llu\n", v);
}

static void write_classes(FILE *f, const struct sight *s, unsigned int n)
{
	for (unsigned int c = 0; c < N(classes); c++) {
		head(f, "tlml_class_", classes[c].name, "", classes[c].type, classes[c].help);
		for (unsigned int i = 0; i < n; i++)
			for (unsigned int k = 0; k < TLML_CLASSES_MAX; k++)
				write_class(f, &s[i], k, c);
	}
}

static void write_counts(FILE *f, const struct tlml_paths *ps, const struct sight *s,
			 unsigned int n)
{
	for (unsigned int c = 0; c < N(counts); c++) {
		head(f, "tlmld_", counts[c].name, "_total", "counter", counts[c].help);
		for (unsigned int i = 0; i < n; i++) {
			begin(f, "tlmld_", counts[c].name, "_total", &s[i]);
			fprintf(f, "} %" PRIu64 "\n", s[i].path->count[c]);
		}
	}
	head(f, "tlmld_", "cases", "", "gauge", "hard flows that a question is open about");
	for (unsigned int i = 0; i < n; i++) {
		begin(f, "tlmld_", "cases", "", &s[i]);
		fprintf(f, "} %u\n", tlml_hard_count(ps->escalation->cases, s[i].path));
	}
	head(f, "tlml_", "generation", "", "gauge", "of the model in use");
	for (unsigned int i = 0; i < n; i++) {
		begin(f, "tlml_", "generation", "", &s[i]);
		fprintf(f, "} %u\n", tlml_maps_current(&s[i].path->maps)->generation);
	}
}

static json_int_t number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void write_learning(FILE *f, const struct sight *s, unsigned int n)
{
	json_t **status = calloc(n + 1, sizeof(*status));

	if (!status)
		return;
	for (unsigned int i = 0; i < n; i++)
		if (s[i].path->learner)
			status[i] = tlml_learner_status(s[i].path->learner);
	for (unsigned int c = 0; c < N(lessons); c++) {
		head(f, "tlmld_learn_", lessons[c].name, "", lessons[c].type, lessons[c].help);
		for (unsigned int i = 0; i < n; i++) {
			if (!status[i])
				continue;
			begin(f, "tlmld_learn_", lessons[c].name, "", &s[i]);
			fprintf(f, "} %g\n",
				json_number_value(json_object_get(status[i], lessons[c].key)));
		}
	}
	head(f, "tlmld_", "canary_generation", "", "gauge", "of the canary; 0: there is none");
	for (unsigned int i = 0; i < n; i++) {
		const struct tlml_maps *m = &s[i].path->maps;

		begin(f, "tlmld_", "canary_generation", "", &s[i]);
		fprintf(f, "} %u\n", m->ctl->canary_share ?
			m->weights[m->ctl->canary_slot & (TLML_SLOTS - 1)].generation : 0);
		json_decref(status[i]);
	}
	free(status);
}

static void write_latency(FILE *f, const json_t *list)
{
	static const char *const keys[] = { "p50", "p90", "p99" };
	static const char *const quantiles[] = { "0.5", "0.9", "0.99" };
	const json_t *e;
	size_t i;

	head(f, "tlmld_endpoint_", "latency_seconds", "", "gauge", "of requests of late");
	json_array_foreach(list, i, e)
		for (unsigned int q = 0; q < N(keys); q++) {
			const json_t *us = json_object_get(e, "latency_us");

			fputs("tlmld_endpoint_latency_seconds{", f);
			label(f, "url", json_string_value(json_object_get(e, "url")), SIZE_MAX);
			fprintf(f, ",quantile=\"%s\"} %g\n", quantiles[q], number(us, keys[q]) / 1e6);
		}
}

static void write_endpoints(FILE *f, const json_t *list)
{
	const json_t *e;
	size_t i;

	head(f, "tlmld_endpoint_", "up", "", "gauge", "1 if it is asked");
	json_array_foreach(list, i, e) {
		fputs("tlmld_endpoint_up{", f);
		label(f, "url", json_string_value(json_object_get(e, "url")), SIZE_MAX);
		fprintf(f, "} %d\n", !strcmp(json_string_value(json_object_get(e, "state")), "up"));
	}
	for (unsigned int c = 0; c < N(endpoints); c++) {
		head(f, "tlmld_endpoint_", endpoints[c].name, "", endpoints[c].type, endpoints[c].help);
		json_array_foreach(list, i, e) {
			fprintf(f, "tlmld_endpoint_%s{", endpoints[c].name);
			label(f, "url", json_string_value(json_object_get(e, "url")), SIZE_MAX);
			fprintf(f, "} %lld\n", (long long)number(e, endpoints[c].key));
		}
	}
	write_latency(f, list);
}

static void write_large(FILE *f, const struct tlml_large *large)
{
	json_t *status = tlml_large_status(large);

	if (!status)
		return;
	for (unsigned int c = 0; c < N(larges); c++) {
		head(f, "tlmld_large_", larges[c].name, "", larges[c].type, larges[c].help);
		fprintf(f, "tlmld_large_%s %lld\n", larges[c].name,
			(long long)number(status, larges[c].key));
	}
	write_endpoints(f, json_object_get(status, "endpoints"));
	json_decref(status);
}

void tlml_exposition_write(FILE *f, const struct tlml_paths *ps)
{
	const struct tlml_path *p;
	struct tlml_error e;
	unsigned int n = 0, i = 0;
	struct sight *s;

	TAILQ_FOREACH(p, &ps->all, all)
		n++;
	s = calloc(n + 1, sizeof(*s));
	if (!s)
		return;
	TAILQ_FOREACH(p, &ps->all, all) {
		s[i].path = p;
		i += !tlml_maps_stats(&p->maps, &s[i].stats, &e);
	}
	write_stats(f, s, i);
	write_classes(f, s, i);
	write_counts(f, ps, s, i);
	write_learning(f, s, i);
	write_large(f, ps->escalation->large);
	free(s);
}
