// SPDX-License-Identifier: BSD-2-Clause
/* A model on its way: as a canary it is in the log, promoted it is kept, withdrawn refused. */
#include "shelves.h"
#include "../../daemon/shelf.h"

static char state[] = "/tmp/tlml-state-XXXXXX", dir[64];
static struct tlml_generations *g;
static struct tlml_maps maps;

static int canary(unsigned int k, uint32_t generation)
{
	size_t size;
	void *blob = model_of(k, generation, &size);
	int err = tlml_generations_canary(g, &maps, blob, size, 26, "a test", &error);

	free(blob);
	return err;
}

static int promote(unsigned int k, uint32_t generation)
{
	size_t size;
	void *blob = model_of(k, generation, &size);
	int err = tlml_generations_promote(g, &maps, blob, size, "it is better", &error);

	free(blob);
	return err;
}

static int withdraw(unsigned int k, uint32_t generation)
{
	size_t size;
	void *blob = model_of(k, generation, &size);
	int err = tlml_generations_withdraw(g, &maps, blob, size, "it is worse", &error);

	free(blob);
	return err;
}

static int publish(unsigned int k, uint32_t generation)
{
	size_t size;
	void *blob = model_of(k, generation, &size);
	int err = tlml_generations_publish(g, &maps, blob, size, "a test", &error);

	free(blob);
	return err;
}

static bool last_is(const char *event, uint32_t generation)
{
	json_t *log = tlml_generations_log(g), *entry;
	bool is;

	entry = json_array_get(log, json_array_size(log) - 1);
	is = entry && !strcmp(json_string_value(json_object_get(entry, "event")), event) &&
	     json_integer_value(json_object_get(entry, "generation")) == generation;
	if (!is)
		json_dumpf(entry, stdout, 0);
	json_decref(log);
	return is;
}

static bool is_kept(uint32_t generation)
{
	struct tlml_model m;

	if (tlml_generations_read(g, generation, &m, &error))
		return false;
	tlml_model_free(&m);
	return true;
}

static void test_promote(void)
{
	must(publish(0, 1));
	result(!canary(1, 2) && maps.ctl->canary_share == 26 && live(&maps) == 1 &&
	       last_is("canary", 2) && !is_kept(2), "a canary decides, is in the log, and not kept");
	result(promote(2, 2) == -ESTALE && promote(1, 3) == -ESTALE && live(&maps) == 1,
	       "no other model is promoted in its place");
	result(!promote(1, 2) && live(&maps) == 2 && !maps.ctl->canary_share &&
	       last_is("promoted", 2) && is_kept(2), "promoted it is live, and kept");
	result(promote(1, 2) == -ESTALE, "once");
	result(!tlml_generations_rollback(g, &maps, 0, "x", &error) && live(&maps) == 3 &&
	       tlml_generations_origin(g, 3) == 1 && tlml_generations_origin(g, 2) == 2,
	       "and may be rolled back");
}

static void test_withdraw(void)
{
	char name[TLML_SHELF_NAME], path[160];

	must(canary(1, 4));
	result(!withdraw(1, 4) && !maps.ctl->canary_share && live(&maps) == 3 &&
	       last_is("withdrawn", 4) && !is_kept(4), "withdrawn it decides no more");
	tlml_shelf_name(TLML_SHELF_REFUSED, 6, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	result(!access(path, F_OK), "it lies with those that were refused");
	result(tlml_generations_next(g, &maps) == 5 && canary(1, 4) == -EINVAL,
	       "its number is nobody else's");
	must(canary(1, 5));
	result(!tlml_generations_withdraw(g, &maps, NULL, 0, "nobody knows it", &error) &&
	       !maps.ctl->canary_share && last_is("withdrawn", 5), "so is one that nobody knows");
}

static void test_others(void)
{
	must(canary(1, 6));
	result(publish(2, 6) == -EINVAL && !publish(2, 7) && live(&maps) == 7 &&
	       !maps.ctl->canary_share, "what is published ends a canary");
	must(canary(1, 8));
	must(tlml_generations_pin(g, &maps, true, &error));
	result(promote(1, 8) == -EPERM && live(&maps) == 7, "none is promoted while one is pinned");
	must(withdraw(1, 8));
	result(canary(1, 9) == -EPERM && !maps.ctl->canary_share, "nor begins");
	must(tlml_generations_pin(g, &maps, false, &error));
}

/* Whoever is killed and comes back knows the log, and what was promoted. */
static void test_again(void)
{
	must(canary(1, 9));
	tlml_generations_close(g);
	must(tlml_generations_open(dir, &g, &error));
	result(last_is("canary", 9) && !is_kept(9) && !tlml_generations_ahead(g, &maps),
	       "opened again, a canary is in the log alone");
	result(!promote(1, 9) && is_kept(9) && live(&maps) == 9, "and can be promoted");
}

int main(void)
{
	printf("KTAP version 1\n");
	if (!mkdtemp(state))
		return 1;
	snprintf(dir, sizeof(dir), "%s/eth0", state);
	maps_make(&maps);
	must(tlml_generations_open(dir, &g, &error));
	test_promote();
	test_withdraw();
	test_others();
	test_again();
	printf("1..%d\n", points);
	tlml_generations_close(g);
	remove_tree(state);
	return !!failed;
}
