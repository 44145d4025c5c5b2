/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The timer wheel, as its users see it: one deadline an object.
 *
 * An object is known by its kind, not by a function pointer: when the deadline
 * comes, xtcp_KIND_expired() of its owner is called, in softirq, without a lock,
 * under an rcu_read_lock() that was taken before the timer went idle. So an
 * object that is freed a grace period after xtcp_timer_shutdown() is valid
 * for as long as its callback runs.
 *
 * References: the timer of a socket holds one while it is armed. Who arms takes
 * it when xtcp_timer_arm() says that the timer was idle; who disarms drops it when
 * xtcp_timer_disarm() says that it was armed; the callback inherits it and drops it,
 * or keeps it by arming again. Records have rules of their own, see conn.h.
 *
 * Context: arm and disarm from process and softirq, under any lock of ours.
 */
#ifndef XTCP_TIMER_H
#define XTCP_TIMER_H

#include <linux/ktime.h>
#include <linux/timer.h>
#include "conn.h"

/**
 * struct xtcp_timer - one deadline
 * @list: what carries it
 * @kind: of the object that it is in, enum xtcp_entry_kind
 */
struct xtcp_timer {
	struct timer_list list;
	u8 kind;
};

/* The clock of all of xtcp: microseconds, monotonic, never 0 */
static inline u64 xtcp_now(void)
{
	return ktime_to_us(ktime_get()) + 1;
}

void xtcp_timer_init(struct xtcp_timer *timer, enum xtcp_entry_kind kind);
bool xtcp_timer_arm(struct xtcp_timer *timer, u64 deadline);
bool xtcp_timer_disarm(struct xtcp_timer *timer);
bool xtcp_timer_shutdown(struct xtcp_timer *timer);
bool xtcp_timer_shutdown_sync(struct xtcp_timer *timer);
u64 xtcp_timer_left(const struct xtcp_timer *timer);

/* What happens at the deadline, by kind: softirq, under rcu_read_lock() */
void xtcp_sock_expired(struct xtcp_timer *timer);
void xtcp_halfopen_expired(struct xtcp_timer *timer);
void xtcp_timewait_expired(struct xtcp_timer *timer);

#endif /* XTCP_TIMER_H */
