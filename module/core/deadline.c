// SPDX-License-Identifier: GPL-2.0
/*
 * The deadlines of a connection. A deadline is a number in the control block, so moving it is one
 * store (deadline.h). The module keeps one timer for the earliest of them. Each deadline is armed
 * in the file that also handles its expiry; timeouts.c lists them.
 */
#include "deadline.h"

/**
 * xtcp_earliest_deadline - find the earliest deadline
 * @t: control block
 *
 * To know when xtcp_step() needs an XTCP_EV_TIMER, @soonest is enough.
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
