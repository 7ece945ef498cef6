// SPDX-License-Identifier: BSD-2-Clause
/* Model blobs: what was written is read back, and nothing damaged is taken. */
#include <math.h>
#include <unistd.h>

#include "parts.h"

static void round_trip(bool decode)
{
	struct tlml_parts *p = make_parts(decode);
	struct tlml_model m;
	size_t size;
	void *blob = tlml_blob_build(p, "{\"a\":1}", &size);
	bool same;

	if (tlml_model_parse(blob, size, "blob", &m, &error)) {
		printf("# %s\n", error.text);
		result(false, "a good model is read");
	} else {
		same = !memcmp(m.additive.w, p->additive_w, TLML_FIRST * TLML_BINS * 3 * 2) &&
		       !memcmp(m.hidden[0].w, p->dense[0].w, 32 * 32) &&
		       !memcmp(m.hidden[1].b, p->dense[1].b, 16 * 4) &&
		       !memcmp(m.klass.w, p->dense[2].w, 16 * 3) && m.hidden[0].shift == 4 &&
		       m.header.generation == 5 && !strcmp(m.classes[2].name, "scan") &&
		       m.classes[2].attack && !memcmp(m.meta, "{\"a\":1}", 7) &&
		       m.decode.outputs == (decode ? 32 : 0) &&
		       (!decode || !memcmp(m.decode.w, p->dense[3].w, 16 * 32));
		result(same, decode ? "a model is read back as it was written" :
				      "so is one without an anomaly head");
		tlml_model_free(&m);
	}
	free(blob);
	free(p);
}

static void damaged_bytes(void)
{
	struct tlml_parts *p = make_parts(true);
	size_t size, i;
	uint8_t *blob = tlml_blob_build(p, "{}", &size), *more;
	unsigned int taken = 0, bit;

	for (i = 0; i < size; i++)
		taken += parse(blob, i) != -EINVAL;
	result(!taken, "truncated at any byte it is refused");
	more = calloc(1, size + 1);
	memcpy(more, blob, size);
	result(parse(more, size + 1) == -EINVAL, "with a byte after its end it is refused");
	free(more);
	for (i = 0, taken = 0; i < size; i++) {
		bit = 1u << tlml_rand_below(&seed, 8);
		blob[i] ^= bit;
		taken += parse(blob, size) != -EINVAL;
		blob[i] ^= bit;
	}
	result(!taken, "with any byte changed it is refused");
	result(!parse(blob, size), "and whole again it is taken");
	free(blob);
	free(p);
}

/* Changed bytes under a hash that is right: refused or harmless, never a wild pointer. */
static void hostile_bytes(void)
{
	struct tlml_parts *p = make_parts(true);
	size_t size, tables;
	uint8_t *good = tlml_blob_build(p, "{}", &size), *bad = malloc(size);
	unsigned int i, k, refusals = 0, odd = 0;
	uint8_t x[TLML_FEATURES_MAX];
	int32_t logit[TLML_CLASSES_MAX];

	memset(x, TLML_ACT_MAX, sizeof(x));
	tables = ((struct tlml_model_header *)good)->data;
	for (i = 0; i < 20000; i++) {
		struct tlml_model m;
		int err;

		memcpy(bad, good, size);
		for (k = 0; k <= i % 3; k++)
			bad[tlml_rand_below(&seed, i & 1 ? tables : size)] = tlml_rand_next(&seed);
		tlml_model_seal(bad, size);
		err = tlml_model_parse(bad, size, "blob", &m, &error);
		refusals += err != 0;
		odd += err && err != -EINVAL;
		if (err)
			continue;
		tlml_infer_first(&m, x, logit);
		tlml_infer_net(&m, x, logit);
		tlml_model_free(&m);
	}
	result(refusals > 1000 && refusals < 20000 && !odd, "20000 forged models do no harm");
	free(bad);
	free(good);
	free(p);
}

static void wrong_identity(void)
{
	struct tlml_parts *p = make_parts(true);
	size_t size;
	uint8_t *blob = tlml_blob_build(p, "{}", &size);
	struct tlml_model_header *h = (void *)blob, was = *h;

	h->magic ^= 1;
	result(parse(blob, size) && strstr(error.text, "not a tlml model"), "a wrong magic is named");
	*h = was;
	h->abi++;
	result(parse(blob, size) && strstr(error.text, "ABI"), "a wrong ABI is named");
	*h = was;
	h->size--;
	result(parse(blob, size) && strstr(error.text, "after its end"), "a wrong size is named");
	*h = was;
	h->hash[7]++;
	result(parse(blob, size) && strstr(error.text, "SHA-256"), "a wrong hash is named");
	*h = was;
	free(blob);
	free(p);
}

/* A model whose parts or tables are changed by change() before it is sealed. */
static void bad_part(const char *what, const char *part, void (*change)(struct tlml_parts *p))
{
	struct tlml_parts *p = make_parts(true);
	size_t size;
	void *blob;

	change(p);
	blob = tlml_blob_build(p, "{}", &size);
	result(refused(blob, size, part), what);
	free(blob);
	free(p);
}

static void bad_table(const char *what, const char *part,
		      void (*change)(struct tlml_model_header *h, struct tlml_layer *l))
{
	struct tlml_parts *p = make_parts(true);
	size_t size;
	struct tlml_model_header *h = tlml_blob_build(p, "{}", &size);

	change(h, (struct tlml_layer *)(h + 1));
	result(refused(h, size, part), what);
	free(h);
	free(p);
}

#define PART(name, code) static void part_##name(struct tlml_parts *p) { code; }
#define TABLE(name, code) \
	static void table_##name(struct tlml_model_header *h, struct tlml_layer *l) \
	{ (void)h; (void)l; code; }

PART(hidden1, p->dense[0].outputs = 24; p->dense[1].inputs = 24)
PART(hidden2, p->dense[1].outputs = 12; p->dense[2].inputs = 12)
PART(chain, p->dense[1].inputs = 16)
PART(shift, p->dense[0].shift = 16)
PART(logits, p->dense[2].shift = 1)
PART(row, memset(p->dense[0].w + 32 * 7, 9, 32))
PART(bias, p->dense[1].b[3] = 1 << 15)
PART(least, p->dense[2].b[1] = INT32_MIN)
PART(additive, p->additive_w[3 * 5] = 32767)
PART(additive_b, p->additive_b[2] = -32767)
PART(decode, memset(p->dense[3].w, 127, 16))
PART(points, p->header.points = 0)
PART(cost, p->header.cost_shift[1] = 16)
PART(marks, p->header.anomaly_low = 40)
PART(temperature, p->header.temperature = NAN)
PART(calibration, p->header.calibration[1] = INFINITY)
PART(generation, p->header.generation = 0)
PART(twice, strcpy(p->classes[1].name, "web"))
PART(unnamed, p->classes[1].name[0] = 0)
PART(control, strcpy(p->classes[1].name, "a\033[2J"))
PART(endless, memset(p->classes[1].name, 'a', TLML_NAME_MAX))
TABLE(kind, l[1].kind = TLML_LAYER_CLASS)
TABLE(channel, l[2].per_channel = 1)
TABLE(outside, l[2].weights = h->data_size - 8)
TABLE(far, l[3].biases = 0xfffffffc)
TABLE(crooked, l[1].biases += 2)
TABLE(data, h->data = h->size + 4)
TABLE(data_size, h->data_size = 0xffffffff)
TABLE(meta, h->meta = 8)
TABLE(meta_size, h->meta_size = 1)
TABLE(layers, h->layers = 6)
TABLE(layers3, h->layers = 3)

static void wrong_contents(void)
{
	bad_part("a first hidden layer of 24", "first hidden layer", part_hidden1);
	bad_part("a second hidden layer of 12", "second hidden layer", part_hidden2);
	bad_part("layers that do not fit each other", "inputs, not 32", part_chain);
	bad_part("a shift of 16", "shift 16", part_shift);
	bad_part("a shift of logits", "class layer has", part_logits);
	bad_part("a row over the bound", "output 7 of the hidden layer", part_row);
	bad_part("a bias over the bound", "output 3 of the hidden layer", part_bias);
	bad_part("the least bias there is", "output 1 of the class layer", part_least);
	bad_part("additive weights over the bound", "output 0 of the additive", part_additive);
	bad_part("an additive bias over the bound", "output 2 of the additive", part_additive_b);
	bad_part("a decode row over the bound", "output 0 of the decode layer", part_decode);
	bad_part("no decision point", "decision points", part_points);
	bad_part("a cost shift of 16", "cost shifts", part_cost);
	bad_part("anomaly marks out of order", "anomaly marks", part_marks);
	bad_part("a temperature that is no number", "temperature", part_temperature);
	bad_part("an infinite calibration", "calibration", part_calibration);
	bad_part("generation 0", "generation 0", part_generation);
	bad_part("two classes of one name", "both called web", part_twice);
	bad_part("a class without a name", "name of class 1", part_unnamed);
	bad_part("a name that plays with the terminal", "name of class 1", part_control);
	bad_part("a name without an end", "name of class 1", part_endless);
	bad_table("layers out of order", "layer 1 is of kind", table_kind);
	bad_table("shifts per channel", "per channel", table_channel);
	bad_table("weights outside the data", "outside the data", table_outside);
	bad_table("biases far outside the data", "outside the data", table_far);
	bad_table("biases at an odd place", "outside the data", table_crooked);
	bad_table("a data section after the end", "data section", table_data);
	bad_table("a data section without end", "data section", table_data_size);
	bad_table("metadata in the header", "metadata", table_meta);
	bad_table("metadata of one byte", "metadata", table_meta_size);
	bad_table("six layers", "6 layers", table_layers);
	bad_table("three layers", "3 layers", table_layers3);
}

static void too_many_classes(void)
{
	struct tlml_parts *p = make_parts(true);
	size_t size;
	struct tlml_model_header *h = tlml_blob_build(p, "{}", &size);

	h->classes = 17;
	result(refused(h, size, "17 classes"), "seventeen classes");
	free(h);
	free(p);
}

static void from_files(void)
{
	char path[] = "/tmp/tlml-model-XXXXXX";
	struct tlml_parts *p = make_parts(true);
	int fd = mkstemp(path);
	struct tlml_model m;
	size_t size;
	void *blob = tlml_blob_build(p, "{}", &size);

	if (fd < 0 || write(fd, blob, size) != (ssize_t)size)
		exit(1);
	result(!tlml_model_read(path, &m, &error), "a model is read from a file");
	tlml_model_free(&m);
	if (ftruncate(fd, size / 2))
		exit(1);
	result(tlml_model_read(path, &m, &error) == -EINVAL && strstr(error.text, path) &&
	       strstr(error.text, "truncated"), "a truncated file is named");
	close(fd);
	unlink(path);
	result(tlml_model_read(path, &m, &error) == -ENOENT && strstr(error.text, path),
	       "a missing file is named");
	result(tlml_model_read("/", &m, &error) == -EISDIR, "a directory is refused");
	result(tlml_model_read("/dev/zero", &m, &error) == -EINVAL, "a file without end is refused");
	free(blob);
	free(p);
}

int main(void)
{
	printf("KTAP version 1\n");
	round_trip(true);
	round_trip(false);
	damaged_bytes();
	hostile_bytes();
	wrong_identity();
	wrong_contents();
	too_many_classes();
	from_files();
	result(tlml_schema_hash() == tlml_schema_hash() && tlml_schema_hash(), "the schema has a hash");
	printf("1..%d\n", points);
	return !!failed;
}
