// SPDX-License-Identifier: GPL-2.0
/*
 * F-RTO (RFC 5682): did the retransmission timer expire too early? What comes back for the
 * one segment that it has sent again says nothing; so two new ones are sent where two more
 * would have been retransmitted, and the ACK that follows tells whether what lies between has
 * arrived, which was not sent again.
 *
 *	timeout: only the first goes again --> its ACK: two new ones --> the next ACK:
 *		 RETRANSMITTED			NEW_DATA		 spurious, or not
 *
 * A timestamp tells it with the first ACK (undo.c): if that has one, this ends. That timestamps
 * were agreed is not enough: there are middleboxes that take them out of what follows the SYN.
 */
#include "cc.h"
#include "frto.h"
#include "seq.h"
#include "undo.h"
#include "window.h"

#define NEW_SEGMENTS	2	/* as many as slow start would let out */

/**
 * xtcp_frto_begin - the retransmission timer has expired
 * @t: control block; before congestion control reacts
 *
 * It begins again only when the same segment times out again: after that ACKs may be for what
 * was sent again. Context: under the owner's lock. Source: RFC 5682 sections 2.1 and 3.1, (1).
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

/* Has the echo of a timestamp decided? */
static bool told_by_stamp(const struct xtcp_tcb *t, const struct xtcp_arrival *a)
{
	return t->ts_ok && a->seg->opts.ts;
}

/*
 * Step 2. Where no new segment can be sent, the usual recovery goes on, and so where the ACK is
 * for all, which may have been on its way for long but for the first, or for less than was
 * retransmitted.
 */
static void first_ack(struct xtcp_tcb *t, const struct xtcp_arrival *a, bool moved, bool dup)
{
	if (told_by_stamp(t, a) || (dup && !t->sack_ok))
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
 * Step 3. With SACK it counts what has arrived of what was sent before the timeout; without it
 * SND.UNA has to move.
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
	t->recover = t->snd_una - 1;	/* duplicate ACKs tell of a loss again */
}

/**
 * xtcp_frto_acked - an ACK after a timeout
 * @t: control block, @frto not off, SND.UNA and SND.WND moved already
 * @a: what the ACK says
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
