// SPDX-License-Identifier: GPL-2.0
/*
 * Managing the window (RFC 9293 section 3.8.6): how much the peer may send, and how much
 * we may send by the peer's window, Nagle and silly window avoidance.
 *
 *	      |<------------ RCV.BUFF ------------->|
 *		   1		 2	       3
 *	  ----|---------|-----------------|---------|----
 *		     RCV.NXT	      right edge
 *
 *	  1 received, not yet read;  2 RCV.WND, advertised
 *	  3 reduction: free, not yet advertised
 */
#include <linux/bitops.h>
#include <linux/minmax.h>

#include "mss.h"
#include "window.h"

#define WND_FIELD_BITS	16	/* size of the header's window field */
#define WND_FIELD_MAX	0xffff	/* its largest value */

/**
 * xtcp_wscale_choose - the window scale to offer
 * @rcv_max: maximum size of the receive buffer, bytes
 *
 * Pure: no context, no lock. Source: RFC 7323 section 2.1 and 2.3.
 *
 * Return: the smallest shift with which @rcv_max fits into the header's window
 * field, at most XTCP_WSCALE_MAX.
 */
u8 xtcp_wscale_choose(u32 rcv_max)
{
	return clamp(fls(rcv_max) - WND_FIELD_BITS, 0, XTCP_WSCALE_MAX);
}

/**
 * xtcp_rcv_window - RCV.WND: what is left of the last advertised window
 * @t: control block
 *
 * Context: under the owner's lock.
 *
 * Return: bytes from RCV.NXT to the right edge.
 */
u32 xtcp_rcv_window(const struct xtcp_tcb *t)
{
	u32 edge = t->rcv_wup + t->rcv_wnd;

	return seq_gt(edge, t->rcv_nxt) ? edge - t->rcv_nxt : 0;
}

/* The minimum by which the right edge moves: RFC 9293 section 3.8.6.2.2 */
static u32 least_opening(const struct xtcp_tcb *t)
{
	return min_t(u32, max(t->rcv_buff, t->rcv_free) / 2, t->snd_mss);
}

/* The largest window that could be offered now */
static u32 offer(const struct xtcp_tcb *t)
{
	u32 most = WND_FIELD_MAX << t->rcv_wscale;

	return min3(t->rcv_free, t->rcv_wnd_clamp, most);
}

/**
 * xtcp_window_field - SEG.WND of a segment to be sent now
 * @t: control block, @rcv_free up to date
 * @syn: it is a SYN, whose window is not scaled (RFC 7323 section 2.2)
 *
 * The right edge never moves to the left (SHLD-14). So if scaling cuts off bits, the present
 * edge is rounded up and a new one down. The edge moves to the right by a useful
 * amount or not at all (MUST-39). Context: under the owner's lock.
 *
 * Return: the header's field.
 */
u16 xtcp_window_field(const struct xtcp_tcb *t, bool syn)
{
	u32 held, open;

	if (syn)
		return min_t(u32, offer(t), WND_FIELD_MAX);
	held = xtcp_rcv_window(t);
	open = offer(t) >> t->rcv_wscale;
	if ((open << t->rcv_wscale) >= held + max(least_opening(t), 1U))
		return open;
	return (held + (1U << t->rcv_wscale) - 1) >> t->rcv_wscale;
}

/**
 * xtcp_window_update_due - has the user read so much that the peer must be told?
 * @t: control block, @rcv_free up to date
 *
 * Small reads need no update: the next ACK has the window anyway. An update is due when at
 * least half of the window that could be offered was not offered. So a sender whose silly
 * window avoidance waits for half of our window is not blocked (RFC 9293 section 3.8.6.2.1,
 * rule 3).
 * Context: under the owner's lock. Source: RFC 9293 section 3.8.6.2.2.
 *
 * Return: true when an ACK is to be sent.
 */
bool xtcp_window_update_due(const struct xtcp_tcb *t)
{
	u32 held = xtcp_rcv_window(t), open = offer(t);

	return open >= 2 * (u64)held && open >= held + max(least_opening(t), 1U);
}

/**
 * xtcp_usable_window - U = SND.UNA + SND.WND - SND.NXT
 * @t: control block
 *
 * If the peer has shrunk its window, U may be negative (MUST-34); then this is 0.
 * Context: under the owner's lock. Source: RFC 9293 section 3.8.6.2.1.
 *
 * Return: bytes.
 */
u32 xtcp_usable_window(const struct xtcp_tcb *t)
{
	u32 flight = xtcp_flight(t);

	return t->snd_wnd > flight ? t->snd_wnd - flight : 0;
}

/*
 * Nagle, section 3.7.4, as amended by appendix A.3: a small segment waits only for the ACK
 * of another small segment. It does not wait for full segments, such as the rest of a long
 * write: otherwise it would wait for the peer's delayed ACK.
 */
static bool small_in_flight(const struct xtcp_tcb *t)
{
	return seq_gt(t->snd_sml, t->snd_una) && seq_leq(t->snd_sml, t->snd_nxt);
}

/*
 * May a segment be sent that is smaller than a full one? @cut: the window limits it,
 * not the end of the data.
 */
static bool small_may_go(const struct xtcp_tcb *t, const struct xtcp_rec *rec,
			 u32 len, bool cut)
{
	if (cut)	/* SWS, rule (3) */
		return (!xtcp_flight(t) || t->nodelay) && len >= t->snd_wnd_max / 2;
	if (rec->next && rec->next != &t->fin)
		return true;	/* the record is small, and more is behind it */
	if (t->snd_fin || seq_gt(t->snd_up, t->snd_nxt))
		return true;	/* nothing can be added to it, or it is urgent */
	if (t->cork)
		return false;
	return t->nodelay || !small_in_flight(t);	/* rule (2) */
}

/**
 * xtcp_joinable - bytes that the next new segment lacks and the record after it has
 * @t: control block
 *
 * Records end where buffers end, and a stream has no small segment there: the caller moves
 * the bytes (xtcp_sendq_join()) before it asks xtcp_next(). Where it can't, a small segment
 * goes. Context: under the owner's lock. Source: RFC 9293 section 3.7.4 (SHLD-28).
 *
 * Return: bytes; 0 when there is nothing to join.
 */
u32 xtcp_joinable(const struct xtcp_tcb *t)
{
	const struct xtcp_rec *rec = t->sendq.unsent;
	u32 full = xtcp_text_max(t);

	if (!rec || rec->flags & (XTCP_REC_SYN | XTCP_REC_FIN))
		return 0;
	if (!rec->next || rec->next == &t->fin || xtcp_rec_len(rec) >= full)
		return 0;
	return min(full - xtcp_rec_len(rec), xtcp_rec_len(rec->next));
}

/**
 * xtcp_sendable - bytes of a record that may now be sent for the first time
 * @t: control block
 * @rec: the first unsent record, with bytes
 *
 * The limits are the record, a full segment, the peer's window and the congestion window;
 * then Nagle, cork and silly window avoidance (MUST-38), which the override timeout
 * (@probe_now) disables. Context: under the owner's lock.
 * Source: RFC 9293 section 3.8.6.2.1 and 3.7.4.
 *
 * Return: bytes; 0 when the record has to wait.
 */
u32 xtcp_sendable(const struct xtcp_tcb *t, const struct xtcp_rec *rec)
{
	u32 full = xtcp_text_max(t), want = min(xtcp_rec_len(rec), full);
	u32 len = min(want, xtcp_usable_window(t));
	u32 pipe = xtcp_pipe(t);

	if (!len || (pipe && pipe + len > t->cwnd))
		return 0;
	if (len == full || t->probe_now)
		return len;
	return small_may_go(t, rec, len, len < want) ? len : 0;
}
