// SPDX-License-Identifier: GPL-2.0
/*
 * What an ACK reports as arrived: of the records that it acknowledges for the first time, the one
 * that was sent last (RFC 8985 section 6.2, steps 1 to 3). ack_in.c adds the records that are
 * acknowledged cumulatively, scoreboard.c those that are SACKed. rack.c and others use the
 * result.
 */
#include <linux/limits.h>
#include <linux/minmax.h>

#include "arrival.h"
#include "stamp.h"
#include "usec.h"

#define MIN_RTT_LASTS	(300 * XTCP_US_PER_S)	/* then measure anew: the path may be longer now */

static void note_min_rtt(struct xtcp_tcb *t, u32 rtt, u64 now)
{
	if (t->min_rtt && rtt > t->min_rtt && now - t->min_rtt_at <= MIN_RTT_LASTS)
		return;
	t->min_rtt = rtt;
	t->min_rtt_at = now;
}

/*
 * Could the ACK be for an earlier transmission of the record? Then the time since the last one is
 * no RTT: it may be shorter than the path allows. The timestamp echo shows this as well, but not
 * for SACKed data: the timestamp of an out-of-order segment is not echoed (RFC 7323 section 4.3).
 */
static bool is_ambiguous(const struct xtcp_tcb *t, const struct xtcp_arrival *a,
			 const struct xtcp_rec *rec)
{
	if (!(rec->marks & XTCP_MARK_RETX))
		return false;
	if (t->ts_ok && a->seg->opts.ts && seq_geq(a->seg->ack, rec->end_seq) &&
	    seq_lt(a->seg->opts.tsecr, xtcp_stamp(rec->sent, t->ts_offset)))
		return true;
	return a->now - rec->sent < t->min_rtt;
}

/* RFC 8985 section 6.2, step 3 */
static void detect_reordering(struct xtcp_tcb *t, const struct xtcp_rec *rec)
{
	if (seq_gt(rec->end_seq, t->fack))
		t->fack = rec->end_seq;
	else if (seq_lt(rec->end_seq, t->fack) && !(rec->marks & XTCP_MARK_RETX))
		t->reordering = true;
}

/**
 * xtcp_arrival_add - an ACK reports for the first time that a record has arrived
 * @t: control block
 * @a: what this ACK reports
 * @rec: the record, its marks not changed yet
 *
 * Context: under the owner's lock. Source: RFC 8985 section 6.2, steps 1 to 3.
 */
void xtcp_arrival_add(struct xtcp_tcb *t, struct xtcp_arrival *a, const struct xtcp_rec *rec)
{
	u32 rtt = clamp_t(u64, a->now - rec->sent, 1, U32_MAX);

	a->any = true;
	detect_reordering(t, rec);
	if (is_ambiguous(t, a, rec))
		return;
	if (!(rec->marks & XTCP_MARK_RETX))
		note_min_rtt(t, rtt, a->now);
	if (a->sent && !xtcp_sent_after(rec->sent, rec->end_seq, a->sent, a->end_seq))
		return;
	a->sent = rec->sent;
	a->end_seq = rec->end_seq;
	t->rack_rtt = rtt;
	if (xtcp_sent_after(rec->sent, rec->end_seq, t->rack_sent, t->rack_end)) {
		t->rack_sent = rec->sent;
		t->rack_end = rec->end_seq;
	}
}
