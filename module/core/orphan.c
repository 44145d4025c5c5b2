// SPDX-License-Identifier: GPL-2.0
/*
 * Orphans: connections whose socket is closed. docs/orphans.md lists what a peer can keep one
 * alive by, and for how long.
 */
#include <linux/compiler.h>

#include "deadline.h"
#include "giveup.h"
#include "orphan.h"
#include "persist.h"
#include "state.h"
#include "usec.h"

/* How long an orphan waits for the peer's FIN, us; negative: not at all */
static s64 fin_wait_2_time(const struct xtcp_tcb *t)
{
	int seconds = t->set_fin_timeout ?: READ_ONCE(t->knobs->fin_timeout);

	return seconds * (s64)XTCP_US_PER_S;
}

/**
 * xtcp_orphan_fin_wait_2 - limit the time that an orphan may stay in FIN-WAIT-2
 * @t: control block in FIN-WAIT-2
 * @now: time, us
 * @act: actions
 *
 * Called when the connection enters FIN-WAIT-2, and when it becomes an orphan there. RFC 9293 has
 * no limit, but no program waits for the end of an orphan.
 * Context: under the owner's lock.
 */
void xtcp_orphan_fin_wait_2(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (!t->orphan)
		return;
	if (fin_wait_2_time(t) < 0)
		xtcp_tcb_abort(t, now, act);
	else
		xtcp_deadline_set(t, XTCP_TIMER_ORPHAN, now + fin_wait_2_time(t));
}

/**
 * xtcp_orphan - the program has closed the socket
 * @t: control block
 * @now: time, us
 * @act: actions
 *
 * The connection is to close properly, in a time that no peer can extend. R2 counts retries without
 * progress, and starts anew whenever the peer accepts bytes. So the total time is limited, too.
 * Context: under the owner's lock.
 */
void xtcp_orphan(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	t->orphan = true;
	t->rcv_shut = true;
	if (t->state == XTCP_FIN_WAIT_2) {
		xtcp_orphan_fin_wait_2(t, now, act);
		return;
	}
	xtcp_deadline_set(t, XTCP_TIMER_ORPHAN,
			  now + READ_ONCE(t->knobs->orphan_timeout) * XTCP_US_PER_S);
	if (t->probes_out)
		xtcp_persist_restart(t, now);
}

/**
 * xtcp_orphan_expired - the time limit of an orphan has passed
 * @t: control block
 * @now: time, us
 * @act: actions
 *
 * In FIN-WAIT-2 the peer has not closed in time: end silently; what it sends later is answered by
 * RST. In other states it has not accepted all data, even though it may have answered: send an RST
 * now.
 * Context: under the owner's lock.
 */
void xtcp_orphan_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (t->state == XTCP_FIN_WAIT_2)
		xtcp_tcb_close(t, act);
	else
		xtcp_time_out(t, now, act);
}
