// SPDX-License-Identifier: BSD-2-Clause
/*
 * Calls the bodies of tlml.ko from task, softirq and hard irq, outside and inside of somebody's FPU
 * section; loads only if every result is the scalar one's, and SIMD was used where it may be and
 * nowhere else. With storm=MS it then computes from timers of both kinds for so long, while user
 * space looks whether its registers stay as they are.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "kmod/fpu.h"
#include "kmod/simd.h"

static unsigned int storm;
module_param(storm, uint, 0444);
MODULE_PARM_DESC(storm, "milliseconds of computing from timers after loading");

static struct tlml_wide *wide;
static struct tlml_wide_args wide_args;
static struct tlml_scores want_scores;
static __u8 x[100];
static __s8 weights[5 * 100];
static struct tlml_dense_call want_layer = { .outputs = 5, .relu = 1, .shift = 3 };
static struct tlml_dense_args layer_args;

/* Of one call from some context. */
struct result {
	struct completion done;
	bool usable, same;
};

static void compute(struct result *r)
{
	struct tlml_dense_call layer = want_layer;
	struct tlml_scores scores;

	memset(&scores, 0x5a, sizeof(scores));
	memset(layer.out, 0, sizeof(layer.out));
	r->usable = tlml_fpu_usable();
	tlml_simd_wide(&wide_args, &scores);
	tlml_simd_dense(&layer_args, &layer);
	r->same = !memcmp(&scores, &want_scores, sizeof(scores)) &&
		  !memcmp(&layer, &want_layer, sizeof(layer));
	complete(&r->done);
}

static struct result hard_result, soft_result;

static void from_softirq(struct tasklet_struct *t)
{
	compute(&soft_result);
}

static DECLARE_TASKLET(soft, from_softirq);

static void from_hard_irq(struct irq_work *w)
{
	compute(&hard_result);
	tasklet_hi_schedule(&soft);	/* runs as the interrupt returns */
}

static struct irq_work hard = IRQ_WORK_INIT_HARD(from_hard_irq);

static bool wait_for(struct result *r)
{
	unsigned int i;

	for (i = 0; i < 200000 && !completion_done(&r->done); i++)
		udelay(5);
	return completion_done(&r->done);
}

static bool judge(const char *context, const struct result *r, bool usable)
{
	bool good = r->same && r->usable == usable;

	pr_info("%s: SIMD %s, results %s\n", context, r->usable ? "usable" : "not usable",
		r->same ? "the same" : "DIFFERENT");
	return good;
}

/* From task, hard irq and softirq, all outside (nested: inside) of an FPU section of ours. */
static bool contexts(bool nested)
{
	struct result task;
	bool ended;

	init_completion(&task.done);
	init_completion(&hard_result.done);
	init_completion(&soft_result.done);
	if (nested)
		tlml_fpu_begin();
	compute(&task);
	irq_work_queue(&hard);
	ended = wait_for(&hard_result) && wait_for(&soft_result);
	if (nested)
		tlml_fpu_end();
	irq_work_sync(&hard);
	tasklet_kill(&soft);
	return ended & judge(nested ? "task, nested" : "task", &task, !nested) &
	       judge(nested ? "hard irq, nested" : "hard irq", &hard_result, !nested) &
	       judge(nested ? "softirq, nested" : "softirq", &soft_result, !nested);
}

static bool counted(const struct tlml_simd_calls *before, u64 simd, u64 scalar)
{
	struct tlml_simd_calls now;

	tlml_simd_count(&now);
	pr_info("counted %llu SIMD calls and %llu scalar ones\n", now.simd - before->simd,
		now.scalar - before->scalar);
	return now.simd - before->simd == simd && now.scalar - before->scalar == scalar;
}

static atomic_t storm_calls, storm_wrong;
static u64 storm_end;
static struct hrtimer timers[2];

static enum hrtimer_restart from_timer_irq(struct hrtimer *timer)
{
	struct tlml_dense_call layer = want_layer;
	struct tlml_scores scores;

	tlml_simd_wide(&wide_args, &scores);
	tlml_simd_dense(&layer_args, &layer);
	atomic_inc(&storm_calls);
	if (memcmp(&scores, &want_scores, sizeof(scores)) ||
	    memcmp(&layer, &want_layer, sizeof(layer)))
		atomic_inc(&storm_wrong);
	if (ktime_get_ns() > storm_end)
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, ns_to_ktime(500000));
	return HRTIMER_RESTART;
}

static void storm_begin(void)
{
	storm_end = ktime_get_ns() + storm * 1000000ull;
	hrtimer_init(&timers[0], CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	hrtimer_init(&timers[1], CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	timers[0].function = from_timer_irq;
	timers[1].function = from_timer_irq;
	hrtimer_start(&timers[0], ns_to_ktime(500000), HRTIMER_MODE_REL_HARD);
	hrtimer_start(&timers[1], ns_to_ktime(700000), HRTIMER_MODE_REL_SOFT);
}

static void fill(void)
{
	__u8 *p = (__u8 *)wide;
	u32 state = 1, i;

	for (i = 0; i < sizeof(*wide); i++) {
		state = state * 1664525 + 1013904223;
		p[i] = state >> 24;
	}
	for (i = 0; i < sizeof(weights); i++)
		weights[i] = p[i];
	for (i = 0; i < sizeof(x); i++)
		x[i] = p[i] >> 1;
	wide->inputs = 64;
	wide->hidden1 = 256;
	wide->hidden2 = 64;
	wide->classes = 16;
	wide->decode = 64;
	wide->shift[0] = 10;
	wide->shift[1] = 10;
	wide->decode_shift = 9;
}

static bool run(void)
{
	bool simd = strcmp(tlml_simd_name(), "scalar");
	struct tlml_simd_calls before;
	bool good;

	fill();
	if (!tlml_wide_read(&wide_args, wide, sizeof(*wide), x, 64) ||
	    !tlml_dense_read(&layer_args, weights, sizeof(weights), x, sizeof(x), &want_layer))
		return false;
	tlml_wide_scalar(&wide_args, &want_scores);
	tlml_dense_scalar(&layer_args, &want_layer);
	pr_info("body: %s\n", tlml_simd_name());
	tlml_simd_count(&before);
	good = contexts(false);
	good &= counted(&before, simd ? 6 : 0, simd ? 0 : 6);
	tlml_simd_count(&before);
	good &= contexts(true);
	return good & counted(&before, 0, 6);
}

static int __init contexts_init(void)
{
	int err = tlml_simd_init();

	if (err)
		return err;
	wide = kvzalloc(sizeof(*wide), GFP_KERNEL);
	if (!wide)
		return -ENOMEM;
	if (!run()) {
		kvfree(wide);
		return -ENOTRECOVERABLE;
	}
	if (storm)
		storm_begin();
	return 0;
}

static void __exit contexts_exit(void)
{
	if (storm) {
		hrtimer_cancel(&timers[0]);
		hrtimer_cancel(&timers[1]);
		pr_info("storm: %d calls, %d wrong\n", atomic_read(&storm_calls),
			atomic_read(&storm_wrong));
	}
	kvfree(wide);
}

module_init(contexts_init);
module_exit(contexts_exit);
MODULE_DESCRIPTION("Test of tlml.ko: its bodies in every context");
MODULE_LICENSE("Dual BSD/GPL");
