// SPDX-License-Identifier: BSD-2-Clause
/*
 * The parser over bytes that nobody sends: noise, and frames of every kind with noise in them and
 * cut anywhere. Each lies in memory of its exact size, so that the sanitizers see one byte too far.
 */
#include <stdlib.h>

#include "../prog/fixtures.h"
#include "../prog/tap.h"

#define ROUNDS	500000		/* of each test */
#define BYTES	160

static uint64_t state = 88172645463325252ull;

static uint32_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 32;
}

/* Parses a copy of the bytes and checks what holds of any answer; the answer. */
static int parse(const uint8_t *bytes, unsigned int len)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct tlml_packet p;
	int result;

	memcpy(copy, bytes, len);
	result = tlml_packet_parse(copy, copy + len, len, &p);
	CHECK(result >= TLML_PARSE_OK && result <= TLML_PARSE_CONTROL, "result %d", result);
	CHECK(!memcmp(copy, bytes, len), "the parser wrote into the frame");
	free(copy);
	if (result != TLML_PARSE_OK)
		return result;
	CHECK(p.family == 4 || p.family == 6, "family %u", p.family);
	CHECK(p.vlan < 4096 && p.l3 >= 14 && p.l3 <= 22 && p.l3 < len, "vlan %u, header at %u", p.vlan, p.l3);
	CHECK(p.len >= 20 && p.segs == 1 && p.seg_len == p.len, "%u bytes, %u segments", p.len, p.segs);
	CHECK(!(p.flags & TLML_PKT_FRAGMENT) || (!p.sport && !p.dport), "ports of a fragment");
	CHECK(p.family == 6 || !(p.saddr[1] | p.saddr[2] | p.saddr[3] | p.daddr[1] | p.daddr[2] |
				 p.daddr[3]), "an IPv4 address of more than 32 bits");
	return result;
}

static void noise(uint8_t *bytes, unsigned int len)
{
	for (unsigned int i = 0; i < len; i += 4) {
		uint32_t v = draw();

		memcpy(bytes + i, &v, 4);
	}
}

/* Frames of which the Ethertype alone makes sense. */
static void test_noise(void)
{
	static const uint16_t types[] = { 0x0800, 0x86dd, 0x8100, 0x88a8 };
	unsigned int seen[TLML_PARSE_CONTROL + 1] = { 0 };
	uint8_t bytes[BYTES];

	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint16_t type = types[draw() % 4], inner = types[draw() % 2];

		noise(bytes, sizeof(bytes));
		bytes[12] = type >> 8;
		bytes[13] = type;
		if (type == 0x8100 || type == 0x88a8) {
			bytes[16] = inner >> 8;
			bytes[17] = inner;
			bytes[18] = draw() & 1 ? 0x45 : 0x60;
		} else {
			bytes[14] = type == 0x0800 ? 0x45 + (draw() & 3) : 0x60 | (draw() & 15);
		}
		seen[parse(bytes, draw() % (BYTES + 1))]++;
	}
	for (unsigned int i = 0; i <= TLML_PARSE_CONTROL; i++)
		CHECK(seen[i] > (i == TLML_PARSE_NOT_IP ? 0 : ROUNDS / 1000),
		      "result %u came %u times only", i, seen[i]);
}

/* Honest frames with a few bytes of noise, cut anywhere. */
static void test_damage(void)
{
	static struct frame frames[FIXTURES];
	unsigned int seen[TLML_PARSE_CONTROL + 1] = { 0 };
	uint8_t bytes[BYTES];

	for (unsigned int i = 0; i < FIXTURES; i++)
		frame_build(&frames[i], fixtures[i].layers);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		const struct frame *f = &frames[draw() % FIXTURES];
		unsigned int len = f->len < BYTES ? f->len : BYTES;

		memcpy(bytes, f->data, len);
		for (unsigned int n = draw() % 4; n; n--)
			bytes[draw() % len] = draw();
		if (draw() & 1)
			len = draw() % (len + 1);
		seen[parse(bytes, len)]++;
	}
	for (unsigned int i = 0; i <= TLML_PARSE_CONTROL; i++)
		CHECK(seen[i] > ROUNDS / 1000, "result %u came %u times only", i, seen[i]);
}

/* What comes after the end must not matter. */
static void test_behind(void)
{
	struct frame f;
	uint8_t bytes[BYTES];

	for (unsigned int i = 0; i < FIXTURES; i++) {
		frame_build(&f, fixtures[i].layers);
		for (unsigned int len = 0; len <= f.len && len <= BYTES; len++) {
			int result = parse(f.data, len), other;
			struct tlml_packet p;

			noise(bytes, sizeof(bytes));
			memcpy(bytes, f.data, len);
			other = tlml_packet_parse(bytes, bytes + len, len, &p);
			CHECK(other == result, "%s cut to %u: %d or %d", fixtures[i].name, len, result,
			      other);
		}
	}
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "noise behind an Ethertype", test_noise },
		{ "frames of every kind, damaged and cut", test_damage },
		{ "what lies behind a frame does not matter", test_behind },
	};

	return tap_main(tests, sizeof(tests) / sizeof(tests[0]));
}
