// SPDX-License-Identifier: GPL-2.0
/*
 * The send path, top to bottom: the core says what to send next (xtcp_next()), the record is
 * cut to that, and a copy of its buffer gets a header and is handed to IP.
 */
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include "core/mss.h"
#include "core/rtt.h"
#include "core/window.h"
#include "main.h"
#include "net.h"
#include "output.h"
#include "rcvqueue.h"
#include "route.h"
#include "sndqueue.h"
#include "sock.h"
#include "timer.h"

/* Hand a finished segment to IPv6; consumes @skb */
static int xmit_v6(struct sock *sk, struct sk_buff *skb)
{
	struct ipv6_pinfo *np = inet6_sk(sk);
	struct dst_entry *dst = xtcp_route(sk);
	struct flowi6 fl6;
	int err;

	if (IS_ERR(dst)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_IP_OUTNOROUTES);
		return PTR_ERR(dst);
	}
	xtcp_flow6(sk, &fl6);
	rcu_read_lock();
	skb_dst_set_noref(skb, dst);
	err = ip6_xmit(sk, skb, &fl6, READ_ONCE(sk->sk_mark),
		       rcu_dereference(np->opt), np->tclass,
		       READ_ONCE(sk->sk_priority));
	rcu_read_unlock();
	return err;
}

/* The buffer to hand to IP: a copy of the payload's, or an empty one */
static struct sk_buff *xmit_buffer(struct sk_buff *payload)
{
	struct sk_buff *skb;

	if (!payload) {
		skb = alloc_skb(MAX_HEADER + XTCP_HDR_MAX, GFP_ATOMIC);
		if (skb)
			skb_reserve(skb, MAX_HEADER + XTCP_HDR_MAX);
		return skb;
	}
	/* an earlier copy that is still queued below us uses the headroom */
	if (skb_cloned(payload))
		return pskb_copy(payload, GFP_ATOMIC);
	return skb_clone(payload, GFP_ATOMIC);
}

/* Leave the checksum to the device: lo and veth need none at all. Devices that offload "TCP
 * and UDP" checksums take a csum_offset of 16 to mean protocol 6, and would send our segments
 * with a wrong checksum. So the sum starts behind the source port, which is added to the seed
 * instead:
 *
 *	| sport | dport | seq ... | check | ...	csum_start 2, csum_offset 14
 *	  ^seed  ^----- summed ---------------->
 *
 * For such devices the stack computes the checksum in software. Devices that take any offset
 * (NETIF_F_HW_CSUM) compute it themselves.
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
 * dropped the segment, which counts as loss in the network.
 */
int xtcp_xmit(struct sock *sk, struct sk_buff *payload, const struct xtcp_out *out)
{
	struct inet_sock *inet = inet_sk(sk);
	struct sk_buff *skb = xmit_buffer(payload);
	u8 header[XTCP_HDR_MAX];
	u32 len;
	int err;

	sock_owned_by_me(sk);
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
		traffic->segs_retrans++;
		traffic->bytes_retrans += out->len;
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

/* Send the segment that the core asked for. Return: false when memory was short */
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

/* No small segment inside a stream: what was written later fills up the next one */
static void output_join(struct sock *sk)
{
	struct xtcp_sendq *q = &xtcp_sk(sk)->tcb.sendq;
	u32 len;

	while (q->unsent && q->unsent->next) {	/* seldom: not worth a call */
		len = xtcp_joinable(&xtcp_sk(sk)->tcb);
		if (!len || !xtcp_join(sk, q->unsent, len))
			break;
	}
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

	sock_owned_by_me(sk);
	t->rcv_free = xtcp_rcv_free(sk);
	xtcp_route(sk);		/* a new route may have another MTU; IP reports errors */
	for (;;) {
		output_join(sk);
		if (!xtcp_next(t, now, &out))
			break;
		if (!output_one(sk, &out)) {
			xtcp_count(sock_net(sk), send_no_memory);
			xtcp_send_failed(t, now);
			break;
		}
		xtcp_sent(t, now, &out);
	}
}
