/* SPDX-License-Identifier: BSD-2-Clause */
/* An interface, and those of its properties that decide whether XDP goes onto it. */
#ifndef TLML_NETDEV_H
#define TLML_NETDEV_H

#include <net/if.h>
#include <stdbool.h>

#include "../../daemon/error.h"

struct tlml_netdev {
	char name[IF_NAMESIZE];
	int ifindex;
	unsigned int mtu;
	unsigned int rx_queues, tx_queues;	/* 0: unknown */
	bool lro;
	char driver[32];			/* "" if unknown */
};

/* -ENODEV, -EINVAL (bad name, no Ethernet frames) with a sentence. */
int tlml_netdev_get(const char *name, struct tlml_netdev *dev, struct tlml_error *e);

#endif
