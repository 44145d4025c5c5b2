/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Policy hooks: security modules, cgroup programs.
 */
#ifndef XTCP_POLICY_H
#define XTCP_POLICY_H

#include "../include/compat.h"

struct sk_buff;
struct sock;
struct xtcp_key;

bool xtcp_policy_request(const struct sock *listener, struct sk_buff *skb,
			 const struct xtcp_key *key);
int xtcp_v4_pre_connect(struct sock *sk, xtcp_sockaddr *uaddr, int len);
int xtcp_v6_pre_connect(struct sock *sk, xtcp_sockaddr *uaddr, int len);

#endif /* XTCP_POLICY_H */
