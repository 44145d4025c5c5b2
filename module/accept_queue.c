// SPDX-License-Identifier: GPL-2.0
/*
 * The lists of an accept queue.
 *
 * A child may end while it is queued: its peer resets it, or a timeout ends it. It stays
 * queued, and accept() returns it, unless a live child needs its place. A second list holds
 * the children that have ended, the first to end in front. They don't count when the queue is
 * checked for being full. A live child that finds no free place takes that of the first in
 * this list.
 *
 * When the queue is full of live children, a SYN is dropped (listen.c). So is a final ACK, or it
 * is answered by RST with the sysctl abort_on_overflow: xtcp_request_overflow().
 *
 * A child enters only while the listener is in TCP_LISTEN, which is checked under the
 * queue's lock. close() leaves TCP_LISTEN first and then takes the children, so no child is
 * left behind in the queue of a closed listener.
 */
#include <net/inet_hashtables.h>
#include "accept_queue.h"
#include "listener.h"
#include "sock.h"

/**
 * xtcp_accept_queue_full() - is a queue full of live connections?
 * @listener: listening socket, not locked
 *
 * Context: any; takes no lock, so the answer may be out of date.
 * Return: true when no child may enter.
 */
bool xtcp_accept_queue_full(const struct sock *listener)
{
	u32 dead = READ_ONCE(xtcp_sk(listener)->listener.dead_count);
	u32 all = READ_ONCE(listener->sk_ack_backlog);

	return all > dead && all - dead > READ_ONCE(listener->sk_max_ack_backlog);
}

/* The lists; under the queue's lock */

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

/* The child that makes room for another; the caller gets its reference */
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

/**
 * xtcp_accept_queue_put() - add a child at the end
 * @listener: whose queue it is
 * @child: established; its reference goes to the queue when that takes it
 * @bounded: a full queue does not take it
 * @evicted: result: the child that was removed to make room, with a reference for the
 *	caller; or NULL
 *
 * A child that ends at this moment sets its state and then reads accept_of
 * (xtcp_accept_queue_dead()). This function sets accept_of and then reads the state, so at
 * least one of the two notices.
 *
 * Context: any, without the lock of another queue.
 * Return: whether the queue took it.
 */
enum xtcp_accept_put xtcp_accept_queue_put(struct sock *listener, struct sock *child,
					   bool bounded, struct sock **evicted)
{
	struct xtcp_listener *l = &xtcp_sk(listener)->listener;
	enum xtcp_accept_put put = XTCP_ACCEPT_TAKEN;

	*evicted = NULL;
	spin_lock_bh(&l->lock);
	if (inet_sk_state_load(listener) != TCP_LISTEN) {
		put = XTCP_ACCEPT_CLOSED;
	} else if (bounded && xtcp_accept_queue_full(listener)) {
		put = XTCP_ACCEPT_FULL;
	} else {
		*evicted = queue_evict(listener);
		queue_enter(listener, child);
		smp_mb();	/* pairs with xtcp_accept_queue_dead() */
		if (inet_sk_state_load(child) == TCP_CLOSE)
			queue_died(listener, child);
	}
	spin_unlock_bh(&l->lock);
	return put;
}

/**
 * xtcp_accept_queue_take() - remove the first child
 * @listener: whose queue it is
 *
 * Context: any, without the lock of another queue.
 * Return: the child with its reference for the caller, or NULL.
 */
struct sock *xtcp_accept_queue_take(struct sock *listener)
{
	struct xtcp_listener *l = &xtcp_sk(listener)->listener;
	struct xtcp_sock *child;

	spin_lock_bh(&l->lock);
	child = list_first_entry_or_null(&l->children, struct xtcp_sock, accept_node);
	if (child)
		queue_leave(listener, child);
	spin_unlock_bh(&l->lock);
	return (struct sock *)child;
}

/**
 * xtcp_accept_queue_dead() - a connection has ended; note it if it is queued
 * @child: any socket in CLOSED
 *
 * Its listener may close meanwhile and drop its last reference. Then the child is no longer
 * in that queue, and rcu_read_lock() keeps the listener's memory valid.
 *
 * Context: under the socket lock of @child.
 */
void xtcp_accept_queue_dead(struct sock *child)
{
	struct xtcp_listener *l;
	struct sock *listener;

	smp_mb();	/* state before accept_of: pairs with xtcp_accept_queue_put() */
	rcu_read_lock();
	listener = READ_ONCE(xtcp_sk(child)->accept_of);
	if (listener) {
		l = &xtcp_sk(listener)->listener;
		spin_lock_bh(&l->lock);
		if (READ_ONCE(xtcp_sk(child)->accept_of) == listener)
			queue_died(listener, child);
		spin_unlock_bh(&l->lock);
	}
	rcu_read_unlock();
}
