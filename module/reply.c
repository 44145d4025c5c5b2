// SPDX-License-Identifier: GPL-2.0
/*
 * Replies without a connection's socket: SYN-ACKs of requests, ACKs of TIME-WAIT entries, RST
 * for segments without a connection. They are sent through the control sockets of the
 * namespace.
 */
#include <linux/security.h>
#include <linux/slab.h>
#include <net/inet_common.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/dsfield.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/l3mdev.h>
#include <net/route.h>
#include "conn.h"
#include "core/reset.h"
#include "ipopt.h"
#include "main.h"
#include "net.h"
#include "reply.h"
#include "sock.h"

/**
 * xtcp_reply_init() - create a namespace's control sockets
 * @net: namespace
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int xtcp_reply_init(struct net *net)
{
	struct xtcp_net *xn = xtcp_net(net);
	int err;

	err = inet_ctl_sock_create(&xn->ctl4, PF_INET, SOCK_RAW, xtcp_protocol, net);
	if (err)
		return err;
	err = inet_ctl_sock_create(&xn->ctl6, PF_INET6, SOCK_RAW, xtcp_protocol, net);
	if (err == -EAFNOSUPPORT) {	/* the kernel runs without IPv6 */
		xn->ctl6 = NULL;
		return 0;
	}
	if (err)
		inet_ctl_sock_destroy(xn->ctl4);
	return err;
}

/**
 * xtcp_reply_exit() - destroy a namespace's control sockets
 * @net: namespace
 *
 * Context: process, after the namespace's requests and TIME-WAIT entries have ended.
 */
void xtcp_reply_exit(struct net *net)
{
	struct xtcp_net *xn = xtcp_net(net);

	inet_ctl_sock_destroy(xn->ctl4);
	if (xn->ctl6)
		inet_ctl_sock_destroy(xn->ctl6);
}

#define REPLY_IP_MAX	60	/* an IPv4 header with all its options */

/* A new buffer with the segment, and headroom for IP and link headers */
static struct sk_buff *reply_alloc(const struct xtcp_key *key,
				   const struct xtcp_out *out)
{
	struct sk_buff *skb = alloc_skb(MAX_HEADER + REPLY_IP_MAX + XTCP_HDR_MAX, GFP_ATOMIC);
	u32 len;

	if (!skb) {
		xtcp_count(key->net, send_no_memory);
		return NULL;
	}
	skb_reserve(skb, MAX_HEADER + REPLY_IP_MAX);
	skb_reset_transport_header(skb);
	len = xtcp_wire_build(skb_tail_pointer(skb), out, key->lport, key->rport);
	skb_put(skb, len);
	skb->ip_summed = CHECKSUM_NONE;
	return skb;
}

/* Reuse the packet's skb: if the reply is no longer than the packet, there is room for it, the
 * headroom for the headers is there, and we save an alloc and a free. Returns false when the
 * skb is shared or too short
 */
static bool reply_reuse(struct sk_buff *skb, const struct xtcp_key *key,
			const struct xtcp_out *out)
{
	u8 header[XTCP_HDR_MAX];
	u32 len;

	if (skb_shared(skb) || skb_cloned(skb) || skb_is_nonlinear(skb))
		return false;
	len = xtcp_wire_build(header, out, key->lport, key->rport);
	if (len > skb->len)
		return false;
	skb_orphan(skb);
	skb_scrub_packet(skb, true);
	skb_clear_hash(skb);
	memset(skb->cb, 0, sizeof(skb->cb));
	skb_trim(skb, len);
	skb_reset_transport_header(skb);
	memcpy(skb->data, header, len);
	skb->ip_summed = CHECKSUM_NONE;
	skb->encapsulation = 0;
	skb->priority = 0;
	return true;
}

/* The buffer for a reply: the packet *@in itself (then *@in becomes NULL), or a new one. Return:
 * NULL when memory is short
 */
static struct sk_buff *reply_buffer(const struct xtcp_key *key,
				    const struct xtcp_answer *answer,
				    const struct xtcp_out *out, struct sk_buff **in)
{
	struct sk_buff *skb = *in;

	if (!skb || answer->opt4 || !reply_reuse(skb, key, out))
		return reply_alloc(key, out);
	*in = NULL;
	return skb;
}

static void reply_check(struct sk_buff *skb, __sum16 check)
{
	memcpy(skb->data + XTCP_CHECK_OFFSET, &check, sizeof(check));
}

static kuid_t reply_uid(const struct xtcp_key *key, const struct xtcp_answer *answer)
{
	return answer->owner ? xtcp_compat_uid(answer->owner) : sock_net_uid(key->net, NULL);
}

/* A listener with IP_TRANSPARENT answers from addresses that are not this host's */
static u8 reply_flags(const struct xtcp_answer *answer)
{
	if (answer->owner)
		return inet_sk_flowi_flags(answer->owner);
	return answer->foreign ? FLOWI_FLAG_ANYSRC : 0;
}

static void reply_classify(const struct xtcp_answer *answer, struct flowi_common *flow)
{
	if (answer->owner)
		security_sk_classify_flow((struct sock *)answer->owner, flow);
}

/* Make the listener the owner of the reply, so that cgroups and netfilter treat it like the
 * listener's packets. We hold no reference to the listener: if it is just being freed, the
 * reply stays without an owner
 */
static void reply_own(struct sk_buff *skb, const struct xtcp_answer *answer)
{
	struct sock *sk = (struct sock *)answer->owner;

	skb->mark = answer->mark;
	if (!sk)
		return;
	skb->priority = READ_ONCE(sk->sk_priority);
	if (!refcount_add_not_zero(skb->truesize, &sk->sk_wmem_alloc))
		return;
	skb->sk = sk;
	skb->destructor = sock_wfree;
}

/* Do not send to a broadcast or multicast address (RFC 9293 MUST-63), nor against a strict
 * source route
 */
static bool reply_refused4(const struct xtcp_key *key, const struct ip_options *opt,
			   const struct rtable *rt)
{
	if (rt->rt_flags & (RTCF_BROADCAST | RTCF_MULTICAST)) {
		xtcp_count(key->net, drop_not_ours);
		return true;
	}
	return opt && opt->is_strictroute && rt->rt_uses_gateway;
}

static struct rtable *reply_route4(const struct xtcp_key *key,
				   const struct xtcp_answer *answer)
{
	const struct ip_options *opt = answer->opt4 ? &answer->opt4->opt : NULL;
	struct flowi4 fl4 = {
		.flowi4_oif = answer->oif,
		.flowi4_mark = answer->mark,
		.flowi4_proto = xtcp_protocol,
		.flowi4_flags = reply_flags(answer),
		.flowi4_scope = answer->owner && sock_flag(answer->owner, SOCK_LOCALROUTE) ?
				RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.flowi4_uid = reply_uid(key, answer),
		.daddr = opt && opt->srr ? opt->faddr : key->raddr,
		.saddr = key->laddr,
		.fl4_sport = htons(key->lport),
		.fl4_dport = htons(key->rport),
	};
	struct rtable *rt;

	xtcp_compat_set_tos(&fl4, answer->tos);
	reply_classify(answer, flowi4_to_flowi_common(&fl4));
	rt = ip_route_output_flow(key->net, &fl4, answer->owner);
	if (!IS_ERR(rt) && reply_refused4(key, opt, rt)) {
		ip_rt_put(rt);
		return ERR_PTR(-EHOSTUNREACH);
	}
	return rt;
}

static u8 reply_ttl4(const struct xtcp_answer *answer, const struct rtable *rt)
{
	int ttl = answer->owner ? READ_ONCE(inet_sk(answer->owner)->uc_ttl) : answer->ttl;

	return ttl > 0 ? ttl : ip4_dst_hoplimit(&rt->dst);
}

/* Write the IP header, with options; its destination is the first hop if there is a source
 * route. A reply has at most 120 bytes and is not fragmented, so it has DF and needs no ID
 * (RFC 6864 section 4.1)
 */
static void reply_header4(struct sk_buff *skb, const struct xtcp_key *key,
			  const struct xtcp_answer *answer, const struct rtable *rt)
{
	const struct ip_options *opt = answer->opt4 ? &answer->opt4->opt : NULL;
	u32 len = sizeof(struct iphdr) + (opt ? opt->optlen : 0);
	struct iphdr *iph = skb_push(skb, len);

	skb_reset_network_header(skb);
	*iph = (struct iphdr) {
		.version = 4,
		.ihl = len / 4,
		.tos = answer->tos,
		.frag_off = htons(IP_DF),
		.ttl = reply_ttl4(answer, rt),
		.protocol = xtcp_protocol,
		.saddr = key->laddr,
		.daddr = opt && opt->srr ? opt->faddr : key->raddr,
	};
	if (opt)
		xtcp_ipopt_write(iph, opt, key->laddr, key->raddr);
}

/* The MSS option of a SYN-ACK is at most the route's advertised MSS */
static void reply_mss(struct xtcp_out *out, const struct dst_entry *dst)
{
	if (out->opts.mss)
		out->opts.mss = min_t(u32, out->opts.mss, dst_metric_advmss(dst));
}

static void reply_v4(const struct xtcp_key *key, const struct xtcp_answer *answer,
		     struct xtcp_out *out, struct sk_buff **in)
{
	struct rtable *rt = reply_route4(key, answer);
	struct sk_buff *skb;

	if (IS_ERR(rt))
		return;
	reply_mss(out, &rt->dst);
	skb = reply_buffer(key, answer, out, in);
	if (!skb) {
		ip_rt_put(rt);
		return;
	}
	reply_check(skb, csum_tcpudp_magic(key->laddr, key->raddr, skb->len,
					   xtcp_protocol,
					   csum_partial(skb->data, skb->len, 0)));
	reply_header4(skb, key, answer, rt);
	reply_own(skb, answer);
	skb->protocol = htons(ETH_P_IP);
	skb_dst_set(skb, &rt->dst);
	xtcp_count(key->net, segments_out);
	ip_local_out(key->net, skb->sk ?: xtcp_net(key->net)->ctl4, skb);
}

/* Send a reply that has no listener. The control socket is shared, so nothing can be set on
 * it: the IP header is written here
 */
static void reply_xmit6(struct sk_buff *skb, const struct xtcp_key *key,
			const struct xtcp_answer *answer, struct flowi6 *fl6)
{
	u32 len = skb->len;
	struct ipv6hdr *hdr = skb_push(skb, sizeof(*hdr));

	skb_reset_network_header(skb);
	skb->protocol = htons(ETH_P_IPV6);
	ip6_flow_hdr(hdr, answer->tos,
		     ip6_make_flowlabel(key->net, skb, answer->flowlabel,
					ip6_default_np_autolabel(key->net), fl6));
	hdr->payload_len = htons(len);
	hdr->nexthdr = xtcp_protocol;
	hdr->hop_limit = answer->ttl ?: ip6_dst_hoplimit(skb_dst(skb));
	hdr->saddr = key->laddr6;
	hdr->daddr = key->raddr6;
	ip6_local_out(key->net, xtcp_net(key->net)->ctl6, skb);
}

/* A listener's options apply to its replies, and may name another first hop */
static struct ipv6_txoptions *reply_opt6(const struct xtcp_answer *answer)
{
	return answer->owner ? rcu_dereference(inet6_sk(answer->owner)->opt) : NULL;
}

static struct dst_entry *reply_route6(const struct xtcp_key *key,
				      const struct xtcp_answer *answer, struct flowi6 *fl6)
{
	const struct sock *sk = answer->owner ?: xtcp_net(key->net)->ctl6;
	struct in6_addr final, *final_p;

	if (!sk)
		return ERR_PTR(-EAFNOSUPPORT);
	reply_classify(answer, flowi6_to_flowi_common(fl6));
	final_p = fl6_update_dst(fl6, reply_opt6(answer), &final);
	return ip6_dst_lookup_flow(key->net, sk, fl6, final_p);
}

static void reply_v6(const struct xtcp_key *key, const struct xtcp_answer *answer,
		     struct xtcp_out *out, struct sk_buff **in)
{
	struct flowi6 fl6 = {
		.flowi6_oif = answer->oif,
		.flowi6_mark = answer->mark,
		.flowi6_proto = xtcp_protocol,
		.flowi6_uid = reply_uid(key, answer),
		.flowlabel = answer->flowlabel,
		.daddr = key->raddr6,
		.saddr = key->laddr6,
		.fl6_sport = htons(key->lport),
		.fl6_dport = htons(key->rport),
	};
	struct dst_entry *dst = reply_route6(key, answer, &fl6);
	struct sk_buff *skb;

	if (IS_ERR(dst))
		return;
	reply_mss(out, dst);
	skb = reply_buffer(key, answer, out, in);
	if (!skb) {
		dst_release(dst);
		return;
	}
	reply_check(skb, csum_ipv6_magic(&key->laddr6, &key->raddr6, skb->len,
					 xtcp_protocol,
					 csum_partial(skb->data, skb->len, 0)));
	skb_dst_set(skb, dst);
	reply_own(skb, answer);
	xtcp_count(key->net, segments_out);
	if (skb->sk)
		ip6_xmit(skb->sk, skb, &fl6, answer->mark, reply_opt6(answer), answer->tos,
			 skb->priority);
	else
		reply_xmit6(skb, key, answer, &fl6);
}

/* Send a reply, in the skb of the packet *@in if possible: then it is NULL afterwards */
static void reply(const struct xtcp_key *key, const struct xtcp_answer *answer,
		  struct xtcp_out *out, struct sk_buff **in)
{
	if (out->flags & XTCP_RST)
		xtcp_count(key->net, resets_out);
	if (key->family == AF_INET)
		reply_v4(key, answer, out, in);
	else
		reply_v6(key, answer, out, in);
}

/**
 * xtcp_reply() - send a segment without payload for a connection without a socket
 * @key: the connection, as seen from our end
 * @answer: how to send it
 * @out: the segment; the MSS of a SYN-ACK is lowered to what the route allows
 *
 * A reply that cannot be sent (no memory, no route) is lost, like any segment.
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_reply(const struct xtcp_key *key, const struct xtcp_answer *answer,
		struct xtcp_out *out)
{
	struct sk_buff *none = NULL;

	xtcp_rcu_held();
	reply(key, answer, out, &none);
}

/**
 * xtcp_reply_in() - send a segment without payload, if possible in the packet's skb
 * @key: the connection, as seen from our end
 * @answer: how to send it
 * @out: the segment; the MSS of a SYN-ACK is lowered to what the route allows
 * @skb: the packet that is answered, transport header pulled; consumed
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_reply_in(const struct xtcp_key *key, const struct xtcp_answer *answer,
		   struct xtcp_out *out, struct sk_buff *skb)
{
	xtcp_rcu_held();
	reply(key, answer, out, &skb);
	consume_skb(skb);
}

/* The device to send a reply by: that of the packet, if the addresses are valid only on its
 * link or in its l3mdev
 */
static int reply_oif(const struct sk_buff *skb, const struct xtcp_key *key)
{
	if (xtcp_key_link_local(key))
		return key->sdif ? key->sdif : key->dif;
	return l3mdev_master_ifindex_by_index(key->net, skb->skb_iif);
}

/**
 * xtcp_reply_to() - answer a packet, along the path that it came by
 * @skb: the packet, transport header pulled
 * @key: its connection, as seen from our end
 * @answer: how to send it, as far as the caller knows; the rest is taken from the packet
 * @out: the reply
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_reply_to(const struct sk_buff *skb, const struct xtcp_key *key,
		   struct xtcp_answer *answer, struct xtcp_out *out)
{
	struct ip_options_rcu *opt4 = NULL;
	u32 mark;

	xtcp_rcu_held();
	if (key->family == AF_INET) {
		mark = IP4_REPLY_MARK(key->net, skb->mark);
		opt4 = xtcp_ipopt_of_skb(skb);
	} else {
		mark = IP6_REPLY_MARK(key->net, skb->mark);
	}
	if (mark)
		answer->mark = mark;
	if (!answer->oif || xtcp_key_link_local(key))
		answer->oif = reply_oif(skb, key);
	answer->opt4 = opt4;
	xtcp_reply(key, answer, out);
	kfree(opt4);
}

/* Is the peer's flow label to be sent back (net.ipv6.flowlabel_reflect)? */
static bool reply_reflects(const struct xtcp_key *key, const struct sock *owner,
			   const struct xtcp_out *out)
{
	if (owner && xtcp_compat_repflow(owner))
		return true;
	return out->flags & XTCP_RST &&
	       READ_ONCE(key->net->ipv6.sysctl.flowlabel_reflect) & FLOWLABEL_REFLECT_TCP_RESET;
}

/**
 * xtcp_reply_skb() - answer a packet
 * @skb: the packet, transport header pulled
 * @key: its connection, as seen from our end
 * @owner: the listener that it was for, or NULL
 * @out: the reply
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_reply_skb(struct sk_buff *skb, const struct xtcp_key *key,
		    const struct sock *owner, struct xtcp_out *out)
{
	struct xtcp_answer answer = { .owner = owner };

	xtcp_rcu_held();
	if (owner) {
		answer.oif = inet_request_bound_dev_if(owner, skb);
		answer.mark = inet_request_mark(owner, skb);
	}
	if (key->family == AF_INET) {
		answer.tos = ip_hdr(skb)->tos;
	} else {
		answer.tos = ipv6_get_dsfield(ipv6_hdr(skb));
		if (reply_reflects(key, owner, out))
			answer.flowlabel = ip6_flowlabel(ipv6_hdr(skb));
	}
	answer.tos &= ~INET_ECN_MASK;
	xtcp_reply_to(skb, key, &answer, out);
}
