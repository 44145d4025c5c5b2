/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ICMP errors and path MTU.
 */
#ifndef XTCP_ICMP_H
#define XTCP_ICMP_H

#include <linux/types.h>

struct inet6_skb_parm;
struct sk_buff;
struct sock;

void xtcp_mtu_reduced(struct sock *sk);
int xtcp_v4_err(struct sk_buff *skb, u32 info);
int xtcp_v6_err(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type,
		u8 code, int offset, __be32 info);

#endif /* XTCP_ICMP_H */
