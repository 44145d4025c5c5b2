// SPDX-License-Identifier: GPL-2.0
/*
 * Timestamps (RFC 7323): what is sent and echoed, and PAWS, which knows old duplicates
 * by them. Last.ACK.sent of the RFC is @rcv_wup here.
 */
#include <linux/compiler.h>
#include <linux/minmax.h>

#include "rtt.h"
#include "seq.h"
#include "stamp.h"
#include "usec.h"

/* RFC 7323 section 5.5: then TS.Recent may lie in the future by the peer's clock */
#define IDLE_MAX	(24 * 86400 * XTCP_US_PER_S)

/* R1, but for the age of TS.Recent */
static bool is_older(const struct xtcp_tcb *t, const struct xtcp_seg *seg)
{
	return seq_lt(seg->opts.tsval, t->ts_recent);
}

/**
 * xtcp_stamp_missing - a segment lacks the option that was agreed
 * @t: control block
 * @seg: the segment
 *
 * RFC 7323 would have it dropped silently; but some middleboxes take the option out of
 * all that follows the SYN, and such a connection would hang. So it is taken, unless the
 * knob says otherwise: PAWS and RTT have nothing to go by, sequence numbers are judged as ever.
 * An RST needs none, and the SYN of a peer that has restarted is to be challenged. What opens
 * a child was judged with its request, before the knob may have changed.
 * Context: under the owner's lock. Source: RFC 7323 section 3.2.
 *
 * Return: true when it is to be dropped.
 */
bool xtcp_stamp_missing(const struct xtcp_tcb *t, const struct xtcp_seg *seg)
{
	if (t->state == XTCP_SYN_RECEIVED && t->passive)
		return false;
	return t->ts_ok && !seg->opts.ts && !(seg->flags & (XTCP_RST | XTCP_SYN)) &&
	       READ_ONCE(t->knobs->require_timestamps);
}

/**
 * xtcp_stamp_old - PAWS: is a segment an old duplicate?
 * @t: control block
 * @seg: the segment
 * @now: time, us
 *
 * Context: under the owner's lock. Source: RFC 7323 section 5.3, R1, and 5.5.
 *
 * Return: true when it isn't acceptable.
 */
bool xtcp_stamp_old(const struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now)
{
	return t->ts_ok && seg->opts.ts && !(seg->flags & XTCP_RST) && is_older(t, seg) &&
	       now - t->ts_recent_at <= IDLE_MAX;
}

/**
 * xtcp_stamp_take - note the timestamp that the next segments echo
 * @t: control block
 * @seg: an acceptable segment, whose ACK is acceptable, too (RFC 5961 section 5): else
 *	anybody could make what the peer sends next look old
 * @now: time, us
 *
 * What stands behind Last.ACK.sent is not the one whose ACK is due. An older one gets here
 * only when TS.Recent has outlived itself. Context: under the owner's lock.
 * Source: RFC 7323 section 4.3 (2), which is 5.3, R3.
 */
void xtcp_stamp_take(struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now)
{
	if (!t->ts_ok || !seg->opts.ts || seq_gt(seg->seq, t->rcv_wup))
		return;
	t->ts_recent = seg->opts.tsval;
	t->ts_recent_at = now;
}

/**
 * xtcp_stamp_begin - the peer's SYN says whether timestamps are used
 * @t: control block; @ts_ok: our SYN offers them
 * @opts: the SYN's options
 * @now: time, us
 *
 * Context: under the owner's lock. Source: RFC 7323 section 3.2.
 */
void xtcp_stamp_begin(struct xtcp_tcb *t, const struct xtcp_opts *opts, u64 now)
{
	t->ts_ok = t->ts_ok && opts->ts;
	if (!t->ts_ok)
		return;
	t->ts_recent = opts->tsval;
	t->ts_recent_at = now;
}

/**
 * xtcp_stamp_forget - timestamps were agreed, but none of the peer's is known
 * @t: control block
 * @now: time, us
 *
 * TS.Recent is one that has outlived itself: whatever comes next takes its place.
 * Context: under the owner's lock. Source: RFC 7323 section 5.5.
 */
void xtcp_stamp_forget(struct xtcp_tcb *t, u64 now)
{
	t->ts_recent = 0;
	t->ts_recent_at = now - IDLE_MAX - 1;
}

/**
 * xtcp_stamp_add - the option of a segment that goes out
 * @t: control block
 * @now: time, us
 * @out: the segment
 *
 * TSecr is zero where ACK is missing: that is a SYN, when nothing has come yet.
 * Context: under the owner's lock. Source: RFC 7323 section 3.2.
 */
void xtcp_stamp_add(const struct xtcp_tcb *t, u64 now, struct xtcp_out *out)
{
	if (!t->ts_ok)
		return;
	out->opts.ts = true;
	out->opts.tsval = xtcp_stamp(now, t->ts_offset);
	out->opts.tsecr = t->ts_recent;
}

/**
 * xtcp_stamp_rtt - the RTT that the echo of a timestamp tells
 * @t: control block
 * @seg: a segment that advances SND.UNA
 * @now: time, us
 *
 * It tells what was answered, the original or a retransmission, where the send time
 * alone could not (Karn). A value that we can't have sent in this time counts for
 * nothing. Context: under the owner's lock. Source: RFC 7323 section 4.1.
 *
 * Return: us; 0 when it tells nothing.
 */
u64 xtcp_stamp_rtt(const struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now)
{
	u32 ms;

	if (!t->ts_ok || !seg->opts.ts)
		return 0;
	ms = xtcp_stamp(now, t->ts_offset) - seg->opts.tsecr;
	if (ms > XTCP_RTO_MAX / XTCP_US_PER_MS)
		return 0;
	return max(ms, 1U) * XTCP_US_PER_MS;
}
