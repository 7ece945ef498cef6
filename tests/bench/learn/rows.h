/* SPDX-License-Identifier: BSD-2-Clause */
/* A gzipped CSV file without quotes, in memory. */
#ifndef TLML_BENCH_ROWS_H
#define TLML_BENCH_ROWS_H

#include <stddef.h>

struct rows {
	char *text;
	char **cell;		/* [n][columns] */
	size_t n;
	unsigned int columns;
};

/* 0; -1 with a message on stderr. The first line is row 0, also where it names columns. */
int rows_read(struct rows *r, const char *path);

/* Column that row 0 calls by a name; exits where there is none. */
unsigned int rows_column(const struct rows *r, const char *name);

static inline const char *rows_cell(const struct rows *r, size_t row, unsigned int column)
{
	return r->cell[row * r->columns + column];
}

double rows_number(const struct rows *r, size_t row, unsigned int column);

void rows_free(struct rows *r);

#endif
