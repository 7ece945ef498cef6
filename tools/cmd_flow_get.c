// SPDX-License-Identifier: BSD-2-Clause
/* flow get: one flow in full, found as the data path finds it: by the seeded hash of its key. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "cmd.h"

static const struct {
	const char *name;
	__u8 number;
} protocols[] = { { "icmp", 1 }, { "tcp", 6 }, { "udp", 17 }, { "icmp6", 58 }, { "sctp", 132 } };

int tlml_cmd_protocol(struct tlml_cmd *c, const char *word, unsigned int *proto)
{
	unsigned long v;
	unsigned int i;

	for (i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (!strcmp(word, protocols[i].name)) {
			*proto = protocols[i].number;
			return 0;
		}
	if (*word < '0' || *word > '9')
		return tlml_error_set(&c->e, EINVAL, "no protocol '%s': tcp, udp, icmp, icmp6, sctp or a number",
				      word);
	if (tlml_cmd_number(c, "PROTO", word, 0, 255, &v))
		return -EINVAL;
	*proto = v;
	return 0;
}

static int get_address(struct tlml_cmd *c, const char *word, __u32 *addr, __u8 *family)
{
	if (inet_pton(AF_INET, word, addr) == 1)
		*family = 4;
	else if (inet_pton(AF_INET6, word, addr) == 1)
		*family = 6;
	else
		return tlml_error_set(&c->e, EINVAL, "'%s' is no address, IPv4 or IPv6", word);
	return 0;
}

/* The key that the words name, as a packet from SRC to DST. */
static int get_packet(struct tlml_cmd *c, struct tlml_packet *p)
{
	unsigned long sport, dport, vlan = 0;
	const char *value = NULL;
	unsigned int proto;
	__u8 family;

	memset(p, 0, sizeof(*p));
	if (tlml_cmd_option(c, "vlan", &value) < 0 ||
	    (value && tlml_cmd_number(c, "VLAN", value, 1, 4095, &vlan)))
		return -EINVAL;
	if (tlml_cmd_option(c, "tunnel", NULL))
		p->flags = TLML_PKT_TUNNEL;
	if (tlml_cmd_words(c, 6, 6) || tlml_cmd_protocol(c, c->argv[1], &proto) ||
	    get_address(c, c->argv[2], p->saddr, &p->family) ||
	    tlml_cmd_number(c, "SPORT", c->argv[3], 0, 65535, &sport) ||
	    get_address(c, c->argv[4], p->daddr, &family) ||
	    tlml_cmd_number(c, "DPORT", c->argv[5], 0, 65535, &dport))
		return -EINVAL;
	if (family != p->family)
		return tlml_error_set(&c->e, EINVAL, "%s and %s are of different families", c->argv[2],
				      c->argv[4]);
	p->proto = proto;
	p->sport = sport;
	p->dport = dport;
	p->vlan = vlan;
	return 0;
}

/* The line of a prefix as the next decision would see it; an empty one if there is none. */
static struct tlml_source get_source(const struct tlml_maps *m, const __u32 *addr, __u8 family,
				     enum tlml_role role, __u32 now)
{
	struct tlml_slot slot = tlml_key_prefix(addr, family, role, &m->ctl->seed);
	const struct tlml_source_bucket *b = &m->sources[slot.bucket & m->ctl->source_mask];
	struct tlml_source s;
	unsigned int i;

	for (i = 0; i < TLML_WAYS; i++) {
		s = b->way[i];
		if (s.fp != slot.fp)
			continue;
		tlml_source_roll(&s, now);
		return s;
	}
	tlml_source_begin(&s, slot.fp, now);
	return s;
}

static void print_costs(struct tlml_cmd *c, const struct tlml_maps *m, const struct tlml_flow *f)
{
	char name[TLML_NAME_MAX];
	unsigned int k;

	if (f->state & TLML_FLOW_ANSWERED) {	/* the answer is where they were */
		tlml_out_none(&c->out, "costs");
		return;
	}
	tlml_out_object(&c->out, "costs");
	tlml_out_text(&c->out, "  cost over the best class:");
	for (k = 0; k < tlml_cmd_classes(m); k++) {
		tlml_cmd_class_name(m, k, f->generation, name);
		tlml_out_text(&c->out, " %s", name);
		tlml_out_num(&c->out, name, " %llu", f->cost[k]);
	}
	tlml_out_text(&c->out, "\n");
	tlml_out_end(&c->out);
}

static void print_features(struct tlml_cmd *c, const __u8 *x)
{
	static const char *const names[] = {
#define TLML_FEATURE_NAME(id, meaning) #id,
		TLML_FEATURES(TLML_FEATURE_NAME)
#undef TLML_FEATURE_NAME
	};
	unsigned int i;

	tlml_out_text(&c->out, "  features, as a decision now would see them:\n");
	tlml_out_object(&c->out, "features");
	for (i = 0; i < TLML_FEATURES_N; i++) {
		tlml_out_text(&c->out, "    %-12s", names[i]);
		tlml_out_num(&c->out, names[i], i % 4 == 3 ? "%4llu\n" : "%4llu", x[i]);
	}
	tlml_out_end(&c->out);
}

static void print_flow(struct tlml_cmd *c, const struct tlml_maps *m, const struct tlml_packet *p,
		       const struct tlml_flow *f, int by_src)
{
	__u32 now = tlml_maps_now(), service;
	const __u32 *from = by_src ? p->saddr : p->daddr, *to = by_src ? p->daddr : p->saddr;
	struct tlml_source src = get_source(m, from, p->family, TLML_ROLE_SOURCE, now);
	struct tlml_source dst = get_source(m, to, p->family, TLML_ROLE_DEST, now);
	__u8 x[TLML_FEATURES_MAX];

	service = tlml_service(by_src ? p->sport : p->dport, by_src ? p->dport : p->sport);
	tlml_feature_first(f, p->proto, service, &src, &dst, x);
	tlml_feature_rest(f, service, x);
	tlml_out_object(&c->out, NULL);
	tlml_out_str(&c->out, "interface", NULL, c->argv[0]);
	tlml_out_str(&c->out, "initiator", "begun by %s", by_src ? c->argv[2] : c->argv[4]);
	tlml_out_num(&c->out, "generation", f->state & TLML_FLOW_DECIDED ?
		     ", decided by generation %llu (mod 16)\n" : ", not decided yet\n", f->generation);
	tlml_out_text(&c->out, "flow      class            margin  anomaly     packets         bytes   age, s  idle, s\n");
	tlml_cmd_flow(&c->out, m, f, now);
	print_costs(c, m, f);
	print_features(c, x);
	tlml_out_end(&c->out);
}

int tlml_cmd_flow_get(struct tlml_cmd *c)
{
	struct tlml_packet p;
	struct tlml_slot slot;
	struct tlml_maps m;
	struct tlml_flow f;
	unsigned int i;
	int err = get_packet(c, &p), from_lo;

	if (!err)
		err = tlml_cmd_open(c, &m);
	if (err)
		return err;
	from_lo = tlml_key_from_lo(&p);
	slot = tlml_key_flow(&p, from_lo, &m.ctl->seed);
	for (i = 0; i < TLML_WAYS; i++) {
		f = m.flows[slot.bucket & m.ctl->flow_mask].way[i];
		if (f.fp == slot.fp)
			break;
	}
	if (i < TLML_WAYS)
		print_flow(c, &m, &p, &f, from_lo == !!(f.state & TLML_FLOW_INIT_LO));
	else
		err = tlml_error_set(&c->e, ENOENT,
				     "no such flow on %s: none came, or its line went to another; give addresses and ports as %s sees them, before or after NAT",
				     c->argv[0], c->argv[0]);
	tlml_maps_close(&m);
	return err;
}
