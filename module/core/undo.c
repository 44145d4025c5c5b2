// SPDX-License-Identifier: GPL-2.0
/*
 * Undo: a segment was deemed lost that was only delayed. Two things show it: the echo of a
 * timestamp from before the first retransmission (the Eifel algorithm, RFC 3522), or the
 * peer's report that each retransmission was a duplicate (RFC 2883, RFC 3708). The congestion
 * window then gets its old value back (RFC 4015).
 */
#include <linux/minmax.h>

#include "cc.h"
#include "scoreboard.h"
#include "seq.h"
#include "stamp.h"
#include "undo.h"

/* Sequence numbers after which a recovery is forgotten, long before they wrap */
#define REMEMBERED	0x40000000U

/**
 * xtcp_undo_prepare - a recovery begins: save what it will change
 * @t: control block, not in recovery
 *
 * Context: under the owner's lock, before congestion control reacts. Source: RFC 4015
 * section 3.1, (0).
 */
void xtcp_undo_prepare(struct xtcp_tcb *t)
{
	t->undo = true;
	t->undo_eifel = t->ts_ok;
	t->undo_cwnd = t->cwnd;
	t->undo_ssthresh = t->ssthresh;
	t->undo_una = t->snd_una;
	t->undo_bytes = 0;
	t->tlp_out = false;		/* RFC 8985 section 7.1 */
	t->tlp_now = false;
}

/**
 * xtcp_undo_retransmitted - a record that was deemed lost was retransmitted
 * @t: control block
 * @rec: the record
 * @now: time, us
 *
 * Context: under the owner's lock. Source: RFC 3522 section 3.2, (2).
 */
void xtcp_undo_retransmitted(struct xtcp_tcb *t, const struct xtcp_rec *rec, u64 now)
{
	if (!t->undo)
		return;
	if (!t->undo_bytes)
		t->undo_stamp = xtcp_stamp(now, t->ts_offset);
	t->undo_bytes += xtcp_rec_len(rec);
}

/*
 * Records marked lost count as in flight again. They were sent before all others in flight, so
 * they go to the front of the list ordered by send time.
 */
static void unmark_all_lost(struct xtcp_tcb *t)
{
	struct xtcp_sendq found = {}, *q = &t->sendq;
	struct xtcp_rec *rec;

	for (rec = q->head; rec && rec != q->unsent; rec = rec->next) {
		if (!(rec->marks & XTCP_MARK_LOST))
			continue;
		xtcp_unmark_lost(t, rec);
		xtcp_sendq_in_flight_add(&found, rec);
	}
	if (!found.newest)
		return;
	found.newest->later = q->oldest;
	if (q->oldest)
		q->oldest->earlier = found.newest;
	else
		q->newest = found.newest;
	q->oldest = found.oldest;
}

/**
 * xtcp_undo - there was no loss: restore the state before the recovery
 * @t: control block; @undo is set
 *
 * Context: under the owner's lock. Source: RFC 4015 section 3.1.
 */
void xtcp_undo(struct xtcp_tcb *t)
{
	t->undo = false;
	t->frto = XTCP_FRTO_OFF;
	unmark_all_lost(t);
	t->retx_now = false;
	t->recovery = false;
	t->rto_recovery = false;
	xtcp_cc_undo(t);
}

/*
 * RFC 3522 section 3.2, (4) and (5): the first ACK after the retransmission that moves
 * SND.UNA decides. It does not count if all original ACKs may have been lost.
 */
static bool is_eifel(struct xtcp_tcb *t, const struct xtcp_arrival *a)
{
	const struct xtcp_seg *seg = a->seg;

	if (!t->undo_eifel || !t->undo_bytes || seg->ack == t->undo_una)
		return false;
	t->undo_eifel = false;
	if (!seg->opts.ts || !seq_lt(seg->opts.tsecr, t->undo_stamp) || a->dsack)
		return false;
	return t->dsack_seen || seg->ack != t->snd_nxt;
}

/* RFC 3708 section 3: "if all retransmitted segments are acknowledged" twice */
static bool is_all_duplicate(struct xtcp_tcb *t, const struct xtcp_arrival *a)
{
	const struct xtcp_sack_block *b = a->seg->opts.sack;

	if (!a->dsack || !t->undo_bytes || seq_lt(b->start, t->undo_una) ||
	    seq_gt(b->end, t->snd_nxt))
		return false;
	t->undo_bytes -= min(t->undo_bytes, b->end - b->start);
	return !t->undo_bytes;
}

/**
 * xtcp_undo_acked - undo the recovery if this ACK shows that there was no loss
 * @t: control block, SND.UNA moved already
 * @a: what the ACK says
 *
 * Context: under the owner's lock. Source: RFC 3522 section 3.2; RFC 4015 section 3.1.
 */
void xtcp_undo_acked(struct xtcp_tcb *t, const struct xtcp_arrival *a)
{
	bool spurious;

	t->dsack_seen |= a->dsack;
	if (t->snd_una - t->undo_una > REMEMBERED)
		t->undo = false;
	if (!t->undo)
		return;
	spurious = is_eifel(t, a);
	if (is_all_duplicate(t, a) || spurious)
		xtcp_undo(t);
}
