// SPDX-License-Identifier: GPL-2.0
/* Two control blocks over a simulated link, see pair.h */
#include <linux/minmax.h>

#include "pair.h"

/**
 * pair_pattern - the bytes that are written
 * @who: which end writes
 * @offset: position in the stream
 *
 * Return: the byte at @offset.
 */
u8 pair_pattern(int who, u32 offset)
{
	return (offset * 2654435761U) >> 24 ^ offset ^ (who ? 0x5a : 0);
}

/**
 * pair_get_buf - get an empty buffer
 * @p: the pair
 *
 * Return: the buffer, or NULL when all are in use.
 */
struct pair_buf *pair_get_buf(struct pair *p)
{
	struct pair_buf *buf = p->free;

	if (!buf)
		return NULL;
	p->free = buf->next;
	p->free_count--;
	memset(&buf->rec, 0, sizeof(buf->rec));
	buf->len = 0;
	return buf;
}

/**
 * pair_put_buf - return a buffer
 * @p: the pair
 * @buf: buffer, in no list
 */
void pair_put_buf(struct pair *p, struct pair_buf *buf)
{
	buf->next = p->free;
	p->free = buf;
	p->free_count++;
}

static void free_chain(struct pair *p, struct xtcp_rec *chain)
{
	while (chain) {
		struct xtcp_rec *next = chain->next;

		PAIR_CHECK(p, !(chain->flags & (XTCP_REC_SYN | XTCP_REC_FIN)));
		pair_put_buf(p, pair_buf_of(chain));
		chain = next;
	}
}

/* ---- the link ---- */

static void enqueue(struct pair *p, struct pair_buf *buf, int to)
{
	u64 *link_free = &p->link_free[to];

	*link_free = max(*link_free, p->now) +
		     (buf->len + 40) * p->link.per_byte / 1000;
	buf->at = *link_free + p->link.delay;
	if (p->link.jitter)
		buf->at += random_below(&p->random, p->link.jitter);
	buf->to = to;
	buf->seen = false;
	buf->order = p->orders++;
	buf->next = p->wire;
	p->wire = buf;
}

/* Put one segment onto the link. Return: false when there was no memory */
static bool transmit(struct pair *p, int who, const struct xtcp_out *out)
{
	struct pair_buf *buf, *twin;
	int to = p->self ? who : !who;

	if (random_below(&p->random, 1000) < p->no_memory)
		return false;
	buf = pair_get_buf(p);
	if (!buf)
		return false;
	if (out->len)
		memcpy(buf->data, pair_buf_of(out->rec)->data, out->len);
	buf->len = out->len;
	xtcp_wire_build(buf->hdr, out, 1 + who, 1 + to);
	p->end[who].sent[out->kind]++;

	if (random_below(&p->random, 1000) < p->link.loss ||
	    (p->link.cut_at && p->now >= p->link.cut_at)) {
		pair_put_buf(p, buf);
		return true;
	}
	twin = random_below(&p->random, 1000) < p->link.duplicate ? pair_get_buf(p) : NULL;
	if (twin) {
		memcpy(twin->hdr, buf->hdr, sizeof(twin->hdr));
		memcpy(twin->data, buf->data, buf->len);
		twin->len = buf->len;
		enqueue(p, twin, to);
	}
	enqueue(p, buf, to);
	return true;
}

/* ---- the module's part ---- */

static bool cut(struct pair *p, struct xtcp_tcb *t, const struct xtcp_out *out)
{
	struct pair_buf *buf, *rest;

	if (!out->rec || out->len == xtcp_rec_len(out->rec))
		return true;
	rest = pair_get_buf(p);
	if (!rest)
		return false;
	buf = pair_buf_of(out->rec);
	rest->len = buf->len - out->len;
	memcpy(rest->data, buf->data + out->len, rest->len);
	buf->len = out->len;
	xtcp_sendq_split(&t->sendq, out->rec, &rest->rec, out->len);
	return true;
}

static void output(struct pair *p, int who)
{
	struct pair_end *e = &p->end[who];
	struct xtcp_out out;
	int count = 0;

	while (xtcp_next(&e->tcb, p->now, &out)) {
		pair_check_data(p, &e->tcb, &out);
		if (!cut(p, &e->tcb, &out) || !transmit(p, who, &out)) {
			xtcp_send_failed(&e->tcb, p->now);
			break;
		}
		pair_check_window(p, e, &out);
		xtcp_sent(&e->tcb, p->now, &out);
		PAIR_CHECK(p, ++count < PAIR_BUFS);
		if (p->failed)
			break;
	}
	pair_check_alive(p, &e->tcb);
}

static void deliver(struct pair *p, int who, struct xtcp_actions *act)
{
	struct pair_end *e = &p->end[who];
	u32 from = e->read + e->unread, bytes = 0;
	struct xtcp_rec *rec;

	for (rec = act->deliver; rec; rec = rec->next) {
		struct pair_buf *buf = pair_buf_of(rec);
		u32 i;

		PAIR_CHECK(p, rec->skip + xtcp_rec_len(rec) <= buf->len);
		for (i = 0; i < xtcp_rec_len(rec); i++)
			PAIR_CHECK(p, p->forged || buf->data[rec->skip + i] ==
				 pair_pattern(p->self ? who : !who, from + bytes + i));
		bytes += xtcp_rec_len(rec);
	}
	PAIR_CHECK(p, bytes == act->delivered);
	e->unread += bytes;
	free_chain(p, act->deliver);
}

/**
 * pair_wake - schedule the program of an end
 * @p: the pair
 * @e: the end
 */
void pair_wake(struct pair *p, struct pair_end *e)
{
	if (!e->user_at)
		e->user_at = p->now + 1 + random_below(&p->random, e->user.slow ? 20000 : 200);
}

static void end_tcb(struct pair *p, struct pair_end *e, const struct xtcp_actions *act)
{
	if (act->todo & XTCP_ACT_TIME_WAIT) {
		PAIR_CHECK(p, e->tcb.state == XTCP_TIME_WAIT && !xtcp_earliest_deadline(&e->tcb));
		xtcp_time_wait_init(&e->timewait, &e->tcb, p->now);
		e->kind = PAIR_TIMEWAIT;
		e->timewait_timer = p->now + 2 * p->knobs.msl_ms * XTCP_US_PER_MS;
		p->done = p->now;
	}
	if (act->todo & XTCP_ACT_CLOSED) {
		PAIR_CHECK(p, e->tcb.state == XTCP_CLOSED);
		e->kind = PAIR_NOTHING;
		p->done = p->now;
	}
}

/* Carry out the actions, in the order in which the module does */
static void carry_out(struct pair *p, int who, struct xtcp_actions *act)
{
	struct pair_end *e = &p->end[who];

	PAIR_CHECK(p, !!(act->todo & XTCP_ACT_ERROR) <= !!act->err);
	deliver(p, who, act);
	free_chain(p, act->freed);
	pair_check_tcb(p, &e->tcb);
	if (act->todo & XTCP_ACT_RST)
		transmit(p, who, &act->rst);
	if (act->todo & XTCP_ACT_OUTPUT)
		output(p, who);
	if (act->todo & XTCP_ACT_ERROR)
		e->err = act->err;
	e->connected |= !!(act->todo & XTCP_ACT_CONNECTED);
	e->eof |= !!(act->todo & XTCP_ACT_PEER_FIN);
	end_tcb(p, e, act);
	pair_wake(p, e);
}

/**
 * pair_step - one event for one end, and everything that follows immediately
 * @p: the pair
 * @who: 0 or 1
 * @ev: the event; @now is set here
 */
void pair_step(struct pair *p, int who, struct xtcp_event *ev)
{
	struct pair_end *e = &p->end[who];
	struct xtcp_actions act;

	ev->now = p->now;
	e->tcb.rcv_buff = e->user.rcvbuf;
	e->tcb.rcv_free = e->user.rcvbuf - min(e->user.rcvbuf, e->unread);
	xtcp_step(&e->tcb, ev, &act);
	if (ev->kind == XTCP_EV_SEGMENT && act.drop)
		e->dropped[act.drop]++;
	if (ev->rec && !act.taken)
		pair_put_buf(p, pair_buf_of(ev->rec));
	carry_out(p, who, &act);
}

/**
 * pair_event - an event without data for an end that has a control block
 * @p: the pair
 * @who: 0 or 1
 * @kind: the event
 */
void pair_event(struct pair *p, int who, enum xtcp_event_kind kind)
{
	struct xtcp_event ev = { .kind = kind };

	if (p->end[who].kind == PAIR_TCB)
		pair_step(p, who, &ev);
}

static void init_tcb(struct pair *p, struct pair_end *e)
{
	e->tcb.adv_mss = PAIR_MSS;
	e->tcb.nodelay = e->user.nodelay;
	xtcp_tcb_set_path(&e->tcb, PAIR_MSS);
	e->kind = PAIR_TCB;
}

static u32 stamp(const struct pair *p, int who)
{
	return xtcp_stamp(p->now, p->end[who].ts_offset);
}

static void synack(struct pair *p, int who)
{
	struct xtcp_out out;

	xtcp_syn_received_synack(&p->end[who].halfopen, stamp(p, who), &out);
	transmit(p, who, &out);
}

static void listen_segment(struct pair *p, int who, const struct xtcp_seg *seg)
{
	struct pair_end *e = &p->end[who];

	if ((seg->flags & (XTCP_SYN | XTCP_ACK | XTCP_RST)) != XTCP_SYN)
		return;
	xtcp_syn_received_init(&e->halfopen, seg, e->iss, PAIR_MSS, XTCP_MSS_DEFAULT4,
			       e->user.rcvbuf, &p->knobs, p->now);
	e->kind = PAIR_HALFOPEN;
	e->halfopen_timer = p->now + XTCP_RTO_INITIAL;
	synack(p, who);
}

/* RFC 9293 section 3.10.7.1 */
static void closed_segment(struct pair *p, int who, const struct xtcp_seg *seg)
{
	struct xtcp_out out;

	xtcp_reset_reply(seg, &out);
	if (!(seg->flags & XTCP_RST))
		transmit(p, who, &out);
}

/* Return: true when the segment is for the control block */
static bool halfopen_segment(struct pair *p, int who, const struct xtcp_seg *seg)
{
	struct pair_end *e = &p->end[who];
	enum xtcp_drop drop;
	struct xtcp_out out;

	switch (xtcp_syn_received_segment(&e->halfopen, seg, &drop)) {
	case XTCP_SYN_RECEIVED_SYNACK:
		synack(p, who);
		break;
	case XTCP_SYN_RECEIVED_ACK:
		xtcp_syn_received_ack(&e->halfopen, stamp(p, who), &out);
		transmit(p, who, &out);
		break;
	case XTCP_SYN_RECEIVED_RESET:
		closed_segment(p, who, seg);
		break;
	case XTCP_SYN_RECEIVED_ABORT:
		e->kind = PAIR_LISTEN;
		break;
	case XTCP_SYN_RECEIVED_ESTABLISH:
		xtcp_tcb_from_syn_received(&e->tcb, &e->halfopen, &p->knobs, p->now);
		e->tcb.ts_offset = e->ts_offset;
		init_tcb(p, e);
		e->halfopen_timer = 0;
		return true;
	case XTCP_SYN_RECEIVED_WAIT:
	case XTCP_SYN_RECEIVED_DROP:
		break;
	}
	return false;
}

static void timewait_segment(struct pair *p, int who, const struct xtcp_seg *seg)
{
	struct pair_end *e = &p->end[who];
	enum xtcp_time_wait_verdict verdict;
	enum xtcp_drop drop;
	struct xtcp_out out;

	verdict = xtcp_time_wait_segment(&e->timewait, seg, &drop);
	if (verdict == XTCP_TIME_WAIT_RESTART)
		e->timewait_timer = p->now + 2 * p->knobs.msl_ms * XTCP_US_PER_MS;
	if (verdict != XTCP_TIME_WAIT_ACK && verdict != XTCP_TIME_WAIT_RESTART)
		return;
	xtcp_time_wait_ack(&e->timewait, p->now, stamp(p, who), &out);
	transmit(p, who, &out);
}

static void arrive(struct pair *p, struct pair_buf *buf)
{
	struct pair_end *e = &p->end[buf->to];
	struct xtcp_event ev = { .kind = XTCP_EV_SEGMENT, .rec = &buf->rec };
	u32 hdr_len = (buf->hdr[12] >> 4) * 4;
	struct xtcp_seg seg;
	int to = buf->to;

	p->now = max(p->now, buf->at);
	PAIR_CHECK(p, xtcp_wire_parse(buf->hdr, hdr_len, hdr_len + buf->len, &seg) == XTCP_WIRE_OK);
	ev.seg = &seg;
	if (e->kind == PAIR_TCB || (e->kind == PAIR_HALFOPEN && halfopen_segment(p, to, &seg))) {
		pair_step(p, to, &ev);
		return;
	}
	if (e->kind == PAIR_LISTEN)
		listen_segment(p, to, &seg);
	else if (e->kind == PAIR_TIMEWAIT)
		timewait_segment(p, to, &seg);
	else if (e->kind == PAIR_NOTHING)
		closed_segment(p, to, &seg);
	pair_put_buf(p, buf);
}

/* ---- time ---- */

static struct pair_buf **next_arrival(struct pair *p)
{
	struct pair_buf **link, **first = NULL;

	for (link = &p->wire; *link; link = &(*link)->next)
		if (!first || (*link)->at < (*first)->at ||
		    ((*link)->at == (*first)->at && (*link)->order < (*first)->order))
			first = link;
	return first;
}

static void earlier(u64 *when, u64 other)
{
	if (other && (!*when || other < *when))
		*when = other;
}

static void halfopen_timeout(struct pair *p, int who)
{
	struct pair_end *e = &p->end[who];
	bool resend;
	u64 delay = xtcp_syn_received_timeout(&e->halfopen, &p->knobs, &resend);

	e->halfopen_timer = 0;
	if (e->kind != PAIR_HALFOPEN)
		return;
	if (!delay) {
		e->kind = PAIR_LISTEN;
		return;
	}
	e->halfopen_timer = p->now + delay;
	if (resend)
		synack(p, who);
}

static void end_turn(struct pair *p, int who)
{
	struct pair_end *e = &p->end[who];
	u64 deadline = e->kind == PAIR_TCB ? xtcp_earliest_deadline(&e->tcb) : 0;

	if (e->user_at && e->user_at <= p->now)
		pair_user_turn(p, who);
	if (deadline && deadline <= p->now)
		pair_event(p, who, XTCP_EV_TIMER);
	if (e->halfopen_timer && e->halfopen_timer <= p->now)
		halfopen_timeout(p, who);
	if (e->timewait_timer && e->timewait_timer <= p->now) {
		e->timewait_timer = 0;
		e->kind = PAIR_NOTHING;
	}
}

/* Return: false when no event is left */
static bool turn(struct pair *p, u64 until)
{
	struct pair_buf **link = next_arrival(p), *buf;
	u64 when = link ? (*link)->at : 0;
	int who;

	for (who = 0; who < 2; who++) {
		struct pair_end *e = &p->end[who];

		if (e->kind == PAIR_TCB)
			earlier(&when, xtcp_earliest_deadline(&e->tcb));
		earlier(&when, e->user_at);
		earlier(&when, e->halfopen_timer);
		earlier(&when, e->timewait_timer);
	}
	if (!when || when > until)
		return false;
	p->now = max(p->now, when);
	if (link && (*link)->at <= p->now) {
		buf = *link;
		*link = buf->next;
		arrive(p, buf);
		return true;
	}
	for (who = 0; who < 2; who++)
		end_turn(p, who);
	return true;
}

/**
 * pair_run_until - let time pass
 * @p: the pair
 * @until: time, us
 */
void pair_run_until(struct pair *p, u64 until)
{
	while (!p->failed && turn(p, until))
		;
	p->now = max(p->now, until);
}

/**
 * pair_run - let time pass until no event is left, within the limit
 * @p: the pair
 */
void pair_run(struct pair *p)
{
	while (!p->failed && turn(p, p->limit))
		;
}

/**
 * pair_open - an end sends its SYN
 * @p: the pair
 * @who: 0 or 1
 */
void pair_open(struct pair *p, int who)
{
	struct pair_end *e = &p->end[who];
	struct xtcp_event ev = {
		.kind = XTCP_EV_OPEN, .iss = e->iss, .ts_offset = e->ts_offset,
	};

	xtcp_tcb_init(&e->tcb, &p->knobs);
	init_tcb(p, e);
	pair_step(p, who, &ev);
}

/**
 * pair_connect - end 1 listens, end 0 sends a SYN
 * @p: the pair
 */
void pair_connect(struct pair *p)
{
	p->end[1].kind = PAIR_LISTEN;
	p->end[1].connected = true;
	pair_open(p, 0);
}

/**
 * pair_connect_both - both ends send a SYN, or with @self only end 0
 * @p: the pair
 */
void pair_connect_both(struct pair *p)
{
	pair_open(p, 0);
	if (!p->self)
		pair_open(p, 1);
}

/**
 * pair_unplug - lose everything on the link
 * @p: the pair
 */
void pair_unplug(struct pair *p)
{
	while (p->wire) {
		struct pair_buf *buf = p->wire;

		p->wire = buf->next;
		pair_put_buf(p, buf);
	}
}

/**
 * pair_expect_done - everything was read, nothing is left
 * @p: the pair, after pair_run()
 */
void pair_expect_done(struct pair *p)
{
	int i;

	for (i = 0; i < 2 - p->self; i++) {
		struct pair_end *e = &p->end[i], *peer = p->self ? e : &p->end[!i];

		KUNIT_EXPECT_EQ(p->test, e->err, 0);
		KUNIT_EXPECT_TRUE(p->test, e->connected);
		KUNIT_EXPECT_EQ(p->test, e->written, e->user.total);
		KUNIT_EXPECT_EQ(p->test, e->read, peer->user.total);
		KUNIT_EXPECT_TRUE(p->test, e->eof);
		KUNIT_EXPECT_EQ(p->test, e->kind, PAIR_NOTHING);
	}
	KUNIT_EXPECT_EQ(p->test, p->free_count, PAIR_BUFS);
	KUNIT_EXPECT_NULL(p->test, p->wire);
}
