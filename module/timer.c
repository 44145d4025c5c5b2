// SPDX-License-Identifier: GPL-2.0
/*
 * Timers: the wheel behind timer.h. A deadline is never early; it is late by a
 * jiffy at most.
 */
#include <linux/jiffies.h>
#include "timer.h"

/**
 * xtcp_timer_init() - make a timer ready, unarmed
 * @timer: timer
 * @expired: called in softirq at or after the deadline; finds its object by
 *	xtcp_timer_owner()
 */
void xtcp_timer_init(struct xtcp_timer *timer,
		     void (*expired)(struct timer_list *list))
{
	timer_setup(&timer->list, expired, 0);
}

/**
 * xtcp_timer_arm() - set or move the deadline
 * @timer: timer
 * @deadline: microseconds of xtcp_now(); one that has passed expires at once
 *
 * Context: any; see timer.h for the reference rule.
 * Return: true when the timer was idle.
 */
bool xtcp_timer_arm(struct xtcp_timer *timer, u64 deadline)
{
	u64 now = xtcp_now();
	u64 wait = deadline > now ? deadline - now : 0;

	/* usecs_to_jiffies() takes 32 bits; the current jiffy has begun already */
	if (wait > (u64)MAX_JIFFY_OFFSET * 1000)
		wait = (u64)MAX_JIFFY_OFFSET * 1000;
	return !mod_timer(&timer->list,
			  jiffies + nsecs_to_jiffies(wait * NSEC_PER_USEC) + 1);
}

/**
 * xtcp_timer_disarm() - forget the deadline; a callback may be running
 * @timer: timer
 *
 * Context: any.
 * Return: true when it was armed: its reference is the caller's now.
 */
bool xtcp_timer_disarm(struct xtcp_timer *timer)
{
	return timer_delete(&timer->list);
}

/**
 * xtcp_timer_disarm_sync() - forget the deadline and wait for a running callback
 * @timer: timer
 *
 * Context: process, holding no lock that the callback takes.
 * Return: true when it was armed: its reference is the caller's now.
 */
bool xtcp_timer_disarm_sync(struct xtcp_timer *timer)
{
	return timer_delete_sync(&timer->list);
}
