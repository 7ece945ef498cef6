// SPDX-License-Identifier: BSD-2-Clause
/* Generations when the process is killed at any moment, and when the disk is full. */
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>

#include "shelves.h"
#include "../../daemon/bundle.h"
#include "../../daemon/learn/rand.h"

#define KILLS	120

static char state[] = "/tmp/tlml-faults-XXXXXX", dir[64];
static struct tlml_generations *g;
static struct tlml_maps maps;
static uint64_t seed = 7;

static int publish(void)
{
	uint32_t next = tlml_generations_next(g, &maps);
	size_t size;
	void *blob = model_of(next % 4, next, &size);
	int err = tlml_generations_publish(g, &maps, blob, size, "a test", &error);

	free(blob);
	return err;
}

static int refuse(void)
{
	size_t size;
	void *blob = model_of(0, 1, &size);
	int err = tlml_generations_refuse(g, blob, size, "a test", &error);

	free(blob);
	return err;
}

/* All that one can ask for, without an end. */
static void busy(void)
{
	if (tlml_generations_open(dir, &g, &error))
		_exit(1);
	for (unsigned int i = 0; ; i++) {
		int err = i % 3 == 0 ? publish() : i % 3 == 1 ? refuse() :
			  tlml_generations_rollback(g, &maps, 0, "a test", &error);

		if (err && err != -ENOENT)
			_exit(2);
		if (tlml_generations_pin(g, &maps, true, &error) ||
		    tlml_generations_pin(g, &maps, false, &error))
			_exit(3);
	}
}

static unsigned int count(const json_t *list, const char *key)
{
	unsigned int n = 0;
	json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
		n += !!json_object_get(v, key);
	return n;
}

static unsigned int found(const char *pattern)
{
	char command[160];
	unsigned int n = 0;
	FILE *p;

	snprintf(command, sizeof(command), "find '%s' -name '%s' | wc -l", state, pattern);
	p = popen(command, "re");
	if (fscanf(p, "%u", &n) != 1)
		n = ~0u;
	pclose(p);
	return n;
}

/*
 * What holds whenever nobody is at it. The log may know of a generation that was not made live any
 * more, of one for each kill.
 */
static bool sound(void)
{
	static uint32_t was, gap;
	json_t *list, *log;
	uint32_t next, most;
	bool good;

	if (tlml_generations_open(dir, &g, &error)) {
		printf("# %s\n", error.text);
		return false;
	}
	list = tlml_generations_list(g, &maps);
	log = tlml_generations_log(g);
	next = tlml_generations_next(g, &maps);
	most = live(&maps) == was ? gap + 1 : 1;
	was = live(&maps);
	gap = next - 1 - was;
	good = !count(list, "damaged") && !count(log, "recovered") && next > was && gap <= most &&
	       json_array_size(list) <= 10 && !found("log.jsonl.bad") &&
	       json_integer_value(json_object_get(json_array_get(list, 0), "generation")) == next - 1;
	if (!good)
		printf("# live %u, next %u, %zu kept\n", was, next, json_array_size(list));
	json_decref(list);
	json_decref(log);
	if (tlml_generations_pinned(g))
		good = !tlml_generations_pin(g, &maps, false, &error) && good;
	tlml_generations_close(g);
	g = NULL;
	return good;
}

/* Counters, as the bundles have them, go up with generations. */
static bool ordered(void)
{
	json_int_t above = INT64_MAX;
	json_t *list, *v;
	bool good = true;
	size_t i;

	must(tlml_generations_open(dir, &g, &error));
	list = tlml_generations_list(g, &maps);
	json_array_foreach(list, i, v) {
		json_int_t counter = json_integer_value(json_object_get(v, "counter"));

		good = good && counter > 0 && counter < above;
		above = counter;
	}
	json_decref(list);
	tlml_generations_close(g);
	g = NULL;
	return good;
}

static void test_kill(void)
{
	unsigned int killed = 0, unsound = 0, behind = 0;
	uint32_t before;

	must(tlml_generations_open(dir, &g, &error));
	must(publish());
	before = live(&maps);
	tlml_generations_close(g);
	for (int i = 0; i < KILLS; i++) {
		struct timespec t = { .tv_nsec = 1000 * tlml_rand_below(&seed, 60000) };
		pid_t child = fork();
		int status;

		if (!child)
			busy();
		nanosleep(&t, NULL);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
		behind += found("*.new") > 0;
		unsound += !sound();
	}
	printf("# %u generations, %u drafts were left\n", live(&maps) - before, behind);
	result(killed == KILLS && !unsound, "killed at any moment, it is as before or as after");
	result(live(&maps) > before + 10, "and gets on");
	result(!found("generation*.new") && !found("log.jsonl.new"), "drafts go");
	result(ordered(), "no number was signed twice");
}

/* Leaves room bytes of the disk. */
static void fill(size_t room)
{
	char path[96];
	struct statvfs v;
	void *zero;
	FILE *f;

	snprintf(path, sizeof(path), "%s/filler", state);
	unlink(path);
	statvfs(state, &v);
	if (v.f_bavail * v.f_bsize <= room)
		return;
	zero = calloc(1, v.f_bavail * v.f_bsize - room);
	f = fopen(path, "we");
	fwrite(zero, v.f_bavail * v.f_bsize - room, 1, f);
	fclose(f);
	free(zero);
}

static void test_full(void)
{
	unsigned int wrong = 0, full = 0, went = 0;
	uint32_t last;
	int res;

	must(tlml_generations_open(dir, &g, &error));
	must(publish());
	do {
		last = live(&maps);
		res = publish();
	} while (!res && last < 1000);
	result(res == -ENOSPC && strstr(error.text, "make room") && live(&maps) == last,
	       "64 KiB are full some time, and what is live stays");
	tlml_generations_close(g);
	result(sound(), "with all that was kept");
	if (mount("tmpfs", state, "tmpfs", MS_REMOUNT, "size=256k"))
		exit(1);
	for (size_t room = 0; room <= 48 << 10; room += 4096) {
		uint32_t was = live(&maps);
		int err;

		fill(room);
		must(tlml_generations_open(dir, &g, &error));
		err = publish();
		full += err == -ENOSPC && strstr(error.text, "make room");
		went += !err;
		wrong += err ? err != -ENOSPC || live(&maps) != was : live(&maps) != was + 1;
		err = refuse();
		wrong += err && err != -ENOSPC;
		tlml_generations_close(g);
		wrong += !sound();
	}
	printf("# %u without room, %u with\n", full, went);
	result(!wrong && full && went, "a full disk changes nothing");
	fill(256 << 10);
	must(tlml_generations_open(dir, &g, &error));
	result(!publish(), "with room, it goes on");
	tlml_generations_close(g);
}

int main(void)
{
	if (!mkdtemp(state))
		return 1;
	snprintf(dir, sizeof(dir), "%s/eth0", state);
	maps_make(&maps);
	printf("KTAP version 1\n");
	test_kill();
	remove_tree(state);
	mkdir(state, 0755);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", state, "tmpfs", 0, "size=64k")) {
		printf("ok %d # SKIP a full disk: may not mount one\n", ++points);
	} else {
		test_full();
		umount(state);
	}
	printf("1..%d\n", points);
	remove_tree(state);
	return !!failed;
}
