// SPDX-License-Identifier: GPL-2.0
/* Loss detection by time: module/core/rack.c, RFC 8985 section 6 */
#include "selective.h"
#include "../module/core/rack.h"

/* Without reordering three SACKed records suffice, and those before them are lost at once */
static void detect__dupthresh(struct kunit *test)
{
	struct conn *c = selective_burst(test);

	sack(c, 1, 5001, 6001);
	expect_marks(c, ".....S....");
	KUNIT_EXPECT_FALSE(test, c->t.recovery);
	sack(c, 1, 5001, 7001);
	KUNIT_EXPECT_FALSE(test, c->t.recovery);
	sack(c, 1, 5001, 8001);
	expect_marks(c, "LLLLLSSS..");
	KUNIT_EXPECT_TRUE(test, c->t.recovery);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, 5000);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 5000);
	KUNIT_EXPECT_EQ(test, c->t.recover, c->t.snd_nxt);
}

/* All holes that cwnd allows, without waiting for an ACK between them */
static void detect__several_holes_in_one_round_trip(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);

	sack3(c, 1, 7001, 10001, 4001, 6001, 1001, 3001);
	expect_marks(c, "LSSLSSLSSS");
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 3001);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 6001);
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	KUNIT_EXPECT_EQ(test, c->t.lost, 0);
	/* the pipe has three, cwnd five */
	KUNIT_EXPECT_EQ(test, conn_drain(c), 2);
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_DATA);
	KUNIT_EXPECT_EQ(test, xtcp_pipe(&c->t), 5000);
}

/* Records sent later are not looked at */
static void detect__not_what_was_sent_later(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);

	sack(c, 1, 1001, 4001);
	expect_marks(c, "LSSS......");
	c->now += 5 * XTCP_US_PER_S;
	xtcp_rack_detect(&c->t, c->now);
	expect_marks(c, "LSSS......");
}

/* Of records sent together, the higher sequence number counts as sent later */
static void detect__sent_at_the_same_time(struct kunit *test)
{
	struct conn *c = selective(test, false);

	conn_write(c, 6000);
	conn_drain(c);
	c->now += 10000;
	sack(c, 1, 1001, 4001);
	expect_marks(c, "LSSS..");
}

/* Below the threshold, wait for a quarter of the minimum RTT, by a timer */
static void detect__after_the_reordering_window(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);
	u64 wait;

	sack(c, 1, 5001, 6001);		/* RTT 5 ms, also the minimum: the window is 1.25 ms */
	KUNIT_EXPECT_EQ(test, c->t.min_rtt, 5000);
	expect_marks(c, "LLLL.S....");	/* those sent long enough before it */
	KUNIT_EXPECT_TRUE(test, c->t.recovery);
	c = selective_flight(test, false);
	sack(c, 1, 1001, 2001);		/* 9 ms */
	expect_marks(c, ".S........");
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_REORDER], c->now + 9000 / 4);
	wait = conn_timer(c);
	KUNIT_EXPECT_EQ(test, wait, 9000 / 4);
	expect_marks(c, "LS........");
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_OUTPUT);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_REORDER], 0);
}

/* Step 3: once reordering was seen, three SACKed records no longer suffice; and what arrives
 * within the reordering window was never marked lost
 */
static void reordering__is_waited_for(struct kunit *test)
{
	struct conn *c = selective_burst(test);

	sack(c, 1, 1001, 2001);
	conn_segment(c, XTCP_ACK, 1, 2001, 0);
	KUNIT_EXPECT_TRUE(test, c->t.reordering);
	KUNIT_EXPECT_EQ(test, c->t.fack, CONN_ISS + 2001);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_REORDER], 0);
	sack(c, 2001, 3001, 4001);
	sack(c, 2001, 3001, 5001);
	sack(c, 2001, 3001, 7001);
	KUNIT_EXPECT_EQ(test, c->t.sacked_recs, 4);
	KUNIT_EXPECT_FALSE(test, c->t.recovery);
	conn_segment(c, XTCP_ACK, 1, 7001, 0);
	KUNIT_EXPECT_EQ(test, c->t.lost, 0);
	KUNIT_EXPECT_FALSE(test, c->t.recovery);
}

/* Step 4: each round trip with a D-SACK widens the window, up to SRTT */
static void window__grows_with_duplicates(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);
	int i;

	sack(c, 1001, 1, 1001);
	KUNIT_EXPECT_EQ(test, c->t.reo_mult, 1);
	sack(c, 2001, 1001, 2001);	/* in the same round trip */
	KUNIT_EXPECT_EQ(test, c->t.reo_mult, 1);
	KUNIT_EXPECT_EQ(test, c->t.reo_persist, 16);
	conn_drain(c);
	sack(c, 10001, 2001, 3001);
	KUNIT_EXPECT_EQ(test, c->t.reo_mult, 2);
	conn_drain(c);
	c->t.min_rtt = 4000;
	c->t.srtt = 20000;
	c->t.reordering = true;
	c->t.min_rtt_at = c->now;
	c->now += 8000;
	sack(c, 10001, 11001, 12001);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_REORDER], c->now + 3000);
	c->t.srtt = 2500;
	sack(c, 10001, 11001, 13001);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_REORDER], c->now + 2500);
	for (i = 0; i < 15; i++)
		xtcp_rack_recovered(&c->t);
	KUNIT_EXPECT_EQ(test, c->t.reo_mult, 2);
	xtcp_rack_recovered(&c->t);
	KUNIT_EXPECT_EQ(test, c->t.reo_mult, 0);
	xtcp_rack_recovered(&c->t);
	KUNIT_EXPECT_EQ(test, c->t.reo_persist, 0);
	for (i = 0; i < 300; i++) {
		c->t.dsack_round_on = false;
		xtcp_rack_dsack(&c->t);
	}
	KUNIT_EXPECT_EQ(test, c->t.reo_mult, 255);
}

/* ---- the end of a recovery ---- */

static void recovery__ends(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);

	sack(c, 1, 7001, 10001);
	conn_drain(c);
	c->t.reo_persist = 5;
	c->now += 10000;
	sack(c, 5001, 7001, 10001);
	KUNIT_EXPECT_TRUE(test, c->t.recovery);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_RTX], c->now + c->t.rto);
	conn_drain(c);
	conn_segment(c, XTCP_ACK, 1, 10001, 0);
	KUNIT_EXPECT_FALSE(test, c->t.recovery);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 5000);
	KUNIT_EXPECT_EQ(test, c->t.reo_persist, 4);
}

/* Section 9.3: the loss of a retransmission is another sign of congestion, once */
static void recovery__a_retransmission_is_lost(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);

	sack(c, 1, 7001, 10001);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 5);	/* 1 to 5001 again */
	c->now += 10000;
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 5000);
	sack3(c, 1, 3001, 5001, 7001, 10001, 0, 0);	/* the last two have arrived */
	expect_marks(c, "LLLSSLLSSS");
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 2500);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, 2500);
	KUNIT_EXPECT_TRUE(test, c->t.recovery);
	KUNIT_EXPECT_EQ(test, c->t.recover, c->t.snd_nxt);
}

/* ---- 6.3 ---- */

/* The first record, and those sent so long ago that their ACK is overdue */
static void timeout__marks_what_is_overdue(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);
	u64 rto;

	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	rto = c->t.deadline[XTCP_TIMER_RTX];
	c->now = rto - 1000;
	KUNIT_EXPECT_EQ(test, conn_drain(c), 2);
	c->now = rto;
	c->t.deadline[XTCP_TIMER_PROBE] = 0;
	conn_event(c, XTCP_EV_TIMER);
	expect_marks(c, "LLLLLLLLL..");
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 1000);
	KUNIT_EXPECT_TRUE(test, c->t.rto_recovery);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1001);
}

/* SACKed data are not retransmitted, as RFC 6675 section 5.1 permits */
static void timeout__keeps_the_scoreboard(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);

	c->t.rack_rtt = 0;
	sack(c, 1, 9001, 10001);
	c->now = c->t.deadline[XTCP_TIMER_RTX];
	c->t.deadline[XTCP_TIMER_REORDER] = 0;
	c->t.deadline[XTCP_TIMER_PROBE] = 0;
	conn_event(c, XTCP_EV_TIMER);
	expect_marks(c, "LLLLLLLLLS");
	c->t.reo_persist = 3;
	conn_segment(c, XTCP_ACK, 1, 10001, 0);
	KUNIT_EXPECT_FALSE(test, c->t.rto_recovery);
	KUNIT_EXPECT_EQ(test, c->t.reo_persist, 2);
}

/* The part of a record that SND.UNA has passed is not counted */
static void timeout__behind_pieces_that_are_acknowledged(struct kunit *test)
{
	struct conn *c = selective_burst(test);
	int i;

	conn_segment(c, XTCP_ACK, 1, 901, 0);
	xtcp_tcb_set_path(&c->t, 300);
	for (i = 0; i < 6 && conn_out_seq(c) != 901; i++) {
		c->t.deadline[XTCP_TIMER_PROBE] = 0;
		conn_timer(c);
		conn_pull(c);
		conn_segment(c, XTCP_ACK, 1, 901, 0);
	}
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 901);
}

static struct kunit_case rack_cases[] = {
	KUNIT_CASE(detect__dupthresh),
	KUNIT_CASE(detect__several_holes_in_one_round_trip),
	KUNIT_CASE(detect__not_what_was_sent_later),
	KUNIT_CASE(detect__sent_at_the_same_time),
	KUNIT_CASE(detect__after_the_reordering_window),
	KUNIT_CASE(reordering__is_waited_for),
	KUNIT_CASE(window__grows_with_duplicates),
	KUNIT_CASE(recovery__ends),
	KUNIT_CASE(recovery__a_retransmission_is_lost),
	KUNIT_CASE(timeout__marks_what_is_overdue),
	KUNIT_CASE(timeout__keeps_the_scoreboard),
	KUNIT_CASE(timeout__behind_pieces_that_are_acknowledged),
	{}
};

static struct kunit_suite rack_suite = {
	.name = "rack",
	.test_cases = rack_cases,
};

kunit_test_suite(rack_suite);
