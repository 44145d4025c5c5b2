// SPDX-License-Identifier: GPL-2.0
/*
 * accept(), and what happens to the queued children of a listener that closes. With the
 * sysctl migrate_req they migrate to another listener of the reuse port group
 * (xtcp_listener_migrate_target()), if its queue has room. Otherwise they are reset.
 *
 * Never hold two queue locks. A child being migrated is on neither queue; the migrating
 * path owns its reference.
 */
#include <linux/sched/signal.h>
#include <net/inet_common.h>
#include "accept.h"
#include "accept_queue.h"
#include "child.h"
#include "conn.h"
#include "listener.h"
#include "sock.h"

/* Put a child into a queue and wake a caller of accept() */
static enum xtcp_accept_put accept_put(struct sock *listener, struct sock *child, bool bounded)
{
	struct sock *evicted;
	enum xtcp_accept_put put = xtcp_accept_queue_put(listener, child, bounded, &evicted);

	if (put == XTCP_ACCEPT_TAKEN)
		listener->sk_data_ready(listener);
	if (evicted) {
		xtcp_listen_count(listener, XTCP_LISTEN_gave_way);
		xtcp_child_abort(evicted);
	}
	return put;
}

/* Migrate a child that is on no queue. Abort it if there is no target, or if it has ended. If
 * it ends during the call, the target's queue notes that. Under rcu_read_lock(), which keeps
 * the target valid
 */
static void accept_migrate(const struct sock *listener, struct sock *child)
{
	const struct xtcp_entry *e = &xtcp_sk(child)->entry;
	u64 id = xtcp_sk(listener)->listener.id;
	enum xtcp_accept_put put = XTCP_ACCEPT_CLOSED;
	struct sock *target;

	while (put == XTCP_ACCEPT_CLOSED && inet_sk_state_load(child) != TCP_CLOSE) {
		target = xtcp_listener_migrate_target(sock_net(listener), e->lport, id, e->hash);
		if (!target)
			break;
		put = accept_put(target, child, true);
	}
	if (put == XTCP_ACCEPT_TAKEN) {
		xtcp_listen_count(target, XTCP_LISTEN_migrated);
		return;
	}
	if (put == XTCP_ACCEPT_FULL)
		xtcp_listen_count(target, XTCP_LISTEN_migrate_full);
	xtcp_child_abort(child);
}

/**
 * xtcp_accept_add() - queue an established child for accept()
 * @listener: its listener, not locked
 * @child: the child, not locked; its reference for accept() passes to the queue
 *
 * If the listener has closed meanwhile, the child migrates or is aborted.
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_accept_add(struct sock *listener, struct sock *child)
{
	xtcp_rcu_held();
	if (accept_put(listener, child, false) == XTCP_ACCEPT_CLOSED)
		accept_migrate(listener, child);
}

/**
 * xtcp_accept_close() - empty the accept queue: its children migrate, or are reset
 * @sk: a socket that has left TCP_LISTEN
 *
 * Context: process, under the socket lock.
 */
void xtcp_accept_close(struct sock *sk)
{
	struct sock *child;

	sock_owned_by_me(sk);
	child = xtcp_accept_queue_take(sk);
	for (; child; child = xtcp_accept_queue_take(sk)) {
		rcu_read_lock();
		accept_migrate(sk, child);
		rcu_read_unlock();
		cond_resched();
	}
}

/* Wait for a child; under the socket lock, which is released while waiting */
static int accept_wait(struct sock *sk, long timeo)
{
	struct xtcp_listener *l = &xtcp_sk(sk)->listener;
	int listening = sk->sk_disconnects;
	DEFINE_WAIT(wait);
	int err = 0;

	sock_owned_by_me(sk);
	while (!err) {
		/* The socket may have stopped listening and started again: then its children
		 * are not those that this call asked for
		 */
		if (sk->sk_state != TCP_LISTEN || sk->sk_disconnects != listening)
			err = -EINVAL;
		else if (!list_empty_careful(&l->children))
			break;
		else if (signal_pending(current))
			err = sock_intr_errno(timeo);
		else if (!timeo)
			err = -EAGAIN;
		if (err)
			break;
		prepare_to_wait_exclusive(sk_sleep(sk), &wait, TASK_INTERRUPTIBLE);
		release_sock(sk);
		if (list_empty_careful(&l->children))
			timeo = schedule_timeout(timeo);
		sched_annotate_sleep();
		lock_sock(sk);
		finish_wait(sk_sleep(sk), &wait);
	}
	return err;
}

/**
 * xtcp_accept() - proto.accept
 * @sk: listening socket
 * @XTCP_ACCEPT_ARGS: flags, and a place for the error
 *
 * Context: process.
 * Return: the oldest child, with a reference for the caller; NULL with the error
 * (-EINVAL, -EAGAIN, -EINTR...) in the arguments.
 */
struct sock *xtcp_accept(struct sock *sk, XTCP_ACCEPT_ARGS)
{
	struct sock *child = NULL;
	int error = -EINVAL;

	lock_sock(sk);
	while (sk->sk_state == TCP_LISTEN) {
		child = xtcp_accept_queue_take(sk);
		if (child)
			break;
		error = accept_wait(sk, sock_rcvtimeo(sk, XTCP_ACCEPT_FLAGS & O_NONBLOCK));
		if (error)
			break;
	}
	release_sock(sk);
	if (!child)
		XTCP_ACCEPT_ERR = error;
	return child;
}
