// SPDX-License-Identifier: GPL-2.0
/*
 * The deadlines of a connection. A deadline is a number in the control block, and to move it is
 * a store (deadline.h); the module keeps one timer, for the earliest. Who arms a deadline also
 * knows what happens when it has passed: timeouts.c lists them.
 */
#include "deadline.h"

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
