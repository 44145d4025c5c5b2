// SPDX-License-Identifier: GPL-2.0
/* The congestion window: module/core/cc.c, RFC 5681, RFC 6928, RFC 6582 */
#include <kunit/test.h>
#include "../module/core/cc.h"
#include "../module/core/mss.h"
#include "../module/core/usec.h"
#include "../module/core/window.h"

#define MSS 1000u
#define ISS 0xffffff00u

static const struct xtcp_knobs knobs = {
	.rmem = { 4096, 131072, 6291456 },
	.wmem = { 4096, 16384, 4194304 },
};

/* A connection that has sent nothing, with segments of MSS bytes. */
static int setup(struct kunit *test)
{
	struct xtcp_tcb *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -1;
	xtcp_tcb_init(t, &knobs);
	t->state = XTCP_ESTABLISHED;
	t->peer_mss = MSS;
	xtcp_tcb_set_path(t, MSS);
	t->snd_una = ISS;
	t->snd_nxt = ISS;
	xtcp_cc_init(t);
	test->priv = t;
	return 0;
}

/* As many bytes as that are in flight from now on. */
static void fly(struct xtcp_tcb *t, u32 bytes)
{
	t->snd_nxt = t->snd_una + bytes;
}

/* An ACK of @bytes with the window kept full. */
static void acked(struct xtcp_tcb *t, u32 bytes)
{
	t->snd_una += bytes;
	fly(t, t->cwnd - bytes);
	xtcp_cc_acked(t, bytes);
	fly(t, t->cwnd);
}

/* RFC 6928 section 2: min (10 * MSS, max (2 * MSS, 14600)) */
static void xtcp_cc_init__initial_window(struct kunit *test)
{
	static const u32 table[][2] = {
		{ 536, 5360 }, { 1220, 12200 }, { 1460, 14600 }, { 4000, 14600 },
		{ 8960, 17920 },
	};
	struct xtcp_tcb *t = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		t->snd_mss = table[i][0];
		xtcp_cc_init(t);
		KUNIT_EXPECT_EQ_MSG(test, t->cwnd, table[i][1], "MSS %u", table[i][0]);
	}
}

/* RFC 5681 section 3.1: the SYN was lost, so begin with one segment. */
static void xtcp_cc_init__after_lost_syns(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;

	t->syn.retries = 2;
	xtcp_cc_init(t);
	KUNIT_EXPECT_EQ(test, t->cwnd, MSS);
}

/* Slow start: a window doubles in a round trip when each segment is acknowledged. */
static void xtcp_cc_acked__slow_start_doubles(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;
	u32 start = t->cwnd, i;

	fly(t, start);
	for (i = 0; i < start / MSS; i++)
		acked(t, MSS);
	KUNIT_EXPECT_EQ(test, t->cwnd, 2 * start);
}

/* Equation (2): an ACK of many bytes adds at most one segment ... */
static void xtcp_cc_acked__stretch_ack_adds_one_segment(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;
	u32 start = t->cwnd;

	fly(t, start);
	acked(t, 5 * MSS);
	KUNIT_EXPECT_EQ(test, t->cwnd, start + MSS);
}

/* ... and an ACK of one byte adds one byte, so splitting ACKs gains nothing. */
static void xtcp_cc_acked__split_acks_win_nothing(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;
	u32 start = t->cwnd, i;

	fly(t, start);
	for (i = 0; i < MSS; i++)
		acked(t, 1);
	KUNIT_EXPECT_EQ(test, t->cwnd, start + MSS);
}

/* RFC 7323 section 2.2: no window exceeds 2^30, so cwnd stops there */
static void xtcp_cc_acked__ends_at_the_largest_window(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;

	t->cwnd = 1U << 30;
	fly(t, t->cwnd);
	acked(t, MSS);
	KUNIT_EXPECT_EQ(test, t->cwnd, 1U << 30);
}

/* Congestion avoidance: about one segment each round trip */
static void xtcp_cc_acked__avoidance_is_linear(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;
	u32 round, i, segments, before;

	t->ssthresh = t->cwnd;
	fly(t, t->cwnd);
	for (round = 0; round < 20; round++) {
		before = t->cwnd;
		segments = before / MSS;
		for (i = 0; i < segments; i++)
			acked(t, MSS);
		KUNIT_EXPECT_GE(test, t->cwnd, before);
		KUNIT_EXPECT_LE(test, t->cwnd, before + MSS);
	}
	KUNIT_EXPECT_GE(test, t->cwnd, t->ssthresh + 18 * MSS);
}

/* A window that is not used does not grow. */
static void xtcp_cc_acked__unused_window_does_not_grow(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;
	u32 start = t->cwnd, i;

	for (i = 0; i < 1000; i++) {
		t->snd_una += 10;
		fly(t, 0);
		xtcp_cc_acked(t, 10);
	}
	KUNIT_EXPECT_EQ(test, t->cwnd, start);
}

/* Equation (4), and the loss window of one segment */
static void xtcp_cc_timeout__halves_and_starts_again(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;

	t->cwnd = 20 * MSS;
	fly(t, 20 * MSS);
	xtcp_cc_timeout(t);
	KUNIT_EXPECT_EQ(test, t->ssthresh, 10 * MSS);
	KUNIT_EXPECT_EQ(test, t->cwnd, MSS);
	KUNIT_EXPECT_FALSE(test, t->recovery);
	KUNIT_EXPECT_EQ(test, t->recover, t->snd_nxt);
}

static void xtcp_cc_timeout__threshold_is_two_segments_at_least(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;

	fly(t, MSS);
	xtcp_cc_timeout(t);
	KUNIT_EXPECT_EQ(test, t->ssthresh, 2 * MSS);
}

/* RFC 5681 section 3.1: the same segment times out again: ssthresh is held constant. */
static void xtcp_cc_timeout__again_keeps_the_threshold(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;

	t->cwnd = 20 * MSS;
	fly(t, 20 * MSS);
	xtcp_cc_timeout(t);
	t->retries = 1;
	xtcp_cc_timeout(t);
	KUNIT_EXPECT_EQ(test, t->ssthresh, 10 * MSS);
	KUNIT_EXPECT_EQ(test, t->cwnd, MSS);
}

/* RFC 5681 section 3.2: half the flight, and three segments have left the network. */
static void xtcp_cc_recovery_enter__window_after_three_duplicates(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;

	t->cwnd = 20 * MSS;
	fly(t, 20 * MSS);
	xtcp_cc_recovery_enter(t);
	KUNIT_EXPECT_EQ(test, t->ssthresh, 10 * MSS);
	KUNIT_EXPECT_EQ(test, t->recover, t->snd_nxt);
	KUNIT_EXPECT_TRUE(test, t->recovery);
	/* cwnd = ssthresh + 3 * SMSS compared with the flight, or with the pipe */
	KUNIT_EXPECT_EQ(test, (s32)(t->cwnd - xtcp_pipe(t)), -7 * (s32)MSS);
}

/* RFC 6582 section 3.2, step 3: a full ACK leaves with no more than ssthresh. */
static void xtcp_cc_recovery_leave__deflates(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;

	t->cwnd = 20 * MSS;
	fly(t, 20 * MSS);
	xtcp_cc_recovery_enter(t);
	t->snd_una += 18 * MSS;
	xtcp_cc_recovery_leave(t);
	KUNIT_EXPECT_FALSE(test, t->recovery);
	KUNIT_EXPECT_LE(test, t->cwnd, t->ssthresh);
	KUNIT_EXPECT_GE(test, t->cwnd, 2 * MSS);
	KUNIT_EXPECT_EQ(test, t->sacked, 0);
}

/* RFC 5681 section 4.1: no burst of the old window after an idle time */
static void xtcp_cc_idle__restart_window(struct kunit *test)
{
	struct xtcp_tcb *t = test->priv;
	u64 now = 100 * XTCP_US_PER_S;
	u32 initial = t->cwnd;

	t->cwnd = 50 * MSS;
	fly(t, 0);
	t->last_snd = now - t->rto / 2;
	xtcp_cc_idle(t, now);
	KUNIT_EXPECT_EQ(test, t->cwnd, 50 * MSS);
	t->last_snd = now - t->rto - 1;
	xtcp_cc_idle(t, now);
	KUNIT_EXPECT_EQ(test, t->cwnd, initial);
}

static struct kunit_case cc_cases[] = {
	KUNIT_CASE(xtcp_cc_init__initial_window),
	KUNIT_CASE(xtcp_cc_init__after_lost_syns),
	KUNIT_CASE(xtcp_cc_acked__slow_start_doubles),
	KUNIT_CASE(xtcp_cc_acked__stretch_ack_adds_one_segment),
	KUNIT_CASE(xtcp_cc_acked__split_acks_win_nothing),
	KUNIT_CASE(xtcp_cc_acked__ends_at_the_largest_window),
	KUNIT_CASE(xtcp_cc_acked__avoidance_is_linear),
	KUNIT_CASE(xtcp_cc_acked__unused_window_does_not_grow),
	KUNIT_CASE(xtcp_cc_timeout__halves_and_starts_again),
	KUNIT_CASE(xtcp_cc_timeout__threshold_is_two_segments_at_least),
	KUNIT_CASE(xtcp_cc_timeout__again_keeps_the_threshold),
	KUNIT_CASE(xtcp_cc_recovery_enter__window_after_three_duplicates),
	KUNIT_CASE(xtcp_cc_recovery_leave__deflates),
	KUNIT_CASE(xtcp_cc_idle__restart_window),
	{}
};

static struct kunit_suite cc_suite = {
	.name = "cc",
	.init = setup,
	.test_cases = cc_cases,
};

kunit_test_suite(cc_suite);
