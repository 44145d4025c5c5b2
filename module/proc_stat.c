// SPDX-License-Identifier: GPL-2.0
/*
 * Counters: /proc/net/xtcp_stat, a namespace's own, a line each.
 */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include "net.h"
#include "timer.h"

/* What counts a refusal of the core; XTCP_DROP_NONE is none */
static const u8 drop_counters[] = {
	[XTCP_DROP_OLD]		    = XTCP_COUNT_drop_old,
	[XTCP_DROP_WINDOW]	    = XTCP_COUNT_drop_window,
	[XTCP_DROP_ACK_OLD]	    = XTCP_COUNT_drop_ack_old,
	[XTCP_DROP_ACK_FUTURE]	    = XTCP_COUNT_drop_ack_future,
	[XTCP_DROP_NO_ACK]	    = XTCP_COUNT_drop_no_ack,
	[XTCP_DROP_RST_INVALID]	    = XTCP_COUNT_drop_rst_invalid,
	[XTCP_DROP_SYN_CHALLENGED]  = XTCP_COUNT_drop_syn_challenged,
	[XTCP_DROP_PAWS]	    = XTCP_COUNT_drop_paws,
	[XTCP_DROP_NO_STAMP]	    = XTCP_COUNT_drop_no_stamp,
	[XTCP_DROP_CLOSED]	    = XTCP_COUNT_drop_closed,
	[XTCP_DROP_DUPLICATE]	    = XTCP_COUNT_drop_duplicate,
	[XTCP_DROP_NOT_EXPECTED]    = XTCP_COUNT_drop_not_expected,
};

static const char * const counter_names[] = {
#define AS_NAME(name) #name,
	XTCP_COUNTERS(AS_NAME)
};

/**
 * xtcp_count_drop() - count a segment that the core refused
 * @net: namespace
 * @why: why; XTCP_DROP_NONE counts nothing
 *
 * Context: any.
 */
void xtcp_count_drop(const struct net *net, enum xtcp_drop why)
{
	/* a refusal that is added to the core lacks its counter here */
	BUILD_BUG_ON(ARRAY_SIZE(drop_counters) != XTCP_DROP_KINDS);
	BUILD_BUG_ON(XTCP_COUNTER_KINDS > U8_MAX);

	if (why != XTCP_DROP_NONE)
		xtcp_count_add(net, drop_counters[why], 1);
}

static int stat_show(struct seq_file *seq, void *v)
{
	const struct xtcp_mib __percpu *mib;
	struct net *net = seq->private;
	struct xtcp_timer_counts timers;
	unsigned long sum;
	int i, cpu;

	mib = xtcp_net(net)->mib;
	for (i = 0; i < XTCP_COUNTER_KINDS; i++) {
		sum = 0;
		for_each_possible_cpu(cpu)
			sum += READ_ONCE(per_cpu_ptr(mib, cpu)->count[i]);
		seq_printf(seq, "%s %lu\n", counter_names[i], sum);
	}
	/* all namespaces share the wheels */
	xtcp_wheels_count(&timers);
	seq_printf(seq, "timer_fired %lu\ntimer_deferred %lu\n",
		   timers.fired, timers.deferred);
	return 0;
}

/**
 * xtcp_stat_init() - make /proc/net/xtcp_stat
 * @net: namespace, whose counters exist
 *
 * Context: process; sleeps.
 * Return: 0 or -ENOMEM.
 */
int xtcp_stat_init(struct net *net)
{
	if (!proc_create_net_single("xtcp_stat", 0444, net->proc_net, stat_show,
				    NULL))
		return -ENOMEM;
	return 0;
}

/**
 * xtcp_stat_exit() - remove /proc/net/xtcp_stat
 * @net: namespace
 *
 * Context: process; sleeps until nobody reads it.
 */
void xtcp_stat_exit(struct net *net)
{
	remove_proc_entry("xtcp_stat", net->proc_net);
}
