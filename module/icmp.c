// SPDX-License-Identifier: GPL-2.0
/*
 * ICMP errors (RFC 9293 section 3.9.2.2, RFC 1122 section 4.2.3.9, RFC 5927).
 *
 *   IP --> xtcp_v4_err / xtcp_v6_err
 *	      quoted_*		which of our segments does it quote?
 *	      read_error_*	which error is it?
 *	      error_socket	is the quoted sequence number in flight? --> redirect,
 *				path MTU, or an event for the core
 *	      error_request	hard errors end a request
 *
 * An off-path attacker who knows the addresses and ports of a connection can forge ICMP
 * errors. Therefore the quoted segment must be unacknowledged, and no error ends an
 * established connection: the core treats it as a soft error.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/tcp.h>
#include <net/icmp.h>
#include <net/ip6_route.h>
#include <net/ndisc.h>
#include "act.h"
#include "conn.h"
#include "deferred.h"
#include "icmp.h"
#include "input.h"
#include "net.h"
#include "request.h"
#include "route.h"
#include "sock.h"
#include "timer.h"

/* Bytes of our segment that an error quotes at least: ports and sequence number (RFC 792) */
#define QUOTED_LEN	8

enum error_kind {
	ERROR_NONE,		/* ignored */
	ERROR_REDIRECT,
	ERROR_MTU,
	ERROR_UNREACHABLE,
};

/**
 * struct error - the content of an ICMP message
 * @kind: enum error_kind
 * @err: ERROR_UNREACHABLE: errno
 * @hard: ERROR_UNREACHABLE: it is a hard error in the sense of RFC 1122
 * @mtu: ERROR_MTU: bytes
 * @ttl: TTL or hop limit of the ICMP message on arrival
 * @v4: it is ICMP for IPv4
 * @seq: sequence number of the quoted segment
 */
struct error {
	enum error_kind kind;
	int err;
	bool hard;
	u32 mtu;
	u8 ttl;
	bool v4;
	u32 seq;
};

/* The socket's route, looked up again if it is out of date; NULL: there is none */
static struct dst_entry *current_route(struct sock *sk)
{
	struct dst_entry *dst = xtcp_route(sk);

	return IS_ERR(dst) ? NULL : dst;
}

static bool accepts_mtu(struct sock *sk)
{
	return xtcp_is_v4(sk) ? ip_sk_accept_pmtu(sk) : ip6_sk_accept_pmtu(sk);
}

/**
 * xtcp_mtu_reduced() - handle an ICMP error that reports a lower path MTU
 * @sk: socket; xtcp_sock.pmtu is the reported MTU
 *
 * The MTU is passed to routing, and the MSS follows from the MTU that routing then has. The
 * core retransmits what was too large (RFC 1191, RFC 8201). It must do so on each such error,
 * not only when the MSS changes: the MSS may have been lowered already, after an error for
 * another connection or by a new route (xtcp_route()). If all of it was sent again already,
 * the core finds nothing to do.
 *
 * Context: under the socket lock.
 */
void xtcp_mtu_reduced(struct sock *sk)
{
	u32 mtu = READ_ONCE(xtcp_sk(sk)->pmtu);
	struct dst_entry *dst;

	sock_owned_by_me(sk);
	if (sk->sk_state == TCP_LISTEN || sk->sk_state == TCP_CLOSE)
		return;
	dst = current_route(sk);
	if (dst && mtu < dst_mtu(dst)) {
		dst->ops->update_pmtu(dst, sk, NULL, mtu, true);
		dst = current_route(sk);
	}
	if (!dst || !accepts_mtu(sk))
		return;
	xtcp_sync_path(sk, dst);
	xtcp_event_kind(sk, XTCP_EV_MTU);
}

static void error_mtu(struct sock *sk, u32 mtu)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	WRITE_ONCE(xs->pmtu, mtu);
	if (!sock_owned_by_user(sk))
		xtcp_mtu_reduced(sk);
	else if (!test_and_set_bit(XTCP_DEFER_MTU, &xs->deferred))
		sock_hold(sk);		/* until xtcp_release_cb() */
}

static void error_redirect(struct sock *sk, struct sk_buff *skb)
{
	struct dst_entry *dst;

	if (sock_owned_by_user(sk))
		return;
	dst = __sk_dst_check(sk, xtcp_is_v4(sk) ? 0 : inet6_sk(sk)->dst_cookie);
	if (dst)
		dst->ops->redirect(dst, sk, skb);
}

static void error_unreachable(struct sock *sk, const struct error *error)
{
	struct xtcp_event ev = {
		.kind = XTCP_EV_ICMP,
		.now = xtcp_now(),
		.err = error->err,
		.hard = error->hard,
	};

	if (sock_owned_by_user(sk)) {
		WRITE_ONCE(sk->sk_err_soft, error->err);
		return;
	}
	xtcp_report(sk, error->err);
	xtcp_event(sk, &ev);
}

static bool error_min_ttl(const struct sock *sk, const struct error *error)
{
	if (error->v4)
		return error->ttl >= READ_ONCE(inet_sk(sk)->min_ttl);
	return error->ttl >= READ_ONCE(inet6_sk(sk)->min_hopcount);
}

/* RFC 5927 section 4.1: the quoted segment must be in flight, or a bare ACK, whose sequence
 * number is SND.NXT. If a process owns the socket lock, it may be changing both ends of the
 * range; then an error for a segment that is just being acknowledged may be taken or ignored
 */
static bool error_credible(const struct sock *sk, const struct error *error)
{
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	int state = inet_sk_state_load(sk);
	u32 una = READ_ONCE(t->snd_una);

	return state != TCP_CLOSE && state != TCP_LISTEN &&
	       error->seq - una <= READ_ONCE(t->snd_nxt) - una;
}

static void error_socket(struct sock *sk, struct sk_buff *skb,
			 const struct error *error)
{
	struct net *net = sock_net(sk);

	bh_lock_sock(sk);
	if (!error_min_ttl(sk, error)) {
		xtcp_count(net, drop_min_ttl);
	} else if (!error_credible(sk, error) || error->kind == ERROR_NONE) {
		xtcp_count(net, icmp_ignored);
	} else {
		xtcp_count(net, icmp_in);
		if (error->kind == ERROR_REDIRECT)
			error_redirect(sk, skb);
		else if (error->kind == ERROR_MTU)
			error_mtu(sk, error->mtu);
		else
			error_unreachable(sk, error);
	}
	bh_unlock_sock(sk);
}

/* No program has this connection yet: a hard error ends the request, others are ignored */
static void error_request(struct xtcp_request *r, struct net *net,
			  const struct error *error)
{
	if (error->seq != r->half.iss || error->kind != ERROR_UNREACHABLE ||
	    !error->hard) {
		xtcp_count(net, icmp_ignored);
		return;
	}
	xtcp_count(net, icmp_in);
	xtcp_request_kill(r);
}

static int deliver_error(struct sk_buff *skb, const struct xtcp_key *key,
			 const struct error *error)
{
	struct xtcp_entry *e = xtcp_conn_lookup(key);

	if (!e) {
		xtcp_count(key->net, icmp_ignored);
		return -ENOENT;
	}
	if (e->kind == XTCP_ENTRY_SOCKET)
		error_socket((struct sock *)xtcp_entry_sock(e), skb, error);
	else if (e->kind == XTCP_ENTRY_REQUEST)
		error_request(xtcp_entry_request(e), key->net, error);
	else
		xtcp_count(key->net, icmp_ignored);	/* no use in TIME-WAIT */
	return 0;
}

/* Read the first bytes of the quoted segment: its source is our end */
static void quoted_segment(const void *segment, struct xtcp_key *key,
			   struct error *error)
{
	const struct tcphdr *header = segment;

	BUILD_BUG_ON(offsetofend(struct tcphdr, seq) > QUOTED_LEN);
	key->lport = ntohs(header->source);
	key->rport = ntohs(header->dest);
	error->seq = ntohl(header->seq);
}

static void read_error_v4(u8 type, u8 code, u32 info, struct error *error)
{
	switch (type) {
	case ICMP_REDIRECT:
		error->kind = ERROR_REDIRECT;
		break;
	case ICMP_PARAMETERPROB:
		error->kind = ERROR_UNREACHABLE;
		error->err = EPROTO;
		break;
	case ICMP_TIME_EXCEEDED:
		error->kind = ERROR_UNREACHABLE;
		error->err = EHOSTUNREACH;
		break;
	case ICMP_DEST_UNREACH:
		if (code == ICMP_FRAG_NEEDED) {
			error->kind = ERROR_MTU;
			error->mtu = info;
		} else if (code <= NR_ICMP_UNREACH) {
			error->kind = ERROR_UNREACHABLE;
			error->err = icmp_err_convert[code].errno;
			error->hard = icmp_err_convert[code].fatal;
		}
		break;
	default:	/* source quench: MUST-55 */
		break;
	}
}

static void read_error_v6(u8 type, u8 code, u32 info, struct error *error)
{
	bool fatal = icmpv6_err_convert(type, code, &error->err);

	switch (type) {
	case NDISC_REDIRECT:
		error->kind = ERROR_REDIRECT;
		break;
	case ICMPV6_PKT_TOOBIG:
		/* RFC 8201 section 4: ignore an MTU below the minimum of IPv6 */
		if (info >= IPV6_MIN_MTU)
			error->kind = ERROR_MTU;
		error->mtu = info;
		break;
	case ICMPV6_DEST_UNREACH:
		error->kind = ERROR_UNREACHABLE;
		error->hard = fatal;
		break;
	case ICMPV6_PARAMPROB:
	case ICMPV6_TIME_EXCEED:
		error->kind = ERROR_UNREACHABLE;
		break;
	default:
		break;
	}
}

/**
 * xtcp_v4_err() - net_protocol.err_handler: an ICMP error quotes our segment
 * @skb: the message, its data at the quoted IP header
 * @info: next hop's MTU, or the gateway of a redirect
 *
 * Context: softirq, under rcu_read_lock().
 * Return: 0; -ENOENT if there is no such connection; -EINVAL if too little is quoted.
 */
int xtcp_v4_err(struct sk_buff *skb, u32 info)
{
	struct error error = { .v4 = true, .ttl = ip_hdr(skb)->ttl };
	struct xtcp_key key = {
		.net = dev_net(skb->dev),
		.family = AF_INET,
		.dif = inet_iif(skb),
		.sdif = inet_sdif(skb),
	};
	const struct iphdr *quoted;
	u32 offset;

	xtcp_rcu_held();
	if (!pskb_may_pull(skb, sizeof(*quoted)))
		return -EINVAL;
	quoted = (const struct iphdr *)skb->data;
	offset = quoted->ihl * 4;
	if (offset < sizeof(*quoted) || !pskb_may_pull(skb, offset + QUOTED_LEN))
		return -EINVAL;
	quoted = (const struct iphdr *)skb->data;
	key.laddr = quoted->saddr;
	key.raddr = quoted->daddr;
	quoted_segment(skb->data + offset, &key, &error);
	read_error_v4(icmp_hdr(skb)->type, icmp_hdr(skb)->code, info, &error);
	return deliver_error(skb, &key, &error);
}

/**
 * xtcp_v6_err() - inet6_protocol.err_handler: an ICMPv6 error quotes our segment
 * @skb: the message, its data at the quoted IPv6 header
 * @opt: unused
 * @type: ICMPv6 type
 * @code: ICMPv6 code
 * @offset: of the quoted segment in the data, bytes
 * @info: MTU, network order
 *
 * Context: softirq, under rcu_read_lock().
 * Return: as xtcp_v4_err().
 */
int xtcp_v6_err(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type,
		u8 code, int offset, __be32 info)
{
	struct error error = { .ttl = ipv6_hdr(skb)->hop_limit };
	struct xtcp_key key = {
		.net = dev_net(skb->dev),
		.family = AF_INET6,
		.dif = inet6_iif(skb),
		.sdif = inet6_sdif(skb),
	};
	const struct ipv6hdr *quoted;

	xtcp_rcu_held();
	if (offset < (int)sizeof(*quoted) || !pskb_may_pull(skb, offset + QUOTED_LEN))
		return -EINVAL;
	quoted = (const struct ipv6hdr *)skb->data;
	key.laddr6 = quoted->saddr;
	key.raddr6 = quoted->daddr;
	quoted_segment(skb->data + offset, &key, &error);
	read_error_v6(type, code, ntohl(info), &error);
	return deliver_error(skb, &key, &error);
}
