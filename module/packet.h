/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading a packet.
 */
#ifndef XTCP_PACKET_H
#define XTCP_PACKET_H

#include <linux/types.h>

struct net;
struct sk_buff;
struct xtcp_key;
struct xtcp_seg;

bool xtcp_from_host(const struct sk_buff *skb);
bool xtcp_from_broadcast(struct net *net, const struct sk_buff *skb);
unsigned int xtcp_parse(struct sk_buff *skb, struct xtcp_seg *seg);
void xtcp_skb_key(const struct sk_buff *skb, const struct xtcp_seg *seg,
		  struct xtcp_key *key);
void xtcp_skb_detach(struct sk_buff *skb);

#endif /* XTCP_PACKET_H */
