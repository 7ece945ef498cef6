// SPDX-License-Identifier: BSD-2-Clause
/* The kernel module, as the programs see it, and the embedded object for either case. */
#include "module.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tlml.skel.h"
#include "tlml_kf.skel.h"
#include "tlml_loops.skel.h"

/* Its own word would not do: the kernel may have refused its BTF, and it would not know. */
int tlml_module_check(struct tlml_error *e)
{
	struct btf *base, *btf;
	int err = 0;

	if (access("/sys/module/tlml", F_OK))
		return tlml_error_set(e, ENOENT, "the module tlml is not loaded ('modprobe tlml')");
	if (access(TLML_MODULE_BTF, R_OK))
		return tlml_error_set(e, ENOENT,
				      "the module tlml is loaded, but the kernel knows no BTF of it: build it anew for this very kernel, with pahole installed");
	base = btf__load_vmlinux_btf();
	btf = base ? btf__load_module_btf("tlml", base) : NULL;
	if (!btf)
		err = tlml_error_set(e, errno, "cannot read " TLML_MODULE_BTF ": %s", strerror(errno));
	else if (btf__find_by_name_kind(btf, TLML_MODULE_FUNC, BTF_KIND_FUNC) < 0)
		err = tlml_error_set(e, ENOENT,
				     "the module tlml that is loaded has no " TLML_MODULE_FUNC ": it is of another version of tlml");
	btf__free(btf);
	btf__free(base);
	return err;
}

int tlml_module_choose(enum tlml_module m, bool *calls, struct tlml_error *why,
		       struct tlml_error *e)
{
	int err;

	*calls = false;
	if (m == TLML_MODULE_NEVER)
		return 0;
	err = tlml_module_check(why);
	*calls = !err;
	if (err && m == TLML_MODULE_REQUIRE)
		*e = *why;
	return m == TLML_MODULE_REQUIRE ? err : 0;
}

int tlml_module_open(enum tlml_wide_by by, struct tlml_bpf **skel, struct tlml_error *e)
{
	struct tlml_bpf *s = calloc(1, sizeof(*s));
	int err = s ? tlml_bpf__create_skeleton(s) : -ENOMEM;

	/* One source, so that it is the same skeleton about other instructions. */
	if (!err && by == TLML_WIDE_BY_MODULE)
		s->skeleton->data = (void *)tlml_kf_bpf__elf_bytes(&s->skeleton->data_sz);
	else if (!err && by == TLML_WIDE_BY_LOOPS)
		s->skeleton->data = (void *)tlml_loops_bpf__elf_bytes(&s->skeleton->data_sz);
	if (!err)
		err = bpf_object__open_skeleton(s->skeleton, NULL);
	if (!err) {
		*skel = s;
		return 0;
	}
	tlml_bpf__destroy(s);
	return tlml_error_set(e, -err, "cannot open the embedded BPF object: %s", strerror(-err));
}
