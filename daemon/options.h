/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of tlmld, which goes before its file. */
#ifndef TLML_OPTIONS_H
#define TLML_OPTIONS_H

#include <stdbool.h>

#include "conf.h"

struct tlml_options {
	const char *file;		/* NULL: TLML_CONF_FILE, if it is there */
	const char *url[TLML_ENDPOINTS_MAX];
	unsigned int urls;
	const char *model, *user, *run, *state;	/* NULL: not given */
	enum tlml_loop_kind loop;
	bool exit_idle;
	char **names;			/* of interfaces */
	int count;
};

/* Exits with a sentence, and status 2, if it is not understood. */
void tlml_options_parse(int argc, char **argv, struct tlml_options *o);

/* Defaults, then the file, then the command line. -errno with a sentence. */
int tlml_options_conf(const struct tlml_options *o, struct tlml_conf *c, struct tlml_error *e);

#endif
