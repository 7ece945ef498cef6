// SPDX-License-Identifier: BSD-2-Clause
/* A snapshot of the answers, sorted by class. */
#include "lessons.h"

#include <errno.h>
#include <stdlib.h>

int tlml_lessons_take(struct tlml_lessons *l, const struct tlml_reservoir *r, struct tlml_error *e)
{
	uint32_t of_class[TLML_CLASSES_MAX] = { 0 }, i;
	unsigned int c;

	if (l->room < r->room) {
		tlml_lessons_free(l);
		l->item = calloc(r->room, sizeof(*l->item));
		if (!l->item)
			return tlml_error_set(e, ENOMEM, "no memory for %u answers: keep fewer",
					      r->room);
		l->room = r->room;
	}
	l->n = r->n;
	for (i = 0; i < r->n; i++)
		of_class[tlml_answered_class(&r->item[i], r->n_classes)]++;
	l->urn = (struct tlml_urn){ 0 };
	for (c = 0; c < r->n_classes; c++) {
		tlml_urn_add(&l->urn, of_class[c]);
		of_class[c] = l->urn.start[c];
	}
	for (i = 0; i < r->n; i++)
		l->item[of_class[tlml_answered_class(&r->item[i], r->n_classes)]++] = r->item[i];
	return 0;
}

void tlml_lessons_free(struct tlml_lessons *l)
{
	free(l->item);
	*l = (struct tlml_lessons){ 0 };
}
