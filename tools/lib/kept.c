// SPDX-License-Identifier: BSD-2-Clause
/* The models of an interface that no tlmld looks after. */
#include "kept.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../daemon/model.h"
#include "../../daemon/owner.h"
#include "../../daemon/run.h"
#include "../../daemon/shelf.h"

#define PATIENCE	100	/* pauses for a tlmld that has not let go of it yet */

int tlml_kept_open(const char *ifname, struct tlml_generations **g, struct tlml_error *e)
{
	char state[TLML_PATH_MAX], dir[TLML_GENERATIONS_DIR];
	static const struct timespec pause = { .tv_nsec = 20000000 };
	int err;

	tlml_generations_root(state, sizeof(state));
	tlml_generations_dir(state, ifname, dir);
	err = tlml_run_dir_make(state, e);
	if (!err)
		err = tlml_owner_become(state, e);
	if (err)
		return err;
	err = tlml_generations_open(dir, g, e);
	for (int i = 0; err == -EBUSY && i < PATIENCE; i++) {
		nanosleep(&pause, NULL);
		err = tlml_generations_open(dir, g, e);
	}
	if (err)
		tlml_owner_leave();
	return err;
}

void tlml_kept_close(struct tlml_generations *g)
{
	tlml_generations_close(g);
	tlml_owner_leave();
}

int tlml_kept_read(const char *ifname, unsigned int generation, struct tlml_model *m,
		   struct tlml_error *e)
{
	char state[TLML_PATH_MAX], dir[TLML_GENERATIONS_DIR];
	struct tlml_bundle b;
	struct tlml_keys k;
	int fd, err;

	tlml_generations_root(state, sizeof(state));
	tlml_generations_dir(state, ifname, dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return tlml_error_set(e, errno, "cannot open %s: %s", dir, strerror(errno));
	err = tlml_keys_open(state, &k, e);
	if (!err) {
		err = tlml_shelf_get(fd, &k, generation, &b, m, e);
		tlml_keys_close(&k);
	}
	close(fd);
	return err;
}

int tlml_kept_choose(const char *ifname, struct tlml_model *model, bool given,
		     struct tlml_error *e)
{
	struct tlml_generations *g;
	int err = tlml_kept_open(ifname, &g, e);

	if (err)
		return err;
	err = tlml_generations_choose(g, model, given, e);
	tlml_kept_close(g);
	return err;
}

int tlml_kept_add(const char *ifname, const struct tlml_maps *m, const struct tlml_model *model,
		  struct tlml_error *e)
{
	struct tlml_generations *g;
	int err = tlml_kept_open(ifname, &g, e);

	if (err)
		return err;
	err = tlml_generations_keep(g, m, model->file, model->file_size,
				    "the interface began with it", e);
	tlml_kept_close(g);
	return err;
}
