// SPDX-License-Identifier: GPL-2.0
/* The persist timer: module/core/persist.c, RFC 9293 sections 3.8.6.1 and 3.8.6.2.1 */
#include <linux/errno.h>
#include <linux/limits.h>
#include "conn.h"

#define MS XTCP_US_PER_MS
#define SECOND XTCP_US_PER_S

static struct conn *one_in_flight(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 500);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
	return c;
}

static struct conn *zero_window(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->wnd = 0;
	conn_segment(c, XTCP_ACK, 2, 1, 0);
	conn_write(c, 500);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 0);
	return c;
}

/* SHLD-29, SHLD-30, MUST-36 */
static void persist__probes_ever_more_rarely(struct kunit *test)
{
	struct conn *c = zero_window(test);
	u64 interval = c->t.rto;
	int i;

	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, conn_timer(c), interval);
		KUNIT_ASSERT_TRUE(test, conn_pull(c));
		KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_PROBE);
		KUNIT_EXPECT_EQ(test, conn_out_seq(c), 0);
		KUNIT_EXPECT_EQ(test, c->out.flags, XTCP_ACK);
		KUNIT_EXPECT_FALSE(test, conn_pull(c));
		interval = min_t(u64, 2 * interval, XTCP_RTO_MAX);
	}
}

/* MUST-37: for ever, as long as the peer answers */
static void persist__answered_probes_keep_it_open(struct kunit *test)
{
	struct conn *c = zero_window(test);
	int i;

	for (i = 0; i < 300; i++) {
		conn_timer(c);
		KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
		conn_segment(c, XTCP_ACK, 2, 1, 0);
	}
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	c->wnd = 1000;
	conn_segment(c, XTCP_ACK, 2, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_PERSIST], 0);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_DATA);
}

static void persist__unanswered_probes_end_it(struct kunit *test)
{
	struct conn *c = zero_window(test);
	int i;

	for (i = 0; i < 15; i++) {
		conn_timer(c);
		KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
	}
	conn_timer(c);
	conn_expect_gone(c, ETIMEDOUT);
}

/* A FIN without text waits for the window, too */
static void persist__for_a_fin(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->wnd = 0;
	conn_segment(c, XTCP_ACK, 2, 1, 0);
	conn_event(c, XTCP_EV_SHUTDOWN);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
	conn_timer(c);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_PROBE);
}

/* RFC 9293 section 3.8.6.2.1 (4): 0.1 to 1.0 s */
static void persist__overrides_silly_window_avoidance(struct kunit *test)
{
	struct conn *c = conn_established(test);
	u64 waited;

	c->wnd = 300;
	conn_segment(c, XTCP_ACK, 2, 1, 0);
	conn_write(c, 500);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
	waited = conn_timer(c);
	KUNIT_EXPECT_GE(test, waited, 100 * MS);
	KUNIT_EXPECT_LE(test, waited, SECOND);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_DATA);
	KUNIT_EXPECT_EQ(test, c->out.len, 300);
}

/* A long write corks its pieces, and leaves the timer armed: in flight, an ACK will come */
static void persist__not_for_what_is_corked_no_longer(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.rto = XTCP_US_PER_S;
	c->wnd = 1300;
	conn_segment(c, XTCP_ACK, 2, 1, 0);
	c->t.cork = true;
	conn_write(c, 5000);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(test, c->out.len, 1000);
	c->t.cork = false;
	conn_event(c, XTCP_EV_SEND);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
	KUNIT_EXPECT_EQ(test, conn_timer(c), 200 * MS);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
}

/* MUST-35, SHLD-17: data in flight behind a window that was closed: retransmitting probes */
static void persist__window_closed_over_the_flight(struct kunit *test)
{
	struct conn *c = one_in_flight(test);
	int i;

	c->wnd = 0;
	for (i = 0; i < 300; i++) {
		conn_segment(c, XTCP_ACK, 2, 1, 0);
		conn_timer(c);
		KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
		KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	}
	KUNIT_EXPECT_EQ(test, c->t.sendq.head->retries, U8_MAX);	/* not from 0 again */
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
}

static struct kunit_case persist_cases[] = {
	KUNIT_CASE(persist__probes_ever_more_rarely),
	KUNIT_CASE(persist__answered_probes_keep_it_open),
	KUNIT_CASE(persist__unanswered_probes_end_it),
	KUNIT_CASE(persist__for_a_fin),
	KUNIT_CASE(persist__overrides_silly_window_avoidance),
	KUNIT_CASE(persist__not_for_what_is_corked_no_longer),
	KUNIT_CASE(persist__window_closed_over_the_flight),
	{}
};

static struct kunit_suite persist_suite = {
	.name = "persist",
	.test_cases = persist_cases,
};

kunit_test_suite(persist_suite);
