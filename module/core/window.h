/* SPDX-License-Identifier: GPL-2.0 */
/* Windows: how much the peer may send, and how much we may (RFC 9293 section 3.8.6). */
#ifndef XTCP_CORE_WINDOW_H
#define XTCP_CORE_WINDOW_H

#include "seq.h"
#include "tcb.h"

/*
 * Bytes in flight: what is lost or has arrived out of order is not. This is the only
 * place where the estimate is made. Congestion control compares it with cwnd. The effect
 * is the same as RFC 5681's increase of cwnd for each duplicate ACK.
 */
static inline u32 xtcp_pipe(const struct xtcp_tcb *t)
{
	u32 flight = xtcp_flight(t), gone = t->lost + t->sacked;

	return flight > gone ? flight - gone : 0;
}

/*
 * SEG.SEQ of a segment without payload: SND.NXT. But a peer that has shrunk its window to
 * the left of SND.NXT would drop such a segment, with its ACK. Then the right edge is used
 * (MUST-34). An edge that is lower only because of rounding by the window scale is ignored.
 */
static inline u32 xtcp_empty_seq(const struct xtcp_tcb *t)
{
	u32 edge = t->snd_una + t->snd_wnd;

	if (seq_leq(t->snd_nxt, edge) || t->snd_nxt - edge < 1U << t->snd_wscale)
		return t->snd_nxt;
	return edge;
}

u8 xtcp_wscale_choose(u32 rcv_max);
u32 xtcp_rcv_window(const struct xtcp_tcb *t);
u16 xtcp_window_field(const struct xtcp_tcb *t, bool syn);
bool xtcp_window_update_due(const struct xtcp_tcb *t);
u32 xtcp_usable_window(const struct xtcp_tcb *t);
u32 xtcp_joinable(const struct xtcp_tcb *t);
u32 xtcp_sendable(const struct xtcp_tcb *t, const struct xtcp_rec *rec);

#endif /* XTCP_CORE_WINDOW_H */
