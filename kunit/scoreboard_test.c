// SPDX-License-Identifier: GPL-2.0
/* What the peer has beyond holes, by its SACKs: module/core/scoreboard.c, RFC 2018, 2883, 6675 */
#include "random.h"
#include "selective.h"
#include "../module/core/scoreboard.h"

/* Reordering was seen, so nothing is marked lost yet */
static struct conn *burst(struct kunit *test)
{
	struct conn *c = selective_burst(test);

	c->t.reordering = true;
	return c;
}

static void take__marks_whole_records(struct kunit *test)
{
	struct conn *c = burst(test);

	sack(c, 1, 1001, 2001);
	expect_marks(c, ".S........");
	KUNIT_EXPECT_EQ(test, c->t.sacked, 1000);
	KUNIT_EXPECT_EQ(test, c->t.sacked_recs, 1);
	sack(c, 1, 1001, 3500);		/* half a record is not enough */
	expect_marks(c, ".SS.......");
	sack(c, 1, 1001, 5001);
	KUNIT_EXPECT_EQ(test, c->t.sacked, 4000);
	KUNIT_EXPECT_EQ(test, xtcp_pipe(&c->t) + c->t.sacked + c->t.lost, xtcp_flight(&c->t));
}

/* In any order: RFC 2018 section 4 puts the most recent first */
static void take__several_blocks(struct kunit *test)
{
	struct conn *c = burst(test);

	sack3(c, 1, 7001, 8001, 1001, 2001, 4001, 5001);
	expect_marks(c, ".S..S..S..");
	sack3(c, 1, 2001, 3001, 7001, 9001, 4001, 5001);
	expect_marks(c, ".SS.S..SS.");
	sack3(c, 1, 1001, 5001, 7001, 9001, 0, 0);	/* overlaps what is known */
	expect_marks(c, ".SSSS..SS.");
	sack3(c, 1, 5001, 6001, 1001, 9001, 0, 0);	/* a duplicate, completely */
	expect_marks(c, ".SSSSSSSS.");
	KUNIT_EXPECT_EQ(test, c->t.sacked, 8000);
}

/* Blocks that no receiver can have are ignored */
static void take__impossible_blocks(struct kunit *test)
{
	struct conn *c = burst(test);

	sack3(c, 1001, 3001, 3001, 4001, 3001, 0, 0);
	sack3(c, 1001, 501, 2001, 9001, 10002, 0, 0);
	expect_marks(c, ".........");
	KUNIT_EXPECT_EQ(test, c->t.sacked, 0);
}

/* Without SACK negotiated the blocks aren't looked at */
static void take__not_agreed(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 3000);
	conn_drain(c);
	sack(c, 1, 1001, 2001);
	expect_marks(c, "...");
}

/* Cumulatively acknowledged afterwards: nothing is counted twice, and RACK.segment stays */
static void take__then_acknowledged(struct kunit *test)
{
	struct conn *c = burst(test);

	sack3(c, 1, 1001, 2001, 4001, 6001, 0, 0);
	conn_segment(c, XTCP_ACK, 1, 5001, 0);
	KUNIT_EXPECT_EQ(test, c->t.sacked, 1000);
	KUNIT_EXPECT_EQ(test, c->t.sacked_recs, 1);
	expect_marks(c, "S....");
	sack(c, 5001, 5001, 7001);	/* extends the block whose start is gone */
	expect_marks(c, "SS...");
	conn_segment(c, XTCP_ACK, 1, 10001, 0);
	KUNIT_EXPECT_EQ(test, c->t.sacked, 0);
	KUNIT_EXPECT_EQ(test, c->t.sacked_recs, 0);
	KUNIT_EXPECT_EQ(test, c->t.nseen, 0);
}

/* A record marked lost that has arrived is not retransmitted */
static void take__of_what_was_thought_lost(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);

	sack(c, 1, 3001, 6001);
	expect_marks(c, "LLLSSS....");
	sack3(c, 1, 1001, 2001, 3001, 6001, 0, 0);
	expect_marks(c, "LSLSSS....");
	KUNIT_EXPECT_EQ(test, c->t.lost, 2000);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1);
}

/* RFC 2883 section 4: below SEG.ACK, or within the second block */
static void is_dsack__where_it_stands(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);
	struct xtcp_seg seg;

	seg = sack_seg(c, 2001, 1001, 2001, 0, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, xtcp_scoreboard_is_dsack(&seg));
	seg = sack_seg(c, 2001, 1001, 2002, 0, 0, 0, 0);
	KUNIT_EXPECT_FALSE(test, xtcp_scoreboard_is_dsack(&seg));
	seg = sack_seg(c, 1, 3001, 4001, 2001, 4001, 0, 0);
	KUNIT_EXPECT_TRUE(test, xtcp_scoreboard_is_dsack(&seg));
	seg = sack_seg(c, 1, 3001, 4001, 3002, 4001, 0, 0);
	KUNIT_EXPECT_FALSE(test, xtcp_scoreboard_is_dsack(&seg));
	seg = sack_seg(c, 1, 3001, 4001, 2001, 4000, 0, 0);
	KUNIT_EXPECT_FALSE(test, xtcp_scoreboard_is_dsack(&seg));
}

/* RFC 2018 section 8: after a timeout the record at SND.UNA counts as not received */
static void clear__after_reneging(struct kunit *test)
{
	struct conn *c = selective_flight(test, false);

	sack(c, 1, 1001, 9001);
	conn_segment(c, XTCP_ACK, 1, 1001, 0);	/* and no more: the peer has reneged on the rest */
	conn_drain(c);
	while (!(c->t.sendq.head->marks & XTCP_MARK_LOST))
		conn_timer(c);
	KUNIT_EXPECT_EQ(test, c->t.sacked, 0);
	KUNIT_EXPECT_EQ(test, c->t.sacked_recs, 0);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1001);
	KUNIT_EXPECT_EQ(test, c->t.lost, xtcp_flight(&c->t) - 1000);
}

/* As in CVE-2018-5390: the length of a walk is bounded by what we sent, not by the peer */
static void walk__is_paid_for(struct kunit *test)
{
	struct conn *c = burst(test);
	int i;

	KUNIT_EXPECT_GE(test, c->t.walk_credit, 40);
	c->t.walk_credit = 1000;
	sack(c, 1, 4001, 5001);		/* over four records, up to the fifth */
	KUNIT_EXPECT_EQ(test, c->t.walk_credit, 995);
	c->t.walk_credit = 0;
	for (i = 0; i < 1000; i++) {
		sack(c, 1, 8001, 9001);
		sack(c, 1, 2001, 3001);
	}
	KUNIT_EXPECT_LE(test, c->t.walk_credit, 64);
	c->t.nseen = 0;
	c->t.walk_credit = 3;
	xtcp_scoreboard_forget(&c->t, c->t.snd_una);
	expect_marks(c, "..S.S...S.");
}

/* More records than one ACK pays for: the next ACK continues */
static void walk__ends_when_nothing_is_left(struct kunit *test)
{
	struct conn *c = selective(test, false);
	struct xtcp_rec *rec;
	u32 i;

	c->t.nodelay = true;
	c->t.cwnd = 100000;
	conn_write(c, 7000);
	for (rec = c->t.sendq.head; rec->next || xtcp_rec_len(rec) > 200; rec = rec->next) {
		if (xtcp_rec_len(rec) > 200)
			xtcp_sendq_split(&c->t.sendq, rec, conn_rec(c), 200);
	}
	conn_drain(c);
	c->t.walk_credit = 0;
	sack(c, 1, 201, 7001);		/* 34 of 35 records */
	KUNIT_EXPECT_EQ(test, c->t.sacked, 6800);
	xtcp_scoreboard_clear(&c->t);
	for (i = 0; i < 3; i++) {
		struct xtcp_arrival a = { .now = c->now };
		struct xtcp_seg seg = sack_seg(c, 1, 201, 7001, 0, 0, 0, 0);

		a.seg = &seg;
		c->t.walk_credit = 0;
		xtcp_scoreboard_take(&c->t, &a);
	}
	KUNIT_EXPECT_EQ(test, c->t.sacked, 6800);
}

/* ---- compared with a map of the bytes ---- */

static u32 map_sacked(const bool *map)
{
	u32 i, n = 0;

	for (i = 0; i < 20; i++)
		n += map[i];
	return n;
}

/* Block around segment @i of the map, in numbers relative to ISS */
static void run_around(const bool *map, u32 i, u32 *start, u32 *end)
{
	u32 from = i, to = i;

	while (from && map[from - 1])
		from--;
	while (to < 19 && map[to + 1])
		to++;
	*start = 1 + 1000 * from;
	*end = 1 + 1000 * (to + 1);
}

/* A receiver that gets segments in any order and reports two runs: when all have arrived, the
 * marks are what the ACKs reported, whichever ACKs were lost
 */
static void take__agrees_with_a_map(struct kunit *test)
{
	struct random random = { .state = 77 };
	u32 round;

	for (round = 0; round < 200; round++) {
		struct conn *c = selective(test, false);
		bool map[20] = {};
		u32 last = 0, step;

		c->t.cwnd = 100000;
		c->t.reordering = true;
		c->t.min_rtt = XTCP_US_PER_S;
		c->t.srtt = XTCP_US_PER_S;
		conn_write(c, 20000);
		KUNIT_ASSERT_EQ(test, conn_drain(c), 20);
		for (step = 0; step < 15; step++) {
			u32 i = 1 + random_below(&random, 19), s1, e1, s2, e2;

			map[i] = true;
			run_around(map, i, &s1, &e1);
			run_around(map, last ? last : i, &s2, &e2);
			last = i;
			sack3(c, 1, s1, e1, s2, e2, 0, 0);
			KUNIT_ASSERT_EQ(test, c->t.sacked, 1000 * map_sacked(map));
			KUNIT_ASSERT_EQ(test, c->t.sacked_recs, map_sacked(map));
		}
		kunit_kfree(test, c);
	}
}

static struct kunit_case scoreboard_cases[] = {
	KUNIT_CASE(take__marks_whole_records),
	KUNIT_CASE(take__several_blocks),
	KUNIT_CASE(take__impossible_blocks),
	KUNIT_CASE(take__not_agreed),
	KUNIT_CASE(take__then_acknowledged),
	KUNIT_CASE(take__of_what_was_thought_lost),
	KUNIT_CASE(is_dsack__where_it_stands),
	KUNIT_CASE(clear__after_reneging),
	KUNIT_CASE(walk__is_paid_for),
	KUNIT_CASE(walk__ends_when_nothing_is_left),
	KUNIT_CASE(take__agrees_with_a_map),
	{}
};

static struct kunit_suite scoreboard_suite = {
	.name = "scoreboard",
	.test_cases = scoreboard_cases,
};

kunit_test_suite(scoreboard_suite);
