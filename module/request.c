// SPDX-License-Identifier: GPL-2.0
/*
 * Half-open records: from the SYN to the third segment (SYN-RECEIVED of a passive
 * open). A record names its listener and holds nothing of it: it is looked up
 * again when the third segment or a timeout comes. A record whose listener is
 * gone goes at its next event to the heir (xtcp_listener_heir()), or dies.
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
 * xtcp_request_cache_init() - make the slabs of half-open records
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
 * xtcp_request_cache_exit() - free the slabs, which are empty
 *
 * Context: module unload.
 */
void xtcp_request_cache_exit(void)
{
	xtcp_minisock_slab_exit(&slab);
}

/* A record that nobody can see any more, with what is out of line */
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
 * xtcp_request_listener() - the listener that a record is for
 * @r: record
 *
 * Context: under rcu_read_lock().
 * Return: the listener, valid until rcu_read_unlock(); NULL when it listens no more, or the
 * record has left the table.
 */
struct sock *xtcp_request_listener(const struct xtcp_request *r)
{
	xtcp_rcu_held();
	return xtcp_listener_by_id(read_pnet(&r->entry.net), r->entry.lport,
				   atomic64_read(&r->listener_id));
}

/* ... and if it doesn't, who inherits */
static struct sock *request_heir(const struct xtcp_request *r)
{
	return xtcp_listener_heir(read_pnet(&r->entry.net), r->entry.lport,
				  atomic64_read(&r->listener_id), r->entry.hash);
}

/* A record that nobody listens for is the heir's from now on, if he has room for it. He
 * counts it first: so his count is never above the knob, and whoever takes the record out
 * of the table, which unnames the listener (request_end()), finds that it was counted.
 * Returns the heir, or whom another processor has found; NULL: it is nobody's
 */
static struct sock *request_adopt(struct xtcp_request *r)
{
	u64 id = atomic64_read(&r->listener_id);
	struct sock *heir = request_heir(r);
	struct xtcp_listener *l;

	if (!heir)
		return NULL;
	l = &xtcp_sk(heir)->listener;
	if (atomic_inc_return(&l->halfopen) >
	    READ_ONCE(xtcp_net(sock_net(heir))->knobs.max_syn_backlog)) {
		atomic_dec(&l->halfopen);
		xtcp_listen_count(heir, XTCP_LISTEN_migrate_full);
		return NULL;
	}
	if (atomic64_cmpxchg(&r->listener_id, id, l->id) != id) {
		atomic_dec(&l->halfopen);
		return xtcp_request_listener(r);
	}
	xtcp_listen_count(heir, XTCP_LISTEN_migrated);
	return heir;
}

/* A record has left the table, and the caller has taken it out: under
 * rcu_read_lock()
 */
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

/* Take a record out of the table. What was in TIME-WAIT before is so again: the SYN
 * was an old duplicate for all we know (RFC 9293 section 3.6.1)
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
 * xtcp_request_kill() - end a record: nobody will be told
 * @r: record
 *
 * Context: any, under rcu_read_lock().
 * Return: false when it had left the table already: it has become a socket, or was ended.
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

/* No third segment has come, or nobody would take it: @listener is NULL */
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
 * xtcp_request_expired() - the timer: the SYN-ACK again, or the end
 * @timer: of a half-open record
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
		listener = request_adopt(r);
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
		       const struct xtcp_timewait *before)
{
	u32 hash = xtcp_hash_isn(xtcp_key_hash_secret(key, XTCP_SALT_NUMBERS));

	return before ? xtcp_isn_above(now, hash, before->tw.snd_nxt) : xtcp_isn(now, hash);
}

static struct xtcp_request *request_new(const struct sock *listener,
					       const struct xtcp_seg *seg,
					       const struct xtcp_key *key,
					       struct sk_buff *skb,
					       struct xtcp_timewait *before)
{
	struct xtcp_request *r;
	u64 now = xtcp_now();

	r = xtcp_minisock_slab_alloc(&slab, key->family);
	if (!r)
		return NULL;
	xtcp_request_agree(&r->half, listener, seg, key, skb,
			   request_iss(key, now, before), now);
	xtcp_request_fill(r, listener, key, skb, seg);
	r->before = before;
	r->half.defer = READ_ONCE(xtcp_sk(listener)->listener.defer);
	return r;
}

/* Into the table; false when somebody was quicker with a copy of the SYN, or with
 * the end of the TIME-WAIT. Counted first: a count never falls below what there is
 */
static bool request_enter(struct xtcp_request *r, struct sock *listener,
			  const struct xtcp_key *key)
{
	struct xtcp_timewait *before = r->before;
	struct xtcp_net *xn = xtcp_net(key->net);

	atomic_inc(&xtcp_sk(listener)->listener.halfopen);
	atomic_inc(&xn->halfopen_count);
	if (before ? xtcp_conn_replace(&before->entry, &r->entry) :
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
 * @before: the connection's TIME-WAIT record, whose place the new one takes: our ISN
 *	will lie above what it has used. NULL: there is none
 *
 * Context: softirq, under rcu_read_lock().
 * Return: XTCP_DROP_NONE; XTCP_REFUSED_NO_MEMORY, which was counted.
 */
unsigned int xtcp_request_open(struct sock *listener, const struct xtcp_seg *seg,
			       const struct xtcp_key *key, struct sk_buff *skb,
			       struct xtcp_timewait *before)
{
	struct xtcp_request *r;

	xtcp_rcu_held();
	r = request_new(listener, seg, key, skb, before);
	if (!r) {
		xtcp_listen_count(listener, XTCP_LISTEN_no_memory);
		return XTCP_REFUSED_NO_MEMORY;
	}
	if (!request_enter(r, listener, key)) {
		request_destroy(r);
		return XTCP_DROP_NONE;
	}
	xtcp_count(key->net, halfopen_created);
	if (before)
		xtcp_count(key->net, tw_reopened);
	xtcp_timer_arm(&r->timer, r->half.sent + XTCP_RTO_INITIAL);
	request_send_synack(r, listener, key);
	return XTCP_DROP_NONE;
}

/* Two CPUs may come here with copies of the third segment: the swap in the table
 * decides. Returns the child, locked by nobody, with a reference; NULL when it
 * could not be made
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
	__acquire(&child->sk_lock.slock);	/* xtcp_child_create() has; for sparse */
	sock_prot_inuse_add(sock_net(child), child->sk_prot, 1);
	xtcp_kept_to_child(r->kept, child);
	if (r->before)
		xtcp_timewait_end(r->before);
	/* before anybody can end the child: what is the child's may be in use by our
	 * timer
	 */
	request_end(r);
	bh_unlock_sock(child);
	return child;
}

/**
 * xtcp_request_overflow() - the accept queue has no room for a child
 * @listener: its listener, not locked
 * @r: what waits in the table for the third segment; NULL: nothing does (cookie.c)
 * @skb: the third segment's packet; consumed
 * @seg: the third segment
 * @key: its connection
 *
 * The segment is dropped, and comes again; with abort_on_overflow the connection ends.
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

/* Who finds that a listener is in LISTEN no more will not find it in their table either:
 * xtcp_listen_stop()
 */
static bool listen_is_over(const struct sock *listener)
{
	return inet_sk_state_load(listener) != TCP_LISTEN;
}

/* Another processor was quicker, with a copy of the segment or with another one: what has
 * the connection's place now gets it. False when that is no socket: @skb is the caller's
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
 * xtcp_request_begin() - a child begins: it gets its first segment, and waits for accept()
 * @listener: its listener, not locked
 * @child: the child, in the table, locked by nobody, with a reference of the caller's, which
 *	is dropped. NULL: another processor was quicker with a copy of the segment, whose
 *	child gets it; or none could be made, which is counted, and refused if it is for
 *	good: the listener has just closed, and nobody else listens
 * @skb: the third segment's packet, which the listener has admitted; consumed
 * @seg: the third segment
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

/* A record without a listener: either nobody takes its third segment, which is refused, or
 * it has just become a socket, and has none since then; consumes @skb
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

/* The third segment: a socket takes the record's place; consumes @skb. The heir of a listener
 * that has closed gets the child, without having had the record: only if it makes none
 * now does the record wait on, and is nobody's as before. One that closes at this moment
 * may have no port left to share with a child: then who comes after it is asked
 */
static void request_establish(struct xtcp_request *r, struct sk_buff *skb,
			      struct xtcp_seg *seg, const struct xtcp_key *key)
{
	struct sock *heir, *listener, *child;
	unsigned int why;

	do {
		heir = NULL;
		listener = xtcp_request_listener(r);
		if (!listener) {
			heir = request_heir(r);
			listener = heir;
		}
		if (!listener) {
			request_unheard(r, skb, seg, key);
			return;
		}
		why = heir ? xtcp_admit(heir, skb, seg) : XTCP_DROP_NONE;
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
	if (heir && child)
		xtcp_listen_count(heir, XTCP_LISTEN_migrated);
	xtcp_request_begin(listener, child, skb, seg, key);
}

/* A segment that does not fit is answered by an ACK. One that is the old connection's
 * FIN still gets that one's: its sender may be waiting for nothing else
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
 * xtcp_request_rcv() - a segment for a half-open connection
 * @r: record
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
		listener = xtcp_request_listener(r) ?: request_adopt(r);
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
