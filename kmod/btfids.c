// SPDX-License-Identifier: GPL-2.0
/*
 * btfids BASE MODULE.ko: writes the ids of the module's kfuncs into its .BTF_ids, as resolve_btfids
 * of newer kernels does; the headers of 6.1 lack that. Runs after pahole, and once: a second pass
 * would find the sets sorted and put ids beside the flags of others, so it is refused.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FUNC	"__BTF_ID__func__"
#define SET	"__BTF_ID__set8__"

/* A set is a count and flags, then pairs of an id and its flags, sorted by id. */
struct pair {
	unsigned int id, flags;
};

struct object {
	const char *path;
	int fd;
	Elf *elf;
	Elf_Data *ids, *symbols;
	size_t ids_index, count, strings;
	struct btf *btf;
};

static int complain(const struct object *o, const char *what)
{
	fprintf(stderr, "btfids: %s: %s\n", o->path, what);
	return -1;
}

static int by_id(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int object_open(struct object *o)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	const char *name;
	size_t names;

	elf_version(EV_CURRENT);
	o->fd = open(o->path, O_RDWR | O_CLOEXEC);
	if (o->fd < 0)
		return complain(o, strerror(errno));
	o->elf = elf_begin(o->fd, ELF_C_RDWR, NULL);
	if (!o->elf || elf_getshdrstrndx(o->elf, &names))
		return complain(o, "not an ELF file");
	elf_flagelf(o->elf, ELF_C_SET, ELF_F_LAYOUT);	/* nothing moves */
	while ((section = elf_nextscn(o->elf, section))) {
		if (!gelf_getshdr(section, &header))
			return complain(o, elf_errmsg(-1));
		name = elf_strptr(o->elf, names, header.sh_name);
		if (header.sh_type == SHT_SYMTAB) {
			o->symbols = elf_getdata(section, NULL);
			o->count = header.sh_size / header.sh_entsize;
			o->strings = header.sh_link;
		} else if (name && !strcmp(name, ".BTF_ids")) {
			o->ids = elf_getdata(section, NULL);
			o->ids_index = elf_ndxscn(section);
		}
	}
	return o->ids && o->symbols ? 0 : complain(o, "has no .BTF_ids");
}

/* The bytes of symbol i if it lies in .BTF_ids and begins with prefix, and its name after that. */
static void *object_place(struct object *o, size_t i, const char *prefix, GElf_Sym *symbol,
			  const char **name)
{
	size_t length = strlen(prefix);

	if (!gelf_getsym(o->symbols, i, symbol) || symbol->st_shndx != o->ids_index)
		return NULL;
	*name = elf_strptr(o->elf, o->strings, symbol->st_name);
	if (!*name || strncmp(*name, prefix, length))
		return NULL;
	if (symbol->st_value > o->ids->d_size ||
	    symbol->st_size > o->ids->d_size - symbol->st_value ||
	    symbol->st_size < sizeof(unsigned int))
		return NULL;
	*name += length;
	return (char *)o->ids->d_buf + symbol->st_value;
}

/* NAME__COUNTER is how the macros call an id. */
static int function_id(const struct object *o, const char *name)
{
	const char *end = name + strlen(name);
	char buffer[128];

	while (end > name && end[-1] != '_')
		end--;
	while (end > name && end[-1] == '_')
		end--;
	snprintf(buffer, sizeof(buffer), "%.*s", (int)(end - name), name);
	return btf__find_by_name_kind(o->btf, buffer, BTF_KIND_FUNC);
}

static int resolve(struct object *o)
{
	const char *name;
	GElf_Sym symbol;
	size_t i;

	for (i = 0; i < o->count; i++) {
		unsigned int *set = object_place(o, i, SET, &symbol, &name);

		if (set && *set)
			return complain(o, "was resolved before: link it anew");
	}
	for (i = 0; i < o->count; i++) {
		unsigned int *place = object_place(o, i, FUNC, &symbol, &name);
		int id;

		if (!place)
			continue;
		id = function_id(o, name);
		if (id <= 0) {
			fprintf(stderr, "btfids: %s is not in the BTF\n", name);
			return -1;
		}
		*place = id;
	}
	for (i = 0; i < o->count; i++) {
		unsigned int *set = object_place(o, i, SET, &symbol, &name);

		if (!set)
			continue;
		*set = symbol.st_size / sizeof(struct pair) - 1;
		qsort((struct pair *)set + 1, *set, sizeof(struct pair), by_id);
	}
	elf_flagdata(o->ids, ELF_C_SET, ELF_F_DIRTY);
	if (elf_update(o->elf, ELF_C_WRITE) < 0)
		return complain(o, elf_errmsg(-1));
	elf_end(o->elf);
	return close(o->fd);
}

int main(int argc, char **argv)
{
	struct object o = { .path = argv[2] };
	struct btf *base;

	if (argc != 3) {
		fprintf(stderr, "usage: btfids BASE MODULE.ko\n");
		return 2;
	}
	base = btf__parse(argv[1], NULL);
	if (!base) {
		fprintf(stderr, "btfids: %s: no BTF: %s\n", argv[1], strerror(errno));
		return 1;
	}
	o.btf = btf__parse_split(o.path, base);
	if (!o.btf) {
		complain(&o, "no BTF: run pahole on it first");
		return 1;
	}
	return object_open(&o) || resolve(&o);
}
