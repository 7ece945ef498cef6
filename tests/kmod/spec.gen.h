/* SPDX-License-Identifier: BSD-2-Clause */
/* Do not edit: made by uapi/ynl-gen of uapi/tlml.yaml. What may be asked for, for the fuzzer. */
#ifndef TLML_SPEC_GEN_H
#define TLML_SPEC_GEN_H

enum spec_type {
	SPEC_U32,
	SPEC_U64,
	SPEC_S64,
	SPEC_FLAG,
	SPEC_STRING,
	SPEC_BINARY,
	SPEC_NEST,
	SPEC_PAD,
};

/* An attribute: its number, least and most (of its length), the set nested in it. */
struct spec_attribute {
	unsigned short id;
	enum spec_type type;
	unsigned int min;
	unsigned long long max;
	int set;
};

enum {
	SET_CLASS = 1,
};

static const struct spec_attribute spec_set_class[] = {
	{ TLML_A_CLASS_NAME, SPEC_STRING, 1u, 15u, 0 },
	{ TLML_A_CLASS_ACTION, SPEC_U32, 0u, 3u, 0 },
	{ TLML_A_CLASS_MARGIN_ACT, SPEC_U32, 0u, 255u, 0 },
	{ TLML_A_CLASS_MARGIN_HARD, SPEC_U32, 0u, 255u, 0 },
	{ TLML_A_CLASS_MARK, SPEC_U32, 0u, 4294967295u, 0 },
	{ TLML_A_CLASS_DSCP, SPEC_U32, 0u, 63u, 0 },
	{ TLML_A_CLASS_RATE, SPEC_U32, 1u, 16777215u, 0 },
	{ TLML_A_CLASS_BURST, SPEC_U32, 1u, 16777215u, 0 },
};

static const struct spec_attribute spec_bind[] = {
	{ TLML_A_BIND_IFINDEX, SPEC_U32, 1u, 4294967295u, 0 },
	{ TLML_A_BIND_CTL, SPEC_U32, 0u, 4294967295u, 0 },
	{ TLML_A_BIND_WEIGHTS, SPEC_U32, 0u, 4294967295u, 0 },
	{ TLML_A_BIND_STATS, SPEC_U32, 0u, 4294967295u, 0 },
	{ TLML_A_BIND_ALLOW, SPEC_U32, 0u, 4294967295u, 0 },
	{ TLML_A_BIND_REPLACE, SPEC_FLAG, 0u, 0u, 0 },
};

static const struct spec_attribute spec_unbind[] = {
	{ TLML_A_BIND_IFINDEX, SPEC_U32, 1u, 4294967295u, 0 },
};

static const struct spec_attribute spec_policy_get[] = {
	{ TLML_A_POLICY_IFINDEX, SPEC_U32, 1u, 4294967295u, 0 },
};

static const struct spec_attribute spec_policy_set[] = {
	{ TLML_A_POLICY_IFINDEX, SPEC_U32, 1u, 4294967295u, 0 },
	{ TLML_A_POLICY_MODE, SPEC_U32, 0u, 2u, 0 },
	{ TLML_A_POLICY_CONFIRM, SPEC_U32, 1u, 86400u, 0 },
	{ TLML_A_POLICY_LEASE, SPEC_U32, 0u, 31622400u, 0 },
	{ TLML_A_POLICY_ANOMALY_LOW, SPEC_U32, 0u, 128u, 0 },
	{ TLML_A_POLICY_ANOMALY_HIGH, SPEC_U32, 0u, 128u, 0 },
	{ TLML_A_POLICY_AUDIT, SPEC_U32, 0u, 31u, 0 },
	{ TLML_A_POLICY_ASK_FROM, SPEC_U32, 1u, 32768u, 0 },
	{ TLML_A_POLICY_ASK_RATE, SPEC_U32, 0u, 16777215u, 0 },
	{ TLML_A_POLICY_ASK_BURST, SPEC_U32, 0u, 16777215u, 0 },
	{ TLML_A_POLICY_ASK_CLASS_RATE, SPEC_U32, 0u, 16777215u, 0 },
	{ TLML_A_POLICY_ASK_CLASS_BURST, SPEC_U32, 0u, 16777215u, 0 },
	{ TLML_A_POLICY_ASK_PREFIX_RATE, SPEC_U32, 0u, 16777215u, 0 },
	{ TLML_A_POLICY_ASK_PREFIX_BURST, SPEC_U32, 0u, 16777215u, 0 },
	{ TLML_A_POLICY_PAYLOAD, SPEC_U32, 0u, 64u, 0 },
	{ TLML_A_POLICY_REPORT_RATE, SPEC_U32, 0u, 16777215u, 0 },
	{ TLML_A_POLICY_REPORT_BURST, SPEC_U32, 0u, 16777215u, 0 },
	{ TLML_A_POLICY_TRACE, SPEC_U32, 0u, 1u, 0 },
	{ TLML_A_POLICY_CLASS, SPEC_NEST, 0u, 0u, SET_CLASS },
};

static const struct spec_attribute spec_policy_confirm[] = {
	{ TLML_A_POLICY_IFINDEX, SPEC_U32, 1u, 4294967295u, 0 },
};

static const struct spec_attribute spec_allow_get[] = {
	{ TLML_A_ALLOW_IFINDEX, SPEC_U32, 1u, 4294967295u, 0 },
};

static const struct spec_attribute spec_allow_add[] = {
	{ TLML_A_ALLOW_IFINDEX, SPEC_U32, 1u, 4294967295u, 0 },
	{ TLML_A_ALLOW_ADDR, SPEC_BINARY, 4u, 16u, 0 },
	{ TLML_A_ALLOW_LEN, SPEC_U32, 0u, 128u, 0 },
};

static const struct spec_attribute spec_allow_del[] = {
	{ TLML_A_ALLOW_IFINDEX, SPEC_U32, 1u, 4294967295u, 0 },
	{ TLML_A_ALLOW_ADDR, SPEC_BINARY, 4u, 16u, 0 },
	{ TLML_A_ALLOW_LEN, SPEC_U32, 0u, 128u, 0 },
};

static const struct spec_attribute spec_allow_flush[] = {
	{ TLML_A_ALLOW_IFINDEX, SPEC_U32, 1u, 4294967295u, 0 },
};

static const struct spec_attribute spec_stats_get[] = {
	{ TLML_A_STATS_IFINDEX, SPEC_U32, 1u, 4294967295u, 0 },
};

static const struct spec_attribute spec_model_get[] = {
	{ TLML_A_MODEL_IFINDEX, SPEC_U32, 1u, 4294967295u, 0 },
};

static const struct spec_attribute spec_tell[] = {
	{ TLML_A_EVENT_IFINDEX, SPEC_U32, 1u, 4294967295u, 0 },
	{ TLML_A_EVENT_CTL, SPEC_U32, 0u, 4294967295u, 0 },
	{ TLML_A_EVENT_EVENT, SPEC_U32, 0u, 3u, 0 },
	{ TLML_A_EVENT_GENERATION, SPEC_U32, 0u, 4294967295u, 0 },
	{ TLML_A_EVENT_TEXT, SPEC_STRING, 1u, 255u, 0 },
};

struct spec_table {
	unsigned char cmd;
	int dump;
	const struct spec_attribute *attributes;
	unsigned int n;
};

static const struct spec_table spec_sets[] = {
	[SET_CLASS] = { 0, 0, spec_set_class, 8 },
};

static const struct spec_table spec_ops[] = {
	{ TLML_CMD_BIND, 0, spec_bind, 6 },
	{ TLML_CMD_UNBIND, 0, spec_unbind, 1 },
	{ TLML_CMD_POLICY_GET, 0, spec_policy_get, 1 },
	{ TLML_CMD_POLICY_GET, 1, spec_policy_get, 1 },
	{ TLML_CMD_POLICY_SET, 0, spec_policy_set, 19 },
	{ TLML_CMD_POLICY_CONFIRM, 0, spec_policy_confirm, 1 },
	{ TLML_CMD_ALLOW_GET, 1, spec_allow_get, 1 },
	{ TLML_CMD_ALLOW_ADD, 0, spec_allow_add, 3 },
	{ TLML_CMD_ALLOW_DEL, 0, spec_allow_del, 3 },
	{ TLML_CMD_ALLOW_FLUSH, 0, spec_allow_flush, 1 },
	{ TLML_CMD_STATS_GET, 0, spec_stats_get, 1 },
	{ TLML_CMD_MODEL_GET, 0, spec_model_get, 1 },
	{ TLML_CMD_CAPS_GET, 0, NULL, 0 },
	{ TLML_CMD_TELL, 0, spec_tell, 5 },
};

#endif
