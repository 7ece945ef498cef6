// SPDX-License-Identifier: BSD-2-Clause
/* A pcap or pcapng file as Ethernet frames with times, one after another. */
#include "capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../uapi/tlml.h"

#define ETH	14
#define REMEDY	"name a capture that tcpdump -w or Wireshark wrote"

struct tlml_capture {
	char *path;
	pcap_t *pcap;
	int link;
	uint64_t frames, first_ns;
	uint8_t *frame;		/* with the made-up header, where one is needed */
	uint32_t room;
};

static int capture_check_file(const char *path, struct tlml_error *e)
{
	struct stat st;

	if (stat(path, &st))
		return tlml_error_set(e, errno, "%s: cannot open the capture: %s: check the path", path,
				      strerror(errno));
	if (S_ISDIR(st.st_mode))
		return tlml_error_set(e, EISDIR, "%s: is a directory, not a capture: " REMEDY, path);
	if (S_ISREG(st.st_mode) && !st.st_size)
		return tlml_error_set(e, EINVAL, "%s: is empty: " REMEDY, path);
	return 0;
}

int tlml_capture_open(const char *path, struct tlml_capture **out, struct tlml_error *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	struct tlml_capture *c;
	int err;

	*out = NULL;
	err = capture_check_file(path, e);
	if (err)
		return err;
	c = calloc(1, sizeof(*c));
	if (c)
		c->path = strdup(path);
	if (!c || !c->path) {
		tlml_capture_close(c);
		return tlml_error_set(e, ENOMEM, "%s: no memory to read it", path);
	}
	c->pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!c->pcap) {
		tlml_capture_close(c);
		return tlml_error_set(e, EINVAL, "%s: not a capture (%s): " REMEDY, path, why);
	}
	c->link = pcap_datalink(c->pcap);
	switch (c->link) {
	case DLT_EN10MB: case DLT_RAW: case DLT_IPV4: case DLT_IPV6: case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2: case DLT_NULL: case DLT_LOOP:
		*out = c;
		return 0;
	}
	err = tlml_error_set(e, EINVAL, "%s: frames are %s, not Ethernet: capture on an Ethernet interface",
			     path, pcap_datalink_val_to_name(c->link) ?: "of an unknown kind");
	tlml_capture_close(c);
	return err;
}

/* Bytes of the link header of a frame that is not Ethernet, and the type it tells. */
static uint32_t capture_link(int link, const uint8_t *d, uint32_t caplen, uint8_t *type)
{
	uint32_t skip = link == DLT_LINUX_SLL ? 16 : link == DLT_LINUX_SLL2 ? 20 :
			link == DLT_NULL || link == DLT_LOOP ? 4 : 0;
	uint32_t at = link == DLT_LINUX_SLL ? 14 : 0;

	if (caplen <= skip)
		return caplen;
	if (link == DLT_LINUX_SLL || link == DLT_LINUX_SLL2)
		memcpy(type, d + at, 2);
	else if (d[skip] >> 4 == 6)
		memcpy(type, "\x86\xdd", 2);
	else
		memcpy(type, "\x08\x00", 2);
	return skip;
}

static int capture_wrap(struct tlml_capture *c, struct tlml_frame *f, struct tlml_error *e)
{
	uint8_t type[2] = { 0, 0 };
	uint32_t skip = capture_link(c->link, f->data, f->caplen, type);
	uint32_t size = f->caplen - skip + ETH;

	if (size > c->room) {
		uint8_t *bigger = realloc(c->frame, size);

		if (!bigger)
			return tlml_error_set(e, ENOMEM, "%s: no memory for a frame of %u bytes",
					      c->path, size);
		c->frame = bigger;
		c->room = size;
	}
	memset(c->frame, 0, ETH - 2);
	memcpy(c->frame + ETH - 2, type, 2);
	memcpy(c->frame + ETH, f->data + skip, f->caplen - skip);
	f->data = c->frame;
	f->caplen = size;
	f->len = (f->len > skip ? f->len - skip : 0) + ETH;
	return 0;
}

int tlml_capture_next(struct tlml_capture *c, struct tlml_frame *f, struct tlml_error *e)
{
	struct pcap_pkthdr *h;
	const uint8_t *data;
	int64_t since;
	int err;

	switch (pcap_next_ex(c->pcap, &h, &data)) {
	case 1:
		break;
	case PCAP_ERROR_BREAK:
		return 0;
	default:
		return tlml_error_set(e, EBADMSG,
				      "%s: cut or damaged after frame %llu (%s): keep the whole frames with tcpdump -r %s -w NEW",
				      c->path, (unsigned long long)c->frames, pcap_geterr(c->pcap),
				      c->path);
	}
	f->data = data;
	f->caplen = h->caplen;
	f->len = h->len > h->caplen ? h->len : h->caplen;
	f->ns = (uint64_t)h->ts.tv_sec * 1000000000ull + (uint64_t)h->ts.tv_usec;
	if (!c->frames++)
		c->first_ns = f->ns;
	since = (int64_t)(f->ns - c->first_ns) >> TLML_TICK_SHIFT;
	if (since < -(int64_t)TLML_CAPTURE_TICK)
		since = -(int64_t)TLML_CAPTURE_TICK;
	f->tick = TLML_CAPTURE_TICK + (uint64_t)since;
	if (c->link != DLT_EN10MB) {
		err = capture_wrap(c, f, e);
		if (err)
			return err;
	}
	return 1;
}

void tlml_capture_close(struct tlml_capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		pcap_close(c->pcap);
	free(c->frame);
	free(c->path);
	free(c);
}
