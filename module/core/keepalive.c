// SPDX-License-Identifier: GPL-2.0
/*
 * Keepalive (RFC 9293 section 3.8.4): probe a peer that has been silent, and end the connection if
 * it does not answer.
 */
#include <linux/compiler.h>
#include <linux/minmax.h>

#include "deadline.h"
#include "giveup.h"
#include "keepalive.h"
#include "state.h"
#include "usec.h"

#define KEEPALIVE_STATES (XTCP_S(ESTABLISHED) | XTCP_S(CLOSE_WAIT) | \
			  XTCP_S(FIN_WAIT_1) | XTCP_S(FIN_WAIT_2) | XTCP_S(CLOSING))

static u64 keepalive_time(const struct xtcp_tcb *t)
{
	return (t->set_keepalive_time ?: READ_ONCE(t->knobs->keepalive_time)) * XTCP_US_PER_S;
}

static u64 keepalive_intvl(const struct xtcp_tcb *t)
{
	return (t->set_keepalive_intvl ?: READ_ONCE(t->knobs->keepalive_intvl)) * XTCP_US_PER_S;
}

/*
 * MUST-29: one unanswered probe must not end the connection. With a user timeout the time of
 * silence decides, instead of the number of probes
 */
static bool keepalive_failed(const struct xtcp_tcb *t, u64 idle)
{
	u32 probes = t->set_keepalive_probes ?: READ_ONCE(t->knobs->keepalive_probes);

	if (t->user_timeout)
		return t->keep_probes_out && idle >= t->user_timeout * XTCP_US_PER_MS;
	return t->keep_probes_out >= probes;
}

/**
 * xtcp_keepalive_start - keepalive was switched on or off, or its intervals changed
 * @t: control block
 * @now: time, us
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.8.4 (MUST-24).
 */
void xtcp_keepalive_start(struct xtcp_tcb *t, u64 now)
{
	t->keep_probes_out = 0;
	t->deadline[XTCP_TIMER_KEEPALIVE] = 0;
	if (t->keepalive && XTCP_IN(t->state, KEEPALIVE_STATES))
		xtcp_deadline_set(t, XTCP_TIMER_KEEPALIVE,
				  max(now, t->last_rcv + keepalive_time(t)));
}

/**
 * xtcp_keepalive_expired - send a probe, give up, or wait on
 * @t: control block
 * @now: time, us
 * @act: actions
 *
 * Segments that arrive don't move the deadline. When it passes, this checks how long the peer has
 * been silent. No probe is sent while data is in flight or queued (MUST-26): retransmission then
 * detects a dead peer.
 * Context: under the owner's lock. Source: RFC 9293 section 3.8.4.
 */
void xtcp_keepalive_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	u64 idle = now - t->last_rcv;

	if (!XTCP_IN(t->state, KEEPALIVE_STATES))
		return;
	if (t->last_rcv >= t->keep_probed)	/* answered, or never sent */
		t->keep_probes_out = 0;
	if (xtcp_flight(t) || t->sendq.unsent) {
		xtcp_arm(t, XTCP_TIMER_KEEPALIVE, now + keepalive_time(t));
		return;
	}
	if (idle < keepalive_time(t)) {
		xtcp_arm(t, XTCP_TIMER_KEEPALIVE, t->last_rcv + keepalive_time(t));
		return;
	}
	if (keepalive_failed(t, idle)) {
		xtcp_tcb_abort(t, now, act);
		xtcp_time_out(t, now, act);
		return;
	}
	t->keep_probes_out++;
	t->keep_probed = now;
	t->probe_now = true;
	act->todo |= XTCP_ACT_OUTPUT;
	xtcp_arm(t, XTCP_TIMER_KEEPALIVE, now + keepalive_intvl(t));
}
