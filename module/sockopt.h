/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Socket options and ioctls.
 */
#ifndef XTCP_SOCKOPT_H
#define XTCP_SOCKOPT_H

#include <linux/sockptr.h>
#include "../include/compat.h"

struct sock;

int xtcp_setsockopt(struct sock *sk, int level, int name, sockptr_t value,
		    unsigned int len);
int xtcp_getsockopt(struct sock *sk, int level, int name, char __user *value,
		    int __user *len);
int xtcp_ioctl(struct sock *sk, int cmd, XTCP_IOCTL_ARG);
void xtcp_keepalive(struct sock *sk, int on);
int xtcp_set_rcvlowat(struct sock *sk, int bytes);

#endif /* XTCP_SOCKOPT_H */
