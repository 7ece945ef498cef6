// SPDX-License-Identifier: BSD-2-Clause
/* How good a model is on some flows: the JSON figures as text. */
#include "report.h"

static const char *text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static double number(const json_t *o, const char *key)
{
	return json_number_value(json_object_get(o, key));
}

static int whole(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void print_classes(const json_t *classes, FILE *f)
{
	size_t i;
	json_t *c;

	fprintf(f, "  %-15s %-6s %8s %9s %7s %7s %7s %7s %7s\n", "class", "", "flows",
		"precision", "recall", "f1", "act at", "ask <", "acted");
	json_array_foreach(classes, i, c)
		fprintf(f, "  %-15s %-6s %8d %9.4f %7.4f %7.4f %7d %7d %7d\n", text(c, "name"),
			json_is_true(json_object_get(c, "attack")) ? "attack" : "",
			whole(c, "flows"), number(c, "precision"), number(c, "recall"),
			number(c, "f1"), whole(c, "margin_act"), whole(c, "margin_hard"),
			whole(c, "acted"));
}

static void print_confusion(const json_t *report, FILE *f)
{
	const json_t *classes = json_object_get(report, "classes");
	size_t i, k;
	json_t *row, *n;

	fprintf(f, "  label \\ verdict");
	json_array_foreach(classes, i, row)
		fprintf(f, " %7.7s", text(row, "name"));
	fprintf(f, " %7s\n", "none");
	json_array_foreach(json_object_get(report, "confusion"), i, row) {
		fprintf(f, "  %-15s", text(json_array_get(classes, i), "name"));
		json_array_foreach(row, k, n)
			fprintf(f, " %7d", (int)json_integer_value(n));
		fputc('\n', f);
	}
}

void tlml_report_print(const json_t *report, const char *title, FILE *f)
{
	const json_t *acted = json_object_get(report, "acted");
	json_t *row;
	size_t i;

	fprintf(f, "%s: %d flows, macro-F1 %.4f, accuracy %.4f\n", title, whole(report, "flows"),
		number(report, "macro_f1"), number(report, "accuracy"));
	print_classes(json_object_get(report, "classes"), f);
	print_confusion(report, f);
	fprintf(f, "  surest flows kept:   ");
	json_array_foreach(json_object_get(report, "coverage"), i, row)
		fprintf(f, "  %3.0f%% %.4f", number(row, "coverage") * 100, number(row, "accuracy"));
	fprintf(f, " right\n  macro-F1 at packet:  ");
	json_array_foreach(json_object_get(report, "early"), i, row)
		fprintf(f, "  %d: %.4f", whole(row, "packets"), number(row, "macro_f1"));
	fprintf(f, "\n  acting from its margins, it would touch %d of %d attack and %d of %d benign flows\n",
		whole(acted, "attack_acted"), whole(acted, "attack"), whole(acted, "benign_acted"),
		whole(acted, "benign"));
}
