// SPDX-License-Identifier: BSD-2-Clause
/* What the kfuncs refuse before any arithmetic, and what they take: sizes just inside and out. */
#include "../../kmod/dense.h"
#include "../prog/tap.h"

#include <string.h>

static struct tlml_wide good;
static __u8 x[TLML_DENSE_INPUTS_MAX];
static __s8 weights[TLML_DENSE_OUTPUTS_MAX * TLML_DENSE_INPUTS_MAX];

static void reset(void)
{
	memset(x, TLML_ACT_MAX, sizeof(x));
	good = (struct tlml_wide) {
		.inputs = 64, .hidden1 = 256, .hidden2 = 64, .classes = 16, .decode = 64,
		.shift = { 15, 15 }, .decode_shift = 15,
	};
}

static bool wide(const struct tlml_wide *w, __u32 x_size)
{
	struct tlml_wide_args a;

	return tlml_wide_read(&a, w, sizeof(*w), x, x_size);
}

static void wide_taken(void)
{
	struct tlml_wide_args a;

	reset();
	CHECK(tlml_wide_read(&a, &good, sizeof(good), x, 64), "the largest net");
	CHECK(a.w == &good && a.x == x, "pointers");
	CHECK_EQ(a.inputs, 64);
	CHECK_EQ(a.hidden1, 256);
	CHECK_EQ(a.hidden2, 64);
	CHECK_EQ(a.classes, 16);
	CHECK_EQ(a.decode, 64);
	CHECK_EQ(a.shift[0] + a.shift[1] + a.decode_shift, 45);
	good = (struct tlml_wide) { .inputs = 32, .hidden1 = 16, .hidden2 = 8, .classes = 2 };
	CHECK(wide(&good, 32), "the smallest net");
}

static void wide_pointers(void)
{
	struct tlml_wide_args a;

	reset();
	CHECK(!tlml_wide_read(&a, NULL, sizeof(good), x, 64), "no weights");
	CHECK(!tlml_wide_read(&a, &good, sizeof(good), NULL, 64), "no inputs");
	CHECK(!tlml_wide_read(&a, &good, sizeof(good) - 1, x, 64), "a byte short");
	CHECK(!tlml_wide_read(&a, &good, 0, x, 64), "no size");
	CHECK(tlml_wide_read(&a, &good, sizeof(good) + 1, x, 64), "more than a slot");
}

#define WIDE(field, value)								\
	do {										\
		reset();								\
		good.field = (value);							\
		CHECK(!wide(&good, good.inputs), #field " " #value);			\
	} while (0)

static void wide_sizes(void)
{
	WIDE(inputs, 0);
	WIDE(inputs, 31);
	WIDE(inputs, 65);
	WIDE(inputs, 128);
	WIDE(inputs, 0xffff);
	WIDE(hidden1, 0);
	WIDE(hidden1, 8);
	WIDE(hidden1, 17);
	WIDE(hidden1, 272);
	WIDE(hidden1, 0xfff0);
	WIDE(hidden2, 0);
	WIDE(hidden2, 4);
	WIDE(hidden2, 72);
	WIDE(hidden2, 0xfff8);
	WIDE(classes, 0);
	WIDE(classes, 1);
	WIDE(classes, 17);
	WIDE(decode, 32);
	WIDE(decode, 1);
	WIDE(decode, 0xffff);
	WIDE(shift[0], 16);
	WIDE(shift[1], 255);
	WIDE(decode_shift, 16);
	reset();
	CHECK(!wide(&good, 63), "too few inputs");
	CHECK(!wide(&good, 65), "too many inputs");
	CHECK(!wide(&good, 0), "no inputs");
}

static void wide_inputs(void)
{
	unsigned int i;

	for (i = 0; i < 64; i++) {
		reset();
		x[i] = TLML_ACT_MAX + 1;
		CHECK(!wide(&good, 64), "input %u above the limit", i);
	}
	reset();
	x[64] = 255;
	CHECK(wide(&good, 64), "what lies behind the inputs is nobody's business");
}

static bool dense(__u32 outputs, __u32 inputs, __u32 w_size, __u32 relu, __u32 shift)
{
	struct tlml_dense_call d = { .outputs = outputs, .relu = relu, .shift = shift };
	struct tlml_dense_args a;

	return tlml_dense_read(&a, weights, w_size, x, inputs, &d);
}

static void dense_taken(void)
{
	reset();
	CHECK(dense(1, 1, 1, 0, 0), "the smallest layer");
	CHECK(dense(64, 1024, 65536, 1, 15), "the largest layer");
}

static void dense_refused(void)
{
	struct tlml_dense_call d = { .outputs = 1 };
	struct tlml_dense_args a;

	reset();
	CHECK(!tlml_dense_read(&a, NULL, 1, x, 1, &d), "no weights");
	CHECK(!tlml_dense_read(&a, weights, 1, NULL, 1, &d), "no inputs");
	CHECK(!tlml_dense_read(&a, weights, 1, x, 1, NULL), "no call");
	CHECK(!dense(0, 1, 0, 0, 0), "no outputs");
	CHECK(!dense(65, 1, 65, 0, 0), "65 outputs");
	CHECK(!dense(1, 0, 0, 0, 0), "no inputs");
	CHECK(!dense(1, 1025, 1025, 0, 0), "1025 inputs");
	CHECK(!dense(0x10000, 0x10000, 0, 0, 0), "a product that wraps to 0");
	CHECK(!dense(0x80000001, 2, 2, 0, 0), "outputs that wrap to 1");
	CHECK(!dense(2, 3, 5, 0, 0), "a weight short");
	CHECK(!dense(2, 3, 7, 0, 0), "a weight more");
	CHECK(!dense(1, 1, 1, 2, 0), "relu 2");
	CHECK(!dense(1, 1, 1, 0, 16), "shift 16");
	x[1023] = 128;
	CHECK(!dense(1, 1024, 1024, 0, 0), "an input above the limit");
	CHECK(dense(1, 1023, 1023, 0, 0), "and one fewer");
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "nets from the smallest to the largest are taken", wide_taken },
		{ "nets without weights or inputs are refused", wide_pointers },
		{ "nets of other sizes are refused", wide_sizes },
		{ "inputs above the limit are refused", wide_inputs },
		{ "layers from the smallest to the largest are taken", dense_taken },
		{ "other layers are refused", dense_refused },
	};

	return tap_main(tests, sizeof(tests) / sizeof(tests[0]));
}
