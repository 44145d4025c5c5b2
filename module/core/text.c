// SPDX-License-Identifier: GPL-2.0
/*
 * What a segment carries: the sixth to the eighth step of SEGMENT ARRIVES (RFC 9293
 * section 3.10.7.4): the urgent pointer, text and FIN.
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/stddef.h>

#include "ack_out.h"
#include "mss.h"
#include "reset.h"
#include "sack.h"
#include "seq.h"
#include "state.h"
#include "text.h"
#include "window.h"

/* The sequence number of the first byte of a segment's text, and the one after its last */
static u32 text_seq(const struct xtcp_seg *seg)
{
	return seg->seq + !!(seg->flags & XTCP_SYN);
}

static u32 text_end(const struct xtcp_seg *seg)
{
	return text_seq(seg) + seg->len;
}

/**
 * xtcp_check_urg - sixth, check the URG bit
 * @t: control block
 * @seg: the segment
 * @act: actions; may get XTCP_ACT_URGENT
 *
 * The user gets a signal each time that the pointer advances. It points behind the urgent data
 * (MUST-62). Context: under the owner's lock. Source: RFC 9293 section 3.10.7.4.
 */
void xtcp_check_urg(struct xtcp_tcb *t, const struct xtcp_seg *seg, struct xtcp_actions *act)
{
	u32 up = text_seq(seg) + seg->up;

	if (!(seg->flags & XTCP_URG) || !XTCP_IN(t->state, XTCP_CAN_RECEIVE))
		return;
	if (seq_leq(up, t->rcv_up))	/* @rcv_up is never behind RCV.NXT */
		return;
	t->rcv_up = up;
	act->urgent = up;
	act->todo |= XTCP_ACT_URGENT;
}

/* The end of the text that is accepted: the window's right edge, or the peer's FIN */
static u32 text_limit(const struct xtcp_tcb *t)
{
	u32 edge = t->rcv_nxt + xtcp_rcv_window(t);

	return t->rcv_fin ? seq_min(edge, t->rcv_fin_seq) : edge;
}

/* Report text that the reassembly queue has already as a duplicate (RFC 2883 section 4) */
static void tell_of_overlap(struct xtcp_tcb *t, const struct xtcp_rec *rec)
{
	struct xtcp_sack_block run;

	if (xtcp_reasm_overlap(&t->reasm, rec->seq, rec->end_seq, &run))
		xtcp_sack_duplicate(t, run.start, run.end);
}

/*
 * The peer's segment size: that of the longest segment, or of two that follow each other and
 * are as long as a full one may be. It shrinks, too: the path's MTU falls, or options take
 * room. Otherwise a peer with smaller segments than before would wait for delayed ACKs.
 */
static void learn_rcv_mss(struct xtcp_tcb *t, u32 len)
{
	if (len > t->rcv_mss || (len == t->rcv_len && len >= XTCP_MSS_DEFAULT4))
		t->rcv_mss = min_t(u32, len, t->adv_mss);
	t->rcv_len = min_t(u32, len, U16_MAX);
}

/**
 * xtcp_take_in_order - take text that is next in the stream
 * @t: control block
 * @ev: the segment, and its record with @seq, @end_seq and @skip set
 * @act: actions; gets the records to deliver
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.7.4, seventh.
 */
void xtcp_take_in_order(struct xtcp_tcb *t, const struct xtcp_event *ev,
			struct xtcp_actions *act)
{
	struct xtcp_rec *rec = ev->rec;
	u32 before = t->rcv_nxt;
	bool hole = t->reasm.bytes;

	t->rcv_nxt = rec->end_seq;
	rec->next = NULL;
	if (hole) {
		tell_of_overlap(t, rec);
		rec->next = xtcp_reasm_take(&t->reasm, &t->rcv_nxt, &act->freed);
	}
	t->rcv_up = seq_max(t->rcv_up, t->rcv_nxt);
	act->taken = true;
	act->deliver = rec;
	act->delivered = t->rcv_nxt - before;
	act->todo |= XTCP_ACT_READABLE;

	learn_rcv_mss(t, ev->seg->len);
	t->last_text = ev->now;
	xtcp_ack_schedule(t, ev->now, hole, act);
}

/* SHLD-31: keep the text, and send the duplicate ACK at once (RFC 5681 section 3.2) */
static void take_out_of_order(struct xtcp_tcb *t, const struct xtcp_event *ev,
			      struct xtcp_actions *act)
{
	struct xtcp_rec *rec = ev->rec;

	xtcp_ack_loss(t, act);
	tell_of_overlap(t, rec);
	act->taken = xtcp_reasm_insert(&t->reasm, rec, &act->freed);
	if (!act->taken)
		xtcp_drop(act, XTCP_DROP_DUPLICATE);
}

/*
 * Seventh, process the segment text. Without memory for a record the text is dropped, but an
 * ACK is sent: the peer may have sent the text to probe our window.
 */
static bool process_text(struct xtcp_tcb *t, const struct xtcp_event *ev,
			 struct xtcp_actions *act)
{
	const struct xtcp_seg *seg = ev->seg;
	struct xtcp_rec *rec = ev->rec;

	if (!seg->len)
		return true;
	if (!XTCP_IN(t->state, XTCP_CAN_RECEIVE))
		return xtcp_drop(act, XTCP_DROP_NOT_EXPECTED);
	if (t->rcv_shut && xtcp_reset_on_text(t, text_end(seg))) {
		xtcp_tcb_fail(t, ECONNRESET, act);
		return xtcp_reject(seg, act, XTCP_DROP_CLOSED);
	}
	if (!rec) {
		xtcp_ack_now(t, act);
		return false;
	}
	rec->seq = seq_max(text_seq(seg), t->rcv_nxt);
	rec->skip = rec->seq - text_seq(seg);
	rec->end_seq = seq_min(text_end(seg), text_limit(t));
	if (rec->skip)
		xtcp_sack_duplicate(t, text_seq(seg), rec->seq);
	if (seq_leq(rec->end_seq, rec->seq)) {
		xtcp_ack_now(t, act);
		xtcp_drop(act, XTCP_DROP_DUPLICATE);
		return true;
	}
	if (rec->seq == t->rcv_nxt)
		xtcp_take_in_order(t, ev, act);
	else
		take_out_of_order(t, ev, act);
	return true;
}

/* All text before the peer's FIN was received: move RCV.NXT past it */
static void process_fin(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	t->rcv_nxt++;
	t->rcv_fin_done = true;
	act->todo |= XTCP_ACT_PEER_FIN | XTCP_ACT_READABLE;
	xtcp_ack_now(t, act);
	switch (t->state) {
	case XTCP_ESTABLISHED:
		t->state = XTCP_CLOSE_WAIT;
		break;
	case XTCP_FIN_WAIT_1:
		t->state = XTCP_CLOSING;
		break;
	default:	/* FIN-WAIT-2: see check_fin() */
		xtcp_enter_time_wait(t, act);
		break;
	}
}

/*
 * Eighth, check the FIN bit. A FIN behind a hole is remembered. Like text it must be in the
 * window, but it needs no room, so it may be at the right edge.
 */
static void check_fin(struct xtcp_tcb *t, const struct xtcp_event *ev,
		      struct xtcp_actions *act)
{
	const struct xtcp_seg *seg = ev->seg;
	u32 fin_seq = text_end(seg);

	if (!XTCP_IN(t->state, XTCP_CAN_RECEIVE))
		return;
	if ((seg->flags & XTCP_FIN) && !t->rcv_fin && seq_geq(fin_seq, t->rcv_nxt) &&
	    seq_leq(fin_seq, text_limit(t))) {
		t->rcv_fin = true;
		t->rcv_fin_seq = fin_seq;
		xtcp_ack_now(t, act);
	}
	if (t->rcv_fin && t->rcv_fin_seq == t->rcv_nxt)
		process_fin(t, ev->now, act);
}

/**
 * xtcp_take_text - seventh and eighth, process the segment text and check the FIN bit
 * @t: control block
 * @ev: the segment, and a record for its text
 * @act: actions
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.7.4.
 */
void xtcp_take_text(struct xtcp_tcb *t, const struct xtcp_event *ev, struct xtcp_actions *act)
{
	if (process_text(t, ev, act))
		check_fin(t, ev, act);
}
