// SPDX-License-Identifier: GPL-2.0
/*
 * The wheel compared with the kernel's. As many timers as there are entries are armed in both,
 * minutes ahead; the measured operations are done to some timers that are near, as those of
 * retransmissions are.
 */
#include "../../../module/timer.c"
#include <linux/delay.h>
#include <linux/timex.h>
#include <linux/vmalloc.h>
#include "../../../module/act.h"
#include "../../../module/core/deadline.h"
#include "../../../module/sock.h"
#include "engines.h"

#define SOCKS		1024
#define BURST		(engines.entries / 10)
#define FAR_MS		120000	/* does not expire during the measurement */
#define NEAR_MS		200
#define NEAR_RANGE_MS	3000
#define MOVE_MS		1000	/* a deadline moves later by up to this */
#define PATIENCE_MS	20000

/**
 * struct deadline - when a timer that is near expires
 * @us: deadline for our timer
 * @later_us: its later deadline
 * @expires: deadline for the kernel's timer, jiffies
 * @later: its later deadline
 */
struct deadline {
	u64 us, later_us;
	unsigned long expires, later;
};

static struct {
	struct timer_list *theirs;
	struct xtcp_timer *ours;
	struct xtcp_sock *socks;
	struct deadline *near;
	u64 now;		/* when the deadlines were chosen, us */
	u64 cycles;		/* and in cycles */
	unsigned long jiffy;	/* and in jiffies */
	u32 fired;
	u64 last;		/* when the last one fired, cycles */
} t;

static void set_now(void)
{
	t.now = xtcp_now();
	t.cycles = get_cycles();
	t.jiffy = jiffies;
}

/* ---- operations ---- */

static void their_arm(u32 i)
{
	mod_timer(&t.theirs[engines.pick[i]], t.near[i].expires);
}

static void their_later(u32 i)
{
	mod_timer(&t.theirs[engines.pick[i]], t.near[i].later);
}

static void their_remove(u32 i)
{
	timer_delete(&t.theirs[engines.pick[i]]);
}

static void our_arm(u32 i)
{
	xtcp_timer_arm(&t.ours[engines.pick[i]], t.near[i].us);
}

/* How a request or TIME-WAIT entry moves its deadline */
static void our_wheel_later(u32 i)
{
	xtcp_timer_arm(&t.ours[engines.pick[i]], t.near[i].later_us);
}

static void our_remove(u32 i)
{
	xtcp_timer_disarm(&t.ours[engines.pick[i]]);
}

/* How a connection moves its deadline: a store, and a check whether the wheel must know */
static void our_later(u32 i)
{
	struct xtcp_sock *xs = &t.socks[i % SOCKS];

	xtcp_deadline_set(&xs->tcb, XTCP_TIMER_RTX, t.near[i].later_us);
	xtcp_rearm((struct sock *)xs);
}

static void our_drop(u32 i)
{
	struct xtcp_sock *xs = &t.socks[i % SOCKS];

	xs->tcb.deadline[XTCP_TIMER_RTX] = 0;
	xtcp_rearm((struct sock *)xs);
}

static void compare_operations(void)
{
	engines_compare("timer_move_later", their_later, our_later);
	engines_compare("timer_move_later_in_wheel", their_later, our_wheel_later);
	engines_compare("timer_drop", their_remove, our_drop);
	engines_cost(their_arm);
	engines_compare("timer_remove", their_remove, our_remove);
	engines_compare("timer_arm", their_arm, our_arm);
	engines_cost(their_remove);
	engines_cost(our_remove);
}

/* ---- firing ---- */

static void our_expired(struct xtcp_timer *timer)
{
	t.fired++;
	t.last = get_cycles();
}

static void their_expired(struct timer_list *timer)
{
	t.fired++;
	t.last = get_cycles();
}

static void their_set(u32 i, u32 ms)
{
	mod_timer(&t.theirs[i], t.jiffy + msecs_to_jiffies(ms));
}

static void our_set(u32 i, u32 ms)
{
	xtcp_timer_arm(&t.ours[i], t.now + ms * USEC_PER_MSEC);
}

/* Arm the first ones for @ms, or evenly over the second that starts then */
static void set_burst(void (*set)(u32 i, u32 ms), u32 ms, bool spread)
{
	u32 i;

	WRITE_ONCE(t.fired, 0);
	set_now();
	for (i = 0; i < BURST; i++)
		set(i, ms + (spread ? (u64)i * MSEC_PER_SEC / BURST : 0));
}

/* Turns of an idle loop until @count timers have expired, or @ms have passed */
static u64 turn(u32 count, u32 ms)
{
	u64 end = ktime_get_ns() + ms * (u64)NSEC_PER_MSEC, turns = 0;

	while (ktime_get_ns() < end && READ_ONCE(t.fired) < count) {
		cond_resched();
		turns++;
	}
	return turns;
}

/*
 * The cost of expiry: the instructions that timers take from an idle loop, minus what the loop
 * loses without timers. In tenths, per timer.
 */
static u64 fire_cost(void (*set)(u32 i, u32 ms))
{
	u64 quiet, begin, busy;

	WRITE_ONCE(t.fired, 0);
	quiet = turn(U32_MAX, MSEC_PER_SEC);
	set_burst(set, 200, true);
	begin = get_cycles();
	busy = turn(BURST, PATIENCE_MS);
	begin = get_cycles() - begin;
	if (t.fired < BURST)
		pr_err("only %u timers fired\n", t.fired);
	return 10 * (begin - div64_u64(busy * NSEC_PER_SEC, quiet)) / BURST;
}

/* How late is the last of many timers with one deadline, us? Nothing else runs */
static u64 burst_lateness(void (*set)(u32 i, u32 ms))
{
	u64 end = ktime_get_ns() + PATIENCE_MS * (u64)NSEC_PER_MSEC;

	set_burst(set, 500, false);
	while (READ_ONCE(t.fired) < BURST && ktime_get_ns() < end)
		msleep(100);
	if (t.fired < BURST)
		pr_err("only %u timers fired\n", t.fired);
	return (t.last - t.cycles) / NSEC_PER_USEC - 500 * USEC_PER_MSEC;
}

static void compare_firing(void)
{
	struct xtcp_timer_counts before, after;
	u64 theirs, ours;

	engines_report("timer_fire", fire_cost(their_set), fire_cost(our_set));
	theirs = burst_lateness(their_set);
	xtcp_wheels_count(&before);
	ours = burst_lateness(our_set);
	xtcp_wheels_count(&after);
	engines_report("timer_burst_late_us", 10 * theirs, 10 * ours);
	engines_report("timer_burst_deferred", ENGINES_NONE,
		       10 * (u64)(after.deferred - before.deferred));
}

/* ---- preparing ---- */

static void fill(void)
{
	u32 i, ms;

	set_now();
	for (i = 0; i < engines.entries; i++) {
		timer_setup(&t.theirs[i], their_expired, 0);
		xtcp_timer_init(&t.ours[i], XTCP_ENTRY_TIMEWAIT);
		ms = FAR_MS + engines_random() % FAR_MS;
		their_set(i, ms);
		our_set(i, ms);
		cond_resched();
	}
}

static void make_near(void)
{
	u32 i, ms, later;

	set_now();
	for (i = 0; i < engines.ops; i++) {
		ms = NEAR_MS + engines_random() % NEAR_RANGE_MS;
		later = ms + 1 + engines_random() % MOVE_MS;
		t.near[i].us = t.now + ms * USEC_PER_MSEC;
		t.near[i].later_us = t.now + later * USEC_PER_MSEC;
		t.near[i].expires = t.jiffy + msecs_to_jiffies(ms);
		t.near[i].later = t.jiffy + msecs_to_jiffies(later);
	}
	for (i = 0; i < SOCKS; i++) {
		t.socks[i].armed = t.now;
		t.socks[i].tcb.soonest = t.now;
		t.socks[i].tcb.deadline[XTCP_TIMER_KEEPALIVE] = t.now + 7200 * XTCP_US_PER_S;
	}
	engines_cost(their_arm);
	engines_cost(our_arm);
}

static void empty(void)
{
	u32 i;

	for (i = 0; i < engines.entries; i++) {
		timer_delete_sync(&t.theirs[i]);
		xtcp_timer_shutdown(&t.ours[i]);
		cond_resched();
	}
	synchronize_rcu();	/* callbacks have ended */
}

static const struct xtcp_timer_ops ops = {
	.expired = {
		[XTCP_ENTRY_SOCKET] = our_expired,
		[XTCP_ENTRY_REQUEST] = our_expired,
		[XTCP_ENTRY_TIMEWAIT] = our_expired,
	},
};

static int measure(void)
{
	int err = xtcp_wheels_init(&ops);

	if (err)
		return err;
	fill();
	make_near();
	compare_operations();
	compare_firing();
	empty();
	xtcp_wheels_exit();
	return t.fired == BURST ? 0 : -EIO;
}

/**
 * engines_timers() - measure the timers
 *
 * Context: process; sleeps.
 * Return: 0 or a negative errno.
 */
int engines_timers(void)
{
	int err = -ENOMEM;

	t.theirs = vmalloc_array(engines.entries, sizeof(*t.theirs));
	t.ours = vmalloc_array(engines.entries, sizeof(*t.ours));
	t.socks = vzalloc(array_size(SOCKS, sizeof(*t.socks)));
	t.near = vmalloc_array(engines.ops, sizeof(*t.near));
	if (t.theirs && t.ours && t.socks && t.near)
		err = measure();
	vfree(t.near);
	vfree(t.socks);
	vfree(t.ours);
	vfree(t.theirs);
	return err;
}
