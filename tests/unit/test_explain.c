// SPDX-License-Identifier: BSD-2-Clause
/* Why XDP does not go onto an interface: what drivers answer, and what people are told to do. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../tools/lib/explain.h"

/* Errors and words of drivers in Linux 6.1 to 6.18; MTU, queues and LRO as they were then. */
static const struct {
	const char *what;
	struct tlml_netdev dev;
	int err;
	const char *kernel;
	const char *cause, *remedy;	/* both must be in the sentence */
} cases[] = {
	{ "no native XDP", { .name = "d0", .mtu = 1500 }, EOPNOTSUPP,
	  "Underlying driver does not support XDP in native mode",
	  "does not take XDP in native mode", "native" },
	{ "virtio_net, MTU", { .name = "e0", .mtu = 9000, .driver = "virtio_net" }, EINVAL,
	  "MTU too large to enable XDP", "the MTU of e0, 9000", "ip link set e0 mtu 1500" },
	{ "a driver without frags that says nothing", { .name = "e0", .mtu = 9000 }, EINVAL, "",
	  "an MTU of 9000", "ip link set e0 mtu 1500" },
	{ "veth, MTU of the peer", { .name = "v0", .mtu = 1500, .driver = "veth" }, ERANGE,
	  "Peer MTU is too large to set XDP", "the MTU of v0", "at its peer" },
	{ "virtio_net, guest offloads", { .name = "e0", .mtu = 1500, .lro = true }, EOPNOTSUPP,
	  "Can't set XDP while host is implementing GRO_HW/CSUM, disable GRO_HW/CSUM first",
	  "native mode", "disable GRO_HW/CSUM first" },
	{ "LRO that a driver says nothing about", { .name = "e0", .mtu = 1500, .lro = true },
	  EINVAL, "", "merges packets in hardware (LRO)", "ethtool -K e0 lro off" },
	{ "virtio_net, queues", { .name = "e0", .mtu = 1500, .tx_queues = 1 }, ENOMEM,
	  "Too few free TX rings available", "too few queues", "ethtool -L e0" },
	{ "veth, queues", { .name = "v0", .mtu = 1500, .rx_queues = 1 }, ENOSPC,
	  "XDP expects number of rx queues not less than peer tx queues",
	  "1 receive", "ethtool -L v0" },
	{ "veth without peer", { .name = "v0", .mtu = 1500 }, ENOTCONN,
	  "Cannot set XDP when peer is detached", "has no peer", "both ends" },
	{ "somebody was faster", { .name = "e0", .mtu = 1500 }, EBUSY, "",
	  "another XDP program came to e0", "--share" },
	{ "deleted meanwhile", { .name = "e0", .mtu = 1500 }, ENODEV, "", "e0 is gone", "deleted" },
	{ "no privileges", { .name = "e0", .mtu = 1500 }, EPERM, "", "may not attach",
	  "CAP_NET_ADMIN" },
	{ "what nobody foresaw", { .name = "e0", .mtu = 1500, .driver = "ice" }, EIO,
	  "Something else", "(driver ice, MTU 1500) refuses XDP in native mode: Input/output error (the kernel says: Something else)",
	  "dmesg" },
};

#define CASES	(sizeof(cases) / sizeof(cases[0]))

int main(void)
{
	unsigned int failed = 0;

	printf("KTAP version 1\n1..%zu\n", CASES);
	for (unsigned int i = 0; i < CASES; i++) {
		struct tlml_error e = {};
		int err = tlml_explain_xdp(&cases[i].dev, cases[i].err, true, cases[i].kernel, &e);
		int ok = err == -cases[i].err && strstr(e.text, cases[i].cause) &&
			 strstr(e.text, cases[i].remedy);

		if (!ok)
			printf("# %d: %s\n", err, e.text);
		printf("%sok %u %s\n", ok ? "" : "not ", i + 1, cases[i].what);
		failed += !ok;
	}
	return !!failed;
}
