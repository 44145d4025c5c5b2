// SPDX-License-Identifier: GPL-2.0
/*
 * The next segment to send. In this order, one segment per answer:
 *
 *   the SYN, and nothing else until it is acknowledged
 *   what was lost, oldest first	   within cwnd; the first always
 *   two new segments			   after a timeout that may be spurious (frto.c)
 *   a tail loss probe			   when its timer has expired
 *   what was never sent, then the FIN	   within SND.WND and cwnd, Nagle, SWS
 *   a probe				   when its timer has expired
 *   an ACK				   when one is due and no other segment had it
 *
 * xtcp_next() does not change what has been sent. xtcp_sent() does, so the next answer is
 * another one.
 */
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/stddef.h>

#include "ack_out.h"
#include "cc.h"
#include "deadline.h"
#include "echo.h"
#include "mss.h"
#include "persist.h"
#include "rtx.h"
#include "sack.h"
#include "scoreboard.h"
#include "send.h"
#include "seq.h"
#include "stamp.h"
#include "tlp.h"
#include "undo.h"
#include "window.h"

#define WALK_CREDIT	4	/* records that SACK may walk per record sent, see scoreboard.c */

/* All options but timestamps, which every segment has */
static void add_options(const struct xtcp_tcb *t, struct xtcp_out *out)
{
	if (!(out->flags & XTCP_SYN)) {
		if (xtcp_sack_due(t))
			xtcp_sack_add(t, &out->opts);
		xtcp_echo_add(t, &out->opts);
		return;
	}
	if (!(out->flags & XTCP_ACK))
		xtcp_echo_offer(t, &out->opts);
	out->opts.mss = t->adv_mss;
	out->opts.sack_ok = t->sack_ok;
	/* A SYN-ACK scales only when the SYN did: RFC 7323 section 2.2 */
	if (t->wscale_ok)
		out->opts.wscale = t->rcv_wscale;
}

/* RFC 9293 section 3.8.5: set URG while the urgent pointer is ahead */
static void add_urgent(const struct xtcp_tcb *t, struct xtcp_out *out)
{
	if (seq_leq(t->snd_up, seq_max(out->seq, t->snd_una)) || (out->flags & XTCP_SYN))
		return;
	out->flags |= XTCP_URG;
	out->up = min_t(u32, t->snd_up - out->seq, U16_MAX);
}

static void fill(const struct xtcp_tcb *t, struct xtcp_out *out,
		 enum xtcp_out_kind kind, u32 seq, u8 flags)
{
	xtcp_out_init(out);
	out->kind = kind;
	out->seq = seq;
	out->flags = flags;
	if (flags & XTCP_ACK)
		out->ack = t->rcv_nxt;
	out->wnd = xtcp_window_field(t, flags & XTCP_SYN);
	add_options(t, out);
	add_urgent(t, out);
}

/*
 * May the last bytes carry the FIN? On a retransmission only if the FIN is lost, too; on a tail
 * loss probe if it was sent before; on new data if the peer's window has room for it.
 */
static bool fin_fits(const struct xtcp_tcb *t, enum xtcp_out_kind kind)
{
	if (kind == XTCP_OUT_RETX)
		return t->fin.marks & (t->tlp_now ? XTCP_MARK_SENT : XTCP_MARK_LOST);
	return seq_leq(t->fin.end_seq, t->snd_una + t->snd_wnd);
}

static void fill_data(const struct xtcp_tcb *t, struct xtcp_out *out,
		      enum xtcp_out_kind kind, struct xtcp_rec *rec, u32 len)
{
	bool whole = len == xtcp_rec_len(rec);
	bool last = !rec->next || rec->next == &t->fin;

	fill(t, out, kind, rec->seq, XTCP_ACK);
	out->rec = rec;
	out->len = len;
	if (whole && (last || (rec->flags & XTCP_REC_PSH)))
		out->flags |= XTCP_PSH;
	if (whole && rec->next == &t->fin && fin_fits(t, kind))
		out->flags |= XTCP_FIN;
}

static void fill_again(const struct xtcp_tcb *t, struct xtcp_out *out,
		       struct xtcp_rec *rec, u32 len)
{
	if (rec == &t->fin)
		fill(t, out, XTCP_OUT_FIN, rec->seq, XTCP_FIN | XTCP_ACK);
	else
		fill_data(t, out, XTCP_OUT_RETX, rec, len);
}

static bool next_syn(const struct xtcp_tcb *t, struct xtcp_out *out)
{
	u8 flags = XTCP_SYN;

	if (t->sendq.head != &t->syn)
		return false;
	if ((t->syn.marks & (XTCP_MARK_SENT | XTCP_MARK_LOST)) == XTCP_MARK_SENT)
		return false;
	if (t->state == XTCP_SYN_RECEIVED)	/* simultaneous open */
		flags |= XTCP_ACK;
	fill(t, out, XTCP_OUT_SYN, t->iss, flags);
	return true;
}

/*
 * The oldest record that waits for its retransmission, or NULL. While @lost is not 0, this
 * record is at @lost_hint or behind it.
 */
static struct xtcp_rec *first_lost(struct xtcp_tcb *t)
{
	struct xtcp_rec *rec = t->lost_hint ?: t->sendq.head;

	for (; t->lost; rec = rec->next) {
		t->lost_hint = rec;
		if (!(rec->marks & XTCP_MARK_LOST))
			continue;
		if (seq_gt(rec->end_seq, t->snd_una))
			return rec;
		xtcp_unmark_lost(t, rec);	/* see xtcp_mark_lost() */
	}
	return NULL;
}

/*
 * Records beyond the edge of a window that was shrunk are not retransmitted (SHLD-16, MAY-7).
 * The first is: it also probes the window (MUST-35).
 */
static bool may_retransmit(const struct xtcp_tcb *t, const struct xtcp_rec *rec, u32 len)
{
	if (t->retx_now)
		return true;
	return xtcp_pipe(t) + len <= t->cwnd &&
	       seq_leq(rec->seq + len, t->snd_una + t->snd_wnd);
}

static bool next_lost(struct xtcp_tcb *t, struct xtcp_out *out)
{
	struct xtcp_rec *rec;
	u32 len;

	if (t->frto && !t->retx_now)
		return false;
	rec = first_lost(t);
	if (!rec)
		return false;
	len = min(xtcp_rec_len(rec), xtcp_text_max(t));
	if (!may_retransmit(t, rec, len))
		return false;
	fill_again(t, out, rec, len);
	return true;
}

/* Text that was never sent, if it fits the peer's window, whatever cwnd says */
static bool next_unsent(struct xtcp_tcb *t, struct xtcp_out *out)
{
	u32 room = min(xtcp_text_max(t), xtcp_usable_window(t));
	struct xtcp_rec *rec = t->sendq.unsent;

	if (!rec || rec == &t->fin || !room)
		return false;
	fill_data(t, out, XTCP_OUT_DATA, rec, min(xtcp_rec_len(rec), room));
	return true;
}

static bool next_frto(struct xtcp_tcb *t, struct xtcp_out *out)
{
	return t->frto == XTCP_FRTO_NEW_DATA && t->frto_left && next_unsent(t, out);
}

/*
 * RFC 8985 section 7.3: send new data if it fits the peer's window, whatever cwnd says. Otherwise
 * send again what was sent last. SACK can't report a FIN alone, so the text before it is sent
 * with it.
 */
static bool next_tail_probe(struct xtcp_tcb *t, struct xtcp_out *out)
{
	struct xtcp_rec *rec = t->sendq.newest;

	if (!t->tlp_now)
		return false;
	if (next_unsent(t, out))
		return true;
	if (!rec) {
		t->tlp_now = false;
		return false;
	}
	if (rec == &t->fin && rec->earlier)
		rec = rec->earlier;
	fill_again(t, out, rec, min(xtcp_rec_len(rec), xtcp_text_max(t)));
	return true;
}

static bool next_new(struct xtcp_tcb *t, u64 now, struct xtcp_out *out)
{
	struct xtcp_rec *rec = t->sendq.unsent;
	u32 len;

	if (!rec || t->lost || t->frto || xtcp_handshaking(t))
		return false;
	if (rec == &t->fin) {
		if (!fin_fits(t, XTCP_OUT_FIN))
			return false;
		fill(t, out, XTCP_OUT_FIN, rec->seq, XTCP_FIN | XTCP_ACK);
		return true;
	}
	xtcp_cc_idle(t, now);
	len = xtcp_sendable(t, rec);
	if (!len)
		return false;
	fill_data(t, out, XTCP_OUT_DATA, rec, len);
	return true;
}

/*
 * A probe is an empty segment one number to the left of what the peer expects. It is not
 * acceptable, so the peer must answer with an ACK, which has its window (RFC 9293 section
 * 3.10.7.4, first). Unlike a byte of new data it needs no window and splits no record. Linux
 * probes the same way. It is also the keepalive of section 3.8.4 (SHLD-12).
 */
static bool next_probe(struct xtcp_tcb *t, struct xtcp_out *out)
{
	if (!t->probe_now)
		return false;
	if (xtcp_flight(t)) {	/* the ACK of that has the window */
		t->probe_now = false;
		return false;
	}
	fill(t, out, t->sendq.unsent ? XTCP_OUT_PROBE : XTCP_OUT_KEEPALIVE,
	     t->snd_nxt - 1, XTCP_ACK);
	return true;
}

static bool next_ack(const struct xtcp_tcb *t, struct xtcp_out *out)
{
	if (!t->ack_now)
		return false;
	fill(t, out, XTCP_OUT_ACK, xtcp_empty_seq(t), XTCP_ACK);
	return true;
}

/**
 * xtcp_next - the next segment to send
 * @t: control block, @rcv_free up to date
 * @now: time, us
 * @out: result
 *
 * Before it calls, the caller joins what xtcp_joinable() names. If @out->len is less than the
 * record's length, it splits the record with xtcp_sendq_split() before it transmits. After it
 * has given the segment to IP it calls xtcp_sent(), then xtcp_next() again. If memory is short
 * it calls xtcp_send_failed() and stops. Context: under the owner's lock. Source: RFC 9293
 * section 3.8.
 *
 * Return: true with a segment in @out; false when there is nothing to send now.
 */
bool xtcp_next(struct xtcp_tcb *t, u64 now, struct xtcp_out *out)
{
	if (XTCP_IN(t->state, XTCP_S(CLOSED) | XTCP_S(LISTEN)))
		return false;
	if (next_syn(t, out) || next_lost(t, out) || next_frto(t, out) ||
	    next_tail_probe(t, out) || next_new(t, now, out) || next_probe(t, out) ||
	    next_ack(t, out)) {
		xtcp_stamp_add(t, now, out);
		return true;
	}
	xtcp_persist_arm(t, now);
	return false;
}

/* All of a record has been sent, for the first time or again */
static void mark_sent(struct xtcp_tcb *t, struct xtcp_rec *rec, u64 now)
{
	if (rec->marks & XTCP_MARK_SENT) {
		rec->marks |= XTCP_MARK_RETX;
		if (rec->retries < U8_MAX)
			rec->retries++;
	} else {
		rec->marks |= XTCP_MARK_SENT;
		t->snd_nxt = rec->end_seq;
		t->sendq.unsent = rec->next;
		t->deadline[XTCP_TIMER_PERSIST] = 0;
		t->walk_credit = min_t(u32, t->walk_credit + WALK_CREDIT, U16_MAX);
	}
	if (rec->marks & XTCP_MARK_LOST) {
		xtcp_unmark_lost(t, rec);
		xtcp_undo_retransmitted(t, rec, now);
		t->frto_end = rec->end_seq;
		t->lost_hint = rec->next;
		t->retx_now = false;
	}
	xtcp_sendq_in_flight_add(&t->sendq, rec);
	rec->sent = now;
	rec->delivered = t->delivered;
	t->last_snd = now;
	if (!t->deadline[XTCP_TIMER_RTX])	/* RFC 6298 (5.1) */
		xtcp_rtx_restart(t, now);
}

/**
 * xtcp_sent - a segment was given to IP
 * @t: control block
 * @now: time, us
 * @out: the result of xtcp_next(); its record has @out->len bytes now
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.8; RFC 6298 (5.1).
 */
void xtcp_sent(struct xtcp_tcb *t, u64 now, const struct xtcp_out *out)
{
	bool syn = out->flags & XTCP_SYN;
	u32 nxt = t->snd_nxt;

	t->rcv_wnd = (u32)out->wnd << (syn ? 0 : t->rcv_wscale);
	if (out->flags & XTCP_ACK)
		xtcp_ack_sent(t, now, out);
	if (syn)
		mark_sent(t, &t->syn, now);
	if (out->rec)
		mark_sent(t, out->rec, now);
	if (out->kind == XTCP_OUT_DATA && out->len < t->snd_mss)
		t->snd_sml = out->rec->end_seq;
	if (out->kind == XTCP_OUT_DATA && t->frto_left)
		t->frto_left--;
	if (out->flags & XTCP_FIN)
		mark_sent(t, &t->fin, now);
	if (t->tlp_now)
		xtcp_tlp_sent(t, t->snd_nxt == nxt);
	if (t->snd_nxt != nxt)
		xtcp_tlp_arm(t, now);
	if (out->rec || out->kind == XTCP_OUT_PROBE || out->kind == XTCP_OUT_KEEPALIVE)
		t->probe_now = false;
}

/**
 * xtcp_send_failed - there was no memory for the segment of xtcp_next()
 * @t: control block
 * @now: time, us
 *
 * The caller stops sending, and a deadline makes it try again soon. TIME-WAIT has no such
 * timer; there the peer's retransmitted FIN makes it try again.
 * Context: under the owner's lock.
 */
void xtcp_send_failed(struct xtcp_tcb *t, u64 now)
{
	if (t->state != XTCP_TIME_WAIT)
		xtcp_arm(t, XTCP_TIMER_RETRY, now + XTCP_RETRY_AFTER);
}
