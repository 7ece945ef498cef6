// SPDX-License-Identifier: BSD-2-Clause
/* What became of an interface's models: log.jsonl, replaced as a whole at each change. */
#include "history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "whole.h"

#define FILE_MAX	(256u << 10)

static int no_memory(struct tlml_error *e)
{
	return tlml_error_set(e, ENOMEM, "no memory for the log of models");
}

int tlml_history_new(struct tlml_history *h, struct tlml_error *e)
{
	*h = (struct tlml_history){ .next = 1, .counters = json_object(), .entries = json_array() };
	if (h->counters && h->entries)
		return 0;
	tlml_history_free(h);
	return no_memory(e);
}

/* Entries are never changed, so they are shared. */
int tlml_history_copy(const struct tlml_history *h, struct tlml_history *to, struct tlml_error *e)
{
	*to = *h;
	to->counters = json_copy(h->counters);
	to->entries = json_copy(h->entries);
	if (to->counters && to->entries)
		return 0;
	tlml_history_free(to);
	return no_memory(e);
}

void tlml_history_free(struct tlml_history *h)
{
	json_decref(h->counters);
	json_decref(h->entries);
	h->counters = h->entries = NULL;
}

static int damaged(unsigned int line, struct tlml_error *e)
{
	return tlml_error_set(e, EINVAL, TLML_HISTORY_FILE ": line %u is damaged", line);
}

static int take_head(json_t *o, struct tlml_history *h, struct tlml_error *e)
{
	json_int_t last, next;
	json_t *counters, *v;
	const char *key;

	if (json_unpack(o, "{s:I, s:I, s:b, s:o}", "last", &last, "next", &next, "pinned",
			&h->pinned, "counters", &counters) || last < 0 || last > UINT32_MAX ||
	    next < 1 || next > UINT32_MAX || !json_is_object(counters))
		return damaged(1, e);
	json_object_foreach(counters, key, v)
		if (strlen(key) != TLML_KEY_TEXT - 1 || !json_is_integer(v))
			return damaged(1, e);
	h->last = last;
	h->next = next;
	return json_object_update(h->counters, counters) ? no_memory(e) : 0;
}

static int parse(char *text, size_t size, struct tlml_history *h, struct tlml_error *e)
{
	unsigned int n = 0;
	char *end;
	int err = 0;

	for (char *line = text; !err && line < text + size; line = end + 1) {
		json_t *o;

		n++;
		end = memchr(line, '\n', text + size - line);
		if (!end)
			return damaged(n, e);
		o = json_loadb(line, end - line, JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_object(o))
			err = damaged(n, e);
		else if (n == 1)
			err = take_head(o, h, e);
		else if (json_array_append(h->entries, o))
			err = no_memory(e);
		json_decref(o);
	}
	return err ? err : n ? 0 : damaged(1, e);
}

int tlml_history_read(int dir, struct tlml_history *h, struct tlml_error *e)
{
	size_t size;
	void *text;
	int err = tlml_whole_read(dir, TLML_HISTORY_FILE, FILE_MAX, &text, &size, e);

	if (err)
		return err == -EFBIG ? -EINVAL : err;
	err = tlml_history_new(h, e);
	if (!err) {
		err = parse(text, size, h, e);
		if (err)
			tlml_history_free(h);
	}
	free(text);
	return err;
}

static int print_line(FILE *f, const json_t *o)
{
	return json_dumpf(o, f, JSON_COMPACT) || fputc('\n', f) == EOF;
}

int tlml_history_write(int dir, const struct tlml_history *h, struct tlml_error *e)
{
	json_t *head = json_pack("{s:I, s:I, s:b, s:O}", "last", (json_int_t)h->last, "next",
				 (json_int_t)h->next, "pinned", h->pinned, "counters", h->counters);
	size_t size = 0, i;
	char *text = NULL;
	FILE *f = open_memstream(&text, &size);
	int err = !head || !f || print_line(f, head);
	json_t *entry;

	json_array_foreach(h->entries, i, entry)
		err = err || print_line(f, entry);
	json_decref(head);
	if (f && fclose(f))
		err = 1;
	err = err ? no_memory(e) : tlml_whole_write(dir, TLML_HISTORY_FILE, 0600, text, size, e);
	free(text);
	return err;
}

int tlml_history_add(struct tlml_history *h, const char *event, uint32_t generation,
		     const char *why, json_t *more, struct tlml_error *e)
{
	char text[TLML_HISTORY_WHY];
	json_t *entry;
	int err;

	snprintf(text, sizeof(text), "%s", why);
	tlml_error_clean(text);
	entry = json_pack("{s:I, s:I, s:s, s:I}", "n", (json_int_t)h->next, "time",
			  (json_int_t)time(NULL), "event", event, "generation",
			  (json_int_t)generation);
	err = !entry || (more && json_object_update(entry, more)) ||
	      json_object_set_new(entry, "why", json_string(text)) ||
	      json_array_append(h->entries, entry);
	json_decref(entry);
	json_decref(more);
	while (!err && json_array_size(h->entries) > TLML_HISTORY_MAX)
		json_array_remove(h->entries, 0);
	h->next++;
	return err ? no_memory(e) : 0;
}

uint64_t tlml_history_counter(const struct tlml_history *h, const uint8_t key[TLML_KEY_BYTES])
{
	char text[TLML_KEY_TEXT];

	tlml_keys_text(key, text);
	return json_integer_value(json_object_get(h->counters, text));
}

int tlml_history_set_counter(struct tlml_history *h, const uint8_t key[TLML_KEY_BYTES],
			     uint64_t counter, struct tlml_error *e)
{
	char text[TLML_KEY_TEXT];

	tlml_keys_text(key, text);
	return json_object_set_new(h->counters, text, json_integer(counter)) ? no_memory(e) : 0;
}
