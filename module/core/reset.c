// SPDX-License-Identifier: GPL-2.0
/*
 * Which RST we send, and when. What one that arrives does is segment.c's: check_rst().
 *
 *	to a segment that no connection wants	xtcp_reset_reply()
 *	to one that can't be for this one	xtcp_refuse()
 *	to text for a reader that is gone	xtcp_reset_on_text()
 *	after CLOSE, when it loses data		xtcp_reset_on_close()
 *	after ABORT, where the state has one	xtcp_reset_on_abort(), xtcp_reset_fill()
 */
#include "event.h"
#include "reset.h"
#include "seq.h"
#include "stamp.h"
#include "tcb.h"
#include "window.h"

/**
 * xtcp_reset_reply - the RST that answers a segment nobody wants
 * @seg: the segment. Not an RST: that is never answered
 * @out: result
 *
 * Its numbers make it acceptable to the sender of @seg, and a timestamp goes back, by which
 * it can tell that we have seen it. Pure: no context, no lock.
 * Source: RFC 9293 section 3.10.7.1 and, for a bad ACK, 3.10.7.2 to 3.10.7.4; RFC 7323
 * section 5.2.
 */
void xtcp_reset_reply(const struct xtcp_seg *seg, struct xtcp_out *out)
{
	xtcp_out_init(out);
	out->kind = XTCP_OUT_RST;
	if (seg->flags & XTCP_ACK) {
		out->seq = seg->ack;
		out->flags = XTCP_RST;
	} else {
		out->ack = seg->seq + xtcp_seg_len(seg);
		out->flags = XTCP_RST | XTCP_ACK;
	}
	out->opts.ts = seg->opts.ts;
	out->opts.tsecr = seg->opts.tsval;
}

/**
 * xtcp_refuse - answer a segment that can't be for this connection with an RST that fits it
 * @seg: the segment
 * @act: actions; gets XTCP_ACT_RST
 * @why: for the counters
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.7.4.
 *
 * Return: false, for "no further checks".
 */
bool xtcp_refuse(const struct xtcp_seg *seg, struct xtcp_actions *act, enum xtcp_drop why)
{
	xtcp_reset_reply(seg, &act->rst);
	act->todo |= XTCP_ACT_RST;
	return xtcp_drop(act, why);
}

/**
 * xtcp_reset_on_text - text arrives for a reader that is gone: is it lost?
 * @t: control block, @deaf
 * @end: the sequence number after the text
 *
 * Nobody will read, and after our FIN nobody can answer: text would be lost without the
 * peer knowing, so it is reset, and told. Before that it is kept.
 * Context: under the owner's lock. Source: RFC 9293 section 3.6.1, SHLD-3.
 *
 * Return: true when it is to be answered by an RST.
 */
bool xtcp_reset_on_text(const struct xtcp_tcb *t, u32 end)
{
	return t->state != XTCP_ESTABLISHED && seq_gt(end, t->rcv_nxt);
}

/**
 * xtcp_reset_on_close - CLOSE: does it lose data?
 * @unread: bytes that were received and acknowledged, and that no user has read
 *
 * The peer takes them for read, and must know that they are not: such a CLOSE is an ABORT
 * (XTCP_EV_ABORT). Pure: no context, no lock. Source: RFC 9293 section 3.6.1, SHLD-3; RFC 2525
 * section 2.17.
 *
 * Return: true when the peer is to get an RST in place of a FIN.
 */
bool xtcp_reset_on_close(u32 unread)
{
	return unread;
}

/**
 * xtcp_reset_on_abort - is an abort told to the peer?
 * @t: control block
 *
 * CLOSING and LAST-ACK of RFC 9293 begin when the FIN goes; while it waits behind bytes the
 * peer waits, too, and would for ever.
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.5.
 *
 * Return: true when it gets an RST.
 */
bool xtcp_reset_on_abort(const struct xtcp_tcb *t)
{
	const u32 resets = XTCP_S(SYN_RECEIVED) | XTCP_S(ESTABLISHED) |
			   XTCP_S(FIN_WAIT_1) | XTCP_S(FIN_WAIT_2) | XTCP_S(CLOSE_WAIT);
	const u32 ends = XTCP_S(CLOSING) | XTCP_S(LAST_ACK);

	return XTCP_IN(t->state, resets) || (XTCP_IN(t->state, ends) && t->sendq.unsent);
}

/**
 * xtcp_reset_fill - the RST that ends a connection from our side
 * @t: control block
 * @now: time, us
 * @out: result
 *
 * With the ACK that RFC 9293 section 3.10.5 leaves out: receivers look for one.
 * Context: under the owner's lock. Source: RFC 7323 section 5.2 for the timestamps.
 */
void xtcp_reset_fill(const struct xtcp_tcb *t, u64 now, struct xtcp_out *out)
{
	xtcp_out_init(out);
	out->kind = XTCP_OUT_RST;
	out->seq = xtcp_empty_seq(t);
	out->ack = t->rcv_nxt;
	out->flags = XTCP_RST | XTCP_ACK;
	xtcp_stamp_add(t, now, out);
}
