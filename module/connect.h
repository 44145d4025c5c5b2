/* SPDX-License-Identifier: GPL-2.0 */
/*
 * connect(): active OPEN.
 */
#ifndef XTCP_CONNECT_H
#define XTCP_CONNECT_H

#include "../include/compat.h"

struct sock;

int xtcp_v4_connect(struct sock *sk, xtcp_sockaddr *uaddr, int len);
int xtcp_v6_connect(struct sock *sk, xtcp_sockaddr *uaddr, int len);

#endif /* XTCP_CONNECT_H */
