/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a received segment is dropped: our counters, and the reason that the kernel's tools
 * (perf, dropwatch) show.
 */
#ifndef XTCP_DROP_H
#define XTCP_DROP_H

#include <linux/skbuff.h>
#include "core/event.h"
#include "core/tcb.h"

struct net;

/* Why the module drops a segment before the core sees it. The values follow those of the
 * core's enum xtcp_drop, so a parameter "why" holds either; XTCP_DROP_NONE: it is not dropped
 */
enum xtcp_refusal {
	XTCP_REFUSED_SHORT = XTCP_DROP_KINDS,	/* shorter than a header */
	XTCP_REFUSED_OFFSET,		/* bad data offset */
	XTCP_REFUSED_OPTION,		/* bad option length */
	XTCP_REFUSED_FLAGS,		/* impossible flags */
	XTCP_REFUSED_CHECKSUM,
	XTCP_REFUSED_NOT_OURS,		/* broadcast, multicast, or for another host */
	XTCP_REFUSED_MIN_TTL,		/* below IP_MINTTL */
	XTCP_REFUSED_XFRM,		/* by IPsec policy */
	XTCP_REFUSED_FILTER,		/* by a socket filter */
	XTCP_REFUSED_LSM,		/* by a security module */
	XTCP_REFUSED_NO_SOCKET,		/* no connection and no listener */
	XTCP_REFUSED_BACKLOG,		/* the socket's backlog is full */
	XTCP_REFUSED_MEMORY,		/* no receive memory for the payload */
	XTCP_REFUSED_SYN_FULL,		/* the listener's SYN queue is full */
	XTCP_REFUSED_ACCEPT_FULL,	/* its accept queue is full */
	XTCP_REFUSED_NO_MEMORY,		/* no memory or no route for a new connection */
	XTCP_REFUSED_COOKIE,		/* invalid echo cookie */
	XTCP_REFUSAL_KINDS
};

void xtcp_count_drop(const struct net *net, unsigned int why);
void xtcp_skb_drop(struct sk_buff *skb, unsigned int why);
void xtcp_skb_done(const struct net *net, struct sk_buff *skb, unsigned int why);

/* Free a segment's packet without counting; any context */
static inline void xtcp_skb_free(struct sk_buff *skb, unsigned int why)
{
	if (likely(why == XTCP_DROP_NONE))
		consume_skb(skb);
	else
		xtcp_skb_drop(skb, why);
}

#endif /* XTCP_DROP_H */
