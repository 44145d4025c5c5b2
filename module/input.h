/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Input: a segment or another event for a socket.
 */
#ifndef XTCP_INPUT_H
#define XTCP_INPUT_H

#include "core/event.h"

struct sk_buff;
struct sock;
struct xtcp_seg;

void xtcp_event(struct sock *sk, const struct xtcp_event *ev);
void xtcp_event_kind(struct sock *sk, enum xtcp_event_kind kind);
void xtcp_input(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg);
int xtcp_backlog_rcv(struct sock *sk, struct sk_buff *skb);

#endif /* XTCP_INPUT_H */
