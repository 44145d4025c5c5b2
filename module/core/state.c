// SPDX-License-Identifier: GPL-2.0
/*
 * The transitions out of the states that have a control block: a connection is closed,
 * fails, is aborted, or enters TIME-WAIT (RFC 9293 section 3.10).
 */
#include <linux/stddef.h>
#include <linux/string.h>

#include "deadline.h"
#include "event.h"
#include "reset.h"
#include "state.h"
#include "tcb.h"

/* Add a chain to the records to be freed */
static void free_chain(struct xtcp_actions *act, struct xtcp_rec *chain)
{
	struct xtcp_rec **link = &chain;

	while (*link)
		link = &(*link)->next;
	*link = act->freed;
	act->freed = chain;
}

/* Disarm all timers and empty all queues */
static void flush(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	memset(t->deadline, 0, sizeof(t->deadline));
	t->soonest = XTCP_NEVER;
	free_chain(act, xtcp_sendq_purge(&t->sendq));
	free_chain(act, xtcp_reasm_purge(&t->reasm));
	t->lost = 0;
	t->sacked = 0;
	t->sacked_recs = 0;
	t->nseen = 0;
	t->lost_hint = NULL;
	t->retx_now = false;
	t->tlp_now = false;
	t->frto = XTCP_FRTO_OFF;
	t->probe_now = false;
}

/**
 * xtcp_tcb_close - the connection has ended
 * @t: control block; CLOSED afterwards, its queues and timers empty
 * @act: actions; gets XTCP_ACT_CLOSED, loses XTCP_ACT_OUTPUT
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10 ("delete the TCB").
 */
void xtcp_tcb_close(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	flush(t, act);
	t->state = XTCP_CLOSED;
	t->ack_now = false;
	t->ack_pending = false;
	act->todo |= XTCP_ACT_CLOSED;
	act->todo &= ~XTCP_ACT_OUTPUT;
}

/**
 * xtcp_tcb_fail - the connection has ended, and the user gets an error
 * @t: control block
 * @err: errno, positive
 * @act: actions
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.6 (MUST-12).
 */
void xtcp_tcb_fail(struct xtcp_tcb *t, int err, struct xtcp_actions *act)
{
	act->err = err;
	act->todo |= XTCP_ACT_ERROR | XTCP_ACT_READABLE | XTCP_ACT_WRITABLE;
	xtcp_tcb_close(t, act);
}

/**
 * xtcp_tcb_abort - ABORT: end the connection, with an RST where RFC 9293 sends one
 * @t: control block
 * @now: time, us
 * @act: actions
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.5.
 */
void xtcp_tcb_abort(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (t->state == XTCP_CLOSED)
		return;
	if (xtcp_reset_on_abort(t)) {
		xtcp_reset_fill(t, now, &act->rst);
		act->todo |= XTCP_ACT_RST;
	}
	xtcp_tcb_close(t, act);
}

/**
 * xtcp_enter_time_wait - our FIN is acknowledged, and the peer's was received
 * @t: control block; xtcp_next() may still return a pending ACK
 * @act: actions; gets XTCP_ACT_TIME_WAIT
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.7.4 ("turn off the
 * other timers").
 */
void xtcp_enter_time_wait(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	flush(t, act);
	t->state = XTCP_TIME_WAIT;
	act->todo |= XTCP_ACT_TIME_WAIT | XTCP_ACT_READABLE | XTCP_ACT_WRITABLE;
}
