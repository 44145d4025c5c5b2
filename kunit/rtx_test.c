// SPDX-License-Identifier: GPL-2.0
/* The retransmission timer: module/core/rtx.c, RFC 6298 section 5 */
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

/* ---- retransmission ---- */

static void rtx__runs_while_something_is_outstanding(struct kunit *test)
{
	struct conn *c = conn_established(test);

	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_RTX], 0);	/* (5.2) */
	conn_write(c, 1000);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_RTX], c->now + c->t.rto);	/* (5.1) */
	c->now += 5000;
	conn_write(c, 1000);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_RTX], c->now - 5000 + c->t.rto);
	c->now += 5000;
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_RTX], c->now + c->t.rto);	/* (5.3) */
	conn_segment(c, XTCP_ACK, 1, 2001, 0);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_RTX], 0);
}

/* (5.4) to (5.6), (2.5), and R2 = retries2 */
static void rtx__doubles_until_it_gives_up(struct kunit *test)
{
	struct conn *c = one_in_flight(test);
	u64 rto = c->t.rto, begin = c->now;
	int i;

	for (i = 0; i < 15; i++) {
		KUNIT_EXPECT_EQ(test, conn_timer(c), rto);
		KUNIT_ASSERT_TRUE(test, conn_pull(c));
		KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
		KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1);
		KUNIT_EXPECT_EQ(test, c->t.cwnd, 1000);
		rto = min_t(u64, 2 * rto, XTCP_RTO_MAX);
	}
	conn_timer(c);
	conn_expect_gone(c, ETIMEDOUT);
	KUNIT_EXPECT_NOT_NULL(test, c->act.freed);
	KUNIT_EXPECT_GT(test, c->now - begin, 100 * SECOND);	/* SHLD-11 */
}

/* "the value of ssthresh is held constant" for the same segment */
static void rtx__threshold_is_held(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 10000);
	conn_drain(c);
	conn_timer(c);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, 5000);
	conn_timer(c);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, 5000);
}

/* ---- SYN ---- */

/* RFC 6298 (5.7); RFC 6928 section 2 */
static void syn__lost_makes_cautious(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	conn_timer(c);
	conn_drain(c);
	conn_segment(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.rto, 3 * SECOND);
	KUNIT_EXPECT_EQ(test, c->t.srtt, 0);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 5360);
	c = conn_closed(test);
	conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	conn_timer(c);
	conn_drain(c);
	conn_timer(c);
	conn_drain(c);
	conn_segment(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 536);
}

static struct kunit_case rtx_cases[] = {
	KUNIT_CASE(rtx__runs_while_something_is_outstanding),
	KUNIT_CASE(rtx__doubles_until_it_gives_up),
	KUNIT_CASE(rtx__threshold_is_held),
	KUNIT_CASE(syn__lost_makes_cautious),
	{}
};

static struct kunit_suite rtx_suite = {
	.name = "rtx",
	.test_cases = rtx_cases,
};

kunit_test_suite(rtx_suite);
