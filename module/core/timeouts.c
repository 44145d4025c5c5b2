// SPDX-License-Identifier: GPL-2.0
/*
 * USER TIMEOUT, RETRANSMISSION TIMEOUT and all other timeouts (RFC 9293 section 3.10.8): which
 * deadlines have passed, and the function for each.
 */
#include "ack_out.h"
#include "deadline.h"
#include "echo.h"
#include "keepalive.h"
#include "orphan.h"
#include "persist.h"
#include "rack.h"
#include "rtx.h"
#include "timeouts.h"
#include "tlp.h"

/* Records that were suspected are lost, unless they have arrived meanwhile */
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

/* A timer is armed only while the state that its function needs exists: see where it is armed */
static void (*const expired[XTCP_TIMER_KINDS])(struct xtcp_tcb *t, u64 now,
					       struct xtcp_actions *act) = {
	[XTCP_TIMER_PROBE] = xtcp_tlp_expired,
	[XTCP_TIMER_RTX] = xtcp_rtx_expired,
	[XTCP_TIMER_REORDER] = reorder_expired,
	[XTCP_TIMER_PERSIST] = xtcp_persist_expired,
	[XTCP_TIMER_DELACK] = xtcp_ack_expired,
	[XTCP_TIMER_KEEPALIVE] = xtcp_keepalive_expired,
	[XTCP_TIMER_ORPHAN] = xtcp_orphan_expired,
	[XTCP_TIMER_RETRY] = retry_expired,
	[XTCP_TIMER_CONFIRM] = xtcp_echo_expired,
};

/**
 * xtcp_timeouts - handle the deadlines that have passed
 * @t: control block
 * @now: time, us
 * @act: actions
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.8.
 */
void xtcp_timeouts(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	int kind;

	for (kind = 0; kind < XTCP_TIMER_KINDS; kind++) {
		if (!t->deadline[kind] || t->deadline[kind] > now)
			continue;
		t->deadline[kind] = 0;
		expired[kind](t, now, act);	/* may close: then no deadline is left */
	}
	t->soonest = xtcp_earliest_deadline(t) ?: XTCP_NEVER;
}
