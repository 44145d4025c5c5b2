// SPDX-License-Identifier: GPL-2.0
/*
 * Policy hooks: security modules decide whether a SYN may come in, cgroup programs whether
 * connect() may go out. docs/policy.md lists all hooks of the kernel's TCP.
 */
#include <linux/atomic.h>
#include <linux/bpf-cgroup.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/request_sock.h>
#include "conn.h"
#include "policy.h"

static const struct request_sock_ops ops4 = { .family = AF_INET };
static const struct request_sock_ops ops6 = { .family = AF_INET6 };

/* The connection as security modules expect a request */
static void request_fill(struct inet_request_sock *req, const struct sock *listener,
			 const struct sk_buff *skb, const struct xtcp_key *key)
{
	memset(req, 0, sizeof(*req));
	req->req.rsk_ops = key->family == AF_INET ? &ops4 : &ops6;
	req->req.rsk_listener = (struct sock *)listener;
	req->ireq_family = key->family;
	req->ireq_state = TCP_NEW_SYN_RECV;
	write_pnet(&req->ireq_net, key->net);
	req->ir_iif = inet_request_bound_dev_if(listener, (struct sk_buff *)skb);
	req->ir_mark = inet_request_mark(listener, (struct sk_buff *)skb);
	req->ir_num = key->lport;
	req->ir_rmt_port = htons(key->rport);
	if (key->family == AF_INET) {
		req->ir_loc_addr = key->laddr;
		req->ir_rmt_addr = key->raddr;
	} else {
		req->ir_v6_loc_addr = key->laddr6;
		req->ir_v6_rmt_addr = key->raddr6;
	}
}

/* Discard labels that would become IP options of our segments (CIPSO, CALIPSO): only the
 * kernel's TCP can pass them on to a child
 */
static void request_empty(struct inet_request_sock *req, struct sock *listener)
{
	struct ipv6_txoptions *opt;

	if (req->ireq_family == AF_INET) {
		kfree(rcu_dereference_protected(req->ireq_opt, 1));
		return;
	}
	opt = req->ipv6_opt;
	if (!opt)
		return;
	atomic_sub(opt->tot_len, &listener->sk_omem_alloc);
	txopt_put(opt);
}

/**
 * xtcp_policy_request() - may a connection be opened to a listener?
 * @listener: the listener, not locked
 * @skb: packet of the SYN, or of the segment that returned a cookie
 * @key: the connection
 *
 * Calls the same hook of the security modules as the kernel's TCP.
 *
 * Context: softirq, under rcu_read_lock().
 * Return: false when a security module forbids it.
 */
bool xtcp_policy_request(const struct sock *listener, struct sk_buff *skb,
			 const struct xtcp_key *key)
{
	struct inet_request_sock req;
	int err;

	xtcp_rcu_held();
	request_fill(&req, listener, skb, key);
	err = security_inet_conn_request(listener, skb, &req.req);
	request_empty(&req, (struct sock *)listener);
	return !err;
}

/**
 * xtcp_v4_pre_connect() - proto.pre_connect of AF_INET: run the cgroup programs
 * @sk: socket
 * @uaddr: destination; a program may change it
 * @len: its length
 *
 * Context: process, under the socket lock.
 * Return: 0; -EINVAL when @uaddr is too short; -EPERM or the errno of a program that refuses.
 */
int xtcp_v4_pre_connect(struct sock *sk, xtcp_sockaddr *uaddr, int len)
{
	sock_owned_by_me(sk);
	if (len < (int)sizeof(struct sockaddr_in))
		return -EINVAL;
	return xtcp_compat_cgroup_connect4(sk, uaddr, &len);
}

/**
 * xtcp_v6_pre_connect() - proto.pre_connect of AF_INET6: run the cgroup programs
 * @sk: socket
 * @uaddr: destination; a program may change it
 * @len: its length
 *
 * Context: process, under the socket lock.
 * Return: as xtcp_v4_pre_connect().
 */
int xtcp_v6_pre_connect(struct sock *sk, xtcp_sockaddr *uaddr, int len)
{
	sock_owned_by_me(sk);
	if (len < SIN6_LEN_RFC2133)
		return -EINVAL;
	return xtcp_compat_cgroup_connect6(sk, uaddr, &len);
}
