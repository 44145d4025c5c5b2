/* SPDX-License-Identifier: GPL-2.0 */
/*
 * accept(), and children that wait for it.
 */
#ifndef XTCP_ACCEPT_H
#define XTCP_ACCEPT_H

#include "../include/compat.h"

struct sock;

void xtcp_accept_add(struct sock *listener, struct sock *child);
void xtcp_accept_close(struct sock *sk);
struct sock *xtcp_accept(struct sock *sk, XTCP_ACCEPT_ARGS);

#endif /* XTCP_ACCEPT_H */
