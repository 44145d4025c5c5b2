// SPDX-License-Identifier: GPL-2.0
/*
 * connect(): active OPEN (RFC 9293 section 3.10.1): a route, addresses, a port,
 * an ISN, and the SYN.
 */
#include <linux/random.h>
#include <linux/security.h>
#include <net/inet_hashtables.h>
#include <net/ip6_route.h>
#include <net/transp_v6.h>
#include <net/route.h>
#include "conn.h"
#include "connect.h"
#include "core/isn.h"
#include "core/mss.h"
#include "input.h"
#include "main.h"
#include "net.h"
#include "port.h"
#include "port_ephemeral.h"
#include "route.h"
#include "sock.h"
#include "socket.h"
#include "timer.h"
#include "timewait.h"

/* Get a port, and insert the socket into the connection table */
static int connect_hash(struct sock *sk, struct xtcp_timewait **tw)
{
	sk_set_txhash(sk);
	return xtcp_port_connect(sk, tw);
}

/* Back to the state before connect(); what the program has bound stays bound */
static void connect_undo(struct sock *sk)
{
	xtcp_unhash(sk);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK)) {
		xtcp_put_port(sk);
		inet_sk(sk)->inet_sport = 0;
	}
	inet_sk(sk)->inet_dport = 0;
	sk_dst_reset(sk);
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		xtcp_port_set_saddr(sk, &in6addr_any);
}

/* @tw: the connection's TIME-WAIT entry, which the socket has replaced; or NULL */
static u32 connect_iss(u64 now, u32 hash, struct xtcp_timewait *tw)
{
	u32 iss;

	if (!tw)
		return xtcp_isn(now, hash);
	iss = xtcp_isn_above(now, hash, tw->tw.snd_nxt);
	xtcp_timewait_end(tw);
	return iss;
}

static void connect_open(struct sock *sk, struct xtcp_timewait *tw)
{
	struct xtcp_event ev = { .kind = XTCP_EV_OPEN, .now = xtcp_now() };
	struct xtcp_key key;
	u64 numbers;

	xtcp_entry_get_key(&xtcp_sk(sk)->entry, &key);
	numbers = xtcp_key_hash_secret(&key, XTCP_SALT_NUMBERS);
	ev.iss = connect_iss(ev.now, xtcp_hash_isn(numbers), tw);
	ev.ts_offset = xtcp_hash_stamp(numbers);
	atomic_set(&inet_sk(sk)->inet_id, get_random_u16());
	xtcp_count(sock_net(sk), active_opens);
	memset(&xtcp_sk(sk)->traffic, 0, sizeof(xtcp_sk(sk)->traffic));
	WRITE_ONCE(sk->sk_err, 0);	/* left by an earlier attempt */
	xtcp_event(sk, &ev);
}

static void connect_path(struct sock *sk, const struct dst_entry *dst)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;
	u16 adv = min_t(u32, dst_metric_advmss(dst), U16_MAX);

	t->peer_mss = xtcp_is_v4(sk) ? XTCP_MSS_DEFAULT4 : XTCP_MSS_DEFAULT6;
	t->adv_mss = t->set_mss ? min(adv, t->set_mss) : adv;
	xtcp_sync_path(sk, dst);
}

/* Route and source address for @daddr; with a source route, by its first hop */
static struct rtable *connect_route4(struct sock *sk, struct flowi4 *fl4,
				     __be32 *daddr, __be16 dport)
{
	struct inet_sock *inet = inet_sk(sk);
	struct ip_options_rcu *opt;
	struct rtable *rt;
	__be32 hop = *daddr;
	bool source_route;

	opt = rcu_dereference_protected(inet->inet_opt, lockdep_sock_is_held(sk));
	source_route = opt && opt->opt.srr;
	if (source_route) {
		if (!*daddr)
			return ERR_PTR(-EINVAL);
		hop = opt->opt.faddr;
	}
	rt = ip_route_connect(fl4, hop, inet->inet_saddr, sk->sk_bound_dev_if,
			      xtcp_protocol, inet->inet_sport, dport, sk);
	if (IS_ERR(rt))
		return rt;
	if (rt->rt_flags & (RTCF_MULTICAST | RTCF_BROADCAST)) {	/* MUST-46 */
		ip_rt_put(rt);
		return ERR_PTR(-ENETUNREACH);
	}
	if (!source_route)
		*daddr = fl4->daddr;
	return rt;
}

static int connect_v4(struct sock *sk, __be32 daddr, __be16 dport)
{
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 *fl4 = &inet->cork.fl.u.ip4;
	struct xtcp_timewait *tw;
	__be16 sport = inet->inet_sport;
	struct in6_addr saddr;
	struct rtable *rt;
	int err;

	rt = connect_route4(sk, fl4, &daddr, dport);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	if (!inet->inet_saddr) {
		ipv6_addr_set_v4mapped(fl4->saddr, &saddr);
		xtcp_port_set_saddr(sk, &saddr);
	}
	inet->inet_dport = dport;
	sk_daddr_set(sk, daddr);
	if (sk->sk_family == AF_INET6)
		inet6_sk(sk)->saddr = sk->sk_v6_rcv_saddr;
	connect_path(sk, &rt->dst);

	err = connect_hash(sk, &tw);
	if (err) {
		ip_rt_put(rt);
		connect_undo(sk);
		return err;
	}
	/* IPsec policy may depend on the ports, which are known now */
	rt = ip_route_newports(fl4, rt, sport, dport, inet->inet_sport,
			       inet->inet_dport, sk);
	if (IS_ERR(rt)) {
		connect_undo(sk);
		if (tw)
			xtcp_timewait_end(tw);
		return PTR_ERR(rt);
	}
	sk_setup_caps(sk, &rt->dst);
	connect_open(sk, tw);
	return 0;
}

/**
 * xtcp_v4_connect() - proto.connect of AF_INET
 * @sk: socket in CLOSED
 * @uaddr: struct sockaddr_in
 * @len: its length
 *
 * Context: process, under the socket lock.
 * Return: 0 when the SYN was sent; -EINVAL, -EAFNOSUPPORT, -ENETUNREACH, -EADDRNOTAVAIL or
 * the error of routing.
 */
int xtcp_v4_connect(struct sock *sk, xtcp_sockaddr *uaddr, int len)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)uaddr;

	sock_owned_by_me(sk);
	if (len < (int)sizeof(*sin))
		return -EINVAL;
	if (sin->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	return connect_v4(sk, sin->sin_addr.s_addr, sin->sin_port);
}

/* A link-local destination needs a device: that of its scope, or the bound one */
static int connect_scope6(struct sock *sk, const struct sockaddr_in6 *sin6, int len)
{
	if (!(ipv6_addr_type(&sin6->sin6_addr) & IPV6_ADDR_LINKLOCAL))
		return 0;
	if (len >= (int)sizeof(*sin6) && sin6->sin6_scope_id) {
		if (!sk_dev_equal_l3scope(sk, sin6->sin6_scope_id))
			return -EINVAL;
		sk->sk_bound_dev_if = sin6->sin6_scope_id;
	}
	return sk->sk_bound_dev_if ? 0 : -EINVAL;
}

static int connect_v6(struct sock *sk, __be16 dport)
{
	struct ipv6_pinfo *np = inet6_sk(sk);
	struct inet_sock *inet = inet_sk(sk);
	struct xtcp_timewait *tw;
	struct dst_entry *dst;
	struct flowi6 fl6;
	int err;

	inet->inet_dport = dport;
	np->saddr = sk->sk_v6_rcv_saddr;
	dst = xtcp_route6(sk, &fl6);
	if (IS_ERR(dst)) {
		inet->inet_dport = 0;
		return PTR_ERR(dst);
	}
	xtcp_port_set_saddr(sk, &fl6.saddr);
	inet->inet_daddr = LOOPBACK4_IPV6;
	xtcp_compat_ip6_dst_store(sk, dst);
	connect_path(sk, dst);
	err = connect_hash(sk, &tw);
	if (err)
		connect_undo(sk);
	else
		connect_open(sk, tw);
	return err;
}

/* Check that the program may use the flow label that it asks for */
static int connect_flow6(struct sock *sk, const struct sockaddr_in6 *sin6)
{
	struct ipv6_pinfo *np = inet6_sk(sk);
	struct ip6_flowlabel *label;
	__be32 flow = 0;

	if (xtcp_compat_sndflow(sk))
		flow = sin6->sin6_flowinfo & IPV6_FLOWINFO_MASK;
	if (flow & IPV6_FLOWLABEL_MASK) {
		label = fl6_sock_lookup(sk, flow);
		if (IS_ERR(label))
			return -EINVAL;
		fl6_sock_release(label);
	}
	np->flow_label = flow;
	return 0;
}

/* connect() to the unspecified address means the loopback address, as in BSD */
static void connect_any6(const struct sock *sk, struct in6_addr *addr)
{
	if (!ipv6_addr_any(addr))
		return;
	if (ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr))
		ipv6_addr_set_v4mapped(htonl(INADDR_LOOPBACK), addr);
	else
		*addr = in6addr_loopback;
}

/**
 * xtcp_v6_connect() - proto.connect of AF_INET6
 * @sk: socket in CLOSED
 * @uaddr: struct sockaddr_in6; a v4-mapped address connects by IPv4
 * @len: its length, at least that without the scope (SIN6_LEN_RFC2133)
 *
 * Context: process, under the socket lock.
 * Return: as xtcp_v4_connect().
 */
int xtcp_v6_connect(struct sock *sk, xtcp_sockaddr *uaddr, int len)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)uaddr;
	struct in6_addr daddr;
	int err;

	sock_owned_by_me(sk);
	if (len < SIN6_LEN_RFC2133)
		return -EINVAL;
	if (sin6->sin6_family != AF_INET6)
		return -EAFNOSUPPORT;
	daddr = sin6->sin6_addr;
	connect_any6(sk, &daddr);
	if (ipv6_addr_is_multicast(&daddr))
		return -ENETUNREACH;
	err = connect_scope6(sk, sin6, len);
	if (err)
		return err;
	err = connect_flow6(sk, sin6);
	if (err)
		return err;
	sk->sk_v6_daddr = daddr;
	if (!ipv6_addr_v4mapped(&daddr))
		return connect_v6(sk, sin6->sin6_port);
	if (ipv6_only_sock(sk))
		return -ENETUNREACH;
	return connect_v4(sk, daddr.s6_addr32[3], sin6->sin6_port);
}
