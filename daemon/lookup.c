// SPDX-License-Identifier: BSD-2-Clause
/* Names are looked up on a thread. Nobody can stop it, so what it works on outlives who asked. */
#include "lookup.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STACK	(256 << 10)	/* the C library puts whole answers there */

struct tlml_lookup_work {
	struct tlml_url url;
	struct tlml_error why;
	int err;
	int fd;			/* readable when it is done */
	int users;		/* the thread, and who waits */
};

static void leave(struct tlml_lookup_work *w)
{
	if (__atomic_sub_fetch(&w->users, 1, __ATOMIC_ACQ_REL))
		return;
	close(w->fd);
	free(w);
}

static void *work(void *arg)
{
	struct tlml_lookup_work *w = arg;

	w->err = tlml_url_look_up(&w->url, &w->why);
	eventfd_write(w->fd, 1);	/* cannot fail: it counts to 2^64 */
	leave(w);
	return NULL;
}

static void on_done(struct tlml_op *op, int res)
{
	struct tlml_lookup *k = op->arg;
	struct tlml_lookup_work *w = k->work;
	int err = res < 0 ? res : w->err;

	k->work = NULL;
	if (res < 0) {
		tlml_error_set(&k->why, -res, "the host's name is not looked up: %s", strerror(-res));
	} else if (err) {
		k->why = w->why;
	} else {
		k->url->addr = w->url.addr;
		k->url->len = w->url.len;
	}
	leave(w);
	k->done(k, err);
}

static int start(struct tlml_lookup_work *w)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err = pthread_attr_init(&attr);

	if (err)
		return err;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK);
	w->users++;
	err = pthread_create(&thread, &attr, work, w);
	w->users -= !!err;
	pthread_attr_destroy(&attr);
	return err;
}

int tlml_lookup_begin(struct tlml_lookup *k)
{
	struct tlml_lookup_work *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return tlml_error_set(&k->why, ENOMEM, "no memory to look up a name");
	w->users = 1;
	w->url = *k->url;
	w->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	err = w->fd < 0 ? errno : start(w);
	if (err) {
		leave(w);
		return tlml_error_set(&k->why, err, "no thread to look up a name: %s", strerror(err));
	}
	k->work = w;
	k->op = (struct tlml_op){ .done = on_done, .arg = k };
	tlml_loop_poll(k->loop, &k->op, w->fd, POLLIN);
	return 0;
}

int tlml_lookup_pending(const struct tlml_lookup *k)
{
	return k->work != NULL;
}

void tlml_lookup_cancel(struct tlml_lookup *k)
{
	if (k->work)
		tlml_loop_cancel(k->loop, &k->op);
}
