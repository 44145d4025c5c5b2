// SPDX-License-Identifier: GPL-2.0
/*
 * The send queue: SYN, bytes and FIN in sequence order, from the oldest that is not
 * acknowledged to the newest that was written. Up to @unsent it is the "retransmission
 * queue" of RFC 9293 section 3.8; from @unsent on, nothing was sent yet.
 *
 *	 SND.UNA		 SND.NXT		  write_seq
 *	    |			    |			      |
 *	+---v----+--------+--------+v-------+--------+--------+
 *	|  head  |	  |	   | unsent |	     |	tail  |
 *	+--------+--------+--------+--------+--------+--------+
 */
#include <linux/stddef.h>
#include <linux/types.h>

#include "sendq.h"
#include "seq.h"

/**
 * xtcp_sendq_append - add a record at the end
 * @q: send queue
 * @rec: the record; @seq, @end_seq and @flags are set. The rest is initialized as never
 *	sent
 *
 * Context: under the owner's lock.
 */
void xtcp_sendq_append(struct xtcp_sendq *q, struct xtcp_rec *rec)
{
	rec->sent = 0;
	rec->delivered = 0;
	rec->marks = 0;
	rec->retries = 0;
	rec->next = NULL;
	if (q->tail)
		q->tail->next = rec;
	else
		q->head = rec;
	q->tail = rec;
	if (!q->unsent)
		q->unsent = rec;
}

/**
 * xtcp_sendq_split - split a record in two
 * @q: send queue that holds @rec
 * @rec: the record, with bytes; it keeps the first @len
 * @rest: a record in no queue; it gets the other bytes and is queued behind @rec
 * @len: more than 0, and less than @rec has
 *
 * Both records have @rec's marks and send time. PSH belongs to the last byte, so to @rest.
 * @unsent stays correct: if @rec is the first unsent record it remains so; if @rec was sent,
 * @rest counts as sent, too. Context: under the owner's lock.
 */
void xtcp_sendq_split(struct xtcp_sendq *q, struct xtcp_rec *rec,
		      struct xtcp_rec *rest, u32 len)
{
	*rest = *rec;
	rest->seq = rec->seq + len;
	rec->end_seq = rest->seq;
	rec->flags &= ~XTCP_REC_PSH;

	if (!rest->next)
		q->tail = rest;
	rec->next = rest;
	if (!(rec->marks & XTCP_MARK_IN_FLIGHT))
		return;
	rest->earlier = rec;
	rec->later = rest;
	if (rest->later)
		rest->later->earlier = rest;
	else
		q->newest = rest;
}

/**
 * xtcp_sendq_join - move the first bytes of a record to the one before it
 * @q: send queue that holds @rec
 * @rec: the record, of bytes and never sent, as is the next
 * @len: bytes; at most what the next record has
 *
 * PSH belongs to the last byte: @rec keeps none of its own, and gets that of the next record
 * when it takes all of it. Context: under the owner's lock.
 *
 * Return: the next record, when it is empty and left the queue; else NULL.
 */
struct xtcp_rec *xtcp_sendq_join(struct xtcp_sendq *q, struct xtcp_rec *rec, u32 len)
{
	struct xtcp_rec *next = rec->next;

	rec->end_seq += len;
	next->seq += len;
	rec->flags &= ~XTCP_REC_PSH;
	if (next->seq != next->end_seq)
		return NULL;
	rec->flags |= next->flags & XTCP_REC_PSH;
	rec->next = next->next;
	if (!rec->next)
		q->tail = rec;
	next->next = NULL;
	return next;
}

/**
 * xtcp_sendq_in_flight_add - a record was sent: make it the newest in flight
 * @q: send queue that holds @rec
 * @rec: the record; it may be in flight already
 *
 * Context: under the owner's lock. Source: RFC 8985 section 6.2, end ("a separate doubly
 * linked list ordered by Segment.xmit_ts").
 */
void xtcp_sendq_in_flight_add(struct xtcp_sendq *q, struct xtcp_rec *rec)
{
	xtcp_sendq_in_flight_del(q, rec);
	rec->marks |= XTCP_MARK_IN_FLIGHT;
	rec->later = NULL;
	rec->earlier = q->newest;
	if (q->newest)
		q->newest->later = rec;
	else
		q->oldest = rec;
	q->newest = rec;
}

/**
 * xtcp_sendq_in_flight_del - a record is no longer in flight: it was delivered or lost
 * @q: send queue that holds @rec
 * @rec: the record
 *
 * Context: under the owner's lock.
 */
void xtcp_sendq_in_flight_del(struct xtcp_sendq *q, struct xtcp_rec *rec)
{
	if (!(rec->marks & XTCP_MARK_IN_FLIGHT))
		return;
	rec->marks &= ~XTCP_MARK_IN_FLIGHT;
	if (rec->earlier)
		rec->earlier->later = rec->later;
	else
		q->oldest = rec->later;
	if (rec->later)
		rec->later->earlier = rec->earlier;
	else
		q->newest = rec->earlier;
}

/* Remove the head, and clear its links */
static struct xtcp_rec *pop(struct xtcp_sendq *q)
{
	struct xtcp_rec *rec = q->head;

	xtcp_sendq_in_flight_del(q, rec);
	q->head = rec->next;
	if (!q->head)
		q->tail = NULL;
	rec->next = NULL;
	return rec;
}

/*
 * Remove all records before @stop. The result has only the records with bytes: the memory of
 * SYN and FIN belongs to the control block.
 */
static struct xtcp_rec *pop_until(struct xtcp_sendq *q, const struct xtcp_rec *stop)
{
	struct xtcp_rec *chain = NULL, **link = &chain;

	while (q->head != stop) {
		struct xtcp_rec *rec = pop(q);

		if (rec->flags & (XTCP_REC_SYN | XTCP_REC_FIN))
			continue;
		*link = rec;
		link = &rec->next;
	}
	return chain;
}

/**
 * xtcp_sendq_ack - remove the records that are acknowledged
 * @q: send queue
 * @una: the new SND.UNA
 *
 * A record that is acknowledged in part stays as it is (see rec.h); so does what was never
 * sent. Context: under the owner's lock. Source: RFC 9293 section 3.4 ("a segment
 * on the retransmission queue is fully acknowledged if ...") and 3.10.7.4.
 *
 * Return: the removed records with bytes, in order, as a chain by @next.
 */
struct xtcp_rec *xtcp_sendq_ack(struct xtcp_sendq *q, u32 una)
{
	struct xtcp_rec *stop = q->head;

	while (stop != q->unsent && seq_leq(stop->end_seq, una))
		stop = stop->next;
	return pop_until(q, stop);
}

/**
 * xtcp_sendq_purge - empty the queue
 * @q: send queue
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.5 and 3.10.7.4
 * ("all segment queues should be flushed").
 *
 * Return: all records with bytes, in order, as a chain by @next.
 */
struct xtcp_rec *xtcp_sendq_purge(struct xtcp_sendq *q)
{
	q->unsent = NULL;
	return pop_until(q, NULL);
}
