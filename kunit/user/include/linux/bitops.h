/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KUNIT_USER_LINUX_BITOPS_H
#define KUNIT_USER_LINUX_BITOPS_H

#include <linux/bits.h>
#include <linux/types.h>

/* Number of the highest bit set, from 1; 0 when there is none. */
static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

/* Number of the lowest bit set, from 0; the argument is not 0. */
static inline unsigned long __ffs(unsigned long x)
{
	return __builtin_ctzl(x);
}

static inline unsigned long __ffs64(u64 x)
{
	return __builtin_ctzll(x);
}

static inline unsigned int hweight32(u32 x)
{
	return __builtin_popcount(x);
}

static inline u32 rol32(u32 x, unsigned int n)
{
	return (x << (n & 31)) | (x >> (-n & 31));
}

static inline u32 ror32(u32 x, unsigned int n)
{
	return (x >> (n & 31)) | (x << (-n & 31));
}

static inline u64 ror64(u64 x, unsigned int n)
{
	return (x >> (n & 63)) | (x << (-n & 63));
}

#endif
