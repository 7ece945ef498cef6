// SPDX-License-Identifier: BSD-2-Clause
/* What tlmld is told: by a file of KEY = VALUE lines, and before that by its command line. */
#include "conf.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEPARATORS	" \t,"

void tlml_conf_defaults(struct tlml_conf *c)
{
	*c = (struct tlml_conf){
		.model = "tlml",
		.sure = 0.8,
#define TLML_CONF_NUMBER(key, least, most, normal, meaning) .key = normal,
		TLML_CONF_NUMBERS(TLML_CONF_NUMBER)
#undef TLML_CONF_NUMBER
	};
}

static int set_text(char *to, size_t room, const char *value, const char *what,
		    struct tlml_error *e)
{
	if (!*value || strlen(value) >= room)
		return tlml_error_set(e, EINVAL, "give %s of 1 to %zu bytes", what, room - 1);
	strcpy(to, value);
	return 0;
}

static int add_url(struct tlml_conf *c, const char *url, struct tlml_error *e)
{
	if (c->urls == TLML_ENDPOINTS_MAX)
		return tlml_error_set(e, EINVAL, "'%.64s' is one too many: give %u endpoints at most", url,
				      TLML_ENDPOINTS_MAX);
	return set_text(c->url[c->urls++], sizeof(c->url[0]), url, "a URL", e);
}

static int set_large(struct tlml_conf *c, char *value, struct tlml_error *e)
{
	char *save = NULL, *word = strtok_r(value, SEPARATORS, &save);
	int err = 0;

	if (!word)
		return tlml_error_set(e, EINVAL, "give the URLs of large models, the first one first");
	for (; !err && word; word = strtok_r(NULL, SEPARATORS, &save))
		err = add_url(c, word, e);
	return err;
}

static int add_class(struct tlml_conf *c, const char *name, struct tlml_error *e)
{
	if (c->classes == TLML_CLASSES_MAX)
		return tlml_error_set(e, EINVAL, "'%.64s' is one too many: there are %u classes at most",
				      name, TLML_CLASSES_MAX);
	for (unsigned int i = 0; i < c->classes; i++)
		if (!strcmp(c->klass[i], name))
			return tlml_error_set(e, EINVAL, "'%s' is there twice", name);
	return set_text(c->klass[c->classes++], TLML_NAME_MAX, name, "each class a name", e);
}

static int set_classes(struct tlml_conf *c, char *value, struct tlml_error *e)
{
	char *save = NULL, *word = strtok_r(value, SEPARATORS, &save);
	int err = 0;

	for (; !err && word; word = strtok_r(NULL, SEPARATORS, &save))
		err = add_class(c, word, e);
	if (!err && c->classes < 2)
		err = tlml_error_set(e, EINVAL, "give the names of two classes or more, in the model's order");
	return err;
}

static int set_model(struct tlml_conf *c, char *value, struct tlml_error *e)
{
	return set_text(c->model, sizeof(c->model), value, "a name", e);
}

static int set_user(struct tlml_conf *c, char *value, struct tlml_error *e)
{
	return set_text(c->user, sizeof(c->user), value, "the name of a user", e);
}

static int set_metrics(struct tlml_conf *c, char *value, struct tlml_error *e)
{
	return set_text(c->metrics_listen, sizeof(c->metrics_listen), value, "HOST:PORT", e);
}

static int set_share(float *to, const char *value, const char *what, struct tlml_error *e)
{
	char *end;
	float v = strtof(value, &end);

	if (*end || end == value || !(v >= 0 && v <= 1))
		return tlml_error_set(e, EINVAL, "give %s", what);
	*to = v;
	return 0;
}

static int set_sure(struct tlml_conf *c, char *value, struct tlml_error *e)
{
	return set_share(&c->sure, value, "a probability from 0 to 1, such as 0.8", e);
}

static int set_ask_share(struct tlml_conf *c, char *value, struct tlml_error *e)
{
	return set_share(&c->ask_share, value, "a share from 0 to 1, such as 0.05", e);
}

static int set_anchor(struct tlml_conf *c, char *value, struct tlml_error *e)
{
	return set_text(c->anchor, sizeof(c->anchor), value, "a path", e);
}

static int set_learn(struct tlml_conf *c, char *value, struct tlml_error *e)
{
	static const char *const words[] = {
		[TLML_LEARN_ON] = "on", [TLML_LEARN_SHADOW] = "shadow", [TLML_LEARN_OFF] = "off",
	};

	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(value, words[i])) {
			c->learn = i;
			return 0;
		}
	return tlml_error_set(e, EINVAL, "give on, shadow or off");
}

static const struct {
	const char *key;
	int (*set)(struct tlml_conf *c, char *value, struct tlml_error *e);
} texts[] = {
	{ "large", set_large },
	{ "model", set_model }, { "classes", set_classes },
	{ "sure", set_sure }, { "user", set_user }, { "metrics_listen", set_metrics },
	{ "learn", set_learn }, { "ask_share", set_ask_share }, { "anchor", set_anchor },
};

static const struct {
	const char *key;
	size_t at;
	unsigned int least, most;
} numbers[] = {
#define TLML_CONF_NUMBER(key, least, most, normal, meaning) \
	{ #key, offsetof(struct tlml_conf, key), least, most },
	TLML_CONF_NUMBERS(TLML_CONF_NUMBER)
#undef TLML_CONF_NUMBER
};

#define TEXTS	(sizeof(texts) / sizeof(texts[0]))
#define NUMBERS	(sizeof(numbers) / sizeof(numbers[0]))

static int set_number(struct tlml_conf *c, unsigned int i, const char *value, struct tlml_error *e)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || v < numbers[i].least ||
	    v > numbers[i].most)
		return tlml_error_set(e, EINVAL, "give a whole number from %u to %u", numbers[i].least,
				      numbers[i].most);
	*(unsigned int *)((char *)c + numbers[i].at) = v;
	return 0;
}

int tlml_conf_set(struct tlml_conf *c, const char *key, const char *value, struct tlml_error *e)
{
	char text[TLML_CONF_TEXT];
	unsigned int i;

	for (i = 0; i < TEXTS && strcmp(key, texts[i].key); i++)
		;
	if (i < TEXTS) {
		if (set_text(text, sizeof(text), value, "a value", e))
			return -EINVAL;
		return texts[i].set(c, text, e);
	}
	for (i = 0; i < NUMBERS && strcmp(key, numbers[i].key); i++)
		;
	if (i < NUMBERS)
		return set_number(c, i, value, e);
	return tlml_error_set(e, EINVAL, "there is no such key: see tlmld(8) for those there are");
}

struct reader {
	struct tlml_conf *conf;
	FILE *file;
	unsigned int line, wrong;	/* being read; the first one that is wrong */
	struct tlml_error why;		/* of that line */
};

static void wrong(struct reader *r, const char *key, const char *why)
{
	if (r->wrong)
		return;
	r->wrong = r->line;
	tlml_error_set(&r->why, EINVAL, "%.64s%s%s", key, *key ? ": " : "", why);
}

static int take_pair(void *arg, const char *section, const char *key, const char *value)
{
	struct tlml_error why;
	struct reader *r = arg;

	if (*section)
		wrong(r, "", "there are no sections: leave the line in brackets out");
	else if (tlml_conf_set(r->conf, key, value, &why))
		wrong(r, key, why.text);
	return 1;
}

/* Lines are counted here, as the library does not tell; one that does not fit is not cut in two. */
static char *read_line(char *text, int room, void *arg)
{
	struct reader *r = arg;
	char *s = fgets(text, room, r->file);

	if (!s)
		return NULL;
	r->line++;
	if (!strchr(s, '\n') && !feof(r->file)) {
		char most[64];

		snprintf(most, sizeof(most), "the line has more than %d bytes: shorten it", room - 2);
		wrong(r, "", most);
	}
	return s;
}

int tlml_conf_read(const char *path, struct tlml_conf *c, struct tlml_error *e)
{
	struct reader r = { .conf = c, .file = fopen(path, "re") };
	int bad, err = 0;

	tlml_conf_defaults(c);
	if (!r.file)
		return tlml_error_set(e, errno, "%s: cannot open it: %s", path, strerror(errno));
	bad = ini_parse_stream(read_line, &r, take_pair, &r);
	if (ferror(r.file))
		err = tlml_error_set(e, EIO, "%s: cannot read it: is it a file?", path);
	else if (bad > 0 && (!r.wrong || (unsigned int)bad < r.wrong))
		err = tlml_error_set(e, EINVAL, "%s:%d: write KEY = VALUE", path, bad);
	else if (r.wrong)
		err = tlml_error_set(e, EINVAL, "%s:%u: %s", path, r.wrong, r.why.text);
	fclose(r.file);
	return err;
}

void tlml_conf_large(const struct tlml_conf *c, const char *default_url,
		     struct tlml_large_options *o)
{
	*o = (struct tlml_large_options){
		.url = { default_url }, .urls = c->urls ? c->urls : 1,
		.model = c->model, .classes = c->classes,
		.batch = c->batch, .deadline_us = c->deadline_us, .window = c->window,
		.queue = c->queue, .expire_ms = c->expire_ms, .timeout_ms = c->timeout_ms,
	};
	for (unsigned int i = 0; i < c->urls; i++)
		o->url[i] = c->url[i];
	memcpy(o->klass, c->klass, sizeof(o->klass));
}

static uint32_t hash(uint32_t h, const char *text)
{
	do
		h = (h ^ (unsigned char)*text) * 0x01000193u;	/* FNV-1a, with the final 0 */
	while (*text++);
	return h;
}

uint32_t tlml_conf_large_hash(const struct tlml_conf *c, const char *default_url)
{
	struct tlml_large_options o;
	uint32_t h;

	tlml_conf_large(c, default_url, &o);
	h = hash(0x811c9dc5u, o.model);
	for (unsigned int i = 0; i < o.urls; i++)
		h = hash(h, o.url[i]);
	return h;
}

int tlml_conf_same_large(const struct tlml_conf *a, const struct tlml_conf *b)
{
	struct tlml_large_options x, y;

	tlml_conf_large(a, "", &x);
	tlml_conf_large(b, "", &y);
	if (x.urls != y.urls || strcmp(x.model, y.model) || x.classes != y.classes ||
	    x.batch != y.batch || x.deadline_us != y.deadline_us || x.window != y.window ||
	    x.queue != y.queue || x.expire_ms != y.expire_ms || x.timeout_ms != y.timeout_ms)
		return 0;
	for (unsigned int i = 0; i < x.urls; i++)
		if (strcmp(x.url[i], y.url[i]))
			return 0;
	for (unsigned int i = 0; i < x.classes; i++)
		if (strcmp(x.klass[i], y.klass[i]))
			return 0;
	return 1;
}
