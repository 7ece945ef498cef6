/* SPDX-License-Identifier: GPL-2.0 */
/* Which weights decide. */
#ifndef TLML_SLOT_BPF_H
#define TLML_SLOT_BPF_H

#include "maps.bpf.h"

/*
 * The weights that decide about flow f: the canary's for its share of flows (d->canary is 1), which
 * are in slot d->slot. Share and slots may change between the loads, but whatever comes of it was
 * filled long ago, and is not filled anew before this packet is long done (tlml_maps_publish()).
 * Without a branch, of which a verifier would follow both sides to the end.
 */
static __always_inline struct tlml_weights *tlml_slot_get(const struct tlml_ctl *ctl,
							  const struct tlml_flow *f,
							  struct tlml_decision *d)
{
	__u32 is = tlml_canary_has(f->fp, READ_ONCE(ctl->canary_share));
	__u32 slot = READ_ONCE(ctl->slot), other = READ_ONCE(ctl->canary_slot);

	slot ^= (slot ^ other) & -is;
	slot &= TLML_SLOTS - 1;
	d->canary = is;
	d->slot = slot;
	return bpf_map_lookup_elem(&tlml_weights_v1, &slot);
}

#endif
