/* SPDX-License-Identifier: BSD-2-Clause */
/* One HTTP request and its reply, on the thread of the event loop. */
#ifndef TLML_LARGEML_EXCHANGE_H
#define TLML_LARGEML_EXCHANGE_H

#include <event2/http.h>

#include "models.h"
#include "queue.h"

struct tlml_exchange_context {
	struct tlml_models *models;
	struct tlml_queue *queue;
};

/* Callback of evhttp for every request; context is a struct tlml_exchange_context. */
void tlml_exchange_begin(struct evhttp_request *req, void *context);

/* Replies to the request that a job, taken out of the queue, was made of. */
void tlml_exchange_end(struct tlml_job *job);

#endif
