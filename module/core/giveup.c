// SPDX-License-Identifier: GPL-2.0
/*
 * When to give up a connection: R1 and R2 (RFC 9293 section 3.8.3), the numbers of retries after
 * which another route is looked for and after which the connection ends; and the user timeout.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>

#include "giveup.h"
#include "state.h"
#include "usec.h"

#define ORPHAN_RETRIES	8	/* what 0 in the sysctl orphan_retries means */

/* When the user timeout ends, us; it is counted from @rtx_start. 0: none is set */
static u64 user_end(const struct xtcp_tcb *t)
{
	return t->user_timeout ? t->rtx_start + t->user_timeout * XTCP_US_PER_MS : 0;
}

/**
 * xtcp_patient - limit the time of the next retry to the end of the user timeout
 * @t: control block; something has been tried already
 * @when: time of the next retry, us
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
 * xtcp_retries_exhausted - has the connection reached R2?
 * @t: control block; @rtx_start: when the first of @tries was made
 * @tries: number of retries so far
 * @now: time, us
 *
 * A user timeout replaces retries2 (MUST-21). During the handshake, and for an orphan, the number
 * of retries is limited as well.
 * Context: under the owner's lock. Source: RFC 9293 section 3.8.3.
 *
 * Return: true when R2 is reached.
 */
bool xtcp_retries_exhausted(const struct xtcp_tcb *t, u32 tries, u64 now)
{
	u64 end = user_end(t);

	if (end && now >= end)
		return true;
	if (end && !t->orphan && !xtcp_handshaking(t))
		return false;
	return tries >= most_retries(t);
}

/**
 * xtcp_time_out - R2 is reached: end the connection
 * @t: control block
 * @now: time, us
 * @act: actions
 *
 * The peer of an orphan gets an RST: it may be alive and just not accept any bytes.
 * Context: under the owner's lock. Source: RFC 9293 section 3.8.3.
 */
void xtcp_time_out(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (t->orphan)
		xtcp_tcb_abort(t, now, act);
	xtcp_tcb_fail(t, t->soft_err ?: ETIMEDOUT, act);
}

/**
 * xtcp_count_retry - count a retransmission or probe that was not answered
 * @t: control block
 * @act: actions; gets XTCP_ACT_OUTPUT, may get XTCP_ACT_NEW_ROUTE and XTCP_ACT_ADVISE
 *
 * From R1 on, ask for another route. When R1 is reached, tell the user that there is trouble.
 * Context: under the owner's lock. Source: RFC 9293 section 3.8.3 (MUST-20, SHLD-9).
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
