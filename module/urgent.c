// SPDX-License-Identifier: GPL-2.0
/*
 * Urgent data, with the semantics that programs know from TCP (RFC 9293 section 3.8.5, RFC
 * 6093).
 *
 * The peer's urgent pointer is the sequence number that follows the urgent data. The last byte
 * of the urgent data is the urgent byte; its position is the mark. The byte is taken out of the
 * stream and kept for recv(MSG_OOB), unless SO_OOBINLINE leaves it in the stream. A read ends
 * at the mark, so that the program can find its position (SIOCATMARK).
 *
 *	  copied_seq		    mark		 RCV.NXT
 *	      |			     |			    |
 *	      v	  what one read gets v	what the next gets  v
 *	... --+----------------------+--+-------------------+
 *				      ^ the byte, out of band
 */
#include "core/seq.h"
#include "rcvqueue.h"
#include "sock.h"
#include "urgent.h"

/* Does the urgent byte stay in the stream (SO_OOBINLINE)? */
static bool in_band(const struct sock *sk)
{
	return sock_flag(sk, SOCK_URGINLINE);
}

/* The buffer in the receive queue that holds the byte @seq */
static struct sk_buff *urgent_find(struct sock *sk, u32 seq)
{
	struct sk_buff *skb;

	skb_queue_reverse_walk(&sk->sk_receive_queue, skb) {
		const struct xtcp_rec *rec = xtcp_skb_rec(skb);

		if (seq_geq(seq, rec->seq))
			return seq_lt(seq, rec->end_seq) ? skb : NULL;
	}
	return NULL;
}

/**
 * xtcp_urgent_notice() - the peer's urgent pointer has advanced
 * @sk: socket
 * @up: the sequence number that follows the urgent data
 *
 * The process is notified at once, before the data arrive (RFC 9293 MUST-32). A previous urgent
 * byte that was not fetched is lost if it is the next byte to read; otherwise it becomes
 * ordinary data.
 *
 * Context: under the socket lock; before the data of the same segment are delivered.
 */
void xtcp_urgent_notice(struct sock *sk, u32 up)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	sk_send_sigurg(sk);
	WRITE_ONCE(xs->copied_seq, xtcp_urgent_skip(sk, xs->copied_seq));
	xs->urgent_seq = up - 1;
	WRITE_ONCE(xs->urgent, XTCP_URGENT_COMING);
}

/**
 * xtcp_urgent_arrive() - data were delivered: look for the urgent byte
 * @sk: socket with an urgent pointer
 *
 * Context: under the socket lock.
 */
void xtcp_urgent_arrive(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct sk_buff *skb = urgent_find(sk, xs->urgent_seq);
	u8 byte;

	sock_owned_by_me(sk);
	if (!skb || skb_copy_bits(skb, xtcp_skb_rec(skb)->skip + xs->urgent_seq -
				  xtcp_skb_rec(skb)->seq, &byte, 1))
		return;
	WRITE_ONCE(xs->urgent, XTCP_URGENT_BYTE | byte);
}

/**
 * xtcp_urgent_skip() - skip the urgent byte if it is out of band and next to read
 * @sk: socket
 * @seq: next sequence number to read
 *
 * Context: under the socket lock.
 * Return: @seq, or the sequence number after the urgent byte.
 */
u32 xtcp_urgent_skip(struct sock *sk, u32 seq)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (!xtcp_urgent_at(xs, seq) || in_band(sk) || !urgent_find(sk, seq))
		return seq;
	return seq + 1;
}

/**
 * xtcp_urgent_limit() - limit a read to the bytes before the mark
 * @xs: socket
 * @seq: next sequence number to read
 * @len: bytes wanted
 *
 * Context: under the socket lock.
 * Return: bytes, at most @len.
 */
size_t xtcp_urgent_limit(const struct xtcp_sock *xs, u32 seq, size_t len)
{
	sock_owned_by_me(&xs->inet.sk);
	if (!xs->urgent || !seq_gt(xs->urgent_seq, seq))
		return len;
	return min_t(size_t, len, xs->urgent_seq - seq);
}

/**
 * xtcp_urgent_passed() - bytes were read: forget the mark if it was passed
 * @xs: socket
 *
 * Context: under the socket lock.
 */
void xtcp_urgent_passed(struct xtcp_sock *xs)
{
	sock_owned_by_me(&xs->inet.sk);
	if (xs->urgent && seq_gt(xs->copied_seq, xs->urgent_seq))
		WRITE_ONCE(xs->urgent, 0);
}

/**
 * xtcp_urgent_inq() - bytes that a read would get now, for SIOCINQ
 * @sk: socket
 *
 * Context: under the socket lock.
 * Return: bytes before the mark, or all if there is none.
 */
u32 xtcp_urgent_inq(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 inq = xtcp_inq(sk);

	sock_owned_by_me(sk);
	return in_band(sk) ? inq : xtcp_urgent_limit(xs, xs->copied_seq, inq);
}

/**
 * xtcp_urgent_recv() - recv(MSG_OOB): fetch the urgent byte
 * @sk: socket
 * @msg: where it goes
 * @len: size of the buffer, bytes
 * @flags: MSG_PEEK leaves it, MSG_TRUNC drops it
 *
 * With @len 0 the byte is reported as truncated (MSG_TRUNC), and lost.
 *
 * Context: process, under the socket lock.
 * Return: 1; 0 at the end of the stream or with @len 0; -EINVAL: there is no urgent byte, or it
 * is in the stream; -EAGAIN: it has not arrived yet; -EFAULT, -ENOTCONN.
 */
int xtcp_urgent_recv(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	u8 byte = xs->urgent;

	sock_owned_by_me(sk);
	if (in_band(sk) || !xs->urgent || xs->urgent == XTCP_URGENT_READ)
		return -EINVAL;
	if (sk->sk_state == TCP_CLOSE && !sock_flag(sk, SOCK_DONE))
		return -ENOTCONN;
	if (xs->urgent == XTCP_URGENT_COMING)
		return sk->sk_state == TCP_CLOSE || sk->sk_shutdown & RCV_SHUTDOWN ?
		       0 : -EAGAIN;
	msg->msg_flags |= MSG_OOB;
	if (!len)
		msg->msg_flags |= MSG_TRUNC;
	else if (!(flags & MSG_TRUNC) && memcpy_to_msg(msg, &byte, 1))
		return -EFAULT;		/* the byte was not fetched */
	if (!(flags & MSG_PEEK))
		WRITE_ONCE(xs->urgent, XTCP_URGENT_READ);
	return !!len;
}
