/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records: what the core knows of a piece of the byte stream.
 *
 * A record never owns memory. The module lays it into skb->cb of the buffer
 * that holds the bytes; SYN and FIN, which have no bytes, have their records in
 * the control block. A record is in one queue at most, and the queue's rule says
 * which union member is live:
 *
 *   send queue	      a list in sequence order, oldest first (@next), and those of it that
 *		      are thought to be on their way in the order in which they were
 *		      sent last (@earlier, @later)
 *   reassembly queue a tree ordered by @seq (@node)
 *   handed out	      a chain by @next, ended by NULL: what xtcp_actions carry
 *
 * In the send queue @seq is always the sequence number of the buffer's first
 * byte. It doesn't move when part of a record is acknowledged: such a record (it
 * can only be the head) begins before SND.UNA, counts whole, and is sent again
 * whole when it must be. Records that are all acknowledged leave the queue.
 *
 * In the reassembly queue the record is trimmed and the buffer is not: @skip
 * tells how far @seq lies behind the buffer's first byte, and the buffer may
 * hold bytes past @end_seq. Who reads takes @end_seq - @seq bytes from @skip on.
 */
#ifndef XTCP_CORE_REC_H
#define XTCP_CORE_REC_H

#include <linux/types.h>
#include <linux/rbtree.h>

/* @flags: what the record stands for, never changed by what befalls it */
#define XTCP_REC_SYN	0x01	/* the SYN: no bytes, one sequence number */
#define XTCP_REC_FIN	0x02	/* the FIN: likewise */
#define XTCP_REC_PSH	0x04	/* its last byte ended a write of the user's */

/* @marks: what has befallen it since it was queued */
#define XTCP_MARK_SENT	0x01	/* transmitted at least once */
#define XTCP_MARK_RETX	0x02	/* transmitted more than once: no RTT sample (Karn) */
#define XTCP_MARK_LOST	0x04	/* deemed lost, waits for its retransmission */
#define XTCP_MARK_SACKED 0x08	/* held by the peer out of order */
#define XTCP_MARK_FLYING 0x10	/* on its way, for all we know: it is in the order of time */

/**
 * struct xtcp_rec - one record
 * @node: place in the reassembly tree
 * @next: next in the send queue, or in a chain that was handed out
 * @earlier: sent before it, of those on their way
 * @later: sent after it
 * @seq: first sequence number
 * @end_seq: sequence number after the last
 * @sent: when it was last transmitted, microseconds
 * @delivered: send queue: the connection's count of delivered bytes when it was sent
 * @skip: receive queues: bytes at the start of the buffer that lie before @seq
 *	(they came twice); the buffer's bytes from @skip on are @seq and later
 * @flags: XTCP_REC_*
 * @marks: XTCP_MARK_*
 * @retries: times it was retransmitted, saturating
 * @unused: for what comes
 */
struct xtcp_rec {
	union {
		struct rb_node node;
		struct {
			struct xtcp_rec *next;
			struct xtcp_rec *earlier;
			struct xtcp_rec *later;
		};
	};
	u32 seq;
	u32 end_seq;
	u64 sent;
	union {
		u32 delivered;
		u32 skip;
	};
	u8 flags;
	u8 marks;
	u8 retries;
	u8 unused;
};

static inline u32 xtcp_rec_len(const struct xtcp_rec *rec)
{
	return rec->end_seq - rec->seq;
}

#endif /* XTCP_CORE_REC_H */
