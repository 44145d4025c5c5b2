// SPDX-License-Identifier: GPL-2.0
/*
 * SEGMENT ARRIVES in SYN-SENT and SYN-RECEIVED: module/core/segment.c, RFC 9293 sections
 * 3.10.7.3 and 3.10.7.4
 */
#include <linux/errno.h>
#include "conn.h"
#include "../module/core/stamp.h"

static struct conn *syn_sent(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	conn_event(c, XTCP_EV_OPEN);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
	return c;
}

static void syn_sent__syn_ack_establishes(struct kunit *test)
{
	struct conn *c = syn_sent(test);

	c->now += 30000;
	conn_segment(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_CONNECTED);
	KUNIT_EXPECT_EQ(test, c->t.snd_wnd, 20000);
	KUNIT_EXPECT_EQ(test, c->t.srtt, 30000);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 1);
}

static void syn_sent__data_waits_for_the_handshake_then_carries_the_ack(struct kunit *test)
{
	struct conn *c = syn_sent(test);

	conn_write(c, 100);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	conn_segment(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_DATA);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 1);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
}

/* "send a reset <SEQ=SEG.ACK><CTL=RST>" */
static void syn_sent__unacceptable_ack_is_reset(struct kunit *test)
{
	static const u32 acks[] = { 0, 2, -1, 0x40000000 };
	struct conn *c = syn_sent(test);
	int i;

	for (i = 0; i < 4; i++) {
		conn_segment(c, XTCP_SYN | XTCP_ACK, 0, acks[i], 0);
		KUNIT_EXPECT_EQ(test, c->act.todo, XTCP_ACT_RST);
		KUNIT_EXPECT_EQ(test, c->act.rst.flags, XTCP_RST);
		KUNIT_EXPECT_EQ(test, c->act.rst.seq, CONN_ISS + acks[i]);
		conn_segment(c, XTCP_RST | XTCP_ACK, 0, acks[i], 0);
		KUNIT_EXPECT_EQ(test, c->act.todo, 0);
		KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_RST_INVALID);
	}
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_SYN_SENT);
}

static void syn_sent__rst_refuses(struct kunit *test)
{
	struct conn *c = syn_sent(test);

	conn_segment(c, XTCP_RST, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_SYN_SENT);
	conn_segment(c, XTCP_RST | XTCP_ACK, 77, 1, 0);
	conn_expect_gone(c, ECONNREFUSED);
}

static void syn_sent__neither_syn_nor_rst(struct kunit *test)
{
	struct conn *c = syn_sent(test);

	conn_segment(c, XTCP_ACK, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_NOT_EXPECTED);
	KUNIT_EXPECT_EQ(test, c->act.todo, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_SYN_SENT);
}

static void syn_sent__text_and_fin_on_the_syn_ack(struct kunit *test)
{
	struct conn *c = syn_sent(test);

	conn_segment(c, XTCP_SYN | XTCP_ACK, 0, 1, 10);
	KUNIT_EXPECT_EQ(test, c->act.delivered, 10);
	KUNIT_ASSERT_NOT_NULL(test, c->act.deliver);
	KUNIT_EXPECT_EQ(test, c->act.deliver->seq, CONN_IRS + 1);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 11);
}

/* The text is retransmitted; the SYN counts */
static void syn_sent__text_on_the_syn_ack_without_memory(struct kunit *test)
{
	struct conn *c = syn_sent(test);
	struct xtcp_seg seg = conn_seg(c, XTCP_SYN | XTCP_FIN | XTCP_ACK, 0, 1, 10);
	struct xtcp_event ev = { .kind = XTCP_EV_SEGMENT, .now = c->now, .seg = &seg };

	xtcp_step(&c->t, &ev, &c->act);
	KUNIT_EXPECT_FALSE(test, c->act.taken);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 1);
}

/* Urgent data queued during the handshake are not signalled in a SYN (RFC 9293 section 3.8.5) */
static void syn_sent__nothing_is_urgent_in_a_syn(struct kunit *test)
{
	struct conn *c = syn_sent(test);

	conn_write(c, 100);
	c->t.snd_up = c->t.write_seq;
	conn_timer(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.flags, XTCP_SYN);
	conn_segment(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_TRUE(test, c->out.flags & XTCP_URG);
	KUNIT_EXPECT_EQ(test, c->out.up, 100);
}

static void syn_sent__no_mss_option_means_the_default(struct kunit *test)
{
	struct conn *c = syn_sent(test);

	conn_segment(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, 536);
}

static void syn_sent__scaling_needs_both(struct kunit *test)
{
	struct conn *c = conn_closed(test);
	struct xtcp_seg seg = conn_seg(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);

	c->knobs.rmem[2] = 6291456;
	conn_event(c, XTCP_EV_OPEN);
	conn_pull(c);
	KUNIT_EXPECT_EQ(test, c->out.opts.wscale, 7);
	KUNIT_EXPECT_EQ(test, c->out.wnd, 64000);
	KUNIT_EXPECT_EQ(test, c->t.rcv_wnd, 64000);
	conn_give(c, &seg);
	KUNIT_EXPECT_EQ(test, c->t.rcv_wscale, 0);
	KUNIT_EXPECT_EQ(test, c->t.snd_wscale, 0);
}

/* RFC 7323 section 2.2: "The window field in a segment where the SYN bit is set [...]" */
static void syn_sent__window_of_a_syn_is_not_scaled(struct kunit *test)
{
	struct conn *c = syn_sent(test);
	struct xtcp_seg seg = conn_seg(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);

	seg.opts.wscale = 3;
	conn_give(c, &seg);
	KUNIT_EXPECT_EQ(test, c->t.snd_wnd, 20000);
	conn_segment(c, XTCP_ACK, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.snd_wnd, 160000);
}

/* Figure 7 */
static void syn_sent__simultaneous_open(struct kunit *test)
{
	struct conn *c = syn_sent(test);

	conn_segment(c, XTCP_SYN, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_SYN_RECEIVED);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.flags, XTCP_SYN | XTCP_ACK);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 0);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 1);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	conn_segment(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_CONNECTED);
}

/* ---- SYN-RECEIVED ---- */

static struct conn *syn_received(struct kunit *test)
{
	struct conn *c = syn_sent(test);

	conn_segment(c, XTCP_SYN, 0, 0, 0);
	conn_drain(c);
	return c;
}

static void syn_received__bad_ack_is_reset(struct kunit *test)
{
	struct conn *c = syn_received(test);

	conn_segment(c, XTCP_ACK, 1, 0, 0);
	KUNIT_EXPECT_EQ(test, c->act.todo, XTCP_ACT_RST);
	KUNIT_EXPECT_EQ(test, c->act.rst.seq, CONN_ISS);
	conn_segment(c, XTCP_ACK, 1, 2, 0);
	KUNIT_EXPECT_EQ(test, c->act.rst.seq, CONN_ISS + 2);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_SYN_RECEIVED);
}

/* The peer has not received our SYN-ACK: it gets an ACK, and the SYN-ACK is retransmitted in
 * time
 */
static void syn_received__the_same_syn_again(struct kunit *test)
{
	struct conn *c = syn_received(test);

	conn_segment(c, XTCP_SYN, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_SYN_CHALLENGED);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_SYN_RECEIVED);
	conn_expect_ack(c);
	conn_timer(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.flags, XTCP_SYN | XTCP_ACK);
}

static void syn_received__rst_refuses_the_active_side(struct kunit *test)
{
	struct conn *c = syn_received(test);

	conn_segment(c, XTCP_RST, 1, 0, 0);
	conn_expect_gone(c, ECONNREFUSED);
}

static void syn_received__rst_says_nothing_to_the_passive_side(struct kunit *test)
{
	struct conn *c = syn_received(test);

	c->t.passive = true;
	conn_segment(c, XTCP_RST, 1, 0, 0);
	conn_expect_gone(c, 0);
}

/* After an active open the peer expects no SYN-ACK (RFC 5961 section 4) */
static void syn_received__syn_ack_means_nothing_to_the_passive_side(struct kunit *test)
{
	struct conn *c = syn_received(test);

	c->t.passive = true;
	conn_segment(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_SYN_CHALLENGED);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_SYN_RECEIVED);
	conn_expect_ack(c);
}

static void syn_received__fin_on_the_third_segment(struct kunit *test)
{
	struct conn *c = syn_received(test);

	conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 1, 5);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_CLOSE_WAIT);
	KUNIT_EXPECT_EQ(test, c->act.delivered, 5);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_CONNECTED);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_PEER_FIN);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 7);
}

/* A request has accepted a segment without timestamp: a child that drops it would never open */
static void syn_received__the_request_has_judged_timestamps(struct kunit *test)
{
	struct xtcp_seg seg = { .flags = XTCP_ACK };
	struct conn *c = syn_sent(test);

	c->knobs.require_timestamps = 1;
	c->t.ts_ok = true;
	c->t.state = XTCP_SYN_RECEIVED;
	c->t.passive = true;
	KUNIT_EXPECT_FALSE(test, xtcp_stamp_missing(&c->t, &seg));
	c->t.passive = false;
	KUNIT_EXPECT_TRUE(test, xtcp_stamp_missing(&c->t, &seg));
}

static struct kunit_case handshake_cases[] = {
	KUNIT_CASE(syn_sent__syn_ack_establishes),
	KUNIT_CASE(syn_sent__data_waits_for_the_handshake_then_carries_the_ack),
	KUNIT_CASE(syn_sent__unacceptable_ack_is_reset),
	KUNIT_CASE(syn_sent__rst_refuses),
	KUNIT_CASE(syn_sent__neither_syn_nor_rst),
	KUNIT_CASE(syn_sent__text_and_fin_on_the_syn_ack),
	KUNIT_CASE(syn_sent__text_on_the_syn_ack_without_memory),
	KUNIT_CASE(syn_sent__nothing_is_urgent_in_a_syn),
	KUNIT_CASE(syn_sent__no_mss_option_means_the_default),
	KUNIT_CASE(syn_sent__scaling_needs_both),
	KUNIT_CASE(syn_sent__window_of_a_syn_is_not_scaled),
	KUNIT_CASE(syn_sent__simultaneous_open),
	KUNIT_CASE(syn_received__bad_ack_is_reset),
	KUNIT_CASE(syn_received__the_same_syn_again),
	KUNIT_CASE(syn_received__rst_refuses_the_active_side),
	KUNIT_CASE(syn_received__rst_says_nothing_to_the_passive_side),
	KUNIT_CASE(syn_received__syn_ack_means_nothing_to_the_passive_side),
	KUNIT_CASE(syn_received__fin_on_the_third_segment),
	KUNIT_CASE(syn_received__the_request_has_judged_timestamps),
	{}
};

static struct kunit_suite handshake_suite = {
	.name = "handshake",
	.test_cases = handshake_cases,
};

kunit_test_suite(handshake_suite);
