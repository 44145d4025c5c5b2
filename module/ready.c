// SPDX-License-Identifier: GPL-2.0
/*
 * Readiness: socket state, write space, poll().
 */
#include <linux/poll.h>
#include "core/window.h"
#include "rcvqueue.h"
#include "ready.h"
#include "sock.h"

/**
 * xtcp_set_state() - change sk_state
 * @sk: socket
 * @state: the new state
 *
 * A lockless reader that sees the new state, by inet_sk_state_load(), also sees what goes
 * with it: the sequence numbers of an established connection, the error of one that has ended.
 *
 * Context: under the socket lock.
 */
void xtcp_set_state(struct sock *sk, int state)
{
	sock_owned_by_me(sk);
	smp_wmb();	/* pairs with inet_sk_state_load(); the store itself is a plain one */
	inet_sk_set_state(sk, state);
}

/**
 * xtcp_readable() - does poll() say that there is something to read?
 * @sk: socket
 *
 * An urgent byte that is next to read and out of band does not count.
 *
 * Context: any; exact under the socket lock.
 * Return: true when SO_RCVLOWAT bytes wait, or no more can come.
 */
bool xtcp_readable(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 oob = READ_ONCE(xs->urgent) && !sock_flag(sk, SOCK_URGINLINE) &&
		    READ_ONCE(xs->urgent_seq) == READ_ONCE(xs->copied_seq);
	u32 waits = xtcp_inq(sk);

	/* memory pressure also limits how much more can come */
	return waits > oob && (waits - oob >= sock_rcvlowat(sk, 0, INT_MAX) ||
				 xtcp_receive_full(sk) ||
				 READ_ONCE(*sk->sk_prot->memory_pressure));
}

/**
 * xtcp_stream_memory_free() - proto.stream_memory_free: TCP_NOTSENT_LOWAT
 * @sk: socket
 * @wake: 1 when a sleeping writer is to be woken: then half of the limit must be free
 *
 * Context: any.
 * Return: true when fewer bytes than the limit are queued and never sent.
 */
bool xtcp_stream_memory_free(const struct sock *sk, int wake)
{
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;
	u32 lowat = READ_ONCE(xtcp_sk(sk)->notsent_lowat);
	u64 notsent = READ_ONCE(t->write_seq) - READ_ONCE(t->snd_nxt);

	return !lowat || notsent << wake < lowat;
}

/**
 * xtcp_write_space() - sk_write_space: wake writers when a third of the send buffer is free
 * @sk: socket
 *
 * Context: any.
 */
void xtcp_write_space(struct sock *sk)
{
	struct socket *sock = sk->sk_socket;
	struct socket_wq *wq;

	if (!sock || !test_bit(SOCK_NOSPACE, &sock->flags) ||
	    !sk_stream_is_writeable(sk))
		return;
	clear_bit(SOCK_NOSPACE, &sock->flags);
	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait,
					   EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	if (wq && wq->fasync_list && !(sk->sk_shutdown & SEND_SHUTDOWN))
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
	rcu_read_unlock();
}

static __poll_t poll_writable(struct sock *sk, struct socket *sock, int shutdown)
{
	if (shutdown & SEND_SHUTDOWN || sk_stream_is_writeable(sk))
		return EPOLLOUT | EPOLLWRNORM;
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	set_bit(SOCK_NOSPACE, &sock->flags);
	/* there may have been room before the bits were set: check again */
	smp_mb__after_atomic();
	return sk_stream_is_writeable(sk) ? EPOLLOUT | EPOLLWRNORM : 0;
}

/**
 * xtcp_poll() - proto_ops.poll
 * @file: its file
 * @sock: socket
 * @wait: poll table
 *
 * Context: process, without the socket lock: the events may be out of date at once; a
 * wake-up follows then.
 * Return: events.
 */
__poll_t xtcp_poll(struct file *file, struct socket *sock, poll_table *wait)
{
	struct sock *sk = sock->sk;
	int state, shutdown;
	__poll_t mask = 0;

	sock_poll_wait(file, sock, wait);
	state = inet_sk_state_load(sk);
	if (state == TCP_LISTEN)
		return list_empty_careful(&xtcp_sk(sk)->listener.children) ? 0 :
		       EPOLLIN | EPOLLRDNORM;

	shutdown = READ_ONCE(sk->sk_shutdown);
	if (shutdown == SHUTDOWN_MASK || state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (state != TCP_SYN_SENT && state != TCP_SYN_RECV) {
		if (xtcp_readable(sk))
			mask |= EPOLLIN | EPOLLRDNORM;
		if (READ_ONCE(xtcp_sk(sk)->urgent) & XTCP_URGENT_BYTE)
			mask |= EPOLLPRI;
		mask |= poll_writable(sk, sock, shutdown);
	}
	smp_rmb();	/* the error is set before the state that goes with it */
	if (READ_ONCE(sk->sk_err) || !skb_queue_empty_lockless(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return mask;
}
