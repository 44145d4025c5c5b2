/* SPDX-License-Identifier: GPL-2.0 */
/* How the deadlines of a connection are set. */
#ifndef XTCP_CORE_DEADLINE_H
#define XTCP_CORE_DEADLINE_H

#include <linux/limits.h>
#include "tcb.h"

#define XTCP_NEVER	U64_MAX

/*
 * Set a deadline. To drop one, store 0 in t->deadline[] and leave @soonest alone: a timer event
 * that comes too early does no harm, and this happens with every segment.
 */
static inline void xtcp_deadline_set(struct xtcp_tcb *t, enum xtcp_timer_kind kind, u64 when)
{
	t->deadline[kind] = when;
	if (when < t->soonest)
		t->soonest = when;
}

/* Start a timer unless it is running */
static inline void xtcp_arm(struct xtcp_tcb *t, enum xtcp_timer_kind kind, u64 when)
{
	if (!t->deadline[kind])
		xtcp_deadline_set(t, kind, when);
}

u64 xtcp_earliest_deadline(const struct xtcp_tcb *t);

#endif /* XTCP_CORE_DEADLINE_H */
