// SPDX-License-Identifier: BSD-2-Clause
/*
 * Models change while packets run: a slot that nobody reads is filled, then one index or another
 * points at it. One program at a time; packets need no lock.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "maps.h"
#include "pack.h"

static const struct tlml_weights *slot_at(const struct tlml_maps *m, const __u32 *index)
{
	return &m->weights[__atomic_load_n(index, __ATOMIC_ACQUIRE) & (TLML_SLOTS - 1)];
}

const struct tlml_weights *tlml_maps_current(const struct tlml_maps *m)
{
	return slot_at(m, &m->ctl->slot);
}

const struct tlml_weights *tlml_maps_deciding(const struct tlml_maps *m, unsigned int generation)
{
	const struct tlml_weights *canary = slot_at(m, &m->ctl->canary_slot);

	return m->ctl->canary_share && canary->generation == generation ? canary :
									   tlml_maps_current(m);
}

/* The slot to fill next: neither current, nor the canary's, nor the one to go back to. */
static unsigned int slot_spare(const struct tlml_ctl *ctl)
{
	unsigned int slot = ctl->slot;

	do
		slot = (slot + 1) & (TLML_SLOTS - 1);
	while (slot == ctl->previous_slot || (ctl->canary_share && slot == ctl->canary_slot));
	return slot;
}

/*
 * The spare slot may have been current, or the canary's, until just now. No packet takes 20 ms, so
 * after these nobody still reads it; they have passed already unless one change follows another.
 */
static void wait_for_readers(const struct tlml_ctl *ctl)
{
	__u32 since = (__u32)tlml_maps_now() - ctl->slots_tick;
	struct timespec t = { .tv_nsec = 20 * 1000 * 1000 };

	if (since >= t.tv_nsec >> TLML_TICK_SHIFT)
		return;
	t.tv_nsec -= (long)since << TLML_TICK_SHIFT;
	nanosleep(&t, NULL);
}

/* The last thing when slots change their parts: what was left is not filled for a while. */
static void slots_changed(struct tlml_ctl *ctl)
{
	__atomic_store_n(&ctl->slots_tick, (__u32)tlml_maps_now(), __ATOMIC_RELEASE);
}

/* Both parts of a slot. */
struct packed {
	struct tlml_weights weights;
	struct tlml_wide wide;
};

static struct packed *pack(const struct tlml_model *model)
{
	struct packed *p = aligned_alloc(_Alignof(struct packed), sizeof(*p));

	if (p)
		tlml_pack(model, &p->weights, &p->wide);
	return p;
}

static bool slot_holds(const struct tlml_maps *m, const struct tlml_weights *w,
		       const struct packed *p)
{
	return !memcmp(w, &p->weights, sizeof(p->weights)) &&
	       !memcmp(&m->wide[w - m->weights], &p->wide, sizeof(p->wide));
}

int tlml_maps_identify(const struct tlml_maps *m, const struct tlml_weights *w,
		       const struct tlml_model *file, struct tlml_model *found,
		       struct tlml_error *e)
{
	/* It is the one that fits, or that fitted when it was published. */
	int err = tlml_model_fit(file, w->wide, found, e);
	struct packed *p = err ? NULL : pack(found);
	bool same = p && slot_holds(m, w, p);

	free(p);
	if (same)
		return 0;
	if (!err)
		tlml_model_free(found);
	return tlml_error_set(e, ESTALE, "generation %u is live, which is not this model",
			      w->generation);
}

/* All but the generation, which is first and stays 0 meanwhile. */
static void fill(void *slot, const void *from, size_t size)
{
	__u32 *generation = slot;

	__atomic_store_n(generation, 0, __ATOMIC_RELEASE);
	memcpy(generation + 1, (const __u32 *)from + 1, size - sizeof(*generation));
	__atomic_store_n(generation, *(const __u32 *)from, __ATOMIC_RELEASE);
}

/* Packs a model into the spare slot, *slot, and reads it back. */
static int slot_fill(struct tlml_maps *m, const struct tlml_model *model, unsigned int *slot,
		     struct tlml_error *e)
{
	struct packed *p = pack(model);
	int err = 0;

	if (!p)
		return tlml_error_set(e, ENOMEM, "no memory to pack a model");
	*slot = slot_spare(m->ctl);
	wait_for_readers(m->ctl);
	fill(&m->wide[*slot], &p->wide, sizeof(p->wide));
	fill(&m->weights[*slot], &p->weights, sizeof(p->weights));
	if (!slot_holds(m, &m->weights[*slot], p))
		err = tlml_error_set(e, EBUSY,
				     "slot %u changed while it was filled: another program publishes to this interface, try again",
				     *slot);
	free(p);
	return err;
}

/* From here on decisions are those of a slot that was filled. */
static void slot_flip(struct tlml_maps *m, unsigned int slot)
{
	const struct tlml_weights *w = &m->weights[slot];

	m->ctl->anomaly_low = w->anomaly_low;
	m->ctl->anomaly_high = w->anomaly_high;
	m->ctl->previous_slot = m->ctl->slot;
	__atomic_store_n(&m->ctl->slot, slot, __ATOMIC_RELEASE);
	slots_changed(m->ctl);
}

/* Policies follow their class; a class that is new, or sits elsewhere, starts with pass. */
static void carry_policies(struct tlml_maps *m, const struct tlml_weights *old,
			   const struct tlml_model *model)
{
	for (unsigned int c = 0; c < TLML_CLASSES_MAX; c++) {
		const struct tlml_class_info *info = &model->classes[c];

		if (c < model->header.classes && c < old->classes &&
		    !strncmp(info->name, old->info[c].name, TLML_NAME_MAX))
			continue;
		m->ctl->policy[c] = (struct tlml_policy){
			.margin_act = info->margin_act,
			.margin_hard = info->margin_hard,
		};
	}
}

/* The model itself, or the one of its file that these programs can do, in *smaller; or NULL. */
static const struct tlml_model *fitting(const struct tlml_maps *m, const struct tlml_model *model,
					struct tlml_model *smaller, struct tlml_error *e)
{
	*smaller = (struct tlml_model){ 0 };
	if (!model->header.wide || m->ctl->module)
		return model;
	return tlml_model_fit(model, false, smaller, e) ? NULL : smaller;
}

int tlml_maps_publish(struct tlml_maps *m, const struct tlml_model *model, struct tlml_error *e)
{
	const struct tlml_model *fit;
	struct tlml_model smaller;
	unsigned int slot;
	int err = -EINVAL;

	fit = fitting(m, model, &smaller, e);
	if (fit)
		err = slot_fill(m, fit, &slot, e);
	if (!err) {
		tlml_maps_withdraw(m);
		carry_policies(m, tlml_maps_current(m), fit);
		slot_flip(m, slot);
	}
	tlml_model_free(&smaller);
	return err;
}

/* Flows of the canary and others are under the same policies. */
static int classes_agree(const struct tlml_weights *w, const struct tlml_model *model,
			 struct tlml_error *e)
{
	if (model->header.classes != w->classes)
		return tlml_error_set(e, EINVAL,
				      "a canary of %u classes beside a model of %u: publish it instead",
				      model->header.classes, w->classes);
	for (unsigned int c = 0; c < w->classes; c++)
		if (strncmp(model->classes[c].name, w->info[c].name, TLML_NAME_MAX))
			return tlml_error_set(e, EINVAL,
					      "class %u is %.*s to the canary, %.*s to the current model: publish it instead",
					      c, TLML_NAME_MAX, model->classes[c].name,
					      TLML_NAME_MAX, w->info[c].name);
	return 0;
}

int tlml_maps_canary(struct tlml_maps *m, const struct tlml_model *model, unsigned int share,
		     struct tlml_error *e)
{
	const struct tlml_model *fit;
	struct tlml_model smaller;
	unsigned int slot;
	int err;

	if (!share || share > TLML_CANARY_ALL)
		return tlml_error_set(e, EINVAL, "a canary decides about 1 to %u in %u flows, not %u",
				      TLML_CANARY_ALL, TLML_CANARY_ALL, share);
	err = classes_agree(tlml_maps_current(m), model, e);
	if (err)
		return err;
	fit = fitting(m, model, &smaller, e);
	err = fit ? slot_fill(m, fit, &slot, e) : -EINVAL;
	tlml_model_free(&smaller);
	if (err)
		return err;
	__atomic_store_n(&m->ctl->canary_slot, slot, __ATOMIC_RELEASE);
	__atomic_store_n(&m->ctl->canary_share, share, __ATOMIC_RELEASE);
	slots_changed(m->ctl);
	return 0;
}

int tlml_maps_promote(struct tlml_maps *m, struct tlml_error *e)
{
	if (!m->ctl->canary_share)
		return tlml_error_set(e, ENOENT, "there is no canary to promote");
	slot_flip(m, m->ctl->canary_slot & (TLML_SLOTS - 1));
	tlml_maps_withdraw(m);
	return 0;
}

void tlml_maps_withdraw(struct tlml_maps *m)
{
	if (!m->ctl->canary_share)
		return;
	__atomic_store_n(&m->ctl->canary_share, 0, __ATOMIC_RELEASE);
	slots_changed(m->ctl);
}
