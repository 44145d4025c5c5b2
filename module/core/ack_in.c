// SPDX-License-Identifier: GPL-2.0
/*
 * An ACK arrives: what SEG.ACK and SEG.WND change. They move SND.UNA and the send window, and
 * show what was lost (RFC 9293 section 3.10.7.4, fifth; RFC 5681; RFC 6582 section 3.2). When
 * we send an ACK is decided in ack_out.c.
 */
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/stddef.h>

#include "ack_in.h"
#include "blackhole.h"
#include "cc.h"
#include "frto.h"
#include "rack.h"
#include "rtt.h"
#include "rtx.h"
#include "scoreboard.h"
#include "seq.h"
#include "stamp.h"
#include "tlp.h"
#include "undo.h"
#include "window.h"

/*
 * RTT of data that was sent more than once, last at @sent; 0: unknown. The timestamp echo tells
 * which transmission was answered. If the ACK also reports a duplicate (D-SACK), an earlier ACK
 * of the data was lost and the echo is as old as that ACK. What this ACK answers is the
 * retransmission.
 */
static u64 rtt_of_copies(const struct xtcp_tcb *t, const struct xtcp_arrival *a, u64 sent)
{
	if (!a->dsack)
		return xtcp_stamp_rtt(t, a->seg, a->now);
	return a->now - sent >= t->min_rtt ? a->now - sent : 0;
}

/*
 * Account for the records that SEG.ACK acknowledges, before they leave the queue. The RTT is
 * measured from the oldest of them, so it includes the peer's ACK delay. If any of them was
 * retransmitted, the ACK may answer the retransmission (Karn, RFC 6298 section 3): see
 * rtt_of_copies().
 */
static void account(struct xtcp_tcb *t, struct xtcp_arrival *a)
{
	struct xtcp_rec *rec = t->sendq.head;
	u32 una = a->seg->ack;
	u64 sent = rec->sent;
	bool again = false, any = false;
	u64 rtt;

	for (; rec && rec != t->sendq.unsent && seq_leq(rec->end_seq, una); rec = rec->next) {
		any = true;
		if (rec->marks & XTCP_MARK_RETX)
			again = true;
		if (rec->marks & XTCP_MARK_SACKED)
			xtcp_unmark_sacked(t, rec);
		else
			xtcp_arrival_add(t, a, rec);
		if (rec->marks & XTCP_MARK_LOST)
			xtcp_unmark_lost(t, rec);
		if (rec == t->lost_hint)
			t->lost_hint = NULL;
	}
	rtt = again ? rtt_of_copies(t, a, sent) : max_t(u64, a->now - sent, 1);
	if (any && rtt)
		xtcp_rtt_sample(t, rtt);
}

/* RFC 6582 section 3.2, step 3. With SACK, RACK decides what else was lost */
static void recovery_acked(struct xtcp_tcb *t, u32 acked, u64 now)
{
	if (seq_geq(t->snd_una, t->recover)) {
		xtcp_cc_recovery_leave(t);
		xtcp_rack_recovered(t);
	}
	if (!t->recovery || t->sack_ok) {
		xtcp_rtx_restart(t, now);
		return;
	}
	xtcp_cc_recovery_partial(t, acked);
	xtcp_mark_first_lost(t);
	/* Only the first partial ACK restarts the timer: filling many holes takes an RTT each */
	if (!t->partial_ack)
		xtcp_rtx_restart(t, now);
	t->partial_ack = true;
}

static void usual_acked(struct xtcp_tcb *t, u32 acked, u64 now)
{
	if (!t->sack_ok)
		t->sacked = 0;
	xtcp_cc_acked(t, acked);
	if (t->rto_recovery && seq_geq(t->snd_una, t->recover)) {
		t->rto_recovery = false;
		xtcp_rack_recovered(t);
	}
	/* Keep @recover close behind SND.UNA: after 2^31 bytes the comparison would wrap */
	if (seq_gt(t->snd_una, t->recover))
		t->recover = t->snd_una - 1;
	xtcp_rtx_restart(t, now);
}

/* SND.UNA < SEG.ACK =< SND.NXT */
static void ack_new(struct xtcp_tcb *t, struct xtcp_arrival *a, struct xtcp_actions *act)
{
	u32 ack = a->seg->ack, acked = ack - t->snd_una;

	xtcp_scoreboard_forget(t, ack);
	account(t, a);
	act->freed = xtcp_sendq_ack(&t->sendq, ack);	/* @freed was empty so far */

	t->snd_una = ack;
	t->snd_up = seq_max(t->snd_up, ack);
	t->delivered += acked;
	t->retries = 0;
	t->dupacks = 0;
	if (t->recovery)
		recovery_acked(t, acked, a->now);
	else
		usual_acked(t, acked, a->now);
	act->todo |= XTCP_ACT_WRITABLE;
}

/*
 * RFC 5681 section 2: an ACK is a duplicate if (a) data is outstanding, (b) the ACK carries no
 * data, (c) neither SYN nor FIN, (d) SEG.ACK is SND.UNA (checked by the caller), and (e) its
 * window equals the last one.
 */
static bool is_duplicate(const struct xtcp_tcb *t, const struct xtcp_seg *seg, u32 wnd)
{
	return xtcp_flight(t) && !xtcp_seg_len(seg) && wnd == t->snd_wnd;
}

/*
 * Fast retransmit only if SEG.ACK covers more than @recover. Otherwise the duplicates may have
 * been caused by our own unnecessary retransmissions (RFC 6582 section 4). Each of the first two
 * duplicates, and each one during recovery, lets one new segment out (limited transmit, RFC
 * 3042; RFC 5681 section 3.2, step 4).
 */
static void ack_duplicate(struct xtcp_tcb *t)
{
	if (t->rto_recovery)
		return;
	if (t->dupacks < U8_MAX)
		t->dupacks++;
	if (t->recovery) {
		t->sacked = min(t->sacked + t->snd_mss, xtcp_flight(t));
	} else if (t->dupacks < XTCP_DUPACKS) {
		t->sacked = t->dupacks * t->snd_mss;
	} else if (seq_gt(t->snd_una, t->recover)) {
		xtcp_undo_prepare(t);
		xtcp_cc_recovery_enter(t);
		xtcp_mark_first_lost(t);
	}
}

/*
 * Process what SACK adds to the ACK: records that have arrived, a duplicate that the peer reports
 * (D-SACK), the outcome of a tail loss probe, and records that are lost by now.
 */
static void ack_selective(struct xtcp_tcb *t, struct xtcp_arrival *a)
{
	if (a->seg->opts.nsack)
		xtcp_scoreboard_take(t, a);
	if (a->dsack)
		xtcp_rack_dsack(t);
	xtcp_tlp_acked(t, a);
	if (a->any)
		xtcp_rack_detect(t, a->now);
}

/*
 * A zero window has opened. If data is in flight, the peer shrank its window and may have
 * dropped what lay beyond the right edge. Retransmit the first record (SHLD-16); its ACK tells
 * about the rest.
 */
static void window_opened(struct xtcp_tcb *t)
{
	t->deadline[XTCP_TIMER_PERSIST] = 0;
	t->probes_out = 0;
	t->probe_now = false;
	if (xtcp_flight(t))
		xtcp_mark_first_lost(t);
}

/*
 * SND.UNA =< SEG.ACK: take the window if the segment is not older than the one that updated it
 * last. SND.WL2 is not kept: it is the ACK of an earlier segment, so never beyond SND.UNA, and
 * the RFC's test SND.WL2 =< SEG.ACK always holds here.
 */
static void update_window(struct xtcp_tcb *t, const struct xtcp_seg *seg, u32 wnd)
{
	if (seq_gt(t->snd_wl1, seg->seq))
		return;
	t->snd_wl1 = seg->seq;
	if (!t->snd_wnd && wnd)
		window_opened(t);
	t->snd_wnd = wnd;
	t->snd_wnd_max = max(t->snd_wnd_max, wnd);
	/*
	 * A peer that answers zero-window probes keeps the connection open (MUST-37). This does
	 * not apply to orphans, which would never end.
	 */
	if (!wnd && !t->orphan)
		t->retries = 0;
}

static bool has_output(const struct xtcp_tcb *t)
{
	return t->sendq.unsent || t->lost || t->ack_now;
}

/**
 * xtcp_ack - process SEG.ACK and SEG.WND
 * @t: control block
 * @seg: an acceptable segment with an ACK not beyond SND.NXT
 * @now: time, us
 * @act: actions; may get XTCP_ACT_WRITABLE, XTCP_ACT_OUTPUT and @freed
 *
 * An ACK below SND.UNA is old and ignored; its window is not used either.
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.7.4, fifth,
 * ESTABLISHED.
 */
void xtcp_ack(struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now,
	      struct xtcp_actions *act)
{
	u8 shift = seg->flags & XTCP_SYN ? 0 : t->snd_wscale;
	u32 wnd = (u32)seg->wnd << shift, una = t->snd_una;
	struct xtcp_arrival a = { .seg = seg, .now = now };
	bool dup;

	if (seq_lt(seg->ack, una))
		return;
	if (t->hole_mss)
		xtcp_blackhole_retry(t, now);
	t->soft_err = 0;
	a.dsack = t->sack_ok && seg->opts.nsack && xtcp_scoreboard_is_dsack(seg);
	dup = seg->ack == una && is_duplicate(t, seg, wnd);
	if (seg->ack != una)
		ack_new(t, &a, act);
	else if (!t->sack_ok && dup)
		ack_duplicate(t);
	if (t->sack_ok)
		ack_selective(t, &a);
	xtcp_undo_acked(t, &a);
	if (seg->ack != una)
		xtcp_tlp_arm(t, now);
	update_window(t, seg, wnd);
	if (t->frto)
		xtcp_frto_acked(t, &a, seg->ack != una, dup);
	if (has_output(t))
		act->todo |= XTCP_ACT_OUTPUT;
}
