// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a packet: its sender, the segment it carries, the connection it belongs to.
 */
#include <net/addrconf.h>
#include <net/inet6_hashtables.h>
#include <net/ip.h>
#include <net/route.h>
#include "conn.h"
#include "core/event.h"
#include "core/wire.h"
#include "drop.h"
#include "packet.h"

/**
 * xtcp_from_host() - can a packet's source be a host?
 * @skb: packet
 *
 * Packets from an invalid source address get no answer (RFC 9293 MUST-63). IP lets some of
 * them in. No connection has such a peer, so only packets without a connection are checked.
 * This check does not find IPv4's directed broadcasts, which only the routing table knows:
 * paths that reply look up a route anyway (reply_route4()), and paths that would keep state
 * call xtcp_from_broadcast().
 *
 * Context: softirq.
 * Return: false when the packet is IPv6 and its source is not a unicast address.
 */
bool xtcp_from_host(const struct sk_buff *skb)
{
	const struct in6_addr *from = &ipv6_hdr(skb)->saddr;

	return skb->protocol == htons(ETH_P_IP) ||
	       !(ipv6_addr_any(from) || ipv6_addr_v4mapped(from) ||
		 ipv6_addr_is_multicast(from));
}

/**
 * xtcp_from_broadcast() - is a packet's source a broadcast address?
 * @net: namespace
 * @skb: packet
 *
 * Context: softirq, under rcu_read_lock().
 * Return: true when the packet is IPv4 and its source is a broadcast or multicast address.
 */
bool xtcp_from_broadcast(struct net *net, const struct sk_buff *skb)
{
	unsigned int type;

	xtcp_rcu_held();
	if (skb->protocol != htons(ETH_P_IP))
		return false;
	type = inet_addr_type_dev_table(net, skb->dev, ip_hdr(skb)->saddr);
	return type == RTN_BROADCAST || type == RTN_MULTICAST;
}

static unsigned int wire_refusal(enum xtcp_wire_err err)
{
	switch (err) {
	case XTCP_WIRE_SHORT:
		return XTCP_REFUSED_SHORT;
	case XTCP_WIRE_OFFSET:
		return XTCP_REFUSED_OFFSET;
	case XTCP_WIRE_OPTION:
		return XTCP_REFUSED_OPTION;
	case XTCP_WIRE_FLAGS:
		return XTCP_REFUSED_FLAGS;
	default:
		return XTCP_DROP_NONE;
	}
}

/**
 * xtcp_parse() - parse a segment's header, and make the header linear
 * @skb: packet, its data starting at the transport header
 * @seg: filled
 *
 * Context: softirq, or under the socket lock.
 * Return: XTCP_DROP_NONE, or what is malformed: enum xtcp_refusal.
 */
unsigned int xtcp_parse(struct sk_buff *skb, struct xtcp_seg *seg)
{
	enum xtcp_wire_err err = XTCP_WIRE_SHORT;
	u32 hdr_len;

	if (pskb_may_pull(skb, XTCP_HDR_LEN)) {
		hdr_len = (skb->data[12] >> 4) * 4;
		err = XTCP_WIRE_OFFSET;
		if (hdr_len >= XTCP_HDR_LEN && pskb_may_pull(skb, hdr_len))
			err = xtcp_wire_parse(skb->data, hdr_len, skb->len, seg);
	}
	return wire_refusal(err);
}

/**
 * xtcp_skb_key() - the connection a packet belongs to, as seen from our end
 * @skb: packet, data at the transport header
 * @seg: its segment
 * @key: filled
 *
 * Context: softirq.
 */
void xtcp_skb_key(const struct sk_buff *skb, const struct xtcp_seg *seg,
		  struct xtcp_key *key)
{
	key->net = dev_net(skb->dev);
	key->lport = seg->dport;
	key->rport = seg->sport;
	if (skb->protocol == htons(ETH_P_IP)) {
		key->family = AF_INET;
		key->laddr = ip_hdr(skb)->daddr;
		key->raddr = ip_hdr(skb)->saddr;
		key->dif = inet_iif(skb);
		key->sdif = inet_sdif(skb);
	} else {
		key->family = AF_INET6;
		key->laddr = 0;
		key->raddr = 0;
		key->laddr6 = ipv6_hdr(skb)->daddr;
		key->raddr6 = ipv6_hdr(skb)->saddr;
		key->dif = inet6_iif(skb);
		key->sdif = inet6_sdif(skb);
	}
}

/**
 * xtcp_skb_detach() - drop a packet's route and device before it is queued
 * @skb: packet whose route and device are not needed any more
 *
 * A packet has no reference to its device, and must not keep a route alive while it waits for
 * the reader.
 *
 * Context: any.
 */
void xtcp_skb_detach(struct sk_buff *skb)
{
	skb_dst_drop(skb);
	skb->dev = NULL;
}
