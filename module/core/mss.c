// SPDX-License-Identifier: GPL-2.0
/*
 * The effective send MSS (RFC 9293 section 3.7.1): the largest segment that the peer, the path
 * and the user allow, less the options that it carries. What a peer's MSS option means, or its
 * absence (536, 1220), is xtcp_mss_believed() in mss.h.
 */
#include <linux/limits.h>
#include <linux/minmax.h>

#include "mss.h"
#include "sack.h"

/*
 * Bytes of options in every segment with data. SACK blocks are not in every one: see
 * xtcp_text_max()
 */
static u32 opts_len(const struct xtcp_tcb *t)
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
 * xtcp_tcb_set_path - set Eff.snd.MSS after a change of the path MTU or of the options
 * @t: control block
 * @path_mss: bytes that it leaves for TCP options and payload: MTU without the IP
 *	header, its options, and the 20 bytes of the TCP header
 *
 * The user's own limit (TCP_MAXSEG) and a suspected black hole are taken into account. If a router
 * has reported that a packet was too large, the caller also raises XTCP_EV_MTU.
 * Context: under the owner's lock. Source: RFC 9293 section 3.7.1 (MUST-16).
 */
void xtcp_tcb_set_path(struct xtcp_tcb *t, u32 path_mss)
{
	u32 opts = opts_len(t), old_mss = t->snd_mss, mss;

	t->path_mss = min_t(u32, path_mss, U16_MAX);
	mss = min_t(u32, t->peer_mss, t->path_mss);
	if (t->set_mss)
		mss = min_t(u32, mss, t->set_mss);
	if (t->hole_mss)
		mss = min_t(u32, mss, t->hole_mss + opts);
	t->snd_mss = mss > opts + XTCP_MSS_FLOOR ? mss - opts : XTCP_MSS_FLOOR;
	if (t->snd_mss < old_mss)
		t->narrowed = true;
	t->cwnd = max_t(u32, t->cwnd, t->snd_mss);	/* one segment always fits */
}
