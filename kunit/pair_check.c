// SPDX-License-Identifier: GPL-2.0
/* Invariants of a control block and of what it sends, see pair.h */
#include "pair.h"

static void check_sendq(struct pair *p, const struct xtcp_tcb *t)
{
	const struct xtcp_sendq *q = &t->sendq;
	const struct xtcp_rec *rec, *last_sent = NULL;
	bool unsent = false;
	u32 lost = 0, sacked = 0;

	for (rec = q->head; rec; rec = rec->next) {
		unsent |= rec == q->unsent;
		PAIR_CHECK(p, !(rec->marks & XTCP_MARK_SENT) == unsent);
		PAIR_CHECK(p, seq_lt(rec->seq, rec->end_seq));
		PAIR_CHECK(p, !rec->next || rec->next->seq == rec->end_seq);
		if (rec->marks & XTCP_MARK_LOST)
			lost += xtcp_rec_len(rec);
		if (rec->marks & XTCP_MARK_SACKED)
			sacked += xtcp_rec_len(rec);
		if (!unsent)
			last_sent = rec;
	}
	PAIR_CHECK(p, lost == t->lost);
	PAIR_CHECK(p, !t->sack_ok || sacked == t->sacked);
	PAIR_CHECK(p, !!q->unsent == unsent);
	PAIR_CHECK(p, !q->tail || q->tail->end_seq == t->write_seq);
	PAIR_CHECK(p, q->head || t->snd_una == t->write_seq);
	PAIR_CHECK(p, !q->head || seq_leq(q->head->seq, t->snd_una));
	PAIR_CHECK(p, !q->tail || seq_gt(q->tail->end_seq, t->snd_una));
	PAIR_CHECK(p, t->snd_nxt == (last_sent ? last_sent->end_seq : t->snd_una));
}

/**
 * pair_check_tcb - invariants of a control block after any event
 * @p: the pair
 * @t: the control block
 */
void pair_check_tcb(struct pair *p, const struct xtcp_tcb *t)
{
	PAIR_CHECK(p, t->soonest <= (xtcp_earliest_deadline(t) ?: XTCP_NEVER));
	if (t->state == XTCP_CLOSED) {
		PAIR_CHECK(p, !xtcp_earliest_deadline(t));
		PAIR_CHECK(p, !t->sendq.head && !t->reasm.bytes && !t->lost);
		return;
	}
	PAIR_CHECK(p, seq_leq(t->snd_una, t->snd_nxt));
	PAIR_CHECK(p, seq_leq(t->snd_nxt, t->write_seq));
	PAIR_CHECK(p, t->cwnd >= t->snd_mss);
	PAIR_CHECK(p, t->snd_mss && t->rto >= XTCP_RTO_MIN && t->rto <= XTCP_RTO_MAX);
	check_sendq(p, t);
}

/**
 * pair_check_alive - whatever waits must have a timer that ends the wait
 * @p: the pair
 * @t: control block, after xtcp_next() had nothing more, or memory was short
 */
void pair_check_alive(struct pair *p, const struct xtcp_tcb *t)
{
	const u64 *deadline = t->deadline;

	if (t->state == XTCP_CLOSED || t->state == XTCP_TIME_WAIT)
		return;
	if (xtcp_flight(t))
		PAIR_CHECK(p, deadline[XTCP_TIMER_RTX]);
	else if (t->sendq.unsent)
		PAIR_CHECK(p, deadline[XTCP_TIMER_PERSIST] || deadline[XTCP_TIMER_RETRY]);
	if (t->ack_pending)
		PAIR_CHECK(p, deadline[XTCP_TIMER_DELACK] || deadline[XTCP_TIMER_RETRY]);
}

/**
 * pair_check_window - the right edge of the window doesn't move to the left (SHLD-14)
 * @p: the pair
 * @e: the end that sends
 * @out: the segment
 *
 * A SYN's window isn't scaled, so the edge may be further left there.
 */
void pair_check_window(struct pair *p, struct pair_end *e, const struct xtcp_out *out)
{
	u32 edge = out->ack + ((u32)out->wnd << e->tcb.rcv_wscale);

	if ((out->flags & (XTCP_ACK | XTCP_SYN)) != XTCP_ACK)
		return;
	PAIR_CHECK(p, !e->edge_known || seq_geq(edge, e->edge));
	e->edge = edge;
	e->edge_known = true;
}

/**
 * pair_check_data - new data stays within the peer's window and the congestion window
 * @p: the pair
 * @t: control block, before xtcp_sent()
 * @out: the segment
 */
void pair_check_data(struct pair *p, const struct xtcp_tcb *t, const struct xtcp_out *out)
{
	PAIR_CHECK(p, out->len <= t->snd_mss);
	if (out->len)
		PAIR_CHECK(p, out->rec && out->len <= xtcp_rec_len(out->rec));
	if (out->kind != XTCP_OUT_DATA)
		return;
	PAIR_CHECK(p, seq_leq(out->seq + out->len, t->snd_una + t->snd_wnd));
	PAIR_CHECK(p, !xtcp_pipe(t) || xtcp_pipe(t) + out->len <= t->cwnd ||
		   t->tlp_now);
}
