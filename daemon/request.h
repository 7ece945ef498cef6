/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the control socket is asked, one JSON object a message. A pure function of untrusted bytes.
 *
 *   {"do": "status", "from": 0}	the first interface to tell of; absent: 0
 *   {"do": "add", "interface": "eth0", "dir": "/sys/fs/bpf/tlml/eth0", "maps": ["tlml_ctl_v1", ...]}
 *	with a descriptor for each name, in their order, and then one of the directory
 *   {"do": "remove", "interface": "eth0"}
 *   {"do": "watch", "trace": true, "payload": true, "interface": "eth0"}	all but "do" may be absent
 *   {"do": "models", "interface": "eth0"}
 *   {"do": "rollback", "interface": "eth0", "generation": 7}	0 or absent: the one before
 *   {"do": "pin", "interface": "eth0", "on": true}
 *   {"do": "push", "interface": "eth0", "unsigned": true}	with a descriptor of the file; the
 *	latter may be absent
 *   {"do": "learn", "interface": "eth0"}
 *   {"do": "label", "interface": "eth0", "src": "192.0.2.1", "sport": 1024, "dst": "192.0.2.2",
 *	"dport": 80, "proto": 6, "class": "web", "by": "operator", "time_us": 1790000000000000,
 *	"within_s": 300}	what a flow was that was asked about at most so long before or after
 *	that time; ports absent are 0, by is "operator" then, the time now, within_s 300
 *   {"do": "teach"}		says whether labels are on disk, and has them written; they
 *	count as taught from then on
 */
#ifndef TLML_REQUEST_H
#define TLML_REQUEST_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "learn/case_labels.h"
#include "maps.h"
#include "recent.h"

#define TLML_REQUEST_MAX	(64u << 10)	/* bytes of a message, either way */

enum tlml_request_verb {
	TLML_DO_STATUS, TLML_DO_ADD, TLML_DO_REMOVE, TLML_DO_WATCH,
	TLML_DO_MODELS, TLML_DO_ROLLBACK, TLML_DO_PIN, TLML_DO_PUSH,
	TLML_DO_LEARN, TLML_DO_LABEL, TLML_DO_TEACH,
	TLML_VERBS,
};

/* Whether it is about models (models.h). */
#define tlml_request_of_models(r) ((r)->verb >= TLML_DO_MODELS && (r)->verb <= TLML_DO_PUSH)

/* The maps that may be handed over; those before CLOCK have to be. */
enum tlml_request_map {
	TLML_HANDED_CTL, TLML_HANDED_FLOWS, TLML_HANDED_SOURCES, TLML_HANDED_WEIGHTS,
	TLML_HANDED_WIDE, TLML_HANDED_STATS, TLML_HANDED_ALLOW, TLML_HANDED_RING,
	TLML_HANDED_CLOCK, TLML_HANDED_BUDGET,
	TLML_HANDED,
};

#define TLML_REQUEST_FDS	(TLML_HANDED + 1)	/* descriptors in a message at most */

struct tlml_request {
	enum tlml_request_verb verb;
	char ifname[IF_NAMESIZE];	/* "" if WATCH does not name one */
	char dir[TLML_PATH_MAX];	/* ADD: where the pins are, for people */
	enum tlml_request_map map[TLML_HANDED];	/* ADD: what each descriptor is, no two the same */
	unsigned int maps;
	uint32_t from;			/* STATUS: interfaces before it are not told of */
	int trace;			/* WATCH: every decision, too */
	int payload;			/* WATCH: what the operator had told of packets, too */
	uint32_t generation;		/* ROLLBACK: 0 for the one before */
	int on;				/* PIN */
	int unsigned_too;		/* PUSH: a model without a signature will do */
	struct tlml_label_request {	/* LABEL */
		struct tlml_ends ends;
		char klass[TLML_NAME_MAX], by[TLML_LABEL_BY];
		uint64_t time;		/* us since 1970; 0: now */
		unsigned int within_s;
	} label;
};

#define TLML_LABEL_WITHIN	300	/* seconds, unless somebody says else ... */
#define TLML_LABEL_WITHIN_MAX	86400

/* -EINVAL with a sentence that names what is wrong. text need not be terminated. */
int tlml_request_parse(const char *text, size_t len, struct tlml_request *r, struct tlml_error *e);

#endif
