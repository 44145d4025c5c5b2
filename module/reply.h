/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Replies without a connection's socket.
 */
#ifndef XTCP_REPLY_H
#define XTCP_REPLY_H

#include <linux/types.h>

struct ip_options_rcu;
struct net;
struct sk_buff;
struct sock;
struct xtcp_key;
struct xtcp_out;

/**
 * struct xtcp_answer - how to send a reply without a connection's socket
 * @oif: device to send by; 0: as routed
 * @mark: routing mark
 * @flowlabel: IPv6: flow label
 * @opt4: IPv4: IP options, or NULL
 * @owner: listener on whose behalf it is sent, which gives user, TTL, priority, IPv6 options
 *	and cgroup; or NULL
 * @tos: traffic class
 * @ttl: without @owner: TTL or hop limit; 0: the route's
 * @foreign: without @owner: our address need not be this host's (IP_TRANSPARENT)
 *
 * docs/policy.md lists what each kind of reply takes from where.
 */
struct xtcp_answer {
	int oif;
	u32 mark;
	__be32 flowlabel;
	const struct ip_options_rcu *opt4;
	const struct sock *owner;
	u8 tos;
	u8 ttl;
	bool foreign;
};

int xtcp_reply_init(struct net *net);
void xtcp_reply_exit(struct net *net);
void xtcp_reply(const struct xtcp_key *key, const struct xtcp_answer *answer,
		struct xtcp_out *out);
void xtcp_reply_in(const struct xtcp_key *key, const struct xtcp_answer *answer,
		   struct xtcp_out *out, struct sk_buff *skb);
void xtcp_reply_to(const struct sk_buff *skb, const struct xtcp_key *key,
		   struct xtcp_answer *answer, struct xtcp_out *out);
void xtcp_reply_skb(struct sk_buff *skb, const struct xtcp_key *key,
		    const struct sock *owner, struct xtcp_out *out);

#endif /* XTCP_REPLY_H */
