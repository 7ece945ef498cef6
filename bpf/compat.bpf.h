/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's and libbpf's headers, and what they lack on Debian 12. */
#ifndef TLML_COMPAT_BPF_H
#define TLML_COMPAT_BPF_H

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

/* Plain loads and stores that happen once, where CPUs share a field without a lock. */
#define READ_ONCE(v)		(*(const volatile typeof(v) *)&(v))
#define WRITE_ONCE(v, x)	(*(volatile typeof(v) *)&(v) = (x))

#endif
