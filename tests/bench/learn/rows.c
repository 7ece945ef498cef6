// SPDX-License-Identifier: BSD-2-Clause
/* A gzipped CSV file without quotes, in memory. */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define SIZE_MAX_READ	(64 << 20)

static int read_text(struct rows *r, const char *path)
{
	gzFile f = gzopen(path, "rbe");
	int n;

	r->text = f ? malloc(SIZE_MAX_READ + 1) : NULL;
	n = r->text ? gzread(f, r->text, SIZE_MAX_READ) : -1;
	if (f)
		gzclose(f);
	if (n <= 0 || n == SIZE_MAX_READ) {
		fprintf(stderr, "%s: cannot be read as gzipped text of at most 64 MiB\n", path);
		return -1;
	}
	r->text[n] = 0;
	return 0;
}

int rows_read(struct rows *r, const char *path)
{
	size_t lines = 0, i;
	char *line, *rest;

	memset(r, 0, sizeof(*r));
	if (read_text(r, path))
		return -1;
	for (i = 0; r->text[i]; i++)
		lines += r->text[i] == '\n';
	for (i = 0, r->columns = 1; r->text[i] && r->text[i] != '\n'; i++)
		r->columns += r->text[i] == ',';
	r->cell = calloc(lines + 1, r->columns * sizeof(*r->cell));
	for (rest = r->text; r->cell && (line = strsep(&rest, "\n"));) {
		unsigned int c = 0;
		char *cell;

		line[strcspn(line, "\r")] = 0;
		if (!*line)
			continue;
		while (c < r->columns && (cell = strsep(&line, ",")))
			r->cell[r->n * r->columns + c++] = cell;
		if (c < r->columns || line) {
			fprintf(stderr, "%s: line %zu has not %u cells\n", path, r->n + 1, r->columns);
			rows_free(r);
			return -1;
		}
		r->n++;
	}
	return r->cell ? 0 : -1;
}

unsigned int rows_column(const struct rows *r, const char *name)
{
	unsigned int c;

	for (c = 0; c < r->columns; c++)
		if (!strcasecmp(rows_cell(r, 0, c), name))
			return c;
	fprintf(stderr, "no column is called %s\n", name);
	exit(1);
}

double rows_number(const struct rows *r, size_t row, unsigned int column)
{
	return strtod(rows_cell(r, row, column), NULL);
}

void rows_free(struct rows *r)
{
	free(r->text);
	free(r->cell);
	memset(r, 0, sizeof(*r));
}
