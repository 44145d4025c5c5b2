// SPDX-License-Identifier: GPL-2.0
/* Deadlines: module/core/deadline.c */
#include "conn.h"

static void xtcp_earliest_deadline__of_several(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.deadline[XTCP_TIMER_RTX] = 50;
	c->t.deadline[XTCP_TIMER_DELACK] = 20;
	c->t.deadline[XTCP_TIMER_KEEPALIVE] = 90;
	KUNIT_EXPECT_EQ(test, xtcp_earliest_deadline(&c->t), 20);
}

static struct kunit_case deadline_cases[] = {
	KUNIT_CASE(xtcp_earliest_deadline__of_several),
	{}
};

static struct kunit_suite deadline_suite = {
	.name = "deadline",
	.test_cases = deadline_cases,
};

kunit_test_suite(deadline_suite);
