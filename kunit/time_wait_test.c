// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT: module/core/time_wait.c, RFC 9293 section 3.6.1 and 3.10.7.4,
 * RFC 1337, RFC 6191
 */
#include <kunit/test.h>
#include <linux/string.h>
#include "../module/core/isn.h"
#include "../module/core/seq.h"
#include "../module/core/stamp.h"
#include "../module/core/tcb.h"
#include "../module/core/time_wait.h"
#include "../module/core/usec.h"

#define SND_NXT	0x80000000u
#define NOW	(1000 * XTCP_US_PER_S)
#define RCV_NXT	2u		/* the peer's FIN had number 1, its data wrapped */

struct fixture {
	struct xtcp_time_wait tw;
	struct xtcp_seg seg;
};

/* A connection without timestamps, and the ACK that its peer would send */
static int setup(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -1;
	f->tw.snd_nxt = SND_NXT;
	f->tw.rcv_nxt = RCV_NXT;
	f->tw.rcv_wnd = 500;
	f->seg.seq = RCV_NXT;
	f->seg.ack = SND_NXT;
	f->seg.flags = XTCP_ACK;
	test->priv = f;
	return 0;
}

/* Verdict and reason as one number: of the segment, and as expected */
#define OUTCOME(verdict, drop) ((u32)(verdict) << 8 | (drop))

static u32 outcome(struct fixture *f)
{
	enum xtcp_drop drop = XTCP_DROP_KINDS;
	enum xtcp_time_wait_verdict verdict;

	verdict = xtcp_time_wait_segment(&f->tw, &f->seg, &drop);
	return OUTCOME(verdict, drop);
}

static void xtcp_time_wait_init__takes_what_answers_need(struct kunit *test)
{
	struct xtcp_tcb *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct fixture *f = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->snd_nxt = 77;
	t->rcv_nxt = 88;
	t->rcv_wnd = 1 << 20;
	t->rcv_wscale = 7;
	memset(&f->tw, 0xa5, sizeof(f->tw));
	xtcp_time_wait_init(&f->tw, t, NOW);
	KUNIT_EXPECT_EQ(test, f->tw.snd_nxt, 77);
	KUNIT_EXPECT_EQ(test, f->tw.rcv_nxt, 88);
	KUNIT_EXPECT_EQ(test, f->tw.rcv_wnd, (1 << 20) >> 7);
	KUNIT_EXPECT_FALSE(test, f->tw.ts_ok);
}

static void xtcp_time_wait_init__window_beyond_the_field(struct kunit *test)
{
	struct xtcp_tcb *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct fixture *f = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->rcv_wnd = 0x12345;
	xtcp_time_wait_init(&f->tw, t, NOW);
	KUNIT_EXPECT_EQ(test, f->tw.rcv_wnd, 0xffff);
}

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
static void xtcp_time_wait_ack__is_as_the_rfc_has_it(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_out out;

	memset(&out, 0xa5, sizeof(out));
	xtcp_time_wait_ack(&f->tw, NOW, 7, &out);
	KUNIT_EXPECT_EQ(test, out.seq, SND_NXT);
	KUNIT_EXPECT_EQ(test, out.ack, RCV_NXT);
	KUNIT_EXPECT_EQ(test, out.wnd, 500);
	KUNIT_EXPECT_EQ(test, out.flags, XTCP_ACK);
	KUNIT_EXPECT_EQ(test, out.kind, XTCP_OUT_ACK);
	KUNIT_EXPECT_EQ(test, out.len, 0);
	KUNIT_EXPECT_NULL(test, out.rec);
	KUNIT_EXPECT_EQ(test, xtcp_wire_opts_len(&out.opts), 0);
}

/* RFC 1337, fix F1: at any sequence number */
static void xtcp_time_wait_segment__rst_is_ignored(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 seq;

	for (seq = RCV_NXT - 2; seq != RCV_NXT + 2; seq++) {
		f->seg.seq = seq;
		f->seg.flags = XTCP_RST;
		KUNIT_EXPECT_EQ(test, outcome(f),
				OUTCOME(XTCP_TIME_WAIT_DROP, XTCP_DROP_NOT_EXPECTED));
		f->seg.flags = XTCP_RST | XTCP_ACK;
		KUNIT_EXPECT_EQ(test, outcome(f),
				OUTCOME(XTCP_TIME_WAIT_DROP, XTCP_DROP_NOT_EXPECTED));
	}
}

/* A peer that repeats its FIN more often than any TCP does can't prolong TIME-WAIT with it */
static void xtcp_time_wait_restart__has_an_end(struct kunit *test)
{
	struct fixture *f = test->priv;
	int count = 0;

	f->tw.ts_ok = true;
	f->seg.opts.ts = true;
	f->seg.flags = XTCP_FIN | XTCP_ACK;
	f->seg.seq = RCV_NXT - 1;
	while (xtcp_time_wait_restart(&f->tw))
		KUNIT_ASSERT_LT(test, count++, 100);
	KUNIT_EXPECT_EQ(test, count, 16);
	KUNIT_EXPECT_FALSE(test, xtcp_time_wait_restart(&f->tw));
	KUNIT_EXPECT_TRUE(test, f->tw.ts_ok);
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_RESTART, XTCP_DROP_NONE));
}

/* Our last ACK was lost: "Acknowledge it, and restart the 2 MSL timeout." */
static void xtcp_time_wait_segment__fin_again(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->seg.flags = XTCP_FIN | XTCP_ACK;
	f->seg.seq = RCV_NXT - 1;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_RESTART, XTCP_DROP_NONE));
	f->seg.ack = SND_NXT - 1;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_RESTART, XTCP_DROP_NONE));
	f->seg.len = 1000;
	f->seg.seq = RCV_NXT - 1001;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_RESTART, XTCP_DROP_NONE));
}

/* A FIN with another number, or an ACK that is not of our FIN, extends nothing. */
static void xtcp_time_wait_segment__another_fin(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->seg.flags = XTCP_FIN | XTCP_ACK;
	f->seg.seq = RCV_NXT - 2;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_ACK, XTCP_DROP_OLD));
	f->seg.seq = RCV_NXT;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_ACK, XTCP_DROP_WINDOW));
	f->seg.seq = RCV_NXT - 1;
	f->seg.ack = SND_NXT + 1;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_ACK, XTCP_DROP_OLD));
	f->seg.ack = SND_NXT;
	f->seg.flags = XTCP_FIN;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_ACK, XTCP_DROP_OLD));
}

/* First check: old data, and data beyond the FIN, are answered. */
static void xtcp_time_wait_segment__outside_of_the_window(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->seg.seq = RCV_NXT - 1;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_ACK, XTCP_DROP_OLD));
	f->seg.seq = RCV_NXT - 500;
	f->seg.len = 100;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_ACK, XTCP_DROP_OLD));
	f->seg.seq = RCV_NXT + 1;
	f->seg.len = 0;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_ACK, XTCP_DROP_WINDOW));
	f->seg.seq = RCV_NXT;
	f->seg.len = 1;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_ACK, XTCP_DROP_WINDOW));
}

/* Two ends in TIME-WAIT must not answer each other for ever. */
static void xtcp_time_wait_segment__ack_in_its_place_is_not_answered(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_out out;

	KUNIT_EXPECT_EQ(test, outcome(f),
			OUTCOME(XTCP_TIME_WAIT_DROP, XTCP_DROP_NOT_EXPECTED));

	/* the other end's entry, and our ACK as it sees it */
	xtcp_time_wait_ack(&f->tw, NOW, 7, &out);
	f->tw.snd_nxt = RCV_NXT;
	f->tw.rcv_nxt = SND_NXT;
	f->seg = (struct xtcp_seg){ .seq = out.seq, .ack = out.ack, .flags = out.flags };
	KUNIT_EXPECT_EQ(test, outcome(f),
			OUTCOME(XTCP_TIME_WAIT_DROP, XTCP_DROP_NOT_EXPECTED));
}

/* MAY-2 and RFC 6191: greater than the number of the peer's FIN */
static void xtcp_time_wait_segment__newer_syn_reopens(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->seg.flags = XTCP_SYN;
	f->seg.seq = RCV_NXT;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_REOPEN, XTCP_DROP_NONE));
	f->seg.seq = RCV_NXT + 0x7ffffffe;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_REOPEN, XTCP_DROP_NONE));
	f->seg.opts.ts = true;
	f->seg.flags = XTCP_SYN | XTCP_ECE | XTCP_CWR;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_REOPEN, XTCP_DROP_NONE));
}

/* The reopening host numbers its own bytes above the old ones. */
static void xtcp_time_wait_segment__reopened_numbers_lie_above(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 isn = xtcp_isn_above(0, SND_NXT - 5, f->tw.snd_nxt);

	KUNIT_EXPECT_TRUE(test, seq_gt(isn, f->tw.snd_nxt));
}

static void xtcp_time_wait_segment__older_syn_is_challenged(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->seg.flags = XTCP_SYN;
	f->seg.seq = RCV_NXT - 1;
	KUNIT_EXPECT_EQ(test, outcome(f),
			OUTCOME(XTCP_TIME_WAIT_ACK, XTCP_DROP_SYN_CHALLENGED));
	f->seg.seq = RCV_NXT - 0x7fffffff;
	KUNIT_EXPECT_EQ(test, outcome(f),
			OUTCOME(XTCP_TIME_WAIT_ACK, XTCP_DROP_SYN_CHALLENGED));
}

/* A SYN-ACK opens nothing: it would belong to an active open of ours. */
static void xtcp_time_wait_segment__syn_ack_is_challenged(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->seg.flags = XTCP_SYN | XTCP_ACK;
	f->seg.seq = RCV_NXT + 1000;
	KUNIT_EXPECT_EQ(test, outcome(f),
			OUTCOME(XTCP_TIME_WAIT_ACK, XTCP_DROP_SYN_CHALLENGED));
}

/* RFC 6191 section 2, for a connection that used timestamps */
static void xtcp_time_wait_segment__timestamp_decides(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->tw.ts_ok = true;
	f->tw.ts_recent = 0xffffffff;
	f->seg.flags = XTCP_SYN;
	f->seg.opts.ts = true;

	f->seg.seq = RCV_NXT - 1000;
	f->seg.opts.tsval = 0;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_REOPEN, XTCP_DROP_NONE));
	f->seg.seq = RCV_NXT + 1000;
	f->seg.opts.tsval = 0xfffffffe;
	KUNIT_EXPECT_EQ(test, outcome(f),
			OUTCOME(XTCP_TIME_WAIT_ACK, XTCP_DROP_SYN_CHALLENGED));
}

/* ... and where timestamps are equal, or the SYN has none, the numbers do. */
static void xtcp_time_wait_segment__no_newer_timestamp(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->tw.ts_ok = true;
	f->tw.ts_recent = 1000;
	f->seg.flags = XTCP_SYN;
	f->seg.opts.tsval = 1000;
	for (f->seg.opts.ts = true;; f->seg.opts.ts = false) {
		f->seg.seq = RCV_NXT;
		KUNIT_EXPECT_EQ(test, outcome(f),
				OUTCOME(XTCP_TIME_WAIT_REOPEN, XTCP_DROP_NONE));
		f->seg.seq = RCV_NXT - 1;
		KUNIT_EXPECT_EQ(test, outcome(f),
				OUTCOME(XTCP_TIME_WAIT_ACK, XTCP_DROP_SYN_CHALLENGED));
		if (!f->seg.opts.ts)
			break;
	}
}

/* An echo cookie's peer may never have sent a timestamp: half of all clocks lie below 0 */
static void xtcp_time_wait_segment__timestamp_of_the_peer_is_not_known(struct kunit *test)
{
	struct xtcp_tcb *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct fixture *f = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->ts_ok = true;
	t->snd_nxt = f->tw.snd_nxt;
	t->rcv_nxt = f->tw.rcv_nxt;
	xtcp_stamp_forget(t, NOW);
	xtcp_time_wait_init(&f->tw, t, NOW);
	KUNIT_EXPECT_TRUE(test, f->tw.ts_ok);
	f->seg.opts.ts = true;
	f->seg.opts.tsval = 0x80000001;
	f->seg.flags = XTCP_SYN;
	f->seg.seq = RCV_NXT;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_REOPEN, XTCP_DROP_NONE));
	f->seg.flags = XTCP_ACK;
	KUNIT_EXPECT_NE(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_ACK, XTCP_DROP_PAWS));

	t->ts_recent_at = NOW;
	xtcp_time_wait_init(&f->tw, t, NOW);
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_TIME_WAIT_ACK, XTCP_DROP_PAWS));
}

/*
 * RFC 7323 section 5.4: a timestamp clock ticks at least once a second. The ends may send at
 * any fraction of one of our ticks.
 */
static void xtcp_time_wait_is_past__when_both_clocks_have_ticked(struct kunit *test)
{
	struct xtcp_tcb *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct fixture *f = test->priv;
	u64 at;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->ts_ok = true;
	for (at = NOW; at < NOW + XTCP_US_PER_S; at += 50 * XTCP_US_PER_MS) {
		xtcp_time_wait_init(&f->tw, t, at);
		KUNIT_EXPECT_FALSE(test, xtcp_time_wait_is_past(&f->tw, at));
		KUNIT_EXPECT_FALSE(test, xtcp_time_wait_is_past(&f->tw, at + XTCP_US_PER_S));
		KUNIT_EXPECT_TRUE(test, xtcp_time_wait_is_past(&f->tw, at + 2 * XTCP_US_PER_S));
		KUNIT_EXPECT_TRUE(test, xtcp_time_wait_is_past(&f->tw, at + 60 * XTCP_US_PER_S));
	}
}

static void xtcp_time_wait_is_past__an_answer_puts_it_off(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_out out;

	f->tw.ts_ok = true;
	xtcp_time_wait_ack(&f->tw, NOW, 7, &out);
	KUNIT_EXPECT_FALSE(test, xtcp_time_wait_is_past(&f->tw, NOW + XTCP_US_PER_S));
	KUNIT_EXPECT_TRUE(test, xtcp_time_wait_is_past(&f->tw, NOW + 2 * XTCP_US_PER_S));
}

static void xtcp_time_wait_is_past__never_without_timestamps(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_FALSE(test, xtcp_time_wait_is_past(&f->tw, NOW + 10 * XTCP_US_PER_S));
}

/* MUST-13 */
static void xtcp_time_wait_length__is_two_msl(struct kunit *test)
{
	struct xtcp_knobs knobs = { .msl_ms = 240000 };

	KUNIT_EXPECT_EQ(test, xtcp_time_wait_length(&knobs), 480 * XTCP_US_PER_S);
}

static struct kunit_case timewait_cases[] = {
	KUNIT_CASE(xtcp_time_wait_init__takes_what_answers_need),
	KUNIT_CASE(xtcp_time_wait_init__window_beyond_the_field),
	KUNIT_CASE(xtcp_time_wait_ack__is_as_the_rfc_has_it),
	KUNIT_CASE(xtcp_time_wait_segment__rst_is_ignored),
	KUNIT_CASE(xtcp_time_wait_restart__has_an_end),
	KUNIT_CASE(xtcp_time_wait_segment__fin_again),
	KUNIT_CASE(xtcp_time_wait_segment__another_fin),
	KUNIT_CASE(xtcp_time_wait_segment__outside_of_the_window),
	KUNIT_CASE(xtcp_time_wait_segment__ack_in_its_place_is_not_answered),
	KUNIT_CASE(xtcp_time_wait_segment__newer_syn_reopens),
	KUNIT_CASE(xtcp_time_wait_segment__reopened_numbers_lie_above),
	KUNIT_CASE(xtcp_time_wait_segment__older_syn_is_challenged),
	KUNIT_CASE(xtcp_time_wait_segment__syn_ack_is_challenged),
	KUNIT_CASE(xtcp_time_wait_segment__timestamp_decides),
	KUNIT_CASE(xtcp_time_wait_segment__no_newer_timestamp),
	KUNIT_CASE(xtcp_time_wait_segment__timestamp_of_the_peer_is_not_known),
	KUNIT_CASE(xtcp_time_wait_is_past__when_both_clocks_have_ticked),
	KUNIT_CASE(xtcp_time_wait_is_past__an_answer_puts_it_off),
	KUNIT_CASE(xtcp_time_wait_is_past__never_without_timestamps),
	KUNIT_CASE(xtcp_time_wait_length__is_two_msl),
	{}
};

static struct kunit_suite timewait_suite = {
	.name = "time_wait",
	.init = setup,
	.test_cases = timewait_cases,
};

kunit_test_suite(timewait_suite);
