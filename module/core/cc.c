// SPDX-License-Identifier: GPL-2.0
/*
 * The congestion window: slow start and congestion avoidance (RFC 5681), the
 * initial window (RFC 6928), and what NewReno does to it (RFC 6582).
 *
 * Where RFC 5681 inflates cwnd for each duplicate ACK, here @sacked grows and so the
 * pipe shrinks; where it deflates cwnd, @sacked falls. cwnd - pipe is the same.
 */
#include <linux/limits.h>
#include <linux/minmax.h>

#include "cc.h"

#define CWND_MAX	0x40000000U	/* no window of TCP is larger */

/* RFC 6928 section 2 */
static u32 initial_window(const struct xtcp_tcb *t)
{
	return min(10U * t->snd_mss, max(2U * t->snd_mss, 14600U));
}

/**
 * xtcp_cc_init - the window before the first data
 * @t: control block; @snd_mss is set, and @syn.retries says whether SYNs were lost
 *
 * "unless there have been more than one SYN or SYN/ACK retransmissions": then it is
 * one segment. Context: under the owner's lock. Source: RFC 6928 section 2; RFC 5681
 * section 3.1.
 */
void xtcp_cc_init(struct xtcp_tcb *t)
{
	t->cwnd = t->syn.retries > 1 ? t->snd_mss : initial_window(t);
	t->ssthresh = U32_MAX;
	t->cwnd_cnt = 0;
}

/**
 * xtcp_cc_acked - new data was acknowledged, outside of fast recovery
 * @t: control block, SND.UNA moved already
 * @acked: bytes
 *
 * The window does not grow while less than half of it is in use: what was never
 * tried proves nothing. (RFC 5681: "it may be beneficial [...] to be more
 * conservative".) Context: under the owner's lock. Source: RFC 5681 section 3.1,
 * equation (2) in both phases.
 */
void xtcp_cc_acked(struct xtcp_tcb *t, u32 acked)
{
	if (xtcp_flight(t) + acked < t->cwnd / 2 || t->cwnd >= CWND_MAX)
		return;
	if (t->cwnd < t->ssthresh) {
		t->cwnd += min_t(u32, acked, t->snd_mss);
		return;
	}
	t->cwnd_cnt += min(acked, t->cwnd);
	if (t->cwnd_cnt >= t->cwnd) {
		t->cwnd_cnt -= t->cwnd;
		t->cwnd += t->snd_mss;
	}
}

/**
 * xtcp_cc_idle - something is about to be sent: is it after a pause?
 * @t: control block
 * @now: time, us
 *
 * Context: under the owner's lock. Source: RFC 5681 section 4.1 (restart window).
 */
void xtcp_cc_idle(struct xtcp_tcb *t, u64 now)
{
	if (!xtcp_flight(t) && t->last_snd && now - t->last_snd > t->rto)
		t->cwnd = min(t->cwnd, initial_window(t));
}

/*
 * Equation (4) of RFC 5681. FlightSize without what limited transmit has added, which
 * is what goes beyond cwnd, and without what is known to be lost.
 */
static u32 half_flight(const struct xtcp_tcb *t)
{
	u32 flight = xtcp_flight(t);

	flight -= min(flight, t->lost);
	return max_t(u32, min(flight, t->cwnd) / 2, 2U * t->snd_mss);
}

/**
 * xtcp_cc_timeout - the retransmission timer has expired
 * @t: control block; before its records are marked lost and @retries is counted
 *
 * The threshold is held when the same segment times out again.
 * Context: under the owner's lock. Source: RFC 5681 section 3.1; RFC 6582 section
 * 3.2, step 4.
 */
void xtcp_cc_timeout(struct xtcp_tcb *t)
{
	if (!t->retries)
		t->ssthresh = half_flight(t);
	t->cwnd = t->snd_mss;
	t->cwnd_cnt = 0;
	if (!t->sack_ok)
		t->sacked = 0;
	t->recovery = false;
	t->rto_recovery = true;
	t->recover = t->snd_nxt;
}

/**
 * xtcp_cc_recovery_enter - a loss was found otherwise than by a timeout
 * @t: control block; before anything is marked lost
 *
 * Context: under the owner's lock. Source: RFC 5681 section 3.2, steps 2 and 3; RFC
 * 6582 section 3.2, step 2.
 */
void xtcp_cc_recovery_enter(struct xtcp_tcb *t)
{
	t->ssthresh = half_flight(t);
	t->cwnd = t->ssthresh;
	t->cwnd_cnt = 0;
	if (!t->sack_ok)
		t->sacked = XTCP_DUPACKS * t->snd_mss;
	t->recovery = true;
	t->partial_ack = false;
	t->recover = t->snd_nxt;
}

/**
 * xtcp_cc_recovery_partial - a partial ACK in fast recovery
 * @t: control block, SND.UNA moved already
 * @acked: bytes that it acknowledged
 *
 * "Deflate the congestion window by the amount of new data acknowledged"; SND.UNA has
 * made the flight smaller by as much. "If the partial ACK acknowledges at least
 * one SMSS of new data, then add back SMSS bytes."
 * Context: under the owner's lock. Source: RFC 6582 section 3.2, step 3.
 */
void xtcp_cc_recovery_partial(struct xtcp_tcb *t, u32 acked)
{
	t->sacked -= min(t->sacked, acked);
	if (acked >= t->snd_mss)
		t->sacked += t->snd_mss;
}

/**
 * xtcp_cc_recovery_leave - all that was in flight when recovery began is acknowledged
 * @t: control block, SND.UNA moved already
 *
 * The first of the two ways of RFC 6582 section 3.2, step 3, which avoids a burst. With
 * SACK the pipe was known all the time, and there is none to avoid.
 * Context: under the owner's lock.
 */
void xtcp_cc_recovery_leave(struct xtcp_tcb *t)
{
	t->recovery = false;
	if (t->sack_ok)
		return;
	t->cwnd = min(t->ssthresh,
		      max_t(u32, xtcp_flight(t), t->snd_mss) + t->snd_mss);
	t->sacked = 0;
}

/**
 * xtcp_cc_again - a retransmission was lost: congestion again, in the same recovery
 * @t: control block
 *
 * Context: under the owner's lock. Source: RFC 5681 section 4.3; RFC 8985 section 9.3.
 */
void xtcp_cc_again(struct xtcp_tcb *t)
{
	t->frto = XTCP_FRTO_OFF;
	t->ssthresh = max_t(u32, t->cwnd / 2, 2U * t->snd_mss);
	t->cwnd = min(t->cwnd, t->ssthresh);
	t->cwnd_cnt = 0;
	t->recover = t->snd_nxt;
}

/**
 * xtcp_cc_repaired - a loss was found only after it was repaired
 * @t: control block
 *
 * Context: under the owner's lock. Source: RFC 8985 section 7.4.2.
 */
void xtcp_cc_repaired(struct xtcp_tcb *t)
{
	t->ssthresh = max_t(u32, t->cwnd / 2, 2U * t->snd_mss);
	t->cwnd = min(t->cwnd, t->ssthresh);
	t->cwnd_cnt = 0;
}

/**
 * xtcp_cc_timeout_was_right - F-RTO has found that the timeout was not too early
 * @t: control block; two new segments are in flight instead of two old ones
 *
 * "The congestion window can be set to 3 * MSS, because two round-trip times have elapsed":
 * and it must be, or nothing could go beside those two. Context: under the owner's lock.
 * Source: RFC 5682 sections 2.1 and 3.1, (3a).
 */
void xtcp_cc_timeout_was_right(struct xtcp_tcb *t)
{
	t->cwnd = 3U * t->snd_mss;
	t->cwnd_cnt = 0;
}

/**
 * xtcp_cc_undo - there was no congestion
 * @t: control block
 *
 * RFC 4015 begins with what is in flight and lets slow start do the rest; here that is
 * nearly all that was, because nothing was lost.
 * Context: under the owner's lock. Source: RFC 4015 section 3.1, (9).
 */
void xtcp_cc_undo(struct xtcp_tcb *t)
{
	t->cwnd = max(t->cwnd, t->undo_cwnd);
	t->ssthresh = max(t->ssthresh, t->undo_ssthresh);
	if (!t->sack_ok)
		t->sacked = 0;
}
