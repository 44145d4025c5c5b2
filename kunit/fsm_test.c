// SPDX-License-Identifier: GPL-2.0
/* User calls and ICMP: module/core/fsm.c, RFC 9293 sections 3.10.1 to 3.10.6 */
#include <linux/errno.h>
#include "conn.h"

/* ---- OPEN ---- */

static void open__sends_a_syn(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	c->t.adv_mss = 1460;
	conn_event(c, XTCP_EV_OPEN);
	KUNIT_EXPECT_EQ(test, c->act.todo, XTCP_ACT_OUTPUT);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_SYN_SENT);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_SYN);
	KUNIT_EXPECT_EQ(test, c->out.flags, XTCP_SYN);
	KUNIT_EXPECT_EQ(test, c->out.seq, CONN_ISS);
	KUNIT_EXPECT_EQ(test, c->out.ack, 0);
	KUNIT_EXPECT_EQ(test, c->out.opts.mss, 1460);
	KUNIT_EXPECT_EQ(test, c->out.opts.wscale, 0);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->t.snd_una, CONN_ISS);
	KUNIT_EXPECT_EQ(test, c->t.snd_nxt, CONN_ISS + 1);
}

static void open__scaling_switched_off(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	c->knobs.window_scaling = 0;
	conn_event(c, XTCP_EV_OPEN);
	conn_pull(c);
	KUNIT_EXPECT_EQ(test, c->out.opts.wscale, XTCP_NO_WSCALE);
}

/* "error: connection already exists" */
static void open__twice_changes_nothing(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_event(c, XTCP_EV_OPEN);
	KUNIT_EXPECT_EQ(test, c->act.todo, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
}

/* ---- RECEIVE ---- */

static void receive__opens_a_closed_window(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.rcv_free = 0;
	conn_segment(c, XTCP_ACK, 1, 1, 1000);
	c->t.rcv_wnd = 1000;
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->out.wnd, 0);
	c->t.rcv_free = 500;
	conn_event(c, XTCP_EV_RECEIVE);
	KUNIT_EXPECT_EQ(test, c->act.todo, 0);	/* MUST-39 */
	c->t.rcv_free = 1000;
	conn_event(c, XTCP_EV_RECEIVE);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, c->out.wnd, 1000);
}

/* ---- CLOSE ---- */

static void shutdown__in_syn_sent_forgets(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_expect_gone(c, 0);
}

/* "Queue this until all preceding SENDs have been segmentized" */
static void shutdown__fin_rides_on_the_last_data(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 1500);
	conn_event(c, XTCP_EV_SHUTDOWN);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_FIN_WAIT_1);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.len, 1000);
	KUNIT_EXPECT_FALSE(test, c->out.flags & XTCP_FIN);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.len, 500);
	KUNIT_EXPECT_EQ(test, c->out.flags, XTCP_FIN | XTCP_ACK | XTCP_PSH);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->t.snd_nxt, CONN_ISS + 1502);
}

static void shutdown__twice_sends_one_fin(struct kunit *test)
{
	struct conn *c = conn_fin_wait_1(test);

	conn_event(c, XTCP_EV_SHUTDOWN);
	KUNIT_EXPECT_EQ(test, c->act.todo, 0);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
}

static void shutdown__the_fin_acknowledged(struct kunit *test)
{
	struct conn *c = conn_fin_wait_1(test);

	conn_segment(c, XTCP_ACK, 1, 2, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_FIN_WAIT_2);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_WRITE_SHUT);
	KUNIT_EXPECT_EQ(test, xtcp_earliest_deadline(&c->t), 0);
}

/* "queue for processing after entering ESTABLISHED state" */
static void shutdown__in_syn_received(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	conn_segment(c, XTCP_SYN, 0, 0, 0);
	conn_drain(c);
	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_event(c, XTCP_EV_SHUTDOWN);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	conn_segment(c, XTCP_ACK, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_FIN_WAIT_1);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_FIN);
	KUNIT_EXPECT_EQ(test, c->t.snd_nxt, CONN_ISS + 2);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
}

/* "error: connection does not exist" */
static void shutdown__without_a_connection(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	conn_event(c, XTCP_EV_SHUTDOWN);
	KUNIT_EXPECT_EQ(test, c->act.todo, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_CLOSED);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
}

/* ---- ICMP ---- */

static void icmp(struct conn *c, int err, bool hard)
{
	struct xtcp_event ev = {
		.kind = XTCP_EV_ICMP, .now = c->now, .err = err, .hard = hard,
	};

	xtcp_step(&c->t, &ev, &c->act);
}

static void icmp__hard_error_ends_connecting(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	icmp(c, EHOSTUNREACH, false);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_SYN_SENT);
	KUNIT_EXPECT_EQ(test, c->act.todo, XTCP_ACT_SOFT_ERROR);
	icmp(c, ECONNREFUSED, true);
	conn_expect_gone(c, ECONNREFUSED);
}

/* RFC 5461 section 4.1, if the sysctl says so: only while connect() waits */
static void icmp__soft_error_ends_only_syn_sent(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	c->knobs.soft_error_aborts = 1;
	conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	icmp(c, EHOSTUNREACH, false);
	conn_expect_gone(c, EHOSTUNREACH);

	c = conn_closed(test);
	c->knobs.soft_error_aborts = 1;
	conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	conn_segment(c, XTCP_SYN, 0, 0, 0);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_SYN_RECEIVED);
	icmp(c, EHOSTUNREACH, false);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_SYN_RECEIVED);

	c = conn_established(test);
	c->knobs.soft_error_aborts = 1;
	icmp(c, EHOSTUNREACH, false);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, c->act.todo, XTCP_ACT_SOFT_ERROR);
}

/* RFC 5927: an established connection survives it */
static void icmp__is_advice_when_established(struct kunit *test)
{
	struct conn *c = conn_established(test);

	icmp(c, ECONNREFUSED, true);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	KUNIT_EXPECT_EQ(test, c->act.todo, XTCP_ACT_SOFT_ERROR);
	KUNIT_EXPECT_EQ(test, c->act.err, ECONNREFUSED);
}

/* An orphan has no user to report errors to */
static void icmp__after_the_end(struct kunit *test)
{
	struct conn *c = conn_fin_wait_2(test);

	conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 2, 0);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_TIME_WAIT);
	icmp(c, EHOSTUNREACH, false);
	KUNIT_EXPECT_EQ(test, c->act.todo, 0);
	c = conn_established(test);
	conn_event(c, XTCP_EV_ABORT);
	icmp(c, ECONNREFUSED, true);
	KUNIT_EXPECT_EQ(test, c->act.todo, 0);
}

static void mtu__cuts_and_sends_again(struct kunit *test)
{
	struct conn *c = conn_established(test);
	u32 cwnd = c->t.cwnd;

	conn_write(c, 2000);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 2);
	xtcp_tcb_set_path(&c->t, 600);
	conn_event(c, XTCP_EV_MTU);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1);
	KUNIT_EXPECT_EQ(test, c->out.len, 600);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 3);	/* 400, 600, 400 */
	KUNIT_EXPECT_EQ(test, c->t.cwnd, cwnd);
	KUNIT_EXPECT_EQ(test, c->t.lost, 0);
}

/* Lost segments wait for room in cwnd, however often the router reports */
static void mtu__told_again_changes_nothing(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_write(c, 2000);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 2);
	xtcp_tcb_set_path(&c->t, 600);
	conn_event(c, XTCP_EV_MTU);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	c->t.cwnd = 600;
	KUNIT_ASSERT_FALSE(test, conn_pull(c));
	KUNIT_EXPECT_NE(test, c->t.lost, 0);
	conn_event(c, XTCP_EV_MTU);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	c->t.cwnd = 6000;
	KUNIT_EXPECT_EQ(test, conn_drain(c), 3);
	conn_event(c, XTCP_EV_MTU);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
}

/* An event that the core doesn't know, from a newer module, changes nothing */
static void unknown_event__changes_nothing(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_event(c, (enum xtcp_event_kind)(XTCP_EV_MTU + 1));
	KUNIT_EXPECT_EQ(test, c->act.todo, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
}

static struct kunit_case fsm_cases[] = {
	KUNIT_CASE(open__sends_a_syn),
	KUNIT_CASE(open__scaling_switched_off),
	KUNIT_CASE(open__twice_changes_nothing),
	KUNIT_CASE(receive__opens_a_closed_window),
	KUNIT_CASE(shutdown__in_syn_sent_forgets),
	KUNIT_CASE(shutdown__fin_rides_on_the_last_data),
	KUNIT_CASE(shutdown__twice_sends_one_fin),
	KUNIT_CASE(shutdown__the_fin_acknowledged),
	KUNIT_CASE(shutdown__in_syn_received),
	KUNIT_CASE(shutdown__without_a_connection),
	KUNIT_CASE(icmp__hard_error_ends_connecting),
	KUNIT_CASE(icmp__soft_error_ends_only_syn_sent),
	KUNIT_CASE(icmp__is_advice_when_established),
	KUNIT_CASE(icmp__after_the_end),
	KUNIT_CASE(mtu__cuts_and_sends_again),
	KUNIT_CASE(mtu__told_again_changes_nothing),
	KUNIT_CASE(unknown_event__changes_nothing),
	{}
};

static struct kunit_suite fsm_suite = {
	.name = "fsm",
	.test_cases = fsm_cases,
};

kunit_test_suite(fsm_suite);
