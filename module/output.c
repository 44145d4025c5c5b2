// SPDX-License-Identifier: GPL-2.0
/*
 * The send path, top to bottom: the core says what goes next (xtcp_next()), the
 * record is cut to it, a copy of its buffer gets a header and is given to IP.
 */
#include <linux/security.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/route.h>
#include "core/mss.h"
#include "core/rtt.h"
#include "sock.h"

/**
 * xtcp_free_chain() - free buffers that the core is done with
 * @sk: socket
 * @chain: records chained by @next, of either direction
 *
 * Context: under the socket lock.
 */
void xtcp_free_chain(struct sock *sk, struct xtcp_rec *chain)
{
	while (chain) {
		struct sk_buff *skb = xtcp_rec_skb(chain);

		chain = chain->next;
		if (!skb->destructor) {		/* ours to send */
			sk_wmem_queued_add(sk, -skb->truesize);
			sk_mem_uncharge(sk, skb->truesize);
		}
		kfree_skb(skb);
	}
}

/* Have the list of fragments of one's own: a copy that still travels may share it. A head
 * that is allocated for that may be of another size, which is accounted for as the rest is
 */
static bool unshare(struct sock *sk, struct sk_buff *skb)
{
	int before = skb->truesize, more;

	if (skb_unclone(skb, GFP_ATOMIC))
		return false;
	more = skb->truesize - before;
	if (more) {
		sk_wmem_queued_add(sk, more);
		sk_mem_charge(sk, more);
	}
	return true;
}

/**
 * xtcp_cut() - cut a record of the send queue in two
 * @sk: socket
 * @rec: record, longer than @len
 * @len: bytes that it keeps
 *
 * Context: under the socket lock; does not sleep.
 * Return: false when memory was short; nothing has changed then.
 */
bool xtcp_cut(struct sock *sk, struct xtcp_rec *rec, u32 len)
{
	struct sk_buff *skb = xtcp_rec_skb(rec);
	struct sk_buff *rest;
	u32 moved;

	if (!unshare(sk, skb))
		return false;
	rest = alloc_skb_fclone(MAX_HEADER + XTCP_HDR_MAX, GFP_ATOMIC);
	if (!rest)
		return false;
	skb_reserve(rest, MAX_HEADER + XTCP_HDR_MAX);
	rest->ip_summed = CHECKSUM_PARTIAL;

	moved = skb->len - len;
	skb_split(skb, rest, len);
	/* the bytes were charged when they were written; what the new buffer
	 * itself takes is charged over any limit, it is needed to free the rest
	 */
	sk_wmem_queued_add(sk, rest->truesize);
	sk_mem_charge(sk, rest->truesize);
	rest->truesize += moved;
	skb->truesize -= moved;
	xtcp_sendq_split(&xtcp_sk(sk)->tcb.sendq, rec, xtcp_skb_rec(rest), len);
	return true;
}

static void fill_flow6(struct sock *sk, struct flowi6 *fl6)
{
	struct ipv6_pinfo *np = inet6_sk(sk);

	memset(fl6, 0, sizeof(*fl6));
	fl6->flowi6_proto = xtcp_protocol;
	fl6->daddr = sk->sk_v6_daddr;
	fl6->saddr = np->saddr;
	fl6->flowlabel = ip6_make_flowinfo(np->tclass, np->flow_label);
	fl6->flowi6_oif = sk->sk_bound_dev_if;
	fl6->flowi6_mark = READ_ONCE(sk->sk_mark);
	fl6->fl6_sport = inet_sk(sk)->inet_sport;
	fl6->fl6_dport = inet_sk(sk)->inet_dport;
	fl6->flowi6_uid = xtcp_compat_uid(sk);
	security_sk_classify_flow(sk, flowi6_to_flowi_common(fl6));
}

/**
 * xtcp_route6() - look up the IPv6 route of a socket's packets
 * @sk: socket with its addresses and ports set
 * @fl6: filled; its source address is the route's choice where the socket has none
 *
 * A routing header (IPV6_RTHDR) names the first hop; the checksum is about the last.
 *
 * Context: under the socket lock.
 * Return: a route with a reference for the caller, or ERR_PTR().
 */
struct dst_entry *xtcp_route6(struct sock *sk, struct flowi6 *fl6)
{
	struct in6_addr final, *final_p;

	fill_flow6(sk, fl6);
	rcu_read_lock();
	final_p = fl6_update_dst(fl6, rcu_dereference(inet6_sk(sk)->opt), &final);
	rcu_read_unlock();
	return ip6_dst_lookup_flow(sock_net(sk), sk, fl6, final_p);
}

/* Where packets go first: where the source route says, or to the peer */
static __be32 first_hop(const struct inet_sock *inet)
{
	const struct ip_options_rcu *opt;
	__be32 hop = inet->inet_daddr;

	rcu_read_lock();
	opt = rcu_dereference(inet->inet_opt);
	if (opt && opt->opt.srr)
		hop = opt->opt.faddr;
	rcu_read_unlock();
	return hop;
}

/**
 * xtcp_route() - the route of a socket's packets
 * @sk: socket with its addresses and ports set
 *
 * The core gets to know what a new one leaves for a segment: routes change under way,
 * and what an ICMP error has told of their MTU expires.
 *
 * Context: under the socket lock.
 * Return: the cached route, or a new one, without a reference of the caller's;
 * ERR_PTR() when there is none.
 */
struct dst_entry *xtcp_route(struct sock *sk)
{
	struct ipv6_pinfo *np = inet6_sk(sk);
	struct inet_sock *inet = inet_sk(sk);
	struct dst_entry *dst;
	struct flowi6 fl6;
	struct rtable *rt;

	if (xtcp_is_v4(sk)) {
		dst = __sk_dst_check(sk, 0);
		if (dst)
			return dst;
		rt = ip_route_connect(&inet->cork.fl.u.ip4, first_hop(inet),
				      inet->inet_saddr, sk->sk_bound_dev_if,
				      xtcp_protocol, inet->inet_sport,
				      inet->inet_dport, sk);
		if (IS_ERR(rt))
			return ERR_CAST(rt);
		sk_setup_caps(sk, &rt->dst);
		xtcp_sync_path(sk, &rt->dst);
		return &rt->dst;
	}
	dst = __sk_dst_check(sk, np->dst_cookie);
	if (dst)
		return dst;
	dst = xtcp_route6(sk, &fl6);
	if (!IS_ERR(dst)) {
		xtcp_compat_ip6_dst_store(sk, dst);
		xtcp_sync_path(sk, dst);
	}
	return dst;
}

/* Give a finished segment to IPv6; consumes @skb */
static int xmit_v6(struct sock *sk, struct sk_buff *skb)
{
	struct ipv6_pinfo *np = inet6_sk(sk);
	struct dst_entry *dst = xtcp_route(sk);
	struct flowi6 fl6;
	int err;

	if (IS_ERR(dst)) {
		kfree_skb(skb);
		return PTR_ERR(dst);
	}
	fill_flow6(sk, &fl6);
	rcu_read_lock();
	skb_dst_set_noref(skb, dst);
	err = ip6_xmit(sk, skb, &fl6, READ_ONCE(sk->sk_mark),
		       rcu_dereference(np->opt), np->tclass,
		       READ_ONCE(sk->sk_priority));
	rcu_read_unlock();
	return err;
}

/* The buffer that will travel: a copy of the payload's, or an empty one */
static struct sk_buff *xmit_buffer(struct sk_buff *payload)
{
	struct sk_buff *skb;

	if (!payload) {
		skb = alloc_skb(MAX_HEADER + XTCP_HDR_MAX, GFP_ATOMIC);
		if (skb)
			skb_reserve(skb, MAX_HEADER + XTCP_HDR_MAX);
		return skb;
	}
	/* a copy sent earlier that still travels uses the room for headers */
	if (skb_cloned(payload))
		return pskb_copy(payload, GFP_ATOMIC);
	return skb_clone(payload, GFP_ATOMIC);
}

/* Leave the checksum to whoever sends the segment last: on lo and veth nobody need
 * compute it. Devices that claim to sum "TCP and UDP" believe a csum_offset of 16 to
 * mean protocol 6, and would send ours unfinished. So the sum is told to start behind
 * the source port, which goes into the seed instead:
 *
 *	| sport | dport | seq ... | check | ...	csum_start 2, csum_offset 14
 *	  ^seed  ^----- summed ---------------->
 *
 * The stack finishes that in software for such devices; those that take any offset
 * (NETIF_F_HW_CSUM) do it themselves.
 */
static void xmit_checksum(struct sock *sk, struct sk_buff *skb)
{
	__wsum sport = (__force __wsum)inet_sk(sk)->inet_sport;
	__sum16 seed;

	if (xtcp_is_v4(sk))
		seed = ~csum_tcpudp_magic(inet_sk(sk)->inet_saddr,
					  inet_sk(sk)->inet_daddr, skb->len,
					  xtcp_protocol, sport);
	else
		seed = ~csum_ipv6_magic(&inet6_sk(sk)->saddr, &sk->sk_v6_daddr,
					skb->len, xtcp_protocol, sport);
	memcpy(skb->data + XTCP_CHECK_OFFSET, &seed, sizeof(seed));
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) + sizeof(__be16) - skb->head;
	skb->csum_offset = XTCP_CHECK_OFFSET - sizeof(__be16);
}

/**
 * xtcp_xmit() - send one segment
 * @sk: socket, connected or connecting
 * @payload: buffer that holds exactly @out->len bytes of payload; NULL: none
 * @out: the segment
 *
 * Context: under the socket lock; does not sleep.
 * Return: 0; -ENOMEM when nothing was sent; another negative errno when IP
 * dropped it, which is loss like any other.
 */
int xtcp_xmit(struct sock *sk, struct sk_buff *payload, const struct xtcp_out *out)
{
	struct inet_sock *inet = inet_sk(sk);
	struct sk_buff *skb = xmit_buffer(payload);
	u8 header[XTCP_HDR_MAX];
	u32 len;
	int err;

	if (!skb)
		return -ENOMEM;
	len = xtcp_wire_build(header, out, ntohs(inet->inet_sport),
			      ntohs(inet->inet_dport));
	memcpy(skb_push(skb, len), header, len);
	skb_reset_transport_header(skb);
	memset(skb->cb, 0, sizeof(skb->cb));
	xmit_checksum(sk, skb);
	skb->priority = READ_ONCE(sk->sk_priority);
	skb->mark = READ_ONCE(sk->sk_mark);
	skb_set_owner_w(skb, sk);
	skb_set_hash_from_sk(skb, sk);

	xtcp_count(sock_net(sk), segments_out);
	xtcp_sk(sk)->traffic.segs_out++;
	if (xtcp_is_v4(sk))
		err = ip_queue_xmit(sk, skb, &inet->cork.fl);
	else
		err = xmit_v6(sk, skb);
	return net_xmit_eval(err);
}

static void count_out(struct sock *sk, const struct xtcp_out *out)
{
	struct xtcp_traffic *traffic = &xtcp_sk(sk)->traffic;
	struct net *net = sock_net(sk);

	traffic->data_segs_out += out->len > 0;
	traffic->bytes_sent += out->len;
	switch (out->kind) {
	case XTCP_OUT_RETX:
		xtcp_count(net, retransmits);
		traffic->segs_again++;
		traffic->bytes_again += out->len;
		break;
	case XTCP_OUT_PROBE:
		xtcp_count(net, window_probes);
		break;
	case XTCP_OUT_KEEPALIVE:
		xtcp_count(net, keepalive_probes);
		break;
	case XTCP_OUT_RST:
		xtcp_count(net, resets_out);
		break;
	}
}

/* Send what the core has asked for: false when memory was short */
static bool output_one(struct sock *sk, const struct xtcp_out *out)
{
	struct sk_buff *payload = NULL;

	if (out->len) {
		if (out->len < xtcp_rec_len(out->rec) &&
		    !xtcp_cut(sk, out->rec, out->len))
			return false;
		payload = xtcp_rec_skb(out->rec);
	}
	if (xtcp_xmit(sk, payload, out) == -ENOMEM)
		return false;
	count_out(sk, out);
	return true;
}

/**
 * xtcp_output() - send all that may be sent now
 * @sk: socket
 *
 * Context: under the socket lock; does not sleep.
 */
void xtcp_output(struct sock *sk)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;
	u64 now = xtcp_now();
	struct xtcp_out out;

	t->rcv_free = xtcp_rcv_free(sk);
	xtcp_route(sk);		/* a new one may have another MTU; what is wrong, IP will say */
	while (xtcp_next(t, now, &out)) {
		if (!output_one(sk, &out)) {
			xtcp_count(sock_net(sk), send_no_memory);
			xtcp_send_failed(t, now);
			break;
		}
		xtcp_sent(t, now, &out);
	}
}

/* The route's own rto_min where it has one, else the knob */
static u32 path_rto_min(const struct sock *sk, const struct dst_entry *dst)
{
	u32 ms = READ_ONCE(xtcp_sk(sk)->tcb.knobs->rto_min_ms);

	if (dst_metric_locked(dst, RTAX_RTO_MIN))
		ms = dst_metric(dst, RTAX_RTO_MIN);
	return clamp_t(u64, ms * XTCP_US_PER_MS, XTCP_US_PER_MS, XTCP_RTO_MAX);
}

/**
 * xtcp_sync_path() - tell the core what the path leaves for a segment, and its rto_min
 * @sk: socket
 * @dst: its route
 *
 * Context: under the socket lock.
 */
void xtcp_sync_path(struct sock *sk, const struct dst_entry *dst)
{
	u32 mtu = dst_mtu(dst);
	struct ipv6_txoptions *opt6;
	struct ip_options_rcu *opt4;
	u32 headers;

	rcu_read_lock();
	if (xtcp_is_v4(sk)) {
		opt4 = rcu_dereference(inet_sk(sk)->inet_opt);
		headers = sizeof(struct iphdr) + (opt4 ? opt4->opt.optlen : 0);
	} else {
		opt6 = rcu_dereference(inet6_sk(sk)->opt);
		headers = sizeof(struct ipv6hdr) +
			  (opt6 ? opt6->opt_flen + opt6->opt_nflen : 0);
	}
	rcu_read_unlock();
	headers += XTCP_HDR_LEN;
	xtcp_tcb_set_path(&xtcp_sk(sk)->tcb, mtu > headers ? mtu - headers : 0);
	xtcp_sk(sk)->tcb.rto_min = path_rto_min(sk, dst);
}
