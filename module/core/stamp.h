/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The timestamp clock (RFC 7323 section 5.4) counts milliseconds. Each connection adds an
 * offset, so that the clock does not reveal our uptime. The offset is a keyed hash of
 * the connection, which the caller computes. It is the same for each incarnation, so for
 * the peer's PAWS the clock never runs backwards.
 */
#ifndef XTCP_CORE_STAMP_H
#define XTCP_CORE_STAMP_H

#include <linux/math64.h>
#include <linux/types.h>

#include "tcb.h"

/**
 * xtcp_stamp - the timestamp clock's value
 * @now: time, us
 * @offset: the connection's offset
 *
 * Pure: no context, no lock. Source: RFC 7323 section 5.4.
 */
static inline u32 xtcp_stamp(u64 now, u32 offset)
{
	return (u32)div_u64(now, 1000) + offset;
}

bool xtcp_stamp_known(const struct xtcp_tcb *t, u64 now);
bool xtcp_stamp_missing(const struct xtcp_tcb *t, const struct xtcp_seg *seg);
bool xtcp_stamp_old(const struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now);
void xtcp_stamp_take(struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now);
void xtcp_stamp_forget(struct xtcp_tcb *t, u64 now);
void xtcp_stamp_begin(struct xtcp_tcb *t, const struct xtcp_opts *opts, u64 now);
void xtcp_stamp_add(const struct xtcp_tcb *t, u64 now, struct xtcp_out *out);
u64 xtcp_stamp_rtt(const struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now);

#endif /* XTCP_CORE_STAMP_H */
