// SPDX-License-Identifier: GPL-2.0
/* An ACK arrives: module/core/ack_in.c, RFC 9293 3.10.7.4, RFC 5681 and 6582 section 3.2 */
#include <linux/limits.h>
#include "conn.h"

/* Ten segments in flight, ISS + 1 to ISS + 10001 */
static struct conn *in_flight(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 20000);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 10);	/* RFC 6928 */
	return c;
}

static void duplicates(struct conn *c, u32 ack, int count)
{
	while (count--)
		conn_segment(c, XTCP_ACK, 1, ack, 0);
}

static void una__advances_and_frees(struct kunit *test)
{
	struct conn *c = in_flight(test);

	conn_segment(c, XTCP_ACK, 1, 2001, 0);
	KUNIT_EXPECT_EQ(test, c->t.snd_una, CONN_ISS + 2001);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_WRITABLE);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_OUTPUT);
	KUNIT_ASSERT_NOT_NULL(test, c->act.freed);
	KUNIT_ASSERT_NOT_NULL(test, c->act.freed->next);
	KUNIT_EXPECT_NULL(test, c->act.freed->next->next);
	KUNIT_EXPECT_EQ(test, c->t.delivered, 2001);
	KUNIT_EXPECT_EQ(test, c->t.snd_up, c->t.snd_una);	/* no urgent data above SND.UNA */
}

static void una__old_ack_is_ignored(struct kunit *test)
{
	struct conn *c = in_flight(test);

	conn_segment(c, XTCP_ACK, 1, 2001, 0);
	c->wnd = 5;
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, c->t.snd_una, CONN_ISS + 2001);
	KUNIT_EXPECT_EQ(test, c->t.snd_wnd, 20000);
	KUNIT_EXPECT_EQ(test, c->t.dupacks, 0);
}

/* A record that is partly acknowledged stays whole */
static void una__within_a_record(struct kunit *test)
{
	struct conn *c = in_flight(test);

	conn_segment(c, XTCP_ACK, 1, 501, 0);
	KUNIT_EXPECT_NULL(test, c->act.freed);
	KUNIT_EXPECT_EQ(test, c->t.snd_una, CONN_ISS + 501);
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_EXPECT_NOT_NULL(test, c->act.freed);
}

/* Acknowledged parts of a record are not retransmitted again and again */
static void una__within_a_record_that_is_cut_later(struct kunit *test)
{
	struct conn *c = in_flight(test);
	int i;

	conn_segment(c, XTCP_ACK, 1, 901, 0);
	xtcp_tcb_set_path(&c->t, 300);
	for (i = 0; i < 4 && conn_out_seq(c) != 901; i++) {
		conn_timer(c);
		conn_drain(c);
		conn_segment(c, XTCP_ACK, 1, 901, 0);
	}
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 901);
	conn_timer(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 901);
}

/* "The check here prevents using old segments to update the window." */
static void window__wl1_and_wl2(struct kunit *test)
{
	struct conn *c = in_flight(test);

	c->wnd = 30000;
	conn_segment(c, XTCP_ACK, 11, 1, 10);
	KUNIT_EXPECT_EQ(test, c->t.snd_wnd, 30000);
	c->wnd = 1000;
	conn_segment(c, XTCP_ACK, 1, 1, 10);	/* older SEQ */
	KUNIT_EXPECT_EQ(test, c->t.snd_wnd, 30000);
	conn_segment(c, XTCP_ACK, 21, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.snd_wnd, 1000);
	KUNIT_EXPECT_EQ(test, c->t.snd_wnd_max, 30000);
}

/* ---- RTT ---- */

static void rtt__from_what_went_once(struct kunit *test)
{
	struct conn *c = in_flight(test);

	KUNIT_EXPECT_EQ(test, c->t.srtt, 10000);
	c->now += 50000;
	conn_segment(c, XTCP_ACK, 1, 2001, 0);
	KUNIT_EXPECT_EQ(test, c->t.srtt, 15000);
}

/* Karn: MUST-18 */
static void rtt__not_from_what_went_twice(struct kunit *test)
{
	struct conn *c = in_flight(test);
	u32 rto;

	conn_timer(c);
	conn_drain(c);
	rto = c->t.rto;
	c->now += 50000;
	conn_segment(c, XTCP_ACK, 1, 3001, 0);
	KUNIT_EXPECT_EQ(test, c->t.srtt, 10000);
	KUNIT_EXPECT_EQ(test, c->t.rto, rto);	/* and the RTO stays backed off */
}

/* ---- duplicate ACKs ---- */

static void dupack__third_retransmits(struct kunit *test)
{
	struct conn *c = in_flight(test);

	duplicates(c, 1, 2);
	KUNIT_EXPECT_FALSE(test, c->t.recovery);
	conn_drain(c);		/* limited transmit, see below */
	duplicates(c, 1, 1);
	KUNIT_EXPECT_TRUE(test, c->t.recovery);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, 5000);
	KUNIT_EXPECT_EQ(test, c->t.recover, CONN_ISS + 12001);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1);
	KUNIT_EXPECT_EQ(test, c->out.len, 1000);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
}

/* RFC 3042: one new segment for each of the first two */
static void dupack__first_two_let_new_data_out(struct kunit *test)
{
	struct conn *c = in_flight(test);

	duplicates(c, 1, 1);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_DATA);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 10001);
	duplicates(c, 1, 1);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 10000);
}

static void dupack__forgotten_with_the_next_progress(struct kunit *test)
{
	struct conn *c = in_flight(test);

	duplicates(c, 1, 2);
	KUNIT_EXPECT_EQ(test, c->t.sacked, 2000);
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, c->t.sacked, 0);
	KUNIT_EXPECT_EQ(test, c->t.dupacks, 0);
}

/* RFC 5681 section 2, (a) to (e) */
static void dupack__what_is_none(struct kunit *test)
{
	struct conn *c = conn_established(test);

	duplicates(c, 1, 4);				/* (a) */
	KUNIT_EXPECT_EQ(test, c->t.dupacks, 0);
	c = in_flight(test);
	conn_segment(c, XTCP_ACK, 1, 1, 10);		/* (b) */
	KUNIT_EXPECT_EQ(test, c->t.dupacks, 0);
	c->wnd++;
	conn_segment(c, XTCP_ACK, 11, 1, 0);		/* (e) */
	KUNIT_EXPECT_EQ(test, c->t.dupacks, 0);
	conn_segment(c, XTCP_ACK, 11, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.dupacks, 1);
	conn_segment(c, XTCP_FIN | XTCP_ACK, 11, 1, 0);	/* (c) */
	KUNIT_EXPECT_EQ(test, c->t.dupacks, 1);
	conn_segment(c, XTCP_ACK, 12, 1001, 0);		/* (d) */
	KUNIT_EXPECT_EQ(test, c->t.dupacks, 0);
}

static struct conn *recovering(struct kunit *test)
{
	struct conn *c = in_flight(test);

	duplicates(c, 1, 3);
	KUNIT_ASSERT_TRUE(test, c->t.recovery);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_ASSERT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	return c;
}

/* Flight 10000, three have arrived: 5000 + 3000 allows as much as RFC 5681's inflated cwnd */
static void recovery__further_duplicates_let_new_data_out(struct kunit *test)
{
	struct conn *c = recovering(test);

	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
	duplicates(c, 1, 2);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
	duplicates(c, 1, 1);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 10001);
	duplicates(c, 1, 1);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
}

/* "retransmit the first unacknowledged segment [...] do not exit" */
static void recovery__partial_ack(struct kunit *test)
{
	struct conn *c = recovering(test);
	u64 deadline;

	c->now += 20000;
	conn_segment(c, XTCP_ACK, 1, 4001, 0);
	KUNIT_EXPECT_TRUE(test, c->t.recovery);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 4001);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 5000);
	KUNIT_EXPECT_EQ(test, c->t.sacked, 1000);	/* 3000 - 4000, not below 0; + SMSS */
	/* the first one restarts the timer, the next one does not */
	deadline = c->t.deadline[XTCP_TIMER_RTX];
	KUNIT_EXPECT_EQ(test, deadline, c->now + c->t.rto);
	c->now += 20000;
	conn_segment(c, XTCP_ACK, 1, 6001, 0);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_RTX], deadline);
}

/* min(ssthresh, max(FlightSize, SMSS) + SMSS) */
static void recovery__full_ack_ends_it(struct kunit *test)
{
	struct conn *c = recovering(test);

	conn_segment(c, XTCP_ACK, 1, 10001, 0);
	KUNIT_EXPECT_FALSE(test, c->t.recovery);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 2000);
	KUNIT_EXPECT_EQ(test, c->t.sacked, 0);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 2);
}

/* Step 2: no new recovery until more than recover is acknowledged */
static void recovery__not_twice_for_one_window(struct kunit *test)
{
	struct conn *c = recovering(test);

	conn_segment(c, XTCP_ACK, 1, 10001, 0);
	conn_drain(c);
	duplicates(c, 10001, 3);
	KUNIT_EXPECT_FALSE(test, c->t.recovery);
	conn_drain(c);
	conn_segment(c, XTCP_ACK, 1, 11001, 0);
	conn_drain(c);
	duplicates(c, 11001, 3);
	KUNIT_EXPECT_TRUE(test, c->t.recovery);
}

static void recovery__ends_with_a_timeout(struct kunit *test)
{
	struct conn *c = recovering(test);

	conn_timer(c);
	KUNIT_EXPECT_FALSE(test, c->t.recovery);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 1000);
	duplicates(c, 1, 4);
	KUNIT_EXPECT_FALSE(test, c->t.recovery);
}

/* The very first segment of a connection can be retransmitted this way, too */
static void recovery__of_the_first_window(struct kunit *test)
{
	struct conn *c = in_flight(test);

	KUNIT_EXPECT_EQ(test, c->t.recover, CONN_ISS);
	duplicates(c, 1, 3);
	KUNIT_EXPECT_TRUE(test, c->t.recovery);
}

/* The acknowledged part of a record is not retransmitted when the record was cut since */
static void recovery__begins_behind_what_is_acknowledged(struct kunit *test)
{
	struct conn *c = in_flight(test);

	conn_segment(c, XTCP_ACK, 1, 601, 0);
	xtcp_tcb_set_path(&c->t, 300);
	conn_event(c, XTCP_EV_MTU);
	conn_drain(c);		/* in pieces of 300 */
	duplicates(c, 601, 3);
	KUNIT_EXPECT_TRUE(test, c->t.recovery);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 601);
	KUNIT_EXPECT_EQ(test, c->out.len, 300);
}

/* A flood of duplicate ACKs is one loss event; no more is sent than is known to have left */
static void recovery__of_a_thousand_duplicates(struct kunit *test)
{
	struct conn *c = recovering(test);

	duplicates(c, 1, 1000);
	KUNIT_EXPECT_TRUE(test, c->t.recovery);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, 5000);
	KUNIT_EXPECT_EQ(test, c->t.sacked, 10000);
	KUNIT_EXPECT_EQ(test, c->t.dupacks, U8_MAX);	/* does not wrap to 0 */
	KUNIT_EXPECT_EQ(test, conn_drain(c), 5);
}

/* ---- after a timeout ---- */

static void timeout__goes_back_and_slow_starts(struct kunit *test)
{
	struct conn *c = in_flight(test);

	conn_timer(c);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, 5000);
	KUNIT_EXPECT_EQ(test, c->t.lost, 10000);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1);
	c->t.frto = XTCP_FRTO_OFF;	/* which would send new segments first */
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 2);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 2001);
	/* the peer had the rest already */
	conn_segment(c, XTCP_ACK, 1, 10001, 0);
	KUNIT_EXPECT_EQ(test, c->t.lost, 0);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_DATA);
}

/* RFC 6582 section 4: these duplicate ACKs are caused by needless retransmissions */
static void timeout__duplicates_mean_nothing(struct kunit *test)
{
	struct conn *c = in_flight(test);

	conn_timer(c);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	duplicates(c, 1, 3);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
	KUNIT_EXPECT_EQ(test, c->t.sacked, 0);
}

static struct kunit_case ack_in_cases[] = {
	KUNIT_CASE(una__advances_and_frees),
	KUNIT_CASE(una__old_ack_is_ignored),
	KUNIT_CASE(una__within_a_record),
	KUNIT_CASE(una__within_a_record_that_is_cut_later),
	KUNIT_CASE(window__wl1_and_wl2),
	KUNIT_CASE(rtt__from_what_went_once),
	KUNIT_CASE(rtt__not_from_what_went_twice),
	KUNIT_CASE(dupack__third_retransmits),
	KUNIT_CASE(dupack__first_two_let_new_data_out),
	KUNIT_CASE(dupack__forgotten_with_the_next_progress),
	KUNIT_CASE(dupack__what_is_none),
	KUNIT_CASE(recovery__further_duplicates_let_new_data_out),
	KUNIT_CASE(recovery__partial_ack),
	KUNIT_CASE(recovery__full_ack_ends_it),
	KUNIT_CASE(recovery__not_twice_for_one_window),
	KUNIT_CASE(recovery__ends_with_a_timeout),
	KUNIT_CASE(recovery__of_the_first_window),
	KUNIT_CASE(recovery__begins_behind_what_is_acknowledged),
	KUNIT_CASE(recovery__of_a_thousand_duplicates),
	KUNIT_CASE(timeout__goes_back_and_slow_starts),
	KUNIT_CASE(timeout__duplicates_mean_nothing),
	{}
};

static struct kunit_suite ack_in_suite = {
	.name = "ack_in",
	.test_cases = ack_in_cases,
};

kunit_test_suite(ack_in_suite);
