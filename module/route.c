// SPDX-License-Identifier: GPL-2.0
/*
 * The route of a socket's packets, and the room that the path leaves for a segment.
 */
#include <linux/security.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/route.h>
#include "core/mss.h"
#include "core/rtt.h"
#include "main.h"
#include "route.h"
#include "sock.h"

/**
 * xtcp_flow6() - the IPv6 flow of a socket's packets
 * @sk: socket with its addresses and ports set
 * @fl6: filled
 *
 * Context: under the socket lock.
 */
void xtcp_flow6(struct sock *sk, struct flowi6 *fl6)
{
	struct ipv6_pinfo *np = inet6_sk(sk);

	sock_owned_by_me(sk);
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
 * @fl6: filled; where the socket has no source address, the route's choice
 *
 * A routing header (IPV6_RTHDR) names the first hop. The checksum covers the last.
 *
 * Context: under the socket lock.
 * Return: a route with a reference for the caller, or ERR_PTR().
 */
struct dst_entry *xtcp_route6(struct sock *sk, struct flowi6 *fl6)
{
	struct in6_addr final, *final_p;

	sock_owned_by_me(sk);
	xtcp_flow6(sk, fl6);
	rcu_read_lock();
	final_p = fl6_update_dst(fl6, rcu_dereference(inet6_sk(sk)->opt), &final);
	rcu_read_unlock();
	return ip6_dst_lookup_flow(sock_net(sk), sk, fl6, final_p);
}

/* The first hop: from the source route, or the peer */
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

/* The route's rto_min if it has one, else the sysctl */
static u32 path_rto_min(const struct sock *sk, const struct dst_entry *dst)
{
	u32 ms = READ_ONCE(xtcp_sk(sk)->tcb.knobs->rto_min_ms);

	if (dst_metric_locked(dst, RTAX_RTO_MIN))
		ms = dst_metric(dst, RTAX_RTO_MIN);
	return clamp_t(u64, ms * XTCP_US_PER_MS, XTCP_US_PER_MS, XTCP_RTO_MAX);
}

/**
 * xtcp_sync_path() - pass to the core what the path leaves for a segment, and its rto_min
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

	sock_owned_by_me(sk);
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

/**
 * xtcp_route() - the route of a socket's packets
 * @sk: socket with its addresses and ports set
 *
 * A new route's MTU is passed to the core: routes may change during a connection, and a path
 * MTU learned from an ICMP error expires.
 *
 * Context: under the socket lock.
 * Return: the cached route, or a new one, without a reference for the caller;
 * ERR_PTR() when there is none.
 */
struct dst_entry *xtcp_route(struct sock *sk)
{
	struct ipv6_pinfo *np = inet6_sk(sk);
	struct inet_sock *inet = inet_sk(sk);
	struct dst_entry *dst;
	struct flowi6 fl6;
	struct rtable *rt;

	sock_owned_by_me(sk);
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
