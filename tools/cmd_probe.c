// SPDX-License-Identifier: BSD-2-Clause
/* probe: what tlml needs or could use of this machine; asked anew each time, nothing is changed. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cmd.h"
#include "lib/netdev.h"

#define ATTACH_TCX_INGRESS	46	/* enum bpf_attach_type of Linux 6.6 */

enum answer { NO, YES, UNKNOWN };

static const char *const answers[] = { "no", "yes", "unknown" };

static void row(struct tlml_out *o, const char *what, enum answer a, const char *detail)
{
	tlml_out_object(o, NULL);
	tlml_out_str(o, "feature", "  %-16s", what);
	tlml_out_style(o, a == NO ? TLML_OUT_ALARM : TLML_OUT_PLAIN);
	tlml_out_str(o, "state", "  %-7s", answers[a]);
	tlml_out_style(o, TLML_OUT_PLAIN);
	tlml_out_str(o, "detail", "  %s\n", detail);
	tlml_out_end(o);
}

void tlml_cmd_probe_row(struct tlml_out *o, const char *what, int has, const char *detail)
{
	row(o, what, has ? YES : NO, detail);
}

/* What a libbpf probe says: 1 or 0, or that it could not find out. */
static enum answer probed(int v)
{
	return v < 0 ? UNKNOWN : v ? YES : NO;
}

static unsigned long long capabilities(void)
{
	unsigned long long caps = 0;
	FILE *f = fopen("/proc/self/status", "re");
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %llx", &caps) == 1)
			break;
	if (f)
		fclose(f);
	return caps;
}

static enum answer has_cap(unsigned long long caps, unsigned int bit)
{
	return caps >> bit & 1 ? YES : NO;
}

static enum answer has_mmap(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "tlml_probe", 4, 64, 1, &opts);

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? YES : errno == EPERM || errno == ENOMEM ? UNKNOWN : NO;
}

/* The loopback interface, which every network namespace has as number 1, knows tcx or does not. */
static enum answer has_tcx(void)
{
	__u32 flags, ids[16], n = 16;

	if (!bpf_prog_query(1, ATTACH_TCX_INGRESS, 0, &flags, ids, &n))
		return YES;
	return errno == EPERM || errno == ENODEV ? UNKNOWN : NO;
}

static void probe_kernel(struct tlml_out *o)
{
	static const struct { const char *name, *detail; unsigned int bit; } caps[] = {
		{ "CAP_BPF", "to load programs and open pins", 39 },
		{ "CAP_NET_ADMIN", "to attach to interfaces", 12 },
		{ "CAP_PERFMON", "to load programs that read packets", 38 },
		{ "CAP_SYS_ADMIN", "to mount a bpffs where there is none", 21 },
	};
	unsigned long long have = capabilities();
	char path[TLML_PATH_MAX];
	struct utsname u;
	unsigned int i, major = 0, minor = 0;

	uname(&u);
	sscanf(u.release, "%u.%u", &major, &minor);
	row(o, "kernel", major > 6 || (major == 6 && minor >= 1) ? YES : NO, u.release);
	row(o, "btf", access("/sys/kernel/btf/vmlinux", R_OK) ? NO : YES, "the kernel's types: CONFIG_DEBUG_INFO_BTF");
	i = tlml_maps_bpffs(path, sizeof(path));
	row(o, "bpffs", i ? NO : YES, i ? "'mount -t bpf bpf /sys/fs/bpf' mounts it, as tlml-load does" : path);
	row(o, "mmapable_arrays", has_mmap(), "maps that user space reads as memory");
	row(o, "lpm_trie", probed(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_LPM_TRIE, NULL)), "the allow-list");
	row(o, "ring_buffer", probed(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL)), "records of decisions");
	row(o, "bpf_timer", probed(libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_timer_init, NULL)),
	    "the clock of the data path");
	row(o, "tcx", has_tcx(), "egress; without it a clsact qdisc does");
	for (i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		row(o, caps[i].name, has_cap(have, caps[i].bit), caps[i].detail);
}

static void probe_iface(struct tlml_out *o, const struct if_nameindex *dev)
{
	long long xdp = tlml_cmd_xdp_features(dev->if_index);
	char dir[TLML_PATH_MAX];
	struct tlml_netdev d;
	struct tlml_error e;
	int fits = !tlml_netdev_get(dev->if_name, &d, &e);

	tlml_out_object(o, NULL);
	tlml_out_str(o, "interface", "  %-16s", dev->if_name);
	tlml_out_str(o, "native_xdp", "  %-10s", xdp < 0 ? "unknown" : answers[xdp & TLML_CMD_XDP_BASIC]);
	tlml_out_str(o, "frags", "  %-7s", xdp < 0 ? "unknown" : answers[!!(xdp & TLML_CMD_XDP_RX_SG)]);
	tlml_out_bool(o, "ethernet", "  %-8s", fits);
	tlml_maps_dir(dev->if_name, dir, sizeof(dir));
	tlml_out_bool(o, "tlml", "  %-4s", !access(dir, F_OK));
	tlml_out_str(o, "driver", "  %s\n", fits ? d.driver : "");
	tlml_out_end(o);
}

int tlml_cmd_probe(struct tlml_cmd *c)
{
	struct if_nameindex *all, *dev;
	int err = tlml_cmd_words(c, 0, 0);

	if (err)
		return err;
	libbpf_set_print(NULL);
	all = if_nameindex();
	if (!all)
		return tlml_error_set(&c->e, errno, "cannot list the interfaces: %s", strerror(errno));
	tlml_out_object(&c->out, NULL);
	tlml_out_array(&c->out, "features");
	tlml_out_text(&c->out, "  feature           state    \n");
	probe_kernel(&c->out);
	tlml_cmd_probe_module(&c->out);
	tlml_out_end(&c->out);
	tlml_out_array(&c->out, "interfaces");
	tlml_out_text(&c->out, "\n  interface         native XDP  frags    Ethernet  tlml  driver\n");
	for (dev = all; dev->if_index; dev++)
		probe_iface(&c->out, dev);
	tlml_out_end(&c->out);
	tlml_out_end(&c->out);
	if_freenameindex(all);
	return 0;
}
