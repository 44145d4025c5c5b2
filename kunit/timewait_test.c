// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT: module/core/timewait.c, RFC 9293 sections 3.6.1 and 3.10.7.4,
 * RFC 1337, RFC 6191
 */
#include <kunit/test.h>
#include <linux/string.h>
#include "segment.h"
#include "../module/core/timewait.h"

#define RCV_NXT	0x00000005u	/* the peer's FIN was number 4 */
#define SND_NXT	0xfffffff0u

static int setup(struct kunit *test)
{
	struct xtcp_timewait *tw = kunit_kzalloc(test, sizeof(*tw), GFP_KERNEL);
	struct xtcp_tcb *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!tw || !t)
		return -1;
	t->state = XTCP_TIME_WAIT;
	t->snd_nxt = SND_NXT;
	t->snd_una = SND_NXT;
	t->rcv_nxt = RCV_NXT;
	t->rcv_wnd = 4096 << 3;
	t->rcv_wscale = 3;
	xtcp_timewait_init(tw, t);
	test->priv = tw;
	return 0;
}

static enum xtcp_timewait_verdict verdict_on(struct kunit *test, u8 flags, u32 seq,
					     u32 ack, u32 len)
{
	struct xtcp_seg seg = segment(flags, seq, ack, len);
	enum xtcp_drop drop = XTCP_DROP_KINDS;
	enum xtcp_timewait_verdict verdict;

	verdict = xtcp_timewait_segment(test->priv, &seg, &drop);
	KUNIT_EXPECT_LT(test, drop, XTCP_DROP_KINDS);
	if (verdict == XTCP_TIMEWAIT_DROP)
		KUNIT_EXPECT_NE(test, drop, XTCP_DROP_NONE);
	return verdict;
}

/* The last ACK was lost: acknowledge, and wait the whole time again. */
static void xtcp_timewait_segment__the_fin_again(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_FIN | XTCP_ACK, RCV_NXT - 1, SND_NXT, 0),
			XTCP_TIMEWAIT_RESTART);
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_FIN | XTCP_ACK, RCV_NXT - 101, SND_NXT, 100),
			XTCP_TIMEWAIT_RESTART);
}

/* A FIN that stands elsewhere must not hold the record. */
static void xtcp_timewait_segment__another_fin(struct kunit *test)
{
	KUNIT_EXPECT_NE(test, verdict_on(test, XTCP_FIN | XTCP_ACK, RCV_NXT + 7, SND_NXT, 0),
			XTCP_TIMEWAIT_RESTART);
	KUNIT_EXPECT_NE(test, verdict_on(test, XTCP_FIN | XTCP_ACK, RCV_NXT - 100, SND_NXT, 0),
			XTCP_TIMEWAIT_RESTART);
}

/* RFC 1337: an RST must not end TIME-WAIT. */
static void xtcp_timewait_segment__rst_is_ignored(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_RST, RCV_NXT, 0, 0), XTCP_TIMEWAIT_DROP);
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_RST | XTCP_ACK, RCV_NXT, SND_NXT, 0),
			XTCP_TIMEWAIT_DROP);
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_RST, RCV_NXT + 100, 0, 0),
			XTCP_TIMEWAIT_DROP);
}

/* RFC 9293 section 3.6.1, MAY-2: beyond the last number of the old incarnation */
static void xtcp_timewait_segment__newer_syn_reopens(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_SYN, RCV_NXT, 0, 0), XTCP_TIMEWAIT_REOPEN);
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_SYN, RCV_NXT + 0x70000000, 0, 0),
			XTCP_TIMEWAIT_REOPEN);
}

static void xtcp_timewait_segment__older_syn_does_not(struct kunit *test)
{
	KUNIT_EXPECT_NE(test, verdict_on(test, XTCP_SYN, RCV_NXT - 1, 0, 0),
			XTCP_TIMEWAIT_REOPEN);
	KUNIT_EXPECT_NE(test, verdict_on(test, XTCP_SYN, RCV_NXT - 0x70000000, 0, 0),
			XTCP_TIMEWAIT_REOPEN);
}

/* RFC 6191: a greater timestamp says more than the number. */
static void xtcp_timewait_segment__timestamp_decides(struct kunit *test)
{
	struct xtcp_timewait *tw = test->priv;
	struct xtcp_seg syn = segment(XTCP_SYN, RCV_NXT - 1000, 0, 0);
	enum xtcp_drop drop;

	tw->ts_ok = true;
	tw->ts_recent = 0xffffff00;
	syn.opts.ts = true;
	syn.opts.tsval = 0x10;
	KUNIT_EXPECT_EQ(test, xtcp_timewait_segment(tw, &syn, &drop), XTCP_TIMEWAIT_REOPEN);
	syn.seq = RCV_NXT + 1000;
	syn.opts.tsval = 0xfffffe00;
	KUNIT_EXPECT_NE(test, xtcp_timewait_segment(tw, &syn, &drop), XTCP_TIMEWAIT_REOPEN);
}

/* Old data from the network is acknowledged, as in every synchronized state. */
static void xtcp_timewait_segment__old_data_is_acknowledged(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_ACK, RCV_NXT - 500, SND_NXT, 100),
			XTCP_TIMEWAIT_ACK);
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_ACK, RCV_NXT + 500, SND_NXT, 100),
			XTCP_TIMEWAIT_ACK);
}

/* Two ends in TIME-WAIT must not acknowledge each other's ACKs for ever. */
static void xtcp_timewait_segment__pure_ack_is_not_answered(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, verdict_on(test, XTCP_ACK, RCV_NXT, SND_NXT, 0),
			XTCP_TIMEWAIT_DROP);
}

static void xtcp_timewait_ack__fields(struct kunit *test)
{
	struct xtcp_out out;

	memset(&out, 0xa5, sizeof(out));
	xtcp_timewait_ack(test->priv, &out);
	KUNIT_EXPECT_EQ(test, out.flags, XTCP_ACK);
	KUNIT_EXPECT_EQ(test, out.seq, SND_NXT);
	KUNIT_EXPECT_EQ(test, out.ack, RCV_NXT);
	KUNIT_EXPECT_EQ(test, out.wnd, 4096);
	KUNIT_EXPECT_EQ(test, out.len, 0);
	KUNIT_EXPECT_NULL(test, out.rec);
}

static struct kunit_case timewait_cases[] = {
	KUNIT_CASE(xtcp_timewait_segment__the_fin_again),
	KUNIT_CASE(xtcp_timewait_segment__another_fin),
	KUNIT_CASE(xtcp_timewait_segment__rst_is_ignored),
	KUNIT_CASE(xtcp_timewait_segment__newer_syn_reopens),
	KUNIT_CASE(xtcp_timewait_segment__older_syn_does_not),
	KUNIT_CASE(xtcp_timewait_segment__timestamp_decides),
	KUNIT_CASE(xtcp_timewait_segment__old_data_is_acknowledged),
	KUNIT_CASE(xtcp_timewait_segment__pure_ack_is_not_answered),
	KUNIT_CASE(xtcp_timewait_ack__fields),
	{}
};

static struct kunit_suite timewait_suite = {
	.name = "timewait",
	.init = setup,
	.test_cases = timewait_cases,
};

kunit_test_suite(timewait_suite);
