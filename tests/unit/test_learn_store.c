// SPDX-License-Identifier: BSD-2-Clause
/* What learning keeps on disk: answers with quotas, the anchor; damage is noticed. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "../../daemon/learn/anchor.h"
#include "../../daemon/learn/rand.h"
#include "../../daemon/learn/reservoir.h"
#include "../../daemon/learn/store.h"

#define KIND	"tlmltest"

static struct tlml_class_info classes[3] = {
	{ .name = "alpha" }, { .name = "bravo" }, { .name = "charlie", .attack = 1 },
};
static struct tlml_error error;
static int points, failed;
static char path[64], bad[80], draft[80];

static void result(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++points, what);
	failed += !ok;
}

static void must(int err)
{
	if (!err)
		return;
	printf("Bail out! %s\n", error.text);
	exit(1);
}

static bool exists(const char *name)
{
	return !access(name, F_OK);
}

/* Writes the file with a byte changed (at), or cut to a length. */
static void spoil(long at, long length)
{
	FILE *f = fopen(path, "r+e");
	int c;

	if (length >= 0 && truncate(path, length))
		exit(1);
	if (at >= 0) {
		fseek(f, at, SEEK_SET);
		c = fgetc(f);
		fseek(f, at, SEEK_SET);
		fputc(c ^ 0x10, f);
	}
	fclose(f);
}

static void test_store(void)
{
	static const char text[] = "what is kept";
	unsigned int noticed = 0;
	char name[NAME_MAX] = "";
	struct rlimit was, small = { 64, 64 };
	struct stat st;
	size_t size;
	void *data;
	long at;

	result(tlml_store_read(path, KIND, 99, &data, &size, &error) == -ENOENT,
	       "no file is no error");
	must(tlml_store_write(path, KIND, text, sizeof(text), &error));
	must(tlml_store_read(path, KIND, 99, &data, &size, &error));
	result(size == sizeof(text) && !memcmp(data, text, size), "what was written is read");
	free(data);
	stat(path, &st);
	result((st.st_mode & 0777) == 0600 && !exists(draft), "by its owner only, and no draft stays");
	for (at = 0; at < st.st_size; at++) {
		must(tlml_store_write(path, KIND, text, sizeof(text), &error));
		spoil(at, -1);
		noticed += tlml_store_read(path, KIND, 99, &data, &size, &error) == -EINVAL &&
			   strstr(error.text, "set aside") && exists(bad) && !exists(path);
		unlink(bad);
		must(tlml_store_write(path, KIND, text, sizeof(text), &error));
		spoil(-1, at);
		noticed += tlml_store_read(path, KIND, 99, &data, &size, &error) == -EINVAL &&
			   exists(bad) && !exists(path);
		unlink(bad);
	}
	result(noticed == 2 * st.st_size, "every changed byte and every cut is noticed and set aside");

	must(tlml_store_write(path, KIND, text, sizeof(text), &error));
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	small.rlim_max = was.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	result(tlml_store_write(path, KIND, path, sizeof(path), &error) == -EFBIG && !exists(draft),
	       "where the new one has no room");
	setrlimit(RLIMIT_FSIZE, &was);
	must(tlml_store_read(path, KIND, 99, &data, &size, &error));
	result(size == sizeof(text), "the old one stays");
	free(data);
	memset(name, 'x', sizeof(name) - 1);
	result(tlml_store_write(name, KIND, text, sizeof(text), &error) == -ENAMETOOLONG,
	       "a name without room for a draft's is refused");
	result(tlml_store_read(path, "tlmlelse", 99, &data, &size, &error) == -EINVAL,
	       "a file of another kind is refused");
	unlink(bad);
}

static struct tlml_answered answer(uint64_t source, unsigned int klass, uint64_t nth)
{
	struct tlml_answered a = { .source = source, .label = TLML_UNLABELLED, .time = nth };
	float p[3] = { 0.1f, 0.1f, 0.1f };

	p[klass] = 0.8f;
	tlml_answered_set(&a, p, 3);
	a.x[0] = nth & 127;
	return a;
}

static uint32_t held_by(const struct tlml_reservoir *r, uint64_t source)
{
	uint32_t i, n = 0;

	for (i = 0; i < r->n; i++)
		n += r->item[i].source == source;
	return n;
}

static void test_reservoir(void)
{
	struct tlml_reservoir r, again;
	struct tlml_answered a;
	uint64_t seed = 5, i;
	double age = 0;

	must(tlml_reservoir_init(&r, classes, 3, 200, 10, 1, &error));
	must(tlml_reservoir_init(&again, classes, 3, 200, 10, 1, &error));
	for (i = 0; i < 3000; i++) {	/* two of three are one source's */
		a = answer(i % 3 ? 7 : 1000 + tlml_rand_below(&seed, 100), i % 3, i);
		tlml_reservoir_add(&r, &a);
		tlml_reservoir_add(&again, &a);
	}
	result(r.n == 200 && r.seen == 3000, "room is filled and not exceeded");
	result(held_by(&r, 7) <= 20 && held_by(&r, 7) > 10, "a loud source has its quota and no more");
	result(!memcmp(r.item, again.item, r.n * sizeof(*r.item)), "the same for a seed");
	for (i = 0; i < r.n; i++)
		age += (3000.0 - r.item[i].time) / r.n;
	printf("# mean age %.0f\n", age);
	result(age > 300 && age < 900, "old ones fade at random");
	result(tlml_answered_class(&a, 3) == 2 && tlml_answered_sure(&a, 3) > 0.79f &&
	       tlml_answered_sure(&a, 3) < 0.81f, "probabilities survive as bytes");
	a.label = 1;
	result(tlml_answered_class(&a, 3) == 1 && tlml_answered_sure(&a, 3) == 1,
	       "a person's label counts more");

	must(tlml_reservoir_write(&r, path, &error));
	tlml_reservoir_free(&again);
	must(tlml_reservoir_init(&again, classes, 3, 200, 10, 2, &error));
	must(tlml_reservoir_read(&again, path, &error));
	result(again.n == r.n && !memcmp(r.item, again.item, r.n * sizeof(*r.item)) &&
	       again.seed == r.seed && again.seen == r.seen, "it survives a restart");
	tlml_reservoir_free(&again);
	must(tlml_reservoir_init(&again, classes, 3, 50, 10, 2, &error));
	must(tlml_reservoir_read(&again, path, &error));
	result(again.n == 50 && held_by(&again, 7) <= 5, "also into less room");
	tlml_reservoir_free(&again);

	strcpy(classes[1].name, "other");
	must(tlml_reservoir_init(&again, classes, 3, 50, 10, 2, &error));
	result(tlml_reservoir_read(&again, path, &error) == -EINVAL && !again.n && exists(bad) &&
	       strstr(error.text, "classes"), "answers of other classes are set aside");
	strcpy(classes[1].name, "bravo");
	r.item[3].x[9] = 200;
	must(tlml_reservoir_write(&r, path, &error));
	tlml_reservoir_free(&again);
	must(tlml_reservoir_init(&again, classes, 3, 50, 10, 2, &error));
	result(tlml_reservoir_read(&again, path, &error) == -EINVAL && !again.n,
	       "answers that cannot be, too");
	unlink(bad);
	result(!tlml_reservoir_read(&again, path, &error) && !again.n, "no file is an empty one");
	tlml_reservoir_free(&again);
	tlml_reservoir_free(&r);
}

static void make_set(struct tlml_set *set)
{
	unsigned int i, k;

	memset(set, 0, sizeof(*set));
	for (i = 0; i < 3; i++)
		tlml_set_class(set, classes[i].name, classes[i].attack, "test", &error);
	for (i = 0; i < 900; i++) {
		struct tlml_sample s = { .flow = set->next_flow++, .label = i % 3 };
		int golden = i % 4 == 0;

		s.capture = golden ? tlml_set_capture(set, "b", TLML_SPLIT_VALIDATE, &error) :
				     tlml_set_capture(set, "a", TLML_SPLIT_TRAIN, &error);
		for (k = 0; k < 1 + i % 5; k++) {
			s.point = k;
			s.x[0] = i & 127;
			s.x[1] = i >> 7;
			must(tlml_set_add(set, &s, &error));
		}
	}
	must(tlml_set_index(set, &error));
}

static void test_anchor(void)
{
	struct tlml_model m = { .header = { .classes = 3, .schema = tlml_schema_hash() } };
	struct tlml_set set, anchor, back;
	static char file[1 << 20];
	unsigned int i, cuts = 0;
	struct tlml_view v[2];
	size_t size;
	FILE *f;

	memcpy(m.classes, classes, sizeof(classes));
	make_set(&set);
	must(tlml_anchor_choose(&set, 40, 3, &anchor, &error));
	must(tlml_set_view(&anchor, TLML_ANCHOR_REHEARSE, &v[0], &error));
	must(tlml_set_view(&anchor, TLML_ANCHOR_GOLDEN, &v[1], &error));
	result(v[0].n == 120 && v[1].n == 120, "an anchor has flows of each class in both parts");
	for (i = 0; i < v[1].n; i++) {
		const struct tlml_sample *s = &anchor.samples[anchor.runs[v[1].runs[i]].first];

		cuts += (s->x[0] + 128 * s->x[1]) % 4 != 0;
	}
	result(!cuts, "golden flows are of captures that are not rehearsed");
	must(tlml_anchor_write(&anchor, path, &error));
	f = fopen(path, "re");
	size = fread(file, 1, sizeof(file), f);
	fclose(f);
	must(tlml_anchor_parse(file, size, "anchor", &m, &back, &error));
	result(back.n_samples == anchor.n_samples && back.n_runs == 240 &&
	       !memcmp(back.samples, anchor.samples, back.n_samples * sizeof(*back.samples)),
	       "it is read as it was written");
	tlml_set_free(&back);
	for (i = 0, cuts = 0; i < size; i += 97)
		cuts += tlml_anchor_parse(file, i, "anchor", &m, &back, &error) != -EINVAL;
	result(!cuts, "a truncated one is refused");
	strcpy(m.classes[0].name, "other");
	result(tlml_anchor_parse(file, size, "anchor", &m, &back, &error) == -EINVAL &&
	       strstr(error.text, "classes"), "one of another model is refused");
	tlml_view_free(&v[0]);
	tlml_view_free(&v[1]);
	tlml_set_free(&anchor);
	tlml_set_free(&set);
}

int main(void)
{
	char folder[] = "/tmp/tlml-store-XXXXXX";

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/kept", folder);
	snprintf(bad, sizeof(bad), "%s.bad", path);
	snprintf(draft, sizeof(draft), "%s.new", path);
	printf("KTAP version 1\n");
	test_store();
	test_reservoir();
	test_anchor();
	printf("1..%d\n", points);
	unlink(path);
	unlink(bad);
	rmdir(folder);
	return !!failed;
}
