// SPDX-License-Identifier: GPL-2.0
/*
 * Runs all measurements when it is loaded. Each figure is a line of the kernel's log:
 * "xtcp_engines: NAME KERNEL XTCP", in instructions per operation unless the name says
 * otherwise; "-" where one of the two has no such figure.
 */
#define pr_fmt(format) KBUILD_MODNAME ": " format

#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/timex.h>
#include <linux/vmalloc.h>
#include "../../../include/uapi/xtcp.h"
#include "../../../module/proto.h"
#include "engines.h"

int xtcp_protocol = IPPROTO_XTCP;
struct engines engines = { .entries = 1000000, .ops = 20000 };

module_param_named(entries, engines.entries, uint, 0444);
MODULE_PARM_DESC(entries, "entries in the table, and armed timers");
module_param_named(ops, engines.ops, uint, 0444);
MODULE_PARM_DESC(ops, "operations of each kind; a divisor of entries");
static bool timers = true;
module_param(timers, bool, 0444);
MODULE_PARM_DESC(timers, "measure the timers, too");
static unsigned int seed = 1;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "of the keys, the deadlines, and the order of operations");

static struct rnd_state random_state;

/**
 * engines_random() - a number that depends on the seed alone
 *
 * Return: any number.
 */
u32 engines_random(void)
{
	return prandom_u32_state(&random_state);
}

static u64 elapsed(engines_op *op)
{
	unsigned long flags;
	u64 begin;
	u32 i;

	local_bh_disable();
	local_irq_save(flags);
	begin = get_cycles();
	for (i = 0; i < engines.ops; i++)
		op(i);
	begin = get_cycles() - begin;
	local_irq_restore(flags);
	local_bh_enable();
	return begin;
}

static noinline void nothing(u32 i)
{
}

/**
 * engines_cost() - measure an operation
 * @op: the operation
 *
 * Context: process.
 * Return: instructions for engines.ops of them.
 */
u64 engines_cost(engines_op *op)
{
	return elapsed(op) - elapsed(nothing);
}

static const char *number(char *text, size_t size, u64 value)
{
	if (value == ENGINES_NONE)
		return "-";
	snprintf(text, size, "%llu.%llu", value / 10, value % 10);
	return text;
}

/**
 * engines_report() - print a figure
 * @name: of the figure
 * @kernel: the kernel's, in tenths; ENGINES_NONE: it has none
 * @xtcp: ours
 */
void engines_report(const char *name, u64 kernel, u64 xtcp)
{
	char theirs[24], ours[24];

	pr_info("%s %s %s\n", name, number(theirs, sizeof(theirs), kernel),
		number(ours, sizeof(ours), xtcp));
}

/**
 * engines_compare() - measure an operation on both sides, and print the figure
 * @name: of the figure
 * @kernel: as the kernel does it
 * @xtcp: as we do it
 *
 * Context: process.
 */
void engines_compare(const char *name, engines_op *kernel, engines_op *xtcp)
{
	engines_report(name, 10 * engines_cost(kernel) / engines.ops,
		       10 * engines_cost(xtcp) / engines.ops);
}

/* Split the entries into engines.ops parts, pick one entry of each, and shuffle */
static int choose(void)
{
	u32 part = engines.entries / engines.ops, i, other;

	engines.pick = vmalloc_array(engines.ops, sizeof(*engines.pick));
	if (!engines.pick)
		return -ENOMEM;
	for (i = 0; i < engines.ops; i++)
		engines.pick[i] = i * part + engines_random() % part;
	for (i = engines.ops - 1; i; i--) {
		other = engines_random() % (i + 1);
		swap(engines.pick[i], engines.pick[other]);
	}
	return 0;
}

static int __init engines_init(void)
{
	int err;

	if (!engines.ops || engines.ops > engines.entries)
		return -EINVAL;
	prandom_seed_state(&random_state, seed);
	err = choose();
	if (!err)
		err = engines_table();
	if (!err && timers)
		err = engines_timers();
	vfree(engines.pick);
	return err;
}

static void __exit engines_exit(void)
{
}

module_init(engines_init);
module_exit(engines_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Instructions of xtcp's engines beside the kernel's");
