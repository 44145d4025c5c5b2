/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Timers: one deadline an object, carried by the wheel of the processor that
 * armed it. docs/wheel.md draws it.
 *
 * An object is known by its kind, not by a function pointer of its own: when the
 * deadline comes, the kind's xtcp_timer_ops.expired() is called, in softirq, without a
 * lock, under an rcu_read_lock() that was taken before the timer went idle. So an
 * object that is freed a grace period after xtcp_timer_shutdown() is valid
 * for as long as its callback runs. Who must know that no callback runs any more
 * shuts the timers down, as many as there are, and waits for one grace period.
 *
 * States of a timer, in its word:
 *
 *		 arm		 deadline
 *	 IDLE -------> ARMED -------------> IDLE, and the callback
 *	  |   <------- (cpu)
 *	  |    disarm	 |
 *	  |		 |		MOVING: between the wheels of two processors, for
 *	  '--> SHUT <----'			some instructions
 *	     shutdown
 *
 * References: the timer of a socket holds one while it is armed. Who arms takes
 * it when xtcp_timer_arm() says that the timer was idle; who disarms drops it when
 * xtcp_timer_disarm() says that it was armed; the callback inherits it and drops it,
 * or keeps it by arming again. Records have rules of their own, see conn.h.
 *
 * Locks: a wheel's lock is the innermost of all, held with interrupts off, never
 * two at once, and never during a callback. Who moves a timer holds the old
 * wheel's lock first, then the new one's; between them it is MOVING and belongs
 * to nobody else. Moving a deadline later takes no lock.
 *
 * Context: arm and disarm from process and softirq, under any lock of ours.
 */
#ifndef XTCP_TIMER_H
#define XTCP_TIMER_H

#include <linux/ktime.h>
#include "conn.h"
#include "core/wheel.h"

/**
 * struct xtcp_timer - one deadline
 * @entry: in a wheel while armed. Its word has the tick of the deadline, and as
 *	tag the state, the kind of the object, and the processor whose wheel it is
 *
 * The first 16 bytes are nobody's once the timer is shut down: they may be laid
 * under the object's rcu_head.
 */
struct xtcp_timer {
	struct xtcp_wheel_entry entry;
};

/**
 * struct xtcp_timer_counts - what the wheels of all processors have done
 * @fired: callbacks
 * @deferred: those that came a tick or more after their deadline
 */
struct xtcp_timer_counts {
	unsigned long fired;
	unsigned long deferred;
};

/**
 * struct xtcp_timer_ops - what happens at a deadline, by the kind of object
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
