// SPDX-License-Identifier: GPL-2.0
/*
 * RACK: a record is lost when one that was sent later has arrived, and some time for
 * reordering has passed (RFC 8985 section 6). RACK needs SACK; without SACK three duplicate
 * ACKs show a loss (ack_in.c).
 *
 *	order of time:	[ oldest ] [	] [    ] | [	] [ newest ]
 *						 |
 *		sent before @rack_sent: suspects | sent after it: nothing is known
 *
 * Only suspects are looked at. A record that is deemed lost leaves the order of time until
 * it is sent again. So the work is bounded by the number of records sent.
 */
#include <linux/limits.h>
#include <linux/minmax.h>

#include "cc.h"
#include "deadline.h"
#include "rack.h"
#include "scoreboard.h"
#include "undo.h"

#define REO_PERSIST	16	/* recoveries for which a wider window is kept */

/**
 * xtcp_rack_dsack - the peer has reported a duplicate: allow for more reordering
 * @t: control block
 *
 * At most once per round trip. Context: under the owner's lock. Source: RFC 8985 section 6.2,
 * step 4.
 */
void xtcp_rack_dsack(struct xtcp_tcb *t)
{
	if (t->dsack_round_on && seq_lt(t->snd_una, t->dsack_round))
		return;
	t->dsack_round_on = true;
	t->dsack_round = t->snd_nxt;
	t->reo_mult = min_t(u32, t->reo_mult + 1, U8_MAX);
	t->reo_persist = REO_PERSIST;
}

/**
 * xtcp_rack_recovered - a recovery has ended
 * @t: control block
 *
 * Context: under the owner's lock. Source: RFC 8985 section 6.2, step 4.
 */
void xtcp_rack_recovered(struct xtcp_tcb *t)
{
	if (t->reo_persist && !--t->reo_persist)
		t->reo_mult = 0;
}

/* Step 4; @reo_mult is RACK.reo_wnd_mult - 1 */
static u32 reo_wnd(const struct xtcp_tcb *t)
{
	if (!t->reordering && (t->recovery || t->rto_recovery ||
			       t->sacked_recs >= XTCP_DUPACKS))
		return 0;
	return min_t(u64, (t->reo_mult + 1ULL) * (t->min_rtt / 4), t->srtt);
}

/*
 * All losses of one window count as one sign of congestion. The loss of a retransmission that
 * was sent after the reaction to the first counts as another (RFC 8985 section 9.3).
 */
static void react(struct xtcp_tcb *t, const struct xtcp_rec *rec, u64 now)
{
	if (t->recovery || t->rto_recovery) {
		if (!(rec->marks & XTCP_MARK_RETX) || rec->sent < t->reacted)
			return;
		xtcp_cc_again(t);
	} else {
		xtcp_undo_prepare(t);
		xtcp_cc_recovery_enter(t);
		t->retx_now = true;
	}
	t->reacted = now;
}

/**
 * xtcp_rack_detect - find the records that are lost
 * @t: control block
 * @now: time, us
 *
 * If suspects remain, this arms the reordering timer. RFC 8985 uses the latest deadline of all
 * suspects. This uses the deadline of a record sent at @rack_sent instead: no suspect was sent
 * later, so it is not too early, and the suspects need not be walked.
 * Context: under the owner's lock. Source: RFC 8985 section 6.2, steps 4 and 5.
 */
void xtcp_rack_detect(struct xtcp_tcb *t, u64 now)
{
	u64 patience = t->rack_rtt + (u64)reo_wnd(t);
	struct xtcp_rec *rec;

	t->deadline[XTCP_TIMER_REORDER] = 0;
	for (rec = t->sendq.oldest; rec; rec = t->sendq.oldest) {
		if (!xtcp_sent_after(t->rack_sent, t->rack_end, rec->sent, rec->end_seq))
			return;
		if (rec->sent + patience > now) {
			xtcp_deadline_set(t, XTCP_TIMER_REORDER, t->rack_sent + patience);
			return;
		}
		react(t, rec, now);
		xtcp_mark_lost(t, rec);
	}
}

/**
 * xtcp_rack_timeout - the retransmission timer has expired: mark what is lost
 * @t: control block; its send queue is not empty
 * @now: time, us
 *
 * The first record is lost, and so is each other record whose ACK is overdue. If the first
 * record is SACKed, the peer has discarded data that it had reported. Then all SACK
 * information is dropped, and everything counts as lost.
 * Context: under the owner's lock. Source: RFC 8985 section 6.3; RFC 2018 section 8.
 */
void xtcp_rack_timeout(struct xtcp_tcb *t, u64 now)
{
	u64 patience = t->rack_rtt + (u64)reo_wnd(t);
	struct xtcp_rec *rec = t->sendq.head;

	while (seq_leq(rec->end_seq, t->snd_una))	/* see xtcp_mark_lost() */
		rec = rec->next;
	if (rec->marks & XTCP_MARK_SACKED) {
		xtcp_scoreboard_clear(t);
		xtcp_mark_all_lost(t);
		return;
	}
	xtcp_mark_lost(t, rec);
	for (rec = t->sendq.oldest; rec && rec->sent + patience <= now; rec = t->sendq.oldest)
		xtcp_mark_lost(t, rec);
}
