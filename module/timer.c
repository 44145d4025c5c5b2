// SPDX-License-Identifier: GPL-2.0
/*
 * Timers: one wheel per CPU, and the hrtimer that turns it. See timer.h for states, references
 * and locks.
 *
 * Only the CPU itself inserts timers into its wheel, so only it starts its hrtimer. The
 * hrtimer is set to the first busy slot, and not set when there is none. Any CPU may take
 * timers out.
 */
#include <linux/cpuhotplug.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include "../include/compat.h"
#include "conn.h"
#include "timer.h"

/* The tag of a timer's word */
#define STATE		0x3ULL
#define IDLE		0x0ULL
#define ARMED		0x1ULL
#define MOVING		0x2ULL
#define SHUT		0x3ULL
#define KIND_SHIFT	2
#define KIND		(0x3ULL << KIND_SHIFT)
#define CPU_SHIFT	4
#define CPU		(0xffffULL << CPU_SHIFT)

/* The latest deadline is 69 years after boot */
#define TICK_MAX	XTCP_WHEEL_RANGE

/* Entries looked at per lock acquisition: interrupts are off */
#define HOLD		32U
/* A run of the softirq takes this long, or a tick more; then other softirqs get their turn */
#define RUN_TICKS	1
/* Not a tick: the hrtimer is not set */
#define NEVER		U64_MAX

/**
 * struct timer_cpu - the wheel of a CPU
 * @lock: guards all the other members but @event
 * @tag: the word of a timer in this wheel, without kind and due time; constant
 * @turning: the hrtimer's callback is running, and will set the hrtimer when it ends
 * @seen: jiffies when the wheel's time was last brought forward
 * @wake: what the hrtimer is set to, ticks; NEVER when it is not set
 * @event: the hrtimer
 * @fired: callbacks called
 * @deferred: callbacks that came a tick or more after their deadline
 * @wheel: the timers
 */
struct timer_cpu {
	raw_spinlock_t lock;	/* guards the members below */
	bool turning;
	u64 tag;
	unsigned long seen;
	u64 wake;
	struct hrtimer event;
	unsigned long fired;
	unsigned long deferred;
	struct xtcp_wheel wheel;
};

static struct timer_cpu __percpu *wheels __read_mostly;
static const struct xtcp_timer_ops *timer_ops __read_mostly;
static int hotplug_state __read_mostly;

static u64 now_ticks(void)
{
	return ktime_to_ms(ktime_get());
}

/* The first tick in which xtcp_now() has reached @deadline */
static u64 deadline_tick(u64 deadline)
{
	return min_t(u64, div_u64(deadline + USEC_PER_MSEC - 2, USEC_PER_MSEC), TICK_MAX);
}

static struct timer_cpu *word_cpu(u64 word)
{
	return per_cpu_ptr(wheels, (word & CPU) >> CPU_SHIFT);
}

/* Take a timer out of the wheel that @word names, in which it was seen ARMED, and change its
 * state to @state. Returns false when it is not there any more.
 *
 * Under the lock, other CPUs change only its due time, so the state can be flipped by xor.
 */
static bool timer_take(struct xtcp_timer *timer, u64 word, u64 state)
{
	struct timer_cpu *c = word_cpu(word);
	unsigned long flags;
	bool taken;

	raw_spin_lock_irqsave(&c->lock, flags);
	taken = !((READ_ONCE(timer->entry.word) ^ word) & (STATE | CPU));
	if (taken) {
		atomic64_xor(ARMED ^ state, (atomic64_t *)&timer->entry.word);
		xtcp_wheel_remove(&c->wheel, &timer->entry);
	}
	raw_spin_unlock_irqrestore(&c->lock, flags);
	return taken;
}

/* Insert a timer into this CPU's wheel. It is MOVING, so no other CPU touches it; interrupts
 * are off
 */
static void timer_place(struct xtcp_timer *timer, u64 word, u64 tick)
{
	struct timer_cpu *c = this_cpu_ptr(wheels);
	u64 when;

	word = (word & KIND) | c->tag;
	raw_spin_lock(&c->lock);
	if (time_after(jiffies, c->seen)) {
		c->seen = jiffies;
		xtcp_wheel_forward(&c->wheel, now_ticks());
	}
	WRITE_ONCE(timer->entry.word,
		   xtcp_wheel_word(word, max(tick, c->wheel.base)));
	when = xtcp_wheel_insert(&c->wheel, &timer->entry);
	if (when < c->wake && !c->turning) {
		c->wake = when;
		hrtimer_start(&c->event, ms_to_ktime(when), HRTIMER_MODE_ABS_PINNED_SOFT);
	}
	raw_spin_unlock(&c->lock);
}

/* Arm a timer that is idle, or armed for a later tick. Not part of xtcp_timer_arm(), which
 * rarely needs it
 */
static noinline bool timer_arm(struct xtcp_timer *timer, u64 tick)
{
	bool moving = false;
	unsigned long flags;
	u64 word, state;

	local_irq_save(flags);
	while (!moving) {
		word = READ_ONCE(timer->entry.word);
		state = word & STATE;
		if (state == SHUT)
			break;
		if (state == MOVING)
			cpu_relax();
		else if (state == ARMED)
			moving = timer_take(timer, word, MOVING);
		else
			moving = cmpxchg64(&timer->entry.word, word, word | MOVING) == word;
	}
	if (moving)
		timer_place(timer, word, tick);
	local_irq_restore(flags);
	return state == IDLE;
}

/**
 * xtcp_timer_init() - initialize a timer, which is idle then
 * @timer: timer
 * @kind: kind of the object that the timer is part of
 *
 * Context: before the timer is visible to others.
 */
void xtcp_timer_init(struct xtcp_timer *timer, enum xtcp_entry_kind kind)
{
	BUILD_BUG_ON(sizeof(*timer) > 24);
	BUILD_BUG_ON(sizeof(atomic64_t) != sizeof(timer->entry.word));
	BUILD_BUG_ON((STATE | KIND | CPU) & ~XTCP_WHEEL_TAG);
	BUILD_BUG_ON(CONFIG_NR_CPUS > (CPU >> CPU_SHIFT) + 1);

	timer->entry.word = IDLE | (u64)kind << KIND_SHIFT;
}

/**
 * xtcp_timer_arm() - set or move the deadline
 * @timer: timer
 * @deadline: time of xtcp_now(), us; if it has passed, the timer expires at once
 *
 * A later deadline is only stored in the timer's word, and takes effect when the old one
 * expires.
 *
 * Context: process or softirq; see timer.h for the reference rule.
 * Return: true when the timer was idle; false when it was armed, or is shut down.
 */
bool xtcp_timer_arm(struct xtcp_timer *timer, u64 deadline)
{
	u64 word = READ_ONCE(timer->entry.word);
	u64 tick = deadline_tick(deadline);

	while ((word & STATE) == ARMED && xtcp_wheel_ahead(word, tick) <= 0)
		if (try_cmpxchg64(&timer->entry.word, &word, xtcp_wheel_word(word, tick)))
			return false;
	return timer_arm(timer, tick);
}

/* Disarm a timer, and change its state to @state: IDLE or SHUT */
static __always_inline bool timer_stop(struct xtcp_timer *timer, u64 state)
{
	for (;;) {
		u64 word = READ_ONCE(timer->entry.word);

		if ((word & STATE) == ARMED) {
			if (timer_take(timer, word, state))
				return true;
		} else if ((word & STATE) == MOVING) {
			cpu_relax();
		} else if ((word & STATE) >= state ||
			   cmpxchg64(&timer->entry.word, word, word | state) == word) {
			return false;
		}
	}
}

/**
 * xtcp_timer_disarm() - cancel the deadline; a callback may be running
 * @timer: timer
 *
 * Context: process or softirq.
 * Return: true when it was armed: its reference is the caller's now.
 */
bool xtcp_timer_disarm(struct xtcp_timer *timer)
{
	return timer_stop(timer, IDLE);
}

/**
 * xtcp_timer_shutdown() - cancel the deadline for good: arming has no effect any more
 * @timer: timer
 *
 * A callback may be running; it ends within a grace period. After this call nothing writes
 * the first two words of the timer, not even a callback that arms it again.
 *
 * Context: process or softirq.
 * Return: true when it was armed: its reference is the caller's now.
 */
bool xtcp_timer_shutdown(struct xtcp_timer *timer)
{
	return timer_stop(timer, SHUT);
}

/**
 * xtcp_timer_left() - time until the deadline
 * @timer: timer, armed or not
 *
 * Context: any; takes no lock, so the value may be out of date.
 * Return: time, us; 0 when the deadline has passed.
 */
u64 xtcp_timer_left(const struct xtcp_timer *timer)
{
	s64 left = xtcp_wheel_ahead(READ_ONCE(timer->entry.word), now_ticks());

	return left > 0 ? left * USEC_PER_MSEC : 0;
}

static void timer_call(struct xtcp_timer *timer)
{
	timer_ops->expired[(READ_ONCE(timer->entry.word) & KIND) >> KIND_SHIFT](timer);
}

/* The wheel has handed out a timer: make it idle if it is due. Otherwise insert it again, and
 * return false. Under the wheel's lock
 */
static bool wheel_detach(struct timer_cpu *c, struct xtcp_wheel_entry *e, u64 now)
{
	u64 word = READ_ONCE(e->word);
	s64 ahead;

	lockdep_assert_held(&c->lock);
	do {
		ahead = xtcp_wheel_ahead(word, now);
		if (ahead > 0) {
			xtcp_wheel_insert(&c->wheel, e);
			return false;
		}
	} while (!try_cmpxchg64(&e->word, &word, word & ~STATE));
	c->deferred += ahead < 0;
	return true;
}

/* Run the callbacks that are due, and move other entries to lower levels, for one acquisition
 * of the lock. Returns true when there may be more
 */
static bool wheel_turn(struct timer_cpu *c, u64 now)
{
	struct xtcp_wheel_entry *due[HOLD], *e;
	unsigned int looked, n = 0, i;
	unsigned long flags;

	raw_spin_lock_irqsave(&c->lock, flags);
	c->turning = true;
	for (looked = 0; looked < HOLD; looked++) {
		e = xtcp_wheel_pop(&c->wheel, now);
		if (!e)
			break;
		if (wheel_detach(c, e, now))
			due[n++] = e;
	}
	c->fired += n;
	raw_spin_unlock_irqrestore(&c->lock, flags);

	for (i = 0; i < n; i++)
		timer_call(container_of(due[i], struct xtcp_timer, entry));
	return looked == HOLD;
}

/* Set the hrtimer for the next slot. If timers are due already, set it to now, not to a time
 * in the past, so that the softirq ends in between
 */
static enum hrtimer_restart wheel_rest(struct timer_cpu *c)
{
	enum hrtimer_restart restart = HRTIMER_NORESTART;
	unsigned long flags;
	u64 when;

	raw_spin_lock_irqsave(&c->lock, flags);
	c->turning = false;
	c->wake = NEVER;
	if (xtcp_wheel_next(&c->wheel, &when)) {
		c->wake = when;
		hrtimer_set_expires(&c->event, max(ms_to_ktime(when), ktime_get()));
		restart = HRTIMER_RESTART;
	}
	raw_spin_unlock_irqrestore(&c->lock, flags);
	return restart;
}

/* The hrtimer's callback, in softirq */
static enum hrtimer_restart wheel_event(struct hrtimer *event)
{
	struct timer_cpu *c = container_of(event, struct timer_cpu, event);
	u64 now = now_ticks(), end = now + RUN_TICKS;

	rcu_read_lock();
	while (now <= end && wheel_turn(c, now))
		now = now_ticks();
	rcu_read_unlock();
	return wheel_rest(c);
}

/* Move one timer of another wheel into this CPU's. Returns false when there is none */
static bool wheel_steal(struct timer_cpu *c)
{
	struct xtcp_wheel_entry *e;
	unsigned long flags;
	u64 word;

	local_irq_save(flags);
	raw_spin_lock(&c->lock);
	e = xtcp_wheel_any(&c->wheel);
	if (e) {
		xtcp_wheel_remove(&c->wheel, e);
		word = atomic64_fetch_xor(ARMED ^ MOVING, (atomic64_t *)&e->word);
	}
	raw_spin_unlock(&c->lock);
	if (e)
		timer_place(container_of(e, struct xtcp_timer, entry), word,
			    word >> XTCP_WHEEL_TAG_BITS);
	local_irq_restore(flags);
	return e;
}

/* A CPU is dead: its timers move to the wheel of the CPU that runs this callback */
static int wheel_dead(unsigned int cpu)
{
	struct timer_cpu *c = per_cpu_ptr(wheels, cpu);

	hrtimer_cancel(&c->event);
	while (wheel_steal(c))
		cond_resched();
	c->wake = NEVER;
	return 0;
}

static void wheel_init(struct timer_cpu *c, unsigned int cpu)
{
	c->tag = ARMED | (u64)cpu << CPU_SHIFT;
	raw_spin_lock_init(&c->lock);
	c->wake = NEVER;
	hrtimer_setup(&c->event, wheel_event, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_SOFT);
	xtcp_wheel_init(&c->wheel, now_ticks());
}

/**
 * xtcp_wheels_init() - set up a wheel for each possible CPU
 * @ops: callbacks
 *
 * Context: module load.
 * Return: 0 or a negative errno.
 */
int xtcp_wheels_init(const struct xtcp_timer_ops *ops)
{
	int cpu;

	timer_ops = ops;
	wheels = alloc_percpu(struct timer_cpu);
	if (!wheels)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		wheel_init(per_cpu_ptr(wheels, cpu), cpu);
	hotplug_state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "xtcp/timer:dead",
						  NULL, wheel_dead);
	if (hotplug_state < 0) {
		free_percpu(wheels);
		return hotplug_state;
	}
	return 0;
}

/**
 * xtcp_wheels_exit() - free the wheels, which are empty
 *
 * Context: module unload.
 */
void xtcp_wheels_exit(void)
{
	int cpu;

	cpuhp_remove_state_nocalls(hotplug_state);
	for_each_possible_cpu(cpu) {
		hrtimer_cancel(&per_cpu_ptr(wheels, cpu)->event);
		WARN_ON(xtcp_wheel_any(&per_cpu_ptr(wheels, cpu)->wheel));
	}
	free_percpu(wheels);
}

/**
 * xtcp_wheels_count() - sum the counters of all wheels
 * @counts: filled
 *
 * Context: any; takes no lock, so the sums may be out of date.
 */
void xtcp_wheels_count(struct xtcp_timer_counts *counts)
{
	int cpu;

	memset(counts, 0, sizeof(*counts));
	for_each_possible_cpu(cpu) {
		counts->fired += READ_ONCE(per_cpu_ptr(wheels, cpu)->fired);
		counts->deferred += READ_ONCE(per_cpu_ptr(wheels, cpu)->deferred);
	}
}
