// SPDX-License-Identifier: GPL-2.0
/*
 * Timestamps (RFC 7323): sending and echoing them, and PAWS, which recognizes old duplicates
 * by them. The RFC's Last.ACK.sent is @rcv_wup here.
 */
#include <linux/compiler.h>
#include <linux/minmax.h>

#include "rtt.h"
#include "seq.h"
#include "stamp.h"
#include "usec.h"

/* RFC 7323 section 5.5: after that time the peer's clock may have wrapped past TS.Recent */
#define IDLE_MAX	(24 * 86400 * XTCP_US_PER_S)

/* R1 without the check of TS.Recent's age */
static bool is_older(const struct xtcp_tcb *t, const struct xtcp_seg *seg)
{
	return seq_lt(seg->opts.tsval, t->ts_recent);
}

/**
 * xtcp_stamp_missing - does a segment lack the timestamp that was agreed?
 * @t: control block
 * @seg: the segment
 *
 * RFC 7323 drops such a segment silently. But some middleboxes remove the option from all
 * segments after the SYN, and such a connection would hang. So the segment is accepted unless
 * the sysctl require_timestamps is set. It is then checked by its sequence numbers only, without
 * PAWS, and gives no RTT sample. An RST needs no timestamp, and the SYN of a peer that has
 * restarted must be challenged. The final ACK that opens a child was checked with its request;
 * the sysctl may have changed since.
 * Context: under the owner's lock. Source: RFC 7323 section 3.2.
 *
 * Return: true when the segment is to be dropped.
 */
bool xtcp_stamp_missing(const struct xtcp_tcb *t, const struct xtcp_seg *seg)
{
	if (t->state == XTCP_SYN_RECEIVED && t->passive)
		return false;
	return t->ts_ok && !seg->opts.ts && !(seg->flags & (XTCP_RST | XTCP_SYN)) &&
	       READ_ONCE(t->knobs->require_timestamps);
}

/**
 * xtcp_stamp_known - is TS.Recent recent enough to compare timestamps with?
 * @t: control block
 * @now: time, us
 *
 * Context: under the owner's lock. Source: RFC 7323 section 5.5.
 *
 * Return: false when it is 24 days old, or no timestamp of the peer's is known.
 */
bool xtcp_stamp_known(const struct xtcp_tcb *t, u64 now)
{
	return now - t->ts_recent_at <= IDLE_MAX;
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
	       xtcp_stamp_known(t, now);
}

/**
 * xtcp_stamp_take - take over the timestamp to be echoed
 * @t: control block
 * @seg: a segment whose sequence number and ACK are acceptable (RFC 5961 section 5). Without
 *	the ACK check an attacker could make the peer's next segments look old
 * @now: time, us
 *
 * A segment behind Last.ACK.sent is not the one that the next ACK answers, so it is not taken.
 * A timestamp older than TS.Recent gets here only when TS.Recent has expired (section 5.5).
 * Context: under the owner's lock.
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
 * xtcp_stamp_begin - take the timestamp option of the peer's SYN
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
 * xtcp_stamp_forget - timestamps were agreed, but TS.Recent is not known
 * @t: control block
 * @now: time, us
 *
 * TS.Recent is set to an expired one, so the next timestamp replaces it.
 * Context: under the owner's lock. Source: RFC 7323 section 5.5.
 */
void xtcp_stamp_forget(struct xtcp_tcb *t, u64 now)
{
	t->ts_recent = 0;
	t->ts_recent_at = now - IDLE_MAX - 1;
}

/**
 * xtcp_stamp_add - put the timestamp option on a segment to be sent
 * @t: control block
 * @now: time, us
 * @out: the segment
 *
 * TSecr is 0 when nothing has been received yet: that is on a SYN without ACK.
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
 * xtcp_stamp_rtt - the RTT by the echo of a timestamp
 * @t: control block
 * @seg: a segment that advances SND.UNA
 * @now: time, us
 *
 * The echo shows whether the original or a retransmission was answered, which the send time
 * alone does not (Karn). An RTT above XTCP_RTO_MAX means that the echo is not of our clock; it
 * is ignored. Context: under the owner's lock. Source: RFC 7323 section 4.1.
 *
 * Return: us; 0 when there is no sample.
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
