// SPDX-License-Identifier: BSD-2-Clause
/* Fingerprint of the features, so that a model never reads others than it was trained on. */
#include "model.h"

#include <sodium.h>

static const char names[] =
#define TLML_FEATURE_TEXT(id, meaning) #id ":" meaning ";"
	TLML_FEATURES(TLML_FEATURE_TEXT)
#undef TLML_FEATURE_TEXT
;

/* Runs a made-up flow through the arithmetic and hashes all that models would see of it. */
static void schema_add_flow(crypto_hash_sha256_state *h, uint8_t proto, uint16_t port)
{
	struct tlml_packet p = { .family = 4, .proto = proto, .sport = 40000, .dport = port,
				 .segs = 1, .saddr = { 1 }, .daddr = { 2 } };
	struct tlml_source src, dst;
	struct tlml_flow f __attribute__((aligned(8)));	/* it is cleared by words */
	uint32_t i, now = 1 << 20;
	uint8_t x[TLML_FEATURES_MAX];

	tlml_source_begin(&src, 1, now);
	tlml_source_begin(&dst, 2, now);
	tlml_flow_begin(&f, 3, now, 1, &p);
	for (i = 0; i < 64; i++) {
		uint32_t service = tlml_service(p.sport, p.dport);

		now += i * i * 97;
		p.len = p.seg_len = 40 + (i * 2654435761u >> 21);
		p.tcp_flags = proto == 6 ? (i ? i & 0x1f : TLML_TCP_SYN) : 0;
		tlml_flow_update(&f, &p, now, i & 1);
		tlml_source_roll(&src, now);
		tlml_source_roll(&dst, now);
		tlml_source_flow(&src, port + i, tlml_peer(p.daddr, 4) * (i + 1));
		tlml_source_flow(&dst, port, tlml_peer(p.saddr, 4) + i);
		if (i % 3 == 1)
			tlml_source_answer(&src);
		tlml_feature_first(&f, proto, service, &src, &dst, x);
		tlml_feature_rest(&f, service, x);
		crypto_hash_sha256_update(h, x, sizeof(x));
	}
}

static uint64_t schema_make(void)
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state h;
	uint64_t schema = 0;
	uint32_t i;

	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, (const unsigned char *)names, sizeof(names));
	for (i = 0; i < 65536; i++) {
		unsigned char v[3] = { tlml_service_code(i), tlml_size_code(i), tlml_log2q(i * i) };

		crypto_hash_sha256_update(&h, v, sizeof(v));
	}
	schema_add_flow(&h, 6, 443);
	schema_add_flow(&h, 17, 53);
	schema_add_flow(&h, 1, 0);
	crypto_hash_sha256_final(&h, digest);
	for (i = 0; i < sizeof(schema); i++)
		schema |= (uint64_t)digest[i] << 8 * i;
	return schema;
}

uint64_t tlml_schema_hash(void)
{
	static uint64_t known;		/* the same whoever makes it first */
	uint64_t schema = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (!schema) {
		schema = schema_make();
		__atomic_store_n(&known, schema, __ATOMIC_RELAXED);
	}
	return schema;
}
