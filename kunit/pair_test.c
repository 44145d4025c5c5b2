// SPDX-License-Identifier: GPL-2.0
/*
 * Two ends over a link that loses, duplicates and reorders: in any case, what one
 * end writes the other reads, byte for byte, and both terminate. pair.c checks the
 * invariants after each event.
 */
#include <linux/errno.h>

#include "pair.h"

#define SECOND XTCP_US_PER_S

static void bad_link(struct pair *p, u32 loss, u32 duplicate, u64 jitter)
{
	p->link.loss = loss;
	p->link.duplicate = duplicate;
	p->link.jitter = jitter;
}

static u32 retransmissions(const struct pair *p)
{
	return p->end[0].sent[XTCP_OUT_RETX] + p->end[1].sent[XTCP_OUT_RETX];
}

static void transfer__both_ways(struct kunit *test)
{
	struct pair *p = pair_create(test, 1);

	p->end[1].user.total = 200000;
	pair_connect(p);
	pair_run(p);
	pair_expect_done(p);
	KUNIT_EXPECT_EQ(test, retransmissions(p), 0);
	KUNIT_EXPECT_LT(test, p->done, 5 * SECOND);
}

static void transfer__nothing_at_all(struct kunit *test)
{
	struct pair *p = pair_create(test, 2);

	p->end[0].user.total = 0;
	p->end[1].user.total = 0;
	pair_connect(p);
	pair_run(p);
	pair_expect_done(p);
}

/* 100 Mbit/s, 10 ms: a window of 64 KiB gives 6.5 MB/s; slow start takes some time */
static void transfer__as_fast_as_the_window_allows(struct kunit *test)
{
	struct pair *p = pair_create(test, 3);

	p->end[0].user.total = 2000000;
	p->end[1].user.total = 0;
	pair_connect(p);
	pair_run(p);
	pair_expect_done(p);
	KUNIT_EXPECT_EQ(test, retransmissions(p), 0);
	KUNIT_EXPECT_LT(test, p->done - 1000000, 700000);
	/* SHLD-19: an ACK for each second segment, and not many more */
	KUNIT_EXPECT_LT(test, p->end[1].sent[XTCP_OUT_ACK], 1300);
}

static void transfer__loss_is_repaired_without_timeouts(struct kunit *test)
{
	struct pair *p = pair_create(test, 4);

	p->end[0].user.total = 2000000;
	p->end[1].user.total = 0;
	p->link.loss = 5;
	pair_connect(p);
	pair_run(p);
	pair_expect_done(p);
	KUNIT_EXPECT_GT(test, retransmissions(p), 3);
	KUNIT_EXPECT_LT(test, retransmissions(p), 60);
	KUNIT_EXPECT_LT(test, p->done, 7 * SECOND);
}

static void transfer__bad_links(struct kunit *test)
{
	u32 seed;

	for (seed = 100; seed < 140; seed++) {
		struct pair *p = pair_create(test, seed);

		bad_link(p, 20 + seed % 4 * 20, 20, seed % 3 * 4000);
		p->end[0].user.nodelay = seed & 1;
		p->end[1].user.wait_eof = seed & 2;
		pair_connect(p);
		pair_run(p);
		pair_expect_done(p);
		pair_destroy(p);
	}
}

static void transfer__terrible_links(struct kunit *test)
{
	u32 seed;

	for (seed = 200; seed < 220; seed++) {
		struct pair *p = pair_create(test, seed);

		bad_link(p, 200, 100, 30000);
		p->end[0].user.total = 20000;
		p->end[1].user.total = 30000;
		pair_connect(p);
		pair_run(p);
		pair_expect_done(p);
		pair_destroy(p);
	}
}

static void transfer__memory_is_short(struct kunit *test)
{
	u32 seed;

	for (seed = 300; seed < 310; seed++) {
		struct pair *p = pair_create(test, seed);

		bad_link(p, 20, 20, 2000);
		p->no_memory = 200;
		pair_connect(p);
		pair_run(p);
		pair_expect_done(p);
		pair_destroy(p);
	}
}

/* A buffer smaller than a segment, and a reader that takes a few bytes at a time */
static void transfer__small_buffers(struct kunit *test)
{
	u32 seed;

	for (seed = 400; seed < 412; seed++) {
		struct pair *p = pair_create(test, seed);

		bad_link(p, seed % 3 * 20, 20, seed % 3 * 2000);
		p->end[0].user.total = 30000;
		p->end[1].user.total = 20000;
		p->end[0].user.rcvbuf = 700 + seed % 4 * 1000;
		p->end[1].user.rcvbuf = 3000;
		p->end[0].user.sndbuf = 2000;
		p->end[1].user.slow = true;
		p->end[0].user.slow = seed & 1;
		pair_connect(p);
		pair_run(p);
		pair_expect_done(p);
		pair_destroy(p);
	}
}

static void transfer__reader_sleeps_a_minute(struct kunit *test)
{
	u32 seed;

	for (seed = 500; seed < 510; seed++) {
		struct pair *p = pair_create(test, seed);

		bad_link(p, seed % 2 * 50, 0, 0);
		p->knobs.retries2 = 4;	/* answered probes don't count: MUST-37 */
		p->end[0].user.rcvbuf = 8000;
		p->end[1].user.rcvbuf = 8000;
		p->end[0].user.stalls = seed & 2;
		p->end[1].user.stalls = true;
		pair_connect(p);
		pair_run(p);
		pair_expect_done(p);
		KUNIT_EXPECT_GT(test, p->end[0].sent[XTCP_OUT_PROBE], 2);
		KUNIT_EXPECT_GT(test, p->done, 60 * SECOND);
		pair_destroy(p);
	}
}

/* 64 KiB fit into the header's field: this needs scaling */
static void transfer__large_windows(struct kunit *test)
{
	struct pair *p = pair_create(test, 6);

	p->link.delay = 50000;
	p->end[0].user.total = 3000000;
	p->end[0].user.sndbuf = 500000;
	p->end[1].user.total = 0;
	p->end[1].user.rcvbuf = 500000;
	pair_connect(p);
	pair_run(p);
	pair_expect_done(p);
	KUNIT_EXPECT_GT(test, p->end[0].tcb.snd_wnd_max, 400000);
	KUNIT_EXPECT_LT(test, p->done - 1000000, 4 * SECOND);
}

static void transfer__without_scaling(struct kunit *test)
{
	struct pair *p = pair_create(test, 7);

	p->knobs.window_scaling = 0;
	p->end[0].user.rcvbuf = 500000;
	p->end[1].user.rcvbuf = 500000;
	bad_link(p, 20, 0, 0);
	pair_connect(p);
	pair_run(p);
	pair_expect_done(p);
	KUNIT_EXPECT_LE(test, p->end[0].tcb.snd_wnd_max, 65535);
}

static void transfer__path_becomes_narrow(struct kunit *test)
{
	struct xtcp_event ev = { .kind = XTCP_EV_MTU };
	struct pair *p = pair_create(test, 8);

	bad_link(p, 10, 0, 0);
	pair_connect(p);
	pair_run_until(p, p->now + 40000);
	KUNIT_ASSERT_EQ(test, p->end[0].tcb.state, XTCP_ESTABLISHED);
	xtcp_tcb_set_path(&p->end[0].tcb, 400);
	pair_step(p, 0, &ev);
	pair_run(p);
	pair_expect_done(p);
}

static struct pair_user any_user(struct random *random)
{
	return (struct pair_user){
		.total = random_below(random, 40000),
		.sndbuf = 500 + random_below(random, 60000),
		.rcvbuf = 300 + random_below(random, random_chance(random, 50) ? 3000 : 100000),
		.nodelay = random_chance(random, 50),
		.slow = random_chance(random, 15),
		.stalls = random_chance(random, 10),
	};
}

static void transfer__whatever_chance_puts_together(struct kunit *test)
{
	u32 seed;

	for (seed = 1000; seed < 1100; seed++) {
		struct pair *p = pair_create(test, seed);
		struct random random = { .state = seed };

		p->link.delay = 100 + random_below(&random, 100000);
		bad_link(p, random_below(&random, 120), random_below(&random, 200),
			 random_below(&random, 100000));
		p->no_memory = random_below(&random, 100);
		p->knobs.sack = !!(seed & 3);
		p->knobs.timestamps = !!(seed & 12);
		p->end[0].user = any_user(&random);
		p->end[1].user = any_user(&random);
		p->end[1].user.wait_eof = random_chance(&random, 40);
		if (random_chance(&random, 25))
			pair_connect_both(p);
		else
			pair_connect(p);
		pair_run(p);
		pair_expect_done(p);
		pair_destroy(p);
	}
}

/* ---- opening ---- */

static void open__simultaneously(struct kunit *test)
{
	u32 seed;

	for (seed = 600; seed < 620; seed++) {
		struct pair *p = pair_create(test, seed);

		bad_link(p, seed % 4 * 100, seed % 3 * 100, seed % 5 * 2000);
		p->end[0].user.total = 5000;
		p->end[1].user.total = 5000;
		pair_connect_both(p);
		pair_run(p);
		pair_expect_done(p);
		pair_destroy(p);
	}
}

static void open__with_oneself(struct kunit *test)
{
	u32 seed;

	for (seed = 700; seed < 710; seed++) {
		struct pair *p = pair_create(test, seed);

		p->self = true;
		bad_link(p, seed % 3 * 50, 20, seed % 2 * 1000);
		pair_connect_both(p);
		pair_run(p);
		pair_expect_done(p);
		pair_destroy(p);
	}
}

static void open__nobody_listens(struct kunit *test)
{
	struct pair *p = pair_create(test, 9);

	pair_connect(p);
	p->end[1].kind = PAIR_NOTHING;
	pair_run(p);
	KUNIT_EXPECT_EQ(test, p->end[0].err, ECONNREFUSED);
	KUNIT_EXPECT_EQ(test, p->end[0].tcb.state, XTCP_CLOSED);
}

/* MUST-23: at least three minutes. 1 + 2 + 4 + ... + 64 + 120 s by syn_retries of 7 */
static void open__into_a_black_hole(struct kunit *test)
{
	struct pair *p = pair_create(test, 10);
	u64 begin = p->now;

	p->link.loss = 1000;
	pair_connect(p);
	pair_run(p);
	KUNIT_EXPECT_EQ(test, p->end[0].err, ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, p->end[0].sent[XTCP_OUT_SYN], 8);
	KUNIT_EXPECT_EQ(test, (p->done - begin) / SECOND, 247);
}

/* ---- closing ---- */

static void close__in_all_orders(struct kunit *test)
{
	u32 seed;

	for (seed = 800; seed < 880; seed++) {
		struct pair *p = pair_create(test, seed);

		/* With more loss a FIN could outlast the peer's TIME-WAIT by chance */
		bad_link(p, seed % 5 * 60, seed % 3 * 100, seed % 4 * 3000);
		p->end[0].user.total = seed & 1 ? 0 : 3000;
		p->end[1].user.total = seed & 2 ? 0 : 3000;
		p->end[0].user.wait_eof = (seed & 12) == 4;
		p->end[1].user.wait_eof = (seed & 12) == 8;
		pair_connect(p);
		pair_run(p);
		pair_expect_done(p);
		pair_destroy(p);
	}
}

static void close__three_segments_when_the_fin_rides(struct kunit *test)
{
	struct pair *p = pair_create(test, 11);

	p->end[0].user.total = 500;
	p->end[1].user.total = 500;
	p->end[1].user.wait_eof = true;
	pair_connect(p);
	pair_run(p);
	pair_expect_done(p);
	KUNIT_EXPECT_EQ(test, p->end[0].sent[XTCP_OUT_FIN] + p->end[1].sent[XTCP_OUT_FIN], 1);
}

/* MUST-12: the other end is told of the abort */
static void close__by_abort(struct kunit *test)
{
	struct pair *p = pair_create(test, 12);

	p->end[1].user.abort_after = 20000;
	pair_connect(p);
	pair_run(p);
	KUNIT_EXPECT_EQ(test, p->end[0].err, ECONNRESET);
	KUNIT_EXPECT_EQ(test, p->end[0].tcb.state, XTCP_CLOSED);
	KUNIT_EXPECT_EQ(test, p->end[1].err, 0);
	KUNIT_EXPECT_EQ(test, p->free_count, PAIR_BUFS);
}

/* SHLD-3: data for a closed socket are answered by RST */
static void close__while_the_peer_still_sends(struct kunit *test)
{
	struct pair *p = pair_create(test, 13);

	p->end[0].user.total = 1000;
	p->end[0].user.vanish = true;
	p->end[1].user.total = 200000;
	pair_connect(p);
	pair_run(p);
	KUNIT_EXPECT_EQ(test, p->end[0].kind, PAIR_NOTHING);
	KUNIT_EXPECT_TRUE(test, p->end[1].err == ECONNRESET || p->end[1].err == EPIPE);
	KUNIT_EXPECT_EQ(test, p->free_count, PAIR_BUFS);
}

/* SHLD-11: not given up before 100 s, but given up eventually */
static void close__when_the_peer_is_unplugged(struct kunit *test)
{
	struct pair *p = pair_create(test, 14);

	p->end[0].user.total = 10000000;
	pair_connect(p);
	p->link.cut_at = p->now + 200000;
	pair_run(p);
	KUNIT_EXPECT_EQ(test, p->end[0].err, ETIMEDOUT);
	KUNIT_EXPECT_GT(test, p->done, 100 * SECOND);
	KUNIT_EXPECT_EQ(test, p->free_count, PAIR_BUFS);
}

/* Eight retransmissions by default, starting at the RTO's floor: 0.2 * 511 s and more */
static void close__an_orphan_is_given_up_sooner(struct kunit *test)
{
	struct pair *p = pair_create(test, 15);

	p->end[0].user.total = 10000;
	p->end[0].user.vanish = true;
	p->end[1].user.total = 0;
	pair_connect(p);
	p->link.cut_at = p->now + 14000;
	pair_run_until(p, p->now + 150 * SECOND);
	KUNIT_EXPECT_EQ(test, p->end[0].kind, PAIR_NOTHING);
	KUNIT_EXPECT_GT(test, p->done, 100 * SECOND);
}

static struct kunit_case pair_cases[] = {
	KUNIT_CASE(transfer__both_ways),
	KUNIT_CASE(transfer__nothing_at_all),
	KUNIT_CASE(transfer__as_fast_as_the_window_allows),
	KUNIT_CASE(transfer__loss_is_repaired_without_timeouts),
	KUNIT_CASE(transfer__bad_links),
	KUNIT_CASE(transfer__terrible_links),
	KUNIT_CASE(transfer__memory_is_short),
	KUNIT_CASE(transfer__small_buffers),
	KUNIT_CASE(transfer__reader_sleeps_a_minute),
	KUNIT_CASE(transfer__large_windows),
	KUNIT_CASE(transfer__without_scaling),
	KUNIT_CASE(transfer__path_becomes_narrow),
	KUNIT_CASE(transfer__whatever_chance_puts_together),
	KUNIT_CASE(open__simultaneously),
	KUNIT_CASE(open__with_oneself),
	KUNIT_CASE(open__nobody_listens),
	KUNIT_CASE(open__into_a_black_hole),
	KUNIT_CASE(close__in_all_orders),
	KUNIT_CASE(close__three_segments_when_the_fin_rides),
	KUNIT_CASE(close__by_abort),
	KUNIT_CASE(close__while_the_peer_still_sends),
	KUNIT_CASE(close__when_the_peer_is_unplugged),
	KUNIT_CASE(close__an_orphan_is_given_up_sooner),
	{}
};

static struct kunit_suite pair_suite = {
	.name = "pair",
	.test_cases = pair_cases,
};

kunit_test_suite(pair_suite);
