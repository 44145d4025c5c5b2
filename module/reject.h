/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sending RST.
 */
#ifndef XTCP_REJECT_H
#define XTCP_REJECT_H

struct sk_buff;
struct sock;
struct xtcp_key;
struct xtcp_out;
struct xtcp_seg;

void xtcp_reset_skb(struct sk_buff *skb, const struct xtcp_seg *seg,
		    const struct xtcp_key *key, const struct sock *owner);
void xtcp_reset_peer(struct sock *sk, const struct xtcp_out *rst);

#endif /* XTCP_REJECT_H */
