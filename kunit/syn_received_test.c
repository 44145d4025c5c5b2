// SPDX-License-Identifier: GPL-2.0
/*
 * SYN-RECEIVED after a passive open: module/core/syn_received.c, RFC 9293 section
 * 3.10.7.2 and 3.10.7.4, RFC 5961, RFC 7323 section 2
 */
#include <linux/limits.h>
#include <linux/string.h>
#include "syn_received.h"
#include "../module/core/fsm.h"
#include "../module/core/mss.h"
#include "../module/core/reset.h"
#include "../module/core/rtt.h"
#include "../module/core/seq.h"
#include "../module/core/window.h"

static void init_again(struct fixture *f, struct xtcp_seg syn, u32 rcv_free)
{
	memset(&f->h, 0xa5, sizeof(f->h));
	xtcp_syn_received_init(&f->h, &syn, ISS, 1460, 536, rcv_free, &f->knobs, NOW);
}

static void xtcp_syn_received_init__remembers_what_the_syn_says(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, f->h.irs, IRS);
	KUNIT_EXPECT_EQ(test, f->h.iss, ISS);
	KUNIT_EXPECT_EQ(test, f->h.rcv_wnd, WND);
	KUNIT_EXPECT_EQ(test, f->h.peer_mss, 1400);
	KUNIT_EXPECT_EQ(test, f->h.adv_mss, 1460);
	KUNIT_EXPECT_EQ(test, f->h.retries, 0);
	KUNIT_EXPECT_EQ(test, f->h.sent, NOW);
	KUNIT_EXPECT_TRUE(test, f->h.wscale_ok);
	KUNIT_EXPECT_EQ(test, f->h.snd_wscale, 7);
	KUNIT_EXPECT_EQ(test, f->h.rcv_wscale, xtcp_wscale_choose(6 << 20));
}

/* RFC 7323 section 3.2: required if negotiated, and only if the sysctl says so */
static void xtcp_syn_received_init__timestamps_required(struct kunit *test)
{
	struct xtcp_seg syn = { .flags = XTCP_SYN, .opts.ts = true, .opts.wscale = XTCP_NO_WSCALE };
	struct fixture *f = test->priv;

	f->knobs.timestamps = 1;
	init_again(f, syn, WND);
	KUNIT_EXPECT_TRUE(test, f->h.ts_ok);
	KUNIT_EXPECT_FALSE(test, f->h.ts_must);
	f->knobs.require_timestamps = 1;
	xtcp_syn_received_return(&f->h, &syn, 1460, WND, &f->knobs, NOW);
	KUNIT_EXPECT_TRUE(test, f->h.ts_must);
	init_again(f, syn, WND);
	KUNIT_EXPECT_TRUE(test, f->h.ts_must);
	syn.opts.ts = false;
	init_again(f, syn, WND);
	KUNIT_EXPECT_FALSE(test, f->h.ts_must);
	xtcp_syn_received_return(&f->h, &syn, 1460, WND, &f->knobs, NOW);
	KUNIT_EXPECT_FALSE(test, f->h.ts_must);
}

/* MUST-15; and a tiny MSS can't make us send mostly headers. */
static void xtcp_syn_received_init__peer_mss(struct kunit *test)
{
	struct xtcp_seg syn = { .flags = XTCP_SYN, .opts.wscale = XTCP_NO_WSCALE };
	struct fixture *f = test->priv;

	init_again(f, syn, WND);
	KUNIT_EXPECT_EQ(test, f->h.peer_mss, 536);
	xtcp_syn_received_init(&f->h, &syn, ISS, 1440, XTCP_MSS_DEFAULT6, WND, &f->knobs, NOW);
	KUNIT_EXPECT_EQ(test, f->h.peer_mss, 1220);
	syn.opts.mss = 1;
	init_again(f, syn, WND);
	KUNIT_EXPECT_EQ(test, f->h.peer_mss, XTCP_MSS_MIN);
	syn.opts.mss = XTCP_MSS_MIN;
	init_again(f, syn, WND);
	KUNIT_EXPECT_EQ(test, f->h.peer_mss, XTCP_MSS_MIN);
	syn.opts.mss = 0xffff;
	init_again(f, syn, WND);
	KUNIT_EXPECT_EQ(test, f->h.peer_mss, 0xffff);
}

/* RFC 7323 section 2.2: scaling needs the offers of both sides. */
static void xtcp_syn_received_init__no_scale_unless_both_want_it(struct kunit *test)
{
	struct xtcp_seg syn = { .flags = XTCP_SYN, .opts.wscale = XTCP_NO_WSCALE };
	struct fixture *f = test->priv;
	struct xtcp_out out;

	init_again(f, syn, WND);
	KUNIT_EXPECT_FALSE(test, f->h.wscale_ok);
	KUNIT_EXPECT_EQ(test, f->h.snd_wscale, 0);
	KUNIT_EXPECT_EQ(test, f->h.rcv_wscale, 0);
	xtcp_syn_received_synack(&f->h, 7, &out);
	KUNIT_EXPECT_EQ(test, out.opts.wscale, XTCP_NO_WSCALE);

	f->knobs.window_scaling = 0;
	syn.opts.wscale = 3;
	init_again(f, syn, WND);
	KUNIT_EXPECT_FALSE(test, f->h.wscale_ok);
	KUNIT_EXPECT_EQ(test, f->h.snd_wscale, 0);
	KUNIT_EXPECT_EQ(test, f->h.rcv_wscale, 0);
}

/* A shift of zero is an offer, too. */
static void xtcp_syn_received_init__scale_of_zero_is_an_offer(struct kunit *test)
{
	struct xtcp_seg syn = { .flags = XTCP_SYN, .opts.wscale = 0 };
	struct fixture *f = test->priv;
	struct xtcp_out out;

	f->knobs.rmem[2] = 1000;
	init_again(f, syn, 1000);
	KUNIT_EXPECT_TRUE(test, f->h.wscale_ok);
	xtcp_syn_received_synack(&f->h, 7, &out);
	KUNIT_EXPECT_EQ(test, out.opts.wscale, 0);
}

/* A socket may have asked for a larger buffer than the sysctl's default. */
static void xtcp_syn_received_init__scale_fits_the_larger_buffer(struct kunit *test)
{
	struct xtcp_seg syn = { .flags = XTCP_SYN, .opts.wscale = 2 };
	struct fixture *f = test->priv;

	init_again(f, syn, 64 << 20);
	KUNIT_EXPECT_EQ(test, f->h.rcv_wscale, xtcp_wscale_choose(64 << 20));
	KUNIT_EXPECT_EQ(test, f->h.rcv_wnd, 0xffff);
}

/* Timestamps: see stamp_test.c. SACK is not negotiated here, whatever the SYN offers */
static void xtcp_syn_received_init__no_sack_and_no_unwanted_timestamps(struct kunit *test)
{
	struct xtcp_seg syn = { .flags = XTCP_SYN, .opts = {
		.wscale = XTCP_NO_WSCALE, .sack_ok = true, .ts = true, .tsval = 9 } };
	struct fixture *f = test->priv;
	struct xtcp_out out;

	init_again(f, syn, WND);
	KUNIT_EXPECT_FALSE(test, f->h.sack_ok);
	KUNIT_EXPECT_FALSE(test, f->h.ts_ok);
	xtcp_syn_received_synack(&f->h, 7, &out);
	KUNIT_EXPECT_FALSE(test, out.opts.sack_ok);
	KUNIT_EXPECT_FALSE(test, out.opts.ts);
}

static void xtcp_wscale_choose__smallest_shift_that_fits(struct kunit *test)
{
	u32 max;

	KUNIT_EXPECT_EQ(test, xtcp_wscale_choose(0), 0);
	KUNIT_EXPECT_EQ(test, xtcp_wscale_choose(0xffff), 0);
	KUNIT_EXPECT_EQ(test, xtcp_wscale_choose(0x10000), 1);
	KUNIT_EXPECT_EQ(test, xtcp_wscale_choose(0x1ffff), 1);
	KUNIT_EXPECT_EQ(test, xtcp_wscale_choose(0x20000), 2);
	KUNIT_EXPECT_EQ(test, xtcp_wscale_choose(6 << 20), 7);
	for (max = 0x10000; max < 0x40000000; max += max / 3) {
		u8 shift = xtcp_wscale_choose(max);

		KUNIT_EXPECT_LE(test, max >> shift, 0xffff);
		KUNIT_EXPECT_GT(test, max >> (shift - 1), 0xffff);
	}
}

/* RFC 7323 section 2.3 */
static void xtcp_wscale_choose__never_above_fourteen(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, xtcp_wscale_choose(0x3fffffff), 14);
	KUNIT_EXPECT_EQ(test, xtcp_wscale_choose(0x40000000), 14);
	KUNIT_EXPECT_EQ(test, xtcp_wscale_choose(0xffffffff), 14);
}

/* <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK> */
static void xtcp_syn_received_synack__is_as_the_rfc_has_it(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_out out;

	memset(&out, 0xa5, sizeof(out));
	xtcp_syn_received_synack(&f->h, 7, &out);
	KUNIT_EXPECT_EQ(test, out.seq, ISS);
	KUNIT_EXPECT_EQ(test, out.ack, IRS + 1);
	KUNIT_EXPECT_EQ(test, out.flags, XTCP_SYN | XTCP_ACK);
	KUNIT_EXPECT_EQ(test, out.kind, XTCP_OUT_SYN);
	KUNIT_EXPECT_NULL(test, out.rec);
	KUNIT_EXPECT_EQ(test, out.opts.mss, 1460);
	KUNIT_EXPECT_EQ(test, out.opts.wscale, f->h.rcv_wscale);
	KUNIT_EXPECT_EQ(test, out.opts.nsack, 0);
	f->h.sack_ok = true;
	xtcp_syn_received_synack(&f->h, 7, &out);
	KUNIT_EXPECT_TRUE(test, out.opts.sack_ok);
}

/* RFC 7323 section 2.2: the window of a SYN-ACK is never scaled; others are. */
static void xtcp_syn_received_synack__window_is_not_scaled(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_out out;

	KUNIT_ASSERT_GT(test, f->h.rcv_wscale, 0);
	xtcp_syn_received_synack(&f->h, 7, &out);
	KUNIT_EXPECT_EQ(test, out.wnd, WND);
	xtcp_syn_received_ack(&f->h, 7, &out);
	KUNIT_EXPECT_EQ(test, out.wnd, WND >> f->h.rcv_wscale);
}

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
static void xtcp_syn_received_ack__is_as_the_rfc_has_it(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_out out;

	memset(&out, 0xa5, sizeof(out));
	xtcp_syn_received_ack(&f->h, 7, &out);
	KUNIT_EXPECT_EQ(test, out.seq, ISS + 1);
	KUNIT_EXPECT_EQ(test, out.ack, IRS + 1);
	KUNIT_EXPECT_EQ(test, out.flags, XTCP_ACK);
	KUNIT_EXPECT_EQ(test, out.kind, XTCP_OUT_ACK);
	KUNIT_EXPECT_EQ(test, out.len, 0);
	KUNIT_EXPECT_NULL(test, out.rec);
	KUNIT_EXPECT_EQ(test, xtcp_wire_opts_len(&out.opts), 0);
}

static void xtcp_syn_received_segment__third_segment(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ESTABLISH, XTCP_DROP_NONE));
}

/* Data on it are left to the control block. */
static void xtcp_syn_received_segment__third_segment_with_data_and_fin(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->seg.len = 1000;
	f->seg.flags = XTCP_ACK | XTCP_PSH | XTCP_FIN;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ESTABLISH, XTCP_DROP_NONE));
}

/* The final ACK was lost, the data behind it carry the same ACK. */
static void xtcp_syn_received_segment__later_data_establishes(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->seg.len = 100;
	f->seg.seq = IRS + 1 + WND - 1;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ESTABLISH, XTCP_DROP_NONE));
}

/* MUST-66: ACKs are processed when the window is zero. */
static void xtcp_syn_received_segment__third_segment_at_a_zero_window(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->h.rcv_wnd = 0;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ESTABLISH, XTCP_DROP_NONE));
	f->seg.len = 100;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ESTABLISH, XTCP_DROP_NONE));
	f->seg.seq++;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ACK, XTCP_DROP_WINDOW));
}

/* First check: not acceptable, answered with an ACK. */
static void xtcp_syn_received_segment__outside_of_the_window(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->seg.seq = IRS + 1 + WND;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ACK, XTCP_DROP_WINDOW));
	f->seg.seq = IRS;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ACK, XTCP_DROP_OLD));
	f->seg.seq = IRS - 100;
	f->seg.len = 101;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ACK, XTCP_DROP_OLD));
	f->seg.len = 102;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ESTABLISH, XTCP_DROP_NONE));
}

/* RFC 5961 section 3.2: only the exact number resets. */
static void xtcp_syn_received_segment__rst(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->seg.flags = XTCP_RST;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ABORT, XTCP_DROP_NONE));
	f->seg.flags = XTCP_RST | XTCP_ACK;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ABORT, XTCP_DROP_NONE));
	f->seg.seq = IRS + 2;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ACK, XTCP_DROP_RST_INVALID));
	f->seg.seq = IRS + WND;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ACK, XTCP_DROP_RST_INVALID));
	f->seg.seq = IRS + 1 + WND;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_DROP, XTCP_DROP_RST_INVALID));
	f->seg.seq = IRS;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_DROP, XTCP_DROP_RST_INVALID));
}

/* MUST-66: RSTs are processed when the window is zero. */
static void xtcp_syn_received_segment__rst_at_a_zero_window(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->h.rcv_wnd = 0;
	f->seg.flags = XTCP_RST;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ABORT, XTCP_DROP_NONE));
	f->seg.seq++;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_DROP, XTCP_DROP_RST_INVALID));
}

/* Our SYN-ACK was lost: the peer's SYN is retransmitted, maybe with data. */
static void xtcp_syn_received_segment__same_syn_gets_the_synack_again(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->seg.flags = XTCP_SYN;
	f->seg.seq = IRS;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_SYNACK, XTCP_DROP_NONE));
	f->seg.flags = XTCP_SYN | XTCP_ECE | XTCP_CWR;
	f->seg.len = 10;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_SYNACK, XTCP_DROP_NONE));
}

/* RFC 5961 section 4.2: another SYN is challenged, wherever it stands. */
static void xtcp_syn_received_segment__another_syn_is_challenged(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->seg.flags = XTCP_SYN;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ACK, XTCP_DROP_SYN_CHALLENGED));
	f->seg.seq = IRS + 1000;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ACK, XTCP_DROP_SYN_CHALLENGED));
	f->seg.seq = IRS + 1000000;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ACK, XTCP_DROP_WINDOW));
	f->seg.seq = IRS - 1;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ACK, XTCP_DROP_OLD));
}

/* A SYN-ACK with the first SYN's number is not a copy of that SYN. */
static void xtcp_syn_received_segment__syn_ack_is_not_the_same_syn(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->seg.flags = XTCP_SYN | XTCP_ACK;
	f->seg.seq = IRS;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ACK, XTCP_DROP_OLD));
	f->seg.len = 1;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ACK, XTCP_DROP_SYN_CHALLENGED));
}

/* Fifth check: "if the ACK bit is off, drop the segment and return" */
static void xtcp_syn_received_segment__without_ack(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->seg.flags = XTCP_PSH;
	f->seg.len = 1;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_DROP, XTCP_DROP_NO_ACK));
}

/* SND.UNA < SEG.ACK =< SND.NXT, or else <SEQ=SEG.ACK><CTL=RST> */
static void xtcp_syn_received_segment__bad_ack_is_reset(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_out out;

	f->seg.ack = ISS;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_RESET, XTCP_DROP_ACK_OLD));
	f->seg.ack = ISS - 0x40000000;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_RESET, XTCP_DROP_ACK_OLD));
	f->seg.ack = ISS + 0x40000000;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_RESET, XTCP_DROP_ACK_FUTURE));
	f->seg.ack = ISS + 2;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_RESET, XTCP_DROP_ACK_FUTURE));
	xtcp_reset_reply(&f->seg, &out);
	KUNIT_EXPECT_EQ(test, out.seq, ISS + 2);
	KUNIT_EXPECT_EQ(test, out.flags, XTCP_RST);
}

/* The timer expires: the next interval; U64_MAX if no SYN-ACK goes, as while waiting for data */
static u64 timeout(struct fixture *f)
{
	bool resend = false;
	u64 wait = xtcp_syn_received_timeout(&f->h, &f->knobs, &resend);

	return resend ? wait : U64_MAX;
}

/* RFC 6298 (2.1) and (5.5): 1 s, then twice as long each time */
static void xtcp_syn_received_timeout__doubles_until_retries_are_used_up(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 wanted = XTCP_RTO_INITIAL;
	int i;

	for (i = 1; i <= 5; i++) {
		wanted *= 2;
		KUNIT_EXPECT_EQ(test, timeout(f), wanted);
		KUNIT_EXPECT_EQ(test, f->h.retries, i);
	}
	KUNIT_EXPECT_EQ(test, timeout(f), 0);
	KUNIT_EXPECT_EQ(test, f->h.retries, 5);
}

/* ... and the administrator may lower the sysctl while the request lives. */
static void xtcp_syn_received_timeout__no_retry_left(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->h.retries = 3;
	for (f->knobs.synack_retries = 3; f->knobs.synack_retries >= 0; f->knobs.synack_retries--)
		KUNIT_EXPECT_EQ(test, timeout(f), 0);
	f->h.retries = 0;
	f->knobs.synack_retries = 0;
	KUNIT_EXPECT_EQ(test, timeout(f), 0);
}

/* RFC 9293 section 3.10.7.2, end */
static void xtcp_tcb_from_halfopen__is_in_syn_received(struct kunit *test)
{
	struct xtcp_tcb *t = make_tcb(test);

	KUNIT_EXPECT_EQ(test, t->state, XTCP_SYN_RECEIVED);
	KUNIT_EXPECT_TRUE(test, t->passive);
	KUNIT_EXPECT_EQ(test, t->iss, ISS);
	KUNIT_EXPECT_EQ(test, t->snd_una, ISS);
	KUNIT_EXPECT_EQ(test, t->snd_nxt, ISS + 1);
	KUNIT_EXPECT_EQ(test, t->write_seq, ISS + 1);
	KUNIT_EXPECT_EQ(test, t->snd_up, ISS);
	KUNIT_EXPECT_EQ(test, t->rcv_up, IRS + 1);
	KUNIT_EXPECT_EQ(test, t->last_rcv, NOW + 40000);
	KUNIT_EXPECT_EQ(test, t->irs, IRS);
	KUNIT_EXPECT_EQ(test, t->rcv_nxt, IRS + 1);
	KUNIT_EXPECT_EQ(test, t->rcv_wup, IRS + 1);
	KUNIT_EXPECT_EQ(test, t->rcv_wnd, WND);
}

static void xtcp_tcb_from_halfopen__has_what_was_agreed(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_tcb *t = make_tcb(test);

	KUNIT_EXPECT_TRUE(test, t->wscale_ok);
	KUNIT_EXPECT_EQ(test, t->snd_wscale, 7);
	KUNIT_EXPECT_EQ(test, t->rcv_wscale, f->h.rcv_wscale);
	KUNIT_EXPECT_EQ(test, t->peer_mss, 1400);
	KUNIT_EXPECT_EQ(test, t->adv_mss, 1460);
	KUNIT_EXPECT_FALSE(test, t->sack_ok || t->ts_ok);
	KUNIT_EXPECT_PTR_EQ(test, t->knobs, (const struct xtcp_knobs *)&f->knobs);
	f->h.sack_ok = true;
	f->h.ts_ok = true;
	t = make_tcb(test);
	KUNIT_EXPECT_TRUE(test, t->sack_ok && t->ts_ok);
}

/* Our SYN waits for its ACK: sent once, so good for an RTT sample. */
static void xtcp_tcb_from_halfopen__syn_is_in_the_send_queue(struct kunit *test)
{
	struct xtcp_tcb *t = make_tcb(test);

	KUNIT_EXPECT_PTR_EQ(test, t->sendq.head, &t->syn);
	KUNIT_EXPECT_PTR_EQ(test, t->sendq.tail, &t->syn);
	KUNIT_EXPECT_NULL(test, t->sendq.unsent);
	KUNIT_EXPECT_EQ(test, t->syn.seq, ISS);
	KUNIT_EXPECT_EQ(test, t->syn.end_seq, ISS + 1);
	KUNIT_EXPECT_EQ(test, t->syn.flags, XTCP_REC_SYN);
	KUNIT_EXPECT_EQ(test, t->syn.marks, XTCP_MARK_SENT | XTCP_MARK_IN_FLIGHT);
	KUNIT_EXPECT_EQ(test, t->syn.sent, NOW);
}

/* Karn: no sample when the SYN-ACK went more than once */
static void xtcp_tcb_from_halfopen__synack_went_twice(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_tcb *t;

	timeout(f);
	t = make_tcb(test);
	KUNIT_EXPECT_EQ(test, t->syn.marks, FLOWN_TWICE);
	KUNIT_EXPECT_EQ(test, t->syn.retries, 1);
}

/* ... nor when it was sent twice because the SYN was */
static void xtcp_tcb_from_halfopen__synack_went_again_with_the_syn(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_tcb *t;

	f->seg.flags = XTCP_SYN;
	f->seg.seq = IRS;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_SYNACK, XTCP_DROP_NONE));
	t = make_tcb(test);
	KUNIT_EXPECT_EQ(test, t->syn.marks, FLOWN_TWICE);
	KUNIT_EXPECT_EQ(test, t->syn.retries, 0);
}

/* The final ACK establishes; its window is scaled. */
static void xtcp_tcb_from_halfopen__third_segment_establishes(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_actions act = {};
	struct xtcp_tcb *t = make_tcb(test);
	struct xtcp_event ev = { .kind = XTCP_EV_SEGMENT, .now = NOW + 40000,
				 .seg = &f->seg };

	f->seg.wnd = 500;
	f->seg.opts.wscale = XTCP_NO_WSCALE;
	t->rcv_free = WND;
	xtcp_tcb_set_path(t, 1460);
	xtcp_step(t, &ev, &act);
	KUNIT_EXPECT_EQ(test, t->state, XTCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, t->snd_una, ISS + 1);
	KUNIT_EXPECT_EQ(test, t->snd_wnd, 500 << 7);
	KUNIT_EXPECT_EQ(test, t->srtt, 40000);
	KUNIT_EXPECT_NULL(test, t->sendq.head);
	KUNIT_EXPECT_NULL(test, act.freed);
	KUNIT_EXPECT_EQ(test, act.drop, XTCP_DROP_NONE);
	KUNIT_EXPECT_TRUE(test, act.todo & XTCP_ACT_CONNECTED);
}

static struct kunit_case halfopen_cases[] = {
	KUNIT_CASE(xtcp_syn_received_init__remembers_what_the_syn_says),
	KUNIT_CASE(xtcp_syn_received_init__timestamps_required),
	KUNIT_CASE(xtcp_syn_received_init__peer_mss),
	KUNIT_CASE(xtcp_syn_received_init__no_scale_unless_both_want_it),
	KUNIT_CASE(xtcp_syn_received_init__scale_of_zero_is_an_offer),
	KUNIT_CASE(xtcp_syn_received_init__scale_fits_the_larger_buffer),
	KUNIT_CASE(xtcp_syn_received_init__no_sack_and_no_unwanted_timestamps),
	KUNIT_CASE(xtcp_wscale_choose__smallest_shift_that_fits),
	KUNIT_CASE(xtcp_wscale_choose__never_above_fourteen),
	KUNIT_CASE(xtcp_syn_received_synack__is_as_the_rfc_has_it),
	KUNIT_CASE(xtcp_syn_received_synack__window_is_not_scaled),
	KUNIT_CASE(xtcp_syn_received_ack__is_as_the_rfc_has_it),
	KUNIT_CASE(xtcp_syn_received_segment__third_segment),
	KUNIT_CASE(xtcp_syn_received_segment__third_segment_with_data_and_fin),
	KUNIT_CASE(xtcp_syn_received_segment__later_data_establishes),
	KUNIT_CASE(xtcp_syn_received_segment__third_segment_at_a_zero_window),
	KUNIT_CASE(xtcp_syn_received_segment__outside_of_the_window),
	KUNIT_CASE(xtcp_syn_received_segment__rst),
	KUNIT_CASE(xtcp_syn_received_segment__rst_at_a_zero_window),
	KUNIT_CASE(xtcp_syn_received_segment__same_syn_gets_the_synack_again),
	KUNIT_CASE(xtcp_syn_received_segment__another_syn_is_challenged),
	KUNIT_CASE(xtcp_syn_received_segment__syn_ack_is_not_the_same_syn),
	KUNIT_CASE(xtcp_syn_received_segment__without_ack),
	KUNIT_CASE(xtcp_syn_received_segment__bad_ack_is_reset),
	KUNIT_CASE(xtcp_syn_received_timeout__doubles_until_retries_are_used_up),
	KUNIT_CASE(xtcp_syn_received_timeout__no_retry_left),
	KUNIT_CASE(xtcp_tcb_from_halfopen__is_in_syn_received),
	KUNIT_CASE(xtcp_tcb_from_halfopen__has_what_was_agreed),
	KUNIT_CASE(xtcp_tcb_from_halfopen__syn_is_in_the_send_queue),
	KUNIT_CASE(xtcp_tcb_from_halfopen__synack_went_twice),
	KUNIT_CASE(xtcp_tcb_from_halfopen__synack_went_again_with_the_syn),
	KUNIT_CASE(xtcp_tcb_from_halfopen__third_segment_establishes),
	{}
};

static struct kunit_suite halfopen_suite = {
	.name = "syn_received",
	.init = halfopen_setup,
	.test_cases = halfopen_cases,
};

kunit_test_suite(halfopen_suite);
