// SPDX-License-Identifier: GPL-2.0
/*
 * Who may go on: the room to write, and what poll() says.
 */
#include <linux/poll.h>
#include "core/window.h"
#include "rcvqueue.h"
#include "ready.h"
#include "sock.h"

/**
 * xtcp_set_state() - sk_state follows what was decided
 * @sk: socket
 * @state: the new state
 *
 * Who sees the new state without the lock, by inet_sk_state_load(), sees all that goes with
 * it: of a connection that is established the numbers of both ends, of one that has ended
 * its error.
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
 * The urgent byte that the reader stands before is not for it.
 *
 * Context: any; exact under the socket lock.
 * Return: true when SO_RCVLOWAT bytes wait, or no more can come.
 */
bool xtcp_readable(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	u32 apart = READ_ONCE(xs->urgent) && !sock_flag(sk, SOCK_URGINLINE) &&
		    READ_ONCE(xs->urgent_seq) == READ_ONCE(xs->copied_seq);
	u32 waits = xtcp_inq(sk);

	/* what all sockets together may have decides, too, how much can come */
	return waits > apart && (waits - apart >= sock_rcvlowat(sk, 0, INT_MAX) ||
				 xtcp_receive_full(sk) ||
				 READ_ONCE(*sk->sk_prot->memory_pressure));
}

/**
 * xtcp_stream_memory_free() - proto.stream_memory_free: TCP_NOTSENT_LOWAT
 * @sk: socket
 * @wake: 1 when a sleeper is to be woken: half of the mark must be free then
 *
 * Context: any.
 * Return: true when less than the mark waits to be sent for the first time.
 */
bool xtcp_stream_memory_free(const struct sock *sk, int wake)
{
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;
	u32 lowat = READ_ONCE(xtcp_sk(sk)->notsent_lowat);
	u64 notsent = READ_ONCE(t->write_seq) - READ_ONCE(t->snd_nxt);

	return !lowat || notsent << wake < lowat;
}

/**
 * xtcp_write_space() - sk_write_space: wake writers when a third of the room is free
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
	/* room may have come before the bits were set: look again */
	smp_mb__after_atomic();
	return sk_stream_is_writeable(sk) ? EPOLLOUT | EPOLLWRNORM : 0;
}

/**
 * xtcp_poll() - proto_ops.poll
 * @file: its file
 * @sock: socket
 * @wait: poll table
 *
 * Context: process, without the socket lock: what it sees may be old a moment
 * later, when a wake-up follows.
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
