// SPDX-License-Identifier: GPL-2.0
/* What a BPF program hands over is read once and checked here, before any body sees it. */
#include "dense.h"

#ifdef __KERNEL__
#include <linux/compiler.h>
#else
#define READ_ONCE(v)	(*(const volatile __typeof__(v) *)&(v))
#endif

#define SHIFT_MAX	15

static bool activations(const __u8 *x, __u32 n)
{
	__u32 any = 0, i;

	for (i = 0; i < n; i++)
		any |= x[i];
	return any <= TLML_ACT_MAX;
}

bool tlml_wide_read(struct tlml_wide_args *a, const struct tlml_wide *w, __u32 w_size,
		    const __u8 *x, __u32 x_size)
{
	if (!w || !x || w_size < sizeof(*w))
		return false;
	a->w = w;
	a->x = x;
	a->inputs = READ_ONCE(w->inputs);
	a->hidden1 = READ_ONCE(w->hidden1);
	a->hidden2 = READ_ONCE(w->hidden2);
	a->classes = READ_ONCE(w->classes);
	a->decode = READ_ONCE(w->decode);
	a->shift[0] = READ_ONCE(w->shift[0]);
	a->shift[1] = READ_ONCE(w->shift[1]);
	a->decode_shift = READ_ONCE(w->decode_shift);
	if (a->inputs != TLML_WIDE_INPUTS_MAX && a->inputs != TLML_WIDE_INPUTS_MAX / 2)
		return false;
	if (!a->hidden1 || a->hidden1 % 16 || a->hidden1 > TLML_WIDE_HIDDEN1_MAX)
		return false;
	if (!a->hidden2 || a->hidden2 % 8 || a->hidden2 > TLML_WIDE_HIDDEN2_MAX)
		return false;
	if (a->classes < 2 || a->classes > TLML_CLASSES_MAX)
		return false;
	if (a->decode && a->decode != a->inputs)
		return false;
	if (a->shift[0] > SHIFT_MAX || a->shift[1] > SHIFT_MAX || a->decode_shift > SHIFT_MAX)
		return false;
	return x_size == a->inputs && activations(x, x_size);
}

bool tlml_dense_read(struct tlml_dense_args *a, const __s8 *w, __u32 w_size, const __u8 *x,
		     __u32 x_size, const struct tlml_dense_call *d)
{
	if (!w || !x || !d)
		return false;
	a->w = w;
	a->x = x;
	a->inputs = x_size;
	a->outputs = READ_ONCE(d->outputs);
	a->relu = READ_ONCE(d->relu);
	a->shift = READ_ONCE(d->shift);
	if (!a->inputs || a->inputs > TLML_DENSE_INPUTS_MAX)
		return false;
	if (!a->outputs || a->outputs > TLML_DENSE_OUTPUTS_MAX)
		return false;
	if (w_size != a->outputs * a->inputs || a->relu > 1 || a->shift > SHIFT_MAX)
		return false;
	return activations(x, x_size);
}
