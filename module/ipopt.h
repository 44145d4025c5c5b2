/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IPv4 options of segments that are sent without a socket, and of passively opened
 * connections.
 */
#ifndef XTCP_IPOPT_H
#define XTCP_IPOPT_H

#include <linux/types.h>

struct ip_options;
struct ip_options_rcu;
struct iphdr;
struct sk_buff;
struct sock;

struct ip_options_rcu *xtcp_ipopt_of_skb(const struct sk_buff *skb);
void xtcp_ipopt_follow(struct sock *sk, const struct sk_buff *skb);
void xtcp_ipopt_write(struct iphdr *iph, const struct ip_options *opt, __be32 laddr,
		      __be32 raddr);

#endif /* XTCP_IPOPT_H */
