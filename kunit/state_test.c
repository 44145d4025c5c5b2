// SPDX-License-Identifier: GPL-2.0
/* The ends of a connection: module/core/state.c, RFC 9293 section 3.10.5 */
#include <linux/errno.h>
#include "conn.h"

static void abort__resets_where_the_rfc_does(struct kunit *test)
{
	struct conn *(*const states[])(struct kunit *test) = {
		conn_established, conn_close_wait, conn_fin_wait_1, conn_fin_wait_2,
	};
	int i;

	for (i = 0; i < 4; i++) {
		struct conn *c = states[i](test);

		conn_event(c, XTCP_EV_ABORT);
		KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_RST);
		KUNIT_EXPECT_EQ(test, c->act.rst.flags, XTCP_RST | XTCP_ACK);
		KUNIT_EXPECT_EQ(test, c->act.rst.seq, c->t.snd_nxt);
		KUNIT_EXPECT_EQ(test, c->act.rst.ack, c->t.rcv_nxt);
		conn_expect_gone(c, 0);
	}
}

static void abort__frees_both_queues(struct kunit *test)
{
	struct conn *c = conn_established(test);
	struct xtcp_rec *rec;
	int count = 0;

	conn_write(c, 500);
	conn_write(c, 500);
	conn_drain(c);
	conn_segment(c, XTCP_ACK, 2001, 1, 100);
	conn_event(c, XTCP_EV_ABORT);
	for (rec = c->act.freed; rec; rec = rec->next)
		count++;
	KUNIT_EXPECT_EQ(test, count, 3);
	conn_expect_gone(c, 0);
}

/* What is on its way to a connection while it ends finds nothing */
static void abort__then_a_segment(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_event(c, XTCP_EV_ABORT);
	conn_segment(c, XTCP_ACK, 1, 1, 10);
	KUNIT_EXPECT_EQ(test, c->act.todo, 0);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_NOT_EXPECTED);
	KUNIT_EXPECT_FALSE(test, c->act.taken);
}

static void abort__is_silent_elsewhere(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	conn_event(c, XTCP_EV_ABORT);
	KUNIT_EXPECT_EQ(test, c->act.todo, 0);
	conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	conn_event(c, XTCP_EV_ABORT);
	KUNIT_EXPECT_EQ(test, c->act.todo, XTCP_ACT_CLOSED);
	c = conn_close_wait(test);
	conn_event(c, XTCP_EV_SHUTDOWN);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
	conn_event(c, XTCP_EV_ABORT);
	KUNIT_EXPECT_EQ(test, c->act.todo, XTCP_ACT_CLOSED);
}

static struct kunit_case state_cases[] = {
	KUNIT_CASE(abort__resets_where_the_rfc_does),
	KUNIT_CASE(abort__frees_both_queues),
	KUNIT_CASE(abort__then_a_segment),
	KUNIT_CASE(abort__is_silent_elsewhere),
	{}
};

static struct kunit_suite state_suite = {
	.name = "state",
	.test_cases = state_cases,
};

kunit_test_suite(state_suite);
