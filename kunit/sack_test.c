// SPDX-License-Identifier: GPL-2.0
/* SACK blocks that we send, for holes and duplicates: module/core/sack.c, RFC 2018 and 2883 */
#include "selective.h"

/* Bytes at IRS + @seq arrive */
static void arrive_some(struct conn *c, u32 seq, u32 len)
{
	struct xtcp_seg seg = conn_seg(c, XTCP_ACK, seq, 1, len);

	seg.opts.ts = true;
	seg.opts.tsval = OPEN_STAMP;
	conn_give(c, &seg);
}

static void arrive(struct conn *c, u32 seq)
{
	arrive_some(c, seq, 100);
}

/* The ACK sent now has exactly these blocks, relative to IRS */
static void expect_blocks(struct conn *c, u32 s1, u32 e1, u32 s2, u32 e2, u32 s3, u32 e3)
{
	const u32 blocks[][2] = { { s1, e1 }, { s2, e2 }, { s3, e3 } };
	int i;

	KUNIT_ASSERT_TRUE(c->test, conn_pull(c));
	for (i = 0; i < 3 && blocks[i][1]; i++) {
		KUNIT_ASSERT_LT(c->test, i, c->out.opts.nsack);
		KUNIT_EXPECT_EQ(c->test, c->out.opts.sack[i].start - CONN_IRS, blocks[i][0]);
		KUNIT_EXPECT_EQ(c->test, c->out.opts.sack[i].end - CONN_IRS, blocks[i][1]);
	}
	KUNIT_EXPECT_EQ(c->test, c->out.opts.nsack, i);
	KUNIT_EXPECT_FALSE(c->test, conn_pull(c));
}

static void syn__offers_and_agrees(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	c->knobs.sack = 1;
	conn_event(c, XTCP_EV_OPEN);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_TRUE(test, c->out.opts.sack_ok);
	conn_segment(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);	/* without the option */
	KUNIT_EXPECT_FALSE(test, c->t.sack_ok);
	arrive(c, 201);
	conn_pull(c);
	KUNIT_EXPECT_EQ(test, c->out.opts.nsack, 0);
}

static void syn__the_knob_forbids(struct kunit *test)
{
	struct conn *c = conn_closed(test);
	struct xtcp_seg seg = conn_seg(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);

	conn_event(c, XTCP_EV_OPEN);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_FALSE(test, c->out.opts.sack_ok);
	seg.opts.sack_ok = true;
	conn_give(c, &seg);
	KUNIT_EXPECT_FALSE(test, c->t.sack_ok);
}

static void halfopen__agrees(struct kunit *test)
{
	struct xtcp_knobs knobs = { .sack = 1 };
	struct xtcp_seg syn = segment(XTCP_SYN, 100, 0, 0);
	struct xtcp_syn_received h;
	struct xtcp_out out;

	xtcp_syn_received_init(&h, &syn, 900, 1460, 536, 64000, &knobs, 1);
	KUNIT_EXPECT_FALSE(test, h.sack_ok);
	syn.opts.sack_ok = true;
	xtcp_syn_received_init(&h, &syn, 900, 1460, 536, 64000, &knobs, 1);
	KUNIT_EXPECT_TRUE(test, h.sack_ok);
	xtcp_syn_received_synack(&h, 7, &out);
	KUNIT_EXPECT_TRUE(test, out.opts.sack_ok);
	knobs.sack = 0;
	xtcp_syn_received_init(&h, &syn, 900, 1460, 536, 64000, &knobs, 1);
	KUNIT_EXPECT_FALSE(test, h.sack_ok);
}

/* RFC 2018 section 4: the first block contains the segment that triggered the ACK, and all that
 * is contiguous with it; then those reported most recently
 */
static void blocks__latest_first(struct kunit *test)
{
	struct conn *c = selective(test, false);

	arrive(c, 201);
	expect_blocks(c, 201, 301, 0, 0, 0, 0);
	arrive(c, 401);
	expect_blocks(c, 401, 501, 201, 301, 0, 0);
	arrive(c, 601);
	expect_blocks(c, 601, 701, 401, 501, 201, 301);
	arrive(c, 301);		/* joins two of them */
	expect_blocks(c, 201, 501, 601, 701, 0, 0);
	arrive(c, 1);
	expect_blocks(c, 201, 501, 601, 701, 0, 0);
	arrive(c, 101);
	expect_blocks(c, 601, 701, 0, 0, 0, 0);
	arrive(c, 501);
	expect_blocks(c, 0, 0, 0, 0, 0, 0);
}

/* 40 bytes of options hold four blocks, or three beside timestamps */
static void blocks__as_many_as_fit(struct kunit *test)
{
	struct conn *c = selective(test, true);
	int i;

	for (i = 1; i <= 6; i++) {
		arrive(c, 1 + 200 * i);
		KUNIT_ASSERT_TRUE(test, conn_pull(c));
		KUNIT_EXPECT_EQ(test, c->out.opts.nsack, min(i, 3));
		KUNIT_EXPECT_LE(test, xtcp_wire_opts_len(&c->out.opts), 40);
	}
	c = selective(test, false);
	for (i = 1; i <= 6; i++) {
		arrive(c, 1 + 200 * i);
		KUNIT_ASSERT_TRUE(test, conn_pull(c));
		KUNIT_EXPECT_EQ(test, c->out.opts.nsack, min(i, 4));
	}
}

/* When all remembered runs are filled, the peer still hears of the others */
static void blocks__those_forgotten(struct kunit *test)
{
	struct conn *c = selective(test, false);
	int i;

	arrive(c, 2001);
	for (i = 4; i; i--)
		arrive(c, 1 + 200 * i);
	conn_drain(c);
	arrive(c, 1);
	for (i = 0; i < 4; i++)
		arrive(c, 101 + 200 * i);
	expect_blocks(c, 2001, 2101, 0, 0, 0, 0);
}

/* A segment with text carries blocks, too, and less text (RFC 6691) */
static void blocks__beside_text(struct kunit *test)
{
	struct conn *c = selective(test, false);

	arrive(c, 201);
	conn_write(c, 3000);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_DATA);
	KUNIT_EXPECT_EQ(test, c->out.opts.nsack, 1);
	KUNIT_EXPECT_EQ(test, c->out.len, CONN_MSS - 12);
	KUNIT_EXPECT_EQ(test, xtcp_wire_opts_len(&c->out.opts), 12);
	arrive(c, 1);
	arrive(c, 101);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.len, CONN_MSS);
}

/* ---- RFC 2883 ---- */

/* 4.1.1: a segment below RCV.NXT, reported once */
static void dsack__all_of_it_old(struct kunit *test)
{
	struct conn *c = selective(test, false);

	arrive(c, 1);
	conn_drain(c);
	arrive(c, 1);
	expect_blocks(c, 1, 101, 0, 0, 0, 0);
	c->t.ack_now = true;
	expect_blocks(c, 0, 0, 0, 0, 0, 0);
}

/* 4.2.1: what overlaps RCV.NXT, and 4.1.2: beside other blocks it comes first */
static void dsack__in_part_old(struct kunit *test)
{
	struct conn *c = selective(test, false);

	arrive(c, 1);
	arrive(c, 401);
	conn_drain(c);
	arrive(c, 51);
	expect_blocks(c, 51, 101, 401, 501, 0, 0);
}

/* 4.1.3: within the queue; the second block has the first in it */
static void dsack__in_the_queue(struct kunit *test)
{
	struct conn *c = selective(test, false);

	arrive(c, 201);
	arrive(c, 301);
	conn_drain(c);
	arrive(c, 301);
	expect_blocks(c, 301, 401, 201, 401, 0, 0);
	arrive(c, 351);		/* overlaps the end */
	expect_blocks(c, 351, 401, 201, 451, 0, 0);
	arrive(c, 151);		/* and the start */
	expect_blocks(c, 201, 251, 151, 451, 0, 0);
}

/* 4.2: the hole is filled by a segment that extends over bytes already queued */
static void dsack__covered_by_what_fills_the_hole(struct kunit *test)
{
	struct conn *c = selective(test, false);

	arrive(c, 201);
	conn_drain(c);
	arrive_some(c, 1, 300);
	expect_blocks(c, 201, 301, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 301);
	arrive(c, 401);
	arrive(c, 501);
	arrive(c, 701);
	conn_drain(c);
	arrive_some(c, 301, 250);	/* one whole, half of the next */
	expect_blocks(c, 401, 551, 701, 801, 0, 0);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 601);
	arrive_some(c, 601, 100);	/* reaches it, but not beyond */
	expect_blocks(c, 0, 0, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 801);
}

/* 4.3: a segment covers queued records; of two runs the first is reported */
static void dsack__covered_beyond_a_hole(struct kunit *test)
{
	struct conn *c = selective(test, false);

	arrive(c, 301);
	conn_drain(c);
	arrive_some(c, 201, 300);
	expect_blocks(c, 301, 401, 201, 501, 0, 0);
	c = selective(test, false);
	arrive(c, 301);
	arrive(c, 501);
	conn_drain(c);
	arrive_some(c, 201, 500);
	expect_blocks(c, 301, 401, 201, 701, 0, 0);
}

/* A duplicate is reported by one ACK */
static void dsack__the_first_of_two(struct kunit *test)
{
	struct conn *c = selective(test, false);

	arrive(c, 1);
	arrive(c, 101);
	conn_drain(c);
	arrive(c, 1);
	arrive(c, 101);
	expect_blocks(c, 1, 101, 0, 0, 0, 0);
}

/* A retransmitted FIN is no duplicate text */
static void dsack__not_of_a_fin(struct kunit *test)
{
	struct conn *c = selective(test, false);

	conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 1, 0);
	conn_drain(c);
	conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 1, 0);
	expect_blocks(c, 0, 0, 0, 0, 0, 0);
}

static struct kunit_case sack_cases[] = {
	KUNIT_CASE(syn__offers_and_agrees),
	KUNIT_CASE(syn__the_knob_forbids),
	KUNIT_CASE(halfopen__agrees),
	KUNIT_CASE(blocks__latest_first),
	KUNIT_CASE(blocks__as_many_as_fit),
	KUNIT_CASE(blocks__those_forgotten),
	KUNIT_CASE(blocks__beside_text),
	KUNIT_CASE(dsack__all_of_it_old),
	KUNIT_CASE(dsack__in_part_old),
	KUNIT_CASE(dsack__in_the_queue),
	KUNIT_CASE(dsack__covered_by_what_fills_the_hole),
	KUNIT_CASE(dsack__covered_beyond_a_hole),
	KUNIT_CASE(dsack__the_first_of_two),
	KUNIT_CASE(dsack__not_of_a_fin),
	{}
};

static struct kunit_suite sack_suite = {
	.name = "sack",
	.test_cases = sack_cases,
};

kunit_test_suite(sack_suite);
