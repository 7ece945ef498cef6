/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directory of an interface's pins. It is filled under another name, which no interface can
 * have, and renamed when all is in place: whatever has that name while nobody holds the lock is
 * what a killed loader left.
 */
#ifndef TLML_PIN_H
#define TLML_PIN_H

#include <net/if.h>
#include <stdbool.h>

#include "../../daemon/maps.h"

struct bpf_object;

#define TLML_PIN_STAGE	"being-attached:"	/* and the interface; 15 characters: too long for one */

/* Names of what is beside the maps. */
#define TLML_PIN_XDP		"xdp_link"
#define TLML_PIN_SHARED		"xdp"		/* a symbolic link to "shared" */
#define TLML_PIN_CLSACT		"clsact"	/* a symbolic link to "ours": we made the qdisc */

/*
 * One loader at a time on this machine, by flock() on the directory of all pins, which is made.
 * Waits, and says so. *mounted as of tlml_bpffs_ensure(); with NULL, a missing bpffs is -ENOENT and
 * means that nothing is attached. A descriptor, or -errno with a sentence.
 */
int tlml_pin_lock(bool *mounted, struct tlml_error *e);

/* Takes directories without entries away, too. */
void tlml_pin_unlock(int lock);

/* Where an interface's pins are gathered before they go to tlml_maps_dir(). */
void tlml_pin_stage(const char *ifname, char *path, unsigned int size);

/* Makes dir, 0750, with the pins of all maps of obj. */
int tlml_pin_maps(const char *dir, struct bpf_object *obj, struct tlml_error *e);

/* Pins one descriptor in dir. */
int tlml_pin_put(const char *dir, const char *name, int fd, struct tlml_error *e);

/* Its descriptor, or -errno. */
int tlml_pin_get(const char *dir, const char *name);

bool tlml_pin_exists(const char *dir, const char *name);

/* A note in dir: a symbolic link to what, as bpffs holds no other files. */
int tlml_pin_note(const char *dir, const char *name, const char *what, struct tlml_error *e);

void tlml_pin_drop(const char *dir, const char *name);

/* Removes dir with all that is in it. */
int tlml_pin_remove(const char *dir, struct tlml_error *e);

#endif
