// SPDX-License-Identifier: GPL-2.0
/*
 * Why a received segment is dropped. One table maps each reason to its counter in
 * /proc/net/xtcp_stat and to the kernel's drop reason in the tracepoint skb:kfree_skb.
 */
#include "../include/compat.h"
#include "drop.h"
#include "net.h"

/* Instead of a counter: counted with xtcp_listen_count() */
#define BY_LISTENER	XTCP_COUNTER_KINDS

/* By enum xtcp_drop and enum xtcp_refusal */
static const struct {
	u8 counter;
	u8 reason;	/* enum skb_drop_reason */
} drops[] = {
#define DROP(why, count, name) \
	[why] = { XTCP_COUNT_##count, SKB_DROP_REASON_##name }
#define LISTENER_DROP(why, name) \
	[why] = { BY_LISTENER, SKB_DROP_REASON_##name }
	DROP(XTCP_DROP_OLD, drop_old, TCP_OLD_DATA),
	DROP(XTCP_DROP_WINDOW, drop_window, TCP_INVALID_SEQUENCE),
	DROP(XTCP_DROP_ACK_OLD, drop_ack_old, TCP_TOO_OLD_ACK),
	DROP(XTCP_DROP_ACK_FUTURE, drop_ack_future, TCP_ACK_UNSENT_DATA),
	DROP(XTCP_DROP_NO_ACK, drop_no_ack, TCP_FLAGS),
	DROP(XTCP_DROP_RST_INVALID, drop_rst_invalid, TCP_RESET),
	DROP(XTCP_DROP_SYN_CHALLENGED, drop_syn_challenged, TCP_INVALID_SYN),
	DROP(XTCP_DROP_PAWS, drop_paws, TCP_RFC7323_PAWS),
	DROP(XTCP_DROP_NO_STAMP, drop_no_stamp, TCP_RFC7323_PAWS),
	DROP(XTCP_DROP_CLOSED, drop_closed, TCP_CLOSE),
	DROP(XTCP_DROP_DUPLICATE, drop_duplicate, TCP_OFOMERGE),
	DROP(XTCP_DROP_NOT_EXPECTED, drop_not_expected, TCP_FLAGS),
	DROP(XTCP_REFUSED_SHORT, drop_short, PKT_TOO_SMALL),
	DROP(XTCP_REFUSED_OFFSET, drop_offset, PKT_TOO_SMALL),
	DROP(XTCP_REFUSED_OPTION, drop_option, HDR_TRUNC),
	DROP(XTCP_REFUSED_FLAGS, drop_flags, TCP_FLAGS),
	DROP(XTCP_REFUSED_CHECKSUM, drop_checksum, TCP_CSUM),
	DROP(XTCP_REFUSED_NOT_OURS, drop_not_ours, OTHERHOST),
	DROP(XTCP_REFUSED_MIN_TTL, drop_min_ttl, TCP_MINTTL),
	DROP(XTCP_REFUSED_XFRM, drop_policy, XFRM_POLICY),
	DROP(XTCP_REFUSED_FILTER, drop_policy, SOCKET_FILTER),
	DROP(XTCP_REFUSED_LSM, drop_policy, SECURITY_HOOK),
	DROP(XTCP_REFUSED_NO_SOCKET, drop_no_socket, NO_SOCKET),
	DROP(XTCP_REFUSED_BACKLOG, drop_backlog, SOCKET_BACKLOG),
	DROP(XTCP_REFUSED_MEMORY, drop_memory, PROTO_MEM),
	LISTENER_DROP(XTCP_REFUSED_SYN_FULL, TCP_LISTEN_OVERFLOW),
	LISTENER_DROP(XTCP_REFUSED_ACCEPT_FULL, TCP_LISTEN_OVERFLOW),
	LISTENER_DROP(XTCP_REFUSED_NO_MEMORY, NOMEM),
	LISTENER_DROP(XTCP_REFUSED_COOKIE, TCP_INVALID_ACK_SEQUENCE),
};

/**
 * xtcp_count_drop() - count a segment that is dropped
 * @net: namespace
 * @why: enum xtcp_drop or enum xtcp_refusal. Nothing is counted for XTCP_DROP_NONE, and for
 *	what is counted with xtcp_listen_count()
 *
 * Context: any.
 */
void xtcp_count_drop(const struct net *net, unsigned int why)
{
	/* every reason of the core and of the module must be in the table */
	BUILD_BUG_ON(ARRAY_SIZE(drops) != XTCP_REFUSAL_KINDS);
	BUILD_BUG_ON(XTCP_COUNTER_KINDS > U8_MAX);

	if (why != XTCP_DROP_NONE && drops[why].counter != BY_LISTENER)
		xtcp_count_add(net, drops[why].counter, 1);
}

/**
 * xtcp_skb_drop() - free the packet of a segment that is dropped, with the drop reason
 * @skb: packet
 * @why: enum xtcp_drop or enum xtcp_refusal, not XTCP_DROP_NONE; counted by the caller
 *
 * Context: any.
 */
void xtcp_skb_drop(struct sk_buff *skb, unsigned int why)
{
	kfree_skb_reason(skb, drops[why].reason);
}

/**
 * xtcp_skb_done() - free a segment's packet, and count it if it is dropped
 * @net: namespace
 * @skb: packet
 * @why: enum xtcp_drop or enum xtcp_refusal; XTCP_DROP_NONE: it is not dropped
 *
 * Context: any.
 */
void xtcp_skb_done(const struct net *net, struct sk_buff *skb, unsigned int why)
{
	xtcp_count_drop(net, why);
	xtcp_skb_free(skb, why);
}
