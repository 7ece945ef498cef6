/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs on an interface: XDP by a bpf_link of its own or in libxdp's dispatcher, TC on both
 * sides. What holds them is in a directory of pins (pin.h), which alone tells what is attached.
 */
#ifndef TLML_ATTACH_H
#define TLML_ATTACH_H

#include "netdev.h"
#include "object.h"

enum tlml_attach_mode { TLML_ATTACH_AUTO, TLML_ATTACH_NATIVE, TLML_ATTACH_GENERIC };

struct tlml_attach_options {
	enum tlml_attach_mode mode;
	bool share;		/* through libxdp's dispatcher */
	bool ingress_only;	/* no TC egress */
};

/* What there is to tell beside success; all 0 at first. */
struct tlml_attach_notes {
	struct tlml_error fallback;	/* why native mode was given up, or "" */
	struct tlml_error module;	/* why the module is not called, or "" */
	bool unmarked;			/* the action mark sets no marks on what comes in */
};

/*
 * -EBUSY with a sentence if an XDP program is on dev that we may not replace or, with share, not
 * join.
 */
int tlml_attach_allowed(const struct tlml_netdev *dev, bool share, struct tlml_error *e);

/*
 * Attaches the programs of obj, whose maps are pinned in dir, to dev. On error -errno with a
 * sentence; tlml_attach_undo() takes away what is there.
 */
int tlml_attach(const struct tlml_netdev *dev, const struct tlml_object *obj, const char *dir,
		const struct tlml_attach_options *o, struct tlml_attach_notes *notes,
		struct tlml_error *e);

/*
 * Exchanges the programs for those of this program's object, which call the module or do not; no
 * packet is lost, no map changes.
 */
int tlml_attach_replace(const struct tlml_netdev *dev, const char *dir, bool module,
			struct tlml_attach_notes *notes, struct tlml_error *e);

/* Detaches all that dir holds of the interface and removes dir. ifindex 0: it is gone. */
int tlml_attach_undo(int ifindex, const char *dir, struct tlml_error *e);

#endif
