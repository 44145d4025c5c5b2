// SPDX-License-Identifier: GPL-2.0
/* Challenge ACKs and their limit: module/core/challenge.c, RFC 5961 section 7 */
#include "conn.h"

/* RSTs in the window, but not where the next segment is expected: how many are answered? */
static int answers(struct conn *c, int count)
{
	int i, acks = 0;

	for (i = 0; i < count; i++) {
		conn_segment(c, XTCP_RST, 2, 1, 0);
		KUNIT_EXPECT_EQ(c->test, c->t.state, XTCP_ESTABLISHED);
		acks += conn_drain(c);
	}
	return acks;
}

static void xtcp_challenge__each_at_first(struct kunit *test)
{
	struct conn *c = conn_established(test);

	KUNIT_EXPECT_EQ(test, answers(c, XTCP_CHALLENGES), XTCP_CHALLENGES);
}

static void xtcp_challenge__no_more_in_a_second(struct kunit *test)
{
	struct conn *c = conn_established(test);

	KUNIT_EXPECT_EQ(test, answers(c, 1000), XTCP_CHALLENGES);
	c->now += XTCP_US_PER_S - 1;
	KUNIT_EXPECT_EQ(test, answers(c, 1000), 0);
	c->now += 1;
	KUNIT_EXPECT_EQ(test, answers(c, 1000), XTCP_CHALLENGES);
}

/* What one connection has used up another still has */
static void xtcp_challenge__of_each_connection(struct kunit *test)
{
	struct conn *one = conn_established(test), *other = conn_established(test);

	KUNIT_EXPECT_EQ(test, answers(one, 100), XTCP_CHALLENGES);
	KUNIT_EXPECT_EQ(test, answers(other, 1), 1);
}

static struct kunit_case challenge_cases[] = {
	KUNIT_CASE(xtcp_challenge__each_at_first),
	KUNIT_CASE(xtcp_challenge__no_more_in_a_second),
	KUNIT_CASE(xtcp_challenge__of_each_connection),
	{}
};

static struct kunit_suite challenge_suite = {
	.name = "challenge",
	.test_cases = challenge_cases,
};

kunit_test_suite(challenge_suite);
