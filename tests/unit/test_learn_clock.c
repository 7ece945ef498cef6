// SPDX-License-Identifier: BSD-2-Clause
/*
 * The wall clock is set, forwards and back, while models are learned, published, pushed and rolled
 * back to: it is written down, and nothing goes by it.
 */
#include <sys/syscall.h>
#include <time.h>

#include "pupil.h"

#include "../../daemon/bundle.h"

/* In the place of libc's: what the wall says is this, all other clocks are the kernel's. */
static int64_t wall_s = 1790000000;

time_t time(time_t *t)
{
	if (t)
		*t = wall_s;
	return wall_s;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	if (id != CLOCK_REALTIME)
		return syscall(SYS_clock_gettime, id, t);
	*t = (struct timespec){ .tv_sec = wall_s };
	return 0;
}

/* 2200, 1970, before that, and when 32 bits are full. */
static const int64_t jumps[] = { 7258118400, 0, -86400, 2147483647, 2147483648, 4294967296 };

#define JUMPS	(sizeof(jumps) / sizeof(jumps[0]))

static json_int_t newest(const char *key)
{
	json_t *list = tlml_generations_list(generations, &maps);
	json_int_t v = json_integer_value(json_object_get(json_array_get(list, 0), key));

	json_decref(list);
	return v;
}

static json_int_t last_entry(const char *key)
{
	json_t *log = tlml_generations_log(generations);
	json_int_t v = json_integer_value(json_object_get(json_array_get(log,
					  json_array_size(log) - 1), key));

	json_decref(log);
	return v;
}

/* With the default model under another number. */
static int publish(void)
{
	struct tlml_model next;
	int err;

	must(tlml_model_parse(model_file, model_end - model_file, "model", &next, &error));
	tlml_model_renumber(&next, tlml_generations_next(generations, &maps));
	err = tlml_generations_publish(generations, &maps, next.blob, next.header.size, "a test",
				       &error);
	tlml_model_free(&next);
	return err;
}

static void test_publish(void)
{
	json_int_t counter = newest("counter"), n = last_entry("n");
	unsigned int wrong = 0, untold = 0;

	for (unsigned int i = 0; i < JUMPS; i++) {
		wall_s = jumps[i];
		wrong += publish() || newest("counter") <= counter || last_entry("n") != n + 1;
		untold += newest("created") != wall_s || last_entry("time") != wall_s;
		counter = newest("counter");
		n = last_entry("n");
		wrong += tlml_generations_rollback(generations, &maps, live(&maps) - 1, "a test",
						   &error) || last_entry("n") != n + 1;
		n = last_entry("n");
		counter = newest("counter");
		end();
		begin();
		wrong += newest("counter") != counter || last_entry("n") != n || !learner->live.blob;
	}
	result(!wrong, "whatever the clock says, generations, counters and the log go on");
	result(!untold, "and it is told what it said");
}

static void *sign(uint64_t counter, size_t *size)
{
	struct tlml_bundle b = { .created = wall_s, .counter = counter };
	struct tlml_keys k;
	void *file;

	must(tlml_keys_open(state, &k, &error));
	must(tlml_bundle_sign(&k, &b, model_file, model_end - model_file, &file, &error));
	tlml_keys_close(&k);
	*size = sizeof(b) + b.size + TLML_SIGNATURE_BYTES;
	return file;
}

/* A bundle of yesterday's clock that was signed later is newer, and a replay is one next year. */
static void test_push(void)
{
	json_int_t counter = newest("counter");
	void *first, *second;
	size_t size;

	wall_s = jumps[0];
	first = sign(counter + 1, &size);
	wall_s = jumps[1];
	second = sign(counter + 2, &size);
	result(!tlml_generations_push(generations, &maps, first, size, false, &error),
	       "one that was signed in 2200 is taken in 1970");
	free(second);
	counter = newest("counter");
	second = sign(counter + 1, &size);
	result(!tlml_generations_push(generations, &maps, second, size, false, &error),
	       "and then one that was signed in 1970");
	wall_s = jumps[0] + 86400;
	result(tlml_generations_push(generations, &maps, first, size, false, &error) == -EINVAL &&
	       tlml_generations_push(generations, &maps, second, size, false, &error) == -EINVAL &&
	       strstr(error.text, "not new"), "a replay never is");
	free(first);
	free(second);
}

static void test_learn(void)
{
	uint32_t answers;

	traffic(450, class_of(NEW_CLASS), 0);
	wall_s = jumps[0];
	tlml_learner_tick(learner);
	traffic(450, class_of(NEW_CLASS), 0);
	answers = learner->answers.n;
	wall_s = jumps[2];
	tlml_learner_tick(learner);
	result(!learner->stale && answers > 400, "answers are no older than they are");
	end();
	wall_s = jumps[5];
	begin();
	result(learner->answers.n == answers, "and there again after another jump");
	traffic(1, class_of(NEW_CLASS), 0);
	must(tlml_learner_now(learner, &error));
	wall_s = jumps[1];
	pass();
	printf("# %s: %s\n", learner->last.outcome, learner->last.why.text);
	result(live(&maps) == 2 && learner->last.time == (uint64_t)wall_s, "what was learned across jumps is published");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n");
	make_world();
	test_learn();
	test_publish();
	test_push();
	printf("1..%d\n", points);
	end();
	tlml_learning_close(&school);
	leave_world();
	return !!failed;
}
