/* SPDX-License-Identifier: BSD-2-Clause */
/* What tlmld is told: by a file of KEY = VALUE lines, and before that by its command line. */
#ifndef TLML_CONF_H
#define TLML_CONF_H

#include "large.h"

#define TLML_CONF_FILE	"/etc/tlml/tlmld.conf"
#define TLML_CONF_TEXT	256

/* Keys of a whole number: X(key, least, most, default, meaning). */
#define TLML_CONF_NUMBERS(X)								\
	X(batch,	1, TLML_OIP_BATCH, 64,	"flows in a request at most")		\
	X(deadline_us,	0, 1000000, 2000,	"how long a question waits for company")	\
	X(window,	1, 16, 4,		"requests under way per endpoint")	\
	X(queue,	1, 65536, 8192,		"questions held at most")		\
	X(expire_ms,	1, 600000, 2000,	"a question older than this is dropped")	\
	X(timeout_ms,	1, 600000, 1000,	"a request without a reply has failed")	\
	X(answer_ttl_s,	1, 86400, 300,		"how long an answer holds")		\
	X(learn_answers, 32, 65536, 500,	"new answers after which it learns")	\
	X(learn_room,	64, 65536, 4096,	"answers kept to learn from")		\
	X(learn_quota,	1, 100, 25,		"percent of them of one source at most")	\
	X(learn_cpu,	1, 100, 25,		"percent of a CPU that learning may take")	\
	X(learn_stale_s, 1, 86400, 300,		"without an answer for so long, no learning")	\
	X(shadow_flows,	0, 65536, 100,		"answered flows on which a candidate runs beside")	\
	X(shadow_s,	1, 86400, 60,		"and for how long at most")		\
	X(canary,	0, 100, 10,		"percent of flows that it then decides about")	\
	X(canary_s,	1, 86400, 300,		"and for how long at most")		\
	X(drift_flows,	100, 1000000, 2000,	"verdicts that are compared with earlier ones")

enum tlml_conf_learn {
	TLML_LEARN_ON,
	TLML_LEARN_SHADOW,	/* learns and judges, but publishes nothing */
	TLML_LEARN_OFF,		/* keeps no answers */
};

struct tlml_conf {
	char url[TLML_ENDPOINTS_MAX][TLML_CONF_TEXT];	/* key large, one or more, in order */
	unsigned int urls;		/* 0: the socket in the run directory */
	char model[TLML_OIP_NAME];
	char klass[TLML_CLASSES_MAX][TLML_NAME_MAX];	/* key classes */
	unsigned int classes;		/* 0: the servers tell */
	float sure;			/* below it, more packets are awaited */
	enum tlml_conf_learn learn;
	float ask_share;		/* of flows to be asked about; 0: the margins stay */
	char anchor[TLML_CONF_TEXT];	/* a file; "": the one that tlmld carries */
	char user[32];			/* "" takes what there is */
	char metrics_listen[TLML_CONF_TEXT];	/* HOST:PORT, "": the socket alone */
#define TLML_CONF_NUMBER(key, least, most, normal, meaning) unsigned int key;
	TLML_CONF_NUMBERS(TLML_CONF_NUMBER)
#undef TLML_CONF_NUMBER
};

void tlml_conf_defaults(struct tlml_conf *c);

/*
 * Adds the lines of a file to the defaults. -EINVAL with a sentence that names file, line, key and
 * remedy; -errno of opening or reading it.
 */
int tlml_conf_read(const char *path, struct tlml_conf *c, struct tlml_error *e);

/* Sets one key. -EINVAL with a sentence that names neither it nor a file. */
int tlml_conf_set(struct tlml_conf *c, const char *key, const char *value, struct tlml_error *e);

/* Whether both ask the same endpoints in the same manner. */
int tlml_conf_same_large(const struct tlml_conf *a, const struct tlml_conf *b);

/* A number for which large model it is that these endpoints give. */
uint32_t tlml_conf_large_hash(const struct tlml_conf *c, const char *default_url);

/* What tlml_large_new() wants of it; points into c. default_url for none given. */
void tlml_conf_large(const struct tlml_conf *c, const char *default_url,
		     struct tlml_large_options *o);

#endif
