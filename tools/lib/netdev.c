// SPDX-License-Identifier: BSD-2-Clause
/* An interface, and those of its properties that decide whether XDP goes onto it. */
#include "netdev.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int ask(int fd, const char *name, unsigned long request, struct ifreq *ifr)
{
	memset(ifr, 0, sizeof(*ifr));
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", name);
	return ioctl(fd, request, ifr);
}

static int ask_ethtool(int fd, const char *name, void *command)
{
	struct ifreq ifr = { .ifr_data = command };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	return ioctl(fd, SIOCETHTOOL, &ifr);
}

/* What the driver does not tell stays unknown: it only makes error messages better. */
static void ask_driver(int fd, struct tlml_netdev *dev)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };
	struct ethtool_channels ch = { .cmd = ETHTOOL_GCHANNELS };

	if (!ask_ethtool(fd, dev->name, &info))
		snprintf(dev->driver, sizeof(dev->driver), "%s", info.driver);
	if (!ask_ethtool(fd, dev->name, &flags))
		dev->lro = flags.data & ETH_FLAG_LRO;
	if (!ask_ethtool(fd, dev->name, &ch)) {
		dev->rx_queues = ch.rx_count + ch.combined_count;
		dev->tx_queues = ch.tx_count + ch.combined_count;
	}
}

int tlml_netdev_get(const char *name, struct tlml_netdev *dev, struct tlml_error *e)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;
	struct ifreq ifr;

	memset(dev, 0, sizeof(*dev));
	if (fd < 0)
		return tlml_error_set(e, errno, "no socket to ask about %s: %s", name, strerror(errno));
	if (!*name || strlen(name) >= IF_NAMESIZE) {
		err = tlml_error_set(e, EINVAL, "'%s' cannot be an interface: names have 1 to %d characters",
				     name, IF_NAMESIZE - 1);
		goto close;
	}
	snprintf(dev->name, sizeof(dev->name), "%s", name);
	if (ask(fd, name, SIOCGIFINDEX, &ifr)) {
		err = tlml_error_set(e, ENODEV,
				     "there is no interface %s in this network namespace; 'ip link' lists those there are",
				     name);
		goto close;
	}
	dev->ifindex = ifr.ifr_ifindex;
	if (!ask(fd, name, SIOCGIFMTU, &ifr))
		dev->mtu = ifr.ifr_mtu;
	if (!ask(fd, name, SIOCGIFHWADDR, &ifr) && ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER &&
	    ifr.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK) {
		err = tlml_error_set(e, EINVAL,
				     "%s does not carry Ethernet frames (link type %u), which are all that tlml reads; attach it to the Ethernet interface beneath",
				     name, ifr.ifr_hwaddr.sa_family);
		goto close;
	}
	ask_driver(fd, dev);
close:
	close(fd);
	return err;
}
