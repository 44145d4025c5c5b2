// SPDX-License-Identifier: GPL-2.0
/* When we send an ACK: module/core/ack_out.c, RFC 9293 section 3.8.6.3, RFC 5961 section 7 */
#include "conn.h"

/* RSTs in the window, but not where the next segment is expected: how many are answered? */
static int answers(struct conn *c, int count)
{
	int i, acks = 0;

	for (i = 0; i < count; i++) {
		conn_segment(c, XTCP_RST, 2, 1, 0);
		KUNIT_EXPECT_EQ(c->test, c->t.state, XTCP_ESTABLISHED);
		acks += conn_drain(c);
	}
	return acks;
}

static void xtcp_challenge__each_at_first(struct kunit *test)
{
	struct conn *c = conn_established(test);

	KUNIT_EXPECT_EQ(test, answers(c, XTCP_CHALLENGES), XTCP_CHALLENGES);
}

static void xtcp_challenge__no_more_in_a_second(struct kunit *test)
{
	struct conn *c = conn_established(test);

	KUNIT_EXPECT_EQ(test, answers(c, 1000), XTCP_CHALLENGES);
	c->now += XTCP_US_PER_S - 1;
	KUNIT_EXPECT_EQ(test, answers(c, 1000), 0);
	c->now += 1;
	KUNIT_EXPECT_EQ(test, answers(c, 1000), XTCP_CHALLENGES);
}

/* What one connection has used up another still has */
static void xtcp_challenge__of_each_connection(struct kunit *test)
{
	struct conn *one = conn_established(test), *other = conn_established(test);

	KUNIT_EXPECT_EQ(test, answers(one, 100), XTCP_CHALLENGES);
	KUNIT_EXPECT_EQ(test, answers(other, 1), 1);
}

/* SHLD-18, SHLD-19, MUST-40 */
static void text__every_second_full_segment_is_acknowledged(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.quickack = 0;
	conn_segment(c, XTCP_ACK, 1, 1, 1000);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	conn_segment(c, XTCP_ACK, 1001, 1, 1000);
	conn_expect_ack(c);
	conn_segment(c, XTCP_ACK, 2001, 1, 1000);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	KUNIT_EXPECT_LT(test, conn_timer(c), 500 * XTCP_US_PER_MS);
	conn_expect_ack(c);
}

/* A long write ends in a short segment, which Nagle's algorithm may hold until an ACK comes */
static void text__more_than_a_full_segment_is_acknowledged(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.quickack = 0;
	c->t.rcv_mss = 1000;
	conn_segment(c, XTCP_ACK, 1, 1, 8);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	conn_segment(c, XTCP_ACK, 9, 1, 1000);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 1009);
}

/* The peer's segments become smaller: its path has changed, or options take room */
static void text__smaller_full_segments_than_before(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.quickack = 0;
	c->t.rcv_mss = 1000;
	conn_segment(c, XTCP_ACK, 1, 1, 600);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	conn_segment(c, XTCP_ACK, 601, 1, 600);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, c->t.rcv_mss, 600);
	conn_segment(c, XTCP_ACK, 1201, 1, 600);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	conn_segment(c, XTCP_ACK, 1801, 1, 600);
	conn_expect_ack(c);
}

/* Short messages are no full segments, however many come */
static void text__short_segments_are_not_full(struct kunit *test)
{
	struct conn *c = conn_established(test);
	int i;

	c->t.quickack = 0;
	c->t.rcv_mss = 1000;
	for (i = 0; i < 5; i++) {
		conn_segment(c, XTCP_ACK, 1 + 200 * i, 1, 200);
		KUNIT_EXPECT_FALSE(test, conn_pull(c));
	}
	KUNIT_EXPECT_EQ(test, c->t.rcv_mss, 1000);
	conn_segment(c, XTCP_ACK, 1001, 1, 200);
	conn_expect_ack(c);
}

/* RFC 5681 section 4.2 */
static void text__that_fills_a_hole_is_acknowledged_at_once(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_ACK, 1, 1, 1000);
	conn_segment(c, XTCP_ACK, 1101, 1, 100);
	conn_drain(c);
	c->t.quickack = 0;
	conn_segment(c, XTCP_ACK, 1001, 1, 100);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 1201);
}

/* For a request-response server the answers carry the ACKs, from the first on */
static void text__of_requests_that_are_answered(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_ACK, 1, 1, 100);
	conn_expect_ack(c);
	c->now += 100;
	conn_write(c, 100);
	conn_drain(c);
	conn_segment(c, XTCP_ACK, 101, 101, 100);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	conn_write(c, 100);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 201);
}

static void text__acknowledgment_rides_on_data(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.quickack = 0;
	conn_segment(c, XTCP_ACK, 1, 1, 100);
	conn_write(c, 10);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_DATA);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 101);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_DELACK], 0);
}

static struct kunit_case ack_out_cases[] = {
	KUNIT_CASE(xtcp_challenge__each_at_first),
	KUNIT_CASE(xtcp_challenge__no_more_in_a_second),
	KUNIT_CASE(xtcp_challenge__of_each_connection),
	KUNIT_CASE(text__every_second_full_segment_is_acknowledged),
	KUNIT_CASE(text__more_than_a_full_segment_is_acknowledged),
	KUNIT_CASE(text__smaller_full_segments_than_before),
	KUNIT_CASE(text__short_segments_are_not_full),
	KUNIT_CASE(text__that_fills_a_hole_is_acknowledged_at_once),
	KUNIT_CASE(text__of_requests_that_are_answered),
	KUNIT_CASE(text__acknowledgment_rides_on_data),
	{}
};

static struct kunit_suite ack_out_suite = {
	.name = "ack_out",
	.test_cases = ack_out_cases,
};

kunit_test_suite(ack_out_suite);
