/* SPDX-License-Identifier: BSD-2-Clause */
/* What libbpf and libxdp want to say: nothing, unless asked. The kernel's own words are kept. */
#ifndef TLML_BPFLOG_H
#define TLML_BPFLOG_H

#include <stdbool.h>

void tlml_bpflog_init(bool verbose);

/* The kernel's (extack) message to the last netlink request since _clear(), or "". */
const char *tlml_bpflog_kernel(void);
void tlml_bpflog_clear(void);

#endif
