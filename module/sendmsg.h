/* SPDX-License-Identifier: GPL-2.0 */
/*
 * send(): filling the send queue.
 */
#ifndef XTCP_SENDMSG_H
#define XTCP_SENDMSG_H

#include <linux/types.h>

struct msghdr;
struct sock;

int xtcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t len);

#endif /* XTCP_SENDMSG_H */
