// SPDX-License-Identifier: BSD-2-Clause
/* How asking large models goes, as JSON. */
#include "large_impl.h"

static const char *const states[] = {
	[TLML_ENDPOINT_PROBING] = "probing",
	[TLML_ENDPOINT_UP] = "up",
	[TLML_ENDPOINT_DOWN] = "down",
	[TLML_ENDPOINT_MISMATCH] = "mismatch",
};

static const char *const breakers[] = {
	[TLML_BREAKER_CLOSED] = "closed",
	[TLML_BREAKER_OPEN] = "open",
	[TLML_BREAKER_HALF_OPEN] = "half-open",
};

static json_t *latency(const struct tlml_latency *l)
{
	return json_pack("{s:I,s:I,s:I}", "p50", (json_int_t)tlml_latency_quantile(l, 0.5),
			 "p90", (json_int_t)tlml_latency_quantile(l, 0.9),
			 "p99", (json_int_t)tlml_latency_quantile(l, 0.99));
}

static json_t *endpoint(const struct tlml_endpoint *e)
{
	uint64_t now = tlml_loop_now(), retry = 0;

	if (e->breaker.state == TLML_BREAKER_OPEN && e->breaker.until > now)
		retry = (e->breaker.until - now) / 1000000;
	return json_pack("{s:s,s:s,s:s,s:s,s:i,s:I,s:I,s:I,s:o,s:s,s:s,s:b,s:I}",
			 "url", e->url.text, "state", states[e->state],
			 "breaker", breakers[e->breaker.state], "why", e->why,
			 "in_flight", (int)e->under_way, "requests", (json_int_t)e->requests,
			 "failures", (json_int_t)e->failures, "answers", (json_int_t)e->answers,
			 "latency_us", latency(&e->latency), "model", e->o->model,
			 "version", e->probe.model.version, "binary", e->plan.binary,
			 "retry_in_ms", (json_int_t)retry);
}

json_t *tlml_large_status(const struct tlml_large *g)
{
	uint64_t wait = tlml_batch_wait(&g->batch, 0);
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < g->endpoints; i++) {
		if (json_array_append_new(list, endpoint(&g->endpoint[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return json_pack("{s:i,s:I,s:I,s:I,s:I,s:I,s:I,s:f,s:I,s:o}",
			 "queue", (int)g->batch.waiting, "asked", (json_int_t)g->asked,
			 "answered", (json_int_t)g->answered, "expired", (json_int_t)g->expired,
			 "refused", (json_int_t)g->refused, "failed", (json_int_t)g->failed,
			 "batches", (json_int_t)g->batches, "batch_mean", g->batch_mean,
			 "wait_us", (json_int_t)(wait / 1000), "endpoints", list);
}
