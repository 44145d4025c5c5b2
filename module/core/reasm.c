// SPDX-License-Identifier: GPL-2.0
/*
 * The reassembly queue: text that arrived out of order (RFC 9293 section 3.10.7.4,
 * SHLD-31). It is a tree of records ordered by sequence number. No two of them overlap:
 *
 *	   RCV.NXT
 *	      |   hole	  +------+  hole  +------+------+
 *	------v - - - - - |  a	 | - - - -|  b	 |  c	|
 *			  +------+	  +------+------+
 *
 * Only memory bounds the number of holes. Every operation takes O(log n) for its own record
 * and for each record that it removes; a record is removed only once.
 *
 * The FIN has no record here: the control block keeps its sequence number.
 */
#include <linux/minmax.h>
#include <linux/rbtree.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

#include "reasm.h"
#include "seq.h"

static struct xtcp_rec *entry(struct rb_node *node)
{
	return rb_entry_safe(node, struct xtcp_rec, node);
}

/* The last record that begins before @seq, or NULL */
static struct xtcp_rec *find_before(const struct xtcp_reasm *q, u32 seq)
{
	struct rb_node *node = q->root.rb_node;
	struct xtcp_rec *before = NULL;

	while (node) {
		struct xtcp_rec *rec = entry(node);

		if (seq_lt(rec->seq, seq)) {
			before = rec;
			node = node->rb_right;
		} else {
			node = node->rb_left;
		}
	}
	return before;
}

static void link_rec(struct xtcp_reasm *q, struct xtcp_rec *rec)
{
	struct rb_node **link = &q->root.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (seq_lt(rec->seq, entry(parent)->seq))
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&rec->node, parent, link);
	rb_insert_color(&rec->node, &q->root);
	q->bytes += xtcp_rec_len(rec);
}

static void unlink_rec(struct xtcp_reasm *q, struct xtcp_rec *rec)
{
	q->bytes -= xtcp_rec_len(rec);
	rb_erase(&rec->node, &q->root);
	rec->next = NULL;
}

static void push(struct xtcp_rec **chain, struct xtcp_rec *rec)
{
	rec->next = *chain;
	*chain = rec;
}

/* Trim @rec to begin at @seq, which lies within it */
static void trim_front(struct xtcp_rec *rec, u32 seq)
{
	rec->skip += seq - rec->seq;
	rec->seq = seq;
}

/* Neighbours looked at in each direction: a SACK block may report less than the whole run */
#define NEIGHBOURS	64

/* Extend @block from @rec to the run without a hole around it, within NEIGHBOURS records */
static void look_around(const struct xtcp_rec *rec, struct xtcp_sack_block *block)
{
	struct xtcp_rec *other = entry(rb_prev(&rec->node));
	int i;

	for (i = 0; i < NEIGHBOURS && other && other->end_seq == block->start; i++) {
		block->start = other->seq;
		other = entry(rb_prev(&other->node));
	}
	other = entry(rb_next(&rec->node));
	for (i = 0; i < NEIGHBOURS && other && other->seq == block->end; i++) {
		block->end = other->end_seq;
		other = entry(rb_next(&other->node));
	}
}

/* A record was added: merge the runs it touches with it, and make that the latest run */
static void note_recent(struct xtcp_reasm *q, const struct xtcp_rec *rec)
{
	struct xtcp_sack_block block = { rec->seq, rec->end_seq }, kept[XTCP_SACK_BLOCKS];
	u8 n = 0, i;

	for (i = 0; i < q->nrecent; i++) {
		const struct xtcp_sack_block *b = &q->recent[i];

		if (seq_gt(b->start, block.end) || seq_lt(b->end, block.start)) {
			kept[n++] = *b;
			continue;
		}
		block.start = seq_min(block.start, b->start);
		block.end = seq_max(block.end, b->end);
	}
	look_around(rec, &block);
	n = min_t(u8, n, XTCP_SACK_BLOCKS - 1);
	memcpy(q->recent + 1, kept, n * sizeof(block));
	q->recent[0] = block;
	q->nrecent = n + 1;
}

/* Remove the runs that RCV.NXT has passed */
static void drop_recent(struct xtcp_reasm *q, u32 rcv_nxt)
{
	u8 n = 0, i;

	for (i = 0; i < q->nrecent; i++)
		if (seq_gt(q->recent[i].end, rcv_nxt))
			q->recent[n++] = q->recent[i];
	q->nrecent = n;
}

/**
 * xtcp_reasm_insert - keep a record until the hole in front of it is filled
 * @q: reassembly queue
 * @rec: the record, in no queue; @seq, @end_seq and @skip are set. It is trimmed to
 *	what the queue lacks
 * @freed: chain to which the records are added that @rec covers entirely
 *
 * Of bytes that arrive twice, the first copy is kept. The exception is a record that @rec
 * covers entirely: it is removed. So the tree never has to split a record, and one full
 * segment replaces a flood of tiny records.
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.7.4.
 *
 * Return: true when the queue has taken @rec. False when @rec adds nothing: it is empty, or
 * its bytes are all in one record, or in one at its front and one at its end. Then nothing
 * was freed, and @rec's fields are undefined.
 */
bool xtcp_reasm_insert(struct xtcp_reasm *q, struct xtcp_rec *rec,
		       struct xtcp_rec **freed)
{
	struct xtcp_rec *before = find_before(q, rec->seq), *after;

	if (before && seq_gt(before->end_seq, rec->seq)) {
		if (seq_geq(before->end_seq, rec->end_seq))
			return false;
		trim_front(rec, before->end_seq);
	}
	after = entry(before ? rb_next(&before->node) : rb_first(&q->root));
	while (after && seq_lt(after->seq, rec->end_seq)) {
		struct xtcp_rec *next = entry(rb_next(&after->node));

		if (seq_gt(after->end_seq, rec->end_seq) ||
		    (after->seq == rec->seq && after->end_seq == rec->end_seq)) {
			rec->end_seq = after->seq;
			break;
		}
		unlink_rec(q, after);
		push(freed, after);
		after = next;
	}
	if (!xtcp_rec_len(rec))
		return false;
	link_rec(q, rec);
	note_recent(q, rec);
	return true;
}

/**
 * xtcp_reasm_overlap - find text of a range that is in the queue already
 * @q: reassembly queue
 * @start: the range's first sequence number
 * @end: the number after its last
 * @run: result: the first run without a hole of the range's text in the queue
 *
 * Call this before inserting the range and before xtcp_reasm_take(): both remove the records
 * that it reads. Context: under the owner's lock. Source: RFC 2883 section 4.
 *
 * Return: false when the queue has none of it; @run is not set then.
 */
bool xtcp_reasm_overlap(const struct xtcp_reasm *q, u32 start, u32 end,
			struct xtcp_sack_block *run)
{
	struct xtcp_rec *rec = find_before(q, start);

	if (!rec)
		rec = entry(rb_first(&q->root));
	else if (seq_leq(rec->end_seq, start))
		rec = entry(rb_next(&rec->node));
	if (!rec || seq_geq(rec->seq, end))
		return false;
	run->start = seq_max(rec->seq, start);
	run->end = run->start;
	while (rec && seq_leq(rec->seq, run->end) && seq_lt(run->end, end)) {
		run->end = seq_min(rec->end_seq, end);
		rec = entry(rb_next(&rec->node));
	}
	return true;
}

/**
 * xtcp_reasm_take - take out the text that has become contiguous
 * @q: reassembly queue
 * @rcv_nxt: RCV.NXT; moved past the text that is returned
 * @freed: chain to which the records are added that lie entirely before RCV.NXT
 *
 * A record that begins before RCV.NXT is trimmed at its front.
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.7.4.
 *
 * Return: the records, in order, as a chain by @next; NULL if there are none.
 */
struct xtcp_rec *xtcp_reasm_take(struct xtcp_reasm *q, u32 *rcv_nxt,
				 struct xtcp_rec **freed)
{
	struct xtcp_rec *chain = NULL, **link = &chain, *rec, *next;

	for (rec = entry(rb_first(&q->root));
	     rec && seq_leq(rec->seq, *rcv_nxt); rec = next) {
		next = entry(rb_next(&rec->node));
		unlink_rec(q, rec);
		if (seq_leq(rec->end_seq, *rcv_nxt)) {
			push(freed, rec);
			continue;
		}
		trim_front(rec, *rcv_nxt);
		*rcv_nxt = rec->end_seq;
		*link = rec;
		link = &rec->next;
	}
	drop_recent(q, *rcv_nxt);
	return chain;
}

/**
 * xtcp_reasm_first - the first run of the queue, next after RCV.NXT
 * @q: reassembly queue, not empty
 *
 * Context: under the owner's lock.
 *
 * Return: the run, or only the beginning of it if it has more than NEIGHBOURS + 1 records.
 */
struct xtcp_sack_block xtcp_reasm_first(const struct xtcp_reasm *q)
{
	const struct xtcp_rec *rec = entry(rb_first(&q->root));
	struct xtcp_sack_block block = { rec->seq, rec->end_seq };

	look_around(rec, &block);
	return block;
}

/**
 * xtcp_reasm_purge - empty the queue
 * @q: reassembly queue
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.7.4 ("all segment
 * queues should be flushed").
 *
 * Return: all records, in no particular order, as a chain by @next.
 */
struct xtcp_rec *xtcp_reasm_purge(struct xtcp_reasm *q)
{
	struct xtcp_rec *chain = NULL, *rec, *next;

	rbtree_postorder_for_each_entry_safe(rec, next, &q->root, node)
		push(&chain, rec);
	q->root = RB_ROOT;
	q->bytes = 0;
	q->nrecent = 0;
	return chain;
}
