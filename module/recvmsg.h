/* SPDX-License-Identifier: GPL-2.0 */
/*
 * recv(): bytes that are next in the stream.
 */
#ifndef XTCP_RECVMSG_H
#define XTCP_RECVMSG_H

#include "../include/compat.h"

struct sock;

int xtcp_recvmsg(struct sock *sk, XTCP_RECVMSG_ARGS);

#endif /* XTCP_RECVMSG_H */
