// SPDX-License-Identifier: GPL-2.0
/*
 * Requests: from the SYN to the final ACK (SYN-RECEIVED of a passive open).
 *
 * A request names its listener by id and holds no reference. The listener is looked up when
 * the final ACK comes or the timer expires. If it has closed by then, the request migrates to
 * another listener of the group (xtcp_listener_migrate_target()), or ends.
 */
#include <linux/slab.h>
#include "accept.h"
#include "accept_queue.h"
#include "admit.h"
#include "child.h"
#include "conn.h"
#include "core/isn.h"
#include "core/rtt.h"
#include "drop.h"
#include "kept.h"
#include "listener.h"
#include "net.h"
#include "minisock.h"
#include "reply.h"
#include "request.h"
#include "request_syn.h"
#include "reject.h"
#include "sock.h"
#include "timer.h"
#include "timewait.h"

static struct xtcp_minisock_slab slab __read_mostly;

/**
 * xtcp_request_cache_init() - create the slabs of requests
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int xtcp_request_cache_init(void)
{
	size_t size = sizeof(struct xtcp_request);

	BUILD_BUG_ON(IS_ENABLED(CONFIG_64BIT) && size - sizeof(struct xtcp_timer) > 104);
	return xtcp_minisock_slab_init(&slab, "xtcp_request4", "xtcp_request6", size);
}

/**
 * xtcp_request_cache_exit() - destroy the slabs, which are empty
 *
 * Context: module unload.
 */
void xtcp_request_cache_exit(void)
{
	xtcp_minisock_slab_exit(&slab);
}

/* Free a request that no lookup can find any more, with what is kept out of line */
static void request_destroy(struct xtcp_request *r)
{
	xtcp_kept_free(r->kept);
	xtcp_minisock_slab_free(&slab, r->entry.family, r);
}

static void request_free(struct rcu_head *rcu)
{
	request_destroy(container_of(rcu, struct xtcp_request, rcu));
}

/**
 * xtcp_request_listener() - look up a request's listener
 * @r: request
 *
 * Context: under rcu_read_lock().
 * Return: the listener, valid until rcu_read_unlock(); NULL when it has closed, or when the
 * request has left the table.
 */
struct sock *xtcp_request_listener(const struct xtcp_request *r)
{
	xtcp_rcu_held();
	return xtcp_listener_by_id(read_pnet(&r->entry.net), r->entry.lport,
				   atomic64_read(&r->listener_id));
}

/* The listener that a request migrates to when its own has closed, or NULL */
static struct sock *request_target(const struct xtcp_request *r)
{
	return xtcp_listener_migrate_target(read_pnet(&r->entry.net), r->entry.lport,
				  atomic64_read(&r->listener_id), r->entry.hash);
}

/* Migrate a request whose listener has closed, if the target has room for it. The target
 * counts it first. So a target never has more requests than max_syn_backlog, and the path that
 * takes the request out of the table, which clears listener_id (request_end()), finds it
 * counted. Returns the target, or the listener that another CPU has chosen; NULL: none
 */
static struct sock *request_migrate(struct xtcp_request *r)
{
	u64 id = atomic64_read(&r->listener_id);
	struct sock *target = request_target(r);
	struct xtcp_listener *l;

	if (!target)
		return NULL;
	l = &xtcp_sk(target)->listener;
	if (atomic_inc_return(&l->halfopen) >
	    READ_ONCE(xtcp_net(sock_net(target))->knobs.max_syn_backlog)) {
		atomic_dec(&l->halfopen);
		xtcp_listen_count(target, XTCP_LISTEN_migrate_full);
		return NULL;
	}
	if (atomic64_cmpxchg(&r->listener_id, id, l->id) != id) {
		atomic_dec(&l->halfopen);
		return xtcp_request_listener(r);
	}
	xtcp_listen_count(target, XTCP_LISTEN_migrated);
	return target;
}

/* End a request that the caller has taken out of the table; under rcu_read_lock() */
static void request_end(struct xtcp_request *r)
{
	struct sock *listener = xtcp_listener_by_id(read_pnet(&r->entry.net), r->entry.lport,
						    atomic64_xchg(&r->listener_id, 0));

	xtcp_timer_shutdown(&r->timer);
	if (listener)
		atomic_dec(&xtcp_sk(listener)->listener.halfopen);
	atomic_dec(&xtcp_net(read_pnet(&r->entry.net))->halfopen_count);
	call_rcu(&r->rcu, request_free);
}

/* Take a request out of the table. A TIME-WAIT entry that it replaced returns to the table:
 * for all we know the SYN was an old duplicate (RFC 9293 section 3.6.1)
 */
static bool request_leave(struct xtcp_request *r)
{
	if (!r->before)
		return xtcp_conn_remove(&r->entry);
	if (!xtcp_conn_replace(&r->entry, &r->before->entry))
		return false;
	xtcp_timewait_resume(r->before);
	return true;
}

/**
 * xtcp_request_kill() - end a request without sending anything
 * @r: request
 *
 * Context: any, under rcu_read_lock().
 * Return: false when it had left the table already: it has become a socket, or has ended.
 */
bool xtcp_request_kill(struct xtcp_request *r)
{
	xtcp_rcu_held();
	if (!request_leave(r))
		return false;
	request_end(r);
	return true;
}

static void request_send_synack(struct xtcp_request *r,
				const struct sock *listener, const struct xtcp_key *key)
{
	struct xtcp_answer answer = xtcp_request_answer(r, listener);
	struct xtcp_out out;

	xtcp_syn_received_synack(&r->half, xtcp_minisock_stamp(key, r->half.ts_ok), &out);
	xtcp_reply(key, &answer, &out);
	WRITE_ONCE(r->half.adv_mss, out.opts.mss);
}

/* No final ACK has come, or there is no listener for it: then @listener is NULL */
static void request_give_up(struct xtcp_request *r, const struct sock *listener)
{
	if (!xtcp_request_kill(r))
		return;
	if (listener)
		xtcp_listen_count(listener, XTCP_LISTEN_expired);
	else
		xtcp_count(read_pnet(&r->entry.net), halfopen_expired);
}

/**
 * xtcp_request_expired() - timer callback: send the SYN-ACK again, or end the request
 * @timer: timer of a request
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_request_expired(struct xtcp_timer *timer)
{
	struct xtcp_request *r =
		container_of(timer, struct xtcp_request, timer);
	struct net *net = read_pnet(&r->entry.net);
	struct sock *listener;
	struct xtcp_key key;
	bool resend;
	u64 wait;

	xtcp_rcu_held();
	if (!READ_ONCE(r->entry.hashed))
		return;
	wait = xtcp_syn_received_timeout(&r->half, &xtcp_net(net)->knobs, &resend);
	listener = xtcp_request_listener(r);
	if (!listener && wait)
		listener = request_migrate(r);
	if (!wait || !listener) {
		request_give_up(r, listener);
		return;
	}
	if (resend) {
		xtcp_count(net, synack_retransmits);
		xtcp_entry_get_key(&r->entry, &key);
		request_send_synack(r, listener, &key);
	}
	xtcp_timer_arm(&r->timer, xtcp_now() + wait);
}

static u32 request_iss(const struct xtcp_key *key, u64 now,
		       const struct xtcp_timewait *tw)
{
	u32 hash = xtcp_hash_isn(xtcp_key_hash_secret(key, XTCP_SALT_NUMBERS));

	return tw ? xtcp_isn_above(now, hash, tw->tw.snd_nxt) : xtcp_isn(now, hash);
}

static struct xtcp_request *request_new(const struct sock *listener,
					const struct xtcp_seg *seg,
					const struct xtcp_key *key,
					struct sk_buff *skb,
					struct xtcp_timewait *tw)
{
	struct xtcp_request *r;
	u64 now = xtcp_now();

	r = xtcp_minisock_slab_alloc(&slab, key->family);
	if (!r)
		return NULL;
	xtcp_request_agree(&r->half, listener, seg, key, skb,
			   request_iss(key, now, tw), now);
	xtcp_request_fill(r, listener, key, skb, seg);
	r->before = tw;
	r->half.defer = READ_ONCE(xtcp_sk(listener)->listener.defer);
	return r;
}

/* Insert a request into the table. Returns false when another CPU was faster with a copy of
 * the SYN, or has ended the TIME-WAIT entry. The counters go up first, so they are never below
 * the number of requests
 */
static bool request_enter(struct xtcp_request *r, struct sock *listener,
			  const struct xtcp_key *key)
{
	struct xtcp_timewait *tw = r->before;
	struct xtcp_net *xn = xtcp_net(key->net);

	atomic_inc(&xtcp_sk(listener)->listener.halfopen);
	atomic_inc(&xn->halfopen_count);
	if (tw ? xtcp_conn_replace(&tw->entry, &r->entry) :
		     !xtcp_conn_insert(&r->entry, key))
		return true;
	atomic_dec(&xn->halfopen_count);
	atomic_dec(&xtcp_sk(listener)->listener.halfopen);
	return false;
}

/**
 * xtcp_request_open() - a SYN reaches a listener (RFC 9293 section 3.10.7.2)
 * @listener: listening socket, not locked
 * @seg: the SYN
 * @key: the connection
 * @skb: its packet
 * @tw: the connection's TIME-WAIT entry, which the request replaces: our ISN
 *	will lie above what it has used. NULL: there is none
 *
 * Context: softirq, under rcu_read_lock().
 * Return: XTCP_DROP_NONE; or XTCP_REFUSED_NO_MEMORY, which has been counted.
 */
unsigned int xtcp_request_open(struct sock *listener, const struct xtcp_seg *seg,
			       const struct xtcp_key *key, struct sk_buff *skb,
			       struct xtcp_timewait *tw)
{
	struct xtcp_request *r;

	xtcp_rcu_held();
	r = request_new(listener, seg, key, skb, tw);
	if (!r) {
		xtcp_listen_count(listener, XTCP_LISTEN_no_memory);
		return XTCP_REFUSED_NO_MEMORY;
	}
	if (!request_enter(r, listener, key)) {
		request_destroy(r);
		return XTCP_DROP_NONE;
	}
	xtcp_count(key->net, halfopen_created);
	if (tw)
		xtcp_count(key->net, tw_reopened);
	xtcp_timer_arm(&r->timer, r->half.sent + XTCP_RTO_INITIAL);
	request_send_synack(r, listener, key);
	return XTCP_DROP_NONE;
}

/* Two CPUs may come here with copies of the final ACK: the swap in the table decides. Returns
 * the child, not locked, with a reference; NULL when it could not be made
 */
static struct sock *request_child(struct xtcp_request *r,
				  struct sock *listener, struct sk_buff *skb)
{
	struct sock *child = xtcp_child_create(listener, r, skb);

	if (!child)
		return NULL;
	if (!xtcp_conn_replace(&r->entry, &xtcp_sk(child)->entry)) {
		xtcp_child_undo(child);
		return NULL;
	}
	__acquire(&child->sk_lock.slock);	/* locked by xtcp_child_create(); for sparse */
	sock_prot_inuse_add(sock_net(child), child->sk_prot, 1);
	xtcp_kept_to_child(r->kept, child);
	if (r->before)
		xtcp_timewait_end(r->before);
	/* before any other CPU can end the child: the request's timer may still be using what now
	 * belongs to the child
	 */
	request_end(r);
	bh_unlock_sock(child);
	return child;
}

/**
 * xtcp_request_overflow() - the accept queue has no room for a child
 * @listener: its listener, not locked
 * @r: the request that the final ACK is for; NULL: there is none (cookie.c)
 * @skb: the final ACK's packet; consumed
 * @seg: the final ACK
 * @key: its connection
 *
 * The segment is dropped, and the peer sends it again. With abort_on_overflow, the connection
 * ends.
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_request_overflow(const struct sock *listener, struct xtcp_request *r,
			   struct sk_buff *skb, const struct xtcp_seg *seg,
			   const struct xtcp_key *key)
{
	xtcp_rcu_held();
	xtcp_listen_count(listener, XTCP_LISTEN_accept_full);
	if (READ_ONCE(xtcp_net(key->net)->knobs.abort_on_overflow) &&
	    (!r || xtcp_request_kill(r))) {
		xtcp_listen_count(listener, XTCP_LISTEN_aborted);
		xtcp_reset_skb(skb, seg, key, listener);
	}
	xtcp_skb_free(skb, XTCP_REFUSED_ACCEPT_FULL);
}

/* Listeners are unhashed before they leave TCP_LISTEN: xtcp_listen_stop() */
static bool listen_is_over(const struct sock *listener)
{
	return inet_sk_state_load(listener) != TCP_LISTEN;
}

/* Another CPU was faster, with a copy of this segment or with another one: pass the segment to
 * the socket that now has the request's place. Returns false when that is not a socket: @skb
 * still belongs to the caller
 */
static bool request_pass_on(struct sk_buff *skb, struct xtcp_seg *seg,
			    const struct xtcp_key *key)
{
	struct xtcp_entry *winner = xtcp_conn_lookup(key);

	if (!winner || winner->kind != XTCP_ENTRY_SOCKET)
		return false;
	xtcp_sock_rcv((struct sock *)xtcp_entry_sock(winner), skb, seg);
	return true;
}

/**
 * xtcp_request_begin() - give a child its first segment, and queue it for accept()
 * @listener: its listener, not locked
 * @child: the child, in the table, not locked, with a reference of the caller's, which is
 *	dropped. NULL: there is no child. Either another CPU was faster, and its child gets
 *	the segment; or it could not be made, which is counted, and answered with RST if the
 *	listener has just closed and there is no other
 * @skb: the final ACK's packet, which the listener has admitted; consumed
 * @seg: the final ACK
 * @key: its connection
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_request_begin(struct sock *listener, struct sock *child, struct sk_buff *skb,
			struct xtcp_seg *seg, const struct xtcp_key *key)
{
	xtcp_rcu_held();
	if (child) {
		xtcp_count(key->net, passive_opens);
		xtcp_sock_give(child, skb, seg);
		xtcp_accept_add(listener, child);
		sock_put(child);
		return;
	}
	if (request_pass_on(skb, seg, key))
		return;
	if (listen_is_over(listener) && !xtcp_listener_lookup(key)) {
		xtcp_reset_skb(skb, seg, key, listener);
		xtcp_skb_done(key->net, skb, XTCP_REFUSED_NO_SOCKET);
	} else {
		xtcp_listen_count(listener, XTCP_LISTEN_no_memory);
		xtcp_skb_free(skb, XTCP_REFUSED_NO_MEMORY);
	}
}

/* A request without a listener: either it ends, and its final ACK is answered with RST, or
 * another CPU has just made a socket of it, which gets the segment. Consumes @skb
 */
static void request_unheard(struct xtcp_request *r, struct sk_buff *skb,
			    struct xtcp_seg *seg, const struct xtcp_key *key)
{
	if (xtcp_request_kill(r))
		xtcp_reset_skb(skb, seg, key, NULL);
	else if (request_pass_on(skb, seg, key))
		return;
	xtcp_skb_free(skb, XTCP_REFUSED_NO_SOCKET);
}

/* The final ACK: replace the request by a socket; consumes @skb.
 *
 * If the listener has closed, the child goes straight to the migration target, which never
 * had the request. If the child cannot be made, the request stays as it is, without a
 * listener. A listener that is just closing may have released the port that a child would
 * share: then look for the next target
 */
static void request_establish(struct xtcp_request *r, struct sk_buff *skb,
			      struct xtcp_seg *seg, const struct xtcp_key *key)
{
	struct sock *target, *listener, *child;
	unsigned int why;

	do {
		target = NULL;
		listener = xtcp_request_listener(r);
		if (!listener) {
			target = request_target(r);
			listener = target;
		}
		if (!listener) {
			request_unheard(r, skb, seg, key);
			return;
		}
		why = target ? xtcp_admit(target, skb, seg) : XTCP_DROP_NONE;
		if (why != XTCP_DROP_NONE) {
			xtcp_skb_done(key->net, skb, why);
			return;
		}
		if (xtcp_accept_queue_full(listener)) {
			xtcp_request_overflow(listener, r, skb, seg, key);
			return;
		}
		child = request_child(r, listener, skb);
	} while (!child && listen_is_over(listener));
	if (target && child)
		xtcp_listen_count(target, XTCP_LISTEN_migrated);
	xtcp_request_begin(listener, child, skb, seg, key);
}

/* Answer an unacceptable segment with an ACK. If it is the FIN of the connection in TIME-WAIT,
 * send that connection's ACK: the peer may be waiting for nothing else
 */
static void request_challenge(struct xtcp_request *r, struct sk_buff *skb,
			      const struct xtcp_seg *seg, const struct xtcp_key *key)
{
	struct xtcp_out out;

	if (!xtcp_minisock_may_answer(&r->answered))
		return;
	if (r->before && xtcp_timewait_is_fin(r->before, seg)) {
		xtcp_timewait_answer(r->before, skb, key);
		return;
	}
	xtcp_syn_received_ack(&r->half, xtcp_minisock_stamp(key, r->half.ts_ok), &out);
	xtcp_reply_skb(skb, key, xtcp_request_listener(r), &out);
}

/**
 * xtcp_request_rcv() - handle a segment for a request
 * @r: request
 * @skb: packet, data at the transport header; consumed
 * @seg: its segment
 * @key: its connection
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_request_rcv(struct xtcp_request *r, struct sk_buff *skb,
		      struct xtcp_seg *seg, const struct xtcp_key *key)
{
	enum xtcp_drop drop = XTCP_DROP_NONE;
	struct sock *listener;

	xtcp_rcu_held();
	switch (xtcp_syn_received_segment(&r->half, seg, &drop)) {
	case XTCP_SYN_RECEIVED_ESTABLISH:
		request_establish(r, skb, seg, key);
		return;
	case XTCP_SYN_RECEIVED_SYNACK:
		listener = xtcp_request_listener(r) ?: request_migrate(r);
		if (!listener)
			xtcp_request_kill(r);
		else if (xtcp_minisock_may_answer(&r->answered))
			request_send_synack(r, listener, key);
		break;
	case XTCP_SYN_RECEIVED_WAIT:
		xtcp_count(key->net, halfopen_deferred);
		break;
	case XTCP_SYN_RECEIVED_ACK:
		request_challenge(r, skb, seg, key);
		break;
	case XTCP_SYN_RECEIVED_RESET:
		xtcp_reset_skb(skb, seg, key, xtcp_request_listener(r));
		break;
	case XTCP_SYN_RECEIVED_ABORT:
		if (xtcp_request_kill(r))
			xtcp_count(key->net, resets_in);
		else if (request_pass_on(skb, seg, key))
			return;
		break;
	case XTCP_SYN_RECEIVED_DROP:
		break;
	}
	xtcp_skb_done(key->net, skb, drop);
}
