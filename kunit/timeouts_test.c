// SPDX-License-Identifier: GPL-2.0
/* Deadlines: module/core/timeouts.c, RFC 6298 section 5, RFC 9293 sections 3.8.3, 3.8.6 */
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

/* ---- retransmission ---- */

static void rtx__runs_while_something_is_outstanding(struct kunit *test)
{
	struct conn *c = conn_established(test);

	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_RTX], 0);	/* (5.2) */
	conn_write(c, 1000);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_RTX], c->now + c->t.rto);	/* (5.1) */
	c->now += 5000;
	conn_write(c, 1000);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_RTX], c->now - 5000 + c->t.rto);
	c->now += 5000;
	conn_segment(c, XTCP_ACK, 1, 1001, 0);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_RTX], c->now + c->t.rto);	/* (5.3) */
	conn_segment(c, XTCP_ACK, 1, 2001, 0);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_RTX], 0);
}

/* (5.4) to (5.6), (2.5), and R2 = retries2 */
static void rtx__doubles_until_it_gives_up(struct kunit *test)
{
	struct conn *c = one_in_flight(test);
	u64 rto = c->t.rto, begin = c->now;
	int i;

	for (i = 0; i < 15; i++) {
		KUNIT_EXPECT_EQ(test, conn_timer(c), rto);
		KUNIT_ASSERT_TRUE(test, conn_pull(c));
		KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
		KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1);
		KUNIT_EXPECT_EQ(test, c->t.cwnd, 1000);
		rto = min_t(u64, 2 * rto, XTCP_RTO_MAX);
	}
	conn_timer(c);
	conn_expect_gone(c, ETIMEDOUT);
	KUNIT_EXPECT_NOT_NULL(test, c->act.freed);
	KUNIT_EXPECT_GT(test, c->now - begin, 100 * SECOND);	/* SHLD-11 */
}

/* "the value of ssthresh is held constant" for the same segment */
static void rtx__threshold_is_held(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 10000);
	conn_drain(c);
	conn_timer(c);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, 5000);
	conn_timer(c);
	KUNIT_EXPECT_EQ(test, c->t.ssthresh, 5000);
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

/* RFC 5482: "the connection will survive" for as long, however often that is */
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

/* Its user has no patience any more: whichever of the two ends sooner */
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

/* An orphan's patience is shorter; 0 stands for 8 */
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

/* ---- SYN ---- */

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

/* The user's timeout can make it shorter, not longer */
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

/* RFC 6298 (5.7); RFC 6928 section 2 */
static void syn__lost_makes_cautious(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	conn_timer(c);
	conn_drain(c);
	conn_segment(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.rto, 3 * SECOND);
	KUNIT_EXPECT_EQ(test, c->t.srtt, 0);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 5360);
	c = conn_closed(test);
	conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	conn_timer(c);
	conn_drain(c);
	conn_timer(c);
	conn_drain(c);
	conn_segment(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.cwnd, 536);
}

/* ---- persist ---- */

static struct conn *zero_window(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->wnd = 0;
	conn_segment(c, XTCP_ACK, 2, 1, 0);
	conn_write(c, 500);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 0);
	return c;
}

/* SHLD-29, SHLD-30, MUST-36 */
static void persist__probes_ever_more_rarely(struct kunit *test)
{
	struct conn *c = zero_window(test);
	u64 interval = c->t.rto;
	int i;

	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, conn_timer(c), interval);
		KUNIT_ASSERT_TRUE(test, conn_pull(c));
		KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_PROBE);
		KUNIT_EXPECT_EQ(test, conn_out_seq(c), 0);
		KUNIT_EXPECT_EQ(test, c->out.flags, XTCP_ACK);
		KUNIT_EXPECT_FALSE(test, conn_pull(c));
		interval = min_t(u64, 2 * interval, XTCP_RTO_MAX);
	}
}

/* MUST-37: as long as the peer answers, for ever */
static void persist__answered_probes_keep_it_open(struct kunit *test)
{
	struct conn *c = zero_window(test);
	int i;

	for (i = 0; i < 300; i++) {
		conn_timer(c);
		KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
		conn_segment(c, XTCP_ACK, 2, 1, 0);
	}
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	c->wnd = 1000;
	conn_segment(c, XTCP_ACK, 2, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_PERSIST], 0);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_DATA);
}

static void persist__unanswered_probes_end_it(struct kunit *test)
{
	struct conn *c = zero_window(test);
	int i;

	for (i = 0; i < 15; i++) {
		conn_timer(c);
		KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
	}
	conn_timer(c);
	conn_expect_gone(c, ETIMEDOUT);
}

/* A FIN alone waits for the window, too */
static void persist__for_a_fin(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->wnd = 0;
	conn_segment(c, XTCP_ACK, 2, 1, 0);
	conn_event(c, XTCP_EV_SHUTDOWN);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
	conn_timer(c);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_PROBE);
}

/* RFC 9293 section 3.8.6.2.1 (4): 0.1 to 1.0 s */
static void persist__overrides_silly_window_avoidance(struct kunit *test)
{
	struct conn *c = conn_established(test);
	u64 waited;

	c->wnd = 300;
	conn_segment(c, XTCP_ACK, 2, 1, 0);
	conn_write(c, 500);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
	waited = conn_timer(c);
	KUNIT_EXPECT_GE(test, waited, 100 * MS);
	KUNIT_EXPECT_LE(test, waited, SECOND);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_DATA);
	KUNIT_EXPECT_EQ(test, c->out.len, 300);
}

/* MUST-35, SHLD-17: data in flight behind a window that was closed: retransmitting probes */
static void persist__window_closed_over_the_flight(struct kunit *test)
{
	struct conn *c = one_in_flight(test);
	int i;

	c->wnd = 0;
	for (i = 0; i < 300; i++) {
		conn_segment(c, XTCP_ACK, 2, 1, 0);
		conn_timer(c);
		KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
		KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	}
	KUNIT_EXPECT_EQ(test, c->t.sendq.head->retries, U8_MAX);	/* not from 0 again */
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
}

static void xtcp_earliest_deadline__of_several(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.deadline[XTCP_TIMER_RTX] = 50;
	c->t.deadline[XTCP_TIMER_DELACK] = 20;
	c->t.deadline[XTCP_TIMER_KEEPALIVE] = 90;
	KUNIT_EXPECT_EQ(test, xtcp_earliest_deadline(&c->t), 20);
}

static struct kunit_case timers_cases[] = {
	KUNIT_CASE(rtx__runs_while_something_is_outstanding),
	KUNIT_CASE(rtx__doubles_until_it_gives_up),
	KUNIT_CASE(rtx__threshold_is_held),
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
	KUNIT_CASE(syn__lost_makes_cautious),
	KUNIT_CASE(persist__probes_ever_more_rarely),
	KUNIT_CASE(persist__answered_probes_keep_it_open),
	KUNIT_CASE(persist__unanswered_probes_end_it),
	KUNIT_CASE(persist__for_a_fin),
	KUNIT_CASE(persist__overrides_silly_window_avoidance),
	KUNIT_CASE(persist__window_closed_over_the_flight),
	KUNIT_CASE(xtcp_earliest_deadline__of_several),
	{}
};

static struct kunit_suite timers_suite = {
	.name = "timeouts",
	.test_cases = timers_cases,
};

kunit_test_suite(timers_suite);
