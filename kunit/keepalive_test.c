// SPDX-License-Identifier: GPL-2.0
/* Is the peer still there? module/core/timeouts.c, RFC 9293 section 3.8.4 */
#include <linux/errno.h>
#include "conn.h"

#define SECOND XTCP_US_PER_S

static struct conn *kept_alive(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.keepalive = true;
	xtcp_keepalive_start(&c->t, c->now);
	return c;
}

/* MUST-24 to MUST-28, SHLD-12 */
static void keepalive__probes_after_two_hours(struct kunit *test)
{
	struct conn *c = kept_alive(test);

	KUNIT_EXPECT_EQ(test, conn_timer(c), 7200 * SECOND);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_KEEPALIVE);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 0);	/* SND.NXT - 1 */
	KUNIT_EXPECT_EQ(test, c->out.len, 0);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	c->t.keepalive = false;
	xtcp_keepalive_start(&c->t, c->now);
	KUNIT_EXPECT_EQ(test, xtcp_earliest_deadline(&c->t), 0);
}

static void keepalive__counts_from_the_last_segment(struct kunit *test)
{
	struct conn *c = kept_alive(test);

	c->now += 7000 * SECOND;
	conn_segment(c, XTCP_ACK, 1, 1, 0);
	conn_timer(c);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, conn_timer(c), 7000 * SECOND);
	KUNIT_EXPECT_TRUE(test, conn_pull(c));
}

/* MUST-29: not dead after one lost probe */
static void keepalive__unanswered_probes_end_it(struct kunit *test)
{
	struct conn *c = kept_alive(test);
	int i;

	conn_timer(c);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
		KUNIT_EXPECT_EQ(test, conn_timer(c), 75 * SECOND);
		KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	}
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
	conn_timer(c);
	KUNIT_EXPECT_TRUE(test, c->act.todo & XTCP_ACT_RST);
	conn_expect_gone(c, ETIMEDOUT);
}

static void keepalive__an_answer_starts_anew(struct kunit *test)
{
	struct conn *c = kept_alive(test);

	conn_timer(c);
	conn_drain(c);
	c->now += 10000;
	conn_segment(c, XTCP_ACK, 1, 1, 0);
	conn_timer(c);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->t.keep_probes_out, 0);
	conn_timer(c);
	KUNIT_EXPECT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->t.keep_probes_out, 1);
}

/* Also when the probe interval is longer than the idle time */
static void keepalive__an_answer_counts_whatever_the_times_are(struct kunit *test)
{
	struct conn *c = conn_established(test);
	int i;

	c->t.keepalive = true;
	c->t.set_keepalive_time = 1;
	c->t.set_keepalive_intvl = 2;
	xtcp_keepalive_start(&c->t, c->now);
	for (i = 0; i < 10; i++) {
		conn_timer(c);
		KUNIT_ASSERT_EQ(test, conn_drain(c), 1);
		c->now += 10000;
		conn_segment(c, XTCP_ACK, 1, 1, 0);
	}
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
}

/* MUST-26: "only [...] when no sent data is outstanding" */
static void keepalive__not_while_data_is_outstanding(struct kunit *test)
{
	struct conn *c = kept_alive(test);

	c->knobs.retries2 = 255;
	conn_write(c, 100);
	conn_drain(c);
	c->now += 7200 * SECOND;
	conn_event(c, XTCP_EV_TIMER);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->t.keep_probes_out, 0);
}

static void keepalive__times_of_the_socket(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->t.keepalive = true;
	c->t.set_keepalive_time = 10;
	c->t.set_keepalive_intvl = 2;
	c->t.set_keepalive_probes = 1;
	xtcp_keepalive_start(&c->t, c->now);
	KUNIT_EXPECT_EQ(test, conn_timer(c), 10 * SECOND);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, conn_timer(c), 2 * SECOND);
	conn_expect_gone(c, ETIMEDOUT);
}

/* RFC 5482 section 4.2: the user timeout also bounds keepalive */
static void keepalive__users_timeout(struct kunit *test)
{
	struct conn *c = kept_alive(test);
	int i;

	c->t.user_timeout = 7500 * 1000;
	conn_timer(c);
	for (i = 0; i < 4; i++) {	/* 7200 s + 4 * 75 s, whatever the number of probes */
		KUNIT_EXPECT_EQ(test, conn_drain(c), 1);
		KUNIT_EXPECT_EQ(test, conn_timer(c), 75 * SECOND);
	}
	conn_expect_gone(c, ETIMEDOUT);
	c = kept_alive(test);
	c->t.user_timeout = 1000;
	conn_timer(c);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 1);	/* MUST-29: one probe at least */
}

/* SND.NXT - 1 is for an idle sender: here zero-window probes do the job */
static void keepalive__not_while_the_window_is_closed(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->wnd = 0;
	conn_segment(c, XTCP_ACK, 2, 1, 0);
	conn_write(c, 500);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 0);
	c->t.keepalive = true;
	c->t.set_keepalive_time = 1;
	xtcp_keepalive_start(&c->t, c->now);
	c->t.deadline[XTCP_TIMER_PERSIST] = c->now + 10 * SECOND;
	KUNIT_EXPECT_EQ(test, conn_timer(c), SECOND);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
	KUNIT_EXPECT_EQ(test, c->t.keep_probes_out, 0);
}

/* With data in flight, retransmission decides */
static void keepalive__not_when_both_have_closed(struct kunit *test)
{
	struct conn *c = conn_close_wait(test);

	c->t.keepalive = true;
	c->t.set_keepalive_time = 1;
	xtcp_keepalive_start(&c->t, c->now);
	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_drain(c);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_LAST_ACK);
	c->now += SECOND;
	conn_event(c, XTCP_EV_TIMER);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_KEEPALIVE], 0);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_FIN);
	KUNIT_EXPECT_FALSE(test, conn_pull(c));
	xtcp_keepalive_start(&c->t, c->now);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_KEEPALIVE], 0);
}

static struct kunit_case keepalive_cases[] = {
	KUNIT_CASE(keepalive__probes_after_two_hours),
	KUNIT_CASE(keepalive__counts_from_the_last_segment),
	KUNIT_CASE(keepalive__unanswered_probes_end_it),
	KUNIT_CASE(keepalive__an_answer_starts_anew),
	KUNIT_CASE(keepalive__an_answer_counts_whatever_the_times_are),
	KUNIT_CASE(keepalive__not_while_data_is_outstanding),
	KUNIT_CASE(keepalive__times_of_the_socket),
	KUNIT_CASE(keepalive__users_timeout),
	KUNIT_CASE(keepalive__not_while_the_window_is_closed),
	KUNIT_CASE(keepalive__not_when_both_have_closed),
	{}
};

static struct kunit_suite keepalive_suite = {
	.name = "keepalive",
	.test_cases = keepalive_cases,
};

kunit_test_suite(keepalive_suite);
