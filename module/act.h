/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Actions: carry out what the core asks for.
 */
#ifndef XTCP_ACT_H
#define XTCP_ACT_H

struct sock;
struct xtcp_actions;

void xtcp_rearm(struct sock *sk);
void xtcp_report(struct sock *sk, int err);
void xtcp_act(struct sock *sk, struct xtcp_actions *act);

#endif /* XTCP_ACT_H */
