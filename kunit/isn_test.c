// SPDX-License-Identifier: GPL-2.0
/* Initial sequence numbers: module/core/isn.c, RFC 6528 and RFC 9293 section 3.4.1 */
#include <kunit/test.h>
#include "random.h"
#include "../module/core/isn.h"
#include "../module/core/seq.h"

#define HOUR (3600 * 1000000ULL)

/* MUST-8: the clock part advances by one about every 4 microseconds. */
static void xtcp_isn__ticks_every_four_microseconds(struct kunit *test)
{
	u64 now = 123456789;

	KUNIT_EXPECT_EQ(test, xtcp_isn(now + 4, 7) - xtcp_isn(now, 7), 1);
	KUNIT_EXPECT_EQ(test, xtcp_isn(now + 4000000, 7) - xtcp_isn(now, 7), 1000000);
}

/* It wraps after 4.77 hours, and time goes on after that. */
static void xtcp_isn__clock_beyond_32_bits(struct kunit *test)
{
	u64 now = 1000 * HOUR;

	KUNIT_EXPECT_EQ(test, xtcp_isn(now + (4ULL << 32), 7), xtcp_isn(now, 7));
	KUNIT_EXPECT_EQ(test, xtcp_isn(now + HOUR, 7) - xtcp_isn(now, 7),
			(u32)(HOUR / 4));
}

/* MUST-9: each 4-tuple (its hash) has its own sequence number space. */
static void xtcp_isn__hash_moves_the_whole_space(struct kunit *test)
{
	u64 now = 5 * HOUR;

	KUNIT_EXPECT_EQ(test, xtcp_isn(now, 1000) - xtcp_isn(now, 0), 1000);
	KUNIT_EXPECT_EQ(test, xtcp_isn(now, 0xffffffff) - xtcp_isn(now, 0), 0xffffffff);
}

/*
 * At one moment the numbers of two tuples differ only by their hashes: knowing all other ISNs
 * tells as much about this one as is known of its hash.
 */
static void xtcp_isn__of_other_tuples_tells_nothing_but_hashes(struct kunit *test)
{
	struct random random = { 7 };
	u32 bins[16] = {}, i;

	for (i = 0; i < 4096; i++) {
		u64 now = HOUR + random_u32(&random);
		u32 ours = random_u32(&random), other = random_u32(&random);
		u32 step = xtcp_isn(now, ours) - xtcp_isn(now, other);

		KUNIT_EXPECT_EQ(test, step, ours - other);
		bins[step >> 28]++;
	}
	/* 256 each, give or take 5 sigma */
	for (i = 0; i < ARRAY_SIZE(bins); i++) {
		KUNIT_EXPECT_GT(test, bins[i], 176);
		KUNIT_EXPECT_LT(test, bins[i], 336);
	}
}

/* At any time the clock part has advanced by the time that has passed. */
static void xtcp_isn__advances_at_the_clocks_rate(struct kunit *test)
{
	struct random random = { 11 };
	u64 now = HOUR;
	u32 hash = 0xfffffff0, i;

	for (i = 0; i < 1000; i++) {
		u64 passed = random_u32(&random);
		u32 step = xtcp_isn(now + passed, hash) - xtcp_isn(now, hash);

		KUNIT_EXPECT_GE(test, step, passed / 4);
		KUNIT_EXPECT_LE(test, step, passed / 4 + 1);
		now += passed;
	}
}

/* A connection reopened from TIME-WAIT starts beyond the old one's numbers. */
static void xtcp_isn_above__is_above_the_floor(struct kunit *test)
{
	struct random random = { 3 };
	int i;

	for (i = 0; i < 1000; i++) {
		u64 now = HOUR + random_u32(&random);
		u32 hash = random_u32(&random), floor = random_u32(&random);

		KUNIT_EXPECT_TRUE(test, seq_gt(xtcp_isn_above(now, hash, floor), floor));
	}
}

/*
 * The numbers rise with every reopening, wherever the clock stands; and the old ACKs, which the
 * floor bounds, lie beyond an unscaled window (RFC 5961 section 5.2).
 */
static void xtcp_isn_above__lifted_beyond_a_window(struct kunit *test)
{
	u32 isn = xtcp_isn(HOUR, 99), floor;

	for (floor = isn; floor != isn + 5; floor++) {
		u32 lifted = xtcp_isn_above(HOUR, 99, floor);

		KUNIT_EXPECT_TRUE(test, seq_gt(lifted, floor + 0xffff));
	}
	KUNIT_EXPECT_TRUE(test, seq_gt(xtcp_isn_above(HOUR, 99, isn + 0x7fffffff),
				       isn + 0x7fffffff));
}

static void xtcp_isn_above__clock_is_beyond_already(struct kunit *test)
{
	u32 isn = xtcp_isn(HOUR, 99);

	KUNIT_EXPECT_EQ(test, xtcp_isn_above(HOUR, 99, isn - 100), isn);
}

/* Reopened repeatedly, after any time and any amount of data: the numbers only rise. */
static void xtcp_isn_above__rises_with_each_incarnation(struct kunit *test)
{
	struct random random = { 5 };
	u32 hash = 0x80000000, i;
	u32 snd_nxt = xtcp_isn(HOUR, hash) + 1;
	u64 now = HOUR;

	for (i = 0; i < 1000; i++) {
		u32 isn;

		now += random_u32(&random) >> (i % 32);
		isn = xtcp_isn_above(now, hash, snd_nxt);
		KUNIT_EXPECT_TRUE(test, seq_gt(isn, snd_nxt));
		snd_nxt = isn + 1 + (random_u32(&random) >> (1 + i % 31));
	}
}

static struct kunit_case isn_cases[] = {
	KUNIT_CASE(xtcp_isn__ticks_every_four_microseconds),
	KUNIT_CASE(xtcp_isn__clock_beyond_32_bits),
	KUNIT_CASE(xtcp_isn__hash_moves_the_whole_space),
	KUNIT_CASE(xtcp_isn__of_other_tuples_tells_nothing_but_hashes),
	KUNIT_CASE(xtcp_isn__advances_at_the_clocks_rate),
	KUNIT_CASE(xtcp_isn_above__is_above_the_floor),
	KUNIT_CASE(xtcp_isn_above__lifted_beyond_a_window),
	KUNIT_CASE(xtcp_isn_above__clock_is_beyond_already),
	KUNIT_CASE(xtcp_isn_above__rises_with_each_incarnation),
	{}
};

static struct kunit_suite isn_suite = {
	.name = "isn",
	.test_cases = isn_cases,
};

kunit_test_suite(isn_suite);
