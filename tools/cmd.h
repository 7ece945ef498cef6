/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands of tlmlctl share. A command reads through struct tlml_maps, which is a view if
 * the transport is netlink, and changes things by tlml_cmd_apply() and tlml_models_do() only.
 */
#ifndef TLML_CMD_H
#define TLML_CMD_H

#include <net/if.h>

#include "../daemon/allow.h"
#include "../daemon/policy.h"
#include "lib/out.h"

struct tlml_nl;

enum tlml_cmd_transport {
	TLML_CMD_AUTO,		/* by the module if it has the interface's maps, else by them */
	TLML_CMD_MAPS,
	TLML_CMD_NETLINK,
};

struct tlml_cmd {
	const char *name, *usage;	/* of the command: "flow get", "IFACE PROTO ..." */
	int argc;			/* words after its name */
	char **argv;
	enum tlml_cmd_transport transport;
	struct tlml_nl *nl;		/* once the module was found */
	unsigned int ifindex;		/* of the interface that is viewed by it; 0: by its maps */
	struct tlml_out out;
	struct tlml_error e;
};

/* Commands: 0, or -errno with a sentence. */
int tlml_cmd_show(struct tlml_cmd *c);
int tlml_cmd_stats(struct tlml_cmd *c);
int tlml_cmd_flow_show(struct tlml_cmd *c);
int tlml_cmd_flow_get(struct tlml_cmd *c);
int tlml_cmd_flow_watch(struct tlml_cmd *c);
int tlml_cmd_class(struct tlml_cmd *c);
int tlml_cmd_model_show(struct tlml_cmd *c);
int tlml_cmd_model_log(struct tlml_cmd *c);
int tlml_cmd_model_rollback(struct tlml_cmd *c);
int tlml_cmd_model_pin(struct tlml_cmd *c);
int tlml_cmd_model_unpin(struct tlml_cmd *c);
int tlml_cmd_model_push(struct tlml_cmd *c);
int tlml_cmd_model_sign(struct tlml_cmd *c);
int tlml_cmd_set(struct tlml_cmd *c);
int tlml_cmd_bind(struct tlml_cmd *c);
int tlml_cmd_unbind(struct tlml_cmd *c);
int tlml_cmd_monitor(struct tlml_cmd *c);
int tlml_cmd_probe(struct tlml_cmd *c);
int tlml_cmd_dump(struct tlml_cmd *c);
int tlml_cmd_large(struct tlml_cmd *c);
int tlml_cmd_watch(struct tlml_cmd *c);
int tlml_cmd_learn(struct tlml_cmd *c);
int tlml_cmd_label(struct tlml_cmd *c);
int tlml_cmd_large_learn(struct tlml_cmd *c);
int tlml_cmd_large_rollback(struct tlml_cmd *c);

/* cmd_complete.c: one word a line that could come after c's words; top: names of commands. */
void tlml_cmd_complete(const struct tlml_cmd *c);

/* cmd_word.c: the nearest to word of n names, or NULL if none is like it. */
const char *tlml_cmd_nearest(const char *word, const char *const *names, unsigned int n);

/* cmd_word.c: -EINVAL unless there are lo to hi words; -EINVAL unless word is lo to hi. */
int tlml_cmd_words(struct tlml_cmd *c, int lo, int hi);
int tlml_cmd_number(struct tlml_cmd *c, const char *what, const char *word, unsigned long lo,
		    unsigned long hi, unsigned long *v);

/*
 * cmd_word.c: takes the option name out of the words. 1 if it was there, with the word after it
 * in *value (NULL: it has none); -EINVAL if that word is missing.
 */
int tlml_cmd_option(struct tlml_cmd *c, const char *name, const char **value);

/*
 * cmd_iface.c: opens the interface that the first word names: its maps, for what the module does
 * not tell (-EINVAL with --transport netlink), or a view of it by either transport.
 */
int tlml_cmd_open(struct tlml_cmd *c, struct tlml_maps *m);
int tlml_cmd_open_view(struct tlml_cmd *c, struct tlml_maps *m);

/* cmd_iface.c: calls fn inside {"interfaces": [...]} for the one named, or for all. */
int tlml_cmd_each(struct tlml_cmd *c,
		  int (*fn)(struct tlml_cmd *c, const char *ifname, struct tlml_maps *m));

/*
 * cmd_transport.c. A view has ctl and weights, as they were just now if it is by netlink; flows and
 * sources are NULL if there are no maps. What else there is to read, and to change, goes the way
 * that the view came. tlml_cmd_netlink() is for what has no other; tlml_cmd_leave() ends it.
 */
int tlml_cmd_transport(const char *word, enum tlml_cmd_transport *t);
int tlml_cmd_netlink(struct tlml_cmd *c);
void tlml_cmd_leave(struct tlml_cmd *c);
int tlml_cmd_view(struct tlml_cmd *c, const char *ifname, struct tlml_maps *m);
int tlml_cmd_counters(struct tlml_cmd *c, const struct tlml_maps *m, struct tlml_stats *s);
int tlml_cmd_allowed(struct tlml_cmd *c, const struct tlml_maps *m, struct tlml_allow_key **keys,
		     size_t *n);
int tlml_cmd_apply(struct tlml_cmd *c, struct tlml_maps *m, int argc, char **argv);

/* The interfaces that there are by the transport; as tlml_maps_list(). */
int tlml_cmd_list(struct tlml_cmd *c, char (**names)[IF_NAMESIZE]);

/*
 * cmd_model_change.c: what tlmld says to a request about the models of the interface that the
 * first word names, or who does it in its place, with the descriptor of a file unless it is -1.
 * request is taken over, *reply is a new reference.
 */
int tlml_cmd_model_ask(struct tlml_cmd *c, json_t *request, int file, json_t **reply);

/*
 * cmd_teach.c: has tlml-large learn what labels say, if so many are fresh; models: its directory,
 * NULL for the usual one. Into the object that is open.
 */
int tlml_cmd_teach(struct tlml_cmd *c, unsigned long least, const char *models);

/* cmd_flow_get.c: the number of a protocol, by name or as it is. */
int tlml_cmd_protocol(struct tlml_cmd *c, const char *word, unsigned int *proto);

/* cmd_class.c: name of the class of a flow, by the generation that decided; name[TLML_NAME_MAX]. */
void tlml_cmd_class_name(const struct tlml_maps *m, unsigned int klass, unsigned int generation,
			 char *name);

/* cmd_class.c: number of classes, 0 without a model; columns of a policy. */
unsigned int tlml_cmd_classes(const struct tlml_maps *m);
void tlml_cmd_policy(struct tlml_out *o, const struct tlml_policy *p);

/* cmd_flow.c: whether a line holds a flow that is not over; its columns, for people a line. */
int tlml_cmd_flow_lives(const struct tlml_flow *f, __u32 now);
void tlml_cmd_flow(struct tlml_out *o, const struct tlml_maps *m, const struct tlml_flow *f,
		   __u32 now);

/*
 * cmd_state.c: mode and what becomes of it, lease, clock, reports; when the large model is asked
 * and within which budgets. As columns, and a line each for people.
 */
void tlml_cmd_state(struct tlml_out *o, const struct tlml_maps *m, const char *ifname);
void tlml_cmd_ask(struct tlml_out *o, const struct tlml_ctl *ctl);

/* cmd_probe_xdp.c: what XDP a driver can do (NETDEV_XDP_ACT_ of linux/netdev.h), or -errno. */
long long tlml_cmd_xdp_features(unsigned int ifindex);

#define TLML_CMD_XDP_BASIC	1
#define TLML_CMD_XDP_RX_SG	32

/* cmd_probe.c: one row of it; cmd_probe_module.c: those of the kernel module. */
void tlml_cmd_probe_row(struct tlml_out *o, const char *what, int has, const char *detail);
void tlml_cmd_probe_module(struct tlml_out *o);

#endif
