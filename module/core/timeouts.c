// SPDX-License-Identifier: GPL-2.0
/*
 * Deadlines of a connection, and what is done when they pass (RFC 9293 section 3.10.8).
 *
 * A deadline is a number in the control block. Moving it is a store; the module keeps
 * one timer, for the earliest.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>

#include "internal.h"

#define KEEPALIVE_STATES (XTCP_S(ESTABLISHED) | XTCP_S(CLOSE_WAIT) | \
			  XTCP_S(FIN_WAIT_1) | XTCP_S(FIN_WAIT_2) | XTCP_S(CLOSING))

/**
 * xtcp_earliest_deadline - which deadline is the next?
 * @t: control block
 *
 * To know when xtcp_step() wants an XTCP_EV_TIMER, @soonest is enough.
 *
 * Context: under the owner's lock.
 *
 * Return: time, us; 0 when no timer runs.
 */
u64 xtcp_earliest_deadline(const struct xtcp_tcb *t)
{
	u64 earliest = 0;
	int kind;

	for (kind = 0; kind < XTCP_TIMER_KINDS; kind++)
		if (t->deadline[kind] && (!earliest || t->deadline[kind] < earliest))
			earliest = t->deadline[kind];
	return earliest;
}

/**
 * xtcp_arm - start a timer that does not run
 * @t: control block
 * @kind: which
 * @when: time, us
 *
 * Context: under the owner's lock.
 */
void xtcp_arm(struct xtcp_tcb *t, enum xtcp_timer_kind kind, u64 when)
{
	if (!t->deadline[kind])
		xtcp_deadline_set(t, kind, when);
}

/* When the user's own timeout ends, which counts from @rtx_start; 0: there is none */
static u64 user_deadline(const struct xtcp_tcb *t)
{
	return t->user_timeout ? t->rtx_start + t->user_timeout * XTCP_US_PER_MS : 0;
}

/* Not later than the user has patience, when anything has been retransmitted */
static u64 patient(const struct xtcp_tcb *t, u64 when)
{
	u64 end = user_deadline(t);

	return end && t->retries ? min(when, end) : when;
}

/**
 * xtcp_rtx_restart - RFC 6298 (5.2), (5.3): run while something is outstanding
 * @t: control block
 * @now: time, us
 *
 * Context: under the owner's lock.
 */
void xtcp_rtx_restart(struct xtcp_tcb *t, u64 now)
{
	if (xtcp_flight(t))
		xtcp_deadline_set(t, XTCP_TIMER_RTX, patient(t, now + t->rto));
	else
		t->deadline[XTCP_TIMER_RTX] = 0;
}

/* R2 as a number of retransmissions (RFC 9293 section 3.8.3) */
static u32 most_retries(const struct xtcp_tcb *t)
{
	if (xtcp_handshaking(t))
		return t->set_syn_retries ?: READ_ONCE(t->knobs->syn_retries);
	if (t->orphan)
		return READ_ONCE(t->knobs->orphan_retries) ?: XTCP_ORPHAN_RETRIES;
	return READ_ONCE(t->knobs->retries2);
}

/**
 * xtcp_hopeless - is it time to give up?
 * @t: control block; @rtx_start: when the first of @tries was made
 * @tries: how often it was tried again
 * @now: time, us
 *
 * The user's timeout goes before retries2 (MUST-21). Context: under the owner's lock.
 * Source: RFC 9293 section 3.8.3.
 *
 * Return: true when R2 is reached.
 */
bool xtcp_hopeless(const struct xtcp_tcb *t, u32 tries, u64 now)
{
	u64 end = user_deadline(t);

	if (end && now >= end)
		return true;
	if (end && !t->orphan && !xtcp_handshaking(t))
		return false;
	return tries >= most_retries(t);
}

/**
 * xtcp_time_out - R2: the connection is gone
 * @t: control block
 * @now: time, us
 * @act: actions
 *
 * The peer of an orphan may live, and only have taken no bytes: it is told.
 * Context: under the owner's lock. Source: RFC 9293 section 3.8.3.
 */
void xtcp_time_out(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (t->orphan)
		xtcp_tcb_abort(t, now, act);
	xtcp_tcb_fail(t, t->soft_err ?: ETIMEDOUT, act);
}

/*
 * One more retransmission, or probe, without an answer; from R1 on ask for another route,
 * and when it is reached let the user know that there is trouble
 */
static void count_retry(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	u32 r1 = READ_ONCE(t->knobs->retries1);

	if (t->retries < U8_MAX)
		t->retries++;
	if (t->retries >= r1)
		act->todo |= XTCP_ACT_NEW_ROUTE;
	if (t->retries == r1)
		act->todo |= XTCP_ACT_ADVISE;
	act->todo |= XTCP_ACT_OUTPUT;
}

/* RFC 6298 (5.4) to (5.6); RFC 5681 section 3.1; RFC 9293 section 3.8.3 */
static void rtx_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (!t->retries)
		t->rtx_start = t->sendq.head->sent;
	if (xtcp_hopeless(t, t->retries, now)) {
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
	count_retry(t, act);
	xtcp_blackhole_suspect(t, now);
	xtcp_rtx_restart(t, now);
}

/* The time between zero-window probes doubles (SHLD-30) */
static u64 probe_interval(const struct xtcp_tcb *t)
{
	return min_t(u64, (u64)t->rto << min_t(u8, t->probes_out, 16), XTCP_RTO_MAX);
}

/* Does the window keep all of what waits from going? */
static bool window_closed(const struct xtcp_tcb *t)
{
	return !xtcp_usable_window(t);
}

/**
 * xtcp_persist_arm - nothing can be sent: see that something will be
 * @t: control block
 * @now: time, us
 *
 * Without anything in flight no ACK will come to move what waits: then a window of zero
 * is probed after the RTO (SHLD-29), and silly window avoidance overridden. What is
 * corked is held back for as long as that, whatever is in flight.
 * Context: under the owner's lock. Source: RFC 9293 sections 3.8.6.1 and 3.8.6.2.1.
 */
void xtcp_persist_arm(struct xtcp_tcb *t, u64 now)
{
	if (!t->sendq.unsent || xtcp_handshaking(t))
		return;
	if (xtcp_flight(t) && !t->cork)
		return;
	xtcp_arm(t, XTCP_TIMER_PERSIST,
		 now + (window_closed(t) ? probe_interval(t) : XTCP_OVERRIDE));
}

/**
 * xtcp_probe_anew - probe a closed window as if it had just closed
 * @t: control block
 * @now: time, us
 *
 * Probes may lie two minutes apart by now. Context: under the owner's lock.
 */
void xtcp_probe_anew(struct xtcp_tcb *t, u64 now)
{
	t->probes_out = 0;
	t->deadline[XTCP_TIMER_PERSIST] = 0;
	xtcp_persist_arm(t, now);
}

static void persist_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	t->probe_now = true;
	act->todo |= XTCP_ACT_OUTPUT;
	if (xtcp_flight(t) || !window_closed(t))
		return;	/* the override */
	if (!t->probes_out)
		t->rtx_start = now;
	if (xtcp_hopeless(t, t->retries, now)) {
		xtcp_time_out(t, now, act);
		return;
	}
	if (t->probes_out < U8_MAX)
		t->probes_out++;
	count_retry(t, act);
	xtcp_deadline_set(t, XTCP_TIMER_PERSIST, patient(t, now + probe_interval(t)));
}

static void delack_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	t->ack_now = true;
	act->todo |= XTCP_ACT_OUTPUT;
}

static u64 keepalive_time(const struct xtcp_tcb *t)
{
	return (t->set_keepalive_time ?: READ_ONCE(t->knobs->keepalive_time)) * XTCP_US_PER_S;
}

static u64 keepalive_intvl(const struct xtcp_tcb *t)
{
	return (t->set_keepalive_intvl ?: READ_ONCE(t->knobs->keepalive_intvl)) * XTCP_US_PER_S;
}

/* MUST-29: it takes several probes, all unanswered */
static bool keepalive_failed(const struct xtcp_tcb *t, u64 idle)
{
	u32 probes = t->set_keepalive_probes ?: READ_ONCE(t->knobs->keepalive_probes);

	if (t->user_timeout)
		return t->keep_probes_out && idle >= t->user_timeout * XTCP_US_PER_MS;
	return t->keep_probes_out >= probes;
}

/**
 * xtcp_keepalive_start - keepalive was switched on or off, or its times changed
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

/*
 * Segments don't move this deadline; it looks, when it passes, how long it has been
 * quiet. While something is to be sent, retransmission finds out (MUST-26).
 */
static void keepalive_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	u64 idle = now - t->last_rcv;

	if (!XTCP_IN(t->state, KEEPALIVE_STATES))
		return;
	if (t->last_rcv >= t->keep_probed)	/* answered, or not asked */
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

/*
 * The peer of an orphan has not closed in time; it learns so when it sends. Or it has not
 * taken all that was written, however often it was heard of: that it learns at once.
 */
static void orphan_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (t->state == XTCP_FIN_WAIT_2)
		xtcp_tcb_close(t, act);
	else
		xtcp_time_out(t, now, act);
}

/* What was suspected is lost, if nothing has come since */
static void reorder_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	xtcp_rack_detect(t, now);
	act->todo |= XTCP_ACT_OUTPUT;
}

/* See xtcp_send_failed() */
static void retry_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	act->todo |= XTCP_ACT_OUTPUT;
}

/* A timer runs only while what its function looks after is there: see who arms it */
static void (*const expired[XTCP_TIMER_KINDS])(struct xtcp_tcb *t, u64 now,
					       struct xtcp_actions *act) = {
	[XTCP_TIMER_PROBE] = xtcp_tlp_expired,
	[XTCP_TIMER_RTX] = rtx_expired,
	[XTCP_TIMER_REORDER] = reorder_expired,
	[XTCP_TIMER_PERSIST] = persist_expired,
	[XTCP_TIMER_DELACK] = delack_expired,
	[XTCP_TIMER_KEEPALIVE] = keepalive_expired,
	[XTCP_TIMER_ORPHAN] = orphan_expired,
	[XTCP_TIMER_RETRY] = retry_expired,
	[XTCP_TIMER_CONFIRM] = xtcp_echo_expired,
};

/**
 * xtcp_timers - do what the deadlines that have passed ask for
 * @t: control block
 * @now: time, us
 * @act: actions
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.8.
 */
void xtcp_timers(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	int kind;

	for (kind = 0; kind < XTCP_TIMER_KINDS; kind++) {
		if (!t->deadline[kind] || t->deadline[kind] > now)
			continue;
		t->deadline[kind] = 0;
		expired[kind](t, now, act);	/* may close: then none is left */
	}
	t->soonest = xtcp_earliest_deadline(t) ?: XTCP_NEVER;
}
