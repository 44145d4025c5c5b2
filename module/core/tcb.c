// SPDX-License-Identifier: GPL-2.0
/*
 * The control block before it has a connection, and what the path allows it.
 */
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "internal.h"

/**
 * xtcp_tcb_init - a control block in CLOSED
 * @t: control block; all of it is set
 * @knobs: the namespace's; it must outlive @t
 *
 * The caller then sets what it knows better: @peer_mss (the default of IPv6 is
 * another), @adv_mss, the path, @rcv_free, and the user's options.
 * Context: @t is nobody else's yet.
 */
void xtcp_tcb_init(struct xtcp_tcb *t, const struct xtcp_knobs *knobs)
{
	memset(t, 0, sizeof(*t));
	t->state = XTCP_CLOSED;
	t->knobs = knobs;
	t->reasm.root = RB_ROOT;
	t->quickack = XTCP_QUICKACKS;
	t->peer_mss = XTCP_MSS_DEFAULT4;
	t->adv_mss = XTCP_MSS_DEFAULT4;
	t->rcv_wnd_clamp = U32_MAX;
	t->rto = XTCP_RTO_INITIAL;
	t->rto_min = XTCP_RTO_MIN;
	t->soonest = XTCP_NEVER;
	xtcp_tcb_set_path(t, XTCP_MSS_DEFAULT4);
	xtcp_cc_init(t);
}

/**
 * xtcp_opts_len - bytes of options in each segment with data
 * @t: control block
 *
 * SACK blocks come and go, and are counted where a segment is made (send.c).
 *
 * Return: bytes.
 */
u32 xtcp_opts_len(const struct xtcp_tcb *t)
{
	return (t->ts_ok ? XTCP_OPT_STAMP_LEN : 0) + (t->echoing ? XTCP_EXT_LEN : 0);
}

/**
 * xtcp_text_max - bytes of text that fit into the next segment
 * @t: control block
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.7.1; RFC 6691.
 *
 * Return: bytes; what SACK blocks leave of a full segment.
 */
u32 xtcp_text_max(const struct xtcp_tcb *t)
{
	return t->snd_mss - xtcp_sack_len(t);
}

/**
 * xtcp_tcb_set_path - the path's MTU was learned or has changed
 * @t: control block
 * @path_mss: bytes that it leaves for TCP options and payload: MTU without the IP
 *	header, its options, and the 20 bytes of the TCP header
 *
 * Sets Eff.snd.MSS, within what the user has set. When a router says that something was too
 * large for the path, the caller raises XTCP_EV_MTU. Context: under the owner's lock.
 * Source: RFC 9293 section 3.7.1 (MUST-16).
 */
void xtcp_tcb_set_path(struct xtcp_tcb *t, u32 path_mss)
{
	u32 opts = xtcp_opts_len(t), before = t->snd_mss, mss;

	t->path_mss = min_t(u32, path_mss, U16_MAX);
	mss = min_t(u32, t->peer_mss, t->path_mss);
	if (t->set_mss)
		mss = min_t(u32, mss, t->set_mss);
	if (t->hole_mss)
		mss = min_t(u32, mss, t->hole_mss + opts);
	t->snd_mss = mss > opts + XTCP_MSS_FLOOR ? mss - opts : XTCP_MSS_FLOOR;
	if (t->snd_mss < before)
		t->narrowed = true;
	t->cwnd = max_t(u32, t->cwnd, t->snd_mss);	/* a segment may go always */
}
