// SPDX-License-Identifier: GPL-2.0
/* The effective send MSS: module/core/mss.c, RFC 9293 section 3.7.1 */
#include <linux/limits.h>
#include "conn.h"

/* MUST-16: the smaller of the peer's limit and the path's */
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

static struct kunit_case mss_cases[] = {
	KUNIT_CASE(xtcp_tcb_set_path__smaller_of_two),
	KUNIT_CASE(xtcp_tcb_set_path__to_its_edges),
	{}
};

static struct kunit_suite mss_suite = {
	.name = "mss",
	.test_cases = mss_cases,
};

kunit_test_suite(mss_suite);
