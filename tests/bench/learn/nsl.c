// SPDX-License-Identifier: BSD-2-Clause
/* NSL-KDD in four classes. */
#include "nsl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../daemon/learn/rand.h"
#include "bench_learn.h"
#include "rows.h"

const struct tlml_class_info nsl_classes[NSL_CLASSES] = {
	{ "normal", 0 }, { "dos", 1 }, { "probe", 1 }, { "access", 1 },
};

/* Names of attacks, each class's between blanks. */
static const char *const attacks[NSL_CLASSES] = {
	" normal ",
	" back land neptune pod smurf teardrop apache2 udpstorm processtable mailbomb worm ",
	" satan ipsweep nmap portsweep mscan saint ",
	" guess_passwd ftp_write imap phf multihop warezmaster warezclient spy xlock xsnoop"
	" snmpguess snmpgetattack httptunnel sendmail named buffer_overflow loadmodule rootkit"
	" perl sqlattack xterm ps ",
};

/* The columns by number: 1 protocol, 2 service, 3 flag are words, 41 the name of the attack. */
static const struct { unsigned int column, unit, gain; } features[] = {
	{ 0, 1, 2 }, { 4, 1, 1 }, { 5, 1, 1 }, { 7, 4, 6 }, { 9, 4, 4 }, { 10, 4, 6 },
	{ 11, 4, 12 }, { 12, 4, 3 }, { 22, 1, 3 }, { 23, 1, 3 }, { 31, 1, 3 }, { 32, 1, 3 },
};

/* Shares of connections, 0..1. */
static const unsigned int rates[] = {
	24, 25, 26, 27, 28, 29, 30, 33, 34, 35, 36, 37, 39,
};

static int is_one_of(const char *word, const char *words)
{
	char find[40];

	snprintf(find, sizeof(find), " %.37s ", word);
	return !!strstr(words, find);
}

static unsigned int label_of(const char *name)
{
	unsigned int c;

	for (c = 0; c < NSL_CLASSES; c++)
		if (is_one_of(name, attacks[c]))
			return c;
	fprintf(stderr, "bench_learn: NSL-KDD: unknown attack %s\n", name);
	exit(1);
}

static void flow_read(struct nsl_flow *f, const struct rows *r, size_t row)
{
	static const char *const words[][2] = {
		{ "1", " tcp " }, { "1", " udp " }, { "3", " SF " }, { "3", " S0 " },
		{ "3", " REJ RSTR RSTO RSTOS0 " }, { "2", " http " },
		{ "2", " private eco_i ecr_i " },
	};
	unsigned int at = 0, i, c;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		f->x[at++] = code_of(rows_number(r, row, features[i].column) * features[i].unit,
				     features[i].gain);
	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		f->x[at++] = rows_number(r, row, rates[i]) * TLML_ACT_MAX;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		f->x[at++] = is_one_of(rows_cell(r, row, *words[i][0] - '0'), words[i][1]) * 96;
	for (c = 0; c < NSL_COLUMNS; c++) {
		const char *cell = rows_cell(r, row, c);

		f->all[c] = strtof(cell, NULL);
		for (; c >= 1 && c <= 3 && *cell; cell++)	/* any number for a word does */
			f->all[c] = (uint32_t)(f->all[c] * 31 + *cell) % 9973;
	}
	f->label = label_of(rows_cell(r, row, 41));
}

/* The flows of a file in random order. */
static struct nsl_part file_read(const char *folder, const char *name, uint64_t *seed)
{
	struct nsl_part p = { NULL, 0 };
	char path[512];
	struct rows r;
	size_t i;

	snprintf(path, sizeof(path), "%s/nsl-kdd/%s.csv.gz", folder, name);
	if (access(path, R_OK))
		return p;
	if (rows_read(&r, path))
		exit(1);
	p.n = r.n;
	p.flow = calloc(p.n, sizeof(*p.flow));
	for (i = 0; i < p.n; i++) {
		size_t to = tlml_rand_below(seed, i + 1);

		p.flow[i] = p.flow[to];
		flow_read(&p.flow[to], &r, i);
	}
	rows_free(&r);
	return p;
}

int nsl_read(struct nsl *n, const char *folder, uint64_t seed)
{
	struct nsl_part known = file_read(folder, "KDDTrain+_20Percent", &seed);
	struct nsl_part test = file_read(folder, "KDDTest+", &seed);

	if (!known.n || !test.n)
		return 1;
	n->train = (struct nsl_part){ known.flow, known.n * 72 / 100 };
	n->golden = (struct nsl_part){ known.flow + n->train.n, known.n * 8 / 100 };
	n->kept = (struct nsl_part){ n->golden.flow + n->golden.n,
				     known.n - n->train.n - n->golden.n };
	n->stream = (struct nsl_part){ test.flow, test.n / 2 };
	n->shifted = (struct nsl_part){ test.flow + n->stream.n, test.n - n->stream.n };
	return 0;
}

void nsl_free(struct nsl *n)
{
	free(n->train.flow);
	free(n->stream.flow);
}
