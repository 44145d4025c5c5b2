// SPDX-License-Identifier: GPL-2.0
/*
 * close(), shutdown() and disconnect: how a program ends a connection, and how a connection
 * that outlives its socket becomes an orphan.
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

/* End the connection by FIN or RST: core/reset.c decides whether close() loses data */
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
		xtcp_event_kind(sk, XTCP_EV_SHUT_RD);
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

/* The connection becomes an orphan, or is aborted if there are too many of them */
static void close_orphan(struct sock *sk)
{
	struct xtcp_net *xn = xtcp_net(sock_net(sk));

	WRITE_ONCE(xtcp_sk(sk)->orphan_counted, true);
	/* atomic_inc_return() is the full barrier that drain.c needs here */
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
 * xtcp_close() - proto.close: the program closes the socket
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
 * xtcp_shutdown() - proto.shutdown: the program stops sending, reading or both
 * @sk: socket
 * @how: RCV_SHUTDOWN, SEND_SHUTDOWN or both
 *
 * Only the end of sending is visible to the peer, as a FIN (RFC 9293 section 3.6). If reading
 * has ended as well, data that arrive after that are answered by RST (core/reset.c), so that
 * the peer knows that they are lost.
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
		xtcp_event_kind(sk, XTCP_EV_SHUT_RD);
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
 * Calls that sleep on the socket belong to the connection that ends, and must return (RFC
 * 9293 section 3.10.5). They find that sk_disconnects has changed when they are woken.
 * sk_error_report() wakes only one of the calls of accept(), which wait exclusively, so
 * sk_state_change() follows and wakes all.
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
