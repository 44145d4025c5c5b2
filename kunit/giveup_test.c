// SPDX-License-Identifier: GPL-2.0
/* When a connection is given up: module/core/giveup.c, RFC 9293 section 3.8.3 */
#include <linux/errno.h>
#include <linux/limits.h>
#include "conn.h"

#define MS XTCP_US_PER_MS
#define SECOND XTCP_US_PER_S

static struct conn *one_in_flight(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 500);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
	return c;
}

/* MUST-20 (b), SHLD-10 */
static void rtx__asks_for_another_route_at_r1(struct kunit *test)
{
	struct conn *c = one_in_flight(test);
	int i;

	for (i = 1; i < 5; i++) {
		conn_timer(c);
		conn_drain(c);
		KUNIT_EXPECT_EQ(test, !!(c->act.todo & XTCP_ACT_NEW_ROUTE), i >= 3);
	}
}

/* SHLD-9: once, "when R1 is reached and before R2" */
static void rtx__tells_of_trouble_at_r1(struct kunit *test)
{
	struct conn *c = one_in_flight(test);
	int i;

	for (i = 1; i < 8; i++) {
		conn_timer(c);
		conn_drain(c);
		KUNIT_EXPECT_EQ(test, !!(c->act.todo & XTCP_ACT_ADVISE), i == 3);
	}
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
}

/* MUST-21 */
static void rtx__users_timeout_goes_before_r2(struct kunit *test)
{
	struct conn *c = one_in_flight(test);
	u64 begin = c->now;

	c->t.user_timeout = 5000;
	while (c->t.state == XTCP_ESTABLISHED) {
		conn_timer(c);
		conn_drain(c);
	}
	KUNIT_EXPECT_EQ(test, c->now - begin, 5 * SECOND);
	KUNIT_EXPECT_EQ(test, c->act.err, ETIMEDOUT);
	c = one_in_flight(test);
	begin = c->now;
	c->t.user_timeout = 3600000;
	while (c->t.state == XTCP_ESTABLISHED) {
		conn_timer(c);
		conn_drain(c);
	}
	KUNIT_EXPECT_EQ(test, c->now - begin, 3600 * SECOND);
}

/* It bounds the wait for an answer, not the first retransmission (RFC 9293 section 3.9.1.1) */
static void rtx__users_timeout_begins_with_a_loss(struct kunit *test)
{
	struct conn *c = conn_established(test);
	u64 rto = c->t.rto;

	c->t.user_timeout = rto / MS / 2;
	conn_write(c, 100);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, conn_timer(c), rto);
	conn_expect_gone(c, ETIMEDOUT);
}

/* RFC 5482: "the connection will survive" that long, however many retransmissions it takes */
static void rtx__users_timeout_of_two_days(struct kunit *test)
{
	struct conn *c = one_in_flight(test);
	u64 begin = c->now;
	int count = 0;

	c->t.user_timeout = 2 * 24 * 3600 * 1000;
	while (c->t.state == XTCP_ESTABLISHED) {
		conn_timer(c);
		count += conn_drain(c);
	}
	KUNIT_EXPECT_EQ(test, c->now - begin, 2 * 24 * 3600 * SECOND);
	KUNIT_EXPECT_GT(test, count, 2 * 24 * 3600 / 120);
}

/* The earlier of orphan_retries and the user timeout ends it */
static void rtx__orphan_with_a_users_timeout(struct kunit *test)
{
	struct conn *c = conn_fin_wait_1(test);
	int i;

	c->knobs.orphan_retries = 2;
	c->t.user_timeout = 3600000;
	conn_event(c, XTCP_EV_ORPHAN);
	for (i = 0; i < 2; i++) {
		conn_timer(c);
		KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	}
	conn_timer(c);
	conn_expect_gone(c, ETIMEDOUT);
}

static void rtx__a_soft_error_says_why(struct kunit *test)
{
	struct conn *c = one_in_flight(test);
	struct xtcp_event ev = {
		.kind = XTCP_EV_ICMP, .now = c->now, .err = EHOSTUNREACH,
	};

	c->knobs.retries2 = 1;
	xtcp_step(&c->t, &ev, &c->act);
	conn_timer(c);
	conn_drain(c);
	conn_timer(c);
	conn_expect_gone(c, EHOSTUNREACH);
}

/* An orphan has fewer retries; 0 stands for 8 */
static void rtx__orphans(struct kunit *test)
{
	struct conn *c = conn_fin_wait_1(test);
	int i;

	conn_event(c, XTCP_EV_ORPHAN);
	for (i = 0; i < 8; i++) {
		conn_timer(c);
		KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	}
	conn_timer(c);
	conn_expect_gone(c, ETIMEDOUT);
}

/* MUST-23 */
static void syn__is_tried_for_three_minutes(struct kunit *test)
{
	struct conn *c = conn_closed(test);
	u64 begin = c->now;
	int i;

	conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	for (i = 0; i < 7; i++) {
		KUNIT_EXPECT_EQ(test, conn_timer(c), min_t(u64, SECOND << i, XTCP_RTO_MAX));
		KUNIT_ASSERT_TRUE(test, conn_pull(c));
		KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_SYN);
		KUNIT_EXPECT_EQ(test, c->out.flags, XTCP_SYN);
		KUNIT_EXPECT_FALSE(test, conn_pull(c));
	}
	conn_timer(c);
	conn_expect_gone(c, ETIMEDOUT);
	KUNIT_EXPECT_GE(test, c->now - begin, 180 * SECOND);
}

static void syn__socket_sets_the_retries(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	c->t.set_syn_retries = 1;
	conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	conn_timer(c);
	conn_drain(c);
	conn_timer(c);
	conn_expect_gone(c, ETIMEDOUT);
}

/* The user timeout can make it shorter, not longer */
static void syn__users_timeout(struct kunit *test)
{
	static const u32 timeouts[] = { 2000, 3600000 };
	struct conn *c;
	u64 begin;
	int i;

	for (i = 0; i < 2; i++) {
		c = conn_closed(test);
		begin = c->now;
		c->t.user_timeout = timeouts[i];
		conn_event(c, XTCP_EV_OPEN);
		conn_drain(c);
		while (c->t.state == XTCP_SYN_SENT) {
			conn_timer(c);
			conn_drain(c);
		}
		conn_expect_gone(c, ETIMEDOUT);
		KUNIT_EXPECT_EQ(test, c->now - begin, (i ? 1 + 2 + 4 + 8 + 16 + 32 + 64 + 120 : 2) *
				SECOND);
	}
}

static struct kunit_case giveup_cases[] = {
	KUNIT_CASE(rtx__asks_for_another_route_at_r1),
	KUNIT_CASE(rtx__tells_of_trouble_at_r1),
	KUNIT_CASE(rtx__users_timeout_goes_before_r2),
	KUNIT_CASE(rtx__users_timeout_begins_with_a_loss),
	KUNIT_CASE(rtx__users_timeout_of_two_days),
	KUNIT_CASE(rtx__orphan_with_a_users_timeout),
	KUNIT_CASE(rtx__a_soft_error_says_why),
	KUNIT_CASE(rtx__orphans),
	KUNIT_CASE(syn__is_tried_for_three_minutes),
	KUNIT_CASE(syn__socket_sets_the_retries),
	KUNIT_CASE(syn__users_timeout),
	{}
};

static struct kunit_suite giveup_suite = {
	.name = "giveup",
	.test_cases = giveup_cases,
};

kunit_test_suite(giveup_suite);
