// SPDX-License-Identifier: GPL-2.0
/*
 * The congestion window: slow start and congestion avoidance (RFC 5681), the initial window
 * (RFC 6928), and NewReno's changes in recovery (RFC 6582).
 *
 * RFC 5681 inflates cwnd for each duplicate ACK, and deflates it later. Here @sacked grows, which
 * shrinks the pipe, and falls later. cwnd - pipe is the same.
 */
#include <linux/limits.h>
#include <linux/minmax.h>

#include "cc.h"

#define CWND_MAX	0x40000000U	/* the largest window that TCP can advertise */

/* RFC 6928 section 2 */
static u32 initial_window(const struct xtcp_tcb *t)
{
	return min(10U * t->snd_mss, max(2U * t->snd_mss, 14600U));
}

/**
 * xtcp_cc_init - set the initial congestion window
 * @t: control block; @snd_mss is set, and @syn.retries says whether SYNs were lost
 *
 * The window is one segment if the SYN was retransmitted more than once.
 * Context: under the owner's lock. Source: RFC 6928 section 2; RFC 5681 section 3.1.
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
 * The window does not grow while less than half of it is in use: a window that was not used says
 * nothing about the path. (RFC 5681: "it may be beneficial [...] to be more conservative".)
 * Context: under the owner's lock. Source: RFC 5681 section 3.1: equation (2) for each ACK in
 * slow start; one segment for each window of bytes acknowledged in congestion avoidance.
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
 * xtcp_cc_idle - data is about to be sent: reduce the window after an idle period
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
 * RFC 5681, equation (4). FlightSize excludes segments sent by limited transmit, which are those
 * beyond cwnd, and bytes that are marked lost.
 */
static u32 half_flight(const struct xtcp_tcb *t)
{
	u32 flight = xtcp_flight(t);

	flight -= min(flight, t->lost);
	return max_t(u32, min(flight, t->cwnd) / 2, 2U * t->snd_mss);
}

/**
 * xtcp_cc_timeout - the retransmission timer has expired
 * @t: control block; its records are not marked lost yet, and @retries does not count this timeout
 *
 * ssthresh does not change when the same segment times out again.
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
 * xtcp_cc_recovery_enter - a loss was detected before the timeout: enter fast recovery
 * @t: control block; nothing is marked lost yet
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
 * "Deflate the congestion window by the amount of new data acknowledged": SND.UNA has moved, so
 * FlightSize is smaller by that amount, and @sacked falls with it. "If the partial ACK
 * acknowledges at least one SMSS of new data, then add back SMSS bytes."
 * Context: under the owner's lock. Source: RFC 6582 section 3.2, step 3.
 */
void xtcp_cc_recovery_partial(struct xtcp_tcb *t, u32 acked)
{
	t->sacked -= min(t->sacked, acked);
	if (acked >= t->snd_mss)
		t->sacked += t->snd_mss;
}

/**
 * xtcp_cc_recovery_leave - all data in flight at the start of recovery is acknowledged
 * @t: control block, SND.UNA moved already
 *
 * Of the two options in RFC 6582 section 3.2, step 3, this is the first, which avoids a burst.
 * With SACK no burst is possible: the pipe was known throughout the recovery.
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
 * xtcp_cc_again - a retransmission was lost: reduce the window again in the same recovery
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
 * xtcp_cc_repaired - a tail loss probe has repaired a loss before it was detected
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
 * xtcp_cc_timeout_was_right - F-RTO has found that the timeout was not spurious
 * @t: control block; F-RTO has sent two new segments instead of two retransmissions
 *
 * "The congestion window can be set to 3 * MSS, because two round-trip times have elapsed". It
 * has to be: a smaller window is full with the two new segments.
 * Context: under the owner's lock. Source: RFC 5682 sections 2.1 and 3.1, (3a).
 */
void xtcp_cc_timeout_was_right(struct xtcp_tcb *t)
{
	t->cwnd = 3U * t->snd_mss;
	t->cwnd_cnt = 0;
}

/**
 * xtcp_cc_undo - there was no congestion: restore the window
 * @t: control block
 *
 * RFC 4015 starts from what is in flight and lets slow start do the rest. Here nearly all of the
 * earlier window is in flight, because nothing was lost.
 * Context: under the owner's lock. Source: RFC 4015 section 3.1, (9).
 */
void xtcp_cc_undo(struct xtcp_tcb *t)
{
	t->cwnd = max(t->cwnd, t->undo_cwnd);
	t->ssthresh = max(t->ssthresh, t->undo_ssthresh);
	if (!t->sack_ok)
		t->sacked = 0;
}
