/* SPDX-License-Identifier: BSD-2-Clause */
/* Flows of the lab's recordings, as they are laid before the large model, and its answers. */
#ifndef TLML_BENCH_LAB_FLOWS_H
#define TLML_BENCH_LAB_FLOWS_H

#include <stddef.h>
#include <stdint.h>

#include "../../../daemon/model.h"

/* Kinds that the tiny model was not trained on; 0: all others. */
enum lab_kind { LAB_KNOWN, LAB_TFTP, LAB_VIDEOCALL, LAB_COAPTCP, LAB_SSHTRY, LAB_KINDS };

struct lab_flow {
	uint8_t x[TLML_FEATURES_MAX];	/* at packet 8 */
	uint8_t kind, label;		/* enum lab_kind; class of the model */
	uint8_t test;			/* of a recording to report on */
	uint8_t klass, margin;		/* the tiny model's verdict then */
	float p[TLML_CLASSES_MAX];	/* the large model's answer, by classes of the tiny one */
};

struct lab_flows {
	struct lab_flow *flow;
	size_t n;
};

extern const char *const lab_kinds[LAB_KINDS];

/* Index of a class that the model has; exits if it does not. */
unsigned int lab_class(const struct tlml_model *m, const char *name);

/* 0; 1 if there is no file of cases. Exits if something is not what it should be. */
int lab_flows_read(struct lab_flows *f, const char *cases, const char *booster,
		   const struct tlml_model *m);

void lab_flows_free(struct lab_flows *f);

#endif
