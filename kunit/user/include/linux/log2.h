/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KUNIT_USER_LINUX_LOG2_H
#define KUNIT_USER_LINUX_LOG2_H

#include <linux/bitops.h>

#define ilog2(x) (fls64(x) - 1)

static inline bool is_power_of_2(unsigned long x)
{
	return x && !(x & (x - 1));
}

#endif
