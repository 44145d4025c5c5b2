/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Children: the sockets that a listener's requests become.
 */
#ifndef XTCP_CHILD_H
#define XTCP_CHILD_H

struct sk_buff;
struct sock;
struct xtcp_request;

struct sock *xtcp_child_create(struct sock *listener,
			       const struct xtcp_request *r,
			       struct sk_buff *skb);
void xtcp_child_undo(struct sock *child);
void xtcp_child_abort(struct sock *child);

#endif /* XTCP_CHILD_H */
