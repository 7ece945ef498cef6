/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames of every kind that the parser knows, with what it must make of them, written by hand. */
#ifndef TLML_TEST_FIXTURES_H
#define TLML_TEST_FIXTURES_H

#include "../../uapi/tlml_packet.h"
#include "packets.h"

struct fixture {
	const char *name;
	struct layer layers[LAYERS_MAX];
	int parse;			/* the rest holds for TLML_PARSE_OK */
	uint8_t family, proto;
	uint16_t sport, dport, len;
	uint8_t flags, tcp_flags;
	uint16_t vlan;
	uint16_t segs;			/* 0: one */
};

/* Hosts 1 and 2 talk; inside a tunnel hosts 11 and 12 do. */
#define V4(proto, sport, dport, len, ...) \
	TLML_PARSE_OK, 4, proto, sport, dport, len, ##__VA_ARGS__
#define V6(proto, sport, dport, len, ...) \
	TLML_PARSE_OK, 6, proto, sport, dport, len, ##__VA_ARGS__
#define FRAG	TLML_PKT_FRAGMENT
#define INNER	TLML_PKT_TUNNEL
#define VX	IP4(1, 2), UDP(50000, 4789)
#define GTP	IP4(1, 2), UDP(50000, 2152)
#define SYN	TLML_TCP_SYN
#define ACK	TLML_TCP_ACK

static const struct fixture fixtures[] = {
	/* IPv4 */
	{ "v4 tcp", { IP4(1, 2), TCP(40000, 443, SYN) }, V4(6, 40000, 443, 40, 0, SYN) },
	{ "v4 tcp, all flags", { IP4(1, 2), TCP(1, 2, 0xff), DATA(9) }, V4(6, 1, 2, 49, 0, 0xff) },
	{ "v4 udp", { IP4(1, 2), UDP(40000, 53), DATA(4) }, V4(17, 40000, 53, 32) },
	{ "v4 udp, no options but DF", { IP4_FRAGMENT(1, 2, 0x4000), UDP(9, 9) }, V4(17, 9, 9, 28) },
	{ "v4 sctp", { IP4(1, 2), SCTP(5000, 36412) }, V4(132, 5000, 36412, 32) },
	{ "v4 udp-lite", { IP4(1, 2), UDPLITE(5000, 5001) }, V4(136, 5000, 5001, 28) },
	{ "v4 icmp echo", { IP4(1, 2), ICMP(8), DATA(8) }, V4(1, 0, 0, 36) },
	{ "v4 esp", { IP4(1, 2), PROTO(50), DATA(24) }, V4(50, 0, 0, 44) },
	{ "v4 one word of options", { IP4_OPTIONS(1, 2, 1), UDP(7, 8) }, V4(17, 7, 8, 32) },
	{ "v4 ten words of options", { IP4_OPTIONS(1, 2, 10), TCP(7, 8, ACK) },
	  V4(6, 7, 8, 80, 0, ACK) },
	{ "v4 first fragment", { IP4_FRAGMENT(1, 2, 0x2000), UDP(40000, 53), DATA(40) },
	  V4(17, 0, 0, 68, FRAG) },
	{ "v4 middle fragment", { IP4_FRAGMENT(1, 2, 0x2005), PROTO(17), DATA(40) },
	  V4(17, 0, 0, 60, FRAG) },
	{ "v4 last fragment", { IP4_FRAGMENT(1, 2, 0x000a), PROTO(6), DATA(3) },
	  V4(6, 0, 0, 23, FRAG) },
	{ "v4 with padding", { IP4(1, 2), UDP(5, 6), DATA(18), POKE(17, 28) }, V4(17, 5, 6, 28) },
	{ "v4 length 0: the frame's", { IP4(1, 2), TCP(5, 6, ACK), DATA(100), POKE(16, 0), POKE(17, 0) },
	  V4(6, 5, 6, 140, 0, ACK) },
	{ "v4 jumbo", { IP4(1, 2), TCP(5, 6, ACK), DATA(8960) }, V4(6, 5, 6, 9000, 0, ACK, 0, 6) },
	{ "v4 claims more than there is", { IP4(1, 2), UDP(5, 6), POKE(16, 0x0f), POKE(17, 0xa0) },
	  V4(17, 5, 6, 4000, .segs = 3) },

	/* IPv6 and its extension headers */
	{ "v6 tcp", { IP6(1, 2), TCP(40000, 443, SYN) }, V6(6, 40000, 443, 60, 0, SYN) },
	{ "v6 udp", { IP6(1, 2), UDP(40000, 443), DATA(2) }, V6(17, 40000, 443, 50) },
	{ "v6 sctp", { IP6(1, 2), SCTP(5000, 36412) }, V6(132, 5000, 36412, 52) },
	{ "v6 udp-lite", { IP6(1, 2), UDPLITE(5000, 5001) }, V6(136, 5000, 5001, 48) },
	{ "v6 icmp echo", { IP6(1, 2), ICMP6(128) }, V6(58, 0, 0, 48) },
	{ "v6 no next header", { IP6(1, 2), PROTO(59) }, V6(59, 0, 0, 40) },
	{ "v6 hop-by-hop", { IP6(1, 2), EXT(0, 0), UDP(7, 8) }, V6(17, 7, 8, 56) },
	{ "v6 routing", { IP6(1, 2), EXT(43, 2), UDP(7, 8) }, V6(17, 7, 8, 72) },
	{ "v6 destination options", { IP6(1, 2), EXT(60, 5), UDP(7, 8) }, V6(17, 7, 8, 96) },
	{ "v6 authentication", { IP6(1, 2), AH(4), UDP(7, 8) }, V6(17, 7, 8, 72) },
	{ "v6 mobility", { IP6(1, 2), EXT(135, 0), UDP(7, 8) }, V6(17, 7, 8, 56) },
	{ "v6 every header of RFC 8200", { IP6(1, 2), EXT(0, 0), EXT(60, 0), EXT(43, 0), FRAG6(0, 0),
	    AH(1), EXT(60, 1), TCP(7, 8, SYN) }, V6(6, 7, 8, 120, 0, SYN) },
	{ "v6 longest extension", { IP6(1, 2), EXT(60, 255), UDP(7, 8) },
	  V6(17, 7, 8, 2096, .segs = 2) },
	{ "v6 first fragment", { IP6(1, 2), FRAG6(0, 1), UDP(7, 8), DATA(8) },
	  V6(17, 0, 0, 64, FRAG) },
	{ "v6 first fragment, headers after", { IP6(1, 2), FRAG6(0, 1), EXT(60, 0), UDP(7, 8) },
	  V6(17, 0, 0, 64, FRAG) },
	{ "v6 middle fragment", { IP6(1, 2), FRAG6(9, 1), PROTO(6), DATA(16) },
	  V6(6, 0, 0, 64, FRAG) },
	{ "v6 last fragment", { IP6(1, 2), EXT(0, 0), FRAG6(9, 0), PROTO(60), DATA(1) },
	  V6(60, 0, 0, 57, FRAG) },
	{ "v6 atomic fragment", { IP6(1, 2), FRAG6(0, 0), UDP(7, 8) }, V6(17, 7, 8, 56) },
	{ "v6 length 0: the frame's", { IP6(1, 2), UDP(7, 8), DATA(10), POKE(18, 0), POKE(19, 0) },
	  V6(17, 7, 8, 58) },
	{ "v6 longest length", { IP6(1, 2), UDP(7, 8), POKE(18, 0xff), POKE(19, 0xff) },
	  V6(17, 7, 8, 65535, .segs = 43) },

	/* Tags */
	{ "vlan", { TAG(0x8100, 7), IP4(1, 2), TCP(1, 2, ACK) }, V4(6, 1, 2, 40, 0, ACK, 7) },
	{ "vlan 0", { TAG(0x8100, 0), IP6(1, 2), UDP(1, 2) }, V6(17, 1, 2, 48) },
	{ "vlan 4095", { TAG(0x8100, 4095), IP6(1, 2), UDP(1, 2) }, V6(17, 1, 2, 48, 0, 0, 4095) },
	{ "qinq", { TAG(0x88a8, 100), TAG(0x8100, 7), IP4(1, 2), UDP(1, 2) },
	  V4(17, 1, 2, 28, 0, 0, 100) },
	{ "qinq of old", { TAG(0x8100, 100), TAG(0x8100, 7), IP6(1, 2), UDP(1, 2) },
	  V6(17, 1, 2, 48, 0, 0, 100) },
	{ "three tags", { TAG(0x88a8, 1), TAG(0x8100, 2), TAG(0x8100, 3), IP4(1, 2), UDP(1, 2) },
	  TLML_PARSE_NOT_IP },

	/* Tunnels: one inner header */
	{ "ipip", { IP4(1, 2), IP4(11, 12), UDP(7, 8) }, V4(17, 7, 8, 28, INNER) },
	{ "6in4", { IP4(1, 2), IP6(11, 12), TCP(7, 8, SYN) }, V6(6, 7, 8, 60, INNER, SYN) },
	{ "4in6", { IP6(1, 2), IP4(11, 12), UDP(7, 8) }, V4(17, 7, 8, 28, INNER) },
	{ "6in6", { IP6(1, 2), EXT(60, 0), IP6(11, 12), EXT(0, 0), UDP(7, 8) },
	  V6(17, 7, 8, 56, INNER) },
	{ "ipip in a vlan", { TAG(0x8100, 9), IP4(1, 2), IP4(11, 12), UDP(7, 8) },
	  V4(17, 7, 8, 28, INNER, 0, 9) },
	{ "ipip of a fragment", { IP4(1, 2), IP4_FRAGMENT(11, 12, 0x2000), UDP(7, 8) },
	  V4(17, 0, 0, 28, INNER | FRAG) },
	{ "fragment of an ipip", { IP4_FRAGMENT(1, 2, 0x2000), IP4(11, 12), UDP(7, 8) },
	  V4(4, 0, 0, 48, FRAG) },
	{ "ipip in ipip", { IP4(1, 2), IP4(11, 12), IP4(21, 22), UDP(7, 8) },
	  V4(4, 0, 0, 48, INNER) },
	{ "gre", { IP4(1, 2), GRE(0, 0), IP4(11, 12), UDP(7, 8) }, V4(17, 7, 8, 28, INNER) },
	{ "gre, checksum", { IP4(1, 2), GRE(0x80, 0), IP4(11, 12), UDP(7, 8) },
	  V4(17, 7, 8, 28, INNER) },
	{ "gre, key", { IP4(1, 2), GRE(0x20, 0), IP6(11, 12), UDP(7, 8) }, V6(17, 7, 8, 48, INNER) },
	{ "gre, sequence", { IP6(1, 2), GRE(0x10, 0), IP4(11, 12), UDP(7, 8) },
	  V4(17, 7, 8, 28, INNER) },
	{ "gre, all fields", { IP4(1, 2), GRE(0xb0, 0), IP6(11, 12), TCP(7, 8, ACK) },
	  V6(6, 7, 8, 60, INNER, ACK) },
	{ "gre, routing: not read", { IP4(1, 2), GRE(0x40, 0), IP4(11, 12), UDP(7, 8) },
	  V4(47, 0, 0, 52) },
	{ "gre, pptp: not read", { IP4(1, 2), GRE(0x20, 1), IP4(11, 12), UDP(7, 8) },
	  V4(47, 0, 0, 56) },
	{ "gre, keepalive", { IP4(1, 2), GRE(0, 0) }, V4(47, 0, 0, 24) },
	{ "gre of no IP", { IP4(1, 2), GRE(0, 0), TYPE(0x6558), DATA(60) }, TLML_PARSE_NOT_IP },
	{ "vxlan", { VX, VXLAN(8), ETH, IP4(11, 12), TCP(7, 8, SYN) }, V4(6, 7, 8, 40, INNER, SYN) },
	{ "vxlan over v6", { IP6(1, 2), UDP(1, 4789), VXLAN(8), ETH, IP6(11, 12), UDP(7, 8) },
	  V6(17, 7, 8, 48, INNER) },
	{ "vxlan of arp", { VX, VXLAN(8), ETH, TYPE(0x0806), DATA(28) }, TLML_PARSE_NOT_IP },
	{ "vxlan of a vlan", { VX, VXLAN(8), ETH, TAG(0x8100, 3), IP4(11, 12), UDP(7, 8) },
	  TLML_PARSE_NOT_IP },
	{ "vxlan port, other flags", { VX, VXLAN(0), ETH, IP4(11, 12), UDP(7, 8) },
	  V4(17, 50000, 4789, 78) },
	{ "gtp-u", { GTP, GTPU(0x30, 255, 0), IP4(11, 12), UDP(7, 8) }, V4(17, 7, 8, 28, INNER) },
	{ "gtp-u, sequence", { GTP, GTPU(0x32, 255, 0), IP6(11, 12), UDP(7, 8) },
	  V6(17, 7, 8, 48, INNER) },
	{ "gtp-u, extension", { GTP, GTPU(0x34, 255, 1), IP4(11, 12), TCP(7, 8, ACK) },
	  V4(6, 7, 8, 40, INNER, ACK) },
	{ "gtp-u, longer extension: not read", { GTP, GTPU(0x34, 255, 2), IP4(11, 12), UDP(7, 8) },
	  V4(17, 50000, 2152, 76) },
	{ "gtp-u echo", { GTP, GTPU(0x32, 1, 0) }, V4(17, 50000, 2152, 40) },
	{ "gtp-u of no IP", { GTP, GTPU(0x30, 255, 0), DATA(40) }, V4(17, 50000, 2152, 76) },

	/* What keeps a network alive */
	{ "arp", { TYPE(0x0806), DATA(28) }, TLML_PARSE_NOT_IP },
	{ "lldp", { TYPE(0x88cc), DATA(50) }, TLML_PARSE_NOT_IP },
	{ "spanning tree", { TYPE(0x0026), DATA(38) }, TLML_PARSE_NOT_IP },
	{ "pppoe", { TYPE(0x8864), DATA(60) }, TLML_PARSE_NOT_IP },
	{ "arp in a vlan", { TAG(0x8100, 5), TYPE(0x0806), DATA(28) }, TLML_PARSE_NOT_IP },
	{ "nd router solicitation", { IP6(1, 2), ICMP6(133) }, TLML_PARSE_CONTROL },
	{ "nd router advertisement", { IP6(1, 2), ICMP6(134) }, TLML_PARSE_CONTROL },
	{ "nd neighbour solicitation", { IP6(1, 2), ICMP6(135), DATA(24) }, TLML_PARSE_CONTROL },
	{ "nd neighbour advertisement", { IP6(1, 2), ICMP6(136), DATA(24) }, TLML_PARSE_CONTROL },
	{ "nd redirect", { IP6(1, 2), ICMP6(137) }, TLML_PARSE_CONTROL },
	{ "mld query", { IP6(1, 2), EXT(0, 0), ICMP6(130) }, TLML_PARSE_CONTROL },
	{ "mld version 2 report", { IP6(1, 2), EXT(0, 0), ICMP6(143) }, TLML_PARSE_CONTROL },
	{ "dhcp discover", { IP4(1, 2), UDP(68, 67), DATA(240) }, TLML_PARSE_CONTROL },
	{ "dhcp offer", { IP4(1, 2), UDP(67, 68), DATA(240) }, TLML_PARSE_CONTROL },
	{ "dhcp relay", { IP4(1, 2), UDP(67, 67), DATA(240) }, TLML_PARSE_CONTROL },
	{ "dhcp renewal from a high port", { IP4(1, 2), UDP(40000, 67) }, TLML_PARSE_CONTROL },
	{ "dhcpv6 solicit", { IP6(1, 2), UDP(546, 547), DATA(40) }, TLML_PARSE_CONTROL },
	{ "dhcpv6 advertise", { IP6(1, 2), UDP(547, 546), DATA(40) }, TLML_PARSE_CONTROL },
	{ "igmp", { IP4_OPTIONS(1, 2, 1), PROTO(2), DATA(8) }, TLML_PARSE_CONTROL },
	{ "ospf", { IP4(1, 2), PROTO(89), DATA(44) }, TLML_PARSE_CONTROL },
	{ "ospf, first fragment", { IP4_FRAGMENT(1, 2, 0x2000), PROTO(89), DATA(48) },
	  TLML_PARSE_CONTROL },
	{ "ospf, last fragment", { IP4_FRAGMENT(1, 2, 0x0006), PROTO(89), DATA(8) },
	  TLML_PARSE_CONTROL },
	{ "ospf version 3", { IP6(1, 2), PROTO(89), DATA(36) }, TLML_PARSE_CONTROL },
	{ "ospf version 3, fragment", { IP6(1, 2), FRAG6(6, 0), PROTO(89), DATA(36) },
	  TLML_PARSE_CONTROL },
	{ "ospf in gre", { IP4(1, 2), GRE(0, 0), IP4(11, 12), PROTO(89), DATA(44) },
	  TLML_PARSE_CONTROL },
	{ "eigrp", { IP4(1, 2), PROTO(88), DATA(20) }, TLML_PARSE_CONTROL },
	{ "pim", { IP4(1, 2), PROTO(103), DATA(20) }, TLML_PARSE_CONTROL },
	{ "vrrp", { IP4(1, 2), PROTO(112), DATA(20) }, TLML_PARSE_CONTROL },
	{ "vrrp over v6", { IP6(1, 2), PROTO(112), DATA(24) }, TLML_PARSE_CONTROL },
	{ "bgp open", { IP4(1, 2), TCP(40000, 179, SYN) }, TLML_PARSE_CONTROL },
	{ "bgp answer", { IP6(1, 2), TCP(179, 40000, SYN | ACK) }, TLML_PARSE_CONTROL },
	{ "rip", { IP4(1, 2), UDP(520, 520), DATA(24) }, TLML_PARSE_CONTROL },
	{ "ripng", { IP6(1, 2), UDP(521, 521), DATA(24) }, TLML_PARSE_CONTROL },
	{ "bfd", { IP4(1, 2), UDP(49152, 3784), DATA(24) }, TLML_PARSE_CONTROL },
	{ "bfd echo", { IP4(1, 2), UDP(3785, 3785), DATA(24) }, TLML_PARSE_CONTROL },
	{ "bfd, several hops", { IP6(1, 2), UDP(49152, 4784), DATA(24) }, TLML_PARSE_CONTROL },

	/* Contradictions */
	{ "v4 of version 5", { IP4(1, 2), UDP(7, 8), POKE(14, 0x55) }, TLML_PARSE_BAD },
	{ "v4 header of 16 bytes", { IP4(1, 2), UDP(7, 8), POKE(14, 0x44) }, TLML_PARSE_BAD },
	{ "v4 shorter than its header", { IP4(1, 2), UDP(7, 8), POKE(17, 19) }, TLML_PARSE_BAD },
	{ "v6 of version 4", { IP6(1, 2), UDP(7, 8), POKE(14, 0x40) }, TLML_PARSE_BAD },
	{ "v6 of extensions without end", { IP6(1, 2), EXT(60, 0), EXT(60, 0), EXT(60, 0), EXT(60, 0),
	    EXT(60, 0), EXT(60, 0), EXT(60, 0), EXT(60, 0), UDP(7, 8) }, TLML_PARSE_BAD },
	{ "tcp header of 16 bytes", { IP4(1, 2), TCP(7, 8, SYN), POKE(46, 0x40) }, TLML_PARSE_BAD },
	{ "bad header in a tunnel", { IP4(1, 2), IP4(11, 12), UDP(7, 8), POKE(34, 0x65) },
	  TLML_PARSE_BAD },
	{ "v4 options over the end", { IP4(1, 2), UDP(7, 8), POKE(14, 0x4f), POKE(17, 80) },
	  TLML_PARSE_SHORT },
	{ "v6 extension over the end", { IP6(1, 2), EXT(60, 0), UDP(7, 8), POKE(55, 200) },
	  TLML_PARSE_SHORT },
};

#define FIXTURES	(sizeof(fixtures) / sizeof(fixtures[0]))

#endif
