// SPDX-License-Identifier: GPL-2.0
/*
 * The accept queue: children that are established and wait for accept(); and what becomes
 * of them when their listener closes. With the knob migrate_req another listener of its
 * SO_REUSEPORT group inherits them (xtcp_listener_heir()), if its own queue has room; else
 * they are reset.
 *
 * The queue has a lock of its own, under which it is seen, too, whether its listener still
 * listens: who closes leaves TCP_LISTEN first and takes the children then, so that none is
 * put into a queue that nobody looks at any more. Of two listeners' locks never both are
 * held: a child on its way from one to the other is in neither queue, and its reference is
 * his who moves it.
 */
#include <linux/sched/signal.h>
#include <net/inet_common.h>
#include <net/inet_hashtables.h>
#include "accept.h"
#include "child.h"
#include "conn.h"
#include "listener.h"
#include "sock.h"

/* What a queue says to a child */
enum put {
	PUT_TAKEN,
	PUT_FULL,
	PUT_CLOSED,	/* its listener listens no more */
};

/* The child's reference goes to the queue that takes it. @bounded: to a full one it doesn't */
static enum put accept_put(struct sock *listener, struct sock *child, bool bounded)
{
	struct xtcp_listener *l = &xtcp_sk(listener)->listener;
	enum put put = PUT_TAKEN;

	spin_lock_bh(&l->lock);
	if (inet_sk_state_load(listener) != TCP_LISTEN) {
		put = PUT_CLOSED;
	} else if (bounded && sk_acceptq_is_full(listener)) {
		put = PUT_FULL;
	} else {
		list_add_tail(&xtcp_sk(child)->accept_node, &l->children);
		sk_acceptq_added(listener);
	}
	spin_unlock_bh(&l->lock);
	if (put == PUT_TAKEN)
		listener->sk_data_ready(listener);
	return put;
}

/* A child whose listener has closed, in no queue: to the heir's, or it ends; under
 * rcu_read_lock(), which keeps the heir. One that closes at this moment is not found again
 */
static void accept_migrate(const struct sock *listener, struct sock *child)
{
	const struct xtcp_entry *e = &xtcp_sk(child)->entry;
	u64 id = xtcp_sk(listener)->listener.id;
	enum put put = PUT_CLOSED;
	struct sock *heir;

	while (put == PUT_CLOSED) {
		heir = xtcp_listener_heir(sock_net(listener), e->lport, id, e->hash);
		if (!heir)
			break;
		put = accept_put(heir, child, true);
	}
	if (put == PUT_TAKEN) {
		xtcp_listen_count(heir, XTCP_LISTEN_migrated);
		return;
	}
	if (put == PUT_FULL)
		xtcp_listen_count(heir, XTCP_LISTEN_migrate_full);
	xtcp_child_abort(child);
}

/**
 * xtcp_accept_queue_add() - an established child waits for accept()
 * @listener: its listener, not locked
 * @child: the child, not locked; its reference for accept() goes to the queue
 *
 * A child whose listener has closed in the meantime goes to the heir, or is aborted.
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_accept_queue_add(struct sock *listener, struct sock *child)
{
	xtcp_rcu_held();
	if (accept_put(listener, child, false) == PUT_CLOSED)
		accept_migrate(listener, child);
}

/**
 * xtcp_accept_queue_close() - what waits goes to the heir, or is reset
 * @sk: a socket that listens no more
 *
 * Context: process, under the socket lock.
 */
void xtcp_accept_queue_close(struct sock *sk)
{
	struct xtcp_listener *l = &xtcp_sk(sk)->listener;
	struct xtcp_sock *child;
	LIST_HEAD(children);

	sock_owned_by_me(sk);
	spin_lock_bh(&l->lock);
	list_splice_init(&l->children, &children);
	spin_unlock_bh(&l->lock);
	while (!list_empty(&children)) {
		child = list_first_entry(&children, struct xtcp_sock, accept_node);
		list_del_init(&child->accept_node);
		sk_acceptq_removed(sk);
		rcu_read_lock();
		accept_migrate(sk, (struct sock *)child);
		rcu_read_unlock();
		cond_resched();
	}
}

static struct sock *accept_take(struct sock *sk)
{
	struct xtcp_listener *l = &xtcp_sk(sk)->listener;
	struct xtcp_sock *child;

	spin_lock_bh(&l->lock);
	child = list_first_entry_or_null(&l->children, struct xtcp_sock, accept_node);
	if (child) {
		list_del_init(&child->accept_node);
		sk_acceptq_removed(sk);
	}
	spin_unlock_bh(&l->lock);
	return (struct sock *)child;
}

/* Wait for a child; under the socket lock, which is let go meanwhile */
static int accept_wait(struct sock *sk, long timeo)
{
	struct xtcp_listener *l = &xtcp_sk(sk)->listener;
	int listening = sk->sk_disconnects;
	DEFINE_WAIT(wait);
	int err = 0;

	sock_owned_by_me(sk);
	while (!err) {
		/* Children that are there now may be another listener's than we were asked for */
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
 * @XTCP_ACCEPT_ARGS: flags, and where the error goes
 *
 * Context: process.
 * Return: the oldest child, its reference the caller's; NULL with the error
 * (-EINVAL, -EAGAIN, -EINTR...) in the arguments.
 */
struct sock *xtcp_accept(struct sock *sk, XTCP_ACCEPT_ARGS)
{
	struct sock *child = NULL;
	int error = -EINVAL;

	lock_sock(sk);
	while (sk->sk_state == TCP_LISTEN) {
		child = accept_take(sk);
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
