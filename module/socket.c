// SPDX-License-Identifier: GPL-2.0
/*
 * Creation and end of a socket: it is created by socket(), and freed when its connection has
 * ended and its program has closed it. child.c creates the children of listeners; close.c has
 * the user calls.
 *
 * References: the program's file (or the accept queue) owns one, an armed timer one, each
 * deferred piece of work one. Each buffer handed to IP owns a share of sk_wmem_alloc.
 * xtcp_sock_destroy() drops the first.
 */
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/transp_v6.h>
#include "accept_queue.h"
#include "conn.h"
#include "core/keepalive.h"
#include "core/reset.h"
#include "net.h"
#include "port.h"
#include "ready.h"
#include "sndqueue.h"
#include "sock.h"
#include "socket.h"
#include "timer.h"

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
 * xtcp_sock_init() - proto.init: initialize a new socket
 * @sk: socket, zeroed except for what the family has set
 *
 * Context: process, before the socket is visible to others.
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
 * xtcp_tcb_copy_settings() - copy the program's settings, which outlive a connection
 * @to: control block of a child, or of the next connection
 * @from: control block of the listener, or of the previous connection
 *
 * Context: @to is not visible to others yet, or under the socket lock.
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
 * xtcp_hash() - proto.hash: do nothing; connect() and listen() insert sockets themselves
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
 * Context: any, under the socket lock, or no one else has access to the socket.
 */
void xtcp_unhash(struct sock *sk)
{
	if (xtcp_conn_remove(&xtcp_sk(sk)->entry))
		sock_prot_inuse_add(sock_net(sk), sk->sk_prot, -1);
}

/**
 * xtcp_rehash() - proto.rehash: SO_BINDTODEVICE was set or removed
 * @sk: socket, in the table or not
 *
 * The hash does not depend on the device, so the entry stays in its bucket. From now on it
 * accepts only packets that arrive by its device, or by any if it has none.
 *
 * Context: process, under the socket lock.
 */
void xtcp_rehash(struct sock *sk)
{
	sock_owned_by_me(sk);
	xtcp_entry_bind(&xtcp_sk(sk)->entry, READ_ONCE(sk->sk_bound_dev_if));
}

/**
 * xtcp_sock_stop_timer() - disarm the timer, and drop its reference
 * @sk: socket
 *
 * Context: under the socket lock, the caller holds a reference; or no one
 * else has access to the socket.
 */
void xtcp_sock_stop_timer(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	if (xtcp_timer_disarm(&xs->timer))
		__sock_put(sk);
	xs->armed = XTCP_NEVER;
}

/**
 * xtcp_sock_done() - the connection is in CLOSED: release all but what the program holds
 * @sk: socket in TCP_CLOSE
 *
 * Context: under the socket lock. An orphan is destroyed.
 */
void xtcp_sock_done(struct sock *sk)
{
	sock_owned_by_me(sk);
	xtcp_unhash(sk);
	xtcp_sock_stop_timer(sk);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		xtcp_put_port(sk);
	if (sock_flag(sk, SOCK_DEAD))
		xtcp_sock_destroy(sk);
	else
		xtcp_accept_queue_dead(sk);
}

/**
 * xtcp_sock_purge() - empty both queues of the core
 * @sk: socket
 *
 * Context: under the socket lock, or no one else has access to the socket.
 */
void xtcp_sock_purge(struct sock *sk)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	xtcp_free_chain(sk, xtcp_sendq_purge(&t->sendq));
	xtcp_free_chain(sk, xtcp_reasm_purge(&t->reasm));
}

/**
 * xtcp_sock_release() - proto.destroy: release all that a socket holds
 * @sk: socket, in CLOSED
 *
 * socket() calls this without the lock when a cgroup program refuses a new socket.
 *
 * Context: under the socket lock, or no one else has access to the socket.
 */
void xtcp_sock_release(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	xtcp_unhash(sk);
	xtcp_sock_stop_timer(sk);
	xtcp_put_port(sk);
	xtcp_sock_purge(sk);
	sk_stream_kill_queues(sk);
	if (xs->orphan_counted)
		atomic_dec(&xtcp_net(sock_net(sk))->orphans);
	WRITE_ONCE(xs->orphan_counted, false);
	sk_sockets_allocated_dec(sk);
}

/**
 * xtcp_sock_destroy() - destroy a socket that no program has open
 * @sk: socket, in CLOSED
 *
 * Context: under the socket lock. The program's reference is dropped: unless the caller holds
 * another one, the socket may be freed.
 */
void xtcp_sock_destroy(struct sock *sk)
{
	sock_owned_by_me(sk);
	WARN_ON(sk->sk_state != TCP_CLOSE);
	sk_common_release(sk);
}
