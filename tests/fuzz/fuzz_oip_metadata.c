// SPDX-License-Identifier: BSD-2-Clause
/* Metadata of a server and of a model; what fits is asked, and the request has to be JSON. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/oip.h"

static void ask(const struct tlml_oip_plan *p)
{
	static const struct tlml_case c, *const cases[] = { &c, &c };
	size_t room = 0, json_len;
	char *buf = NULL;
	json_t *root;
	long len;

	assert(p->inputs >= 1 && p->inputs <= TLML_INPUTS);
	assert(p->classes >= 2 && p->classes <= TLML_CLASSES_MAX);
	assert(memchr(p->output, 0, sizeof(p->output)));
	for (unsigned int i = 0; i < p->classes; i++)
		assert(p->klass[i][0] && memchr(p->klass[i], 0, TLML_NAME_MAX));
	len = tlml_oip_request(p, cases, 2, 1, &buf, &room, &json_len);
	assert(len > 0 && (size_t)len <= room && json_len <= (size_t)len);
	root = json_loadb(buf, json_len, JSON_REJECT_DUPLICATES, NULL);
	assert(root);
	json_decref(root);
	free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char names[][TLML_NAME_MAX] = { "web", "dns", "scan", "bulk" };
	struct tlml_oip_metadata m;
	struct tlml_oip_plan p;
	struct tlml_error e;
	int binary;

	tlml_oip_server_parse((const char *)data, size, &binary, &e);
	if (tlml_oip_metadata_parse((const char *)data, size, &m, &e))
		return 0;
	if (!tlml_oip_fit(&m, NULL, 0, 1, &p, &e))
		ask(&p);
	if (!tlml_oip_fit(&m, names, 4, 0, &p, &e))
		ask(&p);
	return 0;
}
