// SPDX-License-Identifier: BSD-2-Clause
/* Checking of a model blob. Every number in it is somebody else's until checked. */
#include "model_impl.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "../uapi/tlml_wide.h"

#define REMEDY "train it again with tlml-train, or copy the file again"

/* What a check needs to find its way and to complain. */
struct check {
	const char *name;
	const uint8_t *blob;
	struct tlml_model *m;
	struct tlml_error *e;
};

#define BAD(c, fmt, ...) \
	tlml_error_set((c)->e, EINVAL, "%s: " fmt ": " REMEDY, (c)->name, ##__VA_ARGS__)

static const char *const kinds[TLML_LAYERS] = { "additive", "hidden", "class", "decode" };

static void model_hash(const uint8_t *blob, size_t size, uint8_t *digest)
{
	static const uint8_t zero[sizeof(((struct tlml_model_header *)0)->hash)];
	const size_t at = offsetof(struct tlml_model_header, hash);
	crypto_hash_sha256_state h;

	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, blob, at);
	crypto_hash_sha256_update(&h, zero, sizeof(zero));
	crypto_hash_sha256_update(&h, blob + at + sizeof(zero), size - at - sizeof(zero));
	crypto_hash_sha256_final(&h, digest);
}

/* In a file of several it may lie anywhere. */
void tlml_model_seal(void *blob, size_t size)
{
	struct tlml_model_header h;

	memcpy(&h, blob, sizeof(h));
	h.magic = TLML_MODEL_MAGIC;
	h.abi = TLML_ABI;
	h.size = size;
	h.schema = tlml_schema_hash();
	memcpy(blob, &h, sizeof(h));
	model_hash(blob, size, h.hash);
	memcpy(blob, &h, sizeof(h));
}

/* Whether the bytes mean to be another model. */
static bool is_model(const uint8_t *p, size_t size)
{
	__u32 magic = 0;

	memcpy(&magic, p, size < sizeof(magic) ? size : sizeof(magic));
	return magic == TLML_MODEL_MAGIC;
}

/* Whether these are whole bytes of a model of this build's kind at all. */
static int check_identity(struct check *c, size_t left)
{
	const struct tlml_model_header *h = &c->m->header;
	uint8_t digest[sizeof(h->hash)];

	if (h->magic != TLML_MODEL_MAGIC)
		return tlml_error_set(c->e, EINVAL,
				      "%s: not a tlml model (byte 0: magic %08x, not %08x): name a file that tlml-train wrote",
				      c->name, h->magic, TLML_MODEL_MAGIC);
	if (h->abi != TLML_ABI)
		return tlml_error_set(c->e, EINVAL,
				      "%s: made for ABI %u (byte 4), this tlml speaks ABI %u: train it again with the tlml-train of this version",
				      c->name, h->abi, TLML_ABI);
	if (h->size > TLML_MODEL_MAX)
		return BAD(c, "claims %u bytes (byte 8), a model has at most %u", h->size,
			   TLML_MODEL_MAX);
	if (h->size > left || h->size < sizeof(*h))
		return BAD(c, "truncated: %zu bytes, its header says %u", left, h->size);
	if (h->size < left && !is_model(c->blob + h->size, left - h->size))
		return BAD(c, "has bytes after its end: %zu bytes, its header says %u", left,
			   h->size);
	model_hash(c->blob, h->size, digest);
	if (memcmp(digest, h->hash, sizeof(digest)))
		return BAD(c, "damaged: its SHA-256 does not match the one at byte 24");
	if (h->schema != tlml_schema_hash())
		return tlml_error_set(c->e, EINVAL,
				      "%s: reads other features (schema %016llx) than this tlml makes (%016llx): train it again with the tlml-train of this version",
				      c->name, (unsigned long long)h->schema,
				      (unsigned long long)tlml_schema_hash());
	return 0;
}

static int check_header(struct check *c)
{
	const struct tlml_model_header *h = &c->m->header;
	size_t tables;

	if (h->classes < 2 || h->classes > TLML_CLASSES_MAX)
		return BAD(c, "%u classes, not 2 to %u", h->classes, TLML_CLASSES_MAX);
	if (h->layers < 4 || h->layers > 5)
		return BAD(c, "%u layers, not 4 or 5", h->layers);
	tables = sizeof(*h) + h->layers * sizeof(struct tlml_layer) +
		 h->classes * sizeof(struct tlml_class_info);
	if (h->data < tables || h->data % sizeof(int32_t) || h->data > h->size ||
	    h->data_size > h->size - h->data)
		return BAD(c, "data section at %u+%u is not inside the %u bytes after its tables",
			   h->data, h->data_size, h->size);
	if (h->meta < h->data + h->data_size || h->meta > h->size ||
	    h->meta_size != h->size - h->meta)
		return BAD(c, "metadata at %u+%u does not end the file of %u bytes", h->meta,
			   h->meta_size, h->size);
	if (h->meta_size < 2 || c->blob[h->meta] != '{' || c->blob[h->size - 1] != '}' ||
	    memchr(c->blob + h->meta, 0, h->meta_size))
		return BAD(c, "metadata at %u is not a JSON object", h->meta);
	if (!h->generation)
		return BAD(c, "generation 0, they count from 1");
	if (!h->points || h->points >> 16)
		return BAD(c, "decision points %#x are none of packets 1 to 32768", h->points);
	if (h->cost_shift[0] > 15 || h->cost_shift[1] > 15 || h->cost_decay > 8)
		return BAD(c, "cost shifts %u and %u are over 15 or decay %u over 8",
			   h->cost_shift[0], h->cost_shift[1], h->cost_decay);
	if (h->anomaly_low > h->anomaly_high || h->anomaly_high > TLML_ACT_MAX + 1 ||
	    (h->layers == 4 && h->anomaly_low <= TLML_ACT_MAX))
		return BAD(c, "anomaly marks %u and %u are out of order, over 128, or without a layer for them",
			   h->anomaly_low, h->anomaly_high);
	if (!isfinite(h->temperature) || h->temperature <= 0 || !isfinite(h->calibration[0]) ||
	    !isfinite(h->calibration[1]))
		return BAD(c, "temperature or calibration is not a usable number");
	if (h->wide > 1 || h->reserved[0] || h->reserved[1])
		return BAD(c, "unknown flags or reserved header bytes are set");
	return 0;
}

static int check_class(struct check *c, unsigned int i)
{
	const struct tlml_class_info *info = &c->m->classes[i];
	unsigned int k, n = strnlen(info->name, sizeof(info->name));

	if (!n || n == sizeof(info->name))
		return BAD(c, "the name of class %u is empty or not terminated", i);
	for (k = 0; k < n; k++)
		if (!isascii(info->name[k]) || !isgraph((unsigned char)info->name[k]))
			return BAD(c, "the name of class %u has a byte that cannot be typed", i);
	for (k = 0; k < i; k++)
		if (!strcmp(info->name, c->m->classes[k].name))
			return BAD(c, "classes %u and %u are both called %s", k, i, info->name);
	if (info->attack > 1 || info->reserved)
		return BAD(c, "class %s has unknown flags", info->name);
	return 0;
}

/* Where size bytes of the data section lie, or NULL if they do not lie in it. */
static const void *check_range(struct check *c, uint32_t at, size_t size, size_t align)
{
	const struct tlml_model_header *h = &c->m->header;

	if (at % align || at > h->data_size || size > h->data_size - at)
		return NULL;
	return c->blob + h->data + at;
}

/* |bias| + 127 * L1 < limit keeps a lane of 16 bits from spilling into its neighbour. */
static int check_bound(struct check *c, const char *kind, unsigned int row, int64_t bias,
		       int64_t sum, int64_t limit)
{
	if (llabs(bias) + sum < limit)
		return 0;
	return BAD(c, "output %u of the %s layer can reach %lld, the limit is %lld", row, kind,
		   (long long)(llabs(bias) + sum), (long long)limit - 1);
}

static int check_additive(struct check *c, const struct tlml_layer *l)
{
	unsigned int n = c->m->header.classes, i, bin, k;
	const size_t weights = (size_t)TLML_FIRST * TLML_BINS * n * sizeof(int16_t);
	const int16_t *w = check_range(c, l->weights, weights, sizeof(*w));
	const int32_t *b = check_range(c, l->biases, n * sizeof(*b), sizeof(*b));

	if (l->inputs != TLML_FIRST || l->outputs != n || l->shift)
		return BAD(c, "the additive layer is %u to %u with shift %u, not %u to %u without",
			   l->inputs, l->outputs, l->shift, TLML_FIRST, n);
	if (!w || !b)
		return BAD(c, "the additive layer's weights or biases lie outside the data section");
	for (k = 0; k < n; k++) {
		int64_t sum = 0;

		for (i = 0; i < TLML_FIRST; i++) {
			int most = 0;

			for (bin = 0; bin < TLML_BINS; bin++) {
				int v = abs(w[(i * TLML_BINS + bin) * n + k]);

				most = v > most ? v : most;
			}
			sum += most;
		}
		if (check_bound(c, kinds[TLML_LAYER_ADDITIVE], k, b[k], sum, TLML_ACC_LIMIT))
			return -EINVAL;
	}
	c->m->additive.w = w;
	c->m->additive.b = b;
	return 0;
}

/* Fills d with a layer that must have inputs inputs; outputs are checked by the caller. */
static int check_dense(struct check *c, const struct tlml_layer *l, unsigned int inputs,
		       struct tlml_dense *d)
{
	const int64_t limit = c->m->header.wide ? 1ll << 31 : TLML_ACC_LIMIT;
	const char *kind = kinds[l->kind];
	unsigned int i, j;

	if (l->inputs != inputs)
		return BAD(c, "the %s layer has %u inputs, not %u", kind, l->inputs, inputs);
	if (l->shift > 15)
		return BAD(c, "the %s layer has shift %u, at most 15 works", kind, l->shift);
	d->w = check_range(c, l->weights, (size_t)l->inputs * l->outputs, 1);
	d->b = check_range(c, l->biases, l->outputs * sizeof(*d->b), sizeof(*d->b));
	if (!d->w || !d->b)
		return BAD(c, "the %s layer's weights or biases lie outside the data section", kind);
	for (j = 0; j < l->outputs; j++) {
		int64_t sum = 0;

		for (i = 0; i < inputs; i++)
			sum += abs(d->w[j * inputs + i]);
		if (check_bound(c, kind, j, d->b[j], sum * TLML_ACT_MAX, limit))
			return -EINVAL;
	}
	d->inputs = l->inputs;
	d->outputs = l->outputs;
	d->shift = l->shift;
	return 0;
}

/* Sizes of a hidden layer: multiples, up to what computes it can hold. */
static int check_hidden(struct check *c, const struct tlml_layer *l, const char *which,
			unsigned int step, unsigned int most)
{
	if (l->outputs && l->outputs <= most && !(l->outputs % step))
		return 0;
	return BAD(c, "the %s hidden layer has %u outputs, not a multiple of %u up to %u", which,
		   l->outputs, step, most);
}

static int check_layers(struct check *c)
{
	static const uint16_t order[] = { TLML_LAYER_ADDITIVE, TLML_LAYER_HIDDEN, TLML_LAYER_HIDDEN,
					  TLML_LAYER_CLASS, TLML_LAYER_DECODE };
	struct tlml_layer l[5];
	struct tlml_model *m = c->m;
	bool wide = m->header.wide;
	unsigned int i;

	memcpy(l, c->blob + sizeof(m->header), m->header.layers * sizeof(*l));
	for (i = 0; i < m->header.layers; i++) {
		if (l[i].kind != order[i])
			return BAD(c, "layer %u is of kind %u, not %s", i, l[i].kind, kinds[order[i]]);
		if (l[i].per_channel)
			return BAD(c, "layer %u asks for shifts per channel, which this tlml lacks", i);
	}
	if (check_hidden(c, &l[1], "first", 16, wide ? TLML_WIDE_HIDDEN1_MAX : TLML_HIDDEN1_MAX) ||
	    check_hidden(c, &l[2], "second", 8, wide ? TLML_WIDE_HIDDEN2_MAX : TLML_HIDDEN2_MAX))
		return -EINVAL;
	if (l[3].outputs != m->header.classes || l[3].shift)
		return BAD(c, "the class layer has %u outputs and shift %u, not %u and 0",
			   l[3].outputs, l[3].shift, m->header.classes);
	if (check_additive(c, &l[0]) || check_dense(c, &l[1], TLML_FEATURES_MAX, &m->hidden[0]) ||
	    check_dense(c, &l[2], l[1].outputs, &m->hidden[1]) ||
	    check_dense(c, &l[3], l[2].outputs, &m->klass))
		return -EINVAL;
	if (m->header.layers < 5)
		return 0;
	if (l[4].outputs != TLML_FEATURES_MAX)
		return BAD(c, "the decode layer has %u outputs, not %u", l[4].outputs,
			   TLML_FEATURES_MAX);
	return check_dense(c, &l[4], l[2].outputs, &m->decode);
}

int tlml_model_parse_one(const void *blob, size_t left, const char *name, struct tlml_model *m,
			 struct tlml_error *e)
{
	struct check c = { .name = name, .m = m, .e = e };
	unsigned int i;
	int err;

	memset(m, 0, sizeof(*m));
	if (left < sizeof(m->header))
		return BAD(&c, "truncated: %zu bytes, a model's header alone has %zu", left,
			   sizeof(m->header));
	memcpy(&m->header, blob, sizeof(m->header));
	c.blob = blob;
	err = check_identity(&c, left);
	if (!err)
		err = check_header(&c);
	if (err) {
		tlml_model_free(m);
		return err;
	}
	m->file_size = m->header.size;
	m->file = m->blob = malloc(m->file_size);
	if (!m->blob)
		return tlml_error_set(e, ENOMEM, "%s: no memory for %zu bytes", name, m->file_size);
	memcpy(m->blob, blob, m->file_size);
	c.blob = m->blob;
	memcpy(m->classes,
	       c.blob + sizeof(m->header) + m->header.layers * sizeof(struct tlml_layer),
	       m->header.classes * sizeof(m->classes[0]));
	for (i = 0; !err && i < m->header.classes; i++)
		err = check_class(&c, i);
	if (!err)
		err = check_layers(&c);
	m->meta = (const char *)m->blob + m->header.meta;
	if (err)
		tlml_model_free(m);
	return err;
}

unsigned int tlml_model_products(const struct tlml_model *m)
{
	const struct tlml_dense *d[] = { &m->hidden[0], &m->hidden[1], &m->klass, &m->decode };
	unsigned int sum = 0, i;

	for (i = 0; i < 4; i++)
		sum += d[i]->inputs * d[i]->outputs;
	return sum;
}

void tlml_model_free(struct tlml_model *m)
{
	if (m->file != m->blob)
		free(m->file);
	free(m->blob);
	memset(m, 0, sizeof(*m));
}
