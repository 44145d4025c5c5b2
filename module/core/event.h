/* SPDX-License-Identifier: GPL-2.0 */
/* What is put to the state machine, and what it says is to be done (RFC 9293 section 3.10). */
#ifndef XTCP_CORE_EVENT_H
#define XTCP_CORE_EVENT_H

#include "rec.h"
#include "wire.h"

/* Events: the user calls of RFC 9293 section 3.10, segments and timeouts */
enum xtcp_event_kind {
	XTCP_EV_OPEN,		/* active OPEN; @iss */
	XTCP_EV_SEND,		/* records were queued, or cork or nodelay changed */
	XTCP_EV_RECEIVE,	/* the user took bytes: rcv_free has grown */
	XTCP_EV_SHUTDOWN,	/* no more will be written: CLOSE as RFC 9293 has it */
	XTCP_EV_DEAF,		/* nobody will read what comes from now on */
	XTCP_EV_ORPHAN,		/* after XTCP_EV_SHUTDOWN: and nobody waits for the end */
	XTCP_EV_ABORT,		/* ABORT: RST to the peer where RFC 9293 has one */
	XTCP_EV_SEGMENT,	/* @seg, @rec */
	XTCP_EV_TIMER,		/* at least one deadline may have passed */
	XTCP_EV_ICMP,		/* a valid ICMP error: @err, @hard */
	XTCP_EV_MTU,		/* what was in flight was too large for the path */
};

/**
 * struct xtcp_event - one event
 * @kind: enum xtcp_event_kind
 * @now: the time, us
 * @seg: XTCP_EV_SEGMENT: the parsed segment
 * @rec: XTCP_EV_SEGMENT: a record for its payload, @seq and @end_seq set by the
 *	core; when the core takes it, it is in the reassembly queue or in
 *	@actions->deliver afterwards, and @actions->taken is set. NULL: there is
 *	no payload, or no memory to keep it
 * @iss: XTCP_EV_OPEN: the initial sequence number
 * @ts_offset: XTCP_EV_OPEN: what is added to the timestamp clock, see stamp.h
 * @err: XTCP_EV_ICMP: the errno (positive) it means
 * @hard: XTCP_EV_ICMP: RFC 1122 calls it hard
 */
struct xtcp_event {
	enum xtcp_event_kind kind;
	u64 now;
	const struct xtcp_seg *seg;
	struct xtcp_rec *rec;
	u32 iss;
	u32 ts_offset;
	int err;
	bool hard;
};

/* Actions, a set; module/act.c carries them out in its one written order */
#define XTCP_ACT_OUTPUT		0x0001	/* ask xtcp_next() until it has nothing more */
#define XTCP_ACT_RST		0x0002	/* send actions->rst, now */
#define XTCP_ACT_CONNECTED	0x0004	/* the handshake is done: wake connect() */
#define XTCP_ACT_READABLE	0x0008	/* data, FIN or an error waits for the reader */
#define XTCP_ACT_WRITABLE	0x0010	/* records were acknowledged: there may be room */
#define XTCP_ACT_ERROR		0x0020	/* actions->err for the user */
#define XTCP_ACT_SOFT_ERROR	0x0040	/* actions->err, only if nothing worse comes */
#define XTCP_ACT_PEER_FIN	0x0080	/* the peer sends no more: RCV_SHUTDOWN */
#define XTCP_ACT_TIME_WAIT	0x0100	/* swap the connection for a TIME-WAIT record */
#define XTCP_ACT_CLOSED		0x0200	/* the connection is gone: unhash, free if orphan */
#define XTCP_ACT_NEW_ROUTE	0x0400	/* R1 passed: look for another route (MUST-20) */
#define XTCP_ACT_WRITE_SHUT	0x0800	/* our FIN is acknowledged: shutdown is complete */
#define XTCP_ACT_URGENT		0x1000	/* the urgent pointer advanced: actions->urgent (MUST-32) */
#define XTCP_ACT_ADVISE		0x2000	/* R1 reached: tell who wants to know (SHLD-9) */

/* What became of a segment, for the counters; each refusal has its own */
enum xtcp_drop {
	XTCP_DROP_NONE,
	XTCP_DROP_OLD,		/* all of it lies before RCV.NXT */
	XTCP_DROP_WINDOW,	/* outside of the receive window */
	XTCP_DROP_ACK_OLD,	/* acknowledges what was acknowledged long ago */
	XTCP_DROP_ACK_FUTURE,	/* acknowledges what was never sent */
	XTCP_DROP_NO_ACK,	/* lacks ACK where every segment must have it */
	XTCP_DROP_RST_INVALID,	/* RST outside of the window, or that is only challenged */
	XTCP_DROP_SYN_CHALLENGED, /* SYN in a synchronized state (RFC 5961) */
	XTCP_DROP_PAWS,		/* timestamp too old (RFC 7323) */
	XTCP_DROP_NO_STAMP,	/* lacks the timestamp that was agreed (require_timestamps) */
	XTCP_DROP_CLOSED,	/* data for a reader that is gone: reset */
	XTCP_DROP_DUPLICATE,	/* the reassembly queue has all of it */
	XTCP_DROP_NOT_EXPECTED,	/* the state has no use for it */
	XTCP_DROP_KINDS
};

/**
 * struct xtcp_actions - what must be done about an event
 * @todo: XTCP_ACT_*
 * @err: errno (positive) with XTCP_ACT_ERROR and XTCP_ACT_SOFT_ERROR
 * @drop: why the segment came to nothing; XTCP_DROP_NONE when it did not
 * @taken: the core keeps event->rec (in the reassembly queue or in @deliver)
 * @deliver: records that are next in the stream, in order
 * @freed: records that nobody needs any more: acknowledged, purged, or covered
 *	by others. SYN and FIN records never appear here
 * @delivered: bytes in @deliver
 * @urgent: with XTCP_ACT_URGENT, the sequence number behind the urgent data
 * @rst: the segment to send with XTCP_ACT_RST
 */
struct xtcp_actions {
	u32 todo;
	int err;
	enum xtcp_drop drop;
	bool taken;
	struct xtcp_rec *deliver;
	struct xtcp_rec *freed;
	u32 delivered;
	u32 urgent;
	struct xtcp_out rst;
};

/* Refuse a segment. Return: false, for "no further checks" */
static inline bool xtcp_drop(struct xtcp_actions *act, enum xtcp_drop why)
{
	act->drop = why;
	return false;
}

#endif /* XTCP_CORE_EVENT_H */
