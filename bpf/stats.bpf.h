/* SPDX-License-Identifier: GPL-2.0 */
/* Counters of this CPU. */
#ifndef TLML_STATS_BPF_H
#define TLML_STATS_BPF_H

#include "maps.bpf.h"

#define tlml_count(stats, id)	((stats)->count[TLML_STAT_##id]++)

static __always_inline struct tlml_cpu *tlml_cpu_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&tlml_stats_v1, &zero);
}

#endif
