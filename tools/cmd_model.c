// SPDX-License-Identifier: BSD-2-Clause
/* model show: what is live on an interface or stored in a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../daemon/model.h"
#include "cmd.h"

static void print_class(struct tlml_out *o, const struct tlml_class_info *info)
{
	char name[TLML_NAME_MAX];

	memcpy(name, info->name, sizeof(name));
	name[TLML_NAME_MAX - 1] = 0;
	tlml_out_object(o, NULL);
	tlml_out_str(o, "class", "    %-15s", name);
	tlml_out_bool(o, "attack", "  attack %-3s", info->attack);
	tlml_out_num(o, "margin_act", "  act at %3llu", info->margin_act);
	tlml_out_num(o, "margin_hard", "  unsure below %3llu\n", info->margin_hard);
	tlml_out_end(o);
}

static void print_points(struct tlml_out *o, __u32 points)
{
	unsigned int i;

	tlml_out_text(o, "  decides at packets");
	tlml_out_array(o, "points");
	for (i = 0; i < 16; i++)
		if (points >> i & 1)
			tlml_out_num(o, NULL, " %llu", 1ull << i);
	tlml_out_end(o);
	tlml_out_text(o, "\n");
}

/* Sizes of the net, and what computes it. */
static void print_net(struct tlml_out *o, unsigned int hidden1, unsigned int hidden2,
		      unsigned int classes, bool wide)
{
	tlml_out_num(o, "hidden1", "  net 32 -> %llu", hidden1);
	tlml_out_num(o, "hidden2", " -> %llu", hidden2);
	tlml_out_num(o, "model_classes", " -> %llu", classes);
	tlml_out_bool(o, "wide", NULL, wide);
	tlml_out_text(o, "%s", wide ? ", needs the module" : "");
}

/* The packed weights know the second hidden layer in blocks of four. */
static int show_live(struct tlml_cmd *c, const char *ifname, struct tlml_maps *m)
{
	const struct tlml_weights *w = tlml_maps_current(m);
	struct tlml_out *o = &c->out;
	unsigned int i;

	tlml_out_num(o, "generation", NULL, w->generation);
	if (!w->generation) {
		tlml_out_text(o, "%s: there is no model: tlmlctl model push %s FILE\n", ifname, ifname);
		return 0;
	}
	tlml_out_text(o, "%s: generation %u in slot %u\n", ifname, w->generation,
		      (unsigned int)(w - m->weights));
	print_net(o, w->hidden1_blocks * 16, w->hidden2_blocks * 4, tlml_cmd_classes(m), w->wide);
	tlml_out_bool(o, "anomaly_head", ", anomaly head: %s\n", w->decode);
	print_points(o, w->points);
	tlml_out_text(o, "  classes\n");
	tlml_out_array(o, "classes");
	for (i = 0; i < tlml_cmd_classes(m); i++)
		print_class(o, &w->info[i]);
	tlml_out_end(o);
	tlml_out_text(o, "  generations held:");
	tlml_out_array(o, "held");
	for (i = 0; i < TLML_SLOTS; i++)
		if (m->weights[i].generation)
			tlml_out_num(o, NULL, " %llu", m->weights[i].generation);
	tlml_out_end(o);
	tlml_out_text(o, "\n");
	return 0;
}

/* Metadata is what the trainer wished to say: short values for people, all of it in JSON. */
static void print_meta(struct tlml_out *o, const struct tlml_model *model)
{
	json_t *meta = json_loadb(model->meta, model->header.meta_size, 0, NULL), *v;
	const char *key;

	json_object_foreach(meta, key, v) {
		char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));

		if (text && strlen(text) < 400)
			tlml_out_text(o, "  %s: %s\n", key, text);
		else
			tlml_out_text(o, "  %s: %zu entries, -j shows them\n", key,
				      json_is_array(v) ? json_array_size(v) : json_object_size(v));
		free(text);
	}
	if (meta)
		tlml_out_json(o, "meta", meta);
	else
		tlml_out_none(o, "meta");
}

/* Which model of the file decides where there is no module. */
static void print_smaller(struct tlml_out *o, const struct tlml_model *model)
{
	struct tlml_model fit;
	struct tlml_error none;

	if (tlml_model_fit(model, false, &fit, &none)) {
		tlml_out_none(o, "smaller");
		return;
	}
	tlml_out_object(o, "smaller");
	tlml_out_num(o, "hidden1", "  without it the file's net 32 -> %llu", fit.hidden[0].outputs);
	tlml_out_num(o, "hidden2", " -> %llu\n", fit.hidden[1].outputs);
	tlml_out_end(o);
	tlml_model_free(&fit);
}

static int show_file(struct tlml_cmd *c, const char *path)
{
	struct tlml_out *o = &c->out;
	struct tlml_model model;
	char hash[sizeof(model.header.hash) * 2 + 1];
	unsigned int i;
	int err = tlml_model_read(path, &model, &c->e);

	if (err)
		return err;
	for (i = 0; i < sizeof(model.header.hash); i++)
		sprintf(hash + 2 * i, "%02x", model.header.hash[i]);
	tlml_out_object(o, NULL);
	tlml_out_str(o, "file", "%s:", path);
	tlml_out_num(o, "generation", " generation %llu", model.header.generation);
	tlml_out_num(o, "size", ", %llu bytes\n", model.header.size);
	tlml_out_str(o, "sha256", "  sha256 %s\n", hash);
	print_net(o, model.hidden[0].outputs, model.hidden[1].outputs, model.header.classes,
		  model.header.wide);
	tlml_out_bool(o, "anomaly_head", ", anomaly head: %s", model.decode.outputs);
	tlml_out_num(o, "anomaly_low", model.decode.outputs ? ", grey from %llu" : NULL,
		     model.header.anomaly_low);
	tlml_out_num(o, "anomaly_high", model.decode.outputs ? ", anomalous from %llu" : NULL,
		     model.header.anomaly_high);
	tlml_out_text(o, "\n");
	if (model.header.wide)
		print_smaller(o, &model);
	print_points(o, model.header.points);
	tlml_out_text(o, "  classes\n");
	tlml_out_array(o, "classes");
	for (i = 0; i < model.header.classes; i++)
		print_class(o, &model.classes[i]);
	tlml_out_end(o);
	print_meta(o, &model);
	tlml_out_end(o);
	tlml_model_free(&model);
	return 0;
}

int tlml_cmd_model_show(struct tlml_cmd *c)
{
	int err = tlml_cmd_words(c, 0, 1);
	struct stat st;

	if (err)
		return err;
	if (!c->argc)
		return tlml_cmd_each(c, show_live);
	/* An interface is never called like a path, a file in this directory may be. */
	if (strchr(c->argv[0], '/'))
		return show_file(c, c->argv[0]);
	if (!if_nametoindex(c->argv[0]) && !stat(c->argv[0], &st) && S_ISREG(st.st_mode))
		return show_file(c, c->argv[0]);
	return tlml_cmd_each(c, show_live);
}
