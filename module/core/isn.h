/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Initial sequence numbers (RFC 6528, RFC 9293 section 3.4.1):
 * ISN = M + F(4-tuple, secret), where M is a clock that ticks every 4 microseconds.
 */
#ifndef XTCP_CORE_ISN_H
#define XTCP_CORE_ISN_H

#include <linux/types.h>

u32 xtcp_isn(u64 now, u32 hash);
u32 xtcp_isn_above(u64 now, u32 hash, u32 floor);

#endif /* XTCP_CORE_ISN_H */
