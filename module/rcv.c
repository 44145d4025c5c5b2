// SPDX-License-Identifier: GPL-2.0
/*
 * The receive path, top to bottom: the table of contents of a packet's way.
 *
 *   IP --> xtcp_v4_rcv / xtcp_v6_rcv
 *	      rcv_for_us	is it for this host alone?
 *	      xtcp_parse	header, options, checksum
 *	      xtcp_conn_lookup	whose is it?
 *		rcv_socket	--> xtcp_sock_rcv --> xtcp_input (input.c)
 *		rcv_halfopen	--> request.c
 *		rcv_timewait	--> timewait.c
 *		rcv_unknown	--> a listener (listen.c), or RST
 *
 * Each refusal is counted by name. All of it runs in softirq under IP's
 * rcu_read_lock(), which is what keeps a socket that a lookup found.
 */
#include <linux/filter.h>
#include <net/addrconf.h>
#include <net/busy_poll.h>
#include <net/inet6_hashtables.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/xfrm.h>
#include "record.h"
#include "sock.h"

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

/* A source that is no host's is not answered (RFC 9293 MUST-63). IP lets some of them in;
 * no connection has such a peer, so only what is of none is asked. IPv4's directed
 * broadcasts are among them, too, which only the routing table knows: whatever answers has
 * to ask it anyway (reply_route4()), and what would be kept asks xtcp_from_broadcast()
 */
static bool rcv_from_host(const struct sk_buff *skb)
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
 * Return: true when it is IPv4, and its source is a broadcast or multicast address.
 */
bool xtcp_from_broadcast(struct net *net, const struct sk_buff *skb)
{
	unsigned int type;

	if (skb->protocol != htons(ETH_P_IP))
		return false;
	type = inet_addr_type_dev_table(net, skb->dev, ip_hdr(skb)->saddr);
	return type == RTN_BROADCAST || type == RTN_MULTICAST;
}

static __wsum rcv_pseudo(struct sk_buff *skb, int proto)
{
	if (skb->protocol == htons(ETH_P_IP))
		return inet_compute_pseudo(skb, proto);
	return ip6_compute_pseudo(skb, proto);
}

/* What no device has summed and is in one piece is summed at once, which is what the rest
 * would come to
 */
static bool rcv_checksum(struct sk_buff *skb)
{
	if (skb->ip_summed == CHECKSUM_NONE && !skb_is_nonlinear(skb))
		return !csum_fold(csum_partial(skb->data, skb->len,
					       rcv_pseudo(skb, xtcp_protocol)));
	return !skb_checksum_init(skb, xtcp_protocol, rcv_pseudo) &&
	       !skb_checksum_complete(skb);
}

static void count_wire(const struct net *net, enum xtcp_wire_err err)
{
	switch (err) {
	case XTCP_WIRE_OK:
		break;
	case XTCP_WIRE_SHORT:
		xtcp_count(net, drop_short);
		break;
	case XTCP_WIRE_OFFSET:
		xtcp_count(net, drop_offset);
		break;
	case XTCP_WIRE_OPTION:
		xtcp_count(net, drop_option);
		break;
	case XTCP_WIRE_FLAGS:
		xtcp_count(net, drop_flags);
		break;
	}
}

/**
 * xtcp_parse() - read and check a segment's header, and make it linear
 * @skb: packet, its data starting at the transport header
 * @net: namespace, for the counters
 * @seg: filled
 *
 * Context: softirq, or under the socket lock.
 * Return: false when the segment is malformed, which was counted.
 */
bool xtcp_parse(struct sk_buff *skb, struct net *net, struct xtcp_seg *seg)
{
	enum xtcp_wire_err err = XTCP_WIRE_SHORT;
	u32 hdr_len;

	if (pskb_may_pull(skb, XTCP_HDR_LEN)) {
		hdr_len = (skb->data[12] >> 4) * 4;
		err = XTCP_WIRE_OFFSET;
		if (hdr_len >= XTCP_HDR_LEN && pskb_may_pull(skb, hdr_len))
			err = xtcp_wire_parse(skb->data, hdr_len, skb->len, seg);
	}
	count_wire(net, err);
	return err == XTCP_WIRE_OK;
}

/**
 * xtcp_skb_key() - the connection a packet belongs to, seen from our end
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

static bool rcv_policy(struct sock *sk, struct sk_buff *skb)
{
	bool ok = xfrm_policy_check(sk, XFRM_POLICY_IN, skb,
				    skb->protocol == htons(ETH_P_IP) ?
				    AF_INET : AF_INET6);

	if (ok)
		nf_reset_ct(skb);
	return ok;
}

static bool rcv_min_ttl(const struct sock *sk, const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		return ip_hdr(skb)->ttl >= READ_ONCE(inet_sk(sk)->min_ttl);
	return ipv6_hdr(skb)->hop_limit >= READ_ONCE(inet6_sk(sk)->min_hopcount);
}

/* A socket filter has left only the beginning of a segment: the rest comes again, and the
 * FIN behind it. It goes from the header, too, as what waits for the socket's owner is read
 * anew
 */
static bool rcv_shortened(struct sk_buff *skb, struct net *net, struct xtcp_seg *seg)
{
	if (seg->flags & XTCP_FIN) {
		if (skb_ensure_writable(skb, XTCP_HDR_LEN))
			return false;
		skb->data[13] &= ~XTCP_FIN;
	}
	return xtcp_parse(skb, net, seg);
}

/**
 * xtcp_admitted() - does a socket's owner let a segment in?
 * @sk: socket, or the listener of what is half open; not locked
 * @skb: packet, data at the transport header
 * @seg: its segment; shorter afterwards where a socket filter has cut it
 *
 * TTL, IPsec policy and socket filter are asked.
 *
 * Context: softirq, under rcu_read_lock().
 * Return: false when it is refused, which was counted.
 */
bool xtcp_admitted(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg)
{
	struct net *net = sock_net(sk);
	u32 len = skb->len;

	if (!rcv_min_ttl(sk, skb)) {
		xtcp_count(net, drop_min_ttl);
		return false;
	}
	if (!rcv_policy(sk, skb) || sk_filter_trim_cap(sk, skb, seg->hdr_len)) {
		xtcp_count(net, drop_policy);
		return false;
	}
	return likely(skb->len == len) || rcv_shortened(skb, net, seg);
}

/* Bytes of buffers that may wait for the socket's owner. While the owner works them
 * off they count twice, here and in the receive queue, so that a window of segments
 * needs twice the receive buffer; ACKs of what we send come on top
 */
static unsigned int backlog_limit(const struct sock *sk)
{
	u64 limit = 2ULL * READ_ONCE(sk->sk_rcvbuf) + READ_ONCE(sk->sk_sndbuf) / 2 +
		    (64 << 10);

	return min_t(u64, limit, UINT_MAX);
}

/**
 * xtcp_skb_part() - a packet is going to wait: it parts from what may end meanwhile
 * @skb: packet, which nobody asks any more what it came by
 *
 * A device is not held by the packets that it has received, and a route is not to be held
 * by a reader who takes his time.
 *
 * Context: any.
 */
void xtcp_skb_part(struct sk_buff *skb)
{
	skb_dst_drop(skb);
	skb->dev = NULL;
}

/**
 * xtcp_sock_give() - hand a segment to a full socket
 * @sk: connected socket, not locked; valid under RCU, maybe closed already
 * @skb: packet, admitted; consumed
 * @seg: its segment
 *
 * From here on it waits: in the backlog, for a hole to be filled, to be read.
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_sock_give(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg)
{
	sk_incoming_cpu_update(sk);
	sk_mark_napi_id(sk, skb);
	xtcp_skb_part(skb);
	bh_lock_sock_nested(sk);
	if (!sock_owned_by_user(sk)) {
		xtcp_input(sk, skb, seg);
	} else if (sk_add_backlog(sk, skb, backlog_limit(sk))) {
		xtcp_count(sock_net(sk), drop_backlog);
		kfree_skb(skb);
	}
	bh_unlock_sock(sk);
}

/**
 * xtcp_sock_rcv() - a segment for a full socket, if its owner lets it in
 * @sk: as for xtcp_sock_give()
 * @skb: packet; consumed
 * @seg: its segment
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_sock_rcv(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg)
{
	if (xtcp_admitted(sk, skb, seg))
		xtcp_sock_give(sk, skb, seg);
	else
		kfree_skb(skb);
}

/* A segment of no connection: an opening for a listener, or refused */
static void rcv_unknown(struct sk_buff *skb, struct xtcp_seg *seg,
			const struct xtcp_key *key,
			struct xtcp_timewait_record *before)
{
	struct sock *listener;

	if (!rcv_from_host(skb)) {
		xtcp_count(key->net, drop_not_ours);
		kfree_skb(skb);
		return;
	}
	listener = xtcp_listener_select(key, skb, seg->hdr_len);
	if (listener) {
		if (xtcp_admitted(listener, skb, seg)) {
			xtcp_listen_rcv(listener, skb, seg, key, before);
			return;
		}
	} else if (rcv_policy(NULL, skb)) {
		xtcp_count(key->net, drop_no_socket);
		xtcp_reset_skb(skb, seg, key, NULL);
	}
	kfree_skb(skb);
}

/* A segment for a half-open connection: the third one makes a socket of it */
static void rcv_halfopen(struct xtcp_entry *e, struct sk_buff *skb,
			 struct xtcp_seg *seg, const struct xtcp_key *key)
{
	struct xtcp_halfopen_record *r = xtcp_entry_halfopen(e);
	struct sock *listener = xtcp_halfopen_listener(r);

	if (listener ? xtcp_admitted(listener, skb, seg) : rcv_policy(NULL, skb))
		xtcp_halfopen_rcv(r, skb, seg, key);
	else
		kfree_skb(skb);
}

/* A segment for TIME-WAIT: answered there, unless it opens a new connection */
static void rcv_timewait(struct xtcp_entry *e, struct sk_buff *skb,
			 struct xtcp_seg *seg, const struct xtcp_key *key)
{
	struct xtcp_timewait_record *r = xtcp_entry_timewait(e);

	if (rcv_policy(NULL, skb) && xtcp_timewait_rcv(r, skb, seg, key))
		rcv_unknown(skb, seg, key, r);
	else
		kfree_skb(skb);
}

static void rcv_segment(struct sk_buff *skb)
{
	struct net *net = dev_net(skb->dev);
	struct xtcp_entry *e;
	struct xtcp_seg seg;
	struct xtcp_key key;

	xtcp_count(net, segments_in);
	if (!rcv_for_us(skb)) {
		xtcp_count(net, drop_not_ours);
		goto drop;
	}
	if (!xtcp_parse(skb, net, &seg))
		goto drop;
	if (!rcv_checksum(skb)) {
		xtcp_count(net, drop_checksum);
		goto drop;
	}
	xtcp_skb_key(skb, &seg, &key);
	e = xtcp_conn_lookup(&key);
	if (!e)
		rcv_unknown(skb, &seg, &key, NULL);
	else if (e->kind == XTCP_ENTRY_SOCKET)
		xtcp_sock_rcv((struct sock *)xtcp_entry_sock(e), skb, &seg);
	else if (e->kind == XTCP_ENTRY_HALFOPEN)
		rcv_halfopen(e, skb, &seg, &key);
	else
		rcv_timewait(e, skb, &seg, &key);
	return;
drop:
	kfree_skb(skb);
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
	rcv_segment(skb);
	return 0;
}

/**
 * xtcp_v6_rcv() - a packet from IPv6
 * @skb: packet, data at the transport header; consumed
 *
 * Context: softirq, under rcu_read_lock().
 * Return: 0: it is never handed back to IPv6.
 */
int xtcp_v6_rcv(struct sk_buff *skb)
{
	rcv_segment(skb);
	return 0;
}
