/* SPDX-License-Identifier: BSD-2-Clause */
/* The module's generic netlink family (uapi/tlml.yaml), asked and told over one socket. */
#ifndef TLML_NL_H
#define TLML_NL_H

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "../uapi/tlml_nl.h"
#include "error.h"

struct tlml_nl;

/* A socket, whether the module is there or not. -errno with a sentence. */
int tlml_nl_open(struct tlml_nl **nl, struct tlml_error *e);
void tlml_nl_close(struct tlml_nl *nl);

/* Finds the family anew. -ENOENT with a sentence if the module is not loaded. */
int tlml_nl_find(struct tlml_nl *nl, struct tlml_error *e);

/*
 * A request, flags of NLM_F_, with the attribute 1 that names an interface in all sets unless
 * ifindex is 0. NULL without memory.
 */
struct nl_msg *tlml_nl_request(const struct tlml_nl *nl, int cmd, int flags, unsigned int ifindex);

/* What becomes of a reply, or of one message of a dump: 0, or -errno to end with. */
typedef int tlml_nl_reply(struct genlmsghdr *reply, void *arg);

/* Its attributes, into tb[max + 1]: -EPROTO if they are none. */
int tlml_nl_attrs(struct genlmsghdr *reply, struct nlattr **tb, int max);

/*
 * Sends the request, which it frees (NULL: -ENOMEM), and waits for the end. -errno with the
 * kernel's own sentence if it has one; -EINTR if a dump is not of one piece, as things changed
 * meanwhile. fn may be NULL.
 */
int tlml_nl_ask(struct tlml_nl *nl, struct nl_msg *request, tlml_nl_reply *fn, void *arg,
		struct tlml_error *e);

/* Joins the family's groups, and hears when it goes. -EPERM with a sentence. */
int tlml_nl_listen(struct tlml_nl *nl, struct tlml_error *e);

/*
 * Waits for what is told, and calls fn for each: on a socket that listens and asks nothing.
 * -ENOBUFS with a sentence if some of it was lost, -ENOENT if the module was unloaded, -EINTR.
 */
int tlml_nl_hear(struct tlml_nl *nl, tlml_nl_reply *fn, void *arg, struct tlml_error *e);

/*
 * Has the module tell of an event (enum tlml_told). ctl: descriptor of the interface's control
 * map. -ENOENT if the module is not there or the interface not bound, -EAGAIN for one alert too
 * many.
 */
int tlml_nl_tell(struct tlml_nl *nl, unsigned int ifindex, int ctl, enum tlml_told event,
		 unsigned int generation, const char *text, struct tlml_error *e);

#endif
