// SPDX-License-Identifier: GPL-2.0
/* A cookie that is echoed: module/core/echo.c, docs/protocol.md */
#include <linux/errno.h>
#include <linux/string.h>
#include "conn.h"
#include "../module/core/syn_received.h"

#define HAS_COOKIE (XTCP_EXT_VERSION | XTCP_EXT_COOKIE)

static const u8 cookie[XTCP_COOKIE_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

/* The SYN was sent, with the offer */
static struct conn *offering(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	c->knobs.echo_cookie = 1;
	conn_event(c, XTCP_EV_OPEN);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	return c;
}

/* A SYN-ACK with a cookie arrives after 10 ms; the final ACK is not sent yet */
static void give_cookie(struct conn *c, u8 flags)
{
	struct xtcp_seg seg = conn_seg(c, flags, 0, flags & XTCP_ACK ? 1 : 0, 0);

	c->now += 10000;
	seg.opts.mss = CONN_MSS;
	seg.opts.ext = HAS_COOKIE;
	seg.opts.cookie = cookie;
	conn_give(c, &seg);
}

static struct conn *echoing(struct kunit *test)
{
	struct conn *c = offering(test);

	give_cookie(c, XTCP_SYN | XTCP_ACK);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	conn_expect_ack(c);
	return c;
}

static void expect_echo(struct conn *c)
{
	KUNIT_EXPECT_EQ(c->test, c->out.opts.ext, HAS_COOKIE);
	KUNIT_ASSERT_NOT_NULL(c->test, c->out.opts.cookie);
	KUNIT_EXPECT_EQ(c->test, memcmp(c->out.opts.cookie, cookie, sizeof(cookie)), 0);
}

static void syn__offers(struct kunit *test)
{
	struct conn *c = offering(test);

	KUNIT_EXPECT_EQ(test, c->out.flags, XTCP_SYN);
	KUNIT_EXPECT_EQ(test, c->out.opts.ext, HAS_COOKIE);
	KUNIT_EXPECT_NULL(test, c->out.opts.cookie);
}

static void syn__the_knob_forbids(struct kunit *test)
{
	struct conn *c = conn_closed(test);

	conn_event(c, XTCP_EV_OPEN);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.opts.ext, 0);
	give_cookie(c, XTCP_SYN | XTCP_ACK);	/* unsolicited */
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, c->out.opts.ext, 0);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, CONN_MSS);
}

/* A middlebox that drops SYNs with unknown options costs the first two, not all */
static void syn__without_the_offer_from_the_third_on(struct kunit *test)
{
	struct conn *c = offering(test);

	conn_timer(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.opts.ext, HAS_COOKIE);
	conn_timer(c);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.opts.ext, 0);
}

static void synack__without_a_cookie(struct kunit *test)
{
	struct conn *c = offering(test);
	struct xtcp_seg seg = conn_seg(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);

	seg.opts.mss = CONN_MSS;
	conn_give(c, &seg);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, c->out.opts.ext, 0);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_CONFIRM], 0);
}

/* When SYNs cross, the peer's own offer is not a cookie */
static void simultaneous_open__an_offer_is_no_cookie(struct kunit *test)
{
	struct conn *c = offering(test);

	give_cookie(c, XTCP_SYN);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_SYN_RECEIVED);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.flags, XTCP_SYN | XTCP_ACK);
	KUNIT_EXPECT_EQ(test, c->out.opts.ext, 0);
}

static void third_segment__echoes(struct kunit *test)
{
	struct conn *c = echoing(test);

	expect_echo(c);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1);
}

/* The option's space comes off the text; the first byte has the final ACK's sequence number, so
 * either segment opens the connection
 */
static void data__echoes(struct kunit *test)
{
	struct conn *c = echoing(test);

	conn_write(c, 2000);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	expect_echo(c);
	KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1);
	KUNIT_EXPECT_EQ(test, c->out.len, CONN_MSS - XTCP_EXT_LEN);
	conn_drain(c);
	expect_echo(c);
}

/* Any segment but a SYN-ACK shows that the server has a socket */
static void server__answers(struct kunit *test)
{
	struct conn *c = echoing(test);

	give_cookie(c, XTCP_SYN | XTCP_ACK);	/* a SYN-ACK again: challenged */
	conn_expect_ack(c);
	expect_echo(c);
	conn_segment(c, XTCP_ACK, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.deadline[XTCP_TIMER_CONFIRM], 0);
	conn_write(c, 2000);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.opts.ext, 0);
	KUNIT_EXPECT_EQ(test, c->out.len, CONN_MSS);
}

/* An off-path attacker who guesses the window, but not the ACK, does not pass for the server */
static void server__not_with_a_wrong_ack(struct kunit *test)
{
	struct conn *c = echoing(test);

	conn_segment(c, XTCP_ACK, 1, 500, 10);
	KUNIT_EXPECT_EQ(test, c->act.drop, XTCP_DROP_ACK_FUTURE);
	KUNIT_EXPECT_TRUE(test, c->t.echoing);
	KUNIT_EXPECT_NE(test, c->t.deadline[XTCP_TIMER_CONFIRM], 0);
	expect_echo(c);
}

static void server__speaks_first(struct kunit *test)
{
	struct conn *c = echoing(test);

	conn_segment(c, XTCP_ACK, 1, 1, 100);
	KUNIT_EXPECT_TRUE(test, c->act.taken);
	conn_drain(c);
	KUNIT_EXPECT_EQ(test, c->out.opts.ext, 0);
	KUNIT_EXPECT_EQ(test, conn_out_ack(c), 101);
}

/* RFC 6298 (5.5): by the RTO, doubled each time, to R2 */
static void silence__third_segment_goes_again(struct kunit *test)
{
	struct conn *c = echoing(test);
	u64 rto = c->t.rto, took;
	int i;

	for (i = 0; i < c->knobs.retries2; i++) {
		took = conn_timer(c);
		KUNIT_EXPECT_EQ(test, took, min(rto << i, XTCP_RTO_MAX));
		conn_expect_ack(c);
		expect_echo(c);
		KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1);
	}
	conn_timer(c);
	conn_expect_gone(c, ETIMEDOUT);
}

/* RFC 5482: the user timeout counts from the SYN-ACK on */
static void silence__timeout_of_the_user(struct kunit *test)
{
	struct conn *c = echoing(test);
	u64 begin = c->now;

	c->t.user_timeout = 5000;
	while (c->t.state == XTCP_ESTABLISHED) {
		conn_timer(c);
		conn_drain(c);
	}
	conn_expect_gone(c, ETIMEDOUT);
	KUNIT_EXPECT_GE(test, c->now - begin, 5 * XTCP_US_PER_S);
	KUNIT_EXPECT_LT(test, c->now - begin, 10 * XTCP_US_PER_S);
}

/* Data in flight carry the cookie and are retransmitted by their own timer */
static void silence__data_goes_again_in_place_of_it(struct kunit *test)
{
	struct conn *c = echoing(test);
	int i, segments = 0;

	conn_write(c, 100);
	conn_drain(c);
	for (i = 0; i < 10; i++) {
		conn_timer(c);
		while (conn_pull(c)) {
			KUNIT_EXPECT_EQ(test, conn_out_seq(c), 1);
			KUNIT_EXPECT_EQ(test, c->out.len, 100);
			expect_echo(c);
			segments++;
		}
	}
	KUNIT_EXPECT_GT(test, segments, 3);
	KUNIT_EXPECT_NE(test, c->t.deadline[XTCP_TIMER_CONFIRM], 0);
}

static void close__fin_echoes(struct kunit *test)
{
	struct conn *c = echoing(test);

	conn_event(c, XTCP_EV_SHUTDOWN);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_TRUE(test, c->out.flags & XTCP_FIN);
	expect_echo(c);
	conn_event(c, XTCP_EV_ABORT);
	KUNIT_EXPECT_EQ(test, xtcp_earliest_deadline(&c->t), 0);
}

/* Server: a socket made from a cookie, and the final ACK that made it */
static struct conn *child(struct kunit *test)
{
	struct conn *c = conn_closed(test);
	struct xtcp_syn_received h = {
		.irs = CONN_IRS, .iss = CONN_ISS, .rcv_wnd = 30000, .peer_mss = CONN_MSS,
		.adv_mss = CONN_MSS, .seen = XTCP_SYN_RECEIVED_RESENT, .sent = c->now,
	};

	xtcp_tcb_from_syn_received(&c->t, &h, &c->knobs, c->now);
	c->t.rcv_free = 64000;
	return c;
}

static void give_echo(struct conn *c, u32 seq, u32 len)
{
	struct xtcp_seg seg = conn_seg(c, XTCP_ACK, seq, 1, len);

	seg.opts.ext = HAS_COOKIE;
	seg.opts.cookie = cookie;
	conn_give(c, &seg);
}

static void child__confirms_at_once(struct kunit *test)
{
	struct conn *c = child(test);

	give_echo(c, 1, 0);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	conn_expect_ack(c);
	KUNIT_EXPECT_EQ(test, c->out.opts.ext, 0);
}

/* When the server's ACK was lost, the final ACK is retransmitted and answered again */
static void child__confirms_again(struct kunit *test)
{
	struct conn *c = child(test);
	int i;

	for (i = 0; i < 3; i++) {
		give_echo(c, 1, 0);
		conn_expect_ack(c);
	}
	give_echo(c, 1, 100);
	KUNIT_EXPECT_TRUE(test, c->act.taken);
	conn_expect_ack(c);
}

/* A loop of echoes is limited as challenge ACKs are: RFC 5961 section 7 */
static void child__does_not_confirm_without_end(struct kunit *test)
{
	struct conn *c = child(test);
	int i, acks = 0;

	for (i = 0; i < 100; i++) {
		give_echo(c, 1, 0);
		acks += conn_drain(c);
	}
	KUNIT_EXPECT_EQ(test, acks, XTCP_CHALLENGES);
}

/* Only the passive side answers an echo */
static void client__is_not_made_to_confirm(struct kunit *test)
{
	struct conn *c = conn_established(test);

	give_echo(c, 1, 0);
	KUNIT_EXPECT_EQ(test, conn_drain(c), 0);
}

static struct kunit_case echo_cases[] = {
	KUNIT_CASE(syn__offers),
	KUNIT_CASE(syn__the_knob_forbids),
	KUNIT_CASE(syn__without_the_offer_from_the_third_on),
	KUNIT_CASE(synack__without_a_cookie),
	KUNIT_CASE(simultaneous_open__an_offer_is_no_cookie),
	KUNIT_CASE(third_segment__echoes),
	KUNIT_CASE(data__echoes),
	KUNIT_CASE(server__answers),
	KUNIT_CASE(server__not_with_a_wrong_ack),
	KUNIT_CASE(server__speaks_first),
	KUNIT_CASE(silence__third_segment_goes_again),
	KUNIT_CASE(silence__timeout_of_the_user),
	KUNIT_CASE(silence__data_goes_again_in_place_of_it),
	KUNIT_CASE(close__fin_echoes),
	KUNIT_CASE(child__confirms_at_once),
	KUNIT_CASE(child__confirms_again),
	KUNIT_CASE(child__does_not_confirm_without_end),
	KUNIT_CASE(client__is_not_made_to_confirm),
	{}
};

static struct kunit_suite echo_suite = {
	.name = "echo",
	.test_cases = echo_cases,
};

kunit_test_suite(echo_suite);
