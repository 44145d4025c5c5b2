// SPDX-License-Identifier: GPL-2.0
/* The control block before its connection: module/core/tcb.c, RFC 9293 section 3.3 */
#include "conn.h"

static void xtcp_tcb_init__is_closed_and_quiet(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_CLOSED);
	KUNIT_EXPECT_EQ(test, xtcp_earliest_deadline(&c->t), 0);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	KUNIT_EXPECT_FALSE(test, c->t.keepalive);	/* MUST-25 */
	KUNIT_EXPECT_EQ(test, c->t.rto, XTCP_US_PER_S);	/* RFC 6298 (2.1) */
	KUNIT_EXPECT_EQ(test, c->t.peer_mss, 536);	/* MUST-15 */
}

static struct kunit_case tcb_cases[] = {
	KUNIT_CASE(xtcp_tcb_init__is_closed_and_quiet),
	{}
};

static struct kunit_suite tcb_suite = {
	.name = "tcb",
	.test_cases = tcb_cases,
};

kunit_test_suite(tcb_suite);
