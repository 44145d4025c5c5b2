// SPDX-License-Identifier: GPL-2.0
/*
 * F-RTO (RFC 5682) detects a spurious retransmission timeout. The ACK of the retransmitted segment
 * does not show whether the timeout was spurious. So instead of retransmitting two more segments,
 * F-RTO sends two new ones. The next ACK shows whether the segments in between, which were not
 * retransmitted, have arrived.
 *
 *	timeout: only the first goes again --> its ACK: two new ones --> the next ACK:
 *		 RETRANSMITTED			NEW_DATA		 spurious, or not
 *
 * If the first ACK has a timestamp, its echo decides at once (undo.c) and F-RTO ends. It does not
 * end just because timestamps were agreed: some middleboxes remove them after the handshake.
 */
#include "cc.h"
#include "frto.h"
#include "seq.h"
#include "undo.h"
#include "window.h"

#define NEW_SEGMENTS	2	/* as many as slow start would send */

/**
 * xtcp_frto_begin - the retransmission timer has expired: start F-RTO
 * @t: control block; congestion control has not reacted yet
 *
 * During RTO recovery F-RTO starts again only if the same segment times out again. In any other
 * case ACKs may be for retransmitted segments.
 * Context: under the owner's lock. Source: RFC 5682 sections 2.1 and 3.1, (1).
 */
void xtcp_frto_begin(struct xtcp_tcb *t)
{
	bool again = t->frto == XTCP_FRTO_RETRANSMITTED;

	t->frto = XTCP_FRTO_OFF;
	if (t->recovery || xtcp_handshaking(t) || (t->rto_recovery && !again))
		return;
	t->frto = XTCP_FRTO_RETRANSMITTED;
	t->frto_end = t->snd_una;
}

static bool can_send_new(const struct xtcp_tcb *t)
{
	const struct xtcp_rec *rec = t->sendq.unsent;

	return rec && rec != &t->fin && xtcp_usable_window(t);
}

/* Does the ACK have a timestamp, so that undo.c has decided? */
static bool decided_by_stamp(const struct xtcp_tcb *t, const struct xtcp_arrival *a)
{
	return t->ts_ok && a->seg->opts.ts;
}

/*
 * Step 2. The usual RTO recovery goes on if no new segment can be sent. It also goes on if the ACK
 * is for all data, since all but the first segment may have arrived long ago, and if the ACK is
 * for less than was retransmitted.
 */
static void first_ack(struct xtcp_tcb *t, const struct xtcp_arrival *a, bool moved, bool dup)
{
	if (decided_by_stamp(t, a) || (dup && !t->sack_ok))
		t->frto = XTCP_FRTO_OFF;
	if (!moved || t->frto == XTCP_FRTO_OFF)
		return;
	t->frto = XTCP_FRTO_OFF;
	if (seq_geq(t->snd_una, t->recover) || seq_lt(t->snd_una, t->frto_end) ||
	    !can_send_new(t))
		return;
	t->frto = XTCP_FRTO_NEW_DATA;
	t->frto_left = NEW_SEGMENTS;
}

/*
 * Step 3. Without SACK the timeout was spurious if SND.UNA has moved. With SACK it was spurious if
 * the ACK reports a record for the first time, and nothing sent after the timeout has arrived.
 */
static void second_ack(struct xtcp_tcb *t, const struct xtcp_arrival *a, bool moved, bool dup)
{
	bool spurious = moved;

	if (!moved && !dup)
		return;
	if (t->sack_ok)
		spurious = a->any && seq_leq(t->fack, t->recover);
	t->frto = XTCP_FRTO_OFF;
	if (!spurious) {
		xtcp_cc_timeout_was_right(t);
		return;
	}
	xtcp_undo(t);
	t->recover = t->snd_una - 1;	/* let duplicate ACKs start a recovery again */
}

/**
 * xtcp_frto_acked - an ACK has arrived while F-RTO runs
 * @t: control block, @frto not off, SND.UNA and SND.WND updated already
 * @a: what the ACK reports
 * @moved: it has moved SND.UNA
 * @dup: it is a duplicate (RFC 5681 section 2)
 *
 * Context: under the owner's lock. Source: RFC 5682 sections 2.1 and 3.1, (2) and (3).
 */
void xtcp_frto_acked(struct xtcp_tcb *t, const struct xtcp_arrival *a, bool moved, bool dup)
{
	if (t->frto == XTCP_FRTO_RETRANSMITTED)
		first_ack(t, a, moved, dup);
	else
		second_ack(t, a, moved, dup);
}
