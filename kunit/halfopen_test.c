// SPDX-License-Identifier: GPL-2.0
/*
 * SYN-RECEIVED after a passive open: module/core/halfopen.c, RFC 9293 sections
 * 3.10.7.2 and 3.10.7.4, RFC 5961 sections 3 and 4
 */
#include <kunit/test.h>
#include <linux/string.h>
#include "segment.h"
#include "../module/core/halfopen.h"
#include "../module/core/tcb.h"

#define IRS	0xfffffff0u
#define ISS	0x7ffffffeu
#define WINDOW	8000
#define NOW	(100 * XTCP_US_PER_S)

static const struct xtcp_knobs knobs = {
	.synack_retries = 5,
	.retries1 = 3,
	.retries2 = 15,
	.sack = 1,
	.timestamps = 1,
	.window_scaling = 1,
	.rmem = { 4096, 131072, 6291456 },
	.wmem = { 4096, 16384, 4194304 },
};

/* A record made of a SYN with MSS 1460 and window scale 7. */
static int setup(struct kunit *test)
{
	struct xtcp_halfopen *h = kunit_kzalloc(test, sizeof(*h), GFP_KERNEL);
	struct xtcp_seg syn = segment(XTCP_SYN, IRS, 0, 0);

	if (!h)
		return -1;
	syn.opts.mss = 1460;
	syn.opts.wscale = 7;
	xtcp_halfopen_init(h, &syn, ISS, 1440, XTCP_MSS_DEFAULT4, WINDOW, &knobs, NOW);
	test->priv = h;
	return 0;
}

static enum xtcp_halfopen_verdict verdict_on(struct kunit *test, u8 flags, u32 seq,
					     u32 ack, u32 len)
{
	struct xtcp_seg seg = segment(flags, seq, ack, len);
	enum xtcp_drop drop = XTCP_DROP_KINDS;
	enum xtcp_halfopen_verdict verdict;

	verdict = xtcp_halfopen_segment(test->priv, &seg, &drop);
	KUNIT_EXPECT_LT(test, drop, XTCP_DROP_KINDS);
	if (verdict == XTCP_HALFOPEN_DROP)
		KUNIT_EXPECT_NE(test, drop, XTCP_DROP_NONE);
	if (verdict == XTCP_HALFOPEN_ESTABLISH)
		KUNIT_EXPECT_EQ(test, drop, XTCP_DROP_NONE);
	return verdict;
}

static void xtcp_halfopen_segment__third_segment_establishes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_ACK, IRS + 1, ISS + 1, 0),
			XTCP_HALFOPEN_ESTABLISH);
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_ACK | XTCP_PSH, IRS + 1, ISS + 1, 100),
			XTCP_HALFOPEN_ESTABLISH);
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_ACK | XTCP_FIN, IRS + 1, ISS + 1, 0),
			XTCP_HALFOPEN_ESTABLISH);
}

/* The third segment was lost and the one after it comes: it will do. */
static void xtcp_halfopen_segment__a_later_segment_establishes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_ACK, IRS + 1 + 500, ISS + 1, 500),
			XTCP_HALFOPEN_ESTABLISH);
}

static void xtcp_halfopen_segment__wrong_ack_is_reset(struct kunit *test)
{
	static const u32 wrong[] = { ISS, ISS - 1, ISS + 2, ISS + 0x40000000, 0 };
	int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		KUNIT_EXPECT_EQ_MSG(test, verdict_on(test, XTCP_ACK, IRS + 1, wrong[i], 0),
				    XTCP_HALFOPEN_RESET, "ack %u", wrong[i]);
}

static void xtcp_halfopen_segment__without_ack_is_dropped(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_PSH, IRS + 1, 0, 10), XTCP_HALFOPEN_DROP);
}

static void xtcp_halfopen_segment__the_syn_again_gets_the_synack(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_SYN, IRS, 0, 0), XTCP_HALFOPEN_SYNACK);
}

/* RFC 5961 section 4.2: no SYN in the window can end the connection. */
static void xtcp_halfopen_segment__another_syn_is_challenged(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_SYN, IRS + 100, 0, 0), XTCP_HALFOPEN_ACK);
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_SYN, IRS - 100000, 0, 0),
			XTCP_HALFOPEN_ACK);
}

static void xtcp_halfopen_segment__outside_of_the_window_gets_an_ack(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_ACK, IRS + 1 + WINDOW, ISS + 1, 10),
			XTCP_HALFOPEN_ACK);
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_ACK, IRS - 50, ISS + 1, 10),
			XTCP_HALFOPEN_ACK);
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_ACK, IRS, ISS + 1, 1), XTCP_HALFOPEN_ACK);
}

/* RFC 5961 section 3.2: exactly RCV.NXT ends, in the window is challenged. */
static void xtcp_halfopen_segment__rst(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_RST, IRS + 1, 0, 0), XTCP_HALFOPEN_ABORT);
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_RST | XTCP_ACK, IRS + 1, ISS + 1, 0),
			XTCP_HALFOPEN_ABORT);
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_RST, IRS + 2, 0, 0), XTCP_HALFOPEN_ACK);
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_RST, IRS + WINDOW, 0, 0),
			XTCP_HALFOPEN_ACK);
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_RST, IRS, 0, 0), XTCP_HALFOPEN_DROP);
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_RST, IRS + 1 + WINDOW, 0, 0),
			XTCP_HALFOPEN_DROP);
}

static void xtcp_halfopen_synack__fields(struct kunit *test)
{
	struct xtcp_out out;

	memset(&out, 0xa5, sizeof(out));
	xtcp_halfopen_synack(test->priv, &out);
	KUNIT_EXPECT_EQ(test, out.flags, XTCP_SYN | XTCP_ACK);
	KUNIT_EXPECT_EQ(test, out.seq, ISS);
	KUNIT_EXPECT_EQ(test, out.ack, IRS + 1);
	KUNIT_EXPECT_EQ(test, out.len, 0);
	KUNIT_EXPECT_NULL(test, out.rec);
	KUNIT_EXPECT_EQ(test, out.opts.mss, 1440);
	KUNIT_EXPECT_EQ(test, out.wnd, WINDOW);
	KUNIT_EXPECT_EQ(test, out.opts.nsack, 0);
}

/* RFC 7323 section 2.2: the option answers one, and never goes unasked. */
static void xtcp_halfopen_synack__window_scale_only_in_answer(struct kunit *test)
{
	struct xtcp_seg syn = segment(XTCP_SYN, IRS, 0, 0);
	struct xtcp_knobs off = knobs;
	struct xtcp_halfopen h;
	struct xtcp_out out;

	xtcp_halfopen_synack(test->priv, &out);
	KUNIT_EXPECT_LE(test, out.opts.wscale, XTCP_WSCALE_MAX);

	xtcp_halfopen_init(&h, &syn, ISS, 1440, 536, WINDOW, &knobs, NOW);
	xtcp_halfopen_synack(&h, &out);
	KUNIT_EXPECT_EQ(test, out.opts.wscale, XTCP_NO_WSCALE);
	KUNIT_EXPECT_FALSE(test, out.opts.sack_ok);
	KUNIT_EXPECT_FALSE(test, out.opts.ts);

	off.window_scaling = 0;
	syn.opts.wscale = 7;
	xtcp_halfopen_init(&h, &syn, ISS, 1440, 536, WINDOW, &off, NOW);
	xtcp_halfopen_synack(&h, &out);
	KUNIT_EXPECT_EQ(test, out.opts.wscale, XTCP_NO_WSCALE);
}

/* RFC 7323 section 2.2: a SYN-ACK's window is not scaled, 64 KiB bound it. */
static void xtcp_halfopen_synack__large_window(struct kunit *test)
{
	struct xtcp_seg syn = segment(XTCP_SYN, IRS, 0, 0);
	struct xtcp_halfopen h;
	struct xtcp_out out;

	syn.opts.wscale = 7;
	xtcp_halfopen_init(&h, &syn, ISS, 1440, 536, 1000000, &knobs, NOW);
	xtcp_halfopen_synack(&h, &out);
	KUNIT_EXPECT_EQ(test, out.wnd, 65535);
}

/* MUST-15 */
static void xtcp_halfopen_init__no_mss_option(struct kunit *test)
{
	struct xtcp_seg syn = segment(XTCP_SYN, IRS, 0, 0);
	struct xtcp_halfopen h;

	xtcp_halfopen_init(&h, &syn, ISS, 1440, XTCP_MSS_DEFAULT4, WINDOW, &knobs, NOW);
	KUNIT_EXPECT_EQ(test, h.peer_mss, 536);
	xtcp_halfopen_init(&h, &syn, ISS, 1440, XTCP_MSS_DEFAULT6, WINDOW, &knobs, NOW);
	KUNIT_EXPECT_EQ(test, h.peer_mss, 1220);
}

/* An MSS of one byte would make us send forty of header for each. */
static void xtcp_halfopen_init__tiny_mss_is_not_believed(struct kunit *test)
{
	struct xtcp_seg syn = segment(XTCP_SYN, IRS, 0, 0);
	struct xtcp_halfopen h;

	syn.opts.mss = 1;
	xtcp_halfopen_init(&h, &syn, ISS, 1440, XTCP_MSS_DEFAULT4, WINDOW, &knobs, NOW);
	KUNIT_EXPECT_GE(test, h.peer_mss, XTCP_MSS_MIN);
}

static void xtcp_halfopen_ack__fields(struct kunit *test)
{
	struct xtcp_out out;

	memset(&out, 0xa5, sizeof(out));
	xtcp_halfopen_ack(test->priv, &out);
	KUNIT_EXPECT_EQ(test, out.flags, XTCP_ACK);
	KUNIT_EXPECT_EQ(test, out.seq, ISS + 1);
	KUNIT_EXPECT_EQ(test, out.ack, IRS + 1);
	KUNIT_EXPECT_EQ(test, out.len, 0);
}

/* RFC 6298 (5.5): each wait is twice the one before; synack_retries ends it. */
static void xtcp_halfopen_timeout__doubles_and_ends(struct kunit *test)
{
	struct xtcp_halfopen *h = test->priv;
	u64 expected = XTCP_RTO_INITIAL;
	int i;

	for (i = 0; i < knobs.synack_retries; i++) {
		expected *= 2;
		KUNIT_EXPECT_EQ(test, xtcp_halfopen_timeout(h, &knobs), expected);
	}
	KUNIT_EXPECT_EQ(test, xtcp_halfopen_timeout(h, &knobs), 0);
	KUNIT_EXPECT_EQ(test, xtcp_halfopen_timeout(h, &knobs), 0);
}

static void xtcp_halfopen_timeout__no_retries(struct kunit *test)
{
	struct xtcp_knobs none = knobs;

	none.synack_retries = 0;
	KUNIT_EXPECT_EQ(test, xtcp_halfopen_timeout(test->priv, &none), 0);
}

static void xtcp_halfopen_timeout__is_bounded(struct kunit *test)
{
	struct xtcp_knobs many = knobs;
	int i;

	many.synack_retries = 255;
	for (i = 0; i < 255; i++)
		KUNIT_EXPECT_LE(test, xtcp_halfopen_timeout(test->priv, &many), XTCP_RTO_MAX);
}

static void xtcp_tcb_from_halfopen__sequence_variables(struct kunit *test)
{
	struct xtcp_tcb *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	xtcp_tcb_from_halfopen(t, test->priv, &knobs, NOW);
	KUNIT_EXPECT_EQ(test, t->state, XTCP_SYN_RECEIVED);
	KUNIT_EXPECT_TRUE(test, t->passive);
	KUNIT_EXPECT_EQ(test, t->iss, ISS);
	KUNIT_EXPECT_EQ(test, t->snd_una, ISS);
	KUNIT_EXPECT_EQ(test, t->snd_nxt, ISS + 1);
	KUNIT_EXPECT_EQ(test, t->irs, IRS);
	KUNIT_EXPECT_EQ(test, t->rcv_nxt, IRS + 1);
	KUNIT_EXPECT_EQ(test, t->peer_mss, 1460);
	KUNIT_EXPECT_EQ(test, t->snd_wscale, 7);
}

/* RFC 7323 section 2.3: the shift makes the largest buffer expressible. */
static void xtcp_wscale_choose__covers_the_buffer(struct kunit *test)
{
	u32 size;

	KUNIT_EXPECT_EQ(test, xtcp_wscale_choose(65535), 0);
	KUNIT_EXPECT_EQ(test, xtcp_wscale_choose(65536), 1);
	KUNIT_EXPECT_EQ(test, xtcp_wscale_choose(6291456), 7);
	KUNIT_EXPECT_EQ(test, xtcp_wscale_choose(0xffffffff), 14);
	for (size = 1000; size < 0x3fff0000; size += size / 3)
		KUNIT_EXPECT_LE(test, size >> xtcp_wscale_choose(size), 65535);
}

static struct kunit_case halfopen_cases[] = {
	KUNIT_CASE(xtcp_halfopen_segment__third_segment_establishes),
	KUNIT_CASE(xtcp_halfopen_segment__a_later_segment_establishes),
	KUNIT_CASE(xtcp_halfopen_segment__wrong_ack_is_reset),
	KUNIT_CASE(xtcp_halfopen_segment__without_ack_is_dropped),
	KUNIT_CASE(xtcp_halfopen_segment__the_syn_again_gets_the_synack),
	KUNIT_CASE(xtcp_halfopen_segment__another_syn_is_challenged),
	KUNIT_CASE(xtcp_halfopen_segment__outside_of_the_window_gets_an_ack),
	KUNIT_CASE(xtcp_halfopen_segment__rst),
	KUNIT_CASE(xtcp_halfopen_synack__fields),
	KUNIT_CASE(xtcp_halfopen_synack__window_scale_only_in_answer),
	KUNIT_CASE(xtcp_halfopen_synack__large_window),
	KUNIT_CASE(xtcp_halfopen_init__no_mss_option),
	KUNIT_CASE(xtcp_halfopen_init__tiny_mss_is_not_believed),
	KUNIT_CASE(xtcp_halfopen_ack__fields),
	KUNIT_CASE(xtcp_halfopen_timeout__doubles_and_ends),
	KUNIT_CASE(xtcp_halfopen_timeout__no_retries),
	KUNIT_CASE(xtcp_halfopen_timeout__is_bounded),
	KUNIT_CASE(xtcp_tcb_from_halfopen__sequence_variables),
	KUNIT_CASE(xtcp_wscale_choose__covers_the_buffer),
	{}
};

static struct kunit_suite halfopen_suite = {
	.name = "halfopen",
	.init = setup,
	.test_cases = halfopen_cases,
};

kunit_test_suite(halfopen_suite);
