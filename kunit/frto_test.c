// SPDX-License-Identifier: GPL-2.0
/* Spurious timeouts: module/core/frto.c, RFC 5682 */
#include <linux/limits.h>

#include "selective.h"

/* The retransmission timer expires: the first segment is retransmitted, nothing else */
static void time_out(struct conn *c)
{
	c->now = c->t.deadline[XTCP_TIMER_RTX];
	c->t.deadline[XTCP_TIMER_PROBE] = 0;
	conn_event(c, XTCP_EV_TIMER);
	KUNIT_ASSERT_TRUE(c->test, c->t.rto_recovery);
	KUNIT_EXPECT_EQ(c->test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(c->test, c->out.seq, c->t.snd_una);
	c->now += 5000;
}

/* Ten segments of 1000 in flight without SACK, @more wait; then the timeout */
static struct conn *timed_out(struct kunit *test, u32 more)
{
	struct conn *c = conn_established(test);

	conn_write(c, 10000 + more);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 10);
	time_out(c);
	return c;
}

static void ack(struct conn *c, u32 number)
{
	conn_segment(c, XTCP_ACK, 1, number, 0);
}

/* Sequence number of what is sent next; at most @count segments */
static void expect_sent(struct conn *c, u32 seq, int count)
{
	KUNIT_ASSERT_TRUE(c->test, conn_pull(c));
	KUNIT_EXPECT_EQ(c->test, conn_out_seq(c), seq);
	KUNIT_EXPECT_EQ(c->test, conn_drain(c), count - 1);
}

/* (2b): two new segments instead of two old ones */
static struct conn *probed(struct kunit *test)
{
	struct conn *c = timed_out(test, 10000);

	ack(c, 1001);
	expect_sent(c, 10001, 2);
	KUNIT_EXPECT_EQ(test, c->t.snd_nxt, CONN_ISS + 12001);
	return c;
}

static void expect_undone(struct conn *c)
{
	KUNIT_EXPECT_FALSE(c->test, c->t.rto_recovery);
	KUNIT_EXPECT_EQ(c->test, c->t.lost, 0);
	KUNIT_EXPECT_GE(c->test, c->t.cwnd, 10000);
	KUNIT_EXPECT_EQ(c->test, c->t.ssthresh, U32_MAX);
}

/* (3b): the second ACK is for data that were not retransmitted */
static void spurious__all_is_as_before(struct kunit *test)
{
	struct conn *c = probed(test);

	ack(c, 2001);
	expect_undone(c);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);	/* ten are in flight */
	ack(c, 3001);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 12001);
}

/* "in order to allow fast retransmit" */
static void spurious__then_a_loss(struct kunit *test)
{
	struct conn *c = probed(test);
	int i;

	ack(c, 2001);
	conn_drain(c);
	for (i = 0; i < 3; i++)
		ack(c, 2001);
	KUNIT_EXPECT_TRUE(test, c->t.recovery);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 2001);
}

/* (3a): no more than three segments, and the usual recovery: two new ones are in flight */
static void real__second_ack_is_a_duplicate(struct kunit *test)
{
	struct conn *c = probed(test);

	ack(c, 1001);
	KUNIT_EXPECT_TRUE(test, c->t.rto_recovery);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 3000);
	expect_sent(c, 1001, 1);
	ack(c, 2001);
	expect_sent(c, 2001, 2);
}

static void real__window_is_cut(struct kunit *test)
{
	struct conn *c = probed(test);

	c->t.cwnd = 5000;
	ack(c, 1001);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 3000);
}

/* (2a) */
static void real__first_ack_is_a_duplicate(struct kunit *test)
{
	struct conn *c = timed_out(test, 10000);

	ack(c, 1);
	ack(c, 1001);
	expect_sent(c, 1001, 2);
}

static void unknown__first_ack_is_for_all(struct kunit *test)
{
	struct conn *c = timed_out(test, 10000);

	ack(c, 10001);
	KUNIT_EXPECT_EQ(test, c->t.frto, XTCP_FRTO_OFF);
	expect_sent(c, 10001, 2);
	ack(c, 11001);
	KUNIT_EXPECT_LT(test, c->t.cwnd, 10000);
}

/* A receiver that acknowledges in small steps proves nothing */
static void unknown__first_ack_is_for_a_part(struct kunit *test)
{
	struct conn *c = timed_out(test, 10000);

	ack(c, 501);
	KUNIT_EXPECT_EQ(test, c->t.frto, XTCP_FRTO_OFF);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1001);
}

static void unknown__nothing_new_to_send(struct kunit *test)
{
	struct conn *c = timed_out(test, 0);

	ack(c, 1001);
	expect_sent(c, 1001, 2);
}

static void unknown__nothing_but_a_fin(struct kunit *test)
{
	struct conn *c = timed_out(test, 0);

	conn_event(c, XTCP_EV_SHUTDOWN);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
	ack(c, 1001);
	expect_sent(c, 1001, 2);
}

static void unknown__no_window(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->wnd = 10000;
	ack(c, 1);
	conn_write(c, 20000);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 10);
	time_out(c);
	c->wnd = 9000;
	ack(c, 1001);
	expect_sent(c, 1001, 2);
}

/* The peer's window has room for one of the two new segments */
static void spurious__small_window(struct kunit *test)
{
	struct conn *c = timed_out(test, 10000);

	c->wnd = 9500;
	ack(c, 1001);
	expect_sent(c, 10001, 1);
	KUNIT_EXPECT_EQ(test, c->out.len, 500);
	ack(c, 2001);
	expect_undone(c);
}

/* An ACK that neither moves SND.UNA nor is a duplicate is ignored */
static void ignored__window_updates(struct kunit *test)
{
	struct conn *c = timed_out(test, 10000);

	c->wnd = 20001;
	ack(c, 1);
	KUNIT_EXPECT_EQ(test, c->t.frto, XTCP_FRTO_RETRANSMITTED);
	ack(c, 1001);
	conn_drain(c);
	c->wnd = 20002;
	ack(c, 1001);
	KUNIT_EXPECT_EQ(test, c->t.frto, XTCP_FRTO_NEW_DATA);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
	ack(c, 2001);
	expect_undone(c);
}

/* (1): "in case the retransmission timer expires multiple times for the same segment" */
static void timeout__of_the_same_again(struct kunit *test)
{
	struct conn *c = timed_out(test, 10000);

	time_out(c);
	ack(c, 1001);
	expect_sent(c, 10001, 2);
	ack(c, 2001);
	expect_undone(c);
}

static void timeout__of_another(struct kunit *test)
{
	struct conn *c = probed(test);

	time_out(c);
	KUNIT_EXPECT_EQ(test, c->t.frto, XTCP_FRTO_OFF);
	ack(c, 2001);
	expect_sent(c, 2001, 2);
}

/* The segment that fills the first hole may acknowledge what is in flight beyond it */
static void timeout__in_fast_recovery(struct kunit *test)
{
	struct conn *c = conn_established(test);
	int i;

	conn_write(c, 20000);
	conn_drain(c);
	for (i = 0; i < 3; i++)
		ack(c, 1);
	conn_drain(c);
	KUNIT_ASSERT_TRUE(test, c->t.recovery);
	c->now = c->t.deadline[XTCP_TIMER_RTX];
	conn_event(c, XTCP_EV_TIMER);
	KUNIT_EXPECT_EQ(test, c->t.frto, XTCP_FRTO_OFF);
}

/* A window of one segment fits many small ones: still only the first is retransmitted */
static void timeout__small_segments(struct kunit *test)
{
	struct conn *c = conn_established(test);
	int i;

	c->t.nodelay = true;
	for (i = 0; i < 10; i++)
		conn_write(c, 50);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 10);
	time_out(c);
	conn_write(c, 50);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
	ack(c, 51);
	expect_sent(c, 501, 1);
	ack(c, 101);
	expect_undone(c);
}

/* ---- section 3.1: with SACK ---- */

static struct conn *selective_timed_out(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);

	time_out(c);
	KUNIT_EXPECT_EQ(test, c->t.lost, 9000);
	return c;
}

static struct conn *selective_probed(struct kunit *test)
{
	struct conn *c = selective_timed_out(test);

	ack(c, 1001);
	expect_sent(c, 10001, 2);
	return c;
}

static void sack__next_is_acknowledged(struct kunit *test)
{
	struct conn *c = selective_probed(test);

	ack(c, 2001);
	expect_undone(c);
}

/* (3b): a duplicate ACK, but it SACKs data that were sent before and not retransmitted */
static void sack__old_data_have_arrived(struct kunit *test)
{
	struct conn *c = selective_probed(test);

	sack(c, 1001, 3001, 4001);
	expect_undone(c);
	expect_marks(c, "..S........");
}

/* (3a): covers more than RecoveryPoint: everything below is lost */
static void sack__only_new_data_have_arrived(struct kunit *test)
{
	struct conn *c = selective_probed(test);

	sack(c, 1001, 10001, 11001);
	KUNIT_EXPECT_TRUE(test, c->t.rto_recovery);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 3000);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1001);
}

/* (3a): "a duplicate ACK and it does not acknowledge any new" data */
static void sack__duplicate_without_news(struct kunit *test)
{
	struct conn *c = selective_probed(test);

	ack(c, 1001);
	KUNIT_EXPECT_TRUE(test, c->t.rto_recovery);
	KUNIT_EXPECT_EQ(test, c->t.frto, XTCP_FRTO_OFF);
}

/* (2): "Stay in step 2 and wait for the next new acknowledgment" */
static void sack__duplicates_before_the_first(struct kunit *test)
{
	struct conn *c = selective_timed_out(test);

	sack(c, 1, 4001, 5001);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
	ack(c, 1001);
	expect_sent(c, 10001, 2);
	sack(c, 1001, 4001, 6001);
	expect_undone(c);
}

/* A timestamp tells it with the first ACK: here, that the timeout was right */
static void stamps__make_it_needless(struct kunit *test)
{
	struct conn *c = selective_flight(test, true);
	struct xtcp_seg seg;

	time_out(c);
	seg = conn_seg(c, XTCP_ACK, 1, 1001, 0);
	seg.opts.ts = true;
	seg.opts.tsval = OPEN_STAMP;
	seg.opts.tsecr = xtcp_stamp(c->now, c->t.ts_offset);
	conn_give(c, &seg);
	KUNIT_EXPECT_EQ(test, c->t.frto, XTCP_FRTO_OFF);
	KUNIT_EXPECT_TRUE(test, c->t.rto_recovery);
	expect_sent(c, 1001, 2);
}

/* They were agreed, but a middlebox takes them out of what follows the SYN */
static void stamps__left_out(struct kunit *test)
{
	struct conn *c = selective_flight(test, true);

	time_out(c);
	ack(c, 1001);
	expect_sent(c, 10001, 2);
	ack(c, 2001);
	expect_undone(c);
}

static struct kunit_case frto_cases[] = {
	KUNIT_CASE(spurious__all_is_as_before),
	KUNIT_CASE(spurious__then_a_loss),
	KUNIT_CASE(spurious__small_window),
	KUNIT_CASE(real__second_ack_is_a_duplicate),
	KUNIT_CASE(real__window_is_cut),
	KUNIT_CASE(real__first_ack_is_a_duplicate),
	KUNIT_CASE(unknown__first_ack_is_for_all),
	KUNIT_CASE(unknown__first_ack_is_for_a_part),
	KUNIT_CASE(unknown__nothing_new_to_send),
	KUNIT_CASE(unknown__nothing_but_a_fin),
	KUNIT_CASE(unknown__no_window),
	KUNIT_CASE(ignored__window_updates),
	KUNIT_CASE(timeout__of_the_same_again),
	KUNIT_CASE(timeout__of_another),
	KUNIT_CASE(timeout__in_fast_recovery),
	KUNIT_CASE(timeout__small_segments),
	KUNIT_CASE(sack__next_is_acknowledged),
	KUNIT_CASE(sack__old_data_have_arrived),
	KUNIT_CASE(sack__only_new_data_have_arrived),
	KUNIT_CASE(sack__duplicate_without_news),
	KUNIT_CASE(sack__duplicates_before_the_first),
	KUNIT_CASE(stamps__make_it_needless),
	KUNIT_CASE(stamps__left_out),
	{}
};

static struct kunit_suite frto_suite = {
	.name = "frto",
	.test_cases = frto_cases,
};

kunit_test_suite(frto_suite);
