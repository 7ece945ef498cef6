// SPDX-License-Identifier: BSD-2-Clause
/* When records wake who reads the ring, and what becomes of flows when it is full. */
#include <sys/epoll.h>
#include <unistd.h>

#include "rig.h"

#define T0		((uint64_t)1 << 20)
#define RING		(4 << 20)
#define SIZE(type)	((sizeof(type) + 8 + 7) / 8 * 8)	/* of a record in the ring */

static struct rig rig;
static struct frame frame;
static struct tlml_ctl *ctl;
static unsigned int flows;

/* Traces are made of every flow's first packet; questions of it if that is asked for. */
static void start(int asks)
{
	const struct tlml_rate plenty = { 1 << 23, 1 << 23 };

	rig_clear(&rig);
	ctl->clock = T0;
	ctl->audit = 0;
	ctl->ask_points = asks ? ~0u : 0;
	ctl->trace = !asks;
	ctl->ring_idle = ctl->ring_half = 0;
	ctl->payload = 0;
	for (int i = 0; i < TLML_BUDGETS; i++)
		ctl->ask[i] = plenty;
	ctl->policy[0] = (struct tlml_policy){ .margin_act = 1, .margin_hard = 255 };
	rig_mark(&rig);
}

/* New flows, with so many records more in the ring. */
static void begin(unsigned int n)
{
	while (n--) {
		FRAME(&frame, IP4(1, 2), UDP(1000 + flows / 50000, 10000 + flows % 50000),
		      DATA(30));
		flows++;
		rig_run(&rig, &frame);
	}
}

/* The reader is left alone while it looks by itself. */
static void test_silent(void)
{
	for (int asks = 0; asks < 2; asks++) {
		start(asks);
		begin(100);
		CHECK_EQ(GAIN(&rig, ring_woken), 0);
		ring_buffer__consume(rig.ring);
		CHECK_EQ(rig.records, 100);
	}
}

/* One that sleeps is woken by the next record of any kind, and once. */
static void test_idle(void)
{
	start(0);
	ctl->ring_idle = 1;
	begin(1);
	CHECK_EQ(GAIN(&rig, ring_woken), 1);
	CHECK_EQ(ctl->ring_idle, 0);
	begin(5);
	CHECK_EQ(GAIN(&rig, ring_woken), 1);
	start(1);
	ctl->ring_idle = 1;
	begin(1);				/* a question */
	CHECK_EQ(GAIN(&rig, ring_woken), 1);
	ctl->ring_idle = 1;
	rig_run(&rig, &frame);			/* a later packet of its flow */
	CHECK_EQ(GAIN(&rig, continued), 1);
	CHECK_EQ(GAIN(&rig, ring_woken), 2);
	CHECK_EQ(ctl->ring_idle, 0);
	begin(5);
	CHECK_EQ(GAIN(&rig, ring_woken), 2);
	ctl->ring_idle = 1;			/* nothing to tell: nobody to wake */
	ctl->ask_points = 0;
	begin(5);
	CHECK_EQ(GAIN(&rig, ring_woken), 2);
	CHECK_EQ(ctl->ring_idle, 1);
}

/* The kernel does wake who waits on the ring's descriptor. */
static void test_wakes(void)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	int fd = epoll_create1(EPOLL_CLOEXEC);

	start(0);
	rig_need(fd >= 0 && !epoll_ctl(fd, EPOLL_CTL_ADD, rig.obj.maps.ring_fd, &e), "epoll",
		 strerror(errno));
	CHECK_EQ(epoll_wait(fd, &e, 1, 0), 0);
	begin(3);
	CHECK_EQ(epoll_wait(fd, &e, 1, 0), 0);	/* data is there, but nobody called */
	ctl->ring_idle = 1;
	begin(1);
	CHECK_EQ(epoll_wait(fd, &e, 1, 10000), 1);
	close(fd);
}

/* Half a ring of records wakes the reader, the record that crosses the mark and no later one. */
static void test_half(void)
{
	const unsigned int size = SIZE(struct tlml_record), half = (RING / 2 + size - 1) / size;

	start(0);
	for (int turn = 1; turn <= 3; turn++) {
		begin(half - 1);
		CHECK_EQ(GAIN(&rig, ring_woken), turn - 1);
		begin(1);
		CHECK_EQ(GAIN(&rig, ring_woken), turn);
		begin(half - 2);
		CHECK_EQ(GAIN(&rig, ring_woken), turn);
		CHECK_EQ(GAIN(&rig, ring_full), 0);
		ring_buffer__consume(rig.ring);
	}
	begin(half);
	CHECK_EQ(GAIN(&rig, ring_woken), 4);
	ctl->ring_idle = 1;			/* who sleeps is woken all the same */
	begin(2);
	CHECK_EQ(GAIN(&rig, ring_woken), 5);
	ring_buffer__consume(rig.ring);
}

/* Fills the ring up to less than left bytes with traces. */
static void fill(unsigned int left)
{
	const unsigned int size = SIZE(struct tlml_record);

	begin((RING - left) / size);
	rig_need(!GAIN(&rig, ring_full), "ring", "too small");
}

/*
 * A question that is not in the ring was not asked: the flow may be asked about later, and no
 * budget has paid for it.
 */
static void test_full(void)
{
	start(0);
	ctl->trace = 1;
	fill(0);
	ctl->trace = 0;
	ctl->ask_points = ~0u;
	for (int i = 0; i < TLML_BUDGETS; i++)
		ctl->ask[i] = (struct tlml_rate){ 1, 1 };
	begin(1);
	CHECK_EQ(GAIN(&rig, ring_full), 1);
	CHECK_EQ(GAIN(&rig, asked), 0);
	CHECK(!(rig_line(&rig, &frame)->state & TLML_FLOW_HARD), "a flow waits for an answer in vain");
	ring_buffer__consume(rig.ring);
	rig_run(&rig, &frame);			/* its second packet, another decision */
	CHECK_EQ(GAIN(&rig, asked), 1);
	CHECK(rig_line(&rig, &frame)->state & TLML_FLOW_HARD, "the flow does not know that it was asked about");
	ring_buffer__consume(rig.ring);
	CHECK_EQ(rig.record.flow.pkts, 2);
}

/* Room for the question, not for its payload, nor for the packets after. */
static void test_full_behind(void)
{
	start(0);
	ctl->trace = 1;
	fill(SIZE(struct tlml_record));
	ctl->trace = 0;
	ctl->ask_points = ~0u;
	ctl->payload = 64;
	begin(1);
	CHECK_EQ(GAIN(&rig, asked), 1);
	CHECK_EQ(GAIN(&rig, payloads), 0);
	CHECK_EQ(GAIN(&rig, ring_full), 1);
	for (unsigned int n = 0; n < 5; n++)
		rig_run(&rig, &frame);
	CHECK_EQ(GAIN(&rig, continued), 0);
	CHECK_EQ(GAIN(&rig, ring_full), 6);
	CHECK_EQ(rig_line(&rig, &frame)->pkts, 6);
	ring_buffer__consume(rig.ring);
	rig_run(&rig, &frame);			/* and then there is room again */
	ring_buffer__consume(rig.ring);
	CHECK_EQ(GAIN(&rig, continued), 1);
	CHECK_EQ(rig.more.nth, 7);
	CHECK_EQ(rig.payload.nth, 7);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "a reader that looks by itself", test_silent },
		{ "a reader that sleeps", test_idle },
		{ "a wake-up arrives", test_wakes },
		{ "a reader that falls behind", test_half },
		{ "a question that finds no room", test_full },
		{ "packets that find no room", test_full_behind },
	};
	int status;

	rig_open(&rig, 1 << 18, 1 << 16);
	ctl = rig.obj.maps.ctl;
	rig_publish_steady(&rig, 0, 0x3f);
	status = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	rig_close(&rig);
	return status;
}
