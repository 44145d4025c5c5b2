/* SPDX-License-Identifier: GPL-2.0 */
/* The state machine's input, events, and its output, actions (RFC 9293 section 3.10). */
#ifndef XTCP_CORE_EVENT_H
#define XTCP_CORE_EVENT_H

#include "rec.h"
#include "wire.h"

/* Events: the user calls of RFC 9293 section 3.10, segments and timeouts */
enum xtcp_event_kind {
	XTCP_EV_OPEN,		/* active OPEN; @iss */
	XTCP_EV_SEND,		/* records were queued, or cork or nodelay changed */
	XTCP_EV_RECEIVE,	/* the user has read bytes: rcv_free has grown */
	XTCP_EV_SHUTDOWN,	/* no more will be written: CLOSE of RFC 9293 */
	XTCP_EV_SHUT_RD,		/* data that arrives from now on will not be read */
	XTCP_EV_ORPHAN,		/* after XTCP_EV_SHUTDOWN: the program has closed the socket */
	XTCP_EV_ABORT,		/* ABORT: RST to the peer in the states where RFC 9293 sends one */
	XTCP_EV_SEGMENT,	/* @seg, @rec */
	XTCP_EV_TIMER,		/* at least one deadline may have passed */
	XTCP_EV_ICMP,		/* a valid ICMP error: @err, @hard */
	XTCP_EV_MTU,		/* data in flight was too large for the path */
};

/**
 * struct xtcp_event - one event
 * @kind: enum xtcp_event_kind
 * @now: the time, us
 * @seg: XTCP_EV_SEGMENT: the parsed segment
 * @rec: XTCP_EV_SEGMENT: a record for the segment's payload; the core sets its @seq and
 *	@end_seq. If the core keeps it, it is in the reassembly queue or in
 *	@actions->deliver afterwards, and @actions->taken is set. NULL: there is
 *	no payload, or no memory to keep it
 * @iss: XTCP_EV_OPEN: the initial sequence number
 * @ts_offset: XTCP_EV_OPEN: offset of the timestamp clock, see stamp.h
 * @err: XTCP_EV_ICMP: the errno (positive) that the error stands for
 * @hard: XTCP_EV_ICMP: it is a hard error (RFC 1122)
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

/* Actions, a set; module/act.c carries them out in a fixed order */
#define XTCP_ACT_OUTPUT		0x0001	/* call xtcp_next() until it has nothing to send */
#define XTCP_ACT_RST		0x0002	/* send actions->rst before any other segment */
#define XTCP_ACT_CONNECTED	0x0004	/* the handshake is done: wake connect() */
#define XTCP_ACT_READABLE	0x0008	/* data, FIN or an error can be read */
#define XTCP_ACT_WRITABLE	0x0010	/* records were acknowledged: there may be room to write */
#define XTCP_ACT_ERROR		0x0020	/* actions->err ends the connection: report it */
#define XTCP_ACT_SOFT_ERROR	0x0040	/* actions->err, reported only if no fatal error follows */
#define XTCP_ACT_PEER_FIN	0x0080	/* the peer sends no more: RCV_SHUTDOWN */
#define XTCP_ACT_TIME_WAIT	0x0100	/* replace the socket by a TIME-WAIT entry */
#define XTCP_ACT_CLOSED		0x0200	/* the connection is gone: unhash it, free an orphan */
#define XTCP_ACT_NEW_ROUTE	0x0400	/* R1 reached or passed: look for another route (MUST-20) */
#define XTCP_ACT_WRITE_SHUT	0x0800	/* our FIN is acknowledged: shutdown is complete */
#define XTCP_ACT_URGENT		0x1000	/* the urgent pointer advanced: actions->urgent (MUST-32) */
#define XTCP_ACT_ADVISE		0x2000	/* R1 reached: report that there is trouble (SHLD-9) */

/* Why a segment was dropped; each reason has its counter */
enum xtcp_drop {
	XTCP_DROP_NONE,
	XTCP_DROP_OLD,		/* all of it lies before RCV.NXT */
	XTCP_DROP_WINDOW,	/* it lies outside of the receive window */
	XTCP_DROP_ACK_OLD,	/* SEG.ACK is too old */
	XTCP_DROP_ACK_FUTURE,	/* SEG.ACK is beyond SND.NXT */
	XTCP_DROP_NO_ACK,	/* it has no ACK in a state that requires one */
	XTCP_DROP_RST_INVALID,	/* RST that is ignored, or answered by a challenge ACK */
	XTCP_DROP_SYN_CHALLENGED, /* SYN in a synchronized state (RFC 5961) */
	XTCP_DROP_PAWS,		/* timestamp too old (RFC 7323) */
	XTCP_DROP_NO_STAMP,	/* it lacks the agreed timestamp (sysctl require_timestamps) */
	XTCP_DROP_CLOSED,	/* data for a reader that is gone: answered by RST */
	XTCP_DROP_DUPLICATE,	/* the reassembly queue has all of it */
	XTCP_DROP_NOT_EXPECTED,	/* the state does not expect it */
	XTCP_DROP_KINDS
};

/**
 * struct xtcp_actions - what must be done about an event
 * @todo: XTCP_ACT_*
 * @err: errno (positive) with XTCP_ACT_ERROR and XTCP_ACT_SOFT_ERROR
 * @drop: why the segment was dropped; XTCP_DROP_NONE if it was not
 * @taken: the core keeps event->rec (in the reassembly queue or in @deliver)
 * @deliver: records that are next in the stream, in order
 * @freed: records that are not needed any more: acknowledged, purged, or covered
 *	by others. SYN and FIN records never appear here
 * @delivered: bytes in @deliver
 * @urgent: with XTCP_ACT_URGENT, the sequence number after the urgent data
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

/* Drop a segment. Return: false, for "no further checks" */
static inline bool xtcp_drop(struct xtcp_actions *act, enum xtcp_drop why)
{
	act->drop = why;
	return false;
}

#endif /* XTCP_CORE_EVENT_H */
