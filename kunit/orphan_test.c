// SPDX-License-Identifier: GPL-2.0
/*
 * Connections that no program has any more: whatever the peer does, they end:
 * module/core/orphan.c, docs/orphans.md.
 * Each peer here is alive, and answers all that it is sent.
 */
#include <linux/errno.h>
#include "conn.h"

#define SECOND	XTCP_US_PER_S
#define DAY	(86400 * SECOND)
#define TICK	(XTCP_US_PER_S / 20)

/* A duplicate ACK from the peer; its window is c->wnd */
static void answer(struct conn *c)
{
	conn_segment(c, XTCP_ACK, c->t.rcv_nxt - CONN_IRS, c->t.snd_una - CONN_ISS, 0);
}

/* The peer answers everything that a timer sends. Return: how long the orphan lives on, us */
static u64 life(struct conn *c, u64 most)
{
	u64 begin = c->now;

	while (c->t.state != XTCP_CLOSED && c->now - begin < most) {
		conn_timer(c);
		if (conn_drain(c))
			answer(c);
	}
	return c->now - begin;
}

/* The peer acts each @TICK, and timers when they are due. Return: likewise */
static u64 life_with(struct conn *c, void (*turn)(struct conn *c), u64 most)
{
	u64 begin = c->now;

	while (c->t.state != XTCP_CLOSED && c->now - begin < most) {
		c->now += TICK;
		if (c->t.soonest <= c->now)
			conn_event(c, XTCP_EV_TIMER);
		else
			turn(c);
		conn_drain(c);
	}
	return c->now - begin;
}

/* The peer's window is closed, and 1000 bytes wait */
static struct conn *closed_window(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->wnd = 0;
	answer(c);
	conn_write(c, 1000);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 0);
	return c;
}

static void close_it(struct conn *c)
{
	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_drain(c);
	conn_event(c, XTCP_EV_ORPHAN);
}

/* The peer is told by RST that bytes were lost */
static void expect_reset(struct conn *c)
{
	KUNIT_EXPECT_TRUE(c->test, c->act.todo & XTCP_ACT_RST);
	KUNIT_EXPECT_LE(c->test, c->act.rst.seq - c->t.snd_una, c->t.snd_wnd);
	conn_expect_gone(c, ETIMEDOUT);
}

/* ---- a closed window ---- */

/* MUST-37 doesn't apply to orphans */
static void window__an_owner_may_wait(struct kunit *test)
{
	struct conn *c = closed_window(test);

	KUNIT_EXPECT_GE(test, life(c, 365 * DAY), 365 * DAY);
	c = closed_window(test);
	conn_event(c, XTCP_EV_SHUTDOWN);
	KUNIT_EXPECT_GE(test, life(c, DAY), DAY);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_FIN_WAIT_1);
}

static void window__an_orphan_is_given_up(struct kunit *test)
{
	struct conn *c = closed_window(test);
	u64 lived;

	close_it(c);
	lived = life(c, DAY);
	KUNIT_EXPECT_GT(test, lived, 60 * SECOND);
	KUNIT_EXPECT_LT(test, lived, 180 * SECOND);
	expect_reset(c);
}

/* However long the probe interval had become before the owner closed */
static void window__closed_long_before(struct kunit *test)
{
	struct conn *c = closed_window(test);
	u64 lived;

	life(c, DAY);
	KUNIT_EXPECT_EQ(test, c->t.probes_out, U8_MAX);
	close_it(c);
	lived = life(c, DAY);
	KUNIT_EXPECT_GT(test, lived, 60 * SECOND);
	KUNIT_EXPECT_LT(test, lived, 180 * SECOND);
	expect_reset(c);
}

/* What is in flight lies beyond a window that was shrunk (SHLD-17) */
static void window__shrunk(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 1000);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
	close_it(c);
	c->wnd = 0;
	KUNIT_EXPECT_LT(test, life(c, DAY), 400 * SECOND);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_CLOSED);
}

/* Bytes that the peer accepts reset the count, until orphan_timeout */
static void take_one(struct conn *c)
{
	if (c->now % (50 * SECOND) < TICK)
		conn_segment(c, XTCP_ACK, 1, c->t.snd_una - CONN_ISS + 1, 0);
}

static void window__a_byte_now_and_then(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 1000);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
	close_it(c);
	c->wnd = 0;
	KUNIT_EXPECT_EQ(test, life_with(c, take_one, DAY), 3600 * SECOND);
	expect_reset(c);
}

/* Each opening cancels the probe's deadline, and none is large enough for a segment */
static void open_a_little(struct conn *c)
{
	c->wnd = c->wnd ? 0 : 10;
	answer(c);
}

static void window__opened_by_too_little(struct kunit *test)
{
	struct conn *c = closed_window(test);

	close_it(c);
	KUNIT_EXPECT_EQ(test, life_with(c, open_a_little, DAY), 3600 * SECOND);
	KUNIT_EXPECT_EQ(test, c->t.snd_nxt, CONN_ISS + 1);
	expect_reset(c);
}

/* ---- states that wait for an ACK of our FIN ---- */

static struct conn *closing(struct kunit *test)
{
	struct conn *c = conn_fin_wait_1(test);

	conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 1, 0);
	conn_drain(c);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_CLOSING);
	return c;
}

static struct conn *last_ack(struct kunit *test)
{
	struct conn *c = conn_close_wait(test);

	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_drain(c);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_LAST_ACK);
	return c;
}

static void fin__never_acknowledged(struct kunit *test)
{
	struct conn *(*const states[])(struct kunit *test) = {
		conn_fin_wait_1, closing, last_ack,
	};
	int i;

	for (i = 0; i < 3; i++) {
		struct conn *c = states[i](test);

		conn_event(c, XTCP_EV_ORPHAN);
		c->wnd = i ? 0 : 1000;
		KUNIT_EXPECT_LT(test, life(c, DAY), 400 * SECOND);
		KUNIT_EXPECT_EQ(test, c->t.state, XTCP_CLOSED);
	}
}

/* The socket's own settings can't make it longer than orphan_timeout */
static void fin__of_a_simultaneous_open(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	c->t.set_syn_retries = 127;
	conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	conn_segment(c, XTCP_SYN, 0, 0, 0);
	conn_drain(c);
	close_it(c);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_SYN_RECEIVED);
	KUNIT_EXPECT_EQ(test, life(c, DAY), 3600 * SECOND);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_CLOSED);
}

/* ---- FIN-WAIT-2 ---- */

/* Old text is answered, and doesn't extend the time */
static void say_it_again(struct conn *c)
{
	conn_segment(c, XTCP_ACK, 1, 2, 0);
	conn_segment(c, XTCP_ACK, 0, 2, 0);
}

static void fin_wait_2__the_peer_talks_on(struct kunit *test)
{
	struct conn *c = conn_fin_wait_2(test);

	conn_event(c, XTCP_EV_ORPHAN);
	KUNIT_EXPECT_EQ(test, life_with(c, say_it_again, DAY), 60 * SECOND);
	KUNIT_EXPECT_FALSE(test, c->act.todo & XTCP_ACT_RST);
	conn_expect_gone(c, 0);
}

/* The time starts anew there, so the longest life is the sum of both */
static void fin_wait_2__entered_late(struct kunit *test)
{
	struct conn *c = conn_fin_wait_1(test);

	conn_event(c, XTCP_EV_ORPHAN);
	c->now += 3599 * SECOND;
	conn_segment(c, XTCP_ACK, 1, 2, 0);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_FIN_WAIT_2);
	KUNIT_EXPECT_EQ(test, life_with(c, say_it_again, DAY), 60 * SECOND);
	conn_expect_gone(c, 0);
}

/* ---- what the peer learns of an abort ---- */

/*
 * CLOSING and LAST-ACK of RFC 9293 begin when the FIN is sent; an orphan whose FIN waits behind
 * bytes would wait for those for ever.
 */
static void abort__before_the_fin_has_gone(struct kunit *test)
{
	struct conn *c = conn_close_wait(test);

	c->wnd = 0;
	answer(c);
	conn_write(c, 1000);
	close_it(c);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_LAST_ACK);
	conn_event(c, XTCP_EV_ABORT);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_RST);
	conn_expect_gone(c, 0);
}

static void orphan__fin_wait_2_ends(struct kunit *test)
{
	struct conn *c = conn_fin_wait_2(test);

	conn_event(c, XTCP_EV_ORPHAN);
	KUNIT_EXPECT_EQ(test, conn_timer(c), 60 * XTCP_US_PER_S);
	conn_expect_gone(c, 0);
}

static void orphan__fin_wait_2_as_the_socket_has_it(struct kunit *test)
{
	struct conn *c = conn_fin_wait_1(test);

	c->t.set_fin_timeout = 5;
	conn_event(c, XTCP_EV_ORPHAN);
	conn_segment(c, XTCP_ACK, 1, 2, 0);
	KUNIT_EXPECT_EQ(test, conn_timer(c), 5 * XTCP_US_PER_S);
	conn_expect_gone(c, 0);
}

static void orphan__does_not_linger_when_told(struct kunit *test)
{
	struct conn *c = conn_fin_wait_1(test);

	c->t.set_fin_timeout = -1;
	conn_event(c, XTCP_EV_ORPHAN);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_FIN_WAIT_1);
	conn_segment(c, XTCP_ACK, 1, 2, 0);
	conn_expect_gone(c, 0);
}

static struct kunit_case orphan_cases[] = {
	KUNIT_CASE(window__an_owner_may_wait),
	KUNIT_CASE(window__an_orphan_is_given_up),
	KUNIT_CASE(window__closed_long_before),
	KUNIT_CASE(window__shrunk),
	KUNIT_CASE(window__a_byte_now_and_then),
	KUNIT_CASE(window__opened_by_too_little),
	KUNIT_CASE(fin__never_acknowledged),
	KUNIT_CASE(fin__of_a_simultaneous_open),
	KUNIT_CASE(fin_wait_2__the_peer_talks_on),
	KUNIT_CASE(fin_wait_2__entered_late),
	KUNIT_CASE(abort__before_the_fin_has_gone),
	KUNIT_CASE(orphan__fin_wait_2_ends),
	KUNIT_CASE(orphan__fin_wait_2_as_the_socket_has_it),
	KUNIT_CASE(orphan__does_not_linger_when_told),
	{}
};

static struct kunit_suite orphan_suite = {
	.name = "orphan",
	.test_cases = orphan_cases,
};

kunit_test_suite(orphan_suite);
