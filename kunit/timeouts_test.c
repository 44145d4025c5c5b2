// SPDX-License-Identifier: GPL-2.0
/* Timeouts: module/core/timeouts.c, RFC 9293 section 3.10.8 */
#include "conn.h"

static struct conn *with_deadlines(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.deadline[XTCP_TIMER_DELACK] = c->now + 10;
	c->t.deadline[XTCP_TIMER_RETRY] = c->now + 20;
	c->t.soonest = c->now + 10;
	return c;
}

static void xtcp_timeouts__none_has_passed(struct kunit *test)
{
	struct conn *c = with_deadlines(test);

	c->now += 9;
	conn_event(c, XTCP_EV_TIMER);
	KUNIT_EXPECT_EQ(test, c->act.todo, 0);
	KUNIT_EXPECT_EQ(test, c->t.soonest, c->now + 1);
}

static void xtcp_timeouts__one_of_two(struct kunit *test)
{
	struct conn *c = with_deadlines(test);

	c->now += 10;
	conn_event(c, XTCP_EV_TIMER);
	KUNIT_EXPECT_TRUE(test, c->t.ack_now);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_DELACK], 0);
	KUNIT_EXPECT_EQ(test, c->t.soonest, c->now + 10);
}

static void xtcp_timeouts__all(struct kunit *test)
{
	struct conn *c = with_deadlines(test);

	c->now += 20;
	conn_event(c, XTCP_EV_TIMER);
	KUNIT_EXPECT_EQ(test, c->act.todo, XTCP_ACT_OUTPUT);
	KUNIT_EXPECT_EQ(test, c->t.soonest, XTCP_NEVER);
}

static struct kunit_case timeouts_cases[] = {
	KUNIT_CASE(xtcp_timeouts__none_has_passed),
	KUNIT_CASE(xtcp_timeouts__one_of_two),
	KUNIT_CASE(xtcp_timeouts__all),
	{}
};

static struct kunit_suite timeouts_suite = {
	.name = "timeouts",
	.test_cases = timeouts_cases,
};

kunit_test_suite(timeouts_suite);
