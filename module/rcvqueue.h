/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The receive queue: bytes that are next in the stream and wait for the reader.
 */
#ifndef XTCP_RCVQUEUE_H
#define XTCP_RCVQUEUE_H

#include "sock.h"

/**
 * xtcp_rcv_free() - bytes of payload that the receive buffer has room for
 * @sk: socket
 *
 * Half of the memory is assumed to be overhead.
 *
 * Context: under the socket lock.
 * Return: bytes, 0 when the buffer is over-full.
 */
static inline u32 xtcp_rcv_free(const struct sock *sk)
{
	int space = READ_ONCE(sk->sk_rcvbuf) - READ_ONCE(sk->sk_backlog.len) -
		    atomic_read(&sk->sk_rmem_alloc);

	return space > 0 ? space / 2 : 0;
}

/* Can bytes be appended to @skb? Not if bytes at its end are duplicates, which are cut off */
static inline bool xtcp_rcvqueue_extends(const struct sk_buff *skb)
{
	const struct xtcp_rec *rec = xtcp_skb_rec(skb);

	return rec->skip + xtcp_rec_len(rec) == skb->len;
}

u32 xtcp_inq(const struct sock *sk);
bool xtcp_receive_full(const struct sock *sk);
void xtcp_deliver(struct sock *sk, struct xtcp_rec *chain);

#endif /* XTCP_RCVQUEUE_H */
