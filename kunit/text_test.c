// SPDX-License-Identifier: GPL-2.0
/*
 * What a segment carries: module/core/text.c, RFC 9293 section 3.10.7.4, sixth to eighth,
 * after the program has stopped reading. The usual case is in segment_test.c.
 */
#include <linux/errno.h>
#include "conn.h"

/* Text that can't be read is rejected once both directions are shut (SHLD-3) */
static void deaf__text_is_reset(struct kunit *test)
{
	struct conn *(*const states[])(struct kunit *test) = {
		conn_fin_wait_1, conn_fin_wait_2,
	};
	int i;

	for (i = 0; i < 2; i++) {
		struct conn *c = states[i](test);

		conn_event(c, XTCP_EV_SHUT_RD);
		KUNIT_EXPECT_EQ(test, c->act.todo, 0);
		conn_segment(c, XTCP_ACK, 1, 1 + i, 10);
		KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_CLOSED);
		KUNIT_EXPECT_FALSE(test, c->act.taken);
		KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_RST);
		KUNIT_EXPECT_EQ(test, c->act.rst.seq, CONN_ISS + 1 + i);
		conn_expect_gone(c, ECONNRESET);
	}
}

/* Behind a hole, too; and text that fills a hole in front of queued text */
static void deaf__text_out_of_order(struct kunit *test)
{
	struct conn *c = conn_fin_wait_2(test);

	conn_segment(c, XTCP_ACK, 101, 2, 10);
	KUNIT_ASSERT_TRUE(test, c->act.taken);
	conn_drain(c);
	conn_event(c, XTCP_EV_SHUT_RD);
	conn_segment(c, XTCP_ACK, 1, 2, 100);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_RST);
	conn_expect_gone(c, ECONNRESET);
	c = conn_fin_wait_2(test);
	conn_event(c, XTCP_EV_SHUT_RD);
	conn_segment(c, XTCP_ACK, 101, 2, 10);
	conn_expect_gone(c, ECONNRESET);
}

/* While we may still send, the peer may answer; its text is kept in case it is read after all */
static void deaf__one_direction_alone(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_event(c, XTCP_EV_SHUT_RD);
	conn_segment(c, XTCP_ACK, 1, 1, 10);
	KUNIT_EXPECT_TRUE(test, c->act.taken);
	KUNIT_EXPECT_EQ(test, c->act.delivered, 10);
	conn_segment(c, XTCP_ACK, 21, 1, 10);	/* behind a hole: not on the fast path */
	KUNIT_EXPECT_TRUE(test, c->act.taken);
	conn_drain(c);
	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_drain(c);
	conn_segment(c, XTCP_ACK, 11, 1, 10);
	conn_expect_gone(c, ECONNRESET);
}

/* The peer's FIN, and retransmitted text, lose nothing */
static void deaf__fin_and_old_text(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_ACK, 1, 1, 100);
	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_event(c, XTCP_EV_SHUT_RD);
	conn_drain(c);
	conn_segment(c, XTCP_ACK, 1, 1, 100);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_OLD);
	conn_drain(c);
	conn_segment(c, XTCP_FIN | XTCP_ACK, 51, 2, 50);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_TIME_WAIT);
	KUNIT_EXPECT_FALSE(test, c->act.todo & XTCP_ACT_ERROR);
}

static void deaf__an_orphan_is(struct kunit *test)
{
	struct conn *c = conn_fin_wait_2(test);

	conn_event(c, XTCP_EV_ORPHAN);
	conn_segment(c, XTCP_ACK, 1, 2, 10);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_CLOSED);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_RST);
	KUNIT_EXPECT_EQ(test, c->act.rst.seq, CONN_ISS + 2);
	KUNIT_EXPECT_FALSE(test, c->act.taken);
	conn_expect_gone(c, ECONNRESET);
}

static struct kunit_case text_cases[] = {
	KUNIT_CASE(deaf__text_is_reset),
	KUNIT_CASE(deaf__text_out_of_order),
	KUNIT_CASE(deaf__one_direction_alone),
	KUNIT_CASE(deaf__fin_and_old_text),
	KUNIT_CASE(deaf__an_orphan_is),
	{}
};

static struct kunit_suite text_suite = {
	.name = "text",
	.test_cases = text_cases,
};

kunit_test_suite(text_suite);
