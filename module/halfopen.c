// SPDX-License-Identifier: GPL-2.0
/*
 * Half-open records: from the SYN to the third segment (SYN-RECEIVED of a passive
 * open). A record names its listener and holds nothing of it: it is looked up
 * again when the third segment or a timeout comes. A record whose listener is
 * gone dies at its next event.
 */
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/route.h>
#include "core/isn.h"
#include "record.h"
#include "sock.h"

static struct kmem_cache *cache4 __read_mostly;
static struct kmem_cache *cache6 __read_mostly;

/**
 * xtcp_halfopen_cache_init() - make the slabs of half-open records
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int xtcp_halfopen_cache_init(void)
{
	size_t size = sizeof(struct xtcp_halfopen_record);

	cache4 = kmem_cache_create("xtcp_halfopen4", size, 0,
				   SLAB_TYPESAFE_BY_RCU, NULL);
	if (!cache4)
		return -ENOMEM;
	cache6 = kmem_cache_create("xtcp_halfopen6", size + 2 * sizeof(struct in6_addr),
				   0, SLAB_TYPESAFE_BY_RCU, NULL);
	if (!cache6) {
		kmem_cache_destroy(cache4);
		return -ENOMEM;
	}
	return 0;
}

/**
 * xtcp_halfopen_cache_exit() - free the slabs, which are empty
 *
 * Context: module unload.
 */
void xtcp_halfopen_cache_exit(void)
{
	kmem_cache_destroy(cache6);
	kmem_cache_destroy(cache4);
}

/**
 * xtcp_halfopen_free() - free a record: xtcp_entry_put() has dropped its last reference
 * @r: record
 *
 * Context: any.
 */
void xtcp_halfopen_free(struct xtcp_halfopen_record *r)
{
	kmem_cache_free(r->entry.family == AF_INET ? cache4 : cache6, r);
}

/* The listener a record is for, if it still listens */
static struct sock *halfopen_listener(const struct xtcp_halfopen_record *r)
{
	return xtcp_listener_by_id(read_pnet(&r->entry.net), r->entry.lport,
				   r->listener_id);
}

/* Books to be kept when a record has left the table */
static void halfopen_gone(struct xtcp_halfopen_record *r)
{
	struct sock *listener = halfopen_listener(r);

	atomic_dec(&xtcp_net(read_pnet(&r->entry.net))->halfopen_count);
	if (listener)
		atomic_dec(&xtcp_sk(listener)->listener.halfopen);
}

static void halfopen_kill(struct xtcp_halfopen_record *r)
{
	if (xtcp_record_remove(&r->entry, &r->timer))
		halfopen_gone(r);
}

/**
 * xtcp_halfopen_kill() - end a record: nobody will be told
 * @r: record, with a reference of the caller's
 *
 * Context: any, under rcu_read_lock().
 */
void xtcp_halfopen_kill(struct xtcp_halfopen_record *r)
{
	halfopen_kill(r);
}

/**
 * xtcp_halfopen_kill_sync() - end a record and wait for its callback
 * @r: record, with a reference of the caller's
 *
 * Context: process; sleeps.
 */
void xtcp_halfopen_kill_sync(struct xtcp_halfopen_record *r)
{
	rcu_read_lock();
	halfopen_kill(r);
	rcu_read_unlock();
	if (xtcp_timer_shutdown_sync(&r->timer))
		xtcp_entry_put(&r->entry);
}

static void halfopen_send_synack(struct xtcp_halfopen_record *r,
				 const struct sock *listener,
				 const struct xtcp_key *key)
{
	u8 tos = key->family == AF_INET ? inet_sk(listener)->tos :
					  inet6_sk(listener)->tclass;
	struct xtcp_out out;

	xtcp_halfopen_synack(&r->half, xtcp_record_stamp(key, r->half.ts_ok), &out);
	xtcp_reply(key->net, key, r->entry.bound_dev_if, r->mark, tos, &out);
}

/**
 * xtcp_halfopen_expired() - the timer: the SYN-ACK again, or the end
 * @timer: of a half-open record
 *
 * Context: softirq, under rcu_read_lock(); owns the timer's reference.
 */
void xtcp_halfopen_expired(struct xtcp_timer *timer)
{
	struct xtcp_halfopen_record *r;
	struct sock *listener;
	struct xtcp_key key;
	struct net *net;
	u64 wait;

	r = container_of(timer, struct xtcp_halfopen_record, timer);
	net = read_pnet(&r->entry.net);
	if (hlist_nulls_unhashed_lockless(&r->entry.node))
		goto out;
	wait = xtcp_halfopen_timeout(&r->half, &xtcp_net(net)->knobs);
	listener = halfopen_listener(r);
	if (!wait || !listener) {
		xtcp_count(net, halfopen_expired);
		halfopen_kill(r);
		goto out;
	}
	xtcp_count(net, synack_retransmits);
	xtcp_record_key(&r->entry, &key);
	halfopen_send_synack(r, listener, &key);
	xtcp_record_arm(&r->entry, &r->timer, xtcp_now() + wait);
out:
	xtcp_entry_put(&r->entry);
}

/* The device a connection is bound to from its first packet on */
static int halfopen_bound_dev(const struct sock *listener, const struct sk_buff *skb,
			      const struct xtcp_key *key)
{
	int dev = inet_request_bound_dev_if(listener, (struct sk_buff *)skb);

	if (!dev && key->family == AF_INET6 &&
	    ipv6_addr_type(&key->raddr6) & IPV6_ADDR_LINKLOCAL)
		dev = key->dif;
	return dev;
}

/* The largest segment we can be sent: what fits the device the SYN came by */
static u16 halfopen_adv_mss(const struct sock *listener, const struct sk_buff *skb,
			    const struct xtcp_key *key)
{
	u32 headers = XTCP_HDR_LEN + (key->family == AF_INET ? sizeof(struct iphdr) :
				      sizeof(struct ipv6hdr));
	u32 mtu = clamp(READ_ONCE(skb->dev->mtu), headers + XTCP_MSS_MIN, 0xffffU);
	u16 set = READ_ONCE(xtcp_sk(listener)->tcb.set_mss);

	return set ? min_t(u32, set, mtu - headers) : mtu - headers;
}

static struct xtcp_halfopen_record *halfopen_new(const struct sock *listener,
						 const struct xtcp_seg *seg,
						 const struct xtcp_key *key,
						 const struct sk_buff *skb,
						 const u32 *iss_floor)
{
	bool v4 = key->family == AF_INET;
	struct xtcp_net *xn = xtcp_net(key->net);
	struct xtcp_key bound = *key;
	struct xtcp_halfopen_record *r;
	u64 now = xtcp_now();
	u32 hash, iss;

	r = kmem_cache_alloc(v4 ? cache4 : cache6, GFP_ATOMIC);
	if (!r)
		return NULL;
	bound.dif = halfopen_bound_dev(listener, skb, key);
	bound.sdif = 0;
	xtcp_entry_set_key(&r->entry, &bound);
	r->entry.kind = XTCP_ENTRY_HALFOPEN;
	xtcp_timer_init(&r->timer, XTCP_ENTRY_HALFOPEN);
	r->listener_id = xtcp_sk(listener)->listener.id;
	r->answered = 0;
	r->mark = inet_request_mark(listener, (struct sk_buff *)skb);

	hash = xtcp_key_hash_secret(key, XTCP_SALT_ISN);
	iss = iss_floor ? xtcp_isn_above(now, hash, *iss_floor) : xtcp_isn(now, hash);
	xtcp_halfopen_init(&r->half, seg, iss, halfopen_adv_mss(listener, skb, key),
			   v4 ? XTCP_MSS_DEFAULT4 : XTCP_MSS_DEFAULT6,
			   READ_ONCE(listener->sk_rcvbuf) / 2, &xn->knobs, now);
	refcount_set(&r->entry.ref, 2);		/* the table's and ours */
	return r;
}

/**
 * xtcp_halfopen_open() - a SYN reaches a listener (RFC 9293 section 3.10.7.2)
 * @listener: listening socket, not locked
 * @seg: the SYN
 * @key: the connection
 * @skb: its packet
 * @iss_floor: our ISN must lie above this: the connection follows one in TIME-WAIT.
 *	NULL: it does not
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_halfopen_open(struct sock *listener, const struct xtcp_seg *seg,
			const struct xtcp_key *key, const struct sk_buff *skb,
			const u32 *iss_floor)
{
	struct xtcp_halfopen_record *r;

	r = halfopen_new(listener, seg, key, skb, iss_floor);
	if (!r) {
		xtcp_count(key->net, drop_memory);
		return;
	}
	if (xtcp_conn_insert(&r->entry, key)) {	/* a copy was quicker */
		xtcp_halfopen_free(r);
		return;
	}
	atomic_inc(&xtcp_sk(listener)->listener.halfopen);
	atomic_inc(&xtcp_net(key->net)->halfopen_count);
	xtcp_count(key->net, halfopen_created);
	xtcp_record_arm(&r->entry, &r->timer, r->half.sent + XTCP_RTO_INITIAL);
	halfopen_send_synack(r, listener, key);
	xtcp_entry_put(&r->entry);
}

/* Two CPUs may come here with copies of the third segment: the swap in the table
 * decides. Returns the child, locked by nobody, with a reference; NULL when it
 * could not be made
 */
static struct sock *halfopen_child(struct xtcp_halfopen_record *r,
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
	bh_unlock_sock(child);
	if (xtcp_timer_disarm(&r->timer))
		xtcp_entry_put(&r->entry);
	halfopen_gone(r);
	xtcp_entry_put(&r->entry);		/* the table's */
	return child;
}

static void halfopen_overflow(struct xtcp_halfopen_record *r, struct sk_buff *skb,
			      const struct xtcp_seg *seg, const struct xtcp_key *key)
{
	xtcp_count(key->net, listen_accept_drops);
	if (xtcp_net(key->net)->knobs.abort_on_overflow) {
		halfopen_kill(r);
		xtcp_reset_skb(skb, seg, key);
	}
	kfree_skb(skb);
}

/* The third segment: a socket takes the record's place; consumes @skb */
static void halfopen_establish(struct xtcp_halfopen_record *r, struct sk_buff *skb,
			       struct xtcp_seg *seg, const struct xtcp_key *key)
{
	struct sock *listener = halfopen_listener(r);
	struct xtcp_entry *winner;
	struct sock *child;

	if (!listener) {
		halfopen_kill(r);
		xtcp_reset_skb(skb, seg, key);
		kfree_skb(skb);
		return;
	}
	if (sk_acceptq_is_full(listener)) {
		halfopen_overflow(r, skb, seg, key);
		return;
	}
	child = halfopen_child(r, listener, skb);
	if (child) {
		xtcp_count(key->net, passive_opens);
		xtcp_sock_rcv(child, skb, seg);
		xtcp_accept_queue_add(listener, child);
		sock_put(child);
		return;
	}
	winner = xtcp_conn_lookup(key);
	if (winner && winner->kind == XTCP_ENTRY_SOCKET) {
		xtcp_sock_rcv((struct sock *)xtcp_entry_sock(winner), skb, seg);
		return;
	}
	if (winner)
		xtcp_entry_put(winner);
	xtcp_count(key->net, drop_memory);
	kfree_skb(skb);
}

/**
 * xtcp_halfopen_rcv() - a segment for a half-open connection
 * @r: record, with a reference of the caller's
 * @skb: packet, data at the transport header; consumed
 * @seg: its segment
 * @key: its connection
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_halfopen_rcv(struct xtcp_halfopen_record *r, struct sk_buff *skb,
		       struct xtcp_seg *seg, const struct xtcp_key *key)
{
	enum xtcp_drop drop = XTCP_DROP_NONE;
	struct sock *listener;
	struct xtcp_out out;

	switch (xtcp_halfopen_segment(&r->half, seg, &drop)) {
	case XTCP_HALFOPEN_ESTABLISH:
		halfopen_establish(r, skb, seg, key);
		return;
	case XTCP_HALFOPEN_SYNACK:
		listener = halfopen_listener(r);
		if (listener && xtcp_record_may_answer(&r->answered))
			halfopen_send_synack(r, listener, key);
		break;
	case XTCP_HALFOPEN_ACK:
		if (xtcp_record_may_answer(&r->answered)) {
			xtcp_halfopen_ack(&r->half, xtcp_record_stamp(key, r->half.ts_ok),
					  &out);
			xtcp_reply_skb(skb, key, &out);
		}
		break;
	case XTCP_HALFOPEN_RESET:
		xtcp_reset_skb(skb, seg, key);
		break;
	case XTCP_HALFOPEN_ABORT:
		xtcp_count(key->net, resets_in);
		halfopen_kill(r);
		break;
	case XTCP_HALFOPEN_DROP:
		break;
	}
	if (drop != XTCP_DROP_NONE)
		xtcp_count_drop(key->net, drop);
	kfree_skb(skb);
}
