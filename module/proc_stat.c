// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/xtcp_stat: the counters of a namespace, one line each.
 */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include "net.h"
#include "proc_stat.h"
#include "timer.h"

static const char * const counter_names[] = {
#define AS_NAME(name) #name,
	XTCP_COUNTERS(AS_NAME)
};

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
 * xtcp_proc_stat_init() - create /proc/net/xtcp_stat
 * @net: namespace, its counters allocated
 *
 * Context: process; sleeps.
 * Return: 0 or -ENOMEM.
 */
int xtcp_proc_stat_init(struct net *net)
{
	if (!proc_create_net_single("xtcp_stat", 0444, net->proc_net, stat_show,
				    NULL))
		return -ENOMEM;
	return 0;
}

/**
 * xtcp_proc_stat_exit() - remove /proc/net/xtcp_stat
 * @net: namespace
 *
 * Context: process; sleeps until no process reads it.
 */
void xtcp_proc_stat_exit(struct net *net)
{
	remove_proc_entry("xtcp_stat", net->proc_net);
}
