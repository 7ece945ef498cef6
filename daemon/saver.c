// SPDX-License-Identifier: BSD-2-Clause
/* Has answers written to disk on a thread of its own. */
#include "saver.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void *work(void *arg)
{
	struct tlml_saver *s = arg;

	for (unsigned int i = 0; i < TLML_SAVER_FILES && !s->err; i++)
		s->err = tlml_reservoir_write(&s->copy[i], s->path[i], &s->why);
	__atomic_store_n(&s->over, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void free_copies(struct tlml_saver *s)
{
	for (unsigned int i = 0; i < TLML_SAVER_FILES; i++)
		tlml_reservoir_free(&s->copy[i]);
}

int tlml_saver_begin(struct tlml_saver *s, const struct tlml_reservoir *const *from,
		     const char *const *path, struct tlml_error *e)
{
	int err = 0;

	if (s->busy)
		return tlml_error_set(e, EBUSY, "%s is being written: try again", path[0]);
	*s = (struct tlml_saver){ 0 };
	for (unsigned int i = 0; i < TLML_SAVER_FILES && !err; i++) {
		if (snprintf(s->path[i], sizeof(s->path[i]), "%s", path[i]) >=
		    (int)sizeof(s->path[i]))
			err = tlml_error_set(e, ENAMETOOLONG, "%s: too long a path: shorten it",
					     path[i]);
		else
			err = tlml_reservoir_copy(from[i], &s->copy[i], e);
	}
	if (!err) {
		int no = pthread_create(&s->thread, NULL, work, s);

		if (no)
			err = tlml_error_set(e, no, "no thread to write %s on: %s", path[0],
					     strerror(no));
	}
	s->busy = !err;
	if (err)
		free_copies(s);
	return err;
}

int tlml_saver_end(struct tlml_saver *s, int wait, struct tlml_error *e)
{
	if (!s->busy)
		return 0;
	if (!wait && !__atomic_load_n(&s->over, __ATOMIC_ACQUIRE))
		return -EINPROGRESS;
	pthread_join(s->thread, NULL);
	s->busy = 0;
	free_copies(s);
	*e = s->why;
	return s->err;
}
