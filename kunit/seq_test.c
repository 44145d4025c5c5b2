// SPDX-License-Identifier: GPL-2.0
/* Sequence-number arithmetic: module/core/seq.h, RFC 9293 section 3.4 */
#include <kunit/test.h>
#include "../module/core/seq.h"

/* One position after another, all around the circle and its corners */
static const u32 corners[] = {
	0, 1, 2, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff,
};

static void seq_lt__next_number_is_greater(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(corners); i++) {
		KUNIT_EXPECT_TRUE(test, seq_lt(corners[i], corners[i] + 1));
		KUNIT_EXPECT_FALSE(test, seq_lt(corners[i] + 1, corners[i]));
		KUNIT_EXPECT_TRUE(test, seq_gt(corners[i] + 1, corners[i]));
		KUNIT_EXPECT_FALSE(test, seq_gt(corners[i], corners[i] + 1));
	}
}

static void seq_lt__half_the_circle_is_the_limit(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(corners); i++) {
		KUNIT_EXPECT_TRUE(test, seq_lt(corners[i], corners[i] + 0x7fffffff));
		KUNIT_EXPECT_TRUE(test, seq_lt(corners[i] - 0x7fffffff, corners[i]));
	}
}

static void seq_leq__equal_numbers(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(corners); i++) {
		KUNIT_EXPECT_FALSE(test, seq_lt(corners[i], corners[i]));
		KUNIT_EXPECT_FALSE(test, seq_gt(corners[i], corners[i]));
		KUNIT_EXPECT_TRUE(test, seq_leq(corners[i], corners[i]));
		KUNIT_EXPECT_TRUE(test, seq_geq(corners[i], corners[i]));
	}
}

static void seq_geq__is_the_opposite_of_lt(struct kunit *test)
{
	int i, j;

	for (i = 0; i < ARRAY_SIZE(corners); i++) {
		for (j = 0; j < ARRAY_SIZE(corners); j++) {
			KUNIT_EXPECT_NE(test, seq_geq(corners[i], corners[j]),
					seq_lt(corners[i], corners[j]));
			KUNIT_EXPECT_NE(test, seq_leq(corners[i], corners[j]),
					seq_gt(corners[i], corners[j]));
		}
	}
}

static void seq_within__left_edge_in_right_edge_out(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(corners); i++) {
		u32 left = corners[i], right = left + 100;

		KUNIT_EXPECT_TRUE(test, seq_within(left, left, right));
		KUNIT_EXPECT_TRUE(test, seq_within(right - 1, left, right));
		KUNIT_EXPECT_FALSE(test, seq_within(right, left, right));
		KUNIT_EXPECT_FALSE(test, seq_within(left - 1, left, right));
	}
}

static void seq_within__empty_range_holds_nothing(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, seq_within(5, 5, 5));
	KUNIT_EXPECT_FALSE(test, seq_within(4, 5, 5));
	KUNIT_EXPECT_FALSE(test, seq_within(6, 5, 5));
}

static void seq_max__across_the_wrap(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, seq_max(0xfffffff0, 0x10), 0x10);
	KUNIT_EXPECT_EQ(test, seq_max(0x10, 0xfffffff0), 0x10);
	KUNIT_EXPECT_EQ(test, seq_min(0xfffffff0, 0x10), 0xfffffff0);
	KUNIT_EXPECT_EQ(test, seq_min(0x10, 0xfffffff0), 0xfffffff0);
	KUNIT_EXPECT_EQ(test, seq_max(7, 7), 7);
	KUNIT_EXPECT_EQ(test, seq_min(7, 7), 7);
}

static struct kunit_case seq_cases[] = {
	KUNIT_CASE(seq_lt__next_number_is_greater),
	KUNIT_CASE(seq_lt__half_the_circle_is_the_limit),
	KUNIT_CASE(seq_leq__equal_numbers),
	KUNIT_CASE(seq_geq__is_the_opposite_of_lt),
	KUNIT_CASE(seq_within__left_edge_in_right_edge_out),
	KUNIT_CASE(seq_within__empty_range_holds_nothing),
	KUNIT_CASE(seq_max__across_the_wrap),
	{}
};

static struct kunit_suite seq_suite = {
	.name = "seq",
	.test_cases = seq_cases,
};

kunit_test_suite(seq_suite);
