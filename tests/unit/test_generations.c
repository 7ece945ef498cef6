// SPDX-License-Identifier: BSD-2-Clause
/* Generations on disk: published, refused, rolled back, pinned, pushed; the log tells. */
#include "shelves.h"
#include "../../daemon/bundle.h"
#include "../../daemon/history.h"

static char state[] = "/tmp/tlml-state-XXXXXX", other[] = "/tmp/tlml-other-XXXXXX", dir[64];
static struct tlml_generations *g;
static struct tlml_maps maps;

static int publish(unsigned int k, uint32_t generation)
{
	size_t size;
	void *blob = model_of(k, generation, &size);
	int err = tlml_generations_publish(g, &maps, blob, size, "a test", &error);

	free(blob);
	return err;
}

static int refuse(unsigned int k, uint32_t generation, const char *why)
{
	size_t size;
	void *blob = model_of(k, generation, &size);
	int err = tlml_generations_refuse(g, blob, size, why, &error);

	free(blob);
	return err;
}

/* A member of the newest entry of the log. */
static bool last_is(const char *event, const char *why)
{
	json_t *log = tlml_generations_log(g), *entry;
	bool is;

	entry = json_array_get(log, json_array_size(log) - 1);
	is = entry && !strcmp(json_string_value(json_object_get(entry, "event")), event) &&
	     strstr(json_string_value(json_object_get(entry, "why")), why);
	if (!is)
		json_dumpf(entry, stdout, 0);
	json_decref(log);
	return is;
}

/* Which class the live model says. */
static bool says(unsigned int k)
{
	struct tlml_model model, held;
	size_t size;
	void *blob = model_of(k, live(&maps), &size);
	bool same;

	must(tlml_model_parse(blob, size, "it", &model, &error));
	same = !tlml_maps_identify(&maps, tlml_maps_current(&maps), &model, &held, &error);
	if (same)
		tlml_model_free(&held);
	tlml_model_free(&model);
	free(blob);
	return same;
}

static unsigned int files(const char *pattern)
{
	char command[160];
	unsigned int n = 0;
	FILE *p;

	snprintf(command, sizeof(command), "find '%s' -name '%s' | wc -l", dir, pattern);
	p = popen(command, "re");
	if (fscanf(p, "%u", &n) != 1)
		n = ~0u;
	pclose(p);
	return n;
}

static void reopen(void)
{
	tlml_generations_close(g);
	must(tlml_generations_open(dir, &g, &error));
}

static void test_publish(void)
{
	struct tlml_generations *twice;
	size_t size;
	void *blob = model_of(0, 1, &size);

	result(tlml_generations_next(g, &maps) == 1 && !publish(1, 1) && live(&maps) == 1 &&
	       says(1), "a model is published");
	result(last_is("published", "a test"), "and the log says so");
	result(publish(2, 1) == -EINVAL && says(1), "not under a number that was");
	result(!publish(2, 5) && live(&maps) == 5 && tlml_generations_next(g, &maps) == 6,
	       "numbers may be left out");
	result(tlml_generations_publish(g, &maps, blob, size / 2, "cut", &error) == -EINVAL,
	       "half a model is refused");
	free(blob);
	result(tlml_generations_open(dir, &twice, &error) == -EBUSY, "one process has it open");
	reopen();
	result(tlml_generations_next(g, &maps) == 6 && last_is("published", "a test"),
	       "the next start knows the number");
	for (uint32_t i = 6; i < 18; i++)
		must(publish(i % 4, i));
	result(files("*.tlms") == 10 && live(&maps) == 17, "ten are kept");
}

static void test_refuse(void)
{
	for (unsigned int i = 0; i < 12; i++)
		must(refuse(1, 18, "worse on\tthe golden set"));
	result(last_is("refused", "worse on?the golden set") && files("refused*") == 10 &&
	       live(&maps) == 17, "refused ones are kept with their reason, ten of them");
	must(tlml_generations_refuse(g, "x", 1, "no model", &error));
	result(last_is("refused", "no model"), "whatever they are");
	for (unsigned int i = 0; i < 120; i++)
		must(refuse(1, 18, "again"));
	json_t *log = tlml_generations_log(g);

	result(json_array_size(log) == TLML_HISTORY_MAX, "the log has its bounds");
	json_decref(log);
}

static void test_rollback(void)
{
	result(!tlml_generations_rollback(g, &maps, 0, "it was worse", &error) &&
	       live(&maps) == 18 && says(16 % 4) && last_is("rolled back", "it was worse"),
	       "a rollback is a new number with the weights before");
	result(!tlml_generations_rollback(g, &maps, 0, "still", &error) && live(&maps) == 19 &&
	       says(15 % 4), "twice, those before these");
	result(!tlml_generations_rollback(g, &maps, 17, "back", &error) && live(&maps) == 20 &&
	       says(17 % 4), "or those of a number");
	result(tlml_generations_rollback(g, &maps, 3, "", &error) == -ENOENT &&
	       strstr(error.text, "not kept"), "that is kept");
	result(tlml_generations_rollback(g, &maps, 20, "", &error) == -EINVAL, "and not live");
}

static void test_pin(void)
{
	must(tlml_generations_pin(g, &maps, true, &error));
	reopen();
	result(tlml_generations_pinned(g) && last_is("pinned", ""), "pinned survives");
	result(publish(1, 21) == -EPERM && strstr(error.text, "unpin") &&
	       tlml_generations_rollback(g, &maps, 0, "", &error) == -EPERM && live(&maps) == 20,
	       "nothing moves it");
	must(tlml_generations_pin(g, &maps, false, &error));
	result(!tlml_generations_pinned(g) && !publish(1, 21), "unpinned, it moves");
}

static void test_keep(void)
{
	size_t size;
	void *blob = model_of(3, 30, &size);
	struct tlml_model model;

	result(tlml_generations_keep(g, &maps, blob, size, "x", &error) == -ESTALE,
	       "a model that is not live is not kept as such");
	must(tlml_model_parse(blob, size, "it", &model, &error));
	must(tlml_maps_publish(&maps, &model, &error));
	result(!tlml_generations_keep(g, &maps, blob, size, "it was there", &error) &&
	       last_is("kept", "it was there") && tlml_generations_next(g, &maps) == 31,
	       "one that came by another way is");
	must(tlml_generations_keep(g, &maps, blob, size, "again", &error));
	result(last_is("kept", "it was there"), "once");
	result(!publish(0, 31) && !tlml_generations_rollback(g, &maps, 0, "", &error) && says(3),
	       "and it can come back");
	result(!tlml_generations_ahead(g, &maps), "nothing newer than what is live is stored");
	must(tlml_maps_publish(&maps, &model, &error));
	result(tlml_generations_ahead(g, &maps) == 32, "but if an older one was put there, it is told");
	must(tlml_generations_rollback(g, &maps, 32, "", &error));
	tlml_model_free(&model);
	free(blob);
}

/* The number, and the class that it says, of what an interface begins with. */
static bool begins(unsigned int k, uint32_t generation, bool given, unsigned int with,
		   uint32_t number)
{
	struct tlml_model model, want;
	void *blob, *wanted;
	size_t size;
	bool same;

	blob = model_of(k, generation, &size);
	wanted = model_of(with, number, &size);
	must(tlml_model_parse(blob, size, "it", &model, &error));
	must(tlml_model_parse(wanted, size, "it", &want, &error));
	same = !tlml_generations_choose(g, &model, given, &error) &&
	       !memcmp(model.blob, want.blob, size);
	tlml_model_free(&model);
	tlml_model_free(&want);
	free(blob);
	free(wanted);
	return same;
}

static void test_choose(void)
{
	uint32_t last = tlml_generations_next(g, &maps);
	char path[96];

	must(publish(2, last));
	result(begins(1, 1, false, 2, last), "an interface begins with what was live last");
	result(begins(1, 1, true, 1, last + 1), "or with what is given, under the next number");
	result(begins(1, last + 7, true, 1, last + 7), "or its own, if that is greater");
	result(begins(2, 1, true, 2, last), "and under the last one if it is that");
	must(tlml_generations_pin(g, &maps, true, &error));
	result(!begins(1, 1, true, 1, last + 1) && strstr(error.text, "unpin") &&
	       begins(1, 1, false, 2, last), "but with nothing else than what is pinned");
	must(tlml_generations_pin(g, &maps, false, &error));
	snprintf(path, sizeof(path), "%s/generation-%010u.tlms", dir, last);
	must(truncate(path, 700));
	result(begins(1, 1, false, 1, last + 1), "one that was spoiled is as good as gone");
}

static void write_log(const char *text, size_t size)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/" TLML_HISTORY_FILE, dir);
	f = fopen(path, "we");
	fwrite(text, size, 1, f);
	fclose(f);
}

static void test_damage(void)
{
	static char text[64 << 10];
	uint32_t next = tlml_generations_next(g, &maps);
	unsigned int lost = 0, tried = 0;
	char path[96];
	size_t size;
	FILE *f;

	snprintf(path, sizeof(path), "%s/" TLML_HISTORY_FILE, dir);
	f = fopen(path, "re");
	size = fread(text, 1, sizeof(text), f);
	fclose(f);
	for (size_t cut = 0; cut < size; cut += 1 + size / 200, tried++) {
		tlml_generations_close(g);
		g = NULL;
		write_log(text, cut);
		must(tlml_generations_open(dir, &g, &error));
		lost += tlml_generations_next(g, &maps) != next ||
			(cut && text[cut - 1] != '\n' && !last_is("recovered", "damaged"));
	}
	result(!lost && tried > 100, "a log that was cut costs no number");
	result(files("*.bad") == 1 && !publish(1, next), "and goes on");
}

int main(void)
{
	if (!mkdtemp(state) || !mkdtemp(other))
		return 1;
	snprintf(dir, sizeof(dir), "%s/eth0", state);
	maps_make(&maps);
	must(tlml_generations_open(dir, &g, &error));
	printf("KTAP version 1\n");
	test_publish();
	test_refuse();
	test_rollback();
	test_pin();
	test_keep();
	test_choose();
	test_damage();
	printf("1..%d\n", points);
	tlml_generations_close(g);
	remove_tree(state);
	remove_tree(other);
	return !!failed;
}
