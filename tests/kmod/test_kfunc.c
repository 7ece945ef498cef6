// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kfuncs as BPF programs call them, XDP and TC: the scalar body's bits for random nets and
 * layers, refusals that leave the result alone, and calls that do not even load. With tlml.ko
 * beside the test, in a kernel that may break.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../kmod/dense.h"
#include "../prog/tap.h"
#include "kfunc.skel.h"

#define ROUNDS	300

static struct kfunc_bpf *skel;
static struct arena {
	struct tlml_wide wide;
	__s8 weights[TLML_DENSE_OUTPUTS_MAX * TLML_DENSE_INPUTS_MAX];
	__u8 x[TLML_DENSE_INPUTS_MAX];
	__u32 w_size, x_size;
	struct tlml_scores scores;
	struct tlml_dense_call call;
} *arena;
static __u32 state = 1;

static __u32 draw(__u32 below)
{
	state = state * 1664525 + 1013904223;
	return (__u64)state * below >> 32;
}

static int run(const struct bpf_program *prog)
{
	char frame[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame));

	return bpf_prog_test_run_opts(bpf_program__fd(prog), &opts) ? -999 : (int)opts.retval;
}

static void fill(void)
{
	__u32 i;

	for (i = 0; i < sizeof(*arena); i++)
		((__u8 *)arena)[i] = draw(256);
	for (i = 0; i < sizeof(arena->x); i++)
		arena->x[i] = draw(TLML_ACT_MAX + 1);
	arena->wide.inputs = draw(2) ? 64 : 32;
	arena->wide.hidden1 = 16 + draw(16) * 16;
	arena->wide.hidden2 = 8 + draw(8) * 8;
	arena->wide.classes = 2 + draw(15);
	arena->wide.decode = draw(2) ? arena->wide.inputs : 0;
	arena->wide.shift[0] = arena->wide.shift[1] = arena->wide.decode_shift = draw(16);
	arena->call.outputs = 1 + draw(64);
	arena->call.relu = draw(2);
	arena->call.shift = draw(16);
}

static void infers(const struct bpf_program *prog)
{
	struct tlml_scores want;
	struct tlml_wide_args a;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		fill();
		arena->x_size = arena->wide.inputs;
		if (!CHECK(tlml_wide_read(&a, &arena->wide, sizeof(arena->wide), arena->x,
					  arena->x_size), "a good net"))
			return;
		tlml_wide_scalar(&a, &want);
		if (!CHECK_EQ(run(prog), 0) ||
		    !CHECK(!memcmp(&arena->scores, &want, sizeof(want)), "net %u differs", i))
			return;
	}
}

static void infers_xdp(void)
{
	infers(skel->progs.infer_xdp);
}

static void infers_tc(void)
{
	infers(skel->progs.infer_tc);
}

static void denses(const struct bpf_program *prog)
{
	struct tlml_dense_call want;
	struct tlml_dense_args a;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		fill();
		arena->x_size = 1 + draw(TLML_DENSE_INPUTS_MAX >> draw(8));
		arena->w_size = arena->x_size * arena->call.outputs;
		want = arena->call;
		if (!CHECK(tlml_dense_read(&a, arena->weights, arena->w_size, arena->x,
					   arena->x_size, &want), "a good layer"))
			return;
		tlml_dense_scalar(&a, &want);
		if (!CHECK_EQ(run(prog), 0) ||
		    !CHECK(!memcmp(&arena->call, &want, sizeof(want)), "layer %u differs", i))
			return;
	}
}

static void denses_xdp(void)
{
	denses(skel->progs.dense_xdp);
}

static void denses_tc(void)
{
	denses(skel->progs.dense_tc);
}

/* -EINVAL, and nothing written. */
static void refused(const struct bpf_program *prog, const char *why)
{
	struct tlml_dense_call call = arena->call;
	struct tlml_scores scores = arena->scores;

	CHECK(run(prog) == -EINVAL, "%s", why);
	CHECK(!memcmp(&scores, &arena->scores, sizeof(scores)), "%s: scores written", why);
	CHECK(!memcmp(&call, &arena->call, sizeof(call)), "%s: outputs written", why);
}

static void refusals(void)
{
	fill();
	arena->x_size = 96 - arena->wide.inputs;
	refused(skel->progs.infer_xdp, "inputs of the other width");
	arena->x_size = arena->wide.inputs;
	arena->x[arena->wide.inputs - 1] = 128;
	refused(skel->progs.infer_xdp, "an input above the limit");
	fill();
	arena->x_size = arena->wide.inputs;
	arena->wide.hidden1 = 0xffff;
	refused(skel->progs.infer_tc, "hidden1");
	fill();
	arena->x_size = arena->wide.inputs;
	arena->wide.hidden2 = 256;
	refused(skel->progs.infer_tc, "hidden2");
	refused(skel->progs.infer_short, "weights shorter than a net");
	fill();
	arena->x_size = 10;
	arena->w_size = 10 * arena->call.outputs + 1;
	refused(skel->progs.dense_xdp, "a weight more");
	arena->w_size = 0;
	refused(skel->progs.dense_tc, "no weights");
	arena->x_size = 0;
	refused(skel->progs.dense_tc, "no inputs");
	arena->call.outputs = 0xffffffff;
	refused(skel->progs.dense_xdp, "outputs");
}

/* The program alone, in an object of its own; its result if it loads, else 1. */
static int load_one(const char *name, int expect)
{
	struct kfunc_bpf *own = kfunc_bpf__open();
	struct bpf_program *prog;
	int result = 1;

	if (!CHECK(own, "open"))
		return 0;
	bpf_object__for_each_program(prog, own->obj)
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), name));
	if (!kfunc_bpf__load(own))
		result = run(bpf_object__find_program_by_name(own->obj, name));
	kfunc_bpf__destroy(own);
	CHECK(result == expect || result == 1, "%s: %d", name, result);
	return result;
}

static void unloadable(void)
{
	static const char *const names[] = {
		"bad_size", "bad_unbounded", "bad_packet", "bad_read_only", "bad_out", "bad_type",
	};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK(load_one(names[i], 1) == 1, "%s loads", names[i]);
	CHECK_EQ(load_one("infer_xdp", -EINVAL), -EINVAL);	/* it is not for another reason */
}

static void null_refused(void)
{
	load_one("infer_null", -EINVAL);
}

static void quiet_unload(void)
{
	size_t page = sysconf(_SC_PAGESIZE);

	CHECK(system("rmmod tlml 2>/dev/null") != 0, "rmmod while programs use it");
	munmap(arena, (sizeof(*arena) + page - 1) / page * page);
	kfunc_bpf__destroy(skel);
	for (int i = 0; i < 50 && system("rmmod tlml 2>/dev/null"); i++)
		usleep(20000);	/* programs are freed a grace period later */
	CHECK(access("/sys/module/tlml", F_OK), "rmmod after they are gone");
}

static int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

int main(int argc, char **argv)
{
	static const struct tap_test tests[] = {
		{ "XDP: nets as the scalar body computes them", infers_xdp },
		{ "TC: nets as the scalar body computes them", infers_tc },
		{ "XDP: layers as the scalar body computes them", denses_xdp },
		{ "TC: layers as the scalar body computes them", denses_tc },
		{ "wrong arguments are refused, and nothing is written", refusals },
		{ "calls that cannot be right do not load", unloadable },
		{ "a pointer that may be NULL does not load, or is refused", null_refused },
		{ "the module stays while programs use it, and goes after", quiet_unload },
	};
	size_t page = sysconf(_SC_PAGESIZE);
	char command[512];

	snprintf(command, sizeof(command), "insmod %s/tlml.ko", dirname(argv[0]));
	if (geteuid() || access("/proc/modules", F_OK) || access(command + sizeof("insmod"), R_OK)) {
		puts("KTAP version 1\n1..0 # SKIP needs root, modules, and tlml.ko beside this test");
		return 0;
	}
	libbpf_set_print(silent);
	if (system(command)) {
		puts("Bail out! tlml.ko does not load");
		return 1;
	}
	skel = kfunc_bpf__open_and_load();
	if (!skel) {
		puts("Bail out! no program loads");
		return 1;
	}
	arena = mmap(NULL, (sizeof(*arena) + page - 1) / page * page, PROT_READ | PROT_WRITE,
		     MAP_SHARED, bpf_map__fd(skel->maps.arena), 0);
	if (arena == MAP_FAILED) {
		puts("Bail out! no map");
		return 1;
	}
	return tap_main(tests, sizeof(tests) / sizeof(tests[0]));
}
