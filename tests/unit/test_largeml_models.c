// SPDX-License-Identifier: BSD-2-Clause
/* Models: loaded, exchanged while in use, kept when what comes next is no good. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../daemon/largeml/models.h"
#include "../../daemon/largeml/trial.h"
#include "../prog/tap.h"
#include "boosters.h"

#define SOFTPROB	"multi:softprob"
#define CLASSES		"web,dns,scan"

static char dir[] = "/tmp/tlml-test-models-XXXXXX", path[64];
static char builtin[1 << 20];
static struct tlml_shelf shelf = { .dir = dir, .builtin = builtin, .workers = 2 };
static struct tlml_models *models;
static struct tlml_error error;

static const char *in_dir(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static size_t file_read(const char *name, char *bytes, size_t room)
{
	FILE *f = fopen(in_dir(name), "r");
	size_t n = fread(bytes, 1, room, f);

	fclose(f);
	return n;
}

static void file_write(const char *name, const char *bytes, size_t n)
{
	FILE *f = fopen(in_dir(name), "w");

	CHECK(f && fwrite(bytes, 1, n, f) == n && !fclose(f), "%m");
}

static const struct tlml_models_entry *entry(const char *name)
{
	const struct tlml_models_entry *e;
	unsigned int i;

	for (i = 0; (e = tlml_models_entry(models, i)); i++)
		if (!strcmp(e->name, name))
			return e;
	return NULL;
}

static int loaded;

static void done(void *arg, int err, const struct tlml_error *e)
{
	loaded = err;
	error = *e;
}

/* Loads one or all and waits for it; the result. */
static int load(const char *name)
{
	struct pollfd p = { .fd = tlml_models_fd(models), .events = POLLIN };

	loaded = 1;
	CHECK_EQ(tlml_models_load(models, name, done, NULL), 0);
	CHECK_EQ(tlml_models_load(models, name, done, NULL), -EBUSY);
	CHECK_EQ(poll(&p, 1, 60000), 1);
	tlml_models_finish(models);
	return loaded;
}

/* Which class a model gives to a flow that begins with 0, 1 or 2. */
static int ask(struct tlml_served *m, int first)
{
	float value[3][96] = { { first } }, p[TLML_CLASSES_MAX];
	const struct tlml_rows rows = { .value = { value[0], value[1], value[2] } };
	unsigned int c, best = 0;

	CHECK(!m->engine->run(m->state, 1, &rows, 1, p, &error), "%s", error.text);
	for (c = 1; c < m->plan.classes; c++)
		best = p[c] > p[best] ? c : best;
	return best;
}

static void begin(void)
{
	CHECK(!tlml_models_new(&shelf, &models, &error), "%s", error.text);
}

static void clean(void)
{
	char command[128];

	tlml_models_free(models);
	snprintf(command, sizeof(command), "rm -f %s/* %s/.hidden.ubj", dir, dir);
	CHECK_EQ(system(command), 0);
}

static void first_look(void)
{
	struct tlml_served *m;

	booster_write(in_dir("other.json"), SOFTPROB, 136, "a,b,c", 1);
	booster_write(in_dir(".hidden.ubj"), SOFTPROB, 136, "a,b,c", 1);
	file_write("broken.ubj", "hello", 5);
	file_write("broken_too.ubj", "hello", 5);
	file_write("notes.txt", "", 0);
	begin();
	m = tlml_models_get(models, "tlml", "1");
	CHECK(m && !strcmp(m->from, "built in") && m->plan.classes == 3, "built in");
	CHECK(m && ask(m, 2) == 2, "answer");
	tlml_models_put(m);
	m = tlml_models_get(models, "other", NULL);
	CHECK(m && ask(m, 2) == 0 && !strcmp(m->plan.klass[2], "c"), "answer of the other");
	CHECK(m && !strcmp(m->plan.output, "probabilities") && m->plan.inputs == 3, "plan");
	tlml_models_put(m);
	CHECK(!tlml_models_get(models, "tlml", "2"), "version 2");
	CHECK(!tlml_models_get(models, "hidden", NULL) && !tlml_models_get(models, "", NULL) &&
	      !tlml_models_get(models, "broken", NULL), "what is not there");
	CHECK(entry("broken") && strstr(entry("broken")->why.text, "broken.ubj: XGBoost cannot read it"),
	      "%s", entry("broken")->why.text);
	CHECK(entry("broken_too") && *entry("broken_too")->why.text, "the other broken one");
	CHECK(!entry("notes") && !entry(".hidden") && !tlml_models_entry(models, 4), "entries");
	clean();
}

/* Who holds the old one asks the old one. */
static void exchanged(void)
{
	struct tlml_served *old, *m;

	booster_write(in_dir("m.ubj"), SOFTPROB, 136, CLASSES, 0);
	begin();
	old = tlml_models_get(models, "m", NULL);
	CHECK_EQ(load(NULL), 0);
	CHECK_EQ(entry("m")->version, 1);	/* nothing has changed */
	booster_write(in_dir("m.ubj"), SOFTPROB, 136, "a,b,c", 1);
	CHECK_EQ(load(NULL), 0);
	m = tlml_models_get(models, "m", "2");
	CHECK(m && m != old && ask(m, 0) == 1 && !strcmp(m->plan.klass[0], "a"), "the new one");
	CHECK(ask(old, 0) == 0 && !strcmp(old->plan.klass[0], "web"), "the old one");
	tlml_models_put(old);
	tlml_models_put(m);
	CHECK_EQ(load("m"), 0);			/* asked for by name, it is loaded anyway */
	CHECK_EQ(entry("m")->version, 3);
	booster_write(in_dir("tlml.ubj"), SOFTPROB, 136, "x,y,z", 1);
	CHECK_EQ(load("tlml"), 0);
	CHECK(!strcmp(entry("tlml")->served->plan.klass[0], "x"), "in place of the built-in");
	unlink(in_dir("tlml.ubj"));
	CHECK_EQ(load(NULL), 0);
	CHECK(!strcmp(entry("tlml")->served->from, "built in"), "%s", entry("tlml")->served->from);
	clean();
}

static void comes_and_goes(void)
{
	booster_write(in_dir("m.ubj"), SOFTPROB, 136, CLASSES, 0);
	begin();
	CHECK_EQ(tlml_models_unload(models, "m"), 0);
	CHECK_EQ(tlml_models_unload(models, "m"), -ENOENT);
	CHECK_EQ(tlml_models_unload(models, "nobody"), -ENOENT);
	CHECK(!tlml_models_get(models, "m", NULL) && entry("m"), "unloaded");
	CHECK_EQ(load("m"), 0);
	CHECK_EQ(entry("m")->version, 2);
	unlink(in_dir("m.ubj"));
	CHECK_EQ(load("m"), -ENOENT);
	CHECK(entry("m")->served && strstr(entry("m")->why.text, "no file"), "it stays");
	CHECK_EQ(load(NULL), 0);
	CHECK(!entry("m")->served && strstr(entry("m")->why.text, "gone"), "it goes");
	CHECK_EQ(load("nobody"), -ENOENT);
	CHECK(!entry("nobody"), "a name that nobody has");
	rename(dir, "/tmp/tlml-test-models-away");
	CHECK_EQ(load(NULL), -ENOENT);
	rename("/tmp/tlml-test-models-away", dir);
	CHECK(strstr(error.text, "cannot list"), "%s", error.text);
	CHECK(entry("tlml")->served, "the others stay");
	clean();
}

/* Each of them leaves the old model in place and says why. */
static void no_good(void)
{
	static const struct {
		const char *objective, *classes, *words;
		unsigned int columns;
	} bad[] = {
		{ SOFTPROB, NULL, "attribute tlml_classes", 136 },
		{ SOFTPROB, "web,dns", "has 2 classes", 136 },
		{ SOFTPROB, "web,dns,web", "both called web", 136 },
		{ SOFTPROB, "web,,scan", "class 2", 136 },
		{ SOFTPROB, CLASSES, "137 columns", 137 },
		{ "multi:softmax", CLASSES, "multi:softprob", 136 },
	};
	char whole[1 << 16];
	size_t i, n;

	booster_write(in_dir("m.ubj"), SOFTPROB, 136, CLASSES, 0);
	n = file_read("m.ubj", whole, sizeof(whole));
	begin();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		booster_write(in_dir("m.ubj"), bad[i].objective, bad[i].columns, bad[i].classes, 0);
		CHECK_EQ(load("m"), -EINVAL);
		CHECK(strstr(error.text, "m.ubj: ") && strstr(error.text, bad[i].words), "%s",
		      error.text);
		CHECK(!strcmp(entry("m")->why.text, error.text), "%s", entry("m")->why.text);
		CHECK(entry("m")->version == 1 && ask(entry("m")->served, 2) == 2, "it stays");
	}
	file_write("m.ubj", whole, 0);
	CHECK_EQ(load("m"), -EINVAL);
	unlink(in_dir("m.ubj"));
	CHECK_EQ(mkdir(in_dir("m.ubj"), 0755), 0);
	CHECK_EQ(load("m"), -EINVAL);
	rmdir(in_dir("m.ubj"));
	file_write("m.ubj", whole, n);
	CHECK_EQ(load("m"), 0);
	CHECK(entry("m")->version == 2 && !*entry("m")->why.text, "%s", entry("m")->why.text);
	clean();
}

/* Some of these crash XGBoost's parser; none of them may crash us. */
static void damaged(void)
{
	char whole[1 << 16], bytes[1 << 16];
	unsigned int i, k, failed = 0;
	size_t n;

	booster_write(in_dir("m.ubj"), SOFTPROB, 136, CLASSES, 0);
	n = file_read("m.ubj", whole, sizeof(whole));
	begin();
	srand(1);
	for (i = 0; i < 24; i++) {
		memcpy(bytes, whole, n);
		for (k = 0; k < 3; k++)
			bytes[rand() % n] ^= 1 << rand() % 8;
		file_write("m.ubj", bytes, i % 4 ? n : rand() % n);
		failed += load("m") != 0;
		CHECK(entry("m")->served && (!loaded || *entry("m")->why.text), "nothing said");
	}
	CHECK(failed > 12, "%u", failed);
	clean();
}

static void too_many(void)
{
	char name[32];
	int i;

	for (i = 0; i < TLML_MODELS_MAX; i++) {
		sprintf(name, "m%d.ubj", i);
		file_write(name, "hello", 5);
	}
	CHECK_EQ(tlml_models_new(&shelf, &models, &error), -E2BIG);
	CHECK(strstr(error.text, "more than 32 models"), "%s", error.text);
	unlink(in_dir(name));
	begin();
	for (i = 0; i < TLML_MODELS_MAX - 1; i++) {
		sprintf(name, "m%d", i);
		CHECK(entry(name) && !entry(name)->served, "%s", name);
	}
	booster_write(in_dir("good.ubj"), SOFTPROB, 136, CLASSES, 0);
	CHECK_EQ(load("good"), 0);	/* a name that nobody can ask for makes room */
	CHECK(entry("good") && entry("tlml")->served && !tlml_models_entry(models, 32), "full");
	clean();
}

static int crash_open(const void *bytes, size_t size, unsigned int workers,
		      struct tlml_oip_plan *plan, void **state, struct tlml_error *e)
{
	plan->classes = 2;
	if (*(const char *)bytes == 'o')
		raise(SIGSEGV);
	if (*(const char *)bytes == 'e')
		_exit(0);
	if (*(const char *)bytes == 't')
		raise(SIGALRM);
	return 0;
}

static int crash_run(void *state, unsigned int worker, const struct tlml_rows *rows,
		     unsigned int n, float *p, struct tlml_error *e)
{
	if (*(const char *)state == 'r')
		abort();
	return 0;
}

static void crashes(void)
{
	const struct tlml_engine engine = { "crash", crash_open, crash_run };

	CHECK_EQ(tlml_trial(&engine, "o", 1, &error), -EINVAL);
	CHECK(strstr(error.text, "Segmentation fault"), "%s", error.text);
	CHECK_EQ(tlml_trial(&engine, "r", 1, &error), -EINVAL);
	CHECK(strstr(error.text, "damaged"), "%s", error.text);
	CHECK_EQ(tlml_trial(&engine, "t", 1, &error), -EINVAL);
	CHECK(strstr(error.text, "more than 30 s"), "%s", error.text);
}

static void no_shelf(void)
{
	shelf.dir = "/tmp/tlml-test-models-nowhere";
	CHECK_EQ(tlml_models_new(&shelf, &models, &error), -ENOENT);
	CHECK(strstr(error.text, "tlml-test-models-nowhere"), "%s", error.text);
	shelf.dir = NULL;
	begin();
	CHECK_EQ(load("m"), -ENOENT);
	CHECK(strstr(error.text, "no directory"), "%s", error.text);
	CHECK_EQ(load("tlml"), 0);
	CHECK_EQ(entry("tlml")->version, 2);
	tlml_models_free(models);
	shelf.null_classes = "one,two";
	begin();
	CHECK(!strcmp(entry("tlml")->served->plan.klass[1], "two"), "null");
	tlml_models_free(models);
	shelf.null_classes = "one";
	CHECK_EQ(tlml_models_new(&shelf, &models, &error), -EINVAL);
	CHECK(strstr(error.text, "no choice"), "%s", error.text);
}

static const struct tap_test tests[] = {
	{ "what a directory has", first_look },
	{ "a changed file is exchanged, in use or not", exchanged },
	{ "models come and go", comes_and_goes },
	{ "what is no good leaves the old one in place", no_good },
	{ "damaged files", damaged },
	{ "more models than there may be", too_many },
	{ "a trial that crashes", crashes },
	{ "without a directory, with a null model", no_shelf },
};

int main(void)
{
	int failed;

	if (!mkdtemp(dir))
		return 1;
	booster_write(in_dir("builtin.ubj"), SOFTPROB, 136, CLASSES, 0);
	shelf.builtin_size = file_read("builtin.ubj", builtin, sizeof(builtin));
	unlink(in_dir("builtin.ubj"));
	failed = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rmdir(dir);
	return failed;
}
