// SPDX-License-Identifier: GPL-2.0
/*
 * When is a connection given up? R1 and R2 (RFC 9293 section 3.8.3): how often something is
 * tried again before another route is looked for, and before the connection ends; and the
 * user's own timeout.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>

#include "giveup.h"
#include "state.h"
#include "usec.h"

#define ORPHAN_RETRIES	8	/* what 0 of the knob orphan_retries stands for */

/* When the user's own timeout ends, which counts from @rtx_start; 0: there is none */
static u64 user_end(const struct xtcp_tcb *t)
{
	return t->user_timeout ? t->rtx_start + t->user_timeout * XTCP_US_PER_MS : 0;
}

/**
 * xtcp_patient - when to try again, not later than the user has patience
 * @t: control block; something has been tried already
 * @when: when it would be tried again, us
 *
 * Context: under the owner's lock. Source: RFC 9293
 * section 3.8.3 (MUST-21).
 *
 * Return: time, us.
 */
u64 xtcp_patient(const struct xtcp_tcb *t, u64 when)
{
	u64 end = user_end(t);

	return end ? min(when, end) : when;
}

/* R2 as a number of retransmissions (RFC 9293 section 3.8.3) */
static u32 most_retries(const struct xtcp_tcb *t)
{
	if (xtcp_handshaking(t))
		return t->set_syn_retries ?: READ_ONCE(t->knobs->syn_retries);
	if (t->orphan)
		return READ_ONCE(t->knobs->orphan_retries) ?: ORPHAN_RETRIES;
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
	u64 end = user_end(t);

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

/**
 * xtcp_count_retry - one more retransmission, or probe, without an answer
 * @t: control block
 * @act: actions; gets XTCP_ACT_OUTPUT, may get XTCP_ACT_NEW_ROUTE and XTCP_ACT_ADVISE
 *
 * From R1 on ask for another route, and when it is reached let the user know that there is
 * trouble. Context: under the owner's lock. Source: RFC 9293 section 3.8.3 (MUST-20, SHLD-9).
 */
void xtcp_count_retry(struct xtcp_tcb *t, struct xtcp_actions *act)
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
