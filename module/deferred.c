// SPDX-License-Identifier: GPL-2.0
/*
 * Work that can't be done while a process owns the socket lock is deferred until the process
 * releases it.
 */
#include "act.h"
#include "deferred.h"
#include "icmp.h"
#include "input.h"
#include "output.h"
#include "sock.h"
#include "timer.h"

/**
 * xtcp_sock_expired() - the timer of a socket has expired: a deadline may have passed
 * @timer: the timer
 *
 * Context: softirq; owns the timer's reference to the socket.
 */
void xtcp_sock_expired(struct xtcp_timer *timer)
{
	struct xtcp_sock *xs = container_of(timer, struct xtcp_sock, timer);
	struct sock *sk = (struct sock *)xs;

	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk)) {
		xs->armed = XTCP_NEVER;
		xtcp_event_kind(sk, XTCP_EV_TIMER);
	} else if (!test_and_set_bit(XTCP_DEFER_TIMER, &xs->deferred)) {
		sock_hold(sk);
	}
	bh_unlock_sock(sk);
	sock_put(sk);
}

/**
 * xtcp_release_cb() - proto.release_cb: do what was deferred until the lock's release
 * @sk: socket
 *
 * Context: process, under the socket lock.
 */
void xtcp_release_cb(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	sock_owned_by_me(sk);
	if (test_and_clear_bit(XTCP_DEFER_OUTPUT, &xs->deferred) &&
	    sk->sk_state != TCP_CLOSE) {
		xtcp_output(sk);
		xtcp_rearm(sk);
	}
	if (test_and_clear_bit(XTCP_DEFER_TIMER, &xs->deferred)) {
		xs->armed = XTCP_NEVER;
		xtcp_event_kind(sk, XTCP_EV_TIMER);
		__sock_put(sk);
	}
	if (test_and_clear_bit(XTCP_DEFER_MTU, &xs->deferred)) {
		xtcp_mtu_reduced(sk);
		__sock_put(sk);
	}
}
