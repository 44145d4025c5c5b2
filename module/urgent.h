/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The urgent byte and the mark.
 */
#ifndef XTCP_URGENT_H
#define XTCP_URGENT_H

#include "sock.h"

/* Is the reader at the mark? */
static inline bool xtcp_urgent_at(const struct xtcp_sock *xs, u32 seq)
{
	return xs->urgent && xs->urgent_seq == seq;
}

void xtcp_urgent_notice(struct sock *sk, u32 up);
void xtcp_urgent_arrive(struct sock *sk);
u32 xtcp_urgent_skip(struct sock *sk, u32 seq);
size_t xtcp_urgent_limit(const struct xtcp_sock *xs, u32 seq, size_t len);
void xtcp_urgent_passed(struct xtcp_sock *xs);
u32 xtcp_urgent_inq(const struct sock *sk);
int xtcp_urgent_recv(struct sock *sk, struct msghdr *msg, size_t len, int flags);

#endif /* XTCP_URGENT_H */
