// SPDX-License-Identifier: GPL-2.0
/*
 * recv(): bytes that are next in the stream, from the receive queue
 * (RFC 9293 section 3.10.3).
 */
#include <linux/sched/signal.h>
#include <net/busy_poll.h>
#include <net/inet_common.h>
#include "buffer.h"
#include "core/seq.h"
#include "input.h"
#include "rcvqueue.h"
#include "recvmsg.h"
#include "sock.h"
#include "urgent.h"

/**
 * struct recv - state of a recvmsg() call
 * @msg: where the bytes go
 * @flags: MSG_*
 * @seq: next sequence number to copy
 * @fault: copying to user space failed
 * @last: the buffer of the last byte copied, if its timestamp is wanted; NULL: none. The
 *	reference is dropped under the socket lock
 */
struct recv {
	struct msghdr *msg;
	int flags;
	u32 seq;
	bool fault;
	struct sk_buff *last;
};

/* Copy the unread bytes of one buffer. Return: bytes, or -EFAULT */
static int recv_copy(struct recv *r, const struct sk_buff *skb, size_t want, u32 seq)
{
	struct xtcp_rec *rec = xtcp_skb_rec(skb);
	u32 done = seq - rec->seq;
	size_t len = min_t(size_t, want, xtcp_rec_len(rec) - done);

	if (!len || r->flags & MSG_TRUNC)
		return len;
	if (skb_copy_datagram_msg(skb, rec->skip + done, r->msg, len))
		return -EFAULT;
	return len;
}

static void recv_forget(struct recv *r)
{
	consume_skb(r->last);
	r->last = NULL;
}

/* SO_TIMESTAMP and the like report when the last byte of a read arrived */
static void recv_remember(struct sock *sk, struct recv *r, struct sk_buff *skb)
{
	if (likely(!sock_flag(sk, SOCK_RCVTSTAMP) && !READ_ONCE(sk->sk_tsflags)))
		return;
	recv_forget(r);
	if (skb->tstamp || skb_hwtstamps(skb)->hwtstamp)
		r->last = skb_get(skb);
}

static void recv_tell_time(struct sock *sk, struct recv *r)
{
	if (likely(!r->last))
		return;
	__sock_recv_timestamp(r->msg, sk, r->last);
	recv_forget(r);
}

/* Free buffers that were read completely */
static void recv_eat(struct sock *sk)
{
	struct sk_buff *skb;

	while ((skb = skb_peek(&sk->sk_receive_queue))) {
		if (seq_gt(xtcp_skb_rec(skb)->end_seq, xtcp_sk(sk)->copied_seq))
			break;
		__skb_unlink(skb, &sk->sk_receive_queue);
		consume_skb(skb);
	}
}

/* The program has read everything up to @seq: @copied bytes, and an urgent byte if it was
 * passed
 */
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

/* Copy what is queued, up to @len bytes. @r->seq and copied_seq advance past the bytes that
 * were copied: exactly the bytes that the call returns are consumed. Return: bytes
 */
static size_t recv_available(struct sock *sk, struct recv *r, size_t len)
{
	u32 next = xtcp_urgent_skip(sk, r->seq);
	struct sk_buff *skb;
	size_t copied = 0;
	int n;

	len = xtcp_urgent_limit(xtcp_sk(sk), next, len);
	skb_queue_walk(&sk->sk_receive_queue, skb) {
		if (copied == len)
			break;
		if (!seq_gt(xtcp_skb_rec(skb)->end_seq, next))
			continue;
		n = recv_copy(r, skb, len - copied, next);
		r->fault = n < 0;
		if (r->fault)
			break;
		copied += n;
		next += n;
		recv_remember(sk, r, skb);
	}
	if (r->fault && !copied)
		return 0;	/* the urgent byte was not passed, either */
	r->seq = next;
	if (!(r->flags & MSG_PEEK))
		recv_consumed(sk, next, copied);
	return copied;
}

/* Is anything queued from @seq on? The urgent byte counts, too */
static bool recv_waits(const struct sock *sk, u32 seq)
{
	const struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);

	return tail && seq_gt(xtcp_skb_rec(tail)->end_seq, seq);
}

/* Nothing more is queued. Return: 1 to end with what was read, 0 to wait, or an errno */
static int recv_ended(struct sock *sk, bool some, long timeo)
{
	if (some)
		return READ_ONCE(sk->sk_err) || sk->sk_state == TCP_CLOSE ||
		       (sk->sk_shutdown & RCV_SHUTDOWN) || !timeo ||
		       signal_pending(current);
	if (sock_flag(sk, SOCK_DONE))
		return 1;
	if (READ_ONCE(sk->sk_err))	/* SO_ERROR clears it without the lock */
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

/* The read is at the urgent mark. Return: 1 to end with what was read, 0 to pass the mark, or an
 * errno
 */
static int recv_at_mark(bool some, long timeo)
{
	if (some)
		return 1;
	if (signal_pending(current))	/* SIGURG is handled before the mark is passed */
		return timeo ? sock_intr_errno(timeo) : -EAGAIN;
	return 0;
}

/* Sleep until something arrives. @some: bytes were peeked at. Return: 0; -EPIPE when the socket
 * was disconnected meanwhile, and may have another connection
 */
static int recv_wait(struct sock *sk, struct recv *r, bool some, long *timeo)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	int n = sk_wait_data(sk, timeo, skb_peek_tail(&sk->sk_receive_queue));

	/* meanwhile another reader may have read, or the handshake may have set copied_seq */
	if (!(r->flags & MSG_PEEK) || !some || seq_lt(r->seq, xs->copied_seq))
		r->seq = xs->copied_seq;
	return min(n, 0);
}

/* Read up to @len bytes, and wait for them as @r->flags say. Return: 0 or a negative errno;
 * *@copied is valid in any case
 */
static int recv_all(struct sock *sk, struct recv *r, size_t len, size_t *copied)
{
	long timeo = sock_rcvtimeo(sk, r->flags & MSG_DONTWAIT);
	size_t target = sock_rcvlowat(sk, r->flags & MSG_WAITALL, len);
	int n = 0;

	while (!n) {
		if (xtcp_urgent_at(xtcp_sk(sk), r->seq))
			n = recv_at_mark(*copied, timeo);
		if (n || (!len && recv_waits(sk, r->seq)))
			break;		/* a read of 0 bytes neither waits nor takes anything */
		*copied += recv_available(sk, r, len - *copied);
		if (r->fault)
			return -EFAULT;
		if (*copied >= target)
			break;
		if (r->flags & MSG_PEEK && *copied && xtcp_receive_full(sk))
			break;		/* a peek frees no room for more */
		n = recv_ended(sk, *copied, timeo) ?: recv_wait(sk, r, *copied, &timeo);
	}
	return min(n, 0);
}

static int recvmsg_locked(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct recv r = { .msg = msg, .flags = flags, .seq = xtcp_sk(sk)->copied_seq };
	size_t copied = 0;
	int err;

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	if (flags & MSG_OOB)
		return xtcp_urgent_recv(sk, msg, len, flags);
	err = recv_all(sk, &r, len, &copied);
	recv_tell_time(sk, &r);
	return copied ? copied : err;
}

/* SO_BUSY_POLL: poll the device's queue before going to sleep */
static void recv_busy_poll(struct sock *sk, int flags)
{
	if (sk_can_busy_loop(sk) && skb_queue_empty_lockless(&sk->sk_receive_queue) &&
	    inet_sk_state_load(sk) == TCP_ESTABLISHED)
		sk_busy_loop(sk, flags & MSG_DONTWAIT);
}

/**
 * xtcp_recvmsg() - proto.recvmsg
 * @sk: socket
 * @XTCP_RECVMSG_ARGS: msg, len and flags of recvmsg()
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
	recv_busy_poll(sk, flags);
	lock_sock(sk);
	ret = recvmsg_locked(sk, msg, len, flags);
	tell = ret >= 0 && xtcp_sk(sk)->tell_inq;
	left = xtcp_sk(sk)->tcb.rcv_nxt - xtcp_sk(sk)->copied_seq;
	release_sock(sk);
	if (tell)	/* sampled under the lock; the socket may have another connection now */
		put_cmsg(msg, SOL_TCP, TCP_CM_INQ, sizeof(left), &left);
	return ret;
}
