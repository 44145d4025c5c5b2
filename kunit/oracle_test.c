// SPDX-License-Identifier: GPL-2.0
/*
 * Each state with each kind of segment, compared with an oracle that follows the text of
 * RFC 9293 section 3.10.7.3 and 3.10.7.4 (and RFC 5961, which it incorporates), paragraph by
 * paragraph, and knows nothing of the code.
 */
#include <linux/errno.h>

#include "conn.h"

/* The oracle's model of the connection */
struct scene {
	u8 state;
	u32 iss, una, nxt, fin;		/* @fin: sequence number of our FIN */
	bool fin_sent;
	u32 irs, rcv_nxt, wnd, snd_wnd_max;
};

enum reply {
	REPLY_NONE,
	REPLY_ACK,
	REPLY_RST,
	REPLY_SYNACK,
	REPLY_ANY,		/* an ACK now or later, or none: the RFC leaves it open */
};

struct verdict {
	u8 state;
	enum reply reply;
	u32 text;		/* bytes the user may read */
	bool error;		/* the user is told that the connection was reset */
};

#define VERDICT(s, ...) ((struct verdict){ .state = (s)->state, __VA_ARGS__ })

/* "acceptable": table 6, for a window that is open */
static bool acceptable(const struct scene *s, const struct xtcp_seg *seg)
{
	u32 len = seg->len + !!(seg->flags & XTCP_SYN) + !!(seg->flags & XTCP_FIN);
	u32 first = seg->seq - s->rcv_nxt;
	u32 last = seg->seq + len - 1 - s->rcv_nxt;

	return first < s->wnd || (len && last < s->wnd);
}

/* 3.10.7.4, eighth: the FIN, once all text before it has arrived */
static u8 after_fin(const struct scene *s, u8 state)
{
	switch (state) {
	case XTCP_ESTABLISHED:
		return XTCP_CLOSE_WAIT;
	case XTCP_FIN_WAIT_1:	/* our FIN is not acknowledged, or the state would be FIN-WAIT-2 */
		return XTCP_CLOSING;
	case XTCP_FIN_WAIT_2:
		return XTCP_TIME_WAIT;
	default:
		return state;
	}
}

/* 3.10.7.4, seventh and eighth */
static struct verdict text_and_fin(const struct scene *s, const struct xtcp_seg *seg, u8 state)
{
	struct verdict v = { .state = state, .reply = REPLY_NONE };
	u32 begin = seg->seq + !!(seg->flags & XTCP_SYN), end = begin + seg->len;
	bool takes = state == XTCP_ESTABLISHED || state == XTCP_FIN_WAIT_1 ||
		     state == XTCP_FIN_WAIT_2;

	if (!takes) {		/* "This should not occur ... Ignore the segment text." */
		v.reply = REPLY_ANY;
		return v;
	}
	if (seg->len || seg->flags & XTCP_FIN)
		v.reply = REPLY_ANY;
	if (seq_gt(begin, s->rcv_nxt))	/* queued or dropped: nothing to read yet */
		return v;
	if (seq_gt(end, s->rcv_nxt))
		v.text = end - s->rcv_nxt;
	if (seg->flags & XTCP_FIN && seq_geq(end, s->rcv_nxt)) {
		v.state = after_fin(s, state);
		/* "send an acknowledgment for the FIN" */
		v.reply = v.state == XTCP_TIME_WAIT ? REPLY_ANY : REPLY_ACK;
	}
	return v;
}

/* 3.10.7.3 */
static struct verdict syn_sent(const struct scene *s, const struct xtcp_seg *seg)
{
	bool ack = seg->flags & XTCP_ACK;
	struct verdict v;

	if (ack && (seq_leq(seg->ack, s->iss) || seq_gt(seg->ack, s->nxt)))
		return VERDICT(s, .reply = seg->flags & XTCP_RST ? REPLY_NONE : REPLY_RST);
	if (seg->flags & XTCP_RST)
		return ack ? (struct verdict){ .state = XTCP_CLOSED, .error = true } : VERDICT(s);
	if (!(seg->flags & XTCP_SYN))
		return VERDICT(s);
	if (!ack)
		return (struct verdict){ .state = XTCP_SYN_RECEIVED, .reply = REPLY_SYNACK };
	v = text_and_fin(&(struct scene){ .rcv_nxt = seg->seq + 1 }, seg, XTCP_ESTABLISHED);
	if (v.reply == REPLY_NONE || v.reply == REPLY_ANY)
		v.reply = REPLY_ACK;	/* "form an ACK segment ... and send it" */
	return v;
}

/* 3.10.7.4, second: the checks of RFC 5961 section 3 */
static struct verdict reset(const struct scene *s, const struct xtcp_seg *seg)
{
	if (seg->seq - s->rcv_nxt >= s->wnd)
		return VERDICT(s);
	if (seg->seq != s->rcv_nxt)
		return VERDICT(s, .reply = REPLY_ACK);
	return (struct verdict){
		.state = XTCP_CLOSED,
		.error = s->state != XTCP_CLOSING && s->state != XTCP_LAST_ACK,
	};
}

/* 3.10.7.4, fifth: the state after the ACK; false: stop processing, the verdict is in *v */
static bool acknowledge(const struct scene *s, const struct xtcp_seg *seg, u8 *state,
			struct verdict *v)
{
	bool fin_acked;

	*v = VERDICT(s);
	if (!(seg->flags & XTCP_ACK))
		return false;
	if (s->state == XTCP_SYN_RECEIVED) {
		v->reply = REPLY_RST;
		*state = XTCP_ESTABLISHED;
		return seq_gt(seg->ack, s->una) && seq_leq(seg->ack, s->nxt);
	}
	v->reply = REPLY_ACK;
	if (seq_gt(seg->ack, s->nxt) || seq_lt(seg->ack, s->una - s->snd_wnd_max))
		return false;
	fin_acked = s->fin_sent && seq_gt(seg->ack, s->fin);
	*state = s->state;
	*v = VERDICT(s);
	if (fin_acked && s->state == XTCP_FIN_WAIT_1)
		*state = XTCP_FIN_WAIT_2;
	if (fin_acked && s->state == XTCP_CLOSING)
		v->state = XTCP_TIME_WAIT;
	if (fin_acked && s->state == XTCP_LAST_ACK)
		v->state = XTCP_CLOSED;
	return s->state == v->state;
}

/* 3.10.7.4 */
static struct verdict other(const struct scene *s, const struct xtcp_seg *seg)
{
	struct verdict v;
	u8 state;

	/* Figure 7, line 6: the SYN-ACK that crossed ours is an ACK of our SYN */
	bool crossed = s->state == XTCP_SYN_RECEIVED && seg->seq == s->irs &&
		       (seg->flags & (XTCP_SYN | XTCP_ACK)) == (XTCP_SYN | XTCP_ACK);

	if (seg->flags & XTCP_RST)
		return reset(s, seg);
	if (!crossed && (seg->flags & XTCP_SYN || !acceptable(s, seg)))
		return VERDICT(s, .reply = REPLY_ACK);
	if (!acknowledge(s, seg, &state, &v))
		return v;
	return text_and_fin(s, seg, state);
}

static struct verdict oracle(const struct scene *s, const struct xtcp_seg *seg)
{
	return s->state == XTCP_SYN_SENT ? syn_sent(s, seg) : other(s, seg);
}

/* ---- the connection, in each state, with 100 bytes in flight where there can be ---- */

static struct conn *in_state(struct kunit *test, u8 state)
{
	struct conn *c = state == XTCP_SYN_SENT || state == XTCP_SYN_RECEIVED ?
			 conn_closed(test) : conn_established(test);

	if (state == XTCP_SYN_SENT || state == XTCP_SYN_RECEIVED)
		conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	if (state == XTCP_SYN_RECEIVED)
		conn_segment(c, XTCP_SYN, 0, 0, 0);
	if (state == XTCP_CLOSE_WAIT || state == XTCP_LAST_ACK)
		conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 1, 0);
	if (XTCP_IN(state, XTCP_CAN_SEND | XTCP_S(FIN_WAIT_1) | XTCP_S(FIN_WAIT_2) |
		    XTCP_S(CLOSING) | XTCP_S(LAST_ACK)))
		conn_write(c, 100);
	conn_drain(c);
	if (XTCP_IN(state, XTCP_S(FIN_WAIT_1) | XTCP_S(FIN_WAIT_2) | XTCP_S(CLOSING) |
		    XTCP_S(LAST_ACK)))
		conn_event(c, XTCP_EV_SHUTDOWN);
	conn_drain(c);
	if (state == XTCP_FIN_WAIT_2)
		conn_segment(c, XTCP_ACK, 1, 102, 0);
	if (state == XTCP_CLOSING)
		conn_segment(c, XTCP_FIN | XTCP_ACK, 1, 1, 0);
	conn_drain(c);
	KUNIT_ASSERT_EQ(test, c->t.state, state);
	return c;
}

static const u8 states[] = {
	XTCP_SYN_SENT, XTCP_SYN_RECEIVED, XTCP_ESTABLISHED, XTCP_FIN_WAIT_1,
	XTCP_FIN_WAIT_2, XTCP_CLOSE_WAIT, XTCP_CLOSING, XTCP_LAST_ACK,
};

static struct scene scene_of(const struct conn *c)
{
	const struct xtcp_tcb *t = &c->t;

	return (struct scene){
		.state = t->state, .iss = t->iss, .una = t->snd_una, .nxt = t->snd_nxt,
		.fin = t->fin.seq, .fin_sent = t->snd_fin, .irs = t->irs,
		.rcv_nxt = t->rcv_nxt, .wnd = t->rcv_wup + t->rcv_wnd - t->rcv_nxt,
		.snd_wnd_max = t->snd_wnd_max,
	};
}

static enum reply reply_of(struct conn *c)
{
	if (c->act.todo & XTCP_ACT_RST)
		return c->act.rst.flags & XTCP_RST ? REPLY_RST : REPLY_ANY;
	if (!(c->act.todo & XTCP_ACT_OUTPUT) || !conn_pull(c))
		return REPLY_NONE;
	return c->out.flags & XTCP_SYN ? REPLY_SYNACK : REPLY_ACK;
}

static void expect_invariants(struct conn *c)
{
	const struct xtcp_tcb *t = &c->t;

	if (t->state == XTCP_CLOSED || t->state == XTCP_TIME_WAIT) {
		KUNIT_EXPECT_EQ(c->test, xtcp_earliest_deadline(t), 0);
		return;
	}
	KUNIT_EXPECT_TRUE(c->test, seq_leq(t->snd_una, t->snd_nxt));
	KUNIT_EXPECT_LE(c->test, t->snd_nxt - t->snd_una, max(t->snd_wnd_max, 102U));
	KUNIT_EXPECT_TRUE(c->test, seq_leq(t->rcv_wup, t->rcv_nxt));
}

/* What is over stays over: nothing is done twice */
static void expect_over(struct conn *c, const struct xtcp_seg *seg)
{
	static const enum xtcp_event_kind kinds[] = {
		XTCP_EV_RECEIVE, XTCP_EV_SHUTDOWN, XTCP_EV_TIMER,
	};
	u32 i;

	if (c->t.state != XTCP_CLOSED && c->t.state != XTCP_TIME_WAIT)
		return;
	conn_give(c, seg);
	KUNIT_EXPECT_EQ(c->test, c->act.todo, 0);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		conn_event(c, kinds[i]);
		KUNIT_EXPECT_EQ(c->test, c->act.todo, 0);
	}
}

/* What may happen to a connection only once does not happen again for a copy of the segment */
static void expect_once(struct conn *c, const struct xtcp_seg *seg)
{
	const u32 once = XTCP_ACT_CONNECTED | XTCP_ACT_ERROR | XTCP_ACT_PEER_FIN |
			 XTCP_ACT_TIME_WAIT | XTCP_ACT_CLOSED | XTCP_ACT_WRITE_SHUT;
	u32 done = c->act.todo & once, fin = c->t.rcv_fin_done;
	bool text = c->act.delivered;

	conn_drain(c);
	conn_give(c, seg);
	KUNIT_EXPECT_EQ(c->test, c->act.todo & done, 0);
	if (text)
		KUNIT_EXPECT_EQ(c->test, c->act.delivered, 0);
	if (fin)
		KUNIT_EXPECT_EQ(c->test, c->act.todo & XTCP_ACT_PEER_FIN, 0);
	expect_invariants(c);
}

/* Expected and actual result in one line, whatever differs */
#define EXPECT_SAME(test, want, got, seg, from) \
	KUNIT_EXPECT_TRUE_MSG(test, (want) == (got),			\
		"state %u, flags %02x, seq rcv_nxt%+d, ack una%+d, len %u: want %u, got %u", \
		(from)->state, (seg)->flags, (int)((seg)->seq - (from)->rcv_nxt),	\
		(int)((seg)->ack - (from)->una), (seg)->len, (u32)(want), (u32)(got))

static void try_segment(struct kunit *test, u8 state, const struct xtcp_seg *seg)
{
	struct conn *c = in_state(test, state);
	const struct scene s = scene_of(c);
	struct verdict want = oracle(&s, seg);
	enum reply got;

	c->now += 2 * XTCP_US_PER_S;	/* a new interval for the challenge ACK limit */
	conn_give(c, seg);
	got = reply_of(c);
	EXPECT_SAME(test, want.state, c->t.state, seg, &s);
	if (want.reply != REPLY_ANY || (got != REPLY_NONE && got != REPLY_ACK))
		EXPECT_SAME(test, want.reply, got, seg, &s);
	EXPECT_SAME(test, want.text, c->act.delivered, seg, &s);
	if (want.state != XTCP_CLOSED || want.error)
		EXPECT_SAME(test, want.error, !!(c->act.todo & XTCP_ACT_ERROR), seg, &s);
	expect_invariants(c);
	expect_over(c, seg);
	expect_once(c, seg);
	kunit_kfree(test, c);
}

/* Could any TCP send these flags together? Other combinations are rejected by the parser */
static bool sensible(u8 flags)
{
	struct xtcp_out out = { .flags = flags };
	struct xtcp_seg seg;
	u8 hdr[XTCP_HDR_MAX];
	u32 len;

	out.opts.wscale = XTCP_NO_WSCALE;
	len = xtcp_wire_build(hdr, &out, 1, 2);
	return xtcp_wire_parse(hdr, len, len, &seg) == XTCP_WIRE_OK;
}

/* One set of flags, at each sequence number that makes a difference */
static void try_flags(struct kunit *test, u8 state, u8 flags)
{
	struct conn *c = in_state(test, state);
	const struct scene s = scene_of(c);
	const u32 seqs[] = {
		s.rcv_nxt - 50, s.rcv_nxt - 1, s.rcv_nxt, s.rcv_nxt + 1, s.rcv_nxt + 30,
		s.rcv_nxt + s.wnd + 10, s.rcv_nxt + 0x7fffff00, s.irs,
	};
	const u32 acks[] = {
		s.una - s.snd_wnd_max - 10, s.una - 1, s.una, s.una + 1, s.una + 50,
		s.nxt - 1, s.nxt, s.nxt + 1, s.nxt + 100000, s.iss,
	};
	const u32 lens[] = { 0, 1, 60 };
	u32 i, j, k;

	kunit_kfree(test, c);
	for (i = 0; i < ARRAY_SIZE(seqs); i++)
		for (j = 0; j < (flags & XTCP_ACK ? ARRAY_SIZE(acks) : 1); j++)
			for (k = 0; k < ARRAY_SIZE(lens); k++) {
				struct xtcp_seg seg = segment(flags, seqs[i], acks[j], lens[k]);

				try_segment(test, state, &seg);
			}
}

static void describe_state(const u8 *state, char *desc)
{
	static const char * const names[] = {
		[XTCP_SYN_SENT] = "SYN-SENT", [XTCP_SYN_RECEIVED] = "SYN-RECEIVED",
		[XTCP_ESTABLISHED] = "ESTABLISHED", [XTCP_FIN_WAIT_1] = "FIN-WAIT-1",
		[XTCP_FIN_WAIT_2] = "FIN-WAIT-2", [XTCP_CLOSE_WAIT] = "CLOSE-WAIT",
		[XTCP_CLOSING] = "CLOSING", [XTCP_LAST_ACK] = "LAST-ACK",
	};

	strcpy(desc, names[*state]);
}

KUNIT_ARRAY_PARAM(state, states, describe_state);

static void segment__does_what_the_rfc_says(struct kunit *test)
{
	const u8 *state = test->param_value;
	u32 flags;

	for (flags = 0; flags < 0x40; flags++)
		if (sensible(flags))
			try_flags(test, *state, flags);
}

/*
 * 3.10.2 to 3.10.5 for each state: which calls are allowed, and the next state. 0: no state
 * change
 */
static void call__does_what_the_rfc_says(struct kunit *test)
{
	static const u8 after_close[] = {
		[XTCP_SYN_SENT] = XTCP_CLOSED, [XTCP_ESTABLISHED] = XTCP_FIN_WAIT_1,
		[XTCP_CLOSE_WAIT] = XTCP_LAST_ACK, [XTCP_LAST_ACK] = 0, [XTCP_CLOSING] = 0,
	};
	/* 3.10.5: "send a reset segment" */
	const u32 resets = XTCP_S(SYN_RECEIVED) | XTCP_S(ESTABLISHED) | XTCP_S(FIN_WAIT_1) |
			   XTCP_S(FIN_WAIT_2) | XTCP_S(CLOSE_WAIT);
	u8 state = *(const u8 *)test->param_value;
	u8 close = state < ARRAY_SIZE(after_close) ? after_close[state] : 0;
	struct conn *c = in_state(test, state);
	struct xtcp_seg seg = conn_seg(c, XTCP_ACK, 1, 1, 0);

	conn_event(c, XTCP_EV_RECEIVE);
	KUNIT_EXPECT_EQ(test, c->t.state, state);
	conn_event(c, XTCP_EV_OPEN);	/* "error: connection already exists" */
	KUNIT_EXPECT_EQ(test, c->t.state, state);
	conn_event(c, XTCP_EV_SHUTDOWN);
	KUNIT_EXPECT_EQ(test, c->t.state, close ?: state);
	expect_invariants(c);
	expect_over(c, &seg);

	c = in_state(test, state);
	conn_event(c, XTCP_EV_ABORT);
	KUNIT_EXPECT_EQ(test, c->t.state, XTCP_CLOSED);
	KUNIT_EXPECT_EQ(test, !!(c->act.todo & XTCP_ACT_RST), XTCP_IN(state, resets));
	expect_over(c, &seg);
}

static void icmp(struct conn *c, bool hard)
{
	struct xtcp_event ev = {
		.kind = XTCP_EV_ICMP, .now = c->now, .err = EHOSTUNREACH, .hard = hard,
	};

	conn_step(c, &ev);
}

/*
 * 3.9.2.2: a soft error is reported and ends nothing (MUST-56); a hard one ends only a
 * connection attempt (RFC 5461). Local errors change no state.
 */
static void other__does_what_the_rfc_says(struct kunit *test)
{
	static const enum xtcp_event_kind quiet[] = {
		XTCP_EV_SEND, XTCP_EV_RECEIVE, XTCP_EV_MTU, XTCP_EV_TIMER,
	};
	u8 state = *(const u8 *)test->param_value;
	bool opening = XTCP_IN(state, XTCP_S(SYN_SENT) | XTCP_S(SYN_RECEIVED));
	struct conn *c = in_state(test, state);
	struct xtcp_seg seg = conn_seg(c, XTCP_ACK, 1, 1, 0);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(quiet); i++) {
		conn_event(c, quiet[i]);
		KUNIT_EXPECT_EQ(test, c->t.state, state);
		KUNIT_EXPECT_EQ(test, c->act.todo & ~(XTCP_ACT_OUTPUT | XTCP_ACT_NEW_ROUTE), 0);
		expect_invariants(c);
	}
	icmp(c, false);
	KUNIT_EXPECT_EQ(test, c->t.state, state);
	KUNIT_EXPECT_EQ(test, c->act.todo, XTCP_ACT_SOFT_ERROR);
	icmp(c, true);
	KUNIT_EXPECT_EQ(test, c->t.state, opening ? XTCP_CLOSED : state);
	KUNIT_EXPECT_EQ(test, !!(c->act.todo & XTCP_ACT_ERROR), opening);
	expect_invariants(c);
	expect_over(c, &seg);
}

/* With the user gone and the peer silent, each state ends by its own timers */
static void silence__ends_every_state(struct kunit *test)
{
	u8 state = *(const u8 *)test->param_value;
	struct conn *c = in_state(test, state);
	int timeouts = 0;

	conn_event(c, XTCP_EV_SHUTDOWN);
	conn_event(c, XTCP_EV_ORPHAN);
	conn_drain(c);
	while (c->t.state != XTCP_CLOSED && c->t.state != XTCP_TIME_WAIT) {
		KUNIT_ASSERT_LT(test, timeouts++, 100);
		conn_timer(c);
		conn_drain(c);
		expect_invariants(c);
	}
}

static struct kunit_case oracle_cases[] = {
	KUNIT_CASE_PARAM(segment__does_what_the_rfc_says, state_gen_params),
	KUNIT_CASE_PARAM(call__does_what_the_rfc_says, state_gen_params),
	KUNIT_CASE_PARAM(other__does_what_the_rfc_says, state_gen_params),
	KUNIT_CASE_PARAM(silence__ends_every_state, state_gen_params),
	{}
};

static struct kunit_suite oracle_suite = {
	.name = "oracle",
	.test_cases = oracle_cases,
};

kunit_test_suite(oracle_suite);
