/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SYN cookies: answers to SYNs that need no memory.
 */
#ifndef XTCP_COOKIE_H
#define XTCP_COOKIE_H

#include <linux/types.h>

struct sk_buff;
struct sock;
struct xtcp_key;
struct xtcp_seg;

void xtcp_cookie_answer(const struct sock *listener, const struct xtcp_seg *seg,
			const struct xtcp_key *key, struct sk_buff *skb);
bool xtcp_cookie_rcv(struct sock *listener, struct sk_buff *skb, struct xtcp_seg *seg,
		     const struct xtcp_key *key);

#endif /* XTCP_COOKIE_H */
