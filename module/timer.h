/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Timers: one deadline per object, kept in the wheel of the CPU that armed it. docs/wheel.md
 * has the details.
 *
 * An object has a kind instead of a function pointer. When its deadline expires, the kind's
 * xtcp_timer_ops.expired() is called in softirq, without a lock, under an rcu_read_lock() that
 * was taken before the timer became idle. So an object that is freed a grace period after
 * xtcp_timer_shutdown() stays valid while its callback runs. A caller that must be sure that
 * no callback runs any more shuts the timers down, any number of them, and waits for one
 * grace period.
 *
 * States of a timer, in its word:
 *
 *		 arm		 deadline
 *	 IDLE -------> ARMED -------------> IDLE, and the callback
 *	  |   <------- (cpu)
 *	  |    disarm	 |
 *	  |		 |		MOVING: between the wheels of two CPUs, for a few
 *	  '--> SHUT <----'			instructions
 *	     shutdown
 *
 * References: an armed timer of a socket owns a reference. The caller of xtcp_timer_arm()
 * takes it if that returns true (the timer was idle). The caller of xtcp_timer_disarm() drops
 * it if that returns true (the timer was armed). When the timer expires, the reference passes
 * to the callback, which drops it, or keeps it by arming the timer again. The timers of
 * requests and TIME-WAIT entries own no reference, see conn.h.
 *
 * Locks: a wheel's lock is the innermost lock. It is held with interrupts off, never together
 * with another wheel's, and never across a callback. A timer is moved by taking it out under
 * the old wheel's lock, and inserting it under the new wheel's. In between it is MOVING, and
 * no other CPU touches it. To move a deadline later takes no lock.
 *
 * Context: arm and disarm from process and softirq, under any lock of xtcp.
 */
#ifndef XTCP_TIMER_H
#define XTCP_TIMER_H

#include <linux/ktime.h>
#include "conn.h"
#include "core/wheel.h"

/**
 * struct xtcp_timer - one deadline
 * @entry: in a wheel while armed. Its word holds the tick of the deadline and, as tag, the
 *	state, the kind of the object, and the CPU whose wheel it is in
 *
 * Once the timer is shut down, its first 16 bytes are not used any more: they may share memory
 * with the object's rcu_head.
 */
struct xtcp_timer {
	struct xtcp_wheel_entry entry;
};

/**
 * struct xtcp_timer_counts - counters over all wheels
 * @fired: callbacks
 * @deferred: callbacks that came a tick or more after their deadline
 */
struct xtcp_timer_counts {
	unsigned long fired;
	unsigned long deferred;
};

/**
 * struct xtcp_timer_ops - callbacks, by the kind of object
 * @expired: by enum xtcp_entry_kind. Called in softirq, without a lock, under rcu_read_lock()
 */
struct xtcp_timer_ops {
	void (*expired[XTCP_ENTRY_KINDS])(struct xtcp_timer *timer);
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
u64 xtcp_timer_left(const struct xtcp_timer *timer);

/* Called by main.c, and by proc_stat.c */
int xtcp_wheels_init(const struct xtcp_timer_ops *ops);
void xtcp_wheels_exit(void);
void xtcp_wheels_count(struct xtcp_timer_counts *counts);

#endif /* XTCP_TIMER_H */
