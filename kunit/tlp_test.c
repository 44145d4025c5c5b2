// SPDX-License-Identifier: GPL-2.0
/* The tail loss probe: module/core/tlp.c, RFC 8985 section 7 */
#include <linux/limits.h>

#include "selective.h"
#include "../module/core/scoreboard.h"

#define PROBE	XTCP_TIMER_PROBE
#define RTX	XTCP_TIMER_RTX

/* @count segments of 1000 in flight, sent now, and no more data */
static struct conn *tail(struct kunit *test, u32 count)
{
	struct conn *c = selective(test, false);

	conn_write(c, count * 1000);
	KUNIT_ASSERT_EQ(test, conn_drain(c), count);
	return c;
}

/* Only the probe timer expires now */
static void expire(struct conn *c)
{
	KUNIT_ASSERT_NE(c->test, c->t.deadline[PROBE], 0);
	c->now = c->t.deadline[PROBE];
	conn_event(c, XTCP_EV_TIMER);
}

/* 7.2: 2 * SRTT; a single segment's ACK may be delayed; not after the RTO */
static void arm__interval(struct kunit *test)
{
	struct conn *c = selective(test, false);

	c->t.srtt = 30000;
	c->t.rto = 500000;
	conn_write(c, 1000);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[PROBE], c->now + 60000 + 200000);
	conn_write(c, 1000);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[PROBE], c->now + 60000);
	c->t.srtt = 400000;
	conn_write(c, 1000);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[PROBE], c->t.deadline[RTX]);
	c->t.srtt = 50;		/* not finer than clocks are */
	conn_write(c, 1000);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[PROBE], c->now + 10000);
	c->t.srtt = 0;
	c->t.rto = 3000000;
	c->t.deadline[RTX] = c->now + c->t.rto;
	conn_write(c, 1000);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[PROBE], c->now + XTCP_US_PER_S);
}

/* An ACK rearms it; an empty flight disarms it */
static void arm__by_acks(struct kunit *test)
{
	struct conn *c = tail(test, 3);

	c->now += 5000;
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, c->t.deadline[PROBE], c->now + 2 * c->t.srtt);
	conn_segment(c, XTCP_ACK, 1, 3001, 0);
	KUNIT_EXPECT_EQ(test, c->t.deadline[PROBE], 0);
}

static void arm__not_when_something_else_tells(struct kunit *test)
{
	struct conn *c = conn_established(test);	/* without SACK */

	conn_write(c, 1000);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[PROBE], 0);
	c = selective(test, false);
	c->t.recovery = true;
	conn_write(c, 1000);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[PROBE], 0);
	c->t.recovery = false;
	c->t.rto_recovery = true;
	conn_write(c, 1000);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[PROBE], 0);
	c->t.rto_recovery = false;
	c->t.sacked = 1000;
	conn_write(c, 1000);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[PROBE], 0);
	c = conn_closed(test);
	c->knobs.sack = 1;
	conn_event(c, XTCP_EV_OPEN);
	c->t.rtt_fresh = true;
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[PROBE], 0);
}

/* SACKs that arrived since make the probe unnecessary */
static void expire__not_wanted_any_more(struct kunit *test)
{
	struct conn *c = tail(test, 4);

	c->t.reordering = true;
	sack(c, 1, 3001, 4001);
	c->t.deadline[XTCP_TIMER_REORDER] = 0;
	expire(c);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
}

/* The last segment is retransmitted; its SACK reveals the loss before it. No RTO, no collapse
 * of cwnd
 */
static void probe__the_last_again(struct kunit *test)
{
	struct conn *c = tail(test, 4);

	expire(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[RTX], c->now + c->t.rto);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 3001);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->t.deadline[PROBE], 0);		/* one at a time */
	c->now += 10000;
	sack(c, 1, 3001, 4001);
	expect_marks(c, "LLLS");
	KUNIT_EXPECT_TRUE(test, c->t.recovery);
	KUNIT_EXPECT_FALSE(test, c->t.tlp_out);
	KUNIT_EXPECT_EQ(test, c->t.backoff, 0);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 2);
}

/* New data if available, whatever cwnd allows; but not beyond the peer's window */
static void probe__new_data(struct kunit *test)
{
	struct conn *c = selective(test, false);

	conn_write(c, 12000);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 10);
	expire(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_DATA);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 10001);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	KUNIT_EXPECT_FALSE(test, c->t.tlp_retrans);
	conn_segment(c, XTCP_ACK, 1, 11001, 0);		/* acknowledged with everything else */
	KUNIT_EXPECT_FALSE(test, c->t.tlp_out);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, U32_MAX);
	c = selective(test, false);
	c->t.snd_wnd = 3000;
	conn_write(c, 5000);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 3);
	expire(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 2001);
}

/* Nagle has held back the rest: the probe may carry it */
static void probe__a_small_rest(struct kunit *test)
{
	struct conn *c = selective(test, false);

	conn_write(c, 1200);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 2);
	conn_write(c, 300);
	KUNIT_ASSERT_FALSE(test, conn_pull(c));
	expire(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.len, 300);
}

static void probe__with_the_fin(struct kunit *test)
{
	struct conn *c = selective(test, false);

	conn_write(c, 2000);
	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_drain(c);
	expire(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1001);
	KUNIT_EXPECT_TRUE(test, c->out.flags & XTCP_FIN);
	KUNIT_EXPECT_EQ(test, c->out.len, 1000);
	c = selective(test, false);	/* and alone, when all text is acknowledged */
	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_drain(c);
	c->t.deadline[RTX] = c->now + 2 * XTCP_US_PER_S;
	expire(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_FIN);
	KUNIT_EXPECT_TRUE(test, c->t.tlp_out);
	c = selective(test, false);	/* the FIN is not sent yet */
	c->t.snd_wnd = 1000;
	conn_write(c, 1000);
	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_drain(c);
	expire(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1);
	KUNIT_EXPECT_FALSE(test, c->out.flags & XTCP_FIN);
}

/* Not without an RTT sample since the last probe: a dead path is not probed again */
static void probe__once_a_measurement(struct kunit *test)
{
	struct conn *c = tail(test, 2);

	expire(c);
	conn_drain(c);
	c->t.tlp_out = false;
	conn_write(c, 1000);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[PROBE], 0);
}

/* Everything is marked lost: no segment is left to probe with */
static void probe__nothing_on_its_way(struct kunit *test)
{
	struct conn *c = tail(test, 2);

	xtcp_mark_all_lost(&c->t);
	c->t.cwnd = 0;
	c->t.retx_now = false;
	expire(c);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	KUNIT_EXPECT_FALSE(test, c->t.tlp_now);
}

/* ---- 7.4.2 ---- */

static struct conn *probed(struct kunit *test)
{
	struct conn *c = tail(test, 2);

	expire(c);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
	KUNIT_ASSERT_TRUE(test, c->t.tlp_out && c->t.tlp_retrans);
	c->now += 10000;
	return c;
}

/* Only the last was lost, and the probe replaced it */
static void acked__the_probe_has_repaired_a_loss(struct kunit *test)
{
	struct conn *c = probed(test);
	u32 cwnd = c->t.cwnd;

	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_EXPECT_TRUE(test, c->t.tlp_out);
	conn_segment(c, XTCP_ACK, 1, 2001, 0);
	KUNIT_EXPECT_TRUE(test, c->t.tlp_out);
	conn_write(c, 1000);
	conn_drain(c);
	cwnd = c->t.cwnd;
	conn_segment(c, XTCP_ACK, 1, 3001, 0);
	KUNIT_EXPECT_FALSE(test, c->t.tlp_out);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, cwnd / 2);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, cwnd / 2);
	KUNIT_EXPECT_FALSE(test, c->t.recovery);
}

/* Case 1: reported as a duplicate */
static void acked__duplicate_by_dsack(struct kunit *test)
{
	struct conn *c = probed(test);

	conn_segment(c, XTCP_ACK, 1, 2001, 0);
	sack(c, 2001, 1001, 2001);
	KUNIT_EXPECT_FALSE(test, c->t.tlp_out);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, U32_MAX);
}

/* Case 2: a duplicate ACK without any SACK option; one with text doesn't count */
static void acked__duplicate_without_sack(struct kunit *test)
{
	struct conn *c = probed(test);

	conn_segment(c, XTCP_ACK, 1, 2001, 0);
	conn_segment(c, XTCP_ACK, 1, 2001, 10);
	KUNIT_EXPECT_TRUE(test, c->t.tlp_out);
	conn_segment(c, XTCP_ACK, 11, 2001, 0);
	KUNIT_EXPECT_FALSE(test, c->t.tlp_out);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, U32_MAX);
}

/* A SACK of later data is not a SACK of the probe */
static void acked__and_then_another_hole(struct kunit *test)
{
	struct conn *c = probed(test);

	conn_segment(c, XTCP_ACK, 1, 2001, 0);
	conn_write(c, 2000);
	conn_drain(c);
	sack(c, 2001, 3001, 4001);
	sack(c, 2001, 3001, 4001);
	KUNIT_EXPECT_TRUE(test, c->t.tlp_out);
}

static struct kunit_case tlp_cases[] = {
	KUNIT_CASE(arm__interval),
	KUNIT_CASE(arm__by_acks),
	KUNIT_CASE(arm__not_when_something_else_tells),
	KUNIT_CASE(expire__not_wanted_any_more),
	KUNIT_CASE(probe__the_last_again),
	KUNIT_CASE(probe__new_data),
	KUNIT_CASE(probe__a_small_rest),
	KUNIT_CASE(probe__with_the_fin),
	KUNIT_CASE(probe__once_a_measurement),
	KUNIT_CASE(probe__nothing_on_its_way),
	KUNIT_CASE(acked__the_probe_has_repaired_a_loss),
	KUNIT_CASE(acked__duplicate_by_dsack),
	KUNIT_CASE(acked__duplicate_without_sack),
	KUNIT_CASE(acked__and_then_another_hole),
	{}
};

static struct kunit_suite tlp_suite = {
	.name = "tlp",
	.test_cases = tlp_cases,
};

kunit_test_suite(tlp_suite);
