// SPDX-License-Identifier: GPL-2.0
/* Timestamps and PAWS: module/core/stamp.c, RFC 7323 sections 3.2, 4 and 5 */
#include <linux/string.h>

#include "conn.h"
#include "../module/core/reset.h"
#include "../module/core/stamp.h"
#include "../module/core/syn_received.h"
#include "../module/core/time_wait.h"

#define OFFSET		0x89abcdefU
#define DAY		(86400 * XTCP_US_PER_S)

static struct conn *offering(struct kunit *test)
{
	struct conn *c = conn_closed(test);
	struct xtcp_event ev = {
		.kind = XTCP_EV_OPEN, .now = c->now, .iss = CONN_ISS, .ts_offset = OFFSET,
	};

	c->knobs.timestamps = 1;
	xtcp_step(&c->t, &ev, &c->act);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	return c;
}

static void give(struct conn *c, u8 flags, u32 seq, u32 ack, u32 len, u32 tsval, u32 tsecr)
{
	struct xtcp_seg seg = conn_seg(c, flags, seq, ack, len);

	seg.opts.mss = flags & XTCP_SYN ? CONN_MSS : 0;
	seg.opts.ts = true;
	seg.opts.tsval = tsval;
	seg.opts.tsecr = tsecr;
	conn_give(c, &seg);
}

/* The peer's clock stood at 0xfffffff0 when it sent its SYN */
static struct conn *agreed(struct kunit *test)
{
	struct conn *c = offering(test);

	c->now += 10000;
	give(c, XTCP_SYN | XTCP_ACK, 0, 1, 0, 0xfffffff0, c->out.opts.tsval);
	conn_drain(c);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	KUNIT_ASSERT_TRUE(test, c->t.ts_ok);
	return c;
}

static void expect_dropped(struct conn *c, enum xtcp_drop why)
{
	KUNIT_EXPECT_EQ(c->test, c->act.drop, why);
	KUNIT_EXPECT_FALSE(c->test, c->act.taken);
}

static void clock__milliseconds(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, xtcp_stamp(0, 5), 5);
	KUNIT_EXPECT_EQ(test, xtcp_stamp(999, 5), 5);
	KUNIT_EXPECT_EQ(test, xtcp_stamp(1000, 5), 6);
	KUNIT_EXPECT_EQ(test, xtcp_stamp(XTCP_US_PER_S, 0xffffffff), 999);
}

/* 3.2: TSecr "MUST be zero" where ACK is not set */
static void syn__offers(struct kunit *test)
{
	struct conn *c = offering(test);

	KUNIT_EXPECT_EQ(test, c->out.flags, XTCP_SYN);
	KUNIT_EXPECT_TRUE(test, c->out.opts.ts);
	KUNIT_EXPECT_EQ(test, c->out.opts.tsval, xtcp_stamp(c->now, OFFSET));
	KUNIT_EXPECT_EQ(test, c->out.opts.tsecr, 0);
}

static void syn__the_knob_forbids(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	conn_event(c, XTCP_EV_OPEN);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_FALSE(test, c->out.opts.ts);
	give(c, XTCP_SYN | XTCP_ACK, 0, 1, 0, 1, 0);
	KUNIT_EXPECT_FALSE(test, c->t.ts_ok);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_FALSE(test, c->out.opts.ts);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, CONN_MSS);
}

static void syn__the_peer_has_none(struct kunit *test)
{
	struct conn *c = offering(test);

	conn_segment(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);
	KUNIT_EXPECT_FALSE(test, c->t.ts_ok);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_FALSE(test, c->out.opts.ts);
	/* "TSopt MUST be ignored" when it is sent anyway */
	give(c, XTCP_ACK, 1, 1, 10, 5, 5);
	KUNIT_EXPECT_TRUE(test, c->act.taken);
	give(c, XTCP_ACK, 11, 1, 10, 4, 5);
	KUNIT_EXPECT_TRUE(test, c->act.taken);
}

/* "MUST be sent in every non-RST segment", and takes 12 bytes of each: RFC 6691 */
static void segments__all_have_it(struct kunit *test)
{
	struct conn *c = agreed(test);

	KUNIT_EXPECT_EQ(test, c->t.snd_mss, CONN_MSS - 12);
	KUNIT_EXPECT_TRUE(test, c->out.opts.ts);	/* the final ACK */
	KUNIT_EXPECT_EQ(test, c->out.opts.tsecr, 0xfffffff0);
	c->now += 7000;
	conn_write(c, 2000);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.len, CONN_MSS - 12);
	KUNIT_EXPECT_EQ(test, c->out.opts.tsval, xtcp_stamp(c->now, OFFSET));
	conn_drain(c);
	KUNIT_EXPECT_TRUE(test, c->out.opts.ts);
	KUNIT_EXPECT_EQ(test, xtcp_wire_opts_len(&c->out.opts), 12);
	conn_timer(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	KUNIT_EXPECT_EQ(test, c->out.opts.tsval, xtcp_stamp(c->now, OFFSET));
}

/* "a TCP SHOULD silently drop the segment", and "MUST NOT abort" for that */
static void segments__without_it(struct kunit *test)
{
	struct conn *c = agreed(test);

	c->knobs.require_timestamps = 1;
	conn_segment(c, XTCP_ACK, 1, 1, 10);
	expect_dropped(c, XTCP_DROP_NO_STAMP);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	conn_segment(c, XTCP_SYN, 500, 1, 0);	/* a peer that has restarted */
	conn_expect_ack(c);
	conn_segment(c, XTCP_RST | XTCP_ACK, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_CLOSED);
}

/* A middlebox strips the option from everything the peer sends: the connection survives */
static void segments__without_it_go_on(struct kunit *test)
{
	struct conn *c = agreed(test);
	u32 srtt = c->t.srtt;

	conn_write(c, 500);
	conn_drain(c);
	c->now += 10000;
	conn_segment(c, XTCP_ACK, 1, 501, 10);
	KUNIT_EXPECT_TRUE(test, c->act.taken);
	KUNIT_EXPECT_EQ(test, c->t.snd_una, CONN_ISS + 501);
	KUNIT_EXPECT_EQ(test, c->t.srtt, srtt);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_TRUE(test, c->out.opts.ts);	/* ours still have it */
	KUNIT_EXPECT_EQ(test, c->out.opts.tsecr, 0xfffffff0);
	give(c, XTCP_ACK, 11, 501, 10, 0xffffffef, 0);	/* and so may the peer's */
	expect_dropped(c, XTCP_DROP_PAWS);
}

/* ---- 4.3: which timestamp is echoed ---- */

static u32 echoed(struct conn *c)
{
	c->t.ack_now = true;
	KUNIT_ASSERT_TRUE(c->test, conn_pull(c));
	return c->out.opts.tsecr;
}

/* (A): of segments whose ACK is delayed, the first */
static void echo__delayed_acks(struct kunit *test)
{
	struct conn *c = agreed(test);

	c->t.quickack = 0;
	c->t.rcv_mss = 1000;
	give(c, XTCP_ACK, 1, 1, 100, 1, 0);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	give(c, XTCP_ACK, 101, 1, 100, 2, 0);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, echoed(c), 1);
}

/* The second example of 4.3: A, C, B, E, D */
static void echo__out_of_order(struct kunit *test)
{
	struct conn *c = agreed(test);

	give(c, XTCP_ACK, 1, 1, 100, 1, 0);
	KUNIT_EXPECT_EQ(test, echoed(c), 1);
	give(c, XTCP_ACK, 201, 1, 100, 3, 0);
	KUNIT_EXPECT_EQ(test, echoed(c), 1);
	give(c, XTCP_ACK, 101, 1, 100, 2, 0);
	KUNIT_EXPECT_EQ(test, echoed(c), 2);
	give(c, XTCP_ACK, 401, 1, 100, 5, 0);
	KUNIT_EXPECT_EQ(test, echoed(c), 2);
	give(c, XTCP_ACK, 301, 1, 100, 4, 0);
	KUNIT_EXPECT_EQ(test, echoed(c), 4);
	KUNIT_EXPECT_EQ(test, c->t.rcv_nxt, CONN_IRS + 501);
}

/* A segment that is not acceptable, or whose ACK isn't, sets no TS.Recent */
static void echo__not_from_outside_of_the_window(struct kunit *test)
{
	struct conn *c = agreed(test);

	give(c, XTCP_ACK, 70001, 1, 100, 9, 0);
	KUNIT_EXPECT_EQ(test, echoed(c), 0xfffffff0);
	give(c, XTCP_RST | XTCP_ACK, 11, 1, 0, 9, 0);
	KUNIT_EXPECT_EQ(test, echoed(c), 0xfffffff0);
}

/* An off-path attacker who guesses the window but not the ACK can't make later segments look old */
static void echo__not_with_an_unacceptable_ack(struct kunit *test)
{
	const u32 later = 0x70000000;
	struct conn *c = agreed(test);
	u64 before = c->t.last_rcv;

	c->now += 1000;
	give(c, XTCP_ACK, 1, 2, 10, later, 0);		/* never sent */
	expect_dropped(c, XTCP_DROP_ACK_FUTURE);
	KUNIT_EXPECT_EQ(test, echoed(c), 0xfffffff0);
	give(c, XTCP_ACK, 1, 0 - c->t.snd_wnd_max, 10, later, 0);	/* long ago */
	expect_dropped(c, XTCP_DROP_ACK_OLD);
	KUNIT_EXPECT_EQ(test, echoed(c), 0xfffffff0);
	give(c, 0, 1, 0, 10, later, 0);
	expect_dropped(c, XTCP_DROP_NO_ACK);
	KUNIT_EXPECT_EQ(test, echoed(c), 0xfffffff0);
	KUNIT_EXPECT_EQ(test, c->t.last_rcv, before);	/* nor does it count as a sign of life */
	give(c, XTCP_ACK, 1, 1, 10, 1, 0);
	KUNIT_EXPECT_TRUE(test, c->act.taken);
	KUNIT_EXPECT_EQ(test, c->t.last_rcv, c->now);
}

/* It ends in TIME-WAIT, which compares with the last timestamp */
static void echo__of_the_last_ack(struct kunit *test)
{
	struct conn *c = agreed(test);

	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_drain(c);
	give(c, XTCP_FIN | XTCP_ACK, 1, 1, 0, 1, 0);
	conn_drain(c);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_CLOSING);
	give(c, XTCP_ACK, 2, 2, 0, 7, 0);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_TIME_WAIT);
	KUNIT_EXPECT_EQ(test, c->t.ts_recent, 7);
}

/* ---- 5.3 ---- */

/* R1: "Send an acknowledgment in reply [...] and drop the segment", text or none */
static void paws__old_duplicates(struct kunit *test)
{
	struct conn *c = agreed(test);

	give(c, XTCP_ACK, 1, 1, 10, 0xffffffef, 0);
	expect_dropped(c, XTCP_DROP_PAWS);
	conn_expect_ack(c);
	give(c, XTCP_ACK, 1, 1, 0, 0x7ffffff1, 0);
	expect_dropped(c, XTCP_DROP_PAWS);
	conn_expect_ack(c);
	give(c, XTCP_ACK, 1, 1, 10, 0xfffffff0, 0);
	KUNIT_EXPECT_TRUE(test, c->act.taken);
	give(c, XTCP_ACK, 11, 1, 10, 0x7fffffef, 0);	/* later than 0xfffffff0, just */
	KUNIT_EXPECT_TRUE(test, c->act.taken);
}

/* The ACK of an old segment is ignored, too */
static void paws__the_ack_does_not_count(struct kunit *test)
{
	struct conn *c = agreed(test);

	conn_write(c, 500);
	conn_drain(c);
	give(c, XTCP_ACK, 1, 501, 0, 0xffffffef, 0);
	KUNIT_EXPECT_EQ(test, c->t.snd_una, CONN_ISS + 1);
	give(c, XTCP_ACK, 1, 501, 0, 0xfffffff0, 0);
	KUNIT_EXPECT_EQ(test, c->t.snd_una, CONN_ISS + 501);
}

/* RFC 5961 section 7: two ends that find each other's ACKs old must not answer for ever */
static void paws__answers_are_limited(struct kunit *test)
{
	struct conn *c = agreed(test);
	int i, answers = 0;

	for (i = 0; i < 100; i++) {
		give(c, XTCP_ACK, 1, 1, 0, 0xffffffef, 0);
		answers += conn_drain(c);
	}
	KUNIT_EXPECT_EQ(test, answers, XTCP_CHALLENGES);
}

/* "an RST MUST NOT be subjected to the PAWS check" */
static void paws__not_for_rst(struct kunit *test)
{
	struct conn *c = agreed(test);

	give(c, XTCP_RST | XTCP_ACK, 1, 1, 0, 0xffffff00, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_CLOSED);
}

/* 5.5: TS.Recent expires after 24 days, and is taken from the next segment */
static void paws__outdated(struct kunit *test)
{
	struct conn *c = agreed(test);

	c->now += 24 * DAY;
	give(c, XTCP_ACK, 1, 1, 10, 0x80000000, 0);
	expect_dropped(c, XTCP_DROP_PAWS);
	c->now += 1;
	give(c, XTCP_ACK, 1, 1, 10, 0x80000000, 0);
	KUNIT_EXPECT_TRUE(test, c->act.taken);
	KUNIT_EXPECT_EQ(test, echoed(c), 0x80000000);
	give(c, XTCP_ACK, 11, 1, 10, 0x7fffffff, 0);
	expect_dropped(c, XTCP_DROP_PAWS);
}

/* ---- 4.1 ---- */

/* Karn excludes the send time; the echo tells which transmission was answered */
static void rtt__of_what_went_twice(struct kunit *test)
{
	struct conn *c = agreed(test);
	u32 srtt = c->t.srtt, tsval;

	KUNIT_EXPECT_EQ(test, srtt, 10000);
	conn_write(c, 500);
	conn_drain(c);
	conn_timer(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->t.backoff, 1);
	tsval = c->out.opts.tsval;
	c->now += 50000;
	give(c, XTCP_ACK, 1, 501, 0, 1, tsval);
	KUNIT_EXPECT_EQ(test, c->t.srtt, (7 * srtt + 50000) / 8);
	KUNIT_EXPECT_EQ(test, c->t.backoff, 0);
}

/* The ACK was lost; the copy is answered with an old echo, and reported as a duplicate */
static void rtt__of_a_copy(struct kunit *test)
{
	struct conn *c = agreed(test);
	struct xtcp_seg seg;
	u32 first;

	c->t.sack_ok = true;
	conn_write(c, 500);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	first = c->out.opts.tsval;
	c->t.deadline[XTCP_TIMER_PROBE] = 0;
	conn_timer(c);
	conn_drain(c);
	c->now += 50000;
	seg = conn_seg(c, XTCP_ACK, 1, 501, 0);
	seg.opts.ts = true;
	seg.opts.tsval = 1;
	seg.opts.tsecr = first;
	seg.opts.nsack = 1;
	seg.opts.sack[0] = (struct xtcp_sack_block){ CONN_ISS + 1, CONN_ISS + 501 };
	conn_give(c, &seg);
	KUNIT_EXPECT_EQ(test, c->t.srtt, (7 * 10000 + 50000) / 8);
	KUNIT_EXPECT_EQ(test, c->t.backoff, 0);
	/* and not when it is too early to be an answer to the retransmission */
	conn_write(c, 500);
	conn_drain(c);
	c->t.deadline[XTCP_TIMER_PROBE] = 0;
	conn_timer(c);
	conn_drain(c);
	c->now += 9999;
	seg.ack = CONN_ISS + 1001;
	conn_give(c, &seg);
	KUNIT_EXPECT_EQ(test, c->t.backoff, 1);
}

static void rtt__nonsense_counts_for_nothing(struct kunit *test)
{
	struct conn *c = agreed(test);
	u32 srtt = c->t.srtt;

	conn_write(c, 500);
	conn_drain(c);
	conn_timer(c);
	conn_drain(c);
	give(c, XTCP_ACK, 1, 101, 0, 1, 0);
	give(c, XTCP_ACK, 1, 501, 0, 1, c->out.opts.tsval + 1000);	/* from the future */
	KUNIT_EXPECT_EQ(test, c->t.srtt, srtt);
	KUNIT_EXPECT_EQ(test, c->t.backoff, 1);
}

/* A 1 ms clock can't measure less than that */
static void rtt__within_a_tick(struct kunit *test)
{
	struct conn *c = agreed(test);

	conn_write(c, 500);
	conn_drain(c);
	conn_timer(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	give(c, XTCP_ACK, 1, 501, 0, 1, c->out.opts.tsval);
	KUNIT_EXPECT_EQ(test, c->t.srtt, (7 * 10000 + 1000) / 8);
}

/* The SYN had one, the peer's SYN-ACK has none: it is accepted, and gives no RTT sample */
static void syn__simultaneous_and_forgetful(struct kunit *test)
{
	struct conn *c = offering(test);

	give(c, XTCP_SYN, 0, 0, 0, 40, 0);
	conn_drain(c);
	conn_segment(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, c->t.ts_recent, 40);
	KUNIT_EXPECT_EQ(test, c->t.srtt, 0);
}

/* ---- connections without a control block ---- */

static struct xtcp_seg peer_seg(u8 flags, u32 seq, u32 ack, u32 tsval)
{
	struct xtcp_seg seg = segment(flags, seq, ack, 0);

	seg.opts.ts = true;
	seg.opts.tsval = tsval;
	return seg;
}

static struct xtcp_syn_received half(bool ts, int knob)
{
	struct xtcp_knobs knobs = { .timestamps = knob };
	struct xtcp_seg syn = peer_seg(XTCP_SYN, 100, 0, 50);
	struct xtcp_syn_received h;

	syn.opts.ts = ts;
	xtcp_syn_received_init(&h, &syn, 900, 1460, 536, 64000, &knobs, 1);
	return h;
}

static void halfopen__agrees(struct kunit *test)
{
	struct xtcp_syn_received h = half(true, 1);
	struct xtcp_out out;

	KUNIT_EXPECT_TRUE(test, h.ts_ok);
	KUNIT_EXPECT_FALSE(test, half(false, 1).ts_ok);
	KUNIT_EXPECT_FALSE(test, half(true, 0).ts_ok);
	xtcp_syn_received_synack(&h, 77, &out);
	KUNIT_EXPECT_TRUE(test, out.opts.ts);
	KUNIT_EXPECT_EQ(test, out.opts.tsval, 77);
	KUNIT_EXPECT_EQ(test, out.opts.tsecr, 50);
	xtcp_syn_received_ack(&h, 78, &out);
	KUNIT_EXPECT_EQ(test, out.opts.tsval, 78);
	KUNIT_EXPECT_EQ(test, out.opts.tsecr, 50);
	h = half(false, 1);
	xtcp_syn_received_synack(&h, 77, &out);
	KUNIT_EXPECT_FALSE(test, out.opts.ts);
}

/* The SYN again: the later of its timestamps is echoed, not that of a delayed copy */
static void halfopen__syn_again(struct kunit *test)
{
	struct xtcp_syn_received h = half(true, 1);
	struct xtcp_seg syn = peer_seg(XTCP_SYN, 100, 0, 60);
	enum xtcp_drop drop;

	KUNIT_EXPECT_EQ(test, xtcp_syn_received_segment(&h, &syn, &drop), XTCP_SYN_RECEIVED_SYNACK);
	KUNIT_EXPECT_EQ(test, h.ts_recent, 60);
	syn.opts.tsval = 55;
	xtcp_syn_received_segment(&h, &syn, &drop);
	KUNIT_EXPECT_EQ(test, h.ts_recent, 60);
	syn.opts.ts = false;
	syn.opts.tsval = 70;
	xtcp_syn_received_segment(&h, &syn, &drop);
	KUNIT_EXPECT_EQ(test, h.ts_recent, 60);
}

static void halfopen__third_segment(struct kunit *test)
{
	struct xtcp_syn_received h = half(true, 1);
	struct xtcp_seg seg = peer_seg(XTCP_ACK, 101, 901, 49);
	struct xtcp_knobs knobs = {};
	enum xtcp_drop drop;
	struct conn *c = conn_closed(test);

	KUNIT_EXPECT_EQ(test, xtcp_syn_received_segment(&h, &seg, &drop), XTCP_SYN_RECEIVED_ACK);
	KUNIT_EXPECT_EQ(test, drop, XTCP_DROP_PAWS);
	seg.opts.ts = false;
	seg.opts.tsval = 0;
	KUNIT_EXPECT_EQ(test, xtcp_syn_received_segment(&h, &seg, &drop),
			XTCP_SYN_RECEIVED_ESTABLISH);
	h.ts_must = true;
	KUNIT_EXPECT_EQ(test, xtcp_syn_received_segment(&h, &seg, &drop), XTCP_SYN_RECEIVED_DROP);
	KUNIT_EXPECT_EQ(test, drop, XTCP_DROP_NO_STAMP);
	seg.opts.ts = true;
	seg.opts.tsval = 50;
	KUNIT_EXPECT_EQ(test, xtcp_syn_received_segment(&h, &seg, &drop),
			XTCP_SYN_RECEIVED_ESTABLISH);
	xtcp_tcb_from_syn_received(&c->t, &h, &knobs, 5000);
	KUNIT_EXPECT_EQ(test, c->t.ts_recent, 50);
	KUNIT_EXPECT_EQ(test, c->t.ts_recent_at, 5000);
	KUNIT_EXPECT_TRUE(test, xtcp_stamp_known(&c->t, 5000));
	h.ts_unheard = true;
	xtcp_tcb_from_syn_received(&c->t, &h, &knobs, 5000);
	KUNIT_EXPECT_FALSE(test, xtcp_stamp_known(&c->t, 5000));
}

static void timewait__answers_and_paws(struct kunit *test)
{
	struct conn *c = agreed(test);
	struct xtcp_time_wait tw;
	struct xtcp_seg seg;
	enum xtcp_drop drop;
	struct xtcp_out out;

	xtcp_time_wait_init(&tw, &c->t, c->now);
	xtcp_time_wait_ack(&tw, c->now, 77, &out);
	KUNIT_EXPECT_TRUE(test, out.opts.ts);
	KUNIT_EXPECT_EQ(test, out.opts.tsval, 77);
	KUNIT_EXPECT_EQ(test, out.opts.tsecr, 0xfffffff0);
	/* an old copy of the FIN doesn't restart 2 MSL */
	seg = peer_seg(XTCP_FIN | XTCP_ACK, tw.rcv_nxt - 1, tw.snd_nxt, 0xffffffef);
	KUNIT_EXPECT_EQ(test, xtcp_time_wait_segment(&tw, &seg, &drop), XTCP_TIME_WAIT_ACK);
	KUNIT_EXPECT_EQ(test, drop, XTCP_DROP_PAWS);
	seg.opts.tsval = 0xfffffff0;
	KUNIT_EXPECT_EQ(test, xtcp_time_wait_segment(&tw, &seg, &drop), XTCP_TIME_WAIT_RESTART);
}

/*
 * Section 5.2: "SEG.TSecr SHOULD be set to SEG.TSval from the incoming segment and SEG.TSval
 * SHOULD be set to zero"
 */
static void reset__gives_it_back(struct kunit *test)
{
	struct xtcp_seg seg = { .flags = XTCP_ACK, .opts.ts = true, .opts.tsval = 77,
				.opts.tsecr = 88 };
	struct xtcp_out out;

	memset(&out, 0xa5, sizeof(out));
	xtcp_reset_reply(&seg, &out);
	KUNIT_EXPECT_TRUE(test, out.opts.ts);
	KUNIT_EXPECT_EQ(test, out.opts.tsval, 0);
	KUNIT_EXPECT_EQ(test, out.opts.tsecr, 77);
}

/* RFC 7323 section 5.2: "SHOULD be included in the <RST>" of an abort */
static void reset__has_it_too(struct kunit *test)
{
	struct conn *c = agreed(test);
	u32 stamp;

	conn_event(c, XTCP_EV_ABORT);
	stamp = xtcp_stamp(c->now, OFFSET);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_RST);
	KUNIT_EXPECT_TRUE(test, c->act.rst.opts.ts);
	KUNIT_EXPECT_EQ(test, c->act.rst.opts.tsval, stamp);
	KUNIT_EXPECT_EQ(test, c->act.rst.opts.tsecr, 0xfffffff0);
}

static struct kunit_case stamp_cases[] = {
	KUNIT_CASE(clock__milliseconds),
	KUNIT_CASE(syn__offers),
	KUNIT_CASE(syn__the_knob_forbids),
	KUNIT_CASE(syn__the_peer_has_none),
	KUNIT_CASE(syn__simultaneous_and_forgetful),
	KUNIT_CASE(segments__all_have_it),
	KUNIT_CASE(segments__without_it),
	KUNIT_CASE(segments__without_it_go_on),
	KUNIT_CASE(echo__delayed_acks),
	KUNIT_CASE(echo__out_of_order),
	KUNIT_CASE(echo__not_from_outside_of_the_window),
	KUNIT_CASE(echo__not_with_an_unacceptable_ack),
	KUNIT_CASE(echo__of_the_last_ack),
	KUNIT_CASE(paws__old_duplicates),
	KUNIT_CASE(paws__the_ack_does_not_count),
	KUNIT_CASE(paws__answers_are_limited),
	KUNIT_CASE(paws__not_for_rst),
	KUNIT_CASE(paws__outdated),
	KUNIT_CASE(reset__gives_it_back),
	KUNIT_CASE(reset__has_it_too),
	KUNIT_CASE(rtt__of_what_went_twice),
	KUNIT_CASE(rtt__of_a_copy),
	KUNIT_CASE(rtt__nonsense_counts_for_nothing),
	KUNIT_CASE(rtt__within_a_tick),
	KUNIT_CASE(halfopen__agrees),
	KUNIT_CASE(halfopen__syn_again),
	KUNIT_CASE(halfopen__third_segment),
	KUNIT_CASE(timewait__answers_and_paws),
	{}
};

static struct kunit_suite stamp_suite = {
	.name = "stamp",
	.test_cases = stamp_cases,
};

kunit_test_suite(stamp_suite);
