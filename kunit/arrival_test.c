// SPDX-License-Identifier: GPL-2.0
/* What an ACK says has arrived: module/core/arrival.c, RFC 8985 section 6.2, steps 1 to 3 */
#include "selective.h"

/* A retransmission that arrives out of order is no proof of reordering */
static void reordering__not_by_retransmissions(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);

	sack(c, 1, 7001, 10001);
	conn_drain(c);
	c->now += 10000;
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_EXPECT_FALSE(test, c->t.reordering);
}

static void ambiguous__by_the_echo(struct kunit *test)
{
	struct conn *c = selective_flight(test, true);
	struct xtcp_seg seg;
	u32 before;

	c->knobs.require_timestamps = 1;
	sack(c, 1, 7001, 10001);	/* without timestamp: dropped */
	KUNIT_EXPECT_EQ(test, c->t.sacked, 0);
	seg = sack_seg(c, 1, 7001, 10001, 0, 0, 0, 0);
	seg.opts.ts = true;
	seg.opts.tsval = OPEN_STAMP;
	seg.opts.tsecr = xtcp_stamp(c->now - 10000, 0);
	before = seg.opts.tsecr;
	conn_give(c, &seg);
	conn_drain(c);
	c->now += 30000;
	seg = sack_seg(c, 1001, 7001, 10001, 0, 0, 0, 0);
	seg.opts.ts = true;
	seg.opts.tsval = OPEN_STAMP;
	seg.opts.tsecr = before;
	conn_give(c, &seg);		/* the original */
	KUNIT_EXPECT_LT(test, c->t.rack_sent, c->now - 30000);
	seg = sack_seg(c, 2001, 7001, 10001, 0, 0, 0, 0);
	seg.opts.ts = true;
	seg.opts.tsval = OPEN_STAMP;
	seg.opts.tsecr = xtcp_stamp(c->now - 30000, 0);
	conn_give(c, &seg);		/* the retransmission */
	KUNIT_EXPECT_EQ(test, c->t.rack_sent, c->now - 30000);
}

/* The echo in an ACK with new SACKs belongs to another segment: it may be the retransmission */
static void ambiguous__not_by_the_echo_of_another(struct kunit *test)
{
	struct conn *c = selective_flight(test, true);
	struct xtcp_seg seg = sack_seg(c, 1, 9001, 10001, 0, 0, 0, 0);

	c->now = c->t.deadline[XTCP_TIMER_PROBE];
	conn_event(c, XTCP_EV_TIMER);
	c->t.snd_wnd = 10000;		/* the last again, not new data */
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_ASSERT_EQ(test, conn_out_seq(c), 9001);
	c->now += 10000;
	seg.opts.ts = true;
	seg.opts.tsval = OPEN_STAMP;
	conn_give(c, &seg);
	KUNIT_EXPECT_EQ(test, c->t.rack_sent, c->now - 10000);
	expect_marks(c, "LLLLLLLLLS");
}

/* An ACK without a timestamp: its echo field is not used */
static void ambiguous__not_without_an_echo(struct kunit *test)
{
	struct conn *c = selective_flight(test, true);

	sack(c, 1, 7001, 10001);
	conn_drain(c);
	c->now += 30000;
	sack(c, 1001, 7001, 10001);	/* taken for the retransmission's */
	KUNIT_EXPECT_EQ(test, c->t.rack_sent, c->now - 30000);
}

static void ambiguous__too_quick(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);
	u64 first;

	sack(c, 1, 7001, 10001);
	first = c->t.rack_sent;
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.min_rtt, 1000);
	c->now += 999;
	sack3(c, 1, 1001, 2001, 7001, 10001, 0, 0);
	KUNIT_EXPECT_EQ(test, c->t.rack_sent, first);
	c->now += 1;
	sack3(c, 1, 1001, 3001, 7001, 10001, 0, 0);
	KUNIT_EXPECT_EQ(test, c->t.rack_sent, c->now - 1000);
}

/* A windowed minimum: a longer RTT is accepted after some minutes */
static void min_rtt__of_the_last_minutes(struct kunit *test)
{
	struct conn *c = selective(test, false);

	KUNIT_EXPECT_EQ(test, c->t.min_rtt, 10000);
	conn_write(c, 1000);
	conn_drain(c);
	c->now += 50000;
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, c->t.min_rtt, 10000);
	c->now += 300 * XTCP_US_PER_S;
	conn_write(c, 1000);
	conn_drain(c);
	c->now += 50000;
	conn_segment(c, XTCP_ACK, 1, 2001, 0);
	KUNIT_EXPECT_EQ(test, c->t.min_rtt, 50000);
}

static struct kunit_case arrival_cases[] = {
	KUNIT_CASE(reordering__not_by_retransmissions),
	KUNIT_CASE(ambiguous__by_the_echo),
	KUNIT_CASE(ambiguous__not_by_the_echo_of_another),
	KUNIT_CASE(ambiguous__not_without_an_echo),
	KUNIT_CASE(ambiguous__too_quick),
	KUNIT_CASE(min_rtt__of_the_last_minutes),
	{}
};

static struct kunit_suite arrival_suite = {
	.name = "arrival",
	.test_cases = arrival_cases,
};

kunit_test_suite(arrival_suite);
