// SPDX-License-Identifier: GPL-2.0
/*
 * A socket's life: made by socket() or as a listener's child, closed by its user,
 * kept as an orphan until the peer has agreed, freed.
 *
 * References: the user (or the accept queue) holds one, an armed timer one, each
 * deferred piece of work one, and each buffer on its way to the device a share of
 * sk_wmem_alloc. xtcp_sock_destroy() drops the user's.
 */
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/transp_v6.h>
#include "drain.h"
#include "record.h"
#include "sock.h"

static void sock_destruct(struct sock *sk)
{
	free_percpu(xtcp_sk(sk)->listener.mib);
	kfree(xtcp_sk(sk)->saved_syn);
	if (sk->sk_family == AF_INET6)
		inet6_sock_destruct(sk);
	else
		inet_sock_destruct(sk);
}

/**
 * xtcp_sock_init() - proto.init: a new socket
 * @sk: socket, zeroed but for what the family has set
 *
 * Context: process, nobody else knows the socket.
 * Return: 0.
 */
int xtcp_sock_init(struct sock *sk)
{
	struct xtcp_net *xn = xtcp_net(sock_net(sk));
	struct xtcp_sock *xs = xtcp_sk(sk);

	xtcp_tcb_init(&xs->tcb, &xn->knobs);
	xtcp_timer_init(&xs->timer, XTCP_ENTRY_SOCKET);
	xs->armed = XTCP_NEVER;
	INIT_LIST_HEAD(&xs->accept_node);
	INIT_LIST_HEAD(&xs->accept_dead);
	xtcp_entry_init(&xs->entry, XTCP_ENTRY_SOCKET);
	xs->entry.family = sk->sk_family;
	write_pnet(&xs->entry.net, sock_net(sk));

	sk->sk_state = TCP_CLOSE;
	sk->sk_destruct = sock_destruct;
	sk->sk_write_space = xtcp_write_space;
	sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
	sock_set_flag(sk, SOCK_RCU_FREE);
	WRITE_ONCE(sk->sk_sndbuf, READ_ONCE(xn->knobs.wmem[1]));
	WRITE_ONCE(sk->sk_rcvbuf, READ_ONCE(xn->knobs.rmem[1]));
	sk_sockets_allocated_inc(sk);
	return 0;
}

/**
 * xtcp_tcb_copy_settings() - the user's settings, which outlive a connection
 * @to: control block of a child, or of the next connection
 * @from: control block of the listener, or of the connection before
 *
 * Context: nobody else has @to yet, or under the socket lock.
 */
void xtcp_tcb_copy_settings(struct xtcp_tcb *to, const struct xtcp_tcb *from)
{
	to->nodelay = from->nodelay;
	to->cork = from->cork;
	to->keepalive = from->keepalive;
	to->rcv_wnd_clamp = from->rcv_wnd_clamp;
	to->set_mss = from->set_mss;
	to->set_keepalive_time = from->set_keepalive_time;
	to->set_keepalive_intvl = from->set_keepalive_intvl;
	to->set_keepalive_probes = from->set_keepalive_probes;
	to->set_syn_retries = from->set_syn_retries;
	to->set_fin_timeout = from->set_fin_timeout;
	to->user_timeout = from->user_timeout;
}

/**
 * xtcp_hash() - proto.hash: nothing; connect() and listen() hash by themselves
 * @sk: socket
 *
 * Return: 0.
 */
int xtcp_hash(struct sock *sk)
{
	return 0;
}

/**
 * xtcp_unhash() - proto.unhash: take a socket out of the connection table
 * @sk: socket, in the table or not
 *
 * Context: any, under the socket lock.
 */
void xtcp_unhash(struct sock *sk)
{
	if (xtcp_conn_remove(&xtcp_sk(sk)->entry))
		sock_prot_inuse_add(sock_net(sk), sk->sk_prot, -1);
}

/**
 * xtcp_rehash() - proto.rehash: SO_BINDTODEVICE was set
 * @sk: socket, in the table or not
 *
 * A connection is found only by what comes by its device from now on.
 *
 * Context: process, under the socket lock.
 */
void xtcp_rehash(struct sock *sk)
{
	xtcp_entry_bind(&xtcp_sk(sk)->entry, READ_ONCE(sk->sk_bound_dev_if));
}

/**
 * xtcp_sock_expired() - the timer: some deadline may have passed
 * @timer: of a socket
 *
 * Context: softirq; owns the timer's reference.
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
 * xtcp_release_cb() - proto.release_cb: the owner lets go; do what waited for it
 * @sk: socket
 *
 * Context: process, under the socket lock.
 */
void xtcp_release_cb(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

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

static void sock_stop_timer(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (xtcp_timer_disarm(&xs->timer))
		__sock_put(sk);
	xs->armed = XTCP_NEVER;
}

/**
 * xtcp_sock_done() - the connection is in CLOSED: nothing is left but the user
 * @sk: socket, whose state says so
 *
 * Context: under the socket lock. An orphan is destroyed.
 */
void xtcp_sock_done(struct sock *sk)
{
	xtcp_unhash(sk);
	sock_stop_timer(sk);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		xtcp_put_port(sk);
	if (sock_flag(sk, SOCK_DEAD))
		xtcp_sock_destroy(sk);
	else
		xtcp_accept_queue_dead(sk);
}

/* Both queues of the core */
static void sock_purge(struct sock *sk)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	xtcp_free_chain(sk, xtcp_sendq_purge(&t->sendq));
	xtcp_free_chain(sk, xtcp_reasm_purge(&t->reasm));
}

/**
 * xtcp_sock_release() - proto.destroy: free all that a socket holds
 * @sk: socket, in CLOSED
 *
 * Context: under the socket lock, or nobody else knows the socket.
 */
void xtcp_sock_release(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xtcp_unhash(sk);
	sock_stop_timer(sk);
	xtcp_put_port(sk);
	sock_purge(sk);
	sk_stream_kill_queues(sk);
	if (xs->orphan_counted)
		atomic_dec(&xtcp_net(sock_net(sk))->orphans);
	WRITE_ONCE(xs->orphan_counted, false);
	sk_sockets_allocated_dec(sk);
}

/**
 * xtcp_sock_destroy() - end a socket that no user has
 * @sk: socket, in CLOSED
 *
 * Context: under the socket lock. The user's reference is dropped: unless the
 * caller holds another, the socket is gone.
 */
void xtcp_sock_destroy(struct sock *sk)
{
	WARN_ON(sk->sk_state != TCP_CLOSE);
	sk_common_release(sk);
}

/* What close() means to the connection: data that nobody will read is lost, and
 * the peer must know (RFC 9293 SHLD-3, RFC 2525 section 2.17)
 */
static void close_connection(struct sock *sk)
{
	struct net *net = sock_net(sk);

	if (xtcp_inq(sk) && sk->sk_state != TCP_CLOSE) {
		xtcp_count(net, abort_on_close);
		xtcp_event_kind(sk, XTCP_EV_ABORT);
	} else if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime &&
		   sk->sk_state != TCP_CLOSE) {
		xtcp_count(net, abort_on_linger);
		xtcp_event_kind(sk, XTCP_EV_ABORT);
	} else if (sk->sk_state != TCP_CLOSE) {
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

	if (state == TCP_LISTEN)
		xtcp_listen_stop(sk);
	else if (state != TCP_CLOSE)
		xtcp_event_kind(sk, XTCP_EV_ABORT);
	if (state == TCP_SYN_SENT)
		WRITE_ONCE(sk->sk_err, ECONNRESET);
	xtcp_unhash(sk);
	sock_stop_timer(sk);
	sock_purge(sk);
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

/**
 * xtcp_keepalive() - proto.keepalive: SO_KEEPALIVE was set
 * @sk: socket
 * @on: on or off
 *
 * Context: process, under the socket lock.
 */
void xtcp_keepalive(struct sock *sk, int on)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	t->keepalive = on;
	if ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
		return;
	xtcp_keepalive_start(t, xtcp_now());
	xtcp_rearm(sk);
}
