/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One interface as tlmld looks after it: its maps, the reader of its records, its lease. Its pins
 * are opened while tlmld may, or their descriptors are handed over; nothing later needs privileges.
 */
#ifndef TLML_PATH_H
#define TLML_PATH_H

#include <sys/queue.h>

#include "generations.h"
#include "request.h"
#include "ring.h"

struct tlml_learner;

/* What tlmld counts of an interface: X(id, meaning). */
#define TLML_PATH_COUNTS(X)								\
	X(records,	"records taken from the ring")					\
	X(malformed,	"records that cannot be what they say")				\
	X(repeated,	"questions about a flow that one is open about already")	\
	X(crowded,	"hard flows not taken on: as many are open as there is room for") \
	X(asked,	"hard flows asked about")					\
	X(asked_again,	"of them asked about once more, with more packets")		\
	X(answered,	"hard flows that the large model said something about")		\
	X(unanswered,	"hard flows that it said nothing about in time")		\
	X(unsure,	"first answers that were not sure enough, and waited for packets") \
	X(applied,	"answers laid into the line of their flow")			\
	X(kept,		"answers worth less than the tiny model's verdict, which stands") \
	X(late,		"answers whose flow was over or had lost its line")		\
	X(unknown_class, "answers of a class that the tiny model does not have")	\
	X(mended,	"answers laid anew: a decision had written over them")		\
	X(agree,	"answers about the audit sample that say what the tiny model said") \
	X(disagree,	"answers about the audit sample that say something else")

enum tlml_path_count {
#define TLML_PATH_COUNT_ID(id, meaning) TLML_PATH_##id,
	TLML_PATH_COUNTS(TLML_PATH_COUNT_ID)
#undef TLML_PATH_COUNT_ID
	TLML_PATH_COUNTS_N,
};

struct tlml_path {
	TAILQ_ENTRY(tlml_path) all;
	char ifname[IF_NAMESIZE], dir[TLML_PATH_MAX];
	struct tlml_maps maps;
	__u32 flow_mask;		/* of ctl when the size of the table was looked at */
	__u32 id;			/* of the map of ctl: other maps, another attachment */
	struct tlml_ring *ring;		/* NULL: somebody else reads the records */
	uint64_t count[TLML_PATH_COUNTS_N];
	struct tlml_generations *generations;	/* paths.c's, or NULL: they cannot be kept */
	struct tlml_learner *learner;		/* paths.c's, or NULL: it cannot learn */
	int unkept;			/* paths.c has said that, too */
	uint32_t announced;		/* announce.c's: the next entry of the log to be told */
	unsigned int alarmed;		/* and alarms that were told */

	struct tlml_loop *loop;		/* the rest is path.c's own */
	int dir_fd;			/* of the pins, locked by who reads the ring; -1: none */
	int trace;
	unsigned int refused;		/* the lock, so many times in a row */
	void (*take)(void *arg, struct tlml_path *p, const void *data, size_t size);
	void (*closed)(void *arg);
	void *arg, *closed_arg;
};

typedef void tlml_path_take(void *arg, struct tlml_path *p, const void *data, size_t size);

#define tlml_path_count(p, id)	((p)->count[TLML_PATH_##id]++)

/* By the pins of an interface. take(arg, ...) is called for each record, in place. -errno. */
int tlml_path_open(struct tlml_loop *l, const char *ifname, tlml_path_take *take, void *arg,
		   struct tlml_path **p, struct tlml_error *e);

/*
 * By the descriptors that came with r, r->maps + 1 of them. They are taken over or closed, whatever
 * is returned. -EPROTO with a sentence if one is not what r says, -errno.
 */
int tlml_path_adopt(struct tlml_loop *l, const struct tlml_request *r, const int *fds,
		    tlml_path_take *take, void *arg, struct tlml_path **p, struct tlml_error *e);

/*
 * To be called every second: renews the lease, and reads the records once nobody else does. -ENODEV
 * with a sentence when the interface is gone, or tlml was taken off it.
 */
int tlml_path_tick(struct tlml_path *p, struct tlml_error *e);

/* Whether the data path is to tell of every decision. */
void tlml_path_trace(struct tlml_path *p, int on);

/* Lets the interface go, which then needs no lease, and frees it; done(arg) comes after that. */
void tlml_path_close(struct tlml_path *p, void (*done)(void *arg), void *arg);

#endif
