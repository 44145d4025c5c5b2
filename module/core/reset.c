// SPDX-License-Identifier: GPL-2.0
/*
 * Which RST is sent, and when. For the effect of a received RST see check_rst() in segment.c.
 *
 *	to a segment without a connection	xtcp_reset_reply()
 *	to one that can't be for this one	xtcp_reject()
 *	to text that no reader will take	xtcp_reset_on_text()
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
 * xtcp_reset_reply - the RST that answers a segment without a connection
 * @seg: the segment. Not an RST: that is never answered
 * @out: result
 *
 * Its numbers make it acceptable to the sender of @seg. It echoes the timestamp of @seg, which
 * shows the sender that we have seen it. Pure: no context, no lock.
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
 * xtcp_reject - answer a segment that can't be for this connection with an RST
 * @seg: the segment
 * @act: actions; gets XTCP_ACT_RST
 * @why: the reason, for the counters
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.7.4.
 *
 * Return: false, for "no further checks".
 */
bool xtcp_reject(const struct xtcp_seg *seg, struct xtcp_actions *act, enum xtcp_drop why)
{
	xtcp_reset_reply(seg, &act->rst);
	act->todo |= XTCP_ACT_RST;
	return xtcp_drop(act, why);
}

/**
 * xtcp_reset_on_text - is text answered with an RST because no reader will take it?
 * @t: control block, @rcv_shut
 * @end: the sequence number after the text
 *
 * Nothing will read the text, and after our FIN the program can't answer either. The text
 * would be lost without the peer knowing, so the peer gets an RST. Before our FIN the text
 * is kept.
 * Context: under the owner's lock. Source: RFC 9293 section 3.6.1, SHLD-3.
 *
 * Return: true when the text is to be answered with an RST.
 */
bool xtcp_reset_on_text(const struct xtcp_tcb *t, u32 end)
{
	return t->state != XTCP_ESTABLISHED && seq_gt(end, t->rcv_nxt);
}

/**
 * xtcp_reset_on_close - does CLOSE lose data?
 * @unread: bytes that were received and acknowledged, and that no user has read
 *
 * The peer believes that these bytes were read. It must learn that they were not, so such a
 * CLOSE is an ABORT (XTCP_EV_ABORT). Pure: no context, no lock. Source: RFC 9293 section 3.6.1,
 * SHLD-3; RFC 2525 section 2.17.
 *
 * Return: true when the peer is to get an RST instead of a FIN.
 */
bool xtcp_reset_on_close(u32 unread)
{
	return unread;
}

/**
 * xtcp_reset_on_abort - does the peer get an RST on ABORT?
 * @t: control block
 *
 * RFC 9293 sends none in CLOSING and LAST-ACK, since our FIN was sent before. Here these states
 * begin when the FIN is queued. If it is still unsent, the peer would wait for it for ever, so
 * it gets an RST.
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.5.
 *
 * Return: true when it does.
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
 * It has the ACK that RFC 9293 section 3.10.5 leaves out, because receivers expect one.
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
