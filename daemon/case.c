// SPDX-License-Identifier: BSD-2-Clause
/* A hard flow as it is laid before the large model: its record, and its first packets. Pure. */
#include "case.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "../uapi/tlml_feature.h"

#define SIZE_MAX_CODE	62
#define CODE_MAX	127	/* of tlml_log2q(), features and the anomaly score */

const struct tlml_input_info tlml_inputs[TLML_INPUTS] = {
	[TLML_INPUT_FEATURES] = { "features", 1, { TLML_FEATURES_MAX }, TLML_FEATURES_MAX },
	[TLML_INPUT_PACKETS] = { "packets", 2, { TLML_CASE_PACKETS, 3 }, TLML_CASE_PACKETS * 3 },
	[TLML_INPUT_FLOW] = { "flow", 1, { TLML_FLOW_NUMBERS }, TLML_FLOW_NUMBERS },
};

/* How many packets of the line are valid. */
static unsigned int line_packets(const struct tlml_flow *f)
{
	return f->pkts < TLML_SEQ ? f->pkts : TLML_SEQ;
}

static int line_valid(const struct tlml_flow *f)
{
	unsigned int i, n = line_packets(f);

	if (!f->fp || !n || f->anomaly > CODE_MAX)
		return 0;
	for (i = 0; i < n; i++)
		if (f->seq[i] < 63 - SIZE_MAX_CODE || f->seq[i] > 64 + SIZE_MAX_CODE ||
		    (i && f->gap[i - 1] > CODE_MAX))
			return 0;
	return 1;
}

static int record_valid(const struct tlml_record *r)
{
	unsigned int i;

	if ((r->family != 4 && r->family != 6) || r->reason > TLML_REASON_AUDIT ||
	    r->action > TLML_ACTION_DROP || r->runner_up >= TLML_CLASSES_MAX)
		return 0;
	for (i = 0; i < TLML_FEATURES_MAX; i++)
		if (r->x[i] > CODE_MAX)
			return 0;
	return line_valid(&r->flow);
}

int tlml_case_begin(struct tlml_case *c, const void *data, size_t size)
{
	const struct tlml_flow *f = &c->record.flow;
	unsigned int i;

	if (size != sizeof(c->record))
		return -EINVAL;
	memset(c, 0, sizeof(*c));
	memcpy(&c->record, data, size);
	if (!record_valid(&c->record))
		return -EINVAL;
	c->packets = line_packets(f);
	for (i = 0; i < c->packets; i++)
		c->packet[i] = (struct tlml_case_packet){
			.size = f->seq[i] >= 64 ? f->seq[i] - 64 : 63 - f->seq[i],
			.gap = i ? f->gap[i - 1] : 0,
			.dir = f->seq[i] >= 64 ? TLML_DIR_FORWARD : TLML_DIR_BACK,
		};
	return 0;
}

int tlml_case_more(struct tlml_case *c, const struct tlml_more *m)
{
	unsigned int i, end;
	int added = 0;

	if (m->bucket != c->record.bucket || m->fp != c->record.flow.fp || !m->nth || !m->segs ||
	    m->size > SIZE_MAX_CODE || m->gap > CODE_MAX || m->back > 1)
		return 0;
	end = m->nth - 1u + m->segs;
	if (end > TLML_CASE_PACKETS)
		end = TLML_CASE_PACKETS;
	for (i = m->nth - 1u; i < end; i++) {
		if (c->packet[i].dir)	/* two CPUs counted the same one: the first stays */
			continue;
		c->packet[i] = (struct tlml_case_packet){
			.size = m->size,
			.gap = i == m->nth - 1u ? m->gap : 0,
			.dir = m->back ? TLML_DIR_BACK : TLML_DIR_FORWARD,
		};
		added = 1;
	}
	if (added && end > c->packets)
		c->packets = end;
	return added;
}

void tlml_case_bytes(const struct tlml_case *c, enum tlml_input i, __u8 *out)
{
	unsigned int k;

	if (i == TLML_INPUT_FEATURES) {
		memcpy(out, c->record.x, TLML_FEATURES_MAX);
		return;
	}
	for (k = 0; k < TLML_CASE_PACKETS; k++) {
		*out++ = c->packet[k].size;
		*out++ = c->packet[k].gap;
		*out++ = c->packet[k].dir;
	}
}

static void flow_floats(const struct tlml_record *r, float *out)
{
	const struct tlml_flow *f = &r->flow;
	__s32 ticks = f->last - f->first;	/* negative if another CPU was a tick ahead */

	out[0] = r->proto;
	out[1] = r->dport;
	out[2] = f->pkts;
	out[3] = f->bytes[0];
	out[4] = f->bytes[1];
	out[5] = ticks < 0 ? 0 : ((__u64)ticks << TLML_TICK_SHIFT) / 1000;
	out[6] = f->anomaly;
	out[7] = r->family == 6;
}

void tlml_case_floats(const struct tlml_case *c, enum tlml_input i, float *out)
{
	__u8 bytes[TLML_CASE_PACKETS * 3];
	unsigned int k;

	if (i == TLML_INPUT_FLOW) {
		flow_floats(&c->record, out);
		return;
	}
	tlml_case_bytes(c, i, bytes);
	for (k = 0; k < tlml_inputs[i].values; k++)
		out[k] = bytes[k];
}

void tlml_case_inputs(const struct tlml_case *c, struct tlml_case_inputs *in)
{
	tlml_case_bytes(c, TLML_INPUT_FEATURES, in->features);
	tlml_case_bytes(c, TLML_INPUT_PACKETS, in->packets);
	flow_floats(&c->record, in->flow);
}

void tlml_case_row(const struct tlml_case_inputs *in, float row[TLML_CASE_COLUMNS])
{
	unsigned int i;

	for (i = 0; i < sizeof(in->features); i++)
		*row++ = in->features[i];
	for (i = 0; i < sizeof(in->packets); i++)
		*row++ = in->packets[i];
	memcpy(row, in->flow, sizeof(in->flow));
}

int tlml_case_inputs_valid(const struct tlml_case_inputs *in)
{
	unsigned int i;

	for (i = 0; i < sizeof(in->features); i++)
		if (in->features[i] > CODE_MAX)
			return 0;
	for (i = 0; i < sizeof(in->packets); i += 3)
		if (in->packets[i] > SIZE_MAX_CODE || in->packets[i + 1] > CODE_MAX ||
		    in->packets[i + 2] > TLML_DIR_BACK)
			return 0;
	for (i = 0; i < TLML_FLOW_NUMBERS; i++)
		if (!isfinite(in->flow[i]) || in->flow[i] < 0)
			return 0;
	return 1;
}
