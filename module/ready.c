// SPDX-License-Identifier: GPL-2.0
/*
 * Who may go on: what there is to read, the room to write, and what poll() says of both.
 */
#include <linux/poll.h>
#include "core/window.h"
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
	smp_wmb();	/* pairs with inet_sk_state_load(); the store itself is a plain one */
	inet_sk_set_state(sk, state);
}

/**
 * xtcp_inq() - bytes that wait for the reader
 * @sk: socket
 *
 * Context: any; exact under the socket lock.
 * Return: bytes.
 */
u32 xtcp_inq(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	int state = inet_sk_state_load(sk);	/* first: the numbers are at least as new */
	s32 waits;

	if ((1 << state) & (TCPF_SYN_SENT | TCPF_SYN_RECV | TCPF_LISTEN))
		return 0;
	waits = READ_ONCE(xs->tcb.rcv_nxt) - READ_ONCE(xs->copied_seq);
	/* read without the lock, it may not be of the same moment: the FIN is taken for a
	 * byte then, and who asks for bytes is woken by a FIN anyway
	 */
	if (data_race(xs->tcb.rcv_fin_done))
		waits--;			/* the FIN itself */
	return max(waits, 0);	/* a reader may have gone on between the two */
}

/**
 * xtcp_receive_full() - can the peer send no more before something is read?
 * @sk: socket
 *
 * Its window is no larger than a segment, or the buffer is full. Who waits for more than is
 * there would wait for ever, and the peer, too.
 *
 * Context: any; exact under the socket lock.
 * Return: true when so.
 */
bool xtcp_receive_full(const struct sock *sk)
{
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	/* A poll that reads what is being changed is asked again by whoever changes it */
	return data_race(xtcp_rcv_window(t)) <= data_race(t->rcv_mss) ||
	       atomic_read(&sk->sk_rmem_alloc) >= READ_ONCE(sk->sk_rcvbuf);
}

/* The urgent byte that the reader stands before is not for it */
static bool poll_readable(const struct sock *sk)
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
 * xtcp_set_rcvlowat() - proto_ops.set_rcvlowat: SO_RCVLOWAT
 * @sk: socket
 * @bytes: what poll() waits for, not negative
 *
 * The receive buffer must hold that much: it grows, or where the user has fixed its size
 * the mark is cut to it.
 *
 * Context: process, under the socket lock.
 * Return: 0.
 */
int xtcp_set_rcvlowat(struct sock *sk, int bytes)
{
	bool fixed = sk->sk_userlocks & SOCK_RCVBUF_LOCK;
	int most = fixed ? sk->sk_rcvbuf : READ_ONCE(xtcp_sk(sk)->tcb.knobs->rmem[2]);

	bytes = min(bytes, most / 2);		/* as xtcp_rcv_free() reckons */
	WRITE_ONCE(sk->sk_rcvlowat, bytes ?: 1);
	if (!fixed && sk->sk_rcvbuf < 2 * bytes)
		WRITE_ONCE(sk->sk_rcvbuf, 2 * bytes);
	if ((1 << sk->sk_state) & (TCPF_LISTEN | TCPF_CLOSE))
		return 0;
	xtcp_event_kind(sk, XTCP_EV_RECEIVE);	/* the peer may be told of the room */
	if (poll_readable(sk))			/* who found too little may find enough */
		sk->sk_data_ready(sk);
	return 0;
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
		if (poll_readable(sk))
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
