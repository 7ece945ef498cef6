// SPDX-License-Identifier: BSD-2-Clause
/*
 * The allow-list. A trie entry's value is its own prefix length: a lookup finds the longest
 * match, and only by that value can one tell whether the very prefix is there (flags that ask
 * the kernel to care are ignored by older ones).
 */
#include "allow.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define V4_BITS		96	/* of ::ffff:0:0/96 */
#define EPOCH_MAX	127

/* What was done so far, to be undone in reverse if something fails. */
struct undo {
	struct tlml_allow_change *did;
	size_t n, room;
};

static int is_mapped(const struct tlml_allow_key *key)
{
	return key->prefixlen >= V4_BITS && !key->addr[0] && !key->addr[1] &&
	       key->addr[2] == htonl(0xffff);
}

/* Clears the bits beyond the length; whether any was set. */
static int cut(struct tlml_allow_key *key)
{
	unsigned int i;
	int had = 0;

	for (i = 0; i < 4; i++) {
		unsigned int bits = key->prefixlen > i * 32 ? key->prefixlen - i * 32 : 0;
		__u32 mask = bits >= 32 ? ~0u : htonl(~(~0ull >> 32 >> bits));

		had |= !!(key->addr[i] & ~mask);
		key->addr[i] &= mask;
	}
	return had;
}

void tlml_allow_print(const struct tlml_allow_key *key, char *text)
{
	char addr[INET6_ADDRSTRLEN];
	int v4 = is_mapped(key);

	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? &key->addr[3] : &key->addr[0], addr, sizeof(addr));
	snprintf(text, TLML_ALLOW_TEXT, "%s/%u", addr, key->prefixlen - (v4 ? V4_BITS : 0));
}

int tlml_allow_parse(const char *text, struct tlml_allow_key *key, struct tlml_error *e)
{
	char addr[INET6_ADDRSTRLEN], right[TLML_ALLOW_TEXT];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	unsigned int most, len;
	char more;

	*key = (struct tlml_allow_key){ 0 };
	if (n >= sizeof(addr))
		return tlml_error_set(e, EINVAL, "'%s' is no address: write 192.0.2.0/24 or 2001:db8::/32",
				      text);
	memcpy(addr, text, n);
	addr[n] = 0;
	if (inet_pton(AF_INET, addr, &key->addr[3]) == 1) {
		key->addr[2] = htonl(0xffff);
		most = 32;
	} else if (inet_pton(AF_INET6, addr, key->addr) == 1) {
		most = 128;
	} else {
		return tlml_error_set(e, EINVAL, "'%s' is no address: write 192.0.2.0/24 or 2001:db8::/32",
				      text);
	}
	len = most;
	if (slash && (slash[1] < '0' || slash[1] > '9' ||
		      sscanf(slash + 1, "%3u%c", &len, &more) != 1 || len > most))
		return tlml_error_set(e, EINVAL, "'%s': the length after the slash is 0 to %u", text,
				      most);
	key->prefixlen = len + (most == 32 ? V4_BITS : 0);
	if (!cut(key))
		return 0;
	tlml_allow_print(key, right);
	return tlml_error_set(e, EINVAL, "'%s' has bits set beyond its length: write %s, or leave the length out for the host alone",
			      text, right);
}

static int fail(const struct tlml_allow_key *key, int code, struct tlml_error *e)
{
	char text[TLML_ALLOW_TEXT];

	tlml_allow_print(key, text);
	if (code == ENOSPC)
		return tlml_error_set(e, code, "the allow-list is full, %s does not fit: delete prefixes or use shorter ones",
				      text);
	if (code == EPERM || code == EACCES)
		return tlml_error_set(e, code, "may not change the allow-list: run as root, or with CAP_BPF");
	return tlml_error_set(e, code, "cannot change the allow-list at %s: %s", text, strerror(code));
}

static int has(int fd, const struct tlml_allow_key *key)
{
	__u32 len;

	return !bpf_map_lookup_elem(fd, key, &len) && len == key->prefixlen;
}

/* Adds or deletes one, if that changes anything, and remembers it. */
static int step(int fd, enum tlml_allow_verb verb, const struct tlml_allow_key *key,
		struct undo *u, struct tlml_error *e)
{
	struct tlml_allow_change *did;
	int err;

	if (verb == TLML_ALLOW_ADD && has(fd, key))
		return 0;
	if (u->n == u->room) {
		did = realloc(u->did, (u->room * 2 + 16) * sizeof(*did));
		if (!did)
			return fail(key, ENOMEM, e);
		u->did = did;
		u->room = u->room * 2 + 16;
	}
	if (verb == TLML_ALLOW_ADD)
		err = bpf_map_update_elem(fd, key, &key->prefixlen, BPF_ANY);
	else
		err = bpf_map_delete_elem(fd, key);
	if (err)
		return fail(key, errno, e);
	u->did[u->n++] = (struct tlml_allow_change){ verb, *key };
	return 0;
}

static int change(int fd, const struct tlml_allow_change *c, struct undo *u, struct tlml_error *e)
{
	char text[TLML_ALLOW_TEXT];
	struct tlml_allow_key key;
	int err = 0;

	if (c->verb == TLML_ALLOW_CLEAR) {
		while (!err && !bpf_map_get_next_key(fd, NULL, &key))
			err = step(fd, TLML_ALLOW_DEL, &key, u, e);
		return err;
	}
	if (c->verb == TLML_ALLOW_DEL && !has(fd, &c->key)) {
		tlml_allow_print(&c->key, text);
		return tlml_error_set(e, ENOENT, "%s is not on the allow-list: 'tlmlctl class IFACE' lists what is",
				      text);
	}
	return step(fd, c->verb, &c->key, u, e);
}

static void take_back(int fd, const struct undo *u)
{
	size_t i;

	for (i = u->n; i-- > 0;) {
		const struct tlml_allow_key *key = &u->did[i].key;

		if (u->did[i].verb == TLML_ALLOW_ADD)
			bpf_map_delete_elem(fd, key);
		else
			bpf_map_update_elem(fd, key, &key->prefixlen, BPF_ANY);
	}
}

/* Flows keep the answer of their lookup together with the epoch it is from. */
static void announce(struct tlml_maps *m)
{
	struct tlml_allow_key key;
	__u8 was = __atomic_load_n(&m->ctl->allow_epoch, __ATOMIC_ACQUIRE), next;

	do
		next = was < EPOCH_MAX ? was + 1 : 1;
	while (!__atomic_compare_exchange_n(&m->ctl->allow_epoch, &was, next, 0, __ATOMIC_ACQ_REL,
					    __ATOMIC_ACQUIRE));
	__atomic_store_n(&m->ctl->allow_any, !bpf_map_get_next_key(m->allow_fd, NULL, &key),
			 __ATOMIC_RELEASE);
}

int tlml_allow_apply(struct tlml_maps *m, const struct tlml_allow_change *changes, size_t n,
		     struct tlml_error *e)
{
	struct undo u = { 0 };
	int err = 0;
	size_t i;

	for (i = 0; !err && i < n; i++)
		err = change(m->allow_fd, &changes[i], &u, e);
	if (err)
		take_back(m->allow_fd, &u);
	if (u.n)
		announce(m);
	free(u.did);
	return err;
}

int tlml_allow_list(const struct tlml_maps *m, struct tlml_allow_key **keys, size_t *n,
		    struct tlml_error *e)
{
	struct tlml_allow_key key, *more, *prev = NULL;
	size_t room = 0;

	*keys = NULL;
	*n = 0;
	while (!bpf_map_get_next_key(m->allow_fd, prev, &key)) {
		if (*n == room) {
			room = room * 2 + 16;
			more = realloc(*keys, room * sizeof(key));
			if (!more) {
				free(*keys);
				return tlml_error_set(e, ENOMEM, "no memory to list %zu prefixes", room);
			}
			*keys = more;
		}
		(*keys)[(*n)++] = key;
		prev = &key;
	}
	return 0;
}
