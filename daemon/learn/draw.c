// SPDX-License-Identifier: BSD-2-Clause
/* Which sample to learn from next. */
#include "draw.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>


#define LAST_SHARE	0.5f	/* of draws that take a flow's last point: that verdict stays */

/* The samples of a run that are drawn from: *first of them and how many. */
static unsigned int run_samples(const struct tlml_draw *d, const struct tlml_run *run,
				uint32_t *first)
{
	int has_first = !d->set->samples[run->first].point;

	*first = run->first + (d->of == TLML_DRAW_NET && has_first);
	return d->of == TLML_DRAW_FIRST ? has_first : run->samples - has_first;
}

int tlml_draw_init(struct tlml_draw *d, const struct tlml_view *view, enum tlml_draw_of of,
		   struct tlml_error *e)
{
	const struct tlml_set *set = view->set;
	uint32_t at = 0, first;
	unsigned int c;
	size_t i;

	*d = (struct tlml_draw){ .set = set, .of = of };
	d->runs = calloc(view->n + 1, sizeof(*d->runs));
	if (!d->runs)
		return tlml_error_set(e, ENOMEM, "no memory for %zu flows: train on fewer captures",
				      view->n);
	for (c = 0; c < set->n_classes; c++) {
		for (i = 0; i < view->n; i++) {
			const struct tlml_run *run = &set->runs[view->runs[i]];
			unsigned int n;

			if (run->label != c)
				continue;
			n = run_samples(d, run, &first);
			d->samples += n;
			if (n)
				d->runs[at++] = view->runs[i];
		}
		tlml_urn_add(&d->urn, at - d->urn.start[c]);
	}
	if (at)
		return 0;
	tlml_draw_free(d);
	return tlml_error_set(e, EINVAL, "no labelled flow has %s to learn from: check the label files",
			      of == TLML_DRAW_FIRST ? "a first packet" : "a second packet");
}

const struct tlml_sample *tlml_draw_next(const struct tlml_draw *d, uint64_t *seed)
{
	const struct tlml_run *run = &d->set->runs[d->runs[tlml_urn_next(&d->urn, seed)]];
	uint32_t first;
	unsigned int n = run_samples(d, run, &first);
	float at = tlml_rand_unit(seed);

	return &d->set->samples[first + (at < LAST_SHARE ? n - 1 : tlml_rand_below(seed, n))];
}

void tlml_draw_mean(const struct tlml_draw *d, uint64_t seed, float mean[TLML_FEATURES_MAX])
{
	unsigned int n = 4096, k, i;

	memset(mean, 0, TLML_FEATURES_MAX * sizeof(*mean));
	for (k = 0; k < n; k++) {
		const struct tlml_sample *s = tlml_draw_next(d, &seed);

		for (i = 0; i < TLML_FEATURES_MAX; i++)
			mean[i] += s->x[i];
	}
	for (i = 0; i < TLML_FEATURES_MAX; i++)
		mean[i] = rintf(mean[i] / n);
}

void tlml_draw_free(struct tlml_draw *d)
{
	free(d->runs);
	d->runs = NULL;
}
