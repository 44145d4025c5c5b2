// SPDX-License-Identifier: GPL-2.0
/*
 * The retransmission timer (RFC 6298 section 5): when it runs, and what happens when it
 * expires. For its length, the RTO, see rtt.c.
 */
#include "blackhole.h"
#include "cc.h"
#include "deadline.h"
#include "frto.h"
#include "giveup.h"
#include "rack.h"
#include "rtt.h"
#include "rtx.h"
#include "scoreboard.h"
#include "undo.h"

/**
 * xtcp_rtx_restart - RFC 6298 (5.2), (5.3): restart the timer if data is outstanding
 * @t: control block
 * @now: time, us
 *
 * Context: under the owner's lock.
 */
void xtcp_rtx_restart(struct xtcp_tcb *t, u64 now)
{
	u64 when = now + t->rto;

	if (xtcp_flight(t))
		xtcp_deadline_set(t, XTCP_TIMER_RTX, t->retries ? xtcp_patient(t, when) : when);
	else
		t->deadline[XTCP_TIMER_RTX] = 0;
}

/**
 * xtcp_rtx_expired - the retransmission timer has expired
 * @t: control block; its send queue is not empty
 * @now: time, us
 * @act: actions
 *
 * Context: under the owner's lock. Source: RFC 6298 (5.4) to (5.6); RFC 5681 section 3.1; RFC
 * 9293 section 3.8.3.
 */
void xtcp_rtx_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (!t->retries)
		t->rtx_start = t->sendq.head->sent;
	if (xtcp_retries_exhausted(t, t->retries, now)) {
		xtcp_time_out(t, now, act);
		return;
	}
	if (!t->recovery && !t->rto_recovery && !xtcp_handshaking(t))
		xtcp_undo_prepare(t);
	xtcp_frto_begin(t);
	xtcp_cc_timeout(t);
	t->reacted = now;
	if (t->sack_ok)
		xtcp_rack_timeout(t, now);
	else
		xtcp_mark_all_lost(t);
	t->retx_now = true;
	xtcp_rto_backoff(t);
	xtcp_count_retry(t, act);
	xtcp_blackhole_suspect(t, now);
	xtcp_rtx_restart(t, now);
}
