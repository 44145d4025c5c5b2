// SPDX-License-Identifier: GPL-2.0
/*
 * Actions: everything the core asks for is done here, always in the same order: memory,
 * error and shutdown flags, segments, sk_state, the timer, wakeups, and last what may free
 * the socket.
 */
#include <net/dst.h>
#include "act.h"
#include "buffer.h"
#include "net.h"
#include "output.h"
#include "rcvqueue.h"
#include "ready.h"
#include "reject.h"
#include "sndqueue.h"
#include "sock.h"
#include "socket.h"
#include "timer.h"
#include "timewait.h"
#include "urgent.h"

/* The socket has no connection any more */
#define ACT_ENDS (XTCP_ACT_CLOSED | XTCP_ACT_TIME_WAIT)

/* Copy the control block's state to sk_state, which also feeds the tracepoints. sk_state is
 * never TCP_TIME_WAIT: the kernel takes a socket in that state for a timewait socket
 * (sk_fullsock()), and xtcp_timewait_enter() has set the control block to CLOSED
 */
static void act_state(struct sock *sk)
{
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	BUILD_BUG_ON((int)XTCP_ESTABLISHED != TCP_ESTABLISHED ||
		     (int)XTCP_SYN_RECEIVED != TCP_SYN_RECV ||
		     (int)XTCP_TIME_WAIT != TCP_TIME_WAIT ||
		     (int)XTCP_CLOSED != TCP_CLOSE ||
		     (int)XTCP_LISTEN != TCP_LISTEN ||
		     (int)XTCP_CLOSING != TCP_CLOSING);
	if (sk->sk_state == t->state)
		return;
	if (t->state == XTCP_SYN_RECEIVED)	/* the peer's ISN is known, nothing to read yet */
		WRITE_ONCE(xtcp_sk(sk)->copied_seq, t->rcv_nxt);
	xtcp_set_state(sk, t->state);
}

static void act_error(struct sock *sk, const struct xtcp_actions *act)
{
	if (act->todo & XTCP_ACT_ERROR) {
		WRITE_ONCE(sk->sk_err, act->err);
		if (act->err == ETIMEDOUT)
			xtcp_count(sock_net(sk), timeouts);
	} else if (act->todo & XTCP_ACT_SOFT_ERROR) {
		WRITE_ONCE(sk->sk_err_soft, act->err);
	} else if (act->todo & (XTCP_ACT_CONNECTED | XTCP_ACT_WRITABLE)) {
		WRITE_ONCE(sk->sk_err_soft, 0);		/* the path works again */
	}
}

static void act_shutdown(struct sock *sk, u32 todo)
{
	int how = sk->sk_shutdown;

	if (todo & XTCP_ACT_PEER_FIN)
		how |= RCV_SHUTDOWN;
	if (todo & XTCP_ACT_WRITE_SHUT)
		how |= SEND_SHUTDOWN;
	if (todo & ACT_ENDS)
		how = SHUTDOWN_MASK;
	if (todo & XTCP_ACT_PEER_FIN)
		sock_set_flag(sk, SOCK_DONE);
	WRITE_ONCE(sk->sk_shutdown, how);
}

static void act_send(struct sock *sk, const struct xtcp_actions *act)
{
	if (act->todo & XTCP_ACT_NEW_ROUTE)
		dst_negative_advice(sk);
	if (act->todo & XTCP_ACT_RST)
		xtcp_reset_peer(sk, &act->rst);
	if (act->todo & XTCP_ACT_OUTPUT)
		xtcp_output(sk);
}

/**
 * xtcp_rearm() - arm the timer for the earliest deadline
 * @sk: socket
 *
 * A deadline that has moved later, or was cancelled, costs nothing here: the timer expires
 * at the old time, finds nothing due, and is armed for the earliest deadline of that moment.
 *
 * Context: under the socket lock.
 */
void xtcp_rearm(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (xs->tcb.soonest >= xs->armed)
		return;
	xs->armed = xs->tcb.soonest;
	if (xtcp_timer_arm(&xs->timer, xs->armed))
		sock_hold(sk);
}

/* Has the program asked for every error (IP_RECVERR)? */
static bool act_wants_errors(struct sock *sk)
{
	return xtcp_is_v4(sk) ? xtcp_compat_recverr(sk) : xtcp_compat_recverr6(sk);
}

/**
 * xtcp_report() - report an error that does not end the connection
 * @sk: socket
 * @err: errno, positive
 *
 * Only programs that have asked for every error get it, and only once the connection is
 * established: in connect(), sk_err would mean that the attempt has failed.
 *
 * Context: under the socket lock. Source: RFC 9293 section 3.9.1.8 (MUST-47, SHLD-20).
 */
void xtcp_report(struct sock *sk, int err)
{
	const u32 established = XTCP_SYNCHRONIZED & ~XTCP_S(SYN_RECEIVED);

	sock_owned_by_me(sk);
	if (!XTCP_IN(sk->sk_state, established) || !act_wants_errors(sk))
		return;
	WRITE_ONCE(sk->sk_err, err);
	sk_error_report(sk);
}

static void act_wake(struct sock *sk, u32 todo)
{
	if (sock_flag(sk, SOCK_DEAD))
		return;
	if (todo & XTCP_ACT_ERROR)
		sk_error_report(sk);
	if (todo & XTCP_ACT_ADVISE)
		xtcp_report(sk, ETIMEDOUT);
	if (todo & (XTCP_ACT_CONNECTED | XTCP_ACT_PEER_FIN | XTCP_ACT_WRITE_SHUT |
		    ACT_ENDS)) {
		sk->sk_state_change(sk);
		if (todo & XTCP_ACT_CONNECTED)
			sk_wake_async(sk, SOCK_WAKE_IO, POLL_OUT);
		else
			sk_wake_async(sk, SOCK_WAKE_WAITD,
				      sk->sk_shutdown == SHUTDOWN_MASK ||
				      sk->sk_state == TCP_CLOSE ? POLL_HUP : POLL_IN);
	}
	if (todo & XTCP_ACT_READABLE)
		sk->sk_data_ready(sk);
	if (todo & XTCP_ACT_WRITABLE)
		xtcp_write_space(sk);
}

/* Both streams start after the SYN */
static void act_connected(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	WRITE_ONCE(xs->copied_seq, xs->tcb.irs + 1);
	xs->traffic.una = xs->tcb.iss + 1;
	xs->traffic.open = true;
}

/* Add what was acknowledged since the last call. Before the connection is open only the SYN
 * can be acknowledged, which is not counted
 */
static void act_count(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (!xs->traffic.open)
		return;
	xs->traffic.bytes_acked += xs->tcb.snd_una - xs->traffic.una;
	xs->traffic.una = xs->tcb.snd_una;
}

/**
 * xtcp_act() - carry out what the core has decided
 * @sk: socket
 * @act: the actions
 *
 * Context: under the socket lock. The socket may have been freed when this returns, if it is
 * an orphan and the caller holds no reference.
 */
void xtcp_act(struct sock *sk, struct xtcp_actions *act)
{
	u32 todo = act->todo;

	sock_owned_by_me(sk);
	if (todo & XTCP_ACT_CONNECTED)
		act_connected(sk);
	act_count(sk);
	if (act->freed)
		xtcp_free_chain(sk, act->freed);
	if (todo & XTCP_ACT_URGENT)
		xtcp_urgent_notice(sk, act->urgent);
	if (act->deliver)
		xtcp_deliver(sk, act->deliver);
	if (unlikely(xtcp_sk(sk)->urgent == XTCP_URGENT_COMING))
		xtcp_urgent_arrive(sk);
	act_error(sk, act);
	if (todo & (XTCP_ACT_PEER_FIN | XTCP_ACT_WRITE_SHUT | ACT_ENDS))
		act_shutdown(sk, todo);
	if (todo & (XTCP_ACT_CONNECTED | XTCP_ACT_WRITABLE))
		xtcp_sndbuf_grow(sk);
	if (todo & (XTCP_ACT_RST | XTCP_ACT_OUTPUT | XTCP_ACT_NEW_ROUTE))
		act_send(sk, act);
	if (todo & XTCP_ACT_TIME_WAIT) {
		xtcp_timewait_enter(sk);
		todo |= XTCP_ACT_CLOSED;
	}
	act_state(sk);
	xtcp_rearm(sk);
	act_wake(sk, todo);
	if (todo & XTCP_ACT_CLOSED)
		xtcp_sock_done(sk);
}
