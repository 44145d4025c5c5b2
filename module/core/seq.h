/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sequence numbers: arithmetic modulo 2^32 (RFC 9293, section 3.4).
 *
 * A comparison is meaningful while the two numbers are less than 2^31 apart,
 * which TCP's window rules guarantee.
 */
#ifndef XTCP_CORE_SEQ_H
#define XTCP_CORE_SEQ_H

#include <linux/types.h>

static inline bool seq_lt(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool seq_leq(u32 a, u32 b)
{
	return (s32)(a - b) <= 0;
}

static inline bool seq_gt(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

static inline bool seq_geq(u32 a, u32 b)
{
	return (s32)(a - b) >= 0;
}

/* Is @seq in [@left, @right)? */
static inline bool seq_within(u32 seq, u32 left, u32 right)
{
	return seq - left < right - left;
}

static inline u32 seq_max(u32 a, u32 b)
{
	return seq_lt(a, b) ? b : a;
}

static inline u32 seq_min(u32 a, u32 b)
{
	return seq_lt(a, b) ? a : b;
}

#endif /* XTCP_CORE_SEQ_H */
