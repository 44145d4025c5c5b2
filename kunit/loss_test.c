// SPDX-License-Identifier: GPL-2.0
/*
 * Loss recovery from end to end, over the simulated link of pair.h: how fast and with how
 * many retransmissions, with SACK and without (RFC 8985, RFC 2018, RFC 3522).
 */
#include <linux/errno.h>

#include "pair.h"

#define MS	XTCP_US_PER_MS
#define SECOND	XTCP_US_PER_S

static u32 again(const struct pair *p)
{
	return p->end[0].sent[XTCP_OUT_RETX];
}

/* End 0 writes @total bytes, end 1 reads */
static struct pair *one_way(struct kunit *test, u64 seed, u32 total)
{
	struct pair *p = pair_create(test, seed);

	p->end[0].user.total = total;
	p->end[0].user.sndbuf = 200000;
	p->end[1].user.total = 0;
	p->end[1].user.rcvbuf = 200000;
	return p;
}

/* Of the segments with text in flight to end 1, the one sent next after the previous result */
static struct pair_buf **next_text(struct pair *p)
{
	struct pair_buf **link, **first = NULL;

	for (link = &p->wire; *link; link = &(*link)->next)
		if ((*link)->len && (*link)->to == 1 && !(*link)->seen &&
		    (!first || (*link)->order < (*first)->order))
			first = link;
	return first;
}

/* Lose the segments marked x, in order of transmission; * loses all that are left */
static void lose(struct pair *p, const char *lost)
{
	struct pair_buf **link, *buf;

	while (*lost && (link = next_text(p)) != NULL) {
		buf = *link;
		buf->seen = true;
		if (*lost != '.') {
			*link = buf->next;
			pair_put_buf(p, buf);
		}
		if (*lost != '*')
			lost++;
	}
	PAIR_CHECK(p, !*lost || *lost == '*');
}

/* Let time pass until end 1 has read @bytes. Return: how long that took, us */
static u64 until_read(struct pair *p, u32 bytes)
{
	u64 begin = p->now;

	while (!p->failed && p->end[1].read < bytes && p->now < p->limit)
		pair_run_until(p, p->now + 100);
	return p->now - begin;
}

/* A connection that has sent its first ten segments just now */
static struct pair *first_flight(struct kunit *test, u64 seed, u32 total, bool sack)
{
	struct pair *p = one_way(test, seed, total);

	p->knobs.sack = sack;
	p->end[0].user.nodelay = true;
	pair_connect(p);
	while (!p->failed && !p->end[0].sent[XTCP_OUT_DATA])
		pair_run_until(p, p->now + 100);
	pair_run_until(p, p->now + 2000);
	return p;
}

/* NewReno takes a round trip of 10 ms for each hole; this takes one for all of them */
static void holes__all_in_one_round_trip(struct kunit *test)
{
	struct pair *p = first_flight(test, 1, 60000, true);
	struct pair *newreno = first_flight(test, 1, 60000, false);
	u64 took;

	lose(p, "x.x.x");
	took = until_read(p, 8000);
	KUNIT_EXPECT_EQ(test, again(p), 3);
	pair_run(p);
	pair_expect_done(p);
	lose(newreno, "x.x.x");
	KUNIT_EXPECT_GE(test, until_read(newreno, 8000), took + 18000);
}

/* A link that reorders by up to a fifth of the RTT: once detected, no needless retransmission */
static void reordering__hardly_retransmits(struct kunit *test)
{
	struct pair *p = one_way(test, 2, 2000000);

	p->link.delay = 20000;
	p->link.jitter = 4000;
	pair_connect(p);
	pair_run(p);
	pair_expect_done(p);
	KUNIT_EXPECT_TRUE(test, p->end[0].sent[XTCP_OUT_DATA] > 1900);
	KUNIT_EXPECT_LT(test, again(p), 40);
}

/* The last segments are lost: a probe after two RTT, not a timeout after 210 ms */
static void tail__is_probed(struct kunit *test)
{
	struct pair *p = first_flight(test, 3, 3000, true);

	lose(p, ".*");
	KUNIT_EXPECT_LT(test, until_read(p, 3000), 60 * MS);
	KUNIT_EXPECT_FALSE(test, p->end[0].tcb.rto_recovery);
	pair_run(p);
	pair_expect_done(p);
}

static void tail__without_sack_times_out(struct kunit *test)
{
	struct pair *p = first_flight(test, 3, 3000, false);

	lose(p, ".*");
	KUNIT_EXPECT_GT(test, until_read(p, 3000), 200 * MS);
	pair_run(p);
	pair_expect_done(p);
}

/* Everything stalls for a second and then arrives: one or two segments are sent twice, and the
 * window is not reduced
 */
static void undo__after_a_delay(struct kunit *test)
{
	struct pair *p = one_way(test, 4, 3000000);
	struct pair_buf *buf;
	u32 cwnd, sent;

	pair_connect(p);
	pair_run_until(p, p->now + 150 * MS);
	cwnd = p->end[0].tcb.cwnd;
	sent = again(p);
	KUNIT_EXPECT_EQ(test, sent, 0);
	for (buf = p->wire; buf; buf = buf->next)
		buf->at += SECOND;
	p->link_free[0] += SECOND;
	p->link_free[1] += SECOND;
	pair_run_until(p, p->now + 900 * MS);
	KUNIT_EXPECT_TRUE(test, p->end[0].tcb.rto_recovery);
	pair_run_until(p, p->now + 200 * MS);
	KUNIT_EXPECT_FALSE(test, p->end[0].tcb.rto_recovery);
	KUNIT_EXPECT_GE(test, p->end[0].tcb.cwnd, cwnd);
	KUNIT_EXPECT_LE(test, again(p), 6);
	pair_run(p);
	pair_expect_done(p);
}

/*
 * Nearly a third of the segments is lost, each way: slow progress, but progress. An ACK that
 * advances SND.UNA resets the backoff, though ACKs are lost, too.
 */
static void loss__of_29_percent(struct kunit *test)
{
	u32 seed;

	for (seed = 0; seed < 10; seed++) {
		struct pair *p = one_way(test, seed, 100000);
		const struct xtcp_tcb *t = &p->end[0].tcb;
		u32 una = 0;

		p->link.loss = 290;
		p->end[1].user.wait_eof = true;
		p->knobs.msl_ms = 240000;	/* the last ACK may be lost many times */
		pair_connect(p);
		while (!p->failed && p->end[1].read < 100000 && p->now < p->limit) {
			pair_run_until(p, p->now + 1 * MS);
			if (t->snd_una != una && t->srtt && !t->backoff)
				PAIR_CHECK(p, t->rto < 4 * SECOND);
			una = t->snd_una;
		}
		pair_run(p);
		pair_expect_done(p);
		pair_destroy(p);
	}
}

static struct kunit_case loss_cases[] = {
	KUNIT_CASE(holes__all_in_one_round_trip),
	KUNIT_CASE(reordering__hardly_retransmits),
	KUNIT_CASE(tail__is_probed),
	KUNIT_CASE(tail__without_sack_times_out),
	KUNIT_CASE(undo__after_a_delay),
	KUNIT_CASE(loss__of_29_percent),
	{}
};

static struct kunit_suite loss_suite = {
	.name = "loss",
	.test_cases = loss_cases,
};

kunit_test_suite(loss_suite);
