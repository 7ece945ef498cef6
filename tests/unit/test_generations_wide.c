// SPDX-License-Identifier: BSD-2-Clause
/* Generations of files with a net for BPF and one for the module: which is live, what is kept. */
#include "shelves.h"

static char state[] = "/tmp/tlml-wide-XXXXXX", dir[64];
static struct tlml_generations *g;
static struct tlml_maps maps;

/* A file of both, or of the net for the module alone. */
static void *file_of(bool small, size_t *size)
{
	size_t sizes[2] = { 0 };
	void *blob = small ? tlml_mkmodel_random(1, 32, 16, 4, 1, &sizes[0]) : NULL;
	void *wide = tlml_mkmodel_wide(2, 256, 64, 4, 1, &sizes[1]);
	uint8_t *both = malloc(sizes[0] + sizes[1]);

	if (!both || !wide || (small && !blob))
		exit(1);
	if (blob)
		memcpy(both, blob, sizes[0]);
	memcpy(both + sizes[0], wide, sizes[1]);
	free(blob);
	free(wide);
	*size = sizes[0] + sizes[1];
	return both;
}

static int push(bool small, unsigned int *generation)
{
	size_t size;
	void *file = file_of(small, &size);
	int err = tlml_generations_push(g, &maps, file, size, true, &error);

	*generation = tlml_maps_current(&maps)->generation;
	free(file);
	return err;
}

/* Whether what is live is wide or not, is that generation's, and that one is kept as a whole. */
static bool live_is(unsigned int generation, bool wide)
{
	const struct tlml_weights *w = tlml_maps_current(&maps);
	struct tlml_model kept, found;
	bool is;

	if (tlml_generations_read(g, generation, &kept, &error))
		return false;
	is = !tlml_maps_identify(&maps, w, &kept, &found, &error);
	if (is) {
		is = found.header.wide == wide && w->wide == wide && w->generation == generation &&
		     maps.wide[w - maps.weights].generation == (wide ? generation : 0);
		tlml_model_free(&found);
	}
	tlml_model_free(&kept);
	return is;
}

static void test_push(void)
{
	unsigned int generation;

	result(!push(true, &generation) && live_is(generation, false),
	       "without the module the small net of a file is live");
	result(push(false, &generation) == -EINVAL && strstr(error.text, "256-64 needs the kernel") &&
	       live_is(1, false), "a file without one is refused, and nothing changes");
	maps.ctl->module = 1;
	result(!push(false, &generation) && live_is(generation, true), "with the module it is live");
	result(!push(true, &generation) && live_is(generation, true), "as is the big one of both");
}

static void test_back(void)
{
	unsigned int first = 1, live = tlml_maps_current(&maps)->generation;
	struct tlml_model kept;

	result(!tlml_generations_rollback(g, &maps, first, "a test", &error) &&
	       live_is(live + 1, true), "what was small without the module is big with it");
	must(tlml_generations_read(g, live + 1, &kept, &error));
	result(kept.file_size > kept.header.size && kept.header.generation == live + 1,
	       "both are kept, under the new number");
	tlml_model_free(&kept);
	maps.ctl->module = 0;
	result(!tlml_generations_rollback(g, &maps, live, "a test", &error) &&
	       live_is(live + 2, false), "and small again without it");
	result(tlml_generations_rollback(g, &maps, live - 1, "a test", &error) == -EINVAL &&
	       live_is(live + 2, false), "but no generation that needs the module");
}

static void test_keep(void)
{
	struct tlml_model kept, live;
	unsigned int generation = tlml_maps_current(&maps)->generation;

	must(tlml_generations_read(g, generation, &kept, &error));
	must(tlml_maps_identify(&maps, tlml_maps_current(&maps), &kept, &live, &error));
	result(!tlml_generations_keep(g, &maps, live.blob, live.header.size, "a test", &error) &&
	       live_is(generation, false), "one model of a file that is kept is kept");
	tlml_model_free(&kept);
	tlml_model_free(&live);
}

int main(void)
{
	if (!mkdtemp(state))
		return 1;
	snprintf(dir, sizeof(dir), "%s/eth0", state);
	maps_make(&maps);
	must(tlml_generations_open(dir, &g, &error));
	printf("KTAP version 1\n");
	test_push();
	test_back();
	test_keep();
	printf("1..%d\n", points);
	tlml_generations_close(g);
	remove_tree(state);
	return !!failed;
}
