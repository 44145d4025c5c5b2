// SPDX-License-Identifier: GPL-2.0
/* Undoing spurious recoveries: module/core/undo.c, RFC 3522, RFC 4015, and by D-SACK */
#include <linux/limits.h>

#include "selective.h"

/* An ACK with a timestamp echo, and a SACK block if @end isn't 0 */
static void echo(struct conn *c, u32 ack, u32 tsecr, u32 start, u32 end)
{
	struct xtcp_seg seg = sack_seg(c, ack, start, end, 0, 0, 0, 0);

	seg.opts.ts = true;
	seg.opts.tsval = OPEN_STAMP;
	seg.opts.tsecr = tsecr;
	conn_give(c, &seg);
}

/* Ten in flight have timed out, the first is retransmitted. Return: TSval of the originals */
static u32 timed_out(struct kunit *test, struct conn **conn)
{
	struct conn *c = selective_flight(test, true);
	u32 stamp = c->out.opts.tsval;

	*conn = c;
	c->now = c->t.deadline[XTCP_TIMER_RTX];
	c->t.deadline[XTCP_TIMER_PROBE] = 0;
	conn_event(c, XTCP_EV_TIMER);
	KUNIT_ASSERT_TRUE(test, c->t.rto_recovery);
	KUNIT_ASSERT_EQ(test, c->t.cwnd, 1000);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
	KUNIT_ASSERT_EQ(test, c->t.lost, 9000);
	c->now += 5000;
	return stamp;
}

/* A delay of a second: the ACKs of the originals arrive, and the old state is restored */
static void eifel__timeout(struct kunit *test)
{
	struct conn *c;
	u32 stamp = timed_out(test, &c);

	echo(c, 1001, stamp, 0, 0);
	KUNIT_EXPECT_FALSE(test, c->t.rto_recovery);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 10000);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, U32_MAX);
	KUNIT_EXPECT_EQ(test, c->t.lost, 0);
	KUNIT_EXPECT_EQ(test, c->t.backoff, 0);
	KUNIT_EXPECT_PTR_EQ(test, c->t.sendq.oldest, c->t.sendq.head);
	/* no go-back-N: new data */
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 10001);
}

static void eifel__a_real_timeout(struct kunit *test)
{
	struct conn *c;

	timed_out(test, &c);
	echo(c, 1001, c->out.opts.tsval, 0, 0);		/* the retransmission's */
	KUNIT_EXPECT_TRUE(test, c->t.rto_recovery);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, 5000);
	/* "it MUST NOT be reinitiated": later ACKs don't count */
	echo(c, 2001, c->out.opts.tsval - 1000, 0, 0);
	KUNIT_EXPECT_TRUE(test, c->t.rto_recovery);
}

/* RFC 3522 section 3.3: an ACK of everything may follow the loss of all other ACKs; then only a
 * peer known to send D-SACKs is believed to have no duplicates
 */
static void eifel__of_all_that_was_outstanding(struct kunit *test)
{
	struct conn *c;
	u32 stamp = timed_out(test, &c);

	echo(c, 10001, stamp, 0, 0);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, 5000);
	stamp = timed_out(test, &c);
	c->t.dsack_seen = true;
	echo(c, 10001, stamp, 0, 0);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, U32_MAX);
	stamp = timed_out(test, &c);
	echo(c, 1001, stamp, 1, 1001);		/* with D-SACK: (5) */
	KUNIT_EXPECT_TRUE(test, c->t.dsack_seen);
}

/* A second timeout, and retransmissions before any ACK, don't change the saved state */
static void eifel__after_two_timeouts(struct kunit *test)
{
	struct conn *c;
	u32 stamp = timed_out(test, &c), first = c->t.undo_stamp;

	c->now = c->t.deadline[XTCP_TIMER_RTX];
	conn_event(c, XTCP_EV_TIMER);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.undo_stamp, first);
	KUNIT_EXPECT_EQ(test, c->t.undo_cwnd, 10000);
	echo(c, 1001, stamp, 0, 0);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 10000);
}

static void eifel__fast_retransmit(struct kunit *test)
{
	struct conn *c = selective_flight(test, true);
	u32 stamp = c->out.opts.tsval;

	echo(c, 1, stamp, 5001, 8001);
	KUNIT_EXPECT_TRUE(test, c->t.recovery);
	c->now += 3000;
	conn_drain(c);
	c->now += 1000;
	echo(c, 1001, stamp, 5001, 8001);	/* only delayed */
	KUNIT_EXPECT_FALSE(test, c->t.recovery);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 10000);
	KUNIT_EXPECT_EQ(test, c->t.lost, 0);
}

static void eifel__without_timestamp(struct kunit *test)
{
	struct conn *c = selective(test, false);

	conn_write(c, 5000);
	conn_drain(c);
	c->now = c->t.deadline[XTCP_TIMER_RTX];
	c->t.deadline[XTCP_TIMER_PROBE] = 0;
	conn_event(c, XTCP_EV_TIMER);
	conn_drain(c);
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_EXPECT_TRUE(test, c->t.rto_recovery);
}

/* An ACK whose timestamp was stripped is no echo of time 0 */
static void eifel__the_timestamp_is_missing(struct kunit *test)
{
	struct conn *c;

	timed_out(test, &c);
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, c->t.snd_una, CONN_ISS + 1001);
	KUNIT_EXPECT_TRUE(test, c->t.rto_recovery);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, 5000);
}

/* Works with NewReno, too, when the peer has timestamps but no SACK */
static void eifel__without_sack(struct kunit *test)
{
	struct conn *c;
	u32 stamp = timed_out(test, &c);

	c->t.sack_ok = false;
	echo(c, 1001, stamp, 0, 0);
	KUNIT_EXPECT_FALSE(test, c->t.rto_recovery);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 10000);
	KUNIT_EXPECT_EQ(test, c->t.sacked, 0);
}

/* ---- D-SACK ---- */

/* Five were marked lost and retransmitted; the originals arrive, and each copy is reported */
static void dsack__of_each_retransmission(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);
	u32 seq;

	sack(c, 1, 5001, 10001);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 5);
	KUNIT_EXPECT_EQ(test, c->t.undo_bytes, 5000);
	c->now += 2000;
	conn_segment(c, XTCP_ACK, 1, 10001, 0);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 5000);
	conn_drain(c);
	for (seq = 1; seq < 5001; seq += 1000) {
		KUNIT_EXPECT_EQ(test, c->t.ssthresh, 5000);
		sack(c, 10001, seq, seq + 1000);
	}
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 10000);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, U32_MAX);
	sack(c, 10001, 1, 1001);	/* nothing is left to undo */
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 10000);
}

/* Segments not retransmitted in this recovery don't count */
static void dsack__of_something_else(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);

	conn_segment(c, XTCP_ACK, 1, 2001, 0);
	conn_drain(c);
	sack(c, 2001, 5001, 10001);
	KUNIT_ASSERT_TRUE(test, c->t.recovery);
	conn_drain(c);
	KUNIT_EXPECT_GT(test, c->t.undo_bytes, 1000);
	sack(c, 2001, 1001, 2001);
	sack3(c, 2001, 20001, 21001, 19001, 22001, 0, 0);
	KUNIT_EXPECT_GT(test, c->t.undo_bytes, 1000);
	KUNIT_EXPECT_TRUE(test, c->t.recovery);
}

/* Sequence numbers wrap: the saved state is dropped before that */
static void undo__is_forgotten(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);

	sack(c, 1, 5001, 10001);
	KUNIT_EXPECT_TRUE(test, c->t.undo);
	c->t.undo_una = c->t.snd_una - (1U << 30);
	conn_segment(c, XTCP_ACK, 1, 1, 0);
	KUNIT_EXPECT_TRUE(test, c->t.undo);
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_EXPECT_FALSE(test, c->t.undo);
	conn_drain(c);		/* and retransmissions aren't counted */
	KUNIT_EXPECT_EQ(test, c->t.undo_bytes, 0);
}

/* Some of those marked lost have been retransmitted: older ones are inserted in front of them */
static void undo__keeps_the_order_of_time(struct kunit *test)
{
	struct conn *c;
	u32 stamp = timed_out(test, &c);
	const struct xtcp_rec *rec;
	u64 last = 0;
	int count = 0;

	c->t.cwnd = 4000;
	conn_drain(c);
	echo(c, 1001, stamp, 0, 0);
	for (rec = c->t.sendq.oldest; rec; rec = rec->later) {
		KUNIT_EXPECT_GE(test, rec->sent, last);
		last = rec->sent;
		KUNIT_EXPECT_TRUE(test, rec->later ? rec->later->earlier == rec :
						     rec == c->t.sendq.newest);
		count++;
	}
	KUNIT_EXPECT_EQ(test, count, 9);
}

static struct kunit_case undo_cases[] = {
	KUNIT_CASE(eifel__timeout),
	KUNIT_CASE(eifel__a_real_timeout),
	KUNIT_CASE(eifel__of_all_that_was_outstanding),
	KUNIT_CASE(eifel__after_two_timeouts),
	KUNIT_CASE(eifel__fast_retransmit),
	KUNIT_CASE(eifel__without_timestamp),
	KUNIT_CASE(eifel__the_timestamp_is_missing),
	KUNIT_CASE(eifel__without_sack),
	KUNIT_CASE(dsack__of_each_retransmission),
	KUNIT_CASE(dsack__of_something_else),
	KUNIT_CASE(undo__is_forgotten),
	KUNIT_CASE(undo__keeps_the_order_of_time),
	{}
};

static struct kunit_suite undo_suite = {
	.name = "undo",
	.test_cases = undo_cases,
};

kunit_test_suite(undo_suite);
