// SPDX-License-Identifier: GPL-2.0
/*
 * SEGMENT ARRIVES in synchronized states: module/core/segment.c, RFC 9293 section
 * 3.10.7.4, RFC 5961. The earlier states are in handshake_test.c.
 */
#include <linux/errno.h>
#include "conn.h"

/* ---- first: sequence number ---- */

static void sequence__right_of_the_window(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_ACK, 64001, 1, 10);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_WINDOW);
	KUNIT_EXPECT_FALSE(test, c->act.taken);
	conn_expect_ack(c);
	conn_segment(c, XTCP_ACK, 64002, 1, 0);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_WINDOW);
	conn_expect_ack(c);
}

static void sequence__last_byte_of_the_window(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_ACK, 64000, 1, 10);
	KUNIT_EXPECT_TRUE(test, c->act.taken);
	KUNIT_EXPECT_EQ(test, c->t.reasm.bytes, 1);
	conn_expect_ack(c);
}

static void sequence__old_duplicate_is_acknowledged(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_ACK, 1, 1, 100);
	conn_drain(c);
	conn_segment(c, XTCP_ACK, 1, 1, 100);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_OLD);
	KUNIT_EXPECT_FALSE(test, c->act.taken);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 101);
}

/* "If [it] straddle[s] the boundary between old and new, only the new parts are processed." */
static void sequence__straddling_the_left_edge(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_ACK, 1, 1, 100);
	conn_segment(c, XTCP_ACK, 51, 1, 100);
	KUNIT_ASSERT_NOT_NULL(test, c->act.deliver);
	KUNIT_EXPECT_EQ(test, c->act.delivered, 50);
	KUNIT_EXPECT_EQ(test, c->act.deliver->skip, 50);
	KUNIT_EXPECT_EQ(test, c->act.deliver->seq, CONN_IRS + 101);
	KUNIT_EXPECT_EQ(test, c->act.deliver->end_seq, CONN_IRS + 151);
}

static void sequence__straddling_the_right_edge(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.rcv_wnd = 50;
	conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 1, 100);
	KUNIT_EXPECT_EQ(test, c->act.delivered, 50);
	KUNIT_EXPECT_FALSE(test, c->act.todo & XTCP_ACT_PEER_FIN);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
}

/* A keepalive probe from the peer */
static void sequence__one_to_the_left_is_answered(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_ACK, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_OLD);
	conn_expect_ack(c);
}

static struct conn *closed_window(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.rcv_free = 0;
	c->t.rcv_wnd = 0;
	return c;
}

/* "special allowance should be made to accept valid ACKs, URGs, and RSTs" */
static void sequence__ack_with_text_at_a_closed_window(struct kunit *test)
{
	struct conn *c = closed_window(test);

	conn_write(c, 100);
	conn_drain(c);
	conn_segment(c, XTCP_ACK, 1, 101, 10);
	KUNIT_EXPECT_EQ(test, c->t.snd_una, CONN_ISS + 101);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_WINDOW);
	KUNIT_EXPECT_FALSE(test, c->act.taken);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, c->out.wnd, 0);
	conn_segment(c, XTCP_RST, 1, 0, 10);
	conn_expect_gone(c, ECONNRESET);
}

/* And LAST-ACK needs nothing else */
static void sequence__last_ack_at_a_closed_window(struct kunit *test)
{
	struct conn *c = conn_close_wait(test);

	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_drain(c);
	c->t.rcv_wnd = 0;
	conn_segment(c, XTCP_ACK, 2, 2, 1);
	conn_expect_gone(c, 0);
}

static void sequence__unsent_acknowledged_at_a_closed_window(struct kunit *test)
{
	struct conn *c = closed_window(test);

	conn_segment(c, XTCP_ACK, 1, 2, 10);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_ACK_FUTURE);
	conn_expect_ack(c);
}

static void sequence__fin_needs_no_room(struct kunit *test)
{
	struct conn *c = closed_window(test);

	conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_CLOSE_WAIT);
	conn_expect_ack(c);
}

/* The peer's SND.NXT after it has filled the window */
static void sequence__ack_at_the_right_edge_counts(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 100);
	conn_drain(c);
	conn_segment(c, XTCP_ACK, 64001, 101, 0);
	KUNIT_EXPECT_EQ(test, c->t.snd_una, CONN_ISS + 101);
}

/* Text sent later has overtaken this ACK: its SEQ is old, but its ACK counts */
static void sequence__ack_overtaken_by_text_counts(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.quickack = 0;
	conn_write(c, 100);
	conn_drain(c);
	conn_segment(c, XTCP_ACK, 1, 1, 100);
	conn_segment(c, XTCP_ACK, 1, 101, 0);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_NONE);
	KUNIT_EXPECT_EQ(test, c->t.snd_una, CONN_ISS + 101);
}

/* ---- second: RST ---- */

static void rst__exactly_next_kills(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 500);
	conn_segment(c, XTCP_ACK, 101, 1, 10);
	conn_segment(c, XTCP_RST, 1, 0, 0);
	conn_expect_gone(c, ECONNRESET);
	KUNIT_EXPECT_NOT_NULL(test, c->act.freed);
}

static void rst__elsewhere_in_the_window_is_challenged(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_RST, 2, 0, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_RST_INVALID);
	conn_expect_ack(c);
	conn_segment(c, XTCP_RST, 64000, 0, 0);
	conn_expect_ack(c);
}

static void rst__outside_of_the_window_is_dropped(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_RST, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, c->act.todo, 0);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_RST_INVALID);
	conn_segment(c, XTCP_RST, 64001, 0, 0);
	KUNIT_EXPECT_EQ(test, c->act.todo, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
}

static void rst__errors_by_state(struct kunit *test)
{
	struct conn *c = conn_close_wait(test);

	conn_segment(c, XTCP_RST, 2, 0, 0);
	conn_expect_gone(c, EPIPE);
	c = conn_fin_wait_1(test);
	conn_segment(c, XTCP_RST, 1, 0, 0);
	conn_expect_gone(c, ECONNRESET);
	c = conn_fin_wait_2(test);
	conn_segment(c, XTCP_RST, 1, 0, 0);
	conn_expect_gone(c, ECONNRESET);
}

/* RFC 9293: no signal in LAST-ACK; MUST-12 when bytes may be lost */
static void rst__in_last_ack(struct kunit *test)
{
	struct conn *c = conn_close_wait(test);

	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_drain(c);
	conn_segment(c, XTCP_RST, 2, 0, 0);
	conn_expect_gone(c, 0);
	c = conn_close_wait(test);
	conn_write(c, 10);
	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_drain(c);
	conn_segment(c, XTCP_RST, 2, 0, 0);
	conn_expect_gone(c, ECONNRESET);
}

/* RFC 5961 section 7 */
static void challenge__is_limited_per_second(struct kunit *test)
{
	struct conn *c = conn_established(test);
	int i, acks = 0;

	for (i = 0; i < 50; i++) {
		conn_segment(c, XTCP_RST, 2, 0, 0);
		acks += conn_drain(c);
	}
	KUNIT_EXPECT_EQ(test, acks, XTCP_CHALLENGES);
	c->now += XTCP_US_PER_S;
	conn_segment(c, XTCP_RST, 2, 0, 0);
	conn_expect_ack(c);
}

/* ---- fourth: SYN ---- */

static void syn__is_challenged_wherever_it_stands(struct kunit *test)
{
	static const u32 seqs[] = { 0, 1, 1000, 70000, 0x50000000 };
	struct conn *c = conn_established(test);
	int i;

	for (i = 0; i < 5; i++) {
		conn_segment(c, XTCP_SYN, seqs[i], 0, 0);
		KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_SYN_CHALLENGED);
		KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
		conn_expect_ack(c);
	}
}

/* ---- fifth: ACK ---- */

static void ack__must_be_there(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_PSH, 1, 0, 10);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_NO_ACK);
	KUNIT_EXPECT_EQ(test, c->act.todo, 0);
	KUNIT_EXPECT_FALSE(test, c->act.taken);
}

/* RFC 5961 section 5.2: SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT */
static void ack__range_of_rfc_5961(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_ACK, 1, 2, 10);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_ACK_FUTURE);
	conn_expect_ack(c);
	conn_segment(c, XTCP_ACK, 1, 1 - 20001, 10);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_ACK_OLD);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, c->t.rcv_nxt, CONN_IRS + 1);
	conn_segment(c, XTCP_ACK, 1, 1 - 20000, 10);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_NONE);
	KUNIT_EXPECT_EQ(test, c->act.delivered, 10);
}

/* ---- sixth: URG ---- */

static void urg__told_when_the_pointer_advances(struct kunit *test)
{
	struct conn *c = conn_established(test);
	struct xtcp_seg seg = conn_seg(c, XTCP_ACK | XTCP_URG, 1, 1, 10);

	seg.up = 5;
	conn_give(c, &seg);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_URGENT);
	KUNIT_EXPECT_EQ(test, c->act.urgent, CONN_IRS + 6);
	KUNIT_EXPECT_EQ(test, c->t.rcv_up, CONN_IRS + 11);
	seg.seq = CONN_IRS + 11;
	seg.up = 200;
	conn_give(c, &seg);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_URGENT);
	KUNIT_EXPECT_EQ(test, c->t.rcv_up, CONN_IRS + 211);
	seg.seq = CONN_IRS + 21;
	seg.up = 190;
	conn_give(c, &seg);
	KUNIT_EXPECT_FALSE(test, c->act.todo & XTCP_ACT_URGENT);
}

/* ---- seventh: text ---- */

static void text__out_of_order_is_kept_and_acknowledged_at_once(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_ACK, 101, 1, 100);
	KUNIT_EXPECT_TRUE(test, c->act.taken);
	KUNIT_EXPECT_EQ(test, c->act.delivered, 0);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 1);
	conn_segment(c, XTCP_ACK, 101, 1, 100);
	KUNIT_EXPECT_FALSE(test, c->act.taken);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_DUPLICATE);
	conn_expect_ack(c);
	conn_segment(c, XTCP_ACK, 1, 1, 100);
	KUNIT_EXPECT_EQ(test, c->act.delivered, 200);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 201);
}

/* Its ACK is processed all the same; the rest is retransmitted */
static void text__without_memory_for_it(struct kunit *test)
{
	struct conn *c = conn_established(test);
	struct xtcp_seg seg = conn_seg(c, XTCP_FIN | XTCP_ACK, 1, 101, 100);
	struct xtcp_event ev = { .kind = XTCP_EV_SEGMENT, .now = c->now, .seg = &seg };

	conn_write(c, 100);
	conn_drain(c);
	xtcp_step(&c->t, &ev, &c->act);
	KUNIT_EXPECT_FALSE(test, c->act.taken);
	KUNIT_EXPECT_EQ(test, c->t.snd_una, CONN_ISS + 101);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 1);
}

static void text__after_the_fin_is_ignored(struct kunit *test)
{
	struct conn *c = conn_close_wait(test);

	conn_segment(c, XTCP_ACK, 2, 1, 10);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_NOT_EXPECTED);
	KUNIT_EXPECT_FALSE(test, c->act.taken);
	KUNIT_EXPECT_EQ(test, c->t.rcv_nxt, CONN_IRS + 2);
}

/* ---- eighth: FIN ---- */

static void fin__ahead_of_text_is_remembered(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_FIN | XTCP_ACK, 101, 1, 100);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	conn_expect_ack(c);
	conn_segment(c, XTCP_ACK, 1, 1, 100);
	KUNIT_EXPECT_EQ(test, c->act.delivered, 200);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_PEER_FIN);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_CLOSE_WAIT);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 202);
}

/* Nothing follows a FIN, and its place is fixed */
static void fin__the_first_one_counts(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_FIN | XTCP_ACK, 101, 1, 0);
	conn_segment(c, XTCP_FIN | XTCP_ACK, 51, 1, 0);
	conn_segment(c, XTCP_ACK, 101, 1, 50);
	KUNIT_EXPECT_FALSE(test, c->act.taken);
	conn_segment(c, XTCP_ACK, 1, 1, 200);
	KUNIT_EXPECT_EQ(test, c->act.delivered, 100);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_CLOSE_WAIT);
	KUNIT_EXPECT_EQ(test, c->t.rcv_nxt, CONN_IRS + 102);
}

static void fin__again_is_acknowledged_again(struct kunit *test)
{
	struct conn *c = conn_close_wait(test);

	conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 1, 0);
	KUNIT_EXPECT_FALSE(test, c->act.todo & XTCP_ACT_PEER_FIN);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 2);
}

static void fin__old_text_new_fin(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_ACK, 1, 1, 100);
	conn_drain(c);
	conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 1, 100);
	KUNIT_EXPECT_FALSE(test, c->act.taken);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_CLOSE_WAIT);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 102);
}

/* Text that an orphan's user has already read is not lost */
static void fin__old_text_new_fin_for_an_orphan(struct kunit *test)
{
	struct conn *c = conn_fin_wait_2(test);

	conn_segment(c, XTCP_ACK, 1, 2, 100);
	conn_drain(c);
	conn_event(c, XTCP_EV_ORPHAN);
	conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 2, 100);
	KUNIT_EXPECT_FALSE(test, c->act.todo & XTCP_ACT_RST);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_TIME_WAIT);
}

/* Figure 12 */
static void fin__normal_close(struct kunit *test)
{
	struct conn *c = conn_fin_wait_2(test);

	conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 2, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_TIME_WAIT);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_TIME_WAIT);
	KUNIT_EXPECT_EQ(test, xtcp_earliest_deadline(&c->t), 0);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 2);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 2);
}

/* Figure 13 */
static void fin__simultaneous_close(struct kunit *test)
{
	struct conn *c = conn_fin_wait_1(test);

	conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_CLOSING);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 2);
	conn_segment(c, XTCP_ACK, 2, 2, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_TIME_WAIT);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_TIME_WAIT);
}

static void fin__with_the_ack_of_ours(struct kunit *test)
{
	struct conn *c = conn_fin_wait_1(test);

	conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 2, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_TIME_WAIT);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_WRITE_SHUT);
	conn_expect_ack(c);
}

static void fin__passive_close(struct kunit *test)
{
	struct conn *c = conn_close_wait(test);

	conn_event(c, XTCP_EV_SHUTDOWN);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_LAST_ACK);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->out.flags, XTCP_FIN | XTCP_ACK);
	conn_segment(c, XTCP_ACK, 2, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_LAST_ACK);
	conn_segment(c, XTCP_ACK, 2, 2, 0);
	conn_expect_gone(c, 0);
}

static struct kunit_case segment_cases[] = {
	KUNIT_CASE(sequence__right_of_the_window),
	KUNIT_CASE(sequence__last_byte_of_the_window),
	KUNIT_CASE(sequence__old_duplicate_is_acknowledged),
	KUNIT_CASE(sequence__straddling_the_left_edge),
	KUNIT_CASE(sequence__straddling_the_right_edge),
	KUNIT_CASE(sequence__one_to_the_left_is_answered),
	KUNIT_CASE(sequence__ack_with_text_at_a_closed_window),
	KUNIT_CASE(sequence__last_ack_at_a_closed_window),
	KUNIT_CASE(sequence__unsent_acknowledged_at_a_closed_window),
	KUNIT_CASE(sequence__fin_needs_no_room),
	KUNIT_CASE(sequence__ack_at_the_right_edge_counts),
	KUNIT_CASE(sequence__ack_overtaken_by_text_counts),
	KUNIT_CASE(rst__exactly_next_kills),
	KUNIT_CASE(rst__elsewhere_in_the_window_is_challenged),
	KUNIT_CASE(rst__outside_of_the_window_is_dropped),
	KUNIT_CASE(rst__errors_by_state),
	KUNIT_CASE(rst__in_last_ack),
	KUNIT_CASE(challenge__is_limited_per_second),
	KUNIT_CASE(syn__is_challenged_wherever_it_stands),
	KUNIT_CASE(ack__must_be_there),
	KUNIT_CASE(ack__range_of_rfc_5961),
	KUNIT_CASE(urg__told_when_the_pointer_advances),
	KUNIT_CASE(text__out_of_order_is_kept_and_acknowledged_at_once),
	KUNIT_CASE(text__without_memory_for_it),
	KUNIT_CASE(text__after_the_fin_is_ignored),
	KUNIT_CASE(fin__ahead_of_text_is_remembered),
	KUNIT_CASE(fin__the_first_one_counts),
	KUNIT_CASE(fin__again_is_acknowledged_again),
	KUNIT_CASE(fin__old_text_new_fin),
	KUNIT_CASE(fin__old_text_new_fin_for_an_orphan),
	KUNIT_CASE(fin__normal_close),
	KUNIT_CASE(fin__simultaneous_close),
	KUNIT_CASE(fin__with_the_ack_of_ours),
	KUNIT_CASE(fin__passive_close),
	{}
};

static struct kunit_suite segment_suite = {
	.name = "segment",
	.test_cases = segment_cases,
};

kunit_test_suite(segment_suite);
