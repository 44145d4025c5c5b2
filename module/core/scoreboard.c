// SPDX-License-Identifier: GPL-2.0
/*
 * The scoreboard (RFC 6675): which records the peer has received out of order, as SACK reports
 * (RFC 2018 section 5), and which are marked lost. Losses are found by RACK (rack.c), duplicate
 * ACKs (ack_in.c) or a timeout (rtx.c), and marked here.
 *
 *	SND.UNA						     SND.NXT
 *	   |	hole	+------------+	hole	+---------+	|
 *	---v- - - - - - |   SACKED   |- - - - - |  SACKED |-----v---
 *			+------------+		+---------+
 *
 * An ACK repeats what earlier ACKs have reported. So the blocks of the last ACK are remembered,
 * each with the last record in it, and the records they cover are not walked again. To find the
 * records of a new block, the queue is walked from the nearest known record. The number of
 * records walked is limited by credit, which sending earns. So a peer can't make each of its
 * ACKs cost a walk over a long queue.
 */
#include <linux/minmax.h>
#include <linux/stddef.h>

#include "scoreboard.h"
#include "seq.h"

#define WALK_LEAST	64	/* records that an ACK may always walk over */

/**
 * xtcp_scoreboard_is_dsack - does the first block report a duplicate?
 * @seg: the segment, with blocks
 *
 * It does if it lies below SEG.ACK, or within the second block. Pure: no context, no lock.
 * Source: RFC 2883 section 4.
 *
 * Return: true when it does.
 */
bool xtcp_scoreboard_is_dsack(const struct xtcp_seg *seg)
{
	const struct xtcp_sack_block *b = seg->opts.sack;

	if (seq_leq(b[0].end, seg->ack))
		return true;
	return seg->opts.nsack > 1 && seq_geq(b[0].start, b[1].start) &&
	       seq_leq(b[0].end, b[1].end);
}

/* Can the peer have what the block reports? If not, the block is ignored */
static bool is_possible(const struct xtcp_tcb *t, const struct xtcp_sack_block *b)
{
	return seq_lt(b->start, b->end) && seq_geq(b->start, t->snd_una) &&
	       seq_leq(b->end, t->snd_nxt);
}

/* Sort the usable blocks by sequence number. Return their number */
static u8 sort_blocks(const struct xtcp_tcb *t, const struct xtcp_arrival *a,
		      struct xtcp_sack_seen *sorted)
{
	u8 n = 0, i, j;

	for (i = a->dsack; i < a->seg->opts.nsack; i++) {
		const struct xtcp_sack_block *b = &a->seg->opts.sack[i];

		if (!is_possible(t, b))
			continue;
		for (j = n++; j && seq_gt(sorted[j - 1].block.start, b->start); j--)
			sorted[j] = sorted[j - 1];
		sorted[j] = (struct xtcp_sack_seen){ .block = *b };
	}
	return n;
}

/* The block of the last ACK that covers @seq, or NULL */
static const struct xtcp_sack_seen *covering(const struct xtcp_tcb *t, u32 seq)
{
	u8 i;

	for (i = 0; i < t->nseen; i++)
		if (seq_within(seq, t->seen[i].block.start, t->seen[i].block.end))
			return &t->seen[i];
	return NULL;
}

/* Where the walk to @seq begins: the last known record that isn't past it */
static struct xtcp_rec *start_of_walk(const struct xtcp_tcb *t, u32 seq)
{
	struct xtcp_rec *rec = t->sendq.head;
	u8 i;

	for (i = 0; i < t->nseen; i++) {
		struct xtcp_rec *last = t->seen[i].last;

		if (seq_leq(last->end_seq, seq) && seq_gt(last->seq, rec->seq))
			rec = last;
	}
	return rec;
}

/**
 * xtcp_mark_lost - deem a record lost
 * @t: control block
 * @rec: record of the send queue
 *
 * A record below SND.UNA may still be in the queue: it was split off the front of a record that
 * was acknowledged in part. The next ACK removes it. Such a record is not marked.
 * Context: under the owner's lock.
 */
void xtcp_mark_lost(struct xtcp_tcb *t, struct xtcp_rec *rec)
{
	const u8 in_question = XTCP_MARK_SENT | XTCP_MARK_LOST | XTCP_MARK_SACKED;

	if ((rec->marks & in_question) != XTCP_MARK_SENT)
		return;
	xtcp_sendq_in_flight_del(&t->sendq, rec);
	if (seq_leq(rec->end_seq, t->snd_una))
		return;
	if (!t->lost || (t->lost_hint && seq_lt(rec->seq, t->lost_hint->seq)))
		t->lost_hint = rec;
	rec->marks |= XTCP_MARK_LOST;
	t->lost += xtcp_rec_len(rec);
}

/**
 * xtcp_unmark_lost - a record no longer waits for its retransmission
 * @t: control block
 * @rec: record that is marked lost
 *
 * Context: under the owner's lock.
 */
void xtcp_unmark_lost(struct xtcp_tcb *t, struct xtcp_rec *rec)
{
	rec->marks &= ~XTCP_MARK_LOST;
	t->lost -= xtcp_rec_len(rec);
}

/**
 * xtcp_mark_all_lost - after a timeout, go back to SND.UNA
 * @t: control block
 *
 * Nothing is known of the records behind the one that timed out. As cwnd grows they are
 * retransmitted one by one, unless an ACK removes them from the queue first.
 * Context: under the owner's lock. Source: RFC 5681 section 3.1.
 */
void xtcp_mark_all_lost(struct xtcp_tcb *t)
{
	struct xtcp_rec *rec;

	for (rec = t->sendq.head; rec && rec != t->sendq.unsent; rec = rec->next)
		xtcp_mark_lost(t, rec);
}

/**
 * xtcp_mark_first_lost - deem the first record lost, and retransmit it whatever cwnd says
 * @t: control block with something in flight
 *
 * Context: under the owner's lock. Source: RFC 5681 section 3.2, step 3 ("the lost segment
 * starting at SND.UNA").
 */
void xtcp_mark_first_lost(struct xtcp_tcb *t)
{
	struct xtcp_rec *rec = t->sendq.head;

	while (seq_leq(rec->end_seq, t->snd_una))
		rec = rec->next;
	xtcp_mark_lost(t, rec);
	t->retx_now = true;
}

/**
 * xtcp_mark_oversized - the path MTU has become smaller: retransmit segments that don't fit
 * @t: control block, the new @snd_mss set
 *
 * Such segments are retransmitted at once, without the reaction of congestion control to a
 * loss. This happens once each time the MTU shrinks: a repeated report neither walks the queue
 * nor sends anything.
 * Context: under the owner's lock. Source: RFC 9293 section 3.7.2; RFC 1191 section 6.3.
 */
void xtcp_mark_oversized(struct xtcp_tcb *t)
{
	struct xtcp_rec *rec;

	if (!t->narrowed)
		return;
	t->narrowed = false;
	for (rec = t->sendq.head; rec && rec != t->sendq.unsent; rec = rec->next)
		if (xtcp_rec_len(rec) > t->snd_mss)
			xtcp_mark_lost(t, rec);
	if (t->lost)
		t->retx_now = true;
}

/* The peer has reported that it has this record */
static void mark_sacked(struct xtcp_tcb *t, struct xtcp_rec *rec)
{
	if (rec->marks & XTCP_MARK_LOST)
		xtcp_unmark_lost(t, rec);
	xtcp_sendq_in_flight_del(&t->sendq, rec);
	rec->marks |= XTCP_MARK_SACKED;
	t->sacked += xtcp_rec_len(rec);
	t->sacked_recs++;
}

/**
 * xtcp_unmark_sacked - a record was cumulatively acknowledged, or the peer has discarded it
 * @t: control block
 * @rec: record that is marked SACKED
 *
 * Context: under the owner's lock.
 */
void xtcp_unmark_sacked(struct xtcp_tcb *t, struct xtcp_rec *rec)
{
	rec->marks &= ~XTCP_MARK_SACKED;
	t->sacked -= xtcp_rec_len(rec);
	t->sacked_recs--;
}

/* Walk over one block, skipping what is known already; remember how far the walk got */
static void walk(struct xtcp_tcb *t, struct xtcp_sack_seen *s, struct xtcp_arrival *a)
{
	const struct xtcp_sack_seen *seen = covering(t, s->block.start);
	struct xtcp_rec *rec = seen ? seen->last : start_of_walk(t, s->block.start);

	for (; rec && rec != t->sendq.unsent && seq_leq(rec->end_seq, s->block.end);
	     rec = rec->next) {
		if (!t->walk_credit)
			return;
		t->walk_credit--;
		if (seq_lt(rec->seq, s->block.start))
			continue;
		if (!(rec->marks & XTCP_MARK_SACKED)) {
			xtcp_arrival_add(t, a, rec);
			mark_sacked(t, rec);
		}
		s->last = rec;
		seen = covering(t, rec->end_seq);
		if (seen && seq_gt(seen->last->end_seq, rec->end_seq) &&
		    seq_leq(seen->last->end_seq, s->block.end)) {
			rec = seen->last;	/* go on behind it */
			s->last = rec;
		}
	}
}

/**
 * xtcp_scoreboard_take - process the SACK blocks of an ACK
 * @t: control block, SND.UNA moved already
 * @a: what this ACK says has arrived; newly SACKed records are added
 *
 * Context: under the owner's lock. Source: RFC 2018 section 5; RFC 6675 section 4, Update().
 */
void xtcp_scoreboard_take(struct xtcp_tcb *t, struct xtcp_arrival *a)
{
	struct xtcp_sack_seen sorted[XTCP_SACK_BLOCKS];
	u8 n = sort_blocks(t, a, sorted), kept = 0, i;

	t->walk_credit = max_t(u16, t->walk_credit, WALK_LEAST);
	for (i = 0; i < n; i++) {
		const struct xtcp_sack_seen *seen = covering(t, sorted[i].block.start);

		if (seen && seen->block.end == sorted[i].block.end)
			sorted[i].last = seen->last;
		else
			walk(t, &sorted[i], a);
	}
	for (i = 0; i < n; i++)
		if (sorted[i].last && t->walk_credit)
			t->seen[kept++] = sorted[i];
	if (kept)
		t->nseen = kept;
}

/**
 * xtcp_scoreboard_forget - forget the records that a new SND.UNA will free
 * @t: control block
 * @una: the new SND.UNA
 *
 * Context: under the owner's lock.
 */
void xtcp_scoreboard_forget(struct xtcp_tcb *t, u32 una)
{
	u8 n = 0, i;

	for (i = 0; i < t->nseen; i++)
		if (seq_gt(t->seen[i].last->end_seq, una))
			t->seen[n++] = t->seen[i];
	t->nseen = n;
}

/**
 * xtcp_scoreboard_clear - discard all SACK information
 * @t: control block
 *
 * The records count as in flight again and keep their send times.
 * Context: under the owner's lock. Source: RFC 2018 section 8, for a peer that has discarded
 * what it had reported.
 */
void xtcp_scoreboard_clear(struct xtcp_tcb *t)
{
	struct xtcp_rec *rec;

	for (rec = t->sendq.head; rec && rec != t->sendq.unsent; rec = rec->next) {
		if (!(rec->marks & XTCP_MARK_SACKED))
			continue;
		xtcp_unmark_sacked(t, rec);
		xtcp_sendq_in_flight_add(&t->sendq, rec);
	}
	t->nseen = 0;
}
