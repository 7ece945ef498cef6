// SPDX-License-Identifier: BSD-2-Clause
/* What tlml-train does once its command line is read. */
#include "training.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../daemon/learn/anchor.h"
#include "../../daemon/learn/figures.h"
#include "../models/default.h"
#include "cases.h"
#include "dataset.h"
#include "meta.h"
#include "report.h"

/* A line that is replaced on a terminal, else one every five seconds. */
static void show_progress(void *arg, const char *stage, double share, double loss)
{
	struct tlml_training *t = arg;
	int tty = isatty(STDERR_FILENO);
	struct timespec now;
	char text[32] = "";

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!tty && now.tv_sec - t->told.tv_sec < 5)
		return;
	t->told = now;
	if (isfinite(loss))
		snprintf(text, sizeof(text), ", loss %.4f", loss);
	fprintf(stderr, "%stlml-train: %s, %.0f%%%s%s", tty ? "\r\033[K" : "", stage, share * 100, text,
		tty ? "" : "\n");
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static int read_inputs(struct tlml_training *t)
{
	unsigned int i;
	int err;

	for (i = 0; i < t->n_in; i++) {
		show_progress(t, t->in[i].path, (double)i / t->n_in, NAN);
		err = tlml_dataset_read(&t->set, t->in[i].path, t->in[i].split, t->attacks, &t->e);
		if (err)
			return err;
	}
	for (i = t->set.fixed; t->set.fixed && i < t->set.n_classes; i++)
		fprintf(stderr, "tlml-train: the model has no class %s: its flows are left out\n",
			t->set.classes[i].name);
	return tlml_set_index(&t->set, &t->e);
}

static int make_views(struct tlml_training *t)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < TLML_SPLITS; i++)
		err = tlml_set_view(&t->set, i, &t->view[i], &t->e);
	return err;
}

static int open_csv(struct tlml_training *t, const char *path, FILE **f)
{
	*f = fopen(path, "we");
	if (*f)
		return 0;
	return tlml_error_set(&t->e, errno, "%s: cannot write it: %s: name another file", path,
			      strerror(errno));
}

/* All of it or nothing stays. */
static int close_csv(struct tlml_training *t, const char *path, FILE *f, int err)
{
	int full = ferror(f);

	if (!(fclose(f) || full) && !err)
		return 0;
	unlink(path);
	return err ? err : tlml_error_set(&t->e, EIO, "%s: cannot write all of it: make room on the disk",
					  path);
}

static int write_dump(struct tlml_training *t)
{
	FILE *f;
	int err = open_csv(t, t->dump, &f);

	if (err)
		return err;
	tlml_dataset_write_csv(&t->set, f);
	return close_csv(t, t->dump, f, 0);
}

static int write_cases(struct tlml_training *t)
{
	struct tlml_cases c = { .ask_at = t->ask_at };
	struct tlml_model m = { 0 };
	unsigned int i;
	int err;

	err = t->model ? tlml_model_read(t->model, &m, &t->e) :
			 tlml_model_parse(tlml_default_model, tlml_default_model_size,
					  "the built-in model", &m, &t->e);
	if (err)
		return err;
	c.model = &m;
	err = open_csv(t, t->cases, &c.out);
	if (!err) {
		tlml_cases_head(&c);
		for (i = 0; !err && i < t->n_in; i++) {
			struct tlml_reading r = { .set = &t->set, .path = t->in[i].path,
						  .split = t->in[i].split, .attacks = t->attacks };

			show_progress(t, t->in[i].path, (double)i / t->n_in, NAN);
			err = tlml_cases_write(&c, &r, &t->e);
		}
		end_progress();
		err = close_csv(t, t->cases, c.out, err);
	}
	tlml_model_free(&m);
	return err;
}

/* Adds the figures of m on a split to report and prints them. */
static int report_split(struct tlml_training *t, const struct tlml_model *m, enum tlml_split split,
			const char *key, const char *title, json_t *report)
{
	struct tlml_costs costs = tlml_costs_of(m);
	struct tlml_scores s;
	json_t *figures;
	int err;

	if (!t->view[split].n)
		return 0;
	err = tlml_scores_init(&s, &t->set, m->header.classes, &t->e);
	if (err)
		return err;
	tlml_scores_fill(&s, &t->view[split], m);
	figures = tlml_report_make(&s, &t->view[split], &costs, m->classes);
	tlml_scores_free(&s);
	if (!figures)
		return tlml_error_set(&t->e, ENOMEM, "no memory for the report");
	tlml_report_print(figures, title, stdout);
	json_object_set_new(report, key, figures);
	return 0;
}

/* What rounding and the bound of four lanes cost: the same training without them. */
static int compare_nets(struct tlml_training *t, const struct tlml_model *m, enum tlml_split split,
			json_t *report)
{
	static const char *const names[] = { "int8", "int8_unbounded", "float" };
	struct tlml_train_views views = { &t->view[TLML_SPLIT_TRAIN],
					  &t->view[TLML_SPLIT_VALIDATE] };
	struct tlml_costs costs = tlml_costs_of(m);
	struct tlml_net *net = malloc(sizeof(*net));
	json_t *out = json_object();
	struct tlml_scores s;
	unsigned int i;
	int err;

	err = net ? tlml_scores_init(&s, &t->set, m->header.classes, &t->e) :
		    tlml_error_set(&t->e, ENOMEM, "no memory to compare nets");
	for (i = 0; !err && i < 3; i++) {
		struct tlml_figures f;

		tlml_scores_fill(&s, &t->view[split], m);
		if (i != tlml_net_precision(t->options.wide)) {
			err = tlml_train_net(&views, &t->options, i, net, &t->e);
			if (err)
				break;
			tlml_train_swap_scores(net, &t->view[split], m, &s);
		}
		f = tlml_figures_of(&s, &t->view[split], &costs, TLML_POINTS);
		json_object_set_new(out, names[i], json_real(tlml_figures_macro_f1(&f)));
	}
	end_progress();
	if (!err) {
		printf("  macro-F1 of nets trained alike: int8 %.4f, int8 without the bound of four lanes %.4f, float %.4f\n",
		       json_real_value(json_object_get(out, "int8")),
		       json_real_value(json_object_get(out, "int8_unbounded")),
		       json_real_value(json_object_get(out, "float")));
		json_object_set(report, "compare", out);
	}
	if (net && s.set)
		tlml_scores_free(&s);
	json_decref(out);
	free(net);
	return err;
}

static int write_report(struct tlml_training *t, const json_t *report)
{
	char *text;
	int err;

	if (!t->report)
		return 0;
	text = json_dumps(report, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	if (!text)
		return tlml_error_set(&t->e, ENOMEM, "no memory for the report");
	err = tlml_meta_write(t->report, text, strlen(text), &t->e);
	free(text);
	return err;
}

static int eval_model(struct tlml_training *t, struct tlml_model *m)
{
	json_t *report = json_pack("{s:s, s:i}", "model", t->eval, "generation",
				   (int)m->header.generation);
	unsigned int i;
	int err;

	/* A captures' role is of no matter here: all of them are reported on together. */
	for (i = 0; i < t->set.n_captures; i++)
		t->set.captures[i].split = TLML_SPLIT_TEST;
	err = make_views(t);
	if (!err && !t->view[TLML_SPLIT_TEST].n)
		err = tlml_error_set(&t->e, EINVAL, "no labelled flow of the model's classes: check the label files");
	if (!err)
		err = report_split(t, m, TLML_SPLIT_TEST, "test", "evaluation", report);
	if (!err)
		err = write_report(t, report);
	json_decref(report);
	return err;
}

static int save_model(struct tlml_training *t, const struct tlml_parts *parts, json_t *report,
		      struct tlml_model *m)
{
	char *text;
	size_t size;
	void *blob;
	int err;

	json_object_set_new(t->meta, "classes", tlml_meta_classes(&t->set));
	json_object_set_new(t->meta, "features", tlml_meta_features());
	json_object_set_new(t->meta, "captures", tlml_meta_captures(&t->set));
	json_object_set(t->meta, "figures", report);
	text = json_dumps(t->meta, JSON_COMPACT | JSON_REAL_PRECISION(6));
	blob = text ? tlml_blob_build(parts, text, &size) : NULL;
	free(text);
	if (!blob)
		return tlml_error_set(&t->e, ENOMEM, "no memory for the model");
	err = tlml_model_parse(blob, size, t->output, m, &t->e);
	if (!err && json_object_size(report)) {
		err = tlml_meta_write(t->output, blob, size, &t->e);
		if (!err)
			printf("%s: %zu bytes, generation %u, %u classes, points %#x, cost shifts %u and %u, decay %u, anomaly marks %u and %u\n",
			       t->output, size, m->header.generation, m->header.classes,
			       m->header.points, m->header.cost_shift[0], m->header.cost_shift[1],
			       m->header.cost_decay, m->header.anomaly_low, m->header.anomaly_high);
	}
	free(blob);
	return err;
}

/* The few figures that travel with the model. */
static json_t *summary(const json_t *report)
{
	json_t *out = json_object(), *figures;
	const char *key;

	json_object_foreach((json_t *)report, key, figures)
		if (json_object_get(figures, "macro_f1"))
			json_object_set_new(out, key, json_pack("{s:O, s:O, s:O, s:O}", "flows",
				json_object_get(figures, "flows"), "macro_f1",
				json_object_get(figures, "macro_f1"), "accuracy",
				json_object_get(figures, "accuracy"), "acted",
				json_object_get(figures, "acted")));
	return out;
}

static int write_anchor(struct tlml_training *t)
{
	struct tlml_set anchor;
	int err;

	err = tlml_anchor_choose(&t->set, t->anchor_flows, t->options.seed, &anchor, &t->e);
	if (err)
		return err;
	err = tlml_anchor_write(&anchor, t->anchor, &t->e);
	if (!err)
		printf("%s: %zu flows to learn with and be judged by\n", t->anchor, anchor.n_runs);
	tlml_set_free(&anchor);
	return err;
}

static int train_model(struct tlml_training *t)
{
	struct tlml_train_views views = { &t->view[TLML_SPLIT_TRAIN],
					  &t->view[TLML_SPLIT_VALIDATE] };
	struct tlml_parts *parts = malloc(sizeof(*parts));
	json_t *report = json_object(), *none = json_object(), *few;
	struct tlml_model m = { 0 };
	enum tlml_split split;
	int err;

	err = parts ? tlml_set_divide(&t->set, t->options.seed, &t->e) :
		      tlml_error_set(&t->e, ENOMEM, "no memory for the model");
	if (!err)
		err = make_views(t);
	if (!err)
		err = tlml_train(&views, &t->options, parts, &t->e);
	end_progress();
	if (!err)
		err = save_model(t, parts, none, &m);
	if (!err)
		err = report_split(t, &m, TLML_SPLIT_VALIDATE, "validate", "validation", report);
	if (!err)
		err = report_split(t, &m, TLML_SPLIT_TEST, "test", "test", report);
	split = t->view[TLML_SPLIT_TEST].n ? TLML_SPLIT_TEST : TLML_SPLIT_VALIDATE;
	if (!err && t->compare)
		err = compare_nets(t, &m, split, report);
	tlml_model_free(&m);
	if (!err) {
		few = summary(report);
		err = save_model(t, parts, few, &m);
		json_decref(few);
	}
	if (!err && t->anchor)
		err = write_anchor(t);
	if (!err)
		err = write_report(t, report);
	tlml_model_free(&m);
	json_decref(report);
	json_decref(none);
	free(parts);
	return err;
}

int tlml_training_run(struct tlml_training *t)
{
	struct tlml_model m = { 0 };
	int err = 0;

	t->options.progress = show_progress;
	t->options.arg = t;
	clock_gettime(CLOCK_MONOTONIC, &t->told);
	if (t->cases)
		return write_cases(t);
	if (t->output) {
		err = tlml_meta_can_write(t->output, &t->e);
		if (err)
			return err;
	}

	if (t->eval) {
		err = tlml_model_read(t->eval, &m, &t->e);
		if (err)
			return err;
		t->set.fixed = t->set.n_classes = m.header.classes;
		memcpy(t->set.classes, m.classes, sizeof(m.classes));
	}
	err = read_inputs(t);
	end_progress();
	if (!err && t->dump)
		err = write_dump(t);
	if (!err && t->eval)
		err = eval_model(t, &m);
	else if (!err && t->output)
		err = train_model(t);
	tlml_model_free(&m);
	return err;
}

void tlml_training_free(struct tlml_training *t)
{
	unsigned int i;

	for (i = 0; i < TLML_SPLITS; i++)
		tlml_view_free(&t->view[i]);
	tlml_set_free(&t->set);
	json_decref(t->meta);
}
