/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a SYN brings, and what its listener agrees to.
 */
#ifndef XTCP_REQUEST_SYN_H
#define XTCP_REQUEST_SYN_H

#include "reply.h"

struct sk_buff;
struct sock;
struct xtcp_syn_received;
struct xtcp_request;
struct xtcp_key;
struct xtcp_seg;

u16 xtcp_request_adv_mss(const struct sock *listener, const struct sk_buff *skb,
			 const struct xtcp_key *key);
void xtcp_request_origin(struct xtcp_request *r, const struct sock *listener,
			 const struct xtcp_key *key, struct sk_buff *skb,
			 const struct xtcp_seg *syn);
void xtcp_request_fill(struct xtcp_request *r, const struct sock *listener,
		       const struct xtcp_key *key, struct sk_buff *skb,
		       const struct xtcp_seg *syn);
void xtcp_request_agree(struct xtcp_syn_received *h, const struct sock *listener,
			const struct xtcp_seg *syn, const struct xtcp_key *key,
			const struct sk_buff *skb, u32 iss, u64 now);
struct xtcp_answer xtcp_request_answer(const struct xtcp_request *r,
				       const struct sock *listener);

#endif /* XTCP_REQUEST_SYN_H */
