/* SPDX-License-Identifier: BSD-2-Clause */
/* What large.c does, and large_status.c tells; nobody else includes this. */
#ifndef TLML_LARGE_IMPL_H
#define TLML_LARGE_IMPL_H

#include "batch.h"
#include "endpoint.h"

struct tlml_large {
	struct tlml_loop *loop;
	struct tlml_large_options o;
	char model[TLML_OIP_NAME];	/* o.model */
	tlml_large_answer *answer;
	void *arg;
	struct tlml_batch batch;
	struct tlml_op due, expiry;	/* timers: of the next batch, of the oldest question */
	uint64_t armed;			/* what due is set to */
	unsigned int held;		/* questions without an answer */
	uint64_t asked, answered, expired, refused, failed, batches;
	double batch_mean;
	void (*done)(void *arg);
	unsigned int closing : 1, last : 1;
	unsigned int open;		/* endpoints that are not gone yet, while closing */
	unsigned int endpoints;
	struct tlml_endpoint endpoint[];
};

#endif
