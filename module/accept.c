// SPDX-License-Identifier: GPL-2.0
/*
 * The accept queue: children that are established and wait for accept(); and what becomes
 * of them when their listener closes. With the knob migrate_req another listener of its
 * SO_REUSEPORT group inherits them (xtcp_listener_heir()), if its own queue has room; else
 * they are reset.
 *
 * A child may end while it waits: its peer resets it, or is silent for too long. accept()
 * hands it out as ever, for the program to see; but it takes no place from the living. A
 * second list has those that have ended, the oldest first. A queue is full when it would
 * be without them, and who enters one that has no other place takes that of the oldest.
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
#include "sock.h"

/* What a queue says to a child */
enum put {
	PUT_TAKEN,
	PUT_FULL,
	PUT_CLOSED,	/* its listener listens no more */
};

/**
 * xtcp_accept_queue_full() - would a queue be full without those that have ended in it?
 * @listener: listening socket, not locked
 *
 * Context: any; takes no lock: it may be otherwise a moment later.
 * Return: true when nobody may enter it.
 */
bool xtcp_accept_queue_full(const struct sock *listener)
{
	u32 dead = READ_ONCE(xtcp_sk(listener)->listener.dead_count);
	u32 all = READ_ONCE(listener->sk_ack_backlog);

	return all > dead && all - dead > READ_ONCE(listener->sk_max_ack_backlog);
}

static bool is_dead(const struct sock *child)
{
	return inet_sk_state_load(child) == TCP_CLOSE;
}

/* The queue's lists; under its lock */

static void queue_enter(struct sock *listener, struct sock *child)
{
	WRITE_ONCE(xtcp_sk(child)->accept_of, listener);
	list_add_tail(&xtcp_sk(child)->accept_node, &xtcp_sk(listener)->listener.children);
	sk_acceptq_added(listener);
}

static void queue_died(struct sock *listener, struct sock *child)
{
	struct xtcp_listener *l = &xtcp_sk(listener)->listener;

	if (!list_empty(&xtcp_sk(child)->accept_dead))
		return;
	list_add_tail(&xtcp_sk(child)->accept_dead, &l->dead);
	WRITE_ONCE(l->dead_count, l->dead_count + 1);
}

static void queue_leave(struct sock *listener, struct xtcp_sock *child)
{
	struct xtcp_listener *l = &xtcp_sk(listener)->listener;

	WRITE_ONCE(child->accept_of, NULL);
	list_del_init(&child->accept_node);
	sk_acceptq_removed(listener);
	if (list_empty(&child->accept_dead))
		return;
	list_del_init(&child->accept_dead);
	WRITE_ONCE(l->dead_count, l->dead_count - 1);
}

/* Who has to go for another to come; its reference is the caller's */
static struct sock *queue_evict(struct sock *listener)
{
	struct xtcp_listener *l = &xtcp_sk(listener)->listener;
	struct xtcp_sock *dead;

	if (!sk_acceptq_is_full(listener))
		return NULL;
	dead = list_first_entry_or_null(&l->dead, struct xtcp_sock, accept_dead);
	if (dead)
		queue_leave(listener, dead);
	return (struct sock *)dead;
}

/* The child's reference goes to the queue that takes it. @bounded: to a full one it doesn't.
 *
 * A child that ends at this moment says so before it asks in whose queue it is
 * (xtcp_accept_queue_dead()), and here it is the other way round: one of both sees it
 */
static enum put accept_put(struct sock *listener, struct sock *child, bool bounded)
{
	struct xtcp_listener *l = &xtcp_sk(listener)->listener;
	struct sock *evicted = NULL;
	enum put put = PUT_TAKEN;

	spin_lock_bh(&l->lock);
	if (inet_sk_state_load(listener) != TCP_LISTEN) {
		put = PUT_CLOSED;
	} else if (bounded && xtcp_accept_queue_full(listener)) {
		put = PUT_FULL;
	} else {
		evicted = queue_evict(listener);
		queue_enter(listener, child);
		smp_mb();	/* pairs with that in xtcp_accept_queue_dead() */
		if (is_dead(child))
			queue_died(listener, child);
	}
	spin_unlock_bh(&l->lock);
	if (put == PUT_TAKEN)
		listener->sk_data_ready(listener);
	if (evicted) {
		xtcp_listen_count(listener, XTCP_LISTEN_gave_way);
		xtcp_child_abort(evicted);
	}
	return put;
}

/**
 * xtcp_accept_queue_dead() - a connection has ended: does it wait for accept()?
 * @child: any socket that has an owner or may be in an accept queue, in CLOSED
 *
 * Its listener may close meanwhile, or free it even: then it isn't in its queue any more,
 * and the grace period keeps the memory.
 *
 * Context: under the socket lock of @child.
 */
void xtcp_accept_queue_dead(struct sock *child)
{
	struct xtcp_listener *l;
	struct sock *listener;

	smp_mb();	/* its state is seen by who doesn't let us see the queue: accept_put() */
	rcu_read_lock();
	listener = READ_ONCE(xtcp_sk(child)->accept_of);
	if (listener) {
		l = &xtcp_sk(listener)->listener;
		spin_lock_bh(&l->lock);
		if (xtcp_sk(child)->accept_of == listener)
			queue_died(listener, child);
		spin_unlock_bh(&l->lock);
	}
	rcu_read_unlock();
}

/* A child whose listener has closed, in no queue: to the heir's, or it ends, as one does that
 * has ended already; under rcu_read_lock(), which keeps the heir. One that closes at this
 * moment is not found again
 */
static void accept_migrate(const struct sock *listener, struct sock *child)
{
	const struct xtcp_entry *e = &xtcp_sk(child)->entry;
	u64 id = xtcp_sk(listener)->listener.id;
	enum put put = PUT_CLOSED;
	struct sock *heir;

	while (put == PUT_CLOSED && !is_dead(child)) {
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
	if (accept_put(listener, child, false) == PUT_CLOSED)
		accept_migrate(listener, child);
}

static struct sock *accept_take(struct sock *sk)
{
	struct xtcp_listener *l = &xtcp_sk(sk)->listener;
	struct xtcp_sock *child;

	spin_lock_bh(&l->lock);
	child = list_first_entry_or_null(&l->children, struct xtcp_sock, accept_node);
	if (child)
		queue_leave(sk, child);
	spin_unlock_bh(&l->lock);
	return (struct sock *)child;
}

/**
 * xtcp_accept_queue_close() - what waits goes to the heir, or is reset
 * @sk: a socket that listens no more
 *
 * Context: process, under the socket lock.
 */
void xtcp_accept_queue_close(struct sock *sk)
{
	struct sock *child = accept_take(sk);

	for (; child; child = accept_take(sk)) {
		rcu_read_lock();
		accept_migrate(sk, child);
		rcu_read_unlock();
		cond_resched();
	}
}

/* Wait for a child; under the socket lock, which is let go meanwhile */
static int accept_wait(struct sock *sk, long timeo)
{
	struct xtcp_listener *l = &xtcp_sk(sk)->listener;
	int listening = sk->sk_disconnects;
	DEFINE_WAIT(wait);
	int err = 0;

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
