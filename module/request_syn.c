// SPDX-License-Identifier: GPL-2.0
/*
 * What a SYN brings, and what its listener agrees to: for requests, and for connections that
 * keep nothing after their SYN-ACK (cookie.c).
 */
#include <net/ip.h>
#include <net/ipv6.h>
#include "conn.h"
#include "core/mss.h"
#include "kept.h"
#include "net.h"
#include "minisock.h"
#include "reply.h"
#include "request.h"
#include "request_syn.h"
#include "sock.h"
#include "timer.h"

/* The device that a connection is bound to from its first packet on. A link-local address is
 * valid on its link only, not in the VRF that the link is in
 */
static int request_bound_dev(const struct sock *listener, const struct sk_buff *skb,
			     const struct xtcp_key *key)
{
	if (xtcp_key_link_local(key))
		return key->sdif ? key->sdif : key->dif;
	return inet_request_bound_dev_if(listener, (struct sk_buff *)skb);
}

/**
 * xtcp_request_adv_mss() - the largest segment that we can receive: what the device's MTU allows
 * @listener: listener, whose program may have set less
 * @skb: a packet of the connection
 * @key: the connection
 *
 * The route of the SYN-ACK may allow less (reply.c).
 *
 * Context: softirq, under rcu_read_lock().
 * Return: bytes, for the MSS option.
 */
u16 xtcp_request_adv_mss(const struct sock *listener, const struct sk_buff *skb,
			 const struct xtcp_key *key)
{
	u32 headers = XTCP_HDR_LEN + (key->family == AF_INET ? sizeof(struct iphdr) :
				      sizeof(struct ipv6hdr));
	u32 mtu = clamp(READ_ONCE(skb->dev->mtu), headers + XTCP_MSS_MIN, 0xffffU);
	u16 set = READ_ONCE(xtcp_sk(listener)->tcb.set_mss);

	xtcp_rcu_held();
	return set ? min_t(u32, set, mtu - headers) : mtu - headers;
}

/**
 * xtcp_request_origin() - store what the reply to a SYN depends on
 * @r: request that no other CPU can find
 * @listener: its listener, not locked
 * @key: the connection
 * @skb: packet that creates the request, data at the transport header
 * @syn: its segment, to save its headers (TCP_SAVE_SYN); NULL: it is not a SYN
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_request_origin(struct xtcp_request *r, const struct sock *listener,
			 const struct xtcp_key *key, struct sk_buff *skb,
			 const struct xtcp_seg *syn)
{
	xtcp_rcu_held();
	r->entry.family = key->family;
	r->entry.bound_dev_if = request_bound_dev(listener, skb, key);
	r->mark = inet_request_mark(listener, skb);
	r->kept = xtcp_kept_of_syn(listener, skb, syn, key->family);
}

/**
 * xtcp_request_fill() - initialize a request, except for what was agreed (@r->half)
 * @r: request that no other CPU can find
 * @listener: its listener, not locked
 * @key: the connection
 * @skb: packet that creates the request, data at the transport header
 * @syn: as for xtcp_request_origin()
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_request_fill(struct xtcp_request *r, const struct sock *listener,
		       const struct xtcp_key *key, struct sk_buff *skb,
		       const struct xtcp_seg *syn)
{
	struct xtcp_key bound = *key;

	xtcp_rcu_held();
	xtcp_request_origin(r, listener, key, skb, syn);
	bound.dif = r->entry.bound_dev_if;
	bound.sdif = 0;
	xtcp_entry_init(&r->entry, XTCP_ENTRY_REQUEST);
	xtcp_entry_set_key(&r->entry, &bound);
	xtcp_timer_init(&r->timer, XTCP_ENTRY_REQUEST);
	atomic64_set(&r->listener_id, xtcp_sk(listener)->listener.id);
	r->before = NULL;
	xtcp_minisock_answer_init(&r->answered);
}

/**
 * xtcp_request_agree() - negotiate a SYN's options
 * @h: filled
 * @listener: listener, not locked
 * @syn: the SYN
 * @key: the connection
 * @skb: its packet
 * @iss: our initial sequence number
 * @now: time, us
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_request_agree(struct xtcp_syn_received *h, const struct sock *listener,
			const struct xtcp_seg *syn, const struct xtcp_key *key,
			const struct sk_buff *skb, u32 iss, u64 now)
{
	xtcp_rcu_held();
	xtcp_syn_received_init(h, syn, iss, xtcp_request_adv_mss(listener, skb, key),
			       key->family == AF_INET ? XTCP_MSS_DEFAULT4 : XTCP_MSS_DEFAULT6,
			       READ_ONCE(listener->sk_rcvbuf) / 2,
			       &xtcp_net(key->net)->knobs, now);
}

/**
 * xtcp_request_answer() - how to send a request's SYN-ACK
 * @r: request, in the table or not
 * @listener: its listener, not locked
 *
 * Context: softirq, under rcu_read_lock().
 * Return: what xtcp_reply() needs; valid as long as @r and @listener are.
 */
struct xtcp_answer xtcp_request_answer(const struct xtcp_request *r,
				       const struct sock *listener)
{
	struct xtcp_answer answer = {
		.oif = r->entry.bound_dev_if,
		.mark = r->mark,
		.owner = listener,
	};
	const struct xtcp_kept *kept = r->kept;

	xtcp_rcu_held();
	if (r->entry.family == AF_INET) {
		answer.tos = inet_sk(listener)->tos;
		if (kept)
			answer.opt4 = rcu_dereference(kept->opt4);
	} else {
		answer.tos = inet6_sk(listener)->tclass;
		if (kept && kept->syn6 && xtcp_compat_repflow(listener))
			answer.flowlabel = ip6_flowlabel(ipv6_hdr(kept->syn6));
	}
	return answer;
}
