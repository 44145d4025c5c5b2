// SPDX-License-Identifier: GPL-2.0
/*
 * Timers: the wheel behind timer.h. A deadline is never early; it is late by a
 * jiffy at most.
 */
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include "../include/compat.h"
#include "timer.h"

static void timer_expired(struct timer_list *list)
{
	struct xtcp_timer *timer = timer_container_of(timer, list, list);

	rcu_read_lock();
	switch ((enum xtcp_entry_kind)timer->kind) {
	case XTCP_ENTRY_SOCKET:
		xtcp_sock_expired(timer);
		break;
	case XTCP_ENTRY_HALFOPEN:
		xtcp_halfopen_expired(timer);
		break;
	case XTCP_ENTRY_TIMEWAIT:
		xtcp_timewait_expired(timer);
		break;
	}
	rcu_read_unlock();
}

/**
 * xtcp_timer_init() - make a timer ready, unarmed
 * @timer: timer
 * @kind: of the object that it is in
 *
 * Context: nobody else knows the timer.
 */
void xtcp_timer_init(struct xtcp_timer *timer, enum xtcp_entry_kind kind)
{
	timer_setup(&timer->list, timer_expired, 0);
	timer->kind = kind;
}

/**
 * xtcp_timer_arm() - set or move the deadline
 * @timer: timer
 * @deadline: microseconds of xtcp_now(); one that has passed expires at once
 *
 * Context: process or softirq; see timer.h for the reference rule.
 * Return: true when the timer was idle; false when it was armed, or was shut down
 * and stays idle.
 */
bool xtcp_timer_arm(struct xtcp_timer *timer, u64 deadline)
{
	u64 now = xtcp_now();
	u64 wait = deadline > now ? deadline - now : 0;

	/* usecs_to_jiffies() takes 32 bits; the current jiffy has begun already */
	if (wait > (u64)MAX_JIFFY_OFFSET * 1000)
		wait = (u64)MAX_JIFFY_OFFSET * 1000;
	return !mod_timer(&timer->list,
			  jiffies + nsecs_to_jiffies(wait * NSEC_PER_USEC) + 1) &&
	       READ_ONCE(timer->list.function);
}

/**
 * xtcp_timer_disarm() - forget the deadline; a callback may be running
 * @timer: timer
 *
 * Context: process or softirq.
 * Return: true when it was armed: its reference is the caller's now.
 */
bool xtcp_timer_disarm(struct xtcp_timer *timer)
{
	return timer_delete(&timer->list);
}

/**
 * xtcp_timer_shutdown() - forget the deadline for ever: arming has no effect any more
 * @timer: timer
 *
 * A callback may be running. When this returns, nobody writes the first two words
 * of the timer any more, not even a callback that arms it again.
 *
 * Context: process or softirq.
 * Return: true when it was armed: its reference is the caller's now.
 */
bool xtcp_timer_shutdown(struct xtcp_timer *timer)
{
	return timer_shutdown(&timer->list);
}

/**
 * xtcp_timer_shutdown_sync() - forget the deadline for ever and wait for a running callback
 * @timer: timer
 *
 * Context: process, holding no lock that the callback takes; sleeps.
 * Return: true when it was armed: its reference is the caller's now.
 */
bool xtcp_timer_shutdown_sync(struct xtcp_timer *timer)
{
	return timer_shutdown_sync(&timer->list);
}

/**
 * xtcp_timer_left() - how long until the deadline
 * @timer: timer, armed or not
 *
 * Context: any; a glance.
 * Return: microseconds, 0 when it has passed.
 */
u64 xtcp_timer_left(const struct xtcp_timer *timer)
{
	long left = READ_ONCE(timer->list.expires) - jiffies;

	return left > 0 ? div_u64(jiffies64_to_nsecs(left), NSEC_PER_USEC) : 0;
}
