// SPDX-License-Identifier: GPL-2.0
/*
 * Children: the sockets that a listener's requests become.
 */
#include <linux/random.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/transp_v6.h>
#include "child.h"
#include "conn.h"
#include "input.h"
#include "kept.h"
#include "net.h"
#include "port.h"
#include "ready.h"
#include "request.h"
#include "route.h"
#include "sock.h"
#include "socket.h"
#include "timer.h"

/* Reset what the clone must not share with its listener: lists, and pointers that both would
 * free
 */
static void child_unshare(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct inet_sock *inet = inet_sk(sk);

	RCU_INIT_POINTER(inet->inet_opt, NULL);
	RCU_INIT_POINTER(inet->mc_list, NULL);
	memset(&inet->cork, 0, sizeof(inet->cork));
	atomic_set(&inet->inet_id, get_random_u16());
	memset(&xs->listener, 0, sizeof(xs->listener));
	memset(&xs->port, 0, sizeof(xs->port));
	xs->accept_of = NULL;
	INIT_LIST_HEAD(&xs->accept_node);
	INIT_LIST_HEAD(&xs->accept_dead);
	xtcp_entry_init(&xs->entry, XTCP_ENTRY_SOCKET);
	xs->round_copied = 0;
	xs->round_start = xtcp_now();
	xs->deferred = 0;
	xs->pmtu = 0;
	xs->own_ipopt = false;
	xs->armed = XTCP_NEVER;
	xs->urgent = 0;
	xs->saved_syn = NULL;
	xs->orphan_counted = false;
	xtcp_timer_init(&xs->timer, XTCP_ENTRY_SOCKET);
	WRITE_ONCE(sk->sk_ack_backlog, 0);
	WRITE_ONCE(sk->sk_max_ack_backlog, 0);
	sk->sk_shutdown = 0;
	/* Set if the listener has just been closed. The child is no orphan: it belongs to an
	 * accept queue
	 */
	sock_reset_flag(sk, SOCK_DEAD);
}

static void child_unshare6(struct sock *sk, const struct sock *listener)
{
	const struct ipv6_pinfo *from = inet6_sk(listener);
	struct ipv6_pinfo *np = &((struct xtcp6_sock *)sk)->np;
	struct ipv6_txoptions *opt;

	inet_sk(sk)->pinet6 = np;
	np->ipv6_mc_list = NULL;
	np->ipv6_ac_list = NULL;
	xtcp_compat_clear_fl_list(sk, np);
	np->pktoptions = NULL;
	RCU_INIT_POINTER(np->opt, NULL);
	opt = rcu_dereference(from->opt);
	if (opt)
		RCU_INIT_POINTER(np->opt, ipv6_dup_options(sk, opt));
}

static void child_set_ends(struct sock *sk, const struct xtcp_entry *e)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->inet_num = e->lport;
	inet->inet_sport = htons(e->lport);
	inet->inet_dport = htons(e->rport);
	sk->sk_bound_dev_if = e->bound_dev_if;
	if (e->family == AF_INET) {
		sk_daddr_set(sk, e->raddr);
		sk_rcv_saddr_set(sk, e->laddr);
		inet->inet_saddr = e->laddr;
		if (sk->sk_family == AF_INET6)
			inet6_sk(sk)->saddr = sk->sk_v6_rcv_saddr;
		return;
	}
	sk->sk_v6_rcv_saddr = xtcp_entry_addr6(e)[0];
	sk->sk_v6_daddr = xtcp_entry_addr6(e)[1];
	inet6_sk(sk)->saddr = sk->sk_v6_rcv_saddr;
	inet->inet_saddr = LOOPBACK4_IPV6;
	inet->inet_rcv_saddr = LOOPBACK4_IPV6;
	inet->inet_daddr = LOOPBACK4_IPV6;
}

/* The IP options that answer the SYN's; and interface, TTL and TOS of the final ACK */
static void child_inherit4(struct sock *sk, const struct xtcp_request *r,
			   const struct sk_buff *skb)
{
	struct inet_sock *inet = inet_sk(sk);

	if (r->kept)
		RCU_INIT_POINTER(inet->inet_opt, rcu_dereference(r->kept->opt4));
	inet->mc_index = inet_iif(skb);
	inet->mc_ttl = ip_hdr(skb)->ttl;
	inet->rcv_tos = ip_hdr(skb)->tos;
}

static void child_inherit6(struct sock *sk, const struct xtcp_request *r,
			   const struct sk_buff *skb)
{
	const struct ipv6hdr *hdr = ipv6_hdr(skb);
	struct ipv6_pinfo *np = inet6_sk(sk);

	np->mcast_oif = inet6_iif(skb);
	np->mcast_hops = hdr->hop_limit;
	np->rcv_flowinfo = ip6_flowinfo(hdr);
	if (xtcp_compat_repflow(sk))
		np->flow_label = ip6_flowlabel(hdr);
	if (r->kept && r->kept->syn6)
		np->pktoptions = skb_clone_and_charge_r(r->kept->syn6, sk);
}

/* A fresh control block with the listener's socket options */
static void child_tcb(struct sock *sk, const struct xtcp_request *r)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_tcb set = xs->tcb;
	struct xtcp_key key;

	xtcp_entry_get_key(&r->entry, &key);
	xtcp_tcb_from_syn_received(&xs->tcb, &r->half, &xtcp_net(sock_net(sk))->knobs,
				   xtcp_now());
	xtcp_tcb_copy_settings(&xs->tcb, &set);
	if (xs->tcb.ts_ok)
		xs->tcb.ts_offset =
			xtcp_hash_stamp(xtcp_key_hash_secret(&key, XTCP_SALT_NUMBERS));
	xs->copied_seq = r->half.irs + 1;
}

/**
 * xtcp_child_create() - make a socket from a request
 * @listener: its listener, not locked
 * @r: the request
 * @skb: the packet of the final ACK
 *
 * The child points to the request's IP options. It owns them from xtcp_kept_to_child() on,
 * when it is in the connection table.
 *
 * Context: softirq, under rcu_read_lock().
 * Return: a socket in SYN-RECEIVED that is not in the table yet, locked
 * (bh_lock_sock()), with two references: one for accept(), one for the caller.
 * NULL if there is no memory or no route, or if the listener has no port to share any more.
 */
struct sock *xtcp_child_create(struct sock *listener,
			       const struct xtcp_request *r,
			       struct sk_buff *skb)
{
	struct sock *sk = xtcp_compat_clone(listener, GFP_ATOMIC);
	struct xtcp_key key;

	xtcp_rcu_held();
	if (!sk)
		return NULL;
	child_unshare(sk);
	if (sk->sk_family == AF_INET6)
		child_unshare6(sk, listener);
	xtcp_set_state(sk, TCP_SYN_RECV);
	child_set_ends(sk, &r->entry);
	xtcp_entry_get_key(&r->entry, &key);
	xtcp_entry_set_key(&xtcp_sk(sk)->entry, &key);
	if (key.family == AF_INET)
		child_inherit4(sk, r, skb);
	else
		child_inherit6(sk, r, skb);
	sk->sk_mark = r->mark;
	sk_set_txhash(sk);
	child_tcb(sk, r);

	if (IS_ERR(xtcp_route(sk)) || !xtcp_port_share(listener, sk)) {
		xtcp_child_undo(sk);
		return NULL;
	}
	return sk;
}

/* End a child that no program has or will get: its connection, if it has one, by RST */
static void child_end(struct sock *child)
{
	sock_orphan(child);
	if (child->sk_state == TCP_CLOSE)
		xtcp_sock_destroy(child);
	else
		xtcp_event_kind(child, XTCP_EV_ABORT);
}

/**
 * xtcp_child_undo() - free a child that never entered the table
 * @child: from xtcp_child_create(), locked
 *
 * Context: softirq.
 */
void xtcp_child_undo(struct sock *child)
	__releases(&child->sk_lock.slock)
{
	RCU_INIT_POINTER(inet_sk(child)->inet_opt, NULL);
	xtcp_sk(child)->tcb.state = XTCP_CLOSED;
	xtcp_set_state(child, TCP_CLOSE);
	child_end(child);
	bh_unlock_sock(child);
	sock_put(child);
}

/**
 * xtcp_child_abort() - end a child that no program will accept, with an RST to its peer
 * @child: in the table, not locked; its reference for accept() is dropped
 *
 * Context: any but hard interrupt.
 */
void xtcp_child_abort(struct sock *child)
{
	local_bh_disable();
	bh_lock_sock(child);
	sock_hold(child);
	child_end(child);
	bh_unlock_sock(child);
	local_bh_enable();
	sock_put(child);
}
