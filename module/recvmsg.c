// SPDX-License-Identifier: GPL-2.0
/*
 * recv(): bytes that are next in the stream, from the receive queue
 * (RFC 9293 section 3.10.3).
 */
#include <linux/sched/signal.h>
#include <net/inet_common.h>
#include "core/seq.h"
#include "sock.h"

/* Copy from one buffer, starting @peeked bytes into what is unread. Bytes copied,
 * 0 when all of it lies before, or -EFAULT
 */
static int recv_copy(struct sock *sk, struct sk_buff *skb, struct msghdr *msg,
		     size_t want, u32 seq, int flags)
{
	struct xtcp_rec *rec = xtcp_skb_rec(skb);
	u32 done = seq - rec->seq;
	size_t len = min_t(size_t, want, xtcp_rec_len(rec) - done);

	if (!len || flags & MSG_TRUNC)
		return len;
	if (skb_copy_datagram_msg(skb, rec->skip + done, msg, len))
		return -EFAULT;
	return len;
}

/* Free what was read to its end */
static void recv_eat(struct sock *sk)
{
	struct sk_buff *skb;

	while ((skb = skb_peek(&sk->sk_receive_queue))) {
		if (seq_gt(xtcp_skb_rec(skb)->end_seq, xtcp_sk(sk)->copied_seq))
			break;
		sk_eat_skb(sk, skb);
	}
}

/* The reader has got all up to @seq: @copied bytes, and an urgent byte that it has passed */
static void recv_consumed(struct sock *sk, u32 seq, size_t copied)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (seq == xs->copied_seq)
		return;
	WRITE_ONCE(xs->copied_seq, seq);
	xtcp_urgent_passed(xs);
	recv_eat(sk);
	xtcp_rcvbuf_grow(sk, copied);
	xtcp_event_kind(sk, XTCP_EV_RECEIVE);
}

/* Copy all that is there, up to @len bytes. @seq moves behind what was copied, and
 * copied_seq with it: what is told to the user, and nothing else, is consumed. Bytes
 * copied; *@fault: the user's memory has ended there
 */
static size_t recv_available(struct sock *sk, struct msghdr *msg, size_t len, u32 *seq,
			     int flags, bool *fault)
{
	u32 next = xtcp_urgent_skip(sk, *seq);
	struct sk_buff *skb;
	size_t copied = 0;
	int n;

	len = xtcp_urgent_limit(xtcp_sk(sk), next, len);
	skb_queue_walk(&sk->sk_receive_queue, skb) {
		if (copied == len)
			break;
		if (!seq_gt(xtcp_skb_rec(skb)->end_seq, next))
			continue;
		n = recv_copy(sk, skb, msg, len - copied, next, flags);
		*fault = n < 0;
		if (*fault)
			break;
		copied += n;
		next += n;
	}
	if (*fault && !copied)
		return 0;	/* the urgent byte was not passed either */
	*seq = next;
	if (!(flags & MSG_PEEK))
		recv_consumed(sk, next, copied);
	return copied;
}

/* Does something wait at or after @seq? The urgent byte counts, too */
static bool recv_waits(const struct sock *sk, u32 seq)
{
	const struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);

	return tail && seq_gt(xtcp_skb_rec(tail)->end_seq, seq);
}

/* Nothing more is there: 1 to end with what was read, 0 to wait, or an errno */
static int recv_ended(struct sock *sk, bool some, long timeo)
{
	if (some)
		return READ_ONCE(sk->sk_err) || sk->sk_state == TCP_CLOSE ||
		       (sk->sk_shutdown & RCV_SHUTDOWN) || !timeo ||
		       signal_pending(current);
	if (sock_flag(sk, SOCK_DONE))
		return 1;
	if (READ_ONCE(sk->sk_err))	/* SO_ERROR takes it without the lock */
		return sock_error(sk);
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		return 1;
	if (sk->sk_state == TCP_CLOSE)
		return -ENOTCONN;
	if (!timeo)
		return -EAGAIN;
	if (signal_pending(current))
		return sock_intr_errno(timeo);
	return 0;
}

static int recvmsg_locked(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	long timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	size_t target = sock_rcvlowat(sk, flags & MSG_WAITALL, len);
	u32 seq = xtcp_sk(sk)->copied_seq;
	size_t copied = 0;
	bool fault = false;
	int n;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	if (flags & MSG_OOB)
		return xtcp_urgent_recv(sk, msg, len, flags);
	for (;;) {
		if (xtcp_urgent_at(xtcp_sk(sk), seq)) {
			if (copied)
				break;
			if (signal_pending(current))	/* SIGURG, before the mark is passed */
				return timeo ? sock_intr_errno(timeo) : -EAGAIN;
		}
		if (!len && recv_waits(sk, seq))
			break;		/* it would not wait, and takes nothing */
		copied += recv_available(sk, msg, len - copied, &seq, flags, &fault);
		if (fault)
			return copied ? (int)copied : -EFAULT;
		if (copied >= target)
			break;
		if (flags & MSG_PEEK && copied && xtcp_receive_full(sk))
			break;		/* nothing makes room for more */
		n = recv_ended(sk, copied, timeo);
		if (n < 0)
			return n;
		if (n)
			break;
		n = sk_wait_data(sk, &timeo, skb_peek_tail(&sk->sk_receive_queue));
		if (n < 0)	/* the connection is another one now: xtcp_disconnect() */
			return copied ? (int)copied : n;
		/* another reader may have gone on while we slept */
		if (!(flags & MSG_PEEK))
			seq = xtcp_sk(sk)->copied_seq;
		else if (seq_lt(seq, xtcp_sk(sk)->copied_seq))
			seq = xtcp_sk(sk)->copied_seq;
	}
	return copied;
}

/**
 * xtcp_recvmsg() - proto.recvmsg
 * @sk: socket
 * @XTCP_RECVMSG_ARGS: msg, len and flags, as recvmsg() has them
 *
 * Context: process.
 * Return: bytes, 0 after the peer's FIN, or a negative errno.
 */
int xtcp_recvmsg(struct sock *sk, XTCP_RECVMSG_ARGS)
{
	int ret, left;
	bool tell;

	if (unlikely(flags & MSG_ERRQUEUE))
		return xtcp_compat_recv_error(sk, msg, len);
	lock_sock(sk);
	ret = recvmsg_locked(sk, msg, len, flags);
	tell = ret >= 0 && xtcp_sk(sk)->tell_inq;
	left = xtcp_sk(sk)->tcb.rcv_nxt - xtcp_sk(sk)->copied_seq;
	release_sock(sk);
	if (tell)	/* of this moment: the connection may be another one now */
		put_cmsg(msg, SOL_TCP, TCP_CM_INQ, sizeof(left), &left);
	return ret;
}
