/* SPDX-License-Identifier: GPL-2.0 */
/*
 * listen(), and segments in state LISTEN.
 */
#ifndef XTCP_LISTEN_H
#define XTCP_LISTEN_H

struct sk_buff;
struct sock;
struct socket;
struct xtcp_key;
struct xtcp_seg;
struct xtcp_timewait;

int xtcp_listen(struct socket *sock, int backlog);
void xtcp_listen_stop(struct sock *sk);
void xtcp_listen_rcv(struct sock *listener, struct sk_buff *skb, struct xtcp_seg *seg,
		     const struct xtcp_key *key, struct xtcp_timewait *tw);

#endif /* XTCP_LISTEN_H */
