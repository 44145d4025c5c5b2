/* SPDX-License-Identifier: GPL-2.0 */
/* Segments for the suites, as xtcp_wire_parse() would give them. */
#ifndef XTCP_KUNIT_SEGMENT_H
#define XTCP_KUNIT_SEGMENT_H

#include "../module/core/wire.h"

static inline struct xtcp_seg segment(u8 flags, u32 seq, u32 ack, u32 len)
{
	return (struct xtcp_seg){
		.sport = 1000,
		.dport = 2000,
		.seq = seq,
		.ack = ack,
		.wnd = 0x4000,
		.flags = flags,
		.hdr_len = XTCP_HDR_LEN,
		.len = len,
		.opts.wscale = XTCP_NO_WSCALE,
	};
}

#endif /* XTCP_KUNIT_SEGMENT_H */
