// SPDX-License-Identifier: GPL-2.0
/*
 * One end, and a peer that sends random segments: sequence numbers around the edges
 * of both windows, any flags, any window, with and without text, between user calls and
 * jumps in time. The invariants of pair_check.c must hold throughout.
 */
#include "pair.h"

#define ROUNDS	400
#define STEPS	150

static u32 pick(struct pair *p, const u32 *of, u32 count)
{
	return of[random_below(&p->random, count)];
}

/* A sequence number near one that matters */
static u32 any_seq(struct pair *p, const struct xtcp_tcb *t)
{
	const u32 edge = t->rcv_nxt + xtcp_rcv_window(t);
	const u32 near[] = {
		t->rcv_nxt, t->rcv_nxt, t->rcv_nxt, t->rcv_nxt - 1, t->rcv_nxt + 1,
		t->rcv_wup, edge, edge - 1, edge + 1, t->irs, t->rcv_fin_seq,
		t->rcv_nxt + random_below(&p->random, 5000),
		t->rcv_nxt - random_below(&p->random, 5000),
		random_u32(&p->random),
	};

	return pick(p, near, ARRAY_SIZE(near));
}

static u32 any_ack(struct pair *p, const struct xtcp_tcb *t)
{
	const u32 near[] = {
		t->snd_una, t->snd_una, t->snd_nxt, t->snd_nxt, t->snd_una + 1,
		t->snd_una - 1, t->snd_nxt + 1, t->iss, t->fin.seq, t->recover,
		t->snd_una + random_below(&p->random, 1 + xtcp_flight(t)),
		t->snd_una + random_below(&p->random, 1 + xtcp_flight(t)),
		t->snd_una - random_below(&p->random, 70000),
		random_u32(&p->random),
	};

	return pick(p, near, ARRAY_SIZE(near));
}

static u8 any_flags(struct pair *p)
{
	static const u32 flags[] = {
		XTCP_ACK, XTCP_ACK, XTCP_ACK, XTCP_ACK, XTCP_ACK, XTCP_ACK, XTCP_ACK,
		XTCP_ACK | XTCP_PSH, XTCP_ACK | XTCP_PSH, XTCP_ACK | XTCP_FIN,
		XTCP_ACK | XTCP_URG, XTCP_SYN, XTCP_SYN | XTCP_ACK, XTCP_PSH,
		XTCP_ACK | XTCP_FIN | XTCP_URG | XTCP_PSH, XTCP_ACK | XTCP_ECE,
	};

	if (random_chance(&p->random, 1))
		return XTCP_RST;
	return pick(p, flags, ARRAY_SIZE(flags));
}

static void forge(struct pair *p)
{
	static const u32 windows[] = { 0, 0, 1, 10, 500, 1000, 8000, 65535, 65535, 65535 };
	static const u32 lengths[] = { 0, 0, 0, 1, 100, 1000, 1000, 1000, PAIR_ROOM };
	const struct xtcp_tcb *t = &p->end[0].tcb;
	struct pair_buf *buf = pair_get_buf(p);
	struct xtcp_seg seg = {
		.seq = any_seq(p, t),
		.ack = any_ack(p, t),
		.flags = any_flags(p),
		.wnd = pick(p, windows, ARRAY_SIZE(windows)),
		.up = random_below(&p->random, 3000),
		.hdr_len = XTCP_HDR_LEN,
		.len = pick(p, lengths, ARRAY_SIZE(lengths)),
		.opts.wscale = random_chance(&p->random, 50) ? 3 : XTCP_NO_WSCALE,
		.opts.mss = random_below(&p->random, 1500),
	};
	struct xtcp_event ev = { .kind = XTCP_EV_SEGMENT, .seg = &seg };

	KUNIT_ASSERT_NOT_NULL(p->test, buf);
	buf->len = seg.len;
	ev.rec = &buf->rec;
	pair_step(p, 0, &ev);
}

static void other_event(struct pair *p)
{
	struct xtcp_event mtu = { .kind = XTCP_EV_MTU };

	switch (random_below(&p->random, 40)) {
	case 0:
		pair_event(p, 0, XTCP_EV_SHUTDOWN);
		p->end[0].shut = true;
		break;
	case 1:
		if (p->end[0].shut)
			pair_event(p, 0, XTCP_EV_ORPHAN);
		break;
	case 2:
		xtcp_tcb_set_path(&p->end[0].tcb, random_below(&p->random, PAIR_ROOM));
		pair_step(p, 0, &mtu);
		break;
	case 3:
		p->end[0].tcb.cork = random_chance(&p->random, 50);
		pair_event(p, 0, XTCP_EV_SEND);
		break;
	case 4:
		p->end[0].tcb.nodelay = random_chance(&p->random, 50);
		break;
	case 5:
		pair_run_until(p, p->now + 5 * XTCP_US_PER_S);
		break;
	default:
		pair_run_until(p, p->now + random_below(&p->random, 20000));
		break;
	}
}

static void one_round(struct pair *p)
{
	struct pair_end *e = &p->end[0];
	struct pair_user user = e->user;
	int i;

	memset(e, 0, sizeof(*e));
	e->user = user;
	e->iss = random_u32(&p->random);
	pair_open(p, 0);
	for (i = 0; i < STEPS && e->kind == PAIR_TCB && !p->failed; i++) {
		pair_unplug(p);
		if (random_chance(&p->random, 70))
			forge(p);
		else
			other_event(p);
	}
	pair_event(p, 0, XTCP_EV_ABORT);
	pair_unplug(p);
}

/* Random segments rarely complete a handshake, so the final ACK is sent on purpose at times */
static void any_peer__breaks_nothing(struct kunit *test)
{
	struct pair *p = pair_create(test, 4711);
	u32 states = 0, round;

	p->forged = true;
	p->no_memory = 20;
	p->end[0].user.total = 1 << 30;
	p->end[0].user.rcvbuf = 8000;
	for (round = 0; round < ROUNDS && !p->failed; round++) {
		one_round(p);
		states |= 1u << p->end[0].tcb.state;
	}
	KUNIT_EXPECT_EQ(test, p->free_count, PAIR_BUFS);
	KUNIT_EXPECT_TRUE(test, XTCP_IN(XTCP_CLOSED, states));
}

static struct kunit_case hostile_cases[] = {
	KUNIT_CASE(any_peer__breaks_nothing),
	{}
};

static struct kunit_suite hostile_suite = {
	.name = "hostile",
	.test_cases = hostile_cases,
};

kunit_test_suite(hostile_suite);
