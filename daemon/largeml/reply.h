/* SPDX-License-Identifier: BSD-2-Clause */
/* What is answered: the JSON of each kind of reply, a new reference each, NULL without memory. */
#ifndef TLML_LARGEML_REPLY_H
#define TLML_LARGEML_REPLY_H

#include <jansson.h>

#include "models.h"
#include "inference.h"

json_t *tlml_reply_error(const char *text);	/* what is not printable ASCII is replaced */
json_t *tlml_reply_server(void);
json_t *tlml_reply_model(const struct tlml_served *m);
json_t *tlml_reply_stats(const struct tlml_served *m);
json_t *tlml_reply_index(const struct tlml_models *m);

/* p[r->flows][classes] go into the JSON unless r->binary: then they are to follow it. */
json_t *tlml_reply_infer(const struct tlml_served *m, const struct tlml_inference *r,
			 const float *p);

#endif
