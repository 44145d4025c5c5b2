// SPDX-License-Identifier: GPL-2.0
/*
 * core/hash.h: the hash of the connection table. Its guarantees are about secrets
 * drawn at random, so the tests draw many.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/minmax.h>

#include "../module/core/hash.h"
#include "random.h"

static u64 random_u64(struct random *random)
{
	return (u64)random_u32(random) << 32 | random_u32(random);
}

static void draw(struct xtcp_hash_secret *s, struct random *random)
{
	unsigned int i;

	for (i = 0; i <= XTCP_HASH_WORDS; i++)
		s->k[i] = random_u64(random);
	s->odd = random_u32(random);
	xtcp_hash_secret_init(s);
}

static void xtcp_hash4__depends_on_each_bit(struct kunit *test)
{
	struct random random = { 1 };
	struct xtcp_hash_secret s;
	u32 x[4], before;
	unsigned int bit;

	draw(&s, &random);
	for (bit = 0; bit < 4; bit++)
		x[bit] = random_u32(&random);
	before = xtcp_hash4(&s, x[0], x[1], x[2], x[3]);
	for (bit = 0; bit < 128; bit++) {
		x[bit / 32] ^= BIT(bit % 32);
		KUNIT_EXPECT_NE(test, before, xtcp_hash4(&s, x[0], x[1], x[2], x[3]));
		x[bit / 32] ^= BIT(bit % 32);
	}
}

static void xtcp_hash10__depends_on_each_bit(struct kunit *test)
{
	struct random random = { 2 };
	struct xtcp_hash_secret s;
	u32 x[10], before;
	unsigned int bit;

	draw(&s, &random);
	for (bit = 0; bit < 10; bit++)
		x[bit] = random_u32(&random);
	before = xtcp_hash10(&s, x, x[8], x[9]);
	for (bit = 0; bit < 320; bit++) {
		x[bit / 32] ^= BIT(bit % 32);
		KUNIT_EXPECT_NE(test, before, xtcp_hash10(&s, x, x[8], x[9]));
		x[bit / 32] ^= BIT(bit % 32);
	}
}

static void xtcp_hash4__depends_on_the_secret(struct kunit *test)
{
	struct random random = { 3 };
	struct xtcp_hash_secret s;
	unsigned int i, same = 0;
	u32 before;

	draw(&s, &random);
	before = xtcp_hash4(&s, 1, 2, 3, 4);
	for (i = 0; i < 1000; i++) {
		draw(&s, &random);
		same += xtcp_hash4(&s, 1, 2, 3, 4) == before;
	}
	KUNIT_EXPECT_EQ(test, same, 0);
}

#define DRAWS	262144

/* In how many of DRAWS drawings two inputs fall into one of 1024 buckets: 256 are expected, and
 * 16 are the standard deviation
 */
static unsigned int collisions(const u32 *x, const u32 *y, unsigned int words)
{
	struct random random = { x[0] + 5 * y[0] + 25 * y[1] };
	struct xtcp_hash_secret s;
	unsigned int i, met = 0;

	for (i = 0; i < DRAWS; i++) {
		draw(&s, &random);
		if (words == 4)
			met += !((xtcp_hash4(&s, x[0], x[1], x[2], x[3]) ^
				  xtcp_hash4(&s, y[0], y[1], y[2], y[3])) & 1023);
		else
			met += !((xtcp_hash10(&s, x, x[8], x[9]) ^
				  xtcp_hash10(&s, y, y[8], y[9])) & 1023);
	}
	return met;
}

/* Inputs that an attacker chooses collide no more often than any others */
static void xtcp_hash__two_inputs_meet_by_chance_only(struct kunit *test)
{
	static const u32 four[][2][4] = {
		{ { 1, 2, 3, 4 }, { 1, 2, 3, 5 } },		/* the next port */
		{ { 1, 2, 3, 4 }, { 2, 1, 3, 4 } },		/* ends swapped */
		{ { 1, 2, 3, 4 }, { 3, 4, 1, 2 } },
		{ { 0, 0, 0, 0 }, { 1, 0, 0, 0 } },
		{ { 0, 0, 0, 0 }, { 0x80000000, 0, 0, 0 } },
		{ { ~0U, ~0U, ~0U, ~0U }, { 0, 0, 0, 0 } },
	};
	static const u32 ten[2][10] = {
		{ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 },
		{ 1, 2, 3, 4, 6, 5, 7, 8, 9, 10 },
	};
	unsigned int i, met;

	for (i = 0; i < ARRAY_SIZE(four); i++) {
		met = collisions(four[i][0], four[i][1], 4);
		KUNIT_EXPECT_GT(test, met, 256 - 6 * 16);
		KUNIT_EXPECT_LT(test, met, 256 + 6 * 16);
	}
	met = collisions(ten[0], ten[1], 10);
	KUNIT_EXPECT_GT(test, met, 256 - 6 * 16);
	KUNIT_EXPECT_LT(test, met, 256 + 6 * 16);
}

/*
 * Two ports known to share a bucket tell nothing about their neighbours. Without the second
 * step nearly all of these would collide, too.
 */
static void xtcp_hash4__a_collision_tells_of_no_other(struct kunit *test)
{
	struct random random = { 4 };
	struct xtcp_hash_secret s;
	u32 port, i, hash, met = 0;

	draw(&s, &random);
	hash = xtcp_hash4(&s, 1, 2, 0, 3) & 1023;
	for (port = 1; port < 65536; port++)
		if ((xtcp_hash4(&s, 1, 2, port, 3) & 1023) == hash)
			break;
	KUNIT_ASSERT_LT(test, port, 65536);
	for (i = 1; i <= 10240; i++)
		met += !((xtcp_hash4(&s, 1, 2, i, 3) ^
			  xtcp_hash4(&s, 1, 2, port + i, 3)) & 1023);
	KUNIT_EXPECT_LT(test, met, 40);		/* 10 by chance */
}

/* As many connections as buckets: the longest chain is as chance predicts */
static void xtcp_hash4__spreads_a_million(struct kunit *test)
{
	struct random random = { 5 };
	struct xtcp_hash_secret s;
	u8 *bucket = kunit_kzalloc(test, 1 << 16, GFP_KERNEL);
	u32 i, round, longest = 0;

	KUNIT_ASSERT_NOT_NULL(test, bucket);
	for (round = 0; round < 16; round++) {
		draw(&s, &random);
		memset(bucket, 0, 1 << 16);
		for (i = 0; i < 1 << 16; i++) {
			/* 16 clients, each using all ports of a range */
			u32 hash = xtcp_hash4(&s, 0x0a000001, 0x0a000100 + (i >> 12),
					      0x50008000 + (i & 4095), 7);

			longest = max_t(u32, longest, ++bucket[hash & 0xffff]);
		}
	}
	/* Poisson: 13 in one of a million buckets has a chance of 1 in 15,000 */
	KUNIT_EXPECT_LT(test, longest, 13);
	KUNIT_EXPECT_GT(test, longest, 5);
}

static struct kunit_case hash_cases[] = {
	KUNIT_CASE(xtcp_hash4__depends_on_each_bit),
	KUNIT_CASE(xtcp_hash10__depends_on_each_bit),
	KUNIT_CASE(xtcp_hash4__depends_on_the_secret),
	KUNIT_CASE(xtcp_hash__two_inputs_meet_by_chance_only),
	KUNIT_CASE(xtcp_hash4__a_collision_tells_of_no_other),
	KUNIT_CASE(xtcp_hash4__spreads_a_million),
	{}
};

static struct kunit_suite hash_suite = {
	.name = "xtcp_hash",
	.test_cases = hash_cases,
};

kunit_test_suite(hash_suite);
