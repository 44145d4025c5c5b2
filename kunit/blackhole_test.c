// SPDX-License-Identifier: GPL-2.0
/* Black holes: module/core/blackhole.c, RFC 4821 section 7.7 */
#include "conn.h"

#define LARGE	9000	/* the path MTU as reported */

static struct conn *conn_large(struct kunit *test)
{
	struct conn *c = conn_established(test);

	c->knobs.mtu_probing = 1;
	c->t.peer_mss = LARGE;
	c->t.snd_wnd = 60000;
	c->t.snd_wnd_max = 60000;
	xtcp_tcb_set_path(&c->t, LARGE);
	KUNIT_ASSERT_EQ(test, c->t.snd_mss, LARGE);
	return c;
}

/* A segment of @len is lost again and again, for @times timeouts */
static void lose(struct conn *c, u32 len, int times)
{
	conn_write(c, len);
	conn_drain(c);
	while (times--) {
		conn_timer(c);
		conn_drain(c);
	}
}

static void acknowledge(struct conn *c)
{
	conn_segment(c, XTCP_ACK, 1, c->t.snd_nxt - CONN_ISS, 0);
	conn_drain(c);
}

static void timeouts__make_large_segments_smaller(struct kunit *test)
{
	struct conn *c = conn_large(test);

	lose(c, LARGE, 1);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, LARGE);	/* a single loss proves nothing */
	conn_timer(c);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, 1220);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.kind, XTCP_OUT_RETX);
	KUNIT_EXPECT_EQ(test, c->out.len, 1220);
	conn_timer(c);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, 1220);
	conn_drain(c);
	conn_timer(c);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, 536);
	KUNIT_ASSERT_TRUE(test, conn_pull(c));
	KUNIT_EXPECT_EQ(test, c->out.len, 536);
}

static void timeouts__of_small_segments_tell_nothing(struct kunit *test)
{
	struct conn *c = conn_large(test);

	lose(c, 500, 5);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, LARGE);
}

static void timeouts__leave_small_paths_alone(struct kunit *test)
{
	struct conn *c = conn_large(test);

	xtcp_tcb_set_path(&c->t, 500);
	lose(c, 500, 5);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, 500);
}

static void knob__turns_it_off(struct kunit *test)
{
	struct conn *c = conn_large(test);

	c->knobs.mtu_probing = 0;
	lose(c, LARGE, 5);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, LARGE);
}

static void full_size__is_tried_again(struct kunit *test)
{
	struct conn *c = conn_large(test);

	lose(c, LARGE, 2);
	acknowledge(c);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, 1220);	/* the smaller size arrived: keep it */
	c->now += 29 * XTCP_US_PER_S;
	lose(c, 100, 0);
	acknowledge(c);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, 1220);
	c->now += 2 * XTCP_US_PER_S;
	lose(c, 100, 0);
	acknowledge(c);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, LARGE);
}

static void hole__that_stays_is_tried_less_often(struct kunit *test)
{
	static const u32 waits[] = { 30, 60, 120, 240, 480, 600, 600 };
	struct conn *c = conn_large(test);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		lose(c, LARGE, 2);
		KUNIT_EXPECT_EQ(test, c->t.snd_mss, 1220);
		KUNIT_EXPECT_EQ(test, c->t.hole_until - c->now, waits[i] * XTCP_US_PER_S);
		c->now += waits[i] * XTCP_US_PER_S;
		acknowledge(c);
		KUNIT_EXPECT_EQ(test, c->t.snd_mss, LARGE);
		c->used = 0;	/* all records are returned */
	}
}

static void path__that_shrinks_meanwhile_goes_before(struct kunit *test)
{
	struct conn *c = conn_large(test);

	lose(c, LARGE, 2);
	xtcp_tcb_set_path(&c->t, 1000);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, 1000);
	xtcp_tcb_set_path(&c->t, LARGE);
	KUNIT_EXPECT_EQ(test, c->t.snd_mss, 1220);
}

static struct kunit_case blackhole_cases[] = {
	KUNIT_CASE(timeouts__make_large_segments_smaller),
	KUNIT_CASE(timeouts__of_small_segments_tell_nothing),
	KUNIT_CASE(timeouts__leave_small_paths_alone),
	KUNIT_CASE(knob__turns_it_off),
	KUNIT_CASE(full_size__is_tried_again),
	KUNIT_CASE(hole__that_stays_is_tried_less_often),
	KUNIT_CASE(path__that_shrinks_meanwhile_goes_before),
	{}
};

static struct kunit_suite blackhole_suite = {
	.name = "blackhole",
	.test_cases = blackhole_cases,
};

kunit_test_suite(blackhole_suite);
