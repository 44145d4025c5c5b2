// SPDX-License-Identifier: GPL-2.0
/* The control block before its connection: module/core/tcb.c, RFC 9293 section 3.7.1 */
#include <linux/limits.h>
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

/* MUST-16: the smaller of what the peer and what the path take */
static void xtcp_tcb_set_path__smaller_of_two(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	c->t.peer_mss = 1200;
	xtcp_tcb_set_path(&c->t, 1460);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, 1200);
	xtcp_tcb_set_path(&c->t, 1000);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, 1000);
	c->t.set_mss = 600;
	xtcp_tcb_set_path(&c->t, 1000);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, 600);
}

static void xtcp_tcb_set_path__to_its_edges(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	c->t.peer_mss = U16_MAX;
	xtcp_tcb_set_path(&c->t, 100000);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, U16_MAX);
	xtcp_tcb_set_path(&c->t, 0);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, XTCP_MSS_FLOOR);
	xtcp_tcb_set_path(&c->t, XTCP_MSS_FLOOR + 1);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, XTCP_MSS_FLOOR + 1);
}

static struct kunit_case tcb_cases[] = {
	KUNIT_CASE(xtcp_tcb_init__is_closed_and_quiet),
	KUNIT_CASE(xtcp_tcb_set_path__smaller_of_two),
	KUNIT_CASE(xtcp_tcb_set_path__to_its_edges),
	{}
};

static struct kunit_suite tcb_suite = {
	.name = "tcb",
	.test_cases = tcb_cases,
};

kunit_test_suite(tcb_suite);
