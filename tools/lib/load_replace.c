// SPDX-License-Identifier: BSD-2-Clause
/* New programs over the maps that are there, which call the module or do not. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "caps.h"
#include "daemon.h"
#include "kept.h"
#include "load_impl.h"
#include "pin.h"
#include "state.h"

bool tlml_load_attached(const char *ifname)
{
	char dir[TLML_PATH_MAX];
	struct tlml_state s;

	tlml_maps_dir(ifname, dir, sizeof(dir));
	tlml_state_read(ifname, dir, &s);
	return s.on;
}

/* What is done, and what with. */
struct exchange {
	const struct tlml_netdev *dev;
	const char *dir;
	struct tlml_maps maps;
	struct tlml_model model;	/* without a blob: none */
	bool given;			/* by the operator, else it is the live one with its file */
	struct tlml_load_result *r;
};

/* Publishes what fits the programs best, unless that is live. */
static int fit_model(struct exchange *x, struct tlml_error *e)
{
	bool wide = x->model.header.wide && x->maps.ctl->module;

	if (!x->given && wide == tlml_maps_current(&x->maps)->wide)
		return 0;
	return tlml_maps_publish(&x->maps, &x->model, e);
}

/* Before programs without the module come, nothing must need it. */
static int spare_module(struct exchange *x, struct tlml_error *e)
{
	const struct tlml_ctl *ctl = x->maps.ctl;
	int err = x->model.blob ? fit_model(x, e) : 0;

	if (!err && tlml_maps_current(&x->maps)->wide)
		err = tlml_error_set(e, EBUSY, "no smaller one is kept with it");
	if (err)
		return tlml_error_set(e, EBUSY,
				      "the model that is live on %s needs the module: first 'tlmlctl model push %s FILE' with a file that has a smaller one, too (tlml-train(8))",
				      x->dev->name, x->dev->name);
	if (ctl->canary_share && x->maps.weights[ctl->canary_slot & (TLML_SLOTS - 1)].wide)
		tlml_maps_withdraw(&x->maps);
	return 0;
}

/* Models are for the programs that run at that time: the small one before, the big one after. */
static int exchange(struct exchange *x, bool module, struct tlml_error *e)
{
	struct tlml_ctl *ctl = x->maps.ctl;
	int was = ctl->module, err = 0;

	if (!module) {
		ctl->module = 0;
		err = spare_module(x, e);
	}
	if (!err)
		err = tlml_attach_replace(x->dev, x->dir, module, &x->r->notes, e);
	ctl->module = err ? was : module;
	if (!err && module && x->model.blob)
		err = fit_model(x, e);
	return err;
}

/* The model that the operator names, or all of the file that the live one came from, if kept. */
static int find_model(struct exchange *x, const struct tlml_load_options *o, struct tlml_error *e)
{
	const struct tlml_weights *live = tlml_maps_current(&x->maps);
	struct tlml_model found;
	struct tlml_error none;
	int fd;

	x->given = o->model;
	if (!x->given) {
		if (tlml_kept_read(o->ifname, live->generation, &x->model, &none))
			return 0;
		if (tlml_maps_identify(&x->maps, live, &x->model, &found, &none))
			tlml_model_free(&x->model);
		else
			tlml_model_free(&found);
		return 0;
	}
	fd = tlml_daemon_connect(&none);
	if (fd >= 0 && tlml_daemon_has(fd, o->ifname)) {
		close(fd);
		return tlml_error_set(e, EBUSY,
				      "tlmld keeps the models of %s: 'tlmlctl model push %s %s', and exchange the programs without --model",
				      o->ifname, o->ifname, o->model);
	}
	if (fd >= 0)
		close(fd);
	return tlml_load_take_model(o, &x->model, x->r, e);
}

static int exchange_or_not(struct exchange *x, const struct tlml_load_options *o,
			   struct tlml_error *e)
{
	bool module;
	int err = tlml_module_choose(o->module, &module, &x->r->notes.module, e);

	if (!err)
		err = find_model(x, o, e);
	if (err)
		return err;
	tlml_load_hold_signals();
	err = exchange(x, module, e);
	if (err && module && o->module == TLML_MODULE_AUTO) {
		x->r->notes.module = *e;
		err = exchange(x, false, e);
	}
	if (!err && x->given && !*x->r->unkept.text &&
	    tlml_kept_add(o->ifname, &x->maps, &x->model, e))
		x->r->unkept = *e;
	tlml_model_free(&x->model);
	return err;
}

static int replace_locked(const struct tlml_netdev *dev, const struct tlml_load_options *o,
			  struct tlml_load_result *r, struct tlml_error *e)
{
	char dir[TLML_PATH_MAX];
	struct exchange x = { .dev = dev, .dir = dir, .r = r };
	struct tlml_state s;
	int err;

	tlml_maps_dir(dev->name, dir, sizeof(dir));
	tlml_state_read(dev->name, dir, &s);
	if (!s.pinned)
		return tlml_error_set(e, ENOENT, "tlml is not on %s: 'tlml-load %s' attaches it", dev->name,
				      dev->name);
	if (!s.on)
		return tlml_error_set(e, ENOENT,
				      "the pins in %s are stale: 'tlml-load --clean %s', then 'tlml-load %s'",
				      dir, dev->name, dev->name);
	/* Programs of this ABI over maps of another one would misread them. */
	err = tlml_maps_open(dev->name, &x.maps, e);
	if (err)
		return err;
	err = exchange_or_not(&x, o, e);
	tlml_maps_close(&x.maps);
	return err;
}

int tlml_load_replace(const struct tlml_load_options *o, struct tlml_load_result *r,
		      struct tlml_error *e)
{
	struct tlml_netdev dev;
	int lock, err;

	err = tlml_caps_check(false, e);
	if (!err)
		err = tlml_netdev_get(o->ifname, &dev, e);
	if (err)
		return err;
	lock = tlml_pin_lock(NULL, e);
	if (lock < 0)
		return lock;
	err = replace_locked(&dev, o, r, e);
	tlml_pin_unlock(lock);
	return err;
}
