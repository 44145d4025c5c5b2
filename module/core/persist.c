// SPDX-License-Identifier: GPL-2.0
/*
 * The persist timer: zero-window probes (RFC 9293 section 3.8.6.1), and the override timeout of
 * silly window avoidance (section 3.8.6.2.1).
 */
#include <linux/limits.h>
#include <linux/minmax.h>

#include "deadline.h"
#include "giveup.h"
#include "persist.h"
#include "rtt.h"
#include "window.h"

#define OVERRIDE	(200 * XTCP_US_PER_MS)	/* RFC 9293 section 3.8.6.2.1, (4) */

/* The time between zero-window probes doubles (SHLD-30) */
static u64 probe_interval(const struct xtcp_tcb *t)
{
	return min_t(u64, (u64)t->rto << min_t(u8, t->probes_out, 16), XTCP_RTO_MAX);
}

/* Does the peer's window keep all of the unsent data back? */
static bool window_closed(const struct xtcp_tcb *t)
{
	return !xtcp_usable_window(t);
}

/**
 * xtcp_persist_arm - arm the persist timer when data waits that can't be sent
 * @t: control block
 * @now: time, us
 *
 * With nothing in flight, no ACK will come to release the waiting data. So a zero window is
 * probed after the RTO (SHLD-29), and silly window avoidance is overridden. Corked data
 * waits no longer than this timer, even while other data is in flight.
 * Context: under the owner's lock. Source: RFC 9293 sections 3.8.6.1 and 3.8.6.2.1.
 */
void xtcp_persist_arm(struct xtcp_tcb *t, u64 now)
{
	if (!t->sendq.unsent || xtcp_handshaking(t))
		return;
	if (xtcp_flight(t) && !t->cork)
		return;
	xtcp_arm(t, XTCP_TIMER_PERSIST,
		 now + (window_closed(t) ? probe_interval(t) : OVERRIDE));
}

/**
 * xtcp_persist_restart - restart the probes of a closed window from the RTO
 * @t: control block
 * @now: time, us
 *
 * By now the probes may be two minutes apart. Context: under the owner's lock.
 */
void xtcp_persist_restart(struct xtcp_tcb *t, u64 now)
{
	t->probes_out = 0;
	t->deadline[XTCP_TIMER_PERSIST] = 0;
	xtcp_persist_arm(t, now);
}

/**
 * xtcp_persist_expired - send a zero-window probe, or override silly window avoidance
 * @t: control block
 * @now: time, us
 * @act: actions
 *
 * Context: under the owner's lock. Source: RFC 9293 sections 3.8.6.1 and 3.8.6.2.1.
 */
void xtcp_persist_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (xtcp_flight(t) && !t->cork)
		return;		/* armed for data that was corked then; an ACK will come */
	t->probe_now = true;
	act->todo |= XTCP_ACT_OUTPUT;
	if (xtcp_flight(t) || !window_closed(t))
		return;	/* the override timeout: only data is sent */
	if (!t->probes_out)
		t->rtx_start = now;
	if (xtcp_retries_exhausted(t, t->retries, now)) {
		xtcp_time_out(t, now, act);
		return;
	}
	if (t->probes_out < U8_MAX)
		t->probes_out++;
	xtcp_count_retry(t, act);
	xtcp_deadline_set(t, XTCP_TIMER_PERSIST, xtcp_patient(t, now + probe_interval(t)));
}
