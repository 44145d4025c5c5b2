/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The receive path, from IP to sockets and minisocks.
 */
#ifndef XTCP_RCV_H
#define XTCP_RCV_H

struct sk_buff;

int xtcp_v4_rcv(struct sk_buff *skb);
int xtcp_v6_rcv(struct sk_buff *skb);

#endif /* XTCP_RCV_H */
