/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One control block for the suites of the state machine: events are fed by hand, and
 * the results are examined. Sequence numbers are given relative to ISS and IRS,
 * which lie just before the end of the number space and of its half.
 */
#ifndef XTCP_KUNIT_CONN_H
#define XTCP_KUNIT_CONN_H

#include <kunit/test.h>
#include <linux/minmax.h>
#include "segment.h"
#include "../module/core/ack_out.h"
#include "../module/core/cc.h"
#include "../module/core/deadline.h"
#include "../module/core/fsm.h"
#include "../module/core/keepalive.h"
#include "../module/core/mss.h"
#include "../module/core/rtt.h"
#include "../module/core/send.h"
#include "../module/core/usec.h"
#include "../module/core/window.h"

#define CONN_ISS	0xfffffff0U
#define CONN_IRS	0x7ffffff8U
#define CONN_MSS	1000
#define CONN_RECS	64

struct conn {
	struct kunit *test;
	struct xtcp_knobs knobs;
	struct xtcp_tcb t;
	struct xtcp_actions act;	/* of the last event */
	struct xtcp_out out;		/* the last segment sent */
	struct xtcp_rec recs[CONN_RECS];
	u32 used;
	u16 wnd;			/* of the peer's segments, scaled */
	u64 now;
};

/* A control block in CLOSED, with MSS of 1000 and room for 64 kB */
static inline struct conn *conn_closed(struct kunit *test)
{
	struct conn *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->test = test;
	c->now = 1000 * XTCP_US_PER_S;
	c->wnd = 20000;
	c->knobs = (struct xtcp_knobs){
		.keepalive_time = 7200, .keepalive_intvl = 75, .keepalive_probes = 3,
		.syn_retries = 7, .synack_retries = 5, .retries1 = 3, .retries2 = 15,
		.fin_timeout = 60, .orphan_timeout = 3600, .window_scaling = 1,
		.rmem = { 4096, 64000, 64000 }, .wmem = { 4096, 16384, 4194304 },
	};
	xtcp_tcb_init(&c->t, &c->knobs);
	c->t.adv_mss = CONN_MSS;
	c->t.rcv_free = 64000;
	c->t.rcv_buff = 64000;
	xtcp_tcb_set_path(&c->t, CONN_MSS);
	return c;
}

static inline struct xtcp_rec *conn_rec(struct conn *c)
{
	KUNIT_ASSERT_LT(c->test, c->used, CONN_RECS);
	return &c->recs[c->used++];
}

/* An event; @soonest must be correct after it: exactly after XTCP_EV_TIMER */
static inline void conn_step(struct conn *c, const struct xtcp_event *ev)
{
	u64 earliest;

	xtcp_step(&c->t, ev, &c->act);
	earliest = xtcp_earliest_deadline(&c->t) ?: XTCP_NEVER;
	KUNIT_EXPECT_LE(c->test, c->t.soonest, earliest);
	if (ev->kind == XTCP_EV_TIMER)
		KUNIT_EXPECT_EQ(c->test, c->t.soonest, earliest);
}

static inline void conn_event(struct conn *c, enum xtcp_event_kind kind)
{
	struct xtcp_event ev = { .kind = kind, .now = c->now, .iss = CONN_ISS };

	conn_step(c, &ev);
}

static inline void conn_give(struct conn *c, const struct xtcp_seg *seg)
{
	struct xtcp_event ev = { .kind = XTCP_EV_SEGMENT, .now = c->now, .seg = seg };

	ev.rec = seg->len ? conn_rec(c) : NULL;
	conn_step(c, &ev);
}

/* A segment with SEQ = IRS + @seq and ACK = ISS + @ack */
static inline struct xtcp_seg conn_seg(struct conn *c, u8 flags, u32 seq, u32 ack, u32 len)
{
	struct xtcp_seg seg = segment(flags, CONN_IRS + seq, CONN_ISS + ack, len);

	seg.wnd = c->wnd;
	return seg;
}

static inline void conn_segment(struct conn *c, u8 flags, u32 seq, u32 ack, u32 len)
{
	struct xtcp_seg seg = conn_seg(c, flags, seq, ack, len);

	conn_give(c, &seg);
}

/* Send the next segment. Return: false when there is none */
static inline bool conn_pull(struct conn *c)
{
	if (!xtcp_next(&c->t, c->now, &c->out))
		return false;
	if (c->out.rec && c->out.len < xtcp_rec_len(c->out.rec))
		xtcp_sendq_split(&c->t.sendq, c->out.rec, conn_rec(c), c->out.len);
	xtcp_sent(&c->t, c->now, &c->out);
	return true;
}

/* Return: number of segments */
static inline int conn_drain(struct conn *c)
{
	int count = 0;

	while (conn_pull(c))
		KUNIT_ASSERT_LT(c->test, count++, 100);
	return count;
}

static inline void conn_write(struct conn *c, u32 len)
{
	struct xtcp_rec *rec = conn_rec(c);

	rec->seq = c->t.write_seq;
	rec->end_seq = rec->seq;
	rec->flags = XTCP_REC_PSH;
	xtcp_sendq_append(&c->t.sendq, rec);
	xtcp_write(&c->t, rec, len);
	conn_event(c, XTCP_EV_SEND);
}

/* Let time pass until the next deadline, and deliver XTCP_EV_TIMER. Return: how long that was,
 * us
 */
static inline u64 conn_timer(struct conn *c)
{
	u64 begin = c->now;

	KUNIT_ASSERT_NE(c->test, xtcp_earliest_deadline(&c->t), 0);
	c->now = max(c->now, xtcp_earliest_deadline(&c->t));
	conn_event(c, XTCP_EV_TIMER);
	return c->now - begin;
}

/* SYN out, SYN-ACK in after 10 ms, ACK out; nothing in flight afterwards */
static inline struct conn *conn_established(struct kunit *test)
{
	struct conn *c = conn_closed(test);
	struct xtcp_seg seg;

	conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	c->now += 10000;
	seg = conn_seg(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);
	seg.opts.mss = CONN_MSS;
	conn_give(c, &seg);
	conn_drain(c);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	return c;
}

static inline struct conn *conn_close_wait(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 1, 0);
	conn_drain(c);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_CLOSE_WAIT);
	return c;
}

static inline struct conn *conn_fin_wait_1(struct kunit *test)
{
	struct conn *c = conn_established(test);

	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_drain(c);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_FIN_WAIT_1);
	return c;
}

static inline struct conn *conn_fin_wait_2(struct kunit *test)
{
	struct conn *c = conn_fin_wait_1(test);

	conn_segment(c, XTCP_ACK, 1, 2, 0);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_FIN_WAIT_2);
	return c;
}

/* SEG.SEQ and SEG.ACK of what was sent last, relative to ISS and IRS */
static inline u32 conn_out_seq(const struct conn *c)
{
	return c->out.seq - CONN_ISS;
}

static inline u32 conn_out_ack(const struct conn *c)
{
	return c->out.ack - CONN_IRS;
}

/* The last event must be answered by <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, alone */
static inline void conn_expect_ack(struct conn *c)
{
	KUNIT_EXPECT_TRUE(c->test, c->act.todo & XTCP_ACT_OUTPUT);
	KUNIT_ASSERT_TRUE(c->test, conn_pull(c));
	KUNIT_EXPECT_EQ(c->test, c->out.kind, XTCP_OUT_ACK);
	KUNIT_EXPECT_EQ(c->test, c->out.flags, XTCP_ACK);
	KUNIT_EXPECT_EQ(c->test, c->out.seq, c->t.snd_nxt);
	KUNIT_EXPECT_EQ(c->test, c->out.ack, c->t.rcv_nxt);
	KUNIT_EXPECT_FALSE(c->test, conn_pull(c));
}

/* The connection is closed, and everything is freed */
static inline void conn_expect_gone(struct conn *c, int err)
{
	KUNIT_EXPECT_EQ(c->test, c->t.state, XTCP_CLOSED);
	KUNIT_EXPECT_TRUE(c->test, c->act.todo & XTCP_ACT_CLOSED);
	KUNIT_EXPECT_FALSE(c->test, c->act.todo & XTCP_ACT_OUTPUT);
	KUNIT_EXPECT_EQ(c->test, c->act.err, err);
	KUNIT_EXPECT_EQ(c->test, !!(c->act.todo & XTCP_ACT_ERROR), err != 0);
	KUNIT_EXPECT_EQ(c->test, xtcp_earliest_deadline(&c->t), 0);
	KUNIT_EXPECT_NULL(c->test, c->t.sendq.head);
	KUNIT_EXPECT_EQ(c->test, c->t.reasm.bytes, 0);
	KUNIT_EXPECT_FALSE(c->test, conn_pull(c));
}

#endif /* XTCP_KUNIT_CONN_H */
