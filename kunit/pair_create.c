// SPDX-License-Identifier: GPL-2.0
/* Create and destroy two ends and a link, see pair.h */
#include "pair.h"

static void create_bufs(struct pair *p)
{
	int i, j;

	for (i = 0; i < PAIR_CHUNKS; i++) {
		p->chunks[i] = kunit_kcalloc(p->test, PAIR_CHUNK, sizeof(*p->free),
					     GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(p->test, p->chunks[i]);
		for (j = 0; j < PAIR_CHUNK; j++)
			pair_put_buf(p, &p->chunks[i][j]);
	}
}

/**
 * pair_destroy - free what pair_create() made; also done when the test ends
 * @p: the pair
 */
void pair_destroy(struct pair *p)
{
	struct kunit *test = p->test;
	int i;

	for (i = 0; i < PAIR_CHUNKS; i++)
		kunit_kfree(test, p->chunks[i]);
	kunit_kfree(test, p);
}

/**
 * pair_create - two ends, not connected, over a perfect link of 5 ms
 * @test: the test, which owns all memory
 * @seed: for the random numbers
 *
 * Return: the pair.
 */
struct pair *pair_create(struct kunit *test, u64 seed)
{
	struct pair *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->test = test;
	p->random.state = seed * 7919 + 1;
	p->now = 1000000;
	p->limit = 3600 * XTCP_US_PER_S;
	p->link.delay = 5000;
	p->link.per_byte = 80;	/* 100 Mbit/s */
	p->knobs = (struct xtcp_knobs){
		.msl_ms = 30000, .keepalive_time = 7200, .keepalive_intvl = 75,
		.keepalive_probes = 10, .syn_retries = 7, .synack_retries = 5,
		.retries1 = 3, .retries2 = 15, .fin_timeout = 60, .orphan_timeout = 3600,
		.window_scaling = 1,
		.timestamps = 1, .sack = 1,
		.rmem = { 4096, 131072, 6291456 }, .wmem = { 4096, 16384, 4194304 },
	};
	create_bufs(p);
	for (i = 0; i < 2; i++) {
		p->end[i].user = (struct pair_user){
			.total = 100000, .sndbuf = 65536, .rcvbuf = 65536,
		};
		p->end[i].iss = random_u32(&p->random);
		p->end[i].ts_offset = ~p->end[i].iss;
	}
	return p;
}
