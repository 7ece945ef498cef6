/* SPDX-License-Identifier: BSD-2-Clause */
/* A pcap or pcapng file as Ethernet frames with times, one after another. */
#ifndef TLML_CAPTURE_H
#define TLML_CAPTURE_H

#include <stdint.h>

#include "../../daemon/error.h"

struct tlml_capture;

struct tlml_frame {
	const uint8_t *data;	/* Ethernet frame, valid until the next call */
	uint32_t caplen;	/* bytes of it that the file holds */
	uint32_t len;		/* bytes it had on the wire */
	uint64_t ns;		/* since 1970 */
	uint64_t tick;		/* of 2^16 ns; the first frame has TLML_CAPTURE_TICK */
};

#define TLML_CAPTURE_TICK	(1ull << 20)	/* room for frames that are out of order */

/*
 * Opens path into *c. Frames without Ethernet header (raw IP, Linux cooked, BSD loopback) get
 * one made up. -errno with a sentence if it is empty, no capture or of another link type.
 */
int tlml_capture_open(const char *path, struct tlml_capture **c, struct tlml_error *e);

/* 1 with *f filled, 0 at the end, -EBADMSG with a sentence where the file is cut or damaged. */
int tlml_capture_next(struct tlml_capture *c, struct tlml_frame *f, struct tlml_error *e);

void tlml_capture_close(struct tlml_capture *c);

#endif
