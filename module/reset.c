// SPDX-License-Identifier: GPL-2.0
/*
 * RST: which one answers what.
 */
#include "conn.h"
#include "core/wire.h"
#include "reply.h"
#include "reset.h"

/**
 * xtcp_reset_skb() - refuse a packet with RST, unless it is one itself
 * @skb: the packet, transport header pulled
 * @seg: its segment
 * @key: its connection, seen from our end
 * @owner: the listener that it was for; NULL: nobody's
 *
 * RFC 9293 section 3.10.7.1.
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_reset_skb(struct sk_buff *skb, const struct xtcp_seg *seg,
		    const struct xtcp_key *key, const struct sock *owner)
{
	struct xtcp_out rst;

	if (seg->flags & XTCP_RST)
		return;
	xtcp_wire_reset_reply(seg, &rst);
	xtcp_reply_skb(skb, key, owner, &rst);
}
