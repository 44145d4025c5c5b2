/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Size of the send and receive buffers.
 */
#ifndef XTCP_BUFFER_H
#define XTCP_BUFFER_H

#include <linux/types.h>

struct sock;

int xtcp_sndbuf_take(struct sock *sk, int want);
void xtcp_sndbuf_grow(struct sock *sk);
void xtcp_rcvbuf_grow(struct sock *sk, u32 copied);

#endif /* XTCP_BUFFER_H */
