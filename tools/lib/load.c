// SPDX-License-Identifier: BSD-2-Clause
/* What tlml-load does to an interface. */
#include "load_impl.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../../daemon/model.h"
#include "../../daemon/policy.h"
#include "../models/default.h"
#include "caps.h"
#include "kept.h"
#include "pin.h"
#include "state.h"
#include "tlml.skel.h"

static const int deadly[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

void tlml_load_hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (unsigned int i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		sigaddset(&set, deadly[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static int interrupted(struct tlml_error *e)
{
	sigset_t waiting;

	sigpending(&waiting);
	for (unsigned int i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		if (sigismember(&waiting, deadly[i]))
			return tlml_error_set(e, EINTR, "interrupted; nothing is attached");
	return 0;
}

int tlml_load_take_model(const struct tlml_load_options *o, struct tlml_model *m,
			 struct tlml_load_result *r, struct tlml_error *e)
{
	int err;

	if (o->model && strcmp(o->model, TLML_LOAD_BUILT_IN))
		err = tlml_model_read(o->model, m, e);
	else
		err = tlml_model_parse(tlml_default_model, tlml_default_model_size,
				       "the built-in model", m, e);
	if (err)
		return err;
	err = tlml_kept_choose(o->ifname, m, o->model, e);
	if (err == -EPERM) {
		tlml_model_free(m);
		return err;
	}
	if (err)
		r->unkept = *e;
	return 0;
}

/* That neither this interface's name nor its hook is taken. */
static int is_free(const struct tlml_netdev *dev, bool share, struct tlml_error *e)
{
	char dir[TLML_PATH_MAX], stage[TLML_PATH_MAX];
	struct tlml_state s;
	struct stat st;

	tlml_pin_stage(dev->name, stage, sizeof(stage));
	if (!stat(stage, &st))
		return tlml_error_set(e, EEXIST,
				      "a tlml-load that was killed left %s: remove it with 'tlml-load --clean %s'",
				      stage, dev->name);
	tlml_maps_dir(dev->name, dir, sizeof(dir));
	tlml_state_read(dev->name, dir, &s);
	if (s.on)
		return tlml_error_set(e, EEXIST,
				      "tlml is already on %s (%s mode): 'tlmlctl model push %s FILE' changes the model, 'tlmlctl set %s' the policy, 'tlml-load --replace %s' the programs",
				      dev->name, s.generic ? "generic" : "native", dev->name,
				      dev->name, dev->name);
	if (s.pinned)
		return tlml_error_set(e, EEXIST,
				      "the pins in %s are stale: their programs are no longer attached; remove them with 'tlml-load --clean %s'",
				      dir, dev->name);
	return tlml_attach_allowed(dev, share, e);
}

/*
 * Pins, attaches, and makes it known, in this order. Until all is in place the mode is off, so
 * that even a loader killed half-way leaves packets alone.
 */
static int bring_up(const struct tlml_netdev *dev, struct tlml_object *obj,
		    const struct tlml_load_options *o, struct tlml_load_result *r,
		    struct tlml_error *e)
{
	char dir[TLML_PATH_MAX], stage[TLML_PATH_MAX];
	__u32 mode = obj->maps.ctl->mode;
	struct tlml_error ignored;
	int err;

	obj->maps.ctl->mode = TLML_MODE_OFF;
	tlml_maps_dir(dev->name, dir, sizeof(dir));
	tlml_pin_stage(dev->name, stage, sizeof(stage));
	tlml_load_hold_signals();
	err = tlml_pin_maps(stage, obj->skel->obj, e);
	if (!err)
		err = tlml_attach(dev, obj, stage, &o->attach, &r->notes, e);
	if (!err)
		err = interrupted(e);
	if (!err && rename(stage, dir))
		err = tlml_error_set(e, errno, "cannot rename %s to %s: %s", stage, dir,
				     strerror(errno));
	if (err)
		tlml_attach_undo(dev->ifindex, stage, &ignored);
	else
		obj->maps.ctl->mode = mode;
	return err;
}

static int check_free(const struct tlml_netdev *dev, const struct tlml_load_options *o,
		      struct tlml_load_result *r, struct tlml_error *e)
{
	int lock = tlml_pin_lock(&r->mounted, e), err;

	if (lock < 0)
		return lock;
	err = is_free(dev, o->attach.share, e);
	tlml_pin_unlock(lock);
	return err;
}

/* It may have been taken since check_free(): the lock is not held over the verifier's work. */
static int attach_locked(const struct tlml_netdev *dev, struct tlml_object *obj,
			 const struct tlml_load_options *o, struct tlml_load_result *r,
			 struct tlml_error *e)
{
	bool mounted;
	int lock = tlml_pin_lock(&mounted, e), err;

	if (lock < 0)
		return lock;
	err = is_free(dev, o->attach.share, e);
	if (!err)
		err = bring_up(dev, obj, o, r, e);
	tlml_pin_unlock(lock);
	return err;
}

int tlml_load_attach(const struct tlml_load_options *o, struct tlml_load_result *r,
		     struct tlml_error *e)
{
	struct tlml_object_options want = {
		.flows = o->flows, .sources = o->sources, .clock = true, .module = o->module,
	};
	struct tlml_object obj;
	struct tlml_model model;
	struct tlml_netdev dev;
	int err;

	err = tlml_caps_check(o->attach.share, e);
	if (!err)
		err = tlml_netdev_get(o->ifname, &dev, e);
	if (!err)
		err = check_free(&dev, o, r, e);
	if (!err)
		err = tlml_load_take_model(o, &model, r, e);
	if (err)
		return err;
	want.ifindex = dev.ifindex;
	want.mtu = dev.mtu;
	err = tlml_object_load(&want, &obj, e);
	if (err)
		goto free_model;
	r->notes.module = obj.unused;
	err = tlml_maps_publish(&obj.maps, &model, e);
	if (!err && o->policy)
		err = tlml_policy_file(&obj.maps, o->policy, e);
	if (!err)
		err = attach_locked(&dev, &obj, o, r, e);
	if (!err && !*r->unkept.text && tlml_kept_add(dev.name, &obj.maps, &model, e))
		r->unkept = *e;
	tlml_object_close(&obj);
free_model:
	tlml_model_free(&model);
	return err;
}

static int detach_locked(const char *ifname, struct tlml_error *e)
{
	char dir[TLML_PATH_MAX], stage[TLML_PATH_MAX];
	struct tlml_state s;
	int err;

	tlml_maps_dir(ifname, dir, sizeof(dir));
	tlml_state_read(ifname, dir, &s);
	if (!s.pinned)
		return tlml_error_set(e, ENOENT, "tlml is not on %s: there is nothing to detach", ifname);
	/* Half-removed pins are not to be taken for an attachment, whatever happens to us. */
	tlml_pin_stage(ifname, stage, sizeof(stage));
	tlml_load_hold_signals();
	if (rename(dir, stage))
		err = tlml_error_set(e, errno, "cannot rename %s to %s: %s", dir, stage,
				     strerror(errno));
	else
		err = tlml_attach_undo(s.ifindex, stage, e);
	return err;
}

int tlml_load_detach(const char *ifname, struct tlml_error *e)
{
	int lock, err;

	if (!*ifname || strlen(ifname) >= IF_NAMESIZE || strchr(ifname, '/'))
		return tlml_error_set(e, EINVAL, "'%s' cannot be an interface", ifname);
	err = tlml_caps_check(false, e);
	if (err)
		return err;
	lock = tlml_pin_lock(NULL, e);
	if (lock < 0)
		return lock;
	err = detach_locked(ifname, e);
	tlml_pin_unlock(lock);
	return err;
}
