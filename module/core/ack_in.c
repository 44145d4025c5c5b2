// SPDX-License-Identifier: GPL-2.0
/*
 * An ACK arrives. What SEG.ACK and SEG.WND of a segment say: SND.UNA, the peer's window, and
 * by its absence what was lost (RFC 9293 section 3.10.7.4, fifth; RFC 5681 and RFC 6582
 * section 3.2). When we send an ACK is ack_out.c's.
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
 * An RTT from what was sent more than once, last at @sent: the echo of a timestamp tells
 * what was answered. But a copy that is told of as a duplicate was acknowledged before,
 * that ACK was lost, and the echo is as old as that: then it is the copy that was answered.
 */
static u64 rtt_of_copies(const struct xtcp_tcb *t, const struct xtcp_arrival *a, u64 sent)
{
	if (!a->dsack)
		return xtcp_stamp_rtt(t, a->seg, a->now);
	return a->now - sent >= t->min_rtt ? a->now - sent : 0;
}

/*
 * Account for the records that SEG.ACK acknowledges, before they leave the queue. An RTT
 * is taken from the oldest, so that it has the peer's delay of the ACK in it; but if
 * any was retransmitted the ACK may be for that one (Karn, RFC 6298 section 3): then
 * only the echo of a timestamp tells.
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

/* RFC 6582 section 3.2, step 3; with SACK it is RACK that says what else was lost */
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
	/* Only the first restarts the timer, lest many holes are filled one an RTT */
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
	/* Keep it near, or the comparison would turn round after 2^31 bytes */
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
	act->freed = xtcp_sendq_ack(&t->sendq, ack);	/* the first that a segment frees */

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
 * RFC 5681 section 2: a duplicate when (a) we have outstanding data, (b) it has no data,
 * (c) neither SYN nor FIN, (d) its number is SND.UNA, (e) its window is the last one.
 */
static bool is_duplicate(const struct xtcp_tcb *t, const struct xtcp_seg *seg, u32 wnd)
{
	return xtcp_flight(t) && !xtcp_seg_len(seg) && wnd == t->snd_wnd;
}

/*
 * Fast retransmit needs more acknowledged than was in flight at the last loss, else
 * the duplicates may come from what we retransmitted needlessly (RFC 6582 section 4).
 * The first two, and in recovery each, let a new segment out (limited transmit, RFC
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
 * What SACK adds: which records have arrived, what of those sent before them is lost, and
 * whether what was taken for lost has come after all.
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
 * The peer's window was closed, and is no more. Where something was in flight all the
 * while it had been shrunk, and what lay beyond its edge was thrown away (SHLD-16). The
 * first of it tells about the rest.
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
 * SND.UNA =< SEG.ACK: is the window newer than ours? Then SND.WL2 =< SEG.ACK holds, too:
 * SND.WL2, the ACK of an earlier segment, is never beyond SND.UNA. So it is not kept.
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
	 * A peer that answers at a window of zero keeps the connection open (MUST-37), for
	 * its user's sake: one that no user has would never end.
	 */
	if (!wnd && !t->orphan)
		t->retries = 0;
}

/* Something waits to be sent, for the first time or again */
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
 * An ACK from before SND.UNA is old: it says nothing, not even of the window.
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
