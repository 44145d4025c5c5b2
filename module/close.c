// SPDX-License-Identifier: GPL-2.0
/*
 * close(), shutdown() and disconnecting: how a user ends a connection, and how one that
 * outlives its user becomes an orphan.
 */
#include <net/inet_common.h>
#include <net/ip.h>
#include "close.h"
#include "core/keepalive.h"
#include "core/reset.h"
#include "drain.h"
#include "input.h"
#include "listen.h"
#include "net.h"
#include "port.h"
#include "rcvqueue.h"
#include "sock.h"
#include "socket.h"

/* What close() means to the connection: core/reset.c says whether it loses data */
static void close_connection(struct sock *sk)
{
	struct net *net = sock_net(sk);

	if (sk->sk_state == TCP_CLOSE)
		return;
	if (xtcp_reset_on_close(xtcp_inq(sk))) {
		xtcp_count(net, abort_on_close);
		xtcp_event_kind(sk, XTCP_EV_ABORT);
	} else if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime) {
		xtcp_count(net, abort_on_linger);
		xtcp_event_kind(sk, XTCP_EV_ABORT);
	} else {
		xtcp_event_kind(sk, XTCP_EV_SHUTDOWN);
		xtcp_event_kind(sk, XTCP_EV_DEAF);
	}
}

/* States in which close() with SO_LINGER waits for the peer */
static bool close_pending(const struct sock *sk)
{
	return (1 << sk->sk_state) &
	       (TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK);
}

static void close_linger(struct sock *sk, long timeout)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	if (!timeout)
		return;
	add_wait_queue(sk_sleep(sk), &wait);
	while (timeout && !signal_pending(current) && close_pending(sk))
		if (sk_wait_event(sk, &timeout, !close_pending(sk), &wait))
			break;
	remove_wait_queue(sk_sleep(sk), &wait);
}

/* The connection outlives its user: count it, unless there are too many */
static void close_orphan(struct sock *sk)
{
	struct xtcp_net *xn = xtcp_net(sock_net(sk));

	WRITE_ONCE(xtcp_sk(sk)->orphan_counted, true);
	/* a full barrier, which xtcp_draining() asks for */
	if (atomic_inc_return(&xn->orphans) > READ_ONCE(xn->knobs.max_orphans)) {
		xtcp_count(sock_net(sk), orphan_overflow);
		xtcp_event_kind(sk, XTCP_EV_ABORT);
	} else if (xtcp_draining()) {
		xtcp_count(sock_net(sk), orphan_drained);
		xtcp_event_kind(sk, XTCP_EV_ABORT);
	} else {
		xtcp_event_kind(sk, XTCP_EV_ORPHAN);
	}
}

/**
 * xtcp_close() - proto.close: the user is done with the socket
 * @sk: socket
 * @timeout: jiffies to wait for the peer (SO_LINGER)
 *
 * Context: process.
 */
void xtcp_close(struct sock *sk, long timeout)
{
	lock_sock(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sk->sk_state == TCP_LISTEN) {
		xtcp_listen_stop(sk);
	} else {
		close_connection(sk);
		close_linger(sk, timeout);
	}
	__skb_queue_purge(&sk->sk_receive_queue);
	sock_hold(sk);
	sock_orphan(sk);
	if (sk->sk_state == TCP_CLOSE)
		xtcp_sock_destroy(sk);
	else
		close_orphan(sk);
	release_sock(sk);
	sock_put(sk);
}

/**
 * xtcp_shutdown() - proto.shutdown: the user sends no more, or reads no more
 * @sk: socket
 * @how: RCV_SHUTDOWN, SEND_SHUTDOWN or both
 *
 * Only the sending side concerns the peer (RFC 9293 section 3.6); but when both are
 * shut it is to know that what it sends is lost.
 *
 * Context: process, under the socket lock.
 */
void xtcp_shutdown(struct sock *sk, int how)
{
	sock_owned_by_me(sk);
	if (how & SEND_SHUTDOWN &&
	    (1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_SYN_RECV | TCPF_CLOSE_WAIT))
		xtcp_event_kind(sk, XTCP_EV_SHUTDOWN);
	if (how & RCV_SHUTDOWN && sk->sk_state != TCP_CLOSE)
		xtcp_event_kind(sk, XTCP_EV_DEAF);
}

/* A control block for the next connection, with the settings of the last one */
static void disconnect_tcb(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_tcb set = xs->tcb;

	xtcp_tcb_init(&xs->tcb, set.knobs);
	xtcp_tcb_copy_settings(&xs->tcb, &set);
	WRITE_ONCE(xs->copied_seq, 0);
	memset(&xs->traffic, 0, sizeof(xs->traffic));
	xs->urgent = 0;
	xs->pmtu = 0;
}

/**
 * xtcp_disconnect() - proto.disconnect: end the connection, keep the socket
 * @sk: socket in any state
 * @flags: unused
 *
 * Who sleeps in a call belongs to the connection that ends (RFC 9293 section 3.10.5):
 * sk_disconnects tells, by which all sleep, and all are woken. Those in accept() wait
 * exclusively, and sk_error_report() would wake one.
 *
 * Context: process, under the socket lock.
 * Return: 0.
 */
int xtcp_disconnect(struct sock *sk, int flags)
{
	struct inet_sock *inet = inet_sk(sk);
	int state = sk->sk_state;

	sock_owned_by_me(sk);
	if (state == TCP_LISTEN)
		xtcp_listen_stop(sk);
	else if (state != TCP_CLOSE)
		xtcp_event_kind(sk, XTCP_EV_ABORT);
	if (state == TCP_SYN_SENT)
		WRITE_ONCE(sk->sk_err, ECONNRESET);
	xtcp_unhash(sk);
	xtcp_sock_stop_timer(sk);
	xtcp_sock_purge(sk);
	__skb_queue_purge(&sk->sk_receive_queue);
	disconnect_tcb(sk);
	kfree(xtcp_sk(sk)->saved_syn);
	xtcp_sk(sk)->saved_syn = NULL;

	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		xtcp_put_port(sk);
	inet->inet_dport = 0;
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		xtcp_port_set_saddr(sk, &in6addr_any);
	WRITE_ONCE(sk->sk_shutdown, 0);
	sock_reset_flag(sk, SOCK_DONE);
	WRITE_ONCE(sk->sk_err_soft, 0);
	sk_dst_reset(sk);
	sk->sk_disconnects++;
	sk_error_report(sk);
	sk->sk_state_change(sk);
	return 0;
}
