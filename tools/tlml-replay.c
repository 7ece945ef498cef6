// SPDX-License-Identifier: BSD-2-Clause
/* tlml-replay: what a model and a policy would have done to captured traffic. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/replay.h"
#include "lib/replay_report.h"
#include "lib/replay_rows.h"
#include "models/default.h"

#define FLOWS_MAX	(1u << 26)

struct options {
	const char *model, *policy, *labels;
	char **captures;
	int n_captures;
	unsigned int flows;
	struct tlml_rows rows;
};

enum { OPT_POLICY = 256, OPT_FLOWS, OPT_DECIDED, OPT_LABELS, OPT_CSV };

static const struct argp_option options[] = {
	{ "model", 'm', "FILE", 0, "Decide by this model (default: the built-in one)", 0 },
	{ "policy", OPT_POLICY, "FILE", 0, "Act by this policy (default: every class passes)", 0 },
	{ "flows", OPT_FLOWS, "N", 0, "Flows that the table has room for (default 65536)", 0 },
	{ "json", 'j', NULL, 0, "One JSON object a flow and line", 0 },
	{ "csv", OPT_CSV, NULL, 0, "One row a flow, below a header", 0 },
	{ "decided", OPT_DECIDED, NULL, 0, "Leave out flows without a verdict", 0 },
	{ "labels", OPT_LABELS, "TSV", 0, "Compare the verdicts with these labels", 0 },
	{ 0 }
};

static void set_form(struct options *o, enum tlml_rows_form form, struct argp_state *state)
{
	if (o->rows.form != TLML_ROWS_TEXT && o->rows.form != form)
		argp_error(state, "--json and --csv are two forms of the same: choose one");
	o->rows.form = form;
}

static unsigned int flows_arg(const char *arg, struct argp_state *state)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(arg, &end, 10);
	if (*arg < '0' || *arg > '9' || *end || errno || !v || v > FLOWS_MAX)
		argp_error(state, "--flows is '%s': give a number from 1 to %u", arg, FLOWS_MAX);
	return v;
}

static error_t parse_arg(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'm': o->model = arg; break;
	case OPT_POLICY: o->policy = arg; break;
	case OPT_LABELS: o->labels = arg; break;
	case OPT_FLOWS: o->flows = flows_arg(arg, state); break;
	case OPT_DECIDED: o->rows.decided = true; break;
	case 'j': set_form(o, TLML_ROWS_JSON, state); break;
	case OPT_CSV: set_form(o, TLML_ROWS_CSV, state); break;
	case ARGP_KEY_ARGS:
		o->captures = state->argv + state->next;
		o->n_captures = state->argc - state->next;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "name at least one capture");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void complain(const struct tlml_error *e)
{
	fprintf(stderr, "tlml-replay: %s\n", e->text);
}

/*
 * One capture after the other. What a damaged one holds is shown, and those after it are run;
 * true if there was any such.
 */
static bool run_captures(const struct options *o, struct tlml_replay *r,
			const struct tlml_labels *labels, struct tlml_compare *compare)
{
	struct tlml_error e;
	bool failed = false;

	tlml_rows_begin(&o->rows);
	for (int i = 0; i < o->n_captures; i++) {
		if (tlml_replay_capture(r, o->captures[i], &e)) {
			fflush(o->rows.out);
			complain(&e);
			failed = true;
		}
		if (tlml_rows_write(&o->rows, r, o->captures[i])) {
			fprintf(stderr, "tlml-replay: no memory for the rows of %s\n", o->captures[i]);
			return true;
		}
		if (labels)
			tlml_compare_add(compare, r, labels);
	}
	return failed;
}

static int replay(const struct options *o, const struct tlml_model *m,
		  const struct tlml_labels *labels, bool *failed, struct tlml_error *e)
{
	/* Rows are for programs in the other forms, which must not meet a summary there. */
	FILE *told = o->rows.form == TLML_ROWS_TEXT ? o->rows.out : stderr;
	struct tlml_compare compare = { 0 };
	struct tlml_replay r;
	double start, took;
	int err;

	err = tlml_replay_open(&r, o->flows, m, o->policy, e);
	if (err)
		return err;
	start = seconds();
	*failed = run_captures(o, &r, labels, &compare);
	took = seconds() - start;
	if (r.frames) {
		if (told == o->rows.out)
			fputc('\n', told);
		err = tlml_replay_summary(&r, told, e);
		if (!err && labels)
			tlml_compare_print(&compare, m, told);
		fflush(told);
		fprintf(stderr, "tlml-replay: %llu frames in %.2f s, %.0f a second\n",
			(unsigned long long)r.frames, took, took > 0 ? r.frames / took : 0);
	}
	tlml_replay_close(&r);
	return err;
}

static int run(const struct options *o)
{
	struct tlml_labels labels = { 0 };
	struct tlml_model m = { 0 };
	struct tlml_error e = { "" };
	bool failed = false;
	int err;

	err = o->model ? tlml_model_read(o->model, &m, &e) :
			 tlml_model_parse(tlml_default_model, tlml_default_model_size,
					  "the built-in model", &m, &e);
	if (!err && o->labels)
		err = tlml_labels_read(o->labels, &labels, &e);
	if (!err)
		err = replay(o, &m, o->labels ? &labels : NULL, &failed, &e);
	if (err)
		complain(&e);
	tlml_labels_free(&labels);
	tlml_model_free(&m);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "tlml-replay: cannot write all of the output: make room, or name another place\n");
		failed = true;
	}
	return err || failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

const char *argp_program_version = "tlml-replay " TLML_VERSION;

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse_arg, .args_doc = "CAPTURE...",
		.doc = "Runs captures (pcap, pcapng) through tlml's data path and tells what it would have made of each flow. Needs the privileges to load BPF programs; touches no interface. See tlml-replay(8).",
	};
	struct options o = { .rows.out = stdout };

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	o.rows.captures = o.n_captures > 1;
	return run(&o);
}
