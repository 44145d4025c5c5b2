/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which segments a socket lets in, and how they are handed to it.
 */
#ifndef XTCP_ADMIT_H
#define XTCP_ADMIT_H

#include <linux/types.h>

struct sk_buff;
struct sock;
struct xtcp_seg;

bool xtcp_policy_in(struct sock *sk, struct sk_buff *skb);
unsigned int xtcp_admit(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg);
void xtcp_sock_give(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg);
void xtcp_sock_rcv(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg);

#endif /* XTCP_ADMIT_H */
