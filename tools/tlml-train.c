// SPDX-License-Identifier: BSD-2-Clause
/* tlml-train: captures or CSV in, a model out; or what a model makes of captures. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/training.h"

enum { OPT_TEST = 256, OPT_HIDDEN, OPT_SEED, OPT_EPOCHS, OPT_META, OPT_REPORT, OPT_ATTACK, OPT_EVAL,
       OPT_DUMP, OPT_COMPARE, OPT_GENERATION, OPT_CASES, OPT_MODEL, OPT_ASK_AT, OPT_ANCHOR,
       OPT_ANCHOR_FLOWS };

static const struct argp_option options[] = {
	{ "output", 'o', "MODEL", 0, "Write the model to this file", 0 },
	{ "validate", 'v', "CAPTURE", 0, "Choose by this one (default: a fifth of the captures)", 0 },
	{ "test", OPT_TEST, "CAPTURE", 0, "Report on this one, which training does not see", 0 },
	{ "hidden", OPT_HIDDEN, "N,M", 0, "Sizes of the hidden layers (default 32,16); beyond 64,32 the kernel module has to compute the net", 0 },
	{ "epochs", OPT_EPOCHS, "N", 0, "Rounds over the samples (default 60)", 0 },
	{ "seed", OPT_SEED, "N", 0, "The same seed gives the same model (default 1)", 0 },
	{ "name-attack", OPT_ATTACK, "CLASS", 0, "Call a class an attack, whatever the labels say", 0 },
	{ "generation", OPT_GENERATION, "N", 0, "Generation number in the model (default 1)", 0 },
	{ "meta", OPT_META, "KEY=VALUE", 0, "Add to the model's metadata", 0 },
	{ "anchor", OPT_ANCHOR, "FILE", 0, "Write flows that later learning is to rehearse, and be judged by", 0 },
	{ "anchor-flows", OPT_ANCHOR_FLOWS, "N", 0, "So many of each class for each of the two (default 256)", 0 },
	{ "report", OPT_REPORT, "FILE", 0, "Write the report as JSON, too", 0 },
	{ "compare", OPT_COMPARE, NULL, 0, "Also train float and unbounded nets, to compare", 0 },
	{ "eval", OPT_EVAL, "MODEL", 0, "Train nothing: report on this model", 0 },
	{ "dump", OPT_DUMP, "CSV", 0, "Write the samples, in the form that is read", 0 },
	{ "export-cases", OPT_CASES, "CSV", 0, "Write flows as the large model sees them", 0 },
	{ "model", OPT_MODEL, "MODEL", 0, "Whose verdicts these have (default: the built-in one)", 0 },
	{ "ask-at", OPT_ASK_AT, "N", 0, "At which packet of theirs, a power of two (default 8)", 0 },
	{ 0 }
};

static unsigned long long number_arg(const char *arg, const char *name, unsigned long long lo,
				     unsigned long long hi, struct argp_state *state)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(arg, &end, 10);
	if (*arg < '0' || *arg > '9' || *end || errno || v < lo || v > hi)
		argp_error(state, "--%s is '%s': give a number from %llu to %llu", name, arg, lo, hi);
	return v;
}

static void add_input(struct tlml_training *t, const char *path, enum tlml_split split,
		      struct argp_state *state)
{
	if (t->n_in == TLML_INPUTS_MAX)
		argp_error(state, "more than %d captures: turn them into CSV files with --dump", TLML_INPUTS_MAX);
	t->in[t->n_in].path = path;
	t->in[t->n_in++].split = split;
}

static void hidden_arg(struct tlml_training *t, const char *arg, struct argp_state *state)
{
	unsigned int h1, h2;
	char more;

	if (sscanf(arg, "%u,%u%c", &h1, &h2, &more) != 2 || !h1 || h1 > TLML_WIDE_HIDDEN1_MAX ||
	    h1 % 16 || !h2 || h2 > TLML_WIDE_HIDDEN2_MAX || h2 % 8)
		argp_error(state, "--hidden is '%s': give N,M with N a multiple of 16 up to %d, M one of 8 up to %d",
			   arg, TLML_WIDE_HIDDEN1_MAX, TLML_WIDE_HIDDEN2_MAX);
	t->options.hidden[0] = h1;
	t->options.hidden[1] = h2;
	t->options.wide = h1 > TLML_HIDDEN1_MAX || h2 > TLML_HIDDEN2_MAX;
}

static void meta_arg(struct tlml_training *t, char *arg, struct argp_state *state)
{
	char *value = strchr(arg, '=');
	json_t *text;

	if (!value || value == arg)
		argp_error(state, "--meta is '%s': give KEY=VALUE", arg);
	*value = 0;
	text = json_string(value + 1);
	if (!text || json_object_set_new(t->meta, arg, text))
		argp_error(state, "--meta %s: not UTF-8 text", arg);
}

static error_t parse_arg(int key, char *arg, struct argp_state *state)
{
	struct tlml_training *t = state->input;

	switch (key) {
	case 'o': t->output = arg; break;
	case 'v': add_input(t, arg, TLML_SPLIT_VALIDATE, state); break;
	case ARGP_KEY_ARG: add_input(t, arg, TLML_SPLIT_TRAIN, state); break;
	case OPT_TEST: add_input(t, arg, TLML_SPLIT_TEST, state); break;
	case OPT_HIDDEN: hidden_arg(t, arg, state); break;
	case OPT_SEED: t->options.seed = number_arg(arg, "seed", 0, UINT64_MAX, state); break;
	case OPT_EPOCHS: t->options.epochs = number_arg(arg, "epochs", 1, 10000, state); break;
	case OPT_GENERATION:
		t->options.generation = number_arg(arg, "generation", 1, UINT32_MAX, state);
		break;
	case OPT_META: meta_arg(t, arg, state); break;
	case OPT_ANCHOR: t->anchor = arg; break;
	case OPT_ANCHOR_FLOWS:
		t->anchor_flows = number_arg(arg, "anchor-flows", 1, 65536, state);
		break;
	case OPT_REPORT: t->report = arg; break;
	case OPT_EVAL: t->eval = arg; break;
	case OPT_DUMP: t->dump = arg; break;
	case OPT_CASES: t->cases = arg; break;
	case OPT_MODEL: t->model = arg; break;
	case OPT_ASK_AT:
		t->ask_at = number_arg(arg, "ask-at", 1, 1024, state);
		if (t->ask_at & (t->ask_at - 1))
			argp_error(state, "--ask-at is '%s': flows are decided about at packets 1, 2, 4, 8 ...: give one of these",
				   arg);
		break;
	case OPT_COMPARE: t->compare = 1; break;
	case OPT_ATTACK:
		if (t->n_attacks == TLML_CLASSES_MAX)
			argp_error(state, "--name-attack more than %d times", TLML_CLASSES_MAX);
		t->attacks[t->n_attacks++] = arg;
		break;
	case ARGP_KEY_END:
		if (!t->n_in)
			argp_error(state, "name at least one capture or CSV file");
		if (!t->output && !t->eval && !t->dump && !t->cases)
			argp_error(state, "say what to make: -o MODEL, --eval MODEL, --dump CSV or --export-cases CSV");
		if (t->anchor && !t->output)
			argp_error(state, "--anchor goes with a model that is trained: add -o MODEL");
		if (t->output && t->eval)
			argp_error(state, "-o trains a model, --eval reads one: choose");
		if (t->cases && (t->output || t->eval || t->dump))
			argp_error(state, "--export-cases does nothing else: leave out -o, --eval and --dump");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static char *command_line(int argc, char **argv)
{
	size_t size = 1, at = 0;
	char *text;
	int i;

	for (i = 0; i < argc; i++)
		size += strlen(argv[i]) + 1;
	text = calloc(1, size);
	if (!text)
		return NULL;
	for (i = 0; i < argc; i++)
		at += sprintf(text + at, "%s%s", i ? " " : "", argv[i]);
	return text;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options, .parser = parse_arg, .args_doc = "CAPTURE|CSV...",
		.doc = "Trains the int8 models that tlml-load puts into the kernel, from captures with label files (X.pcap with X.tsv) or CSV. See tlml-train(8).",
	};
	char *command = command_line(argc, argv);
	struct tlml_training *t = calloc(1, sizeof(*t));
	int err;

	if (!t || !command)
		return 1;
	t->meta = json_object();
	t->options = (struct tlml_train_options){ .hidden = { 32, 16 }, .epochs = 60, .seed = 1,
						  .generation = 1 };
	t->ask_at = 8;
	t->anchor_flows = 256;
	argp_parse(&argp, argc, argv, 0, NULL, t);
	json_object_set_new(t->meta, "command", json_string(command));
	err = tlml_training_run(t);
	if (err)
		fprintf(stderr, "tlml-train: %s\n", t->e.text);
	tlml_training_free(t);
	free(command);
	free(t);
	return err ? 1 : 0;
}
