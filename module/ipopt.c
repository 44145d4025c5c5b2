// SPDX-License-Identifier: GPL-2.0
/*
 * IPv4 options of segments that are sent without a socket, and of passively opened
 * connections. core/ip_options.c decides which options of a SYN are returned.
 */
#include <linux/slab.h>
#include <linux/skbuff.h>
#include <linux/timekeeping.h>
#include <net/ip.h>
#include "core/ip_options.h"
#include "ipopt.h"
#include "sock.h"

/* An option's offset as the kernel counts it, from the IP header; 0: none */
static u8 place(u8 at)
{
	return at == XTCP_IPOPT_NONE ? 0 : sizeof(struct iphdr) + at;
}

/**
 * xtcp_ipopt_of_skb() - make the IP options that answer those of a packet
 * @skb: the packet, IPv4, with its IP header as IP has left it
 *
 * Context: any.
 * Return: options for inet_sock.inet_opt (kfree_rcu()); NULL: the packet has none, none that
 * are returned, or there is no memory.
 */
struct ip_options_rcu *xtcp_ipopt_of_skb(const struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct ip_options_rcu *opt;
	struct xtcp_ipopt echo;

	if (likely(iph->ihl * 4 == sizeof(*iph)) ||
	    !xtcp_ipopt_echo(&echo, (const u8 *)(iph + 1), iph->ihl * 4 - sizeof(*iph),
			     iph->saddr))
		return NULL;
	opt = kzalloc(sizeof(*opt) + echo.len, GFP_ATOMIC);
	if (!opt)
		return NULL;
	opt->opt.optlen = echo.len;
	opt->opt.srr = place(echo.srr);
	opt->opt.rr = place(echo.rr);
	opt->opt.ts = place(echo.ts);
	opt->opt.faddr = echo.first_hop;
	opt->opt.is_strictroute = echo.strict;
	opt->opt.rr_needaddr = echo.rr_addr;
	opt->opt.ts_needaddr = echo.ts_addr;
	opt->opt.ts_needtime = echo.ts_time;
	memcpy(opt->opt.__data, echo.bytes, echo.len);
	return opt;
}

static bool same_options(const struct ip_options *a, const struct ip_options *b)
{
	return a->faddr == b->faddr && a->optlen == b->optlen &&
	       !memcmp(a->__data, b->__data, a->optlen);
}

/**
 * xtcp_ipopt_follow() - take over the source route of a received segment
 * @sk: connection
 * @skb: the segment's packet, IPv4; the segment was accepted
 *
 * From now on segments are sent by the reverse route. A later route replaces an earlier one
 * (RFC 9293 SHLD-24), but not one that the program has set (MUST-52). Actively opened
 * connections ignore received routes.
 *
 * Context: under the socket lock.
 */
void xtcp_ipopt_follow(struct sock *sk, const struct sk_buff *skb)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	struct ip_options_rcu *opt, *old;

	sock_owned_by_me(sk);
	if (!xs->tcb.passive || READ_ONCE(xs->own_ipopt))
		return;
	opt = xtcp_ipopt_of_skb(skb);
	if (!opt)
		return;
	old = rcu_dereference_protected(inet_sk(sk)->inet_opt, lockdep_sock_is_held(sk));
	if (!opt->opt.srr || (old && same_options(&old->opt, &opt->opt))) {
		kfree(opt);
		return;
	}
	rcu_assign_pointer(inet_sk(sk)->inet_opt, opt);
	if (old)
		kfree_rcu(old, rcu);
	sk_dst_reset(sk);
}

/* Milliseconds since midnight UT, the unit of RFC 791's timestamps */
static __be32 time_of_day(void)
{
	u32 seconds;

	div_u64_rem(ktime_get_real_seconds(), 24 * 3600, &seconds);
	return htonl(seconds * MSEC_PER_SEC);
}

/**
 * xtcp_ipopt_write() - write options after an IP header
 * @iph: header, followed by room for the options
 * @opt: options
 * @laddr: our address, for record route and timestamps
 * @raddr: the final destination, the last hop of a source route
 *
 * The caller sets the header's length, and the destination if there is a source route.
 *
 * Context: any.
 */
void xtcp_ipopt_write(struct iphdr *iph, const struct ip_options *opt, __be32 laddr,
		      __be32 raddr)
{
	u8 *raw = (u8 *)iph;
	__be32 now;

	memcpy(iph + 1, opt->__data, opt->optlen);
	/* an option's pointer counts from 1, and points behind the field to be filled in */
	if (opt->srr)
		memcpy(raw + opt->srr + raw[opt->srr + 1] - 4, &raddr, 4);
	if (opt->rr_needaddr)
		memcpy(raw + opt->rr + raw[opt->rr + 2] - 5, &laddr, 4);
	if (opt->ts_needaddr)
		memcpy(raw + opt->ts + raw[opt->ts + 2] - 9, &laddr, 4);
	if (opt->ts_needtime) {
		now = time_of_day();
		memcpy(raw + opt->ts + raw[opt->ts + 2] - 5, &now, 4);
	}
}
