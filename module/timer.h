/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The timer wheel, as its users see it: one deadline an object.
 *
 * Reference rule: an armed timer holds one reference on the object that embeds
 * it. The caller takes the reference when xtcp_timer_arm() says that the timer
 * was idle, and drops it when xtcp_timer_disarm() says that it was armed; the
 * callback inherits the reference and drops it, or keeps it by arming again.
 *
 * Context: arm and disarm from any context with softirqs running or not, under
 * any lock of ours (the wheel's own lock is innermost and is never held during a
 * callback). Callbacks run in softirq without a lock.
 */
#ifndef XTCP_TIMER_H
#define XTCP_TIMER_H

#include <linux/ktime.h>
#include <linux/timer.h>

/**
 * struct xtcp_timer - one deadline
 * @list: what carries it
 */
struct xtcp_timer {
	struct timer_list list;
};

#define xtcp_timer_owner(var, list_ptr, field) \
	timer_container_of(var, list_ptr, field.list)

/* The clock of all of xtcp: microseconds, monotonic, never 0 */
static inline u64 xtcp_now(void)
{
	return ktime_to_us(ktime_get()) + 1;
}

void xtcp_timer_init(struct xtcp_timer *timer,
		     void (*expired)(struct timer_list *list));
bool xtcp_timer_arm(struct xtcp_timer *timer, u64 deadline);
bool xtcp_timer_disarm(struct xtcp_timer *timer);
bool xtcp_timer_disarm_sync(struct xtcp_timer *timer);

#endif /* XTCP_TIMER_H */
