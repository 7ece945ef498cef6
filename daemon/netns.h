/* SPDX-License-Identifier: BSD-2-Clause */
/* Which network namespace this process is in. */
#ifndef TLML_NETNS_H
#define TLML_NETNS_H

/* 0 in the first one, else a number that no other has while the machine runs. */
unsigned long long tlml_netns_cookie(void);

#endif
