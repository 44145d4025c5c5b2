// SPDX-License-Identifier: GPL-2.0
/*
 * listen(), and segments in state LISTEN. listener.c has the table of listeners,
 * accept_queue.c the accept queue.
 *
 * A SYN takes no lock of its listener: the request that it creates is in the connection table,
 * and the listener only counts its requests. This count is its SYN queue.
 */
#include "accept.h"
#include "accept_queue.h"
#include "conn.h"
#include "cookie.h"
#include "drop.h"
#include "listen.h"
#include "listener.h"
#include "net.h"
#include "packet.h"
#include "policy.h"
#include "port.h"
#include "port_ephemeral.h"
#include "ready.h"
#include "request.h"
#include "reject.h"
#include "sock.h"
#include "timewait.h"

static int listen_start(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	int err;

	/* it has listened before: a SYN of that time may still be using the counters */
	if (xs->listener.id)
		synchronize_rcu();
	if (!xs->listener.mib)
		xs->listener.mib = alloc_percpu_gfp(struct xtcp_listen_mib,
						    GFP_KERNEL_ACCOUNT);
	if (!xs->listener.mib)
		return -ENOMEM;
	spin_lock_init(&xs->listener.lock);
	INIT_LIST_HEAD(&xs->listener.children);
	INIT_LIST_HEAD(&xs->listener.dead);
	WRITE_ONCE(xs->listener.dead_count, 0);
	atomic_set(&xs->listener.halfopen, 0);
	WRITE_ONCE(sk->sk_ack_backlog, 0);

	/* Enter LISTEN before the port is checked. Two sockets that share a port by
	 * SO_REUSEADDR and call listen() at once then see each other
	 */
	xs->tcb.state = XTCP_LISTEN;
	xtcp_set_state(sk, TCP_LISTEN);
	err = xtcp_get_port(sk, inet_sk(sk)->inet_num);
	if (err)
		goto undo;
	inet_sk(sk)->inet_sport = htons(inet_sk(sk)->inet_num);
	sk_dst_reset(sk);
	err = xtcp_listener_hash(sk);
	if (!err)
		return 0;
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		xtcp_put_port(sk);
undo:
	xs->tcb.state = XTCP_CLOSED;
	xtcp_set_state(sk, TCP_CLOSE);
	return err;
}

/**
 * xtcp_listen() - proto_ops.listen: passive OPEN (RFC 9293 section 3.10.1)
 * @sock: socket
 * @backlog: maximum length of the accept queue, capped by the sysctl max_accept_backlog; a
 *	later call changes it
 *
 * Context: process.
 * Return: 0, -EINVAL if connected, -EADDRINUSE, -ENOMEM.
 */
int xtcp_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int max = READ_ONCE(xtcp_net(sock_net(sk))->knobs.max_accept_backlog);
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED || sock->type != SOCK_STREAM)
		goto out;
	if (sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN)
		goto out;
	WRITE_ONCE(sk->sk_max_ack_backlog, min_t(u32, backlog, max));
	err = sk->sk_state == TCP_LISTEN ? 0 : listen_start(sk);
out:
	release_sock(sk);
	return err;
}

/**
 * xtcp_listen_stop() - end listening
 * @sk: listening socket; in CLOSED afterwards
 *
 * Its requests migrate or end at their next event (request.c).
 *
 * Context: process, under the socket lock.
 */
void xtcp_listen_stop(struct sock *sk)
{
	sock_owned_by_me(sk);
	xtcp_listener_unhash(sk);
	xtcp_sk(sk)->tcb.state = XTCP_CLOSED;
	xtcp_set_state(sk, TCP_CLOSE);
	xtcp_accept_close(sk);
}

/* Is a SYN to be answered by a cookie? Not if there is a TIME-WAIT entry: our ISN must be above
 * what that connection has used, and the ISN of a cookie can't be chosen
 */
static bool listen_by_cookie(const struct net *net, bool full,
			     const struct xtcp_timewait *tw)
{
	int mode = READ_ONCE(xtcp_net(net)->knobs.syncookies);

	return !tw && (mode > 1 || (mode && full));
}

/* Consumes @skb */
static void listen_syn(struct sock *listener, struct sk_buff *skb,
		       const struct xtcp_seg *seg, const struct xtcp_key *key,
		       struct xtcp_timewait *tw)
{
	struct net *net = key->net;
	bool full = atomic_read(&xtcp_sk(listener)->listener.halfopen) >=
		    READ_ONCE(xtcp_net(net)->knobs.max_syn_backlog);
	unsigned int why;

	if (xtcp_accept_queue_full(listener)) {
		xtcp_listen_count(listener, XTCP_LISTEN_accept_full);
		why = XTCP_REFUSED_ACCEPT_FULL;
	} else if (!xtcp_policy_request(listener, skb, key)) {
		why = XTCP_REFUSED_LSM;
	} else if (listen_by_cookie(net, full, tw)) {
		xtcp_cookie_answer(listener, seg, key, skb);
		return;
	} else if (full) {
		xtcp_listen_count(listener, XTCP_LISTEN_syn_full);
		why = XTCP_REFUSED_SYN_FULL;
	} else if (xtcp_from_broadcast(net, skb)) {
		why = XTCP_REFUSED_NOT_OURS;
	} else {
		why = xtcp_request_open(listener, seg, key, skb, tw);
	}
	xtcp_skb_done(net, skb, why);
}

/**
 * xtcp_listen_rcv() - a segment for LISTEN (RFC 9293 section 3.10.7.2)
 * @listener: listening socket, not locked
 * @skb: packet, data at the transport header; consumed
 * @seg: its segment
 * @key: its connection
 * @tw: TIME-WAIT entry that a SYN would replace; NULL: none
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_listen_rcv(struct sock *listener, struct sk_buff *skb, struct xtcp_seg *seg,
		     const struct xtcp_key *key, struct xtcp_timewait *tw)
{
	struct net *net = key->net;

	xtcp_rcu_held();
	if (seg->flags & XTCP_RST) {
		xtcp_skb_done(net, skb, XTCP_DROP_RST_INVALID);
	} else if (seg->flags & XTCP_ACK) {
		if (!(seg->flags & XTCP_SYN) && xtcp_cookie_rcv(listener, skb, seg, key))
			return;
		xtcp_reset_skb(skb, seg, key, listener);
		xtcp_skb_done(net, skb, XTCP_REFUSED_NO_SOCKET);
	} else if (!(seg->flags & XTCP_SYN)) {
		xtcp_skb_done(net, skb, XTCP_DROP_NOT_EXPECTED);
	} else {
		listen_syn(listener, skb, seg, key, tw);
	}
}
