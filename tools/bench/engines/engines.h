/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The benchmark of the engines: what its files share.
 *
 * It runs in a machine where one instruction is one nanosecond, on one processor. An
 * operation is done @engines.ops times with interrupts off; what an empty operation
 * takes in the same loop is taken off.
 */
#ifndef XTCP_ENGINES_H
#define XTCP_ENGINES_H

#include <linux/types.h>

/**
 * struct engines - what is common to all measurements
 * @entries: how many entries, or timers, there are
 * @ops: how often an operation is done
 * @pick: which entry an operation is done on: @ops different ones, in no order
 */
struct engines {
	u32 entries;
	u32 ops;
	u32 *pick;
};

extern struct engines engines;

/* An operation: @i counts from 0 to engines.ops - 1 */
typedef void engines_op(u32 i);

/* No value: one of the two has nothing of the kind */
#define ENGINES_NONE	U64_MAX

u64 engines_cost(engines_op *op);
void engines_report(const char *name, u64 kernel, u64 xtcp);
void engines_compare(const char *name, engines_op *kernel, engines_op *xtcp);
u32 engines_random(void);

int engines_table(void);
int engines_timers(void);

#endif /* XTCP_ENGINES_H */
