/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel module, as the programs see it, and the embedded object for each case: one that calls
 * it, one that does not, and one that has loops in its place. A kernel refuses the first without
 * the module. All have the same pinned maps and programs.
 */
#ifndef TLML_MODULE_H
#define TLML_MODULE_H

#include <stdbool.h>

#include "../../daemon/error.h"

#define TLML_MODULE_BTF	"/sys/kernel/btf/tlml"
#define TLML_MODULE_FUNC "bpf_tlml_infer"

struct tlml_bpf;		/* skeleton, build/tlml.skel.h */

/* What computes nets that are too big for BPF. */
enum tlml_wide_by {
	TLML_WIDE_BY_NONE,
	TLML_WIDE_BY_MODULE,
	TLML_WIDE_BY_LOOPS,	/* too slow for live packets */
};

enum tlml_module { TLML_MODULE_NEVER, TLML_MODULE_AUTO, TLML_MODULE_REQUIRE };

/* 0 if programs can call the module; -ENOENT and others with a sentence that says what lacks. */
int tlml_module_check(struct tlml_error *e);

/*
 * Whether to load the programs that call the module: *calls, and if not so although it was wished
 * for, why. An error if it is required.
 */
int tlml_module_choose(enum tlml_module m, bool *calls, struct tlml_error *why,
		       struct tlml_error *e);

/* The object, opened and not loaded; tlml_bpf__destroy() it. -errno with a sentence. */
int tlml_module_open(enum tlml_wide_by by, struct tlml_bpf **skel, struct tlml_error *e);

#endif
