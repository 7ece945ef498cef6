// SPDX-License-Identifier: BSD-2-Clause
/* A policy file: what is refused changes nothing, what is taken leaves every value in range. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../daemon/policy.h"

static void check(const struct tlml_ctl *ctl)
{
	assert(ctl->mode <= TLML_MODE_ENFORCE && ctl->audit <= 31 && ctl->trace <= 1);
	assert(ctl->anomaly_low <= ctl->anomaly_high && ctl->anomaly_high <= 128);
	for (unsigned int c = 0; c < TLML_CLASSES_MAX; c++) {
		assert(ctl->policy[c].action <= TLML_ACTION_DROP && ctl->policy[c].dscp <= 64);
		assert(c < 3 || !ctl->policy[c].action);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tlml_weights weights[TLML_SLOTS];
	struct tlml_ctl ctl = { .mode = TLML_MODE_MONITOR, .lease_until = TLML_FOREVER }, was = ctl;
	struct tlml_maps maps = { .ctl = &ctl, .weights = weights, .allow_fd = -1 };
	struct tlml_error e;
	char path[32];
	int fd;

	weights[0].classes = 3;
	for (unsigned int c = 0; c < 3; c++)
		snprintf(weights[0].info[c].name, TLML_NAME_MAX, "c%u", c);
	fd = memfd_create("policy", 0);
	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (tlml_policy_file(&maps, path, &e))
		assert(!memcmp(&ctl, &was, sizeof(ctl)));
	else
		check(&ctl);
	close(fd);
	return 0;
}
