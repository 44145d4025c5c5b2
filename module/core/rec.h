/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records: what the core knows of a range of bytes of the stream.
 *
 * A record never owns memory. The module lays it into skb->cb of the buffer
 * that holds the bytes. SYN and FIN have no bytes; their records are in the
 * control block. A record is in at most one queue, and the queue determines
 * which member of the union is valid:
 *
 *   send queue	      a list in sequence order, oldest first (@next). The records in flight are
 *		      also in a second list, in the order in which they were last sent
 *		      (@earlier, @later)
 *   reassembly queue a tree ordered by @seq (@node)
 *   in xtcp_actions  a chain by @next, ended by NULL
 *
 * In the send queue @seq is always the sequence number of the buffer's first
 * byte. It stays when part of a record is acknowledged. Such a record can only
 * be the head; it begins before SND.UNA, counts as a whole, and is retransmitted
 * as a whole. A record leaves the queue when all of it is acknowledged.
 *
 * In the reassembly queue the record is trimmed and the buffer is not: @skip
 * is the distance of @seq from the buffer's first byte, and the buffer may hold
 * bytes past @end_seq. A reader takes @end_seq - @seq bytes, starting at @skip.
 */
#ifndef XTCP_CORE_REC_H
#define XTCP_CORE_REC_H

#include <linux/types.h>
#include <linux/rbtree.h>

/* @flags: what the record stands for; never changed after it was queued */
#define XTCP_REC_SYN	0x01	/* the SYN: no bytes, one sequence number */
#define XTCP_REC_FIN	0x02	/* the FIN: likewise */
#define XTCP_REC_PSH	0x04	/* its last byte is the last of a user's write */

/* @marks: what has happened to the record since it was queued */
#define XTCP_MARK_SENT	0x01	/* transmitted at least once */
#define XTCP_MARK_RETX	0x02	/* transmitted more than once: no RTT sample (Karn) */
#define XTCP_MARK_LOST	0x04	/* deemed lost, not retransmitted yet */
#define XTCP_MARK_SACKED 0x08	/* the peer has it, as SACK says */
#define XTCP_MARK_IN_FLIGHT 0x10	/* in flight, and in the list ordered by send time */

/**
 * struct xtcp_rec - what the core knows of a range of bytes of the stream
 * @node: place in the reassembly tree
 * @next: next in the send queue, or in a chain of xtcp_actions
 * @earlier: the record in flight that was sent before this one
 * @later: the record in flight that was sent after this one
 * @seq: first sequence number
 * @end_seq: sequence number after the last
 * @sent: time of the last transmission, us
 * @delivered: send queue: the connection's count of delivered bytes when it was sent
 * @skip: receive queues: bytes at the start of the buffer that lie before @seq, because
 *	they arrived twice; the byte at @skip has the sequence number @seq
 * @flags: XTCP_REC_*
 * @marks: XTCP_MARK_*
 * @retries: number of retransmissions, saturating
 * @unused: not used
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
