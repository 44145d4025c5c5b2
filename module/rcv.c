// SPDX-License-Identifier: GPL-2.0
/*
 * The receive path, top to bottom.
 *
 *   IP --> xtcp_v4_rcv / xtcp_v6_rcv
 *	      rcv_for_us	is it for this host alone?
 *	      xtcp_parse	header and options (packet.c)
 *	      rcv_checksum
 *	      xtcp_conn_lookup	what is in the connection table?
 *		a socket	--> xtcp_sock_rcv (admit.c) --> xtcp_input (input.c)
 *		rcv_request	--> request.c
 *		rcv_timewait	--> timewait.c
 *		rcv_unknown	--> a listener (listen.c), or RST
 *
 * Each reason to drop a segment has its own counter. All of this runs in softirq under IP's
 * rcu_read_lock(), which keeps the sockets and entries that lookups return.
 */
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/route.h>
#include "admit.h"
#include "conn.h"
#include "drop.h"
#include "listen.h"
#include "listener.h"
#include "main.h"
#include "net.h"
#include "packet.h"
#include "rcv.h"
#include "request.h"
#include "reject.h"
#include "sock.h"
#include "timewait.h"

/* Broadcast and multicast never carry a connection (RFC 9293 MUST-57) */
static bool rcv_for_us(const struct sk_buff *skb)
{
	const struct rtable *rt;

	if (skb->pkt_type != PACKET_HOST)
		return false;
	if (skb->protocol == htons(ETH_P_IPV6))
		return !ipv6_addr_is_multicast(&ipv6_hdr(skb)->daddr);
	rt = skb_rtable(skb);
	return !(rt && rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST));
}

static __wsum rcv_pseudo(struct sk_buff *skb, int proto)
{
	if (skb->protocol == htons(ETH_P_IP))
		return inet_compute_pseudo(skb, proto);
	return ip6_compute_pseudo(skb, proto);
}

/* A linear packet that no device has summed is summed here. The general path does the same in
 * more steps
 */
static bool rcv_checksum(struct sk_buff *skb)
{
	if (skb->ip_summed == CHECKSUM_NONE && !skb_is_nonlinear(skb))
		return !csum_fold(csum_partial(skb->data, skb->len,
					       rcv_pseudo(skb, xtcp_protocol)));
	return !skb_checksum_init(skb, xtcp_protocol, rcv_pseudo) &&
	       !skb_checksum_complete(skb);
}

/* A segment without a connection: it may open one to a listener; otherwise it is rejected */
static void rcv_unknown(struct sk_buff *skb, struct xtcp_seg *seg,
			const struct xtcp_key *key,
			struct xtcp_timewait *tw)
{
	struct sock *listener;
	unsigned int why;

	if (!xtcp_from_host(skb)) {
		xtcp_skb_done(key->net, skb, XTCP_REFUSED_NOT_OURS);
		return;
	}
	listener = xtcp_listener_select(key, skb, seg->hdr_len);
	if (listener) {
		why = xtcp_admit(listener, skb, seg);
		if (why == XTCP_DROP_NONE)
			xtcp_listen_rcv(listener, skb, seg, key, tw);
		else
			xtcp_skb_done(key->net, skb, why);
	} else if (xtcp_policy_in(NULL, skb)) {
		xtcp_reset_skb(skb, seg, key, NULL);
		xtcp_skb_done(key->net, skb, XTCP_REFUSED_NO_SOCKET);
	} else {
		xtcp_skb_free(skb, XTCP_REFUSED_XFRM);
	}
}

/* A segment for a request: the final ACK makes a socket of it */
static void rcv_request(struct xtcp_entry *e, struct sk_buff *skb,
			struct xtcp_seg *seg, const struct xtcp_key *key)
{
	struct xtcp_request *r = xtcp_entry_request(e);
	struct sock *listener = xtcp_request_listener(r);
	unsigned int why = XTCP_DROP_NONE;

	if (!listener && !xtcp_policy_in(NULL, skb)) {
		xtcp_skb_free(skb, XTCP_REFUSED_XFRM);
		return;
	}
	if (listener)
		why = xtcp_admit(listener, skb, seg);
	if (why == XTCP_DROP_NONE)
		xtcp_request_rcv(r, skb, seg, key);
	else
		xtcp_skb_done(key->net, skb, why);
}

/* A segment for a TIME-WAIT entry, which answers unless the segment opens a new connection */
static void rcv_timewait(struct xtcp_entry *e, struct sk_buff *skb,
			 struct xtcp_seg *seg, const struct xtcp_key *key)
{
	struct xtcp_timewait *r = xtcp_entry_timewait(e);

	if (!xtcp_policy_in(NULL, skb))
		xtcp_skb_free(skb, XTCP_REFUSED_XFRM);
	else if (xtcp_timewait_rcv(r, skb, seg, key))
		rcv_unknown(skb, seg, key, r);
}

static void rcv_segment(struct sk_buff *skb)
{
	unsigned int why = XTCP_REFUSED_NOT_OURS;
	struct net *net = dev_net(skb->dev);
	struct xtcp_entry *e;
	struct xtcp_seg seg;
	struct xtcp_key key;

	xtcp_count(net, segments_in);
	if (!rcv_for_us(skb))
		goto drop;
	why = xtcp_parse(skb, &seg);
	if (why != XTCP_DROP_NONE)
		goto drop;
	if (!rcv_checksum(skb)) {
		why = XTCP_REFUSED_CHECKSUM;
		goto drop;
	}
	xtcp_skb_key(skb, &seg, &key);
	e = xtcp_conn_lookup(&key);
	if (!e)
		rcv_unknown(skb, &seg, &key, NULL);
	else if (e->kind == XTCP_ENTRY_SOCKET)
		xtcp_sock_rcv((struct sock *)xtcp_entry_sock(e), skb, &seg);
	else if (e->kind == XTCP_ENTRY_REQUEST)
		rcv_request(e, skb, &seg, &key);
	else
		rcv_timewait(e, skb, &seg, &key);
	return;
drop:
	xtcp_skb_done(net, skb, why);
}

/**
 * xtcp_v4_rcv() - a packet from IPv4
 * @skb: packet, data at the transport header; consumed
 *
 * Context: softirq, under rcu_read_lock().
 * Return: 0.
 */
int xtcp_v4_rcv(struct sk_buff *skb)
{
	xtcp_rcu_held();
	rcv_segment(skb);
	return 0;
}

/**
 * xtcp_v6_rcv() - a packet from IPv6
 * @skb: packet, data at the transport header; consumed
 *
 * Context: softirq, under rcu_read_lock().
 * Return: 0: the packet is never handed back to IPv6.
 */
int xtcp_v6_rcv(struct sk_buff *skb)
{
	xtcp_rcu_held();
	rcv_segment(skb);
	return 0;
}
