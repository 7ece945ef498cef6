// SPDX-License-Identifier: BSD-2-Clause
/* The programs of the embedded object once more, over maps that are there already. */
#include "twin.h"

#include <string.h>
#include <unistd.h>

#include "pin.h"
#include "tlml.skel.h"

static int reuse(struct bpf_map *map, const char *dir, struct tlml_error *e)
{
	const char *name = bpf_map__name(map);
	int fd = tlml_pin_get(dir, name), err;

	if (fd < 0)
		return tlml_error_set(e, -fd,
				      "cannot open the pinned map %s/%s: %s; attach anew: 'tlml-load --detach', then 'tlml-load'",
				      dir, name, strerror(-fd));
	err = bpf_map__reuse_fd(map, fd);
	close(fd);
	if (err)
		return tlml_error_set(e, -err, "cannot use the pinned map %s/%s: %s", dir, name,
				      strerror(-err));
	return 0;
}

int tlml_twin_open(const char *dir, bool module, const char *only, struct tlml_bpf **skel,
		   struct tlml_error *e)
{
	struct bpf_program *prog;
	struct bpf_map *map;
	int err = tlml_module_open(module ? TLML_WIDE_BY_MODULE : TLML_WIDE_BY_NONE, skel, e);

	if (err)
		return err;
	bpf_object__for_each_map(map, (*skel)->obj) {
		if (!err && !bpf_map__is_internal(map))
			err = reuse(map, dir, e);
	}
	bpf_object__for_each_program(prog, (*skel)->obj) {
		if (only)
			bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), only));
	}
	if (err) {
		tlml_bpf__destroy(*skel);
		*skel = NULL;
	}
	return err;
}
