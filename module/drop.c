// SPDX-License-Identifier: GPL-2.0
/*
 * Why a received segment is dropped.
 */
#include "drop.h"
#include "net.h"

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
