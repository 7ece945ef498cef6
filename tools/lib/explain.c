// SPDX-License-Identifier: BSD-2-Clause
/* From an errno of attaching and what is known of the interface to a sentence with a remedy. */
#include "explain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A page less headroom and tail, from where on drivers without multi-buffer XDP give up. */
#define MTU_ONE_PAGE	3498

static bool says(const char *kernel, const char *word)
{
	return strcasestr(kernel, word);
}

/* The cause that only the kernel's words or the interface's properties tell; NULL: none. */
static const char *cause(const struct tlml_netdev *dev, int err, const char *kernel, char *text,
			 size_t size)
{
	const char *name = dev->name;

	if (err == ENOTCONN || says(kernel, "peer is detached")) {
		snprintf(text, size, "%s has no peer (or it is being deleted): attach when both ends of the pair exist",
			 name);
	} else if (err == ERANGE || says(kernel, "mtu")) {
		snprintf(text, size, "the MTU of %s, %u, is more than its driver can do under XDP: 'ip link set %s mtu 1500' (of a veth, at its peer)",
			 name, dev->mtu, name);
	} else if (says(kernel, "queue") || says(kernel, "ring") || err == ENOSPC) {
		snprintf(text, size, "%s has too few queues for XDP (%u receive, %u transmit): XDP needs a transmit queue for each CPU (on a veth a receive queue for each transmit queue of its peer); change them with 'ethtool -L %s' or in the hypervisor",
			 name, dev->rx_queues, dev->tx_queues, name);
	} else if (dev->lro || says(kernel, "lro") || says(kernel, "gro_hw")) {
		snprintf(text, size, "%s merges packets in hardware (LRO), which XDP cannot see into: 'ethtool -K %s lro off'",
			 name, name);
	} else if (err == EINVAL && dev->mtu > MTU_ONE_PAGE) {
		snprintf(text, size, "the driver of %s cannot run XDP at an MTU of %u: try 'ip link set %s mtu 1500'",
			 name, dev->mtu, name);
	} else {
		return NULL;
	}
	return text;
}

int tlml_explain_xdp(const struct tlml_netdev *dev, int err, bool native, const char *kernel,
		     struct tlml_error *e)
{
	const char *open = *kernel ? " (the kernel says: " : "", *close = *kernel ? ")" : "";
	const char *mode = native ? "native" : "generic", *name = dev->name;
	char text[sizeof(e->text) / 2 + 64];

	if (err == EPERM || err == EACCES)
		return tlml_error_set(e, err,
				      "may not attach to %s: run as root, or with CAP_NET_ADMIN and CAP_BPF",
				      name);
	if (err == EBUSY || err == EEXIST)
		return tlml_error_set(e, err,
				      "another XDP program came to %s meanwhile, and tlml replaces none%s%s%s: 'ip link show %s' names it; detach it, or use --share",
				      name, open, kernel, close, name);
	if (err == ENODEV)
		return tlml_error_set(e, err, "%s is gone: it was deleted meanwhile", name);
	/* What has no native XDP at all says so by this errno, whatever else may be the matter. */
	if (err == EOPNOTSUPP && native && !says(kernel, "mtu") && !says(kernel, "lro"))
		return tlml_error_set(e, err,
				      "%s (driver %s) does not take XDP in native mode%s%s%s",
				      name, *dev->driver ? dev->driver : "unknown", open, kernel, close);
	if (cause(dev, err, kernel, text, sizeof(text)))
		return tlml_error_set(e, err, "%s%s%s%s", text, open, kernel, close);
	return tlml_error_set(e, err,
			      "%s (driver %s, MTU %u) refuses XDP in %s mode: %s%s%s%s; the kernel log ('dmesg') may tell more",
			      name, *dev->driver ? dev->driver : "unknown", dev->mtu, mode,
			      strerror(err), open, kernel, close);
}

int tlml_explain_tc(const struct tlml_netdev *dev, int err, const char *hook, const char *kernel,
		    struct tlml_error *e)
{
	const char *open = *kernel ? " (the kernel says: " : "", *close = *kernel ? ")" : "";

	if (err == EPERM || err == EACCES)
		return tlml_error_set(e, err,
				      "may not attach to TC %s of %s: run as root, or with CAP_NET_ADMIN and CAP_BPF",
				      hook, dev->name);
	if (err == ENODEV)
		return tlml_error_set(e, err, "%s is gone: it was deleted meanwhile", dev->name);
	return tlml_error_set(e, err,
			      "TC %s of %s refuses the program: %s%s%s%s; it needs tcx (Linux 6.6), or the modules sch_ingress and cls_bpf ('modprobe cls_bpf')",
			      hook, dev->name, strerror(err), open, kernel, close);
}
