// SPDX-License-Identifier: GPL-2.0
/* What is sent now: module/core/send.c, RFC 9293 sections 3.7 and 3.8 */
#include "conn.h"
#include "../module/core/scoreboard.h"

static void data__in_full_segments(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 2500);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_DATA);
	KUNIT_EXPECT_EQ(test, c->out.flags, XTCP_ACK);
	KUNIT_EXPECT_EQ(test, c->out.len, 1000);
	KUNIT_EXPECT_EQ(test, c->out.ack, c->t.rcv_nxt);
	KUNIT_EXPECT_EQ(test, c->out.opts.wscale, XTCP_NO_WSCALE);
	KUNIT_EXPECT_EQ(test, c->out.opts.mss, 0);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1001);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.flags, XTCP_ACK | XTCP_PSH);
	KUNIT_EXPECT_EQ(test, c->out.len, 500);
}

/* Section 3.7.4 and appendix A.3: wait until the last small segment is acknowledged */
static void data__small_waits_for_the_ack_of_a_small_one(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 2500);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 3);
	conn_write(c, 10);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	conn_segment(c, XTCP_ACK, 1, 2001, 0);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	conn_segment(c, XTCP_ACK, 1, 2501, 0);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.len, 10);
}

/* MUST-17 */
static void data__nodelay_sends_at_once(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.nodelay = true;
	conn_write(c, 10);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	conn_write(c, 10);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
}

/* PSH marks the end of a write, wherever that lies */
static void data__psh_where_a_write_ends(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 1000);
	conn_write(c, 1500);
	conn_pull(c);
	KUNIT_EXPECT_TRUE(test, c->out.flags & XTCP_PSH);
	conn_pull(c);
	KUNIT_EXPECT_FALSE(test, c->out.flags & XTCP_PSH);
}

/* SHLD-16: data beyond the edge of a shrunk window were discarded by the peer */
static void data__again_when_a_shrunk_window_opens(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 3000);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 3);
	c->wnd = 0;
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	c->wnd = 20000;
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1001);
}

static void data__stays_in_the_peers_window(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->wnd = 2500;
	conn_segment(c, XTCP_ACK, 2, 1, 0);
	conn_write(c, 5000);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 2);
	KUNIT_EXPECT_EQ(test, c->t.snd_nxt, CONN_ISS + 2001);
}

/* SHLD-15: no new data; MUST-34: and no failure */
static void data__window_shrunk_below_the_flight(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 20000);
	conn_drain(c);
	c->wnd = 500;
	conn_segment(c, XTCP_ACK, 2, 1001, 0);
	KUNIT_EXPECT_EQ(test, xtcp_usable_window(&c->t), 0);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	/* our ACK must still be acceptable to the peer */
	conn_segment(c, XTCP_ACK, 1, 1001, 100);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1501);
}

static void data__cork_holds_back_for_a_while(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.cork = true;
	conn_write(c, 1100);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
	KUNIT_EXPECT_LE(test, conn_timer(c), 200 * XTCP_US_PER_MS);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.len, 100);
}

static void data__cork_holds_back_no_longer_with_data_in_flight(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.cork = true;
	c->t.rto = XTCP_US_PER_S;
	conn_write(c, 1100);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(test, conn_timer(c), 200 * XTCP_US_PER_MS);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(test, c->out.len, 100);
}

static void data__uncorked_goes_at_once(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.cork = true;
	conn_write(c, 100);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
	c->t.cork = false;
	conn_event(c, XTCP_EV_SEND);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
}

static void data__ends_at_the_initial_window(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 15000);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 10);
}

/* RFC 5681 section 4.1 */
static void data__after_a_pause_from_the_restart_window(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.cwnd = 18000;
	c->t.last_snd = c->now;
	c->now += c->t.rto + 1;
	conn_write(c, 18000);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 10);
}

/* RFC 9293 section 3.8.5: SND.UP - SEG.SEQ, while it is ahead */
static void urgent__pointer_counts_from_the_segment(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 1500);
	c->t.snd_up = c->t.write_seq;
	conn_pull(c);
	KUNIT_EXPECT_TRUE(test, c->out.flags & XTCP_URG);
	KUNIT_EXPECT_EQ(test, c->out.up, 1500);
	conn_pull(c);	/* urgent: Nagle doesn't hold it */
	KUNIT_EXPECT_EQ(test, c->out.len, 500);
	KUNIT_EXPECT_EQ(test, c->out.up, 500);
	conn_segment(c, XTCP_ACK, 1, 1501, 0);
	conn_write(c, 10);
	conn_pull(c);
	KUNIT_EXPECT_FALSE(test, c->out.flags & XTCP_URG);
	KUNIT_EXPECT_EQ(test, c->out.up, 0);
}

static void fin__waits_for_the_window(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->wnd = 1000;
	conn_segment(c, XTCP_ACK, 2, 1, 0);
	conn_write(c, 1000);
	conn_event(c, XTCP_EV_SHUTDOWN);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_FALSE(test, c->out.flags & XTCP_FIN);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	conn_segment(c, XTCP_ACK, 2, 1001, 0);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_FIN);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1001);
}

static void fin__is_retransmitted_with_the_last_data(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 100);
	conn_event(c, XTCP_EV_SHUTDOWN);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	conn_timer(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	KUNIT_EXPECT_EQ(test, c->out.flags, XTCP_FIN | XTCP_ACK | XTCP_PSH);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	conn_segment(c, XTCP_ACK, 1, 101, 0);
	conn_timer(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_FIN);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 101);
}

static void lost__oldest_first_then_new_data(struct kunit *test)
{
	struct conn *c = conn_established(test);
	u32 seq;

	conn_write(c, 3000);
	conn_drain(c);
	xtcp_mark_all_lost(&c->t);
	for (seq = 1; seq < 3001; seq += 1000) {
		KUNIT_ASSERT_TRUE(test, conn_pull(c));
		KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
		KUNIT_EXPECT_EQ(test, conn_out_seq(c), seq);
		KUNIT_EXPECT_EQ(test, c->out.rec->retries, 1);
		KUNIT_EXPECT_TRUE(test, c->out.rec->marks & XTCP_MARK_RETX);
	}
	conn_write(c, 1000);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_DATA);
}

/* Also when the chosen record is acknowledged, and an older one has been found lost since */
static void lost__oldest_first_in_whatever_order_found(struct kunit *test)
{
	struct conn *c = conn_established(test);
	struct xtcp_rec *second;

	conn_write(c, 3000);
	conn_drain(c);
	second = c->t.sendq.head->next;
	xtcp_mark_lost(&c->t, c->t.sendq.head);
	xtcp_mark_lost(&c->t, second->next);
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	xtcp_mark_lost(&c->t, second);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1001);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 2001);
}

static void lost__first_goes_whatever_cwnd_says(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 3000);
	conn_drain(c);
	c->t.cwnd = 1000;
	xtcp_mark_lost(&c->t, c->t.sendq.head);
	c->t.retx_now = true;
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	xtcp_mark_lost(&c->t, c->t.sendq.head);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
}

/* The record was cut for retransmission, then memory was short: the partial ACK still counts */
static void lost__first_piece_acknowledged_already(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 1000);
	conn_drain(c);
	conn_segment(c, XTCP_ACK, 1, 301, 0);
	xtcp_mark_all_lost(&c->t);
	xtcp_tcb_set_path(&c->t, 300);
	KUNIT_ASSERT_TRUE(test, xtcp_next(&c->t, c->now, &c->out));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1);
	xtcp_sendq_split(&c->t.sendq, c->out.rec, conn_rec(c), c->out.len);
	xtcp_send_failed(&c->t, c->now);
	conn_timer(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 301);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 2);
	KUNIT_EXPECT_EQ(test, c->t.lost, 0);
}

static void lost__goes_before_what_is_small_and_new(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 3000);
	conn_drain(c);
	c->t.nodelay = true;
	c->t.cwnd = 2500;
	xtcp_mark_lost(&c->t, c->t.sendq.head);
	c->t.retx_now = false;
	conn_write(c, 100);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
}

/* SHLD-16, MAY-7, MUST-35 */
static void lost__beyond_a_shrunk_window(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 5000);
	conn_drain(c);
	c->wnd = 2500;
	conn_segment(c, XTCP_ACK, 2, 1, 0);
	xtcp_mark_all_lost(&c->t);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 2);
	c->wnd = 0;
	conn_segment(c, XTCP_ACK, 2, 1, 0);
	conn_timer(c);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1);
}

/* Any segment carries the ACK: no separate ACK is left to send */
static void ack__one_answer_for_many_segments(struct kunit *test)
{
	struct conn *c = conn_established(test);
	u32 seq;

	for (seq = 1; seq < 5001; seq += 1000)
		conn_segment(c, XTCP_ACK, seq, 1, 1000);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);	/* MUST-58, MUST-59 */
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 5001);
	KUNIT_EXPECT_EQ(test, c->out.wnd, 64000);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_DELACK], 0);
}

static void xtcp_send_failed__asks_again_soon(struct kunit *test)
{
	struct conn *c = conn_established(test);
	struct xtcp_out out;

	conn_write(c, 100);
	KUNIT_ASSERT_TRUE(test, xtcp_next(&c->t, c->now, &out));
	xtcp_send_failed(&c->t, c->now);
	KUNIT_EXPECT_EQ(test, conn_timer(c), XTCP_RETRY_AFTER);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_OUTPUT);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(test, c->t.snd_nxt, CONN_ISS + 101);
}

static struct kunit_case send_cases[] = {
	KUNIT_CASE(data__in_full_segments),
	KUNIT_CASE(data__again_when_a_shrunk_window_opens),
	KUNIT_CASE(data__small_waits_for_the_ack_of_a_small_one),
	KUNIT_CASE(data__nodelay_sends_at_once),
	KUNIT_CASE(data__psh_where_a_write_ends),
	KUNIT_CASE(data__stays_in_the_peers_window),
	KUNIT_CASE(data__window_shrunk_below_the_flight),
	KUNIT_CASE(data__cork_holds_back_for_a_while),
	KUNIT_CASE(data__cork_holds_back_no_longer_with_data_in_flight),
	KUNIT_CASE(data__uncorked_goes_at_once),
	KUNIT_CASE(data__ends_at_the_initial_window),
	KUNIT_CASE(data__after_a_pause_from_the_restart_window),
	KUNIT_CASE(urgent__pointer_counts_from_the_segment),
	KUNIT_CASE(fin__waits_for_the_window),
	KUNIT_CASE(fin__is_retransmitted_with_the_last_data),
	KUNIT_CASE(lost__oldest_first_then_new_data),
	KUNIT_CASE(lost__oldest_first_in_whatever_order_found),
	KUNIT_CASE(lost__first_goes_whatever_cwnd_says),
	KUNIT_CASE(lost__first_piece_acknowledged_already),
	KUNIT_CASE(lost__goes_before_what_is_small_and_new),
	KUNIT_CASE(lost__beyond_a_shrunk_window),
	KUNIT_CASE(ack__one_answer_for_many_segments),
	KUNIT_CASE(xtcp_send_failed__asks_again_soon),
	{}
};

static struct kunit_suite send_suite = {
	.name = "send",
	.test_cases = send_cases,
};

kunit_test_suite(send_suite);
