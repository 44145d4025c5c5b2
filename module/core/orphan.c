// SPDX-License-Identifier: GPL-2.0
/*
 * Orphans: connections that no user has any more. docs/orphans.md says what can keep one, and
 * for how long.
 */
#include <linux/compiler.h>

#include "deadline.h"
#include "giveup.h"
#include "orphan.h"
#include "persist.h"
#include "state.h"
#include "usec.h"

/* How long an orphan waits for the peer's FIN; negative: not at all */
static s64 fin_wait_2_time(const struct xtcp_tcb *t)
{
	int seconds = t->set_fin_timeout ?: READ_ONCE(t->knobs->fin_timeout);

	return seconds * (s64)XTCP_US_PER_S;
}

/**
 * xtcp_orphan_fin_wait_2 - FIN-WAIT-2 begins, or its user goes: how long may it last?
 * @t: control block in FIN-WAIT-2
 * @now: time, us
 * @act: actions
 *
 * RFC 9293 lets it last for ever; with no user to wait for, it doesn't.
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
 * xtcp_orphan - nobody reads or asks any more
 * @t: control block
 * @now: time, us
 * @act: actions
 *
 * What is left is to end properly, within a time that no peer can make longer. R2 counts what
 * goes unanswered, and bytes that are taken start it anew; so there is a limit to all of it,
 * too. Context: under the owner's lock.
 */
void xtcp_orphan(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	t->orphan = true;
	t->deaf = true;
	if (t->state == XTCP_FIN_WAIT_2) {
		xtcp_orphan_fin_wait_2(t, now, act);
		return;
	}
	xtcp_deadline_set(t, XTCP_TIMER_ORPHAN,
			  now + READ_ONCE(t->knobs->orphan_timeout) * XTCP_US_PER_S);
	if (t->probes_out)
		xtcp_persist_anew(t, now);
}

/**
 * xtcp_orphan_expired - the time of a connection that no user has is over
 * @t: control block
 * @now: time, us
 * @act: actions
 *
 * The peer of an orphan has not closed in time; it learns so when it sends. Or it has not
 * taken all that was written, however often it was heard of: that it learns at once.
 * Context: under the owner's lock.
 */
void xtcp_orphan_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (t->state == XTCP_FIN_WAIT_2)
		xtcp_tcb_close(t, act);
	else
		xtcp_time_out(t, now, act);
}
