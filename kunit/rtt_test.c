// SPDX-License-Identifier: GPL-2.0
/* The retransmission timeout: module/core/rtt.c, RFC 6298 */
#include <kunit/test.h>
#include "random.h"
#include "../module/core/rtt.h"

#define MS XTCP_US_PER_MS
#define S  XTCP_US_PER_S

static const struct xtcp_knobs knobs = {
	.rmem = { 4096, 131072, 6291456 },
	.wmem = { 4096, 16384, 4194304 },
};

static int setup(struct kunit *test)
{
	struct xtcp_tcb *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -1;
	xtcp_tcb_init(t, &knobs);
	test->priv = t;
	return 0;
}

/* (2.1) */
static void xtcp_tcb_init__rto_is_one_second(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;

	KUNIT_EXPECT_EQ(test, t->rto, 1 * S);
	KUNIT_EXPECT_EQ(test, t->srtt, 0);
}

/* (2.2) */
static void xtcp_rtt_sample__first(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;

	xtcp_rtt_sample(t, 1 * S);
	KUNIT_EXPECT_EQ(test, t->srtt, 1 * S);
	KUNIT_EXPECT_EQ(test, t->rttvar, 500 * MS);
	KUNIT_EXPECT_EQ(test, t->rto, 3 * S);
}

/* (2.3): RTTVAR first, with the old SRTT; alpha 1/8, beta 1/4 */
static void xtcp_rtt_sample__second(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;

	xtcp_rtt_sample(t, 1000 * MS);
	xtcp_rtt_sample(t, 2000 * MS);
	KUNIT_EXPECT_EQ(test, t->rttvar, 625 * MS);
	KUNIT_EXPECT_EQ(test, t->srtt, 1125 * MS);
	KUNIT_EXPECT_EQ(test, t->rto, 3625 * MS);
	xtcp_rtt_sample(t, 125 * MS);
	KUNIT_EXPECT_EQ(test, t->rttvar, 625 * MS * 3 / 4 + 250 * MS);
	KUNIT_EXPECT_EQ(test, t->srtt, 1000 * MS);
}

/* On a short steady path the floor prevents a timeout before a delayed ACK arrives. */
static void xtcp_rtt_sample__floor(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;
	int i;

	for (i = 0; i < 100; i++)
		xtcp_rtt_sample(t, 50);
	KUNIT_EXPECT_GE(test, t->rto, XTCP_RTO_MIN);
	KUNIT_EXPECT_LT(test, t->rto, 2 * XTCP_RTO_MIN);
}

static void xtcp_rtt_sample__rto_is_above_the_rtt(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;
	u32 rtt;

	for (rtt = 1; rtt < 60 * S; rtt = rtt * 3 + 1) {
		int i;

		for (i = 0; i < 200; i++)
			xtcp_rtt_sample(t, rtt);
		KUNIT_EXPECT_GT(test, t->rto, rtt);
	}
}

/* (2.5), and no sample, however extreme, overflows. */
static void xtcp_rtt_sample__ceiling(struct kunit *test)
{
	static const u64 strange[] = { 0, 1, 0xffffffff, 0x100000000ULL, ~0ULL, 119 * S };
	struct xtcp_tcb *t = test->priv;
	struct random random = { 8 };
	int i;

	for (i = 0; i < 2000; i++) {
		xtcp_rtt_sample(t, strange[random_below(&random, ARRAY_SIZE(strange))]);
		KUNIT_ASSERT_GE(test, t->rto, XTCP_RTO_MIN);
		KUNIT_ASSERT_LE(test, t->rto, XTCP_RTO_MAX);
		KUNIT_ASSERT_NE(test, t->srtt, 0);
		KUNIT_ASSERT_LE(test, t->srtt, XTCP_RTO_MAX);
	}
}

/* (5.5) and (2.5) */
static void xtcp_rto_backoff__doubles_up_to_the_ceiling(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;
	u64 expected = 1 * S;
	int i;

	for (i = 0; i < 300; i++) {
		xtcp_rto_backoff(t);
		expected = expected * 2 < XTCP_RTO_MAX ? expected * 2 : XTCP_RTO_MAX;
		KUNIT_EXPECT_EQ(test, t->rto, expected);
		KUNIT_EXPECT_GT(test, t->backoff, 0);
	}
	KUNIT_EXPECT_GE(test, XTCP_RTO_MAX, 60 * S);
}

static void xtcp_rtt_sample__ends_the_backing_off(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;
	int i;

	xtcp_rtt_sample(t, 100 * MS);
	for (i = 0; i < 5; i++)
		xtcp_rto_backoff(t);
	xtcp_rtt_sample(t, 100 * MS);
	KUNIT_EXPECT_LT(test, t->rto, 1 * S);
	KUNIT_EXPECT_EQ(test, t->backoff, 0);
}

static struct kunit_case rtt_cases[] = {
	KUNIT_CASE(xtcp_tcb_init__rto_is_one_second),
	KUNIT_CASE(xtcp_rtt_sample__first),
	KUNIT_CASE(xtcp_rtt_sample__second),
	KUNIT_CASE(xtcp_rtt_sample__floor),
	KUNIT_CASE(xtcp_rtt_sample__rto_is_above_the_rtt),
	KUNIT_CASE(xtcp_rtt_sample__ceiling),
	KUNIT_CASE(xtcp_rto_backoff__doubles_up_to_the_ceiling),
	KUNIT_CASE(xtcp_rtt_sample__ends_the_backing_off),
	{}
};

static struct kunit_suite rtt_suite = {
	.name = "rtt",
	.init = setup,
	.test_cases = rtt_cases,
};

kunit_test_suite(rtt_suite);
