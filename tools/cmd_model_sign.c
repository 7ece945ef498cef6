// SPDX-License-Identifier: BSD-2-Clause
/* model sign: a model in a file, signed by this machine's key, for model push here or there. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../daemon/bundle.h"
#include "../daemon/generations.h"
#include "../daemon/model.h"
#include "../daemon/owner.h"
#include "../daemon/run.h"
#include "../daemon/whole.h"
#include "cmd.h"

/* Beside the model, under its name. */
static int write_beside(const char *path, const void *file, size_t size, struct tlml_error *e)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	int dir, err;

	snprintf(folder, sizeof(folder), "%.*s/", slash ? (int)(slash - path) : 1, slash ? path : ".");
	dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return tlml_error_set(e, errno, "cannot open %.256s: %s", folder, strerror(errno));
	err = tlml_whole_write(dir, slash ? slash + 1 : path, 0644, file, size, e);
	close(dir);
	return err;
}

/* As the owner of the keys, who is not trusted with the place where the model is. */
static int sign(const char *state, const struct tlml_model *model, struct tlml_bundle *b,
		void **file, struct tlml_error *e)
{
	struct tlml_keys k;
	int err = tlml_owner_become(state, e);

	if (err)
		return err;
	*b = (struct tlml_bundle){ .created = time(NULL), .origin = model->header.generation };
	err = tlml_keys_open(state, &k, e);
	if (!err) {
		err = tlml_keys_count(&k, 0, &b->counter, e);
		if (!err)
			err = tlml_bundle_sign(&k, b, model->file, model->file_size, file, e);
		tlml_keys_close(&k);
	}
	tlml_owner_leave();
	return err;
}

int tlml_cmd_model_sign(struct tlml_cmd *c)
{
	char path[PATH_MAX], root[TLML_PATH_MAX], key[TLML_KEY_TEXT];
	const char *state = root;
	struct tlml_model model;
	struct tlml_bundle b;
	void *file;
	int err;

	tlml_generations_root(root, sizeof(root));
	err = tlml_cmd_option(c, "--state", &state);
	if (err >= 0)
		err = tlml_cmd_words(c, 1, 1);
	if (!err && snprintf(path, sizeof(path), "%s.signed", c->argv[0]) >= (int)sizeof(path))
		err = tlml_error_set(&c->e, ENAMETOOLONG, "the path of the file is too long");
	if (!err)
		err = tlml_model_read(c->argv[0], &model, &c->e);
	if (err)
		return err;
	err = state == root ? tlml_run_dir_make(state, &c->e) : 0;
	if (!err)
		err = sign(state, &model, &b, &file, &c->e);
	tlml_model_free(&model);
	if (err)
		return err;
	err = write_beside(path, file, sizeof(b) + b.size + TLML_SIGNATURE_BYTES, &c->e);
	free(file);
	if (err)
		return err;
	tlml_keys_text(b.key, key);
	tlml_out_object(&c->out, NULL);
	tlml_out_str(&c->out, "file", "%s:", path);
	tlml_out_num(&c->out, "generation", " generation %llu", b.generation);
	tlml_out_num(&c->out, "counter", ", number %llu", b.counter);
	tlml_out_str(&c->out, "key", ", signed by %s\n", key);
	tlml_out_end(&c->out);
	return 0;
}
