// SPDX-License-Identifier: GPL-2.0
/*
 * Admission: which segments a socket's settings and policies let in, and how an admitted
 * segment is handed to its socket.
 */
#include <linux/filter.h>
#include <net/busy_poll.h>
#include <net/xfrm.h>
#include "admit.h"
#include "drop.h"
#include "input.h"
#include "packet.h"
#include "sock.h"

/**
 * xtcp_policy_in() - does IPsec policy let a packet in?
 * @sk: the socket it is for, or NULL
 * @skb: packet; its conntrack reference is dropped if it is let in
 *
 * Context: softirq, under rcu_read_lock().
 * Return: true if it is let in.
 */
bool xtcp_policy_in(struct sock *sk, struct sk_buff *skb)
{
	bool ok = xfrm_policy_check(sk, XFRM_POLICY_IN, skb,
				    skb->protocol == htons(ETH_P_IP) ?
				    AF_INET : AF_INET6);

	xtcp_rcu_held();
	if (ok)
		nf_reset_ct(skb);
	return ok;
}

static bool admit_min_ttl(const struct sock *sk, const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		return ip_hdr(skb)->ttl >= READ_ONCE(inet_sk(sk)->min_ttl);
	return ipv6_hdr(skb)->hop_limit >= READ_ONCE(inet6_sk(sk)->min_hopcount);
}

/* A socket filter has left only the beginning of a segment. The peer will retransmit the rest
 * and the FIN after it, so this segment has no FIN. Clear it in the header, too: a segment
 * from the backlog is parsed again
 */
static unsigned int admit_shortened(struct sk_buff *skb, struct xtcp_seg *seg)
{
	if (seg->flags & XTCP_FIN) {
		if (skb_ensure_writable(skb, XTCP_HDR_LEN))
			return XTCP_REFUSED_NO_MEMORY;
		skb->data[13] &= ~XTCP_FIN;
	}
	return xtcp_parse(skb, seg);
}

/**
 * xtcp_admit() - does a socket let a segment in?
 * @sk: socket, or the listener of a request; not locked
 * @skb: packet, data at the transport header
 * @seg: its segment; parsed again if a socket filter has cut it
 *
 * Checks the minimum TTL, the IPsec policy and the socket filter.
 *
 * Context: softirq, under rcu_read_lock().
 * Return: XTCP_DROP_NONE if it is let in, else why not: enum xtcp_refusal.
 */
unsigned int xtcp_admit(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg)
{
	u32 len = skb->len;

	xtcp_rcu_held();
	if (!admit_min_ttl(sk, skb))
		return XTCP_REFUSED_MIN_TTL;
	if (!xtcp_policy_in(sk, skb))
		return XTCP_REFUSED_XFRM;
	if (sk_filter_trim_cap(sk, skb, seg->hdr_len))
		return XTCP_REFUSED_FILTER;
	return likely(skb->len == len) ? XTCP_DROP_NONE : admit_shortened(skb, seg);
}

/* Limit of the socket backlog, bytes of buffers. While the owner of the socket lock processes
 * the backlog, its buffers count twice: as backlog, and as receive memory. So a full window of
 * segments needs twice the receive buffer. The rest is for ACKs of what we send
 */
static unsigned int backlog_limit(const struct sock *sk)
{
	u64 limit = 2ULL * READ_ONCE(sk->sk_rcvbuf) + READ_ONCE(sk->sk_sndbuf) / 2 +
		    (64 << 10);

	return min_t(u64, limit, UINT_MAX);
}

/**
 * xtcp_sock_give() - hand a segment to a full socket
 * @sk: connected socket, not locked; valid under RCU, but it may be closed already
 * @skb: packet, admitted; consumed
 * @seg: its segment
 *
 * The packet may wait from here on (in the backlog, in the reassembly queue, for the
 * reader), so it gives up its device and its route.
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_sock_give(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg)
{
	xtcp_rcu_held();
	sk_incoming_cpu_update(sk);
	sk_mark_napi_id(sk, skb);
	xtcp_skb_detach(skb);
	bh_lock_sock_nested(sk);
	if (!sock_owned_by_user(sk))
		xtcp_input(sk, skb, seg);
	else if (sk_add_backlog(sk, skb, backlog_limit(sk)))
		xtcp_skb_done(sock_net(sk), skb, XTCP_REFUSED_BACKLOG);
	bh_unlock_sock(sk);
}

/**
 * xtcp_sock_rcv() - hand a segment to a full socket if the socket lets it in
 * @sk: as for xtcp_sock_give()
 * @skb: packet; consumed
 * @seg: its segment
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_sock_rcv(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg)
{
	unsigned int why = xtcp_admit(sk, skb, seg);

	xtcp_rcu_held();
	if (likely(why == XTCP_DROP_NONE))
		xtcp_sock_give(sk, skb, seg);
	else
		xtcp_skb_done(sock_net(sk), skb, why);
}
