// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT records: what takes a finished connection's place for 2 MSL.
 */
#include <linux/slab.h>
#include <net/ipv6.h>
#include "record.h"
#include "sock.h"

static struct kmem_cache *cache4 __read_mostly;
static struct kmem_cache *cache6 __read_mostly;

/**
 * xtcp_timewait_cache_init() - make the slabs of TIME-WAIT records
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int xtcp_timewait_cache_init(void)
{
	size_t size = sizeof(struct xtcp_timewait_record);

	cache4 = kmem_cache_create("xtcp_timewait4", size, 0,
				   SLAB_TYPESAFE_BY_RCU, NULL);
	if (!cache4)
		return -ENOMEM;
	cache6 = kmem_cache_create("xtcp_timewait6", size + 2 * sizeof(struct in6_addr),
				   0, SLAB_TYPESAFE_BY_RCU, NULL);
	if (!cache6) {
		kmem_cache_destroy(cache4);
		return -ENOMEM;
	}
	return 0;
}

/**
 * xtcp_timewait_cache_exit() - free the slabs, which are empty
 *
 * Context: module unload.
 */
void xtcp_timewait_cache_exit(void)
{
	kmem_cache_destroy(cache6);
	kmem_cache_destroy(cache4);
}

/**
 * xtcp_timewait_free() - free a record: xtcp_entry_put() has dropped its last reference
 * @r: record
 *
 * Context: any.
 */
void xtcp_timewait_free(struct xtcp_timewait_record *r)
{
	kmem_cache_free(r->entry.family == AF_INET ? cache4 : cache6, r);
}

static void timewait_kill(struct xtcp_timewait_record *r)
{
	if (!xtcp_record_remove(&r->entry, &r->timer))
		return;
	xtcp_port_drop(&r->entry, r->claim);
	atomic_dec(&xtcp_net(read_pnet(&r->entry.net))->tw_count);
}

/**
 * xtcp_timewait_kill_sync() - end a record and wait for its callback
 * @r: record, with a reference of the caller's
 *
 * Context: process; sleeps.
 */
void xtcp_timewait_kill_sync(struct xtcp_timewait_record *r)
{
	timewait_kill(r);
	if (xtcp_timer_shutdown_sync(&r->timer))
		xtcp_entry_put(&r->entry);
}

/**
 * xtcp_timewait_expired() - the timer: 2 MSL are over
 * @timer: of a TIME-WAIT record
 *
 * Context: softirq, under rcu_read_lock(); owns the timer's reference.
 */
void xtcp_timewait_expired(struct xtcp_timer *timer)
{
	struct xtcp_timewait_record *r;

	r = container_of(timer, struct xtcp_timewait_record, timer);
	timewait_kill(r);
	xtcp_entry_put(&r->entry);
}

static void timewait_start(struct xtcp_timewait_record *r)
{
	const struct net *net = read_pnet(&r->entry.net);
	u64 msl = (u64)READ_ONCE(xtcp_net(net)->knobs.msl_ms) * XTCP_US_PER_MS;

	xtcp_record_arm(&r->entry, &r->timer, xtcp_now() + 2 * msl);
}

static void timewait_fill(struct xtcp_timewait_record *r, struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_key key;

	xtcp_timewait_init(&r->tw, &xs->tcb);
	xtcp_timer_init(&r->timer, XTCP_ENTRY_TIMEWAIT);
	xtcp_record_key(&xs->entry, &key);
	xtcp_entry_set_key(&r->entry, &key);
	r->entry.kind = XTCP_ENTRY_TIMEWAIT;
	refcount_set(&r->entry.ref, 2);		/* the table's and ours */
	r->mark = READ_ONCE(sk->sk_mark);
	r->tos = xtcp_is_v4(sk) ? inet_sk(sk)->tos : inet6_sk(sk)->tclass;
	r->claim = xtcp_port_claim(sk);
	r->answered = 0;
}

/**
 * xtcp_timewait_enter() - a socket's connection goes on as a TIME-WAIT record
 * @sk: socket whose control block has entered TIME-WAIT
 *
 * The record takes the socket's place in the table, and holds its port. It
 * is left out, and the connection simply ends, where memory is short or
 * max_tw_buckets is reached. The control block is CLOSED afterwards.
 *
 * Context: under the socket lock.
 */
void xtcp_timewait_enter(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct net *net = sock_net(sk);
	struct xtcp_net *xn = xtcp_net(net);
	struct xtcp_timewait_record *r = NULL;
	bool kept;

	xs->tcb.state = XTCP_CLOSED;
	if (atomic_inc_return(&xn->tw_count) <= READ_ONCE(xn->knobs.max_tw_buckets))
		r = kmem_cache_alloc(xs->entry.family == AF_INET ? cache4 : cache6,
				     GFP_ATOMIC);
	if (!r) {
		atomic_dec(&xn->tw_count);
		xtcp_count(net, tw_overflow);
		return;
	}
	timewait_fill(r, sk);
	kept = xtcp_port_keep(sk, &r->entry, r->claim);
	if (!kept || !xtcp_conn_replace(&xs->entry, &r->entry)) {
		/* no memory, or the socket is not in the table: nothing to stand in for */
		if (kept)
			xtcp_port_drop(&r->entry, r->claim);
		xtcp_timewait_free(r);
		atomic_dec(&xn->tw_count);
		return;
	}
	sock_prot_inuse_add(net, sk->sk_prot, -1);
	xtcp_count(net, tw_created);
	timewait_start(r);
	xtcp_entry_put(&r->entry);
}

static void timewait_answer(struct xtcp_timewait_record *r,
			    const struct xtcp_key *key)
{
	struct xtcp_out out;

	xtcp_timewait_ack(&r->tw, xtcp_record_stamp(key, r->tw.ts_ok), &out);
	xtcp_reply(key->net, key, r->entry.bound_dev_if, r->mark, r->tos, &out);
}

/**
 * xtcp_timewait_rcv() - a segment for a connection in TIME-WAIT
 * @r: record, with a reference of the caller's
 * @skb: packet, not consumed
 * @seg: its segment
 * @key: its connection
 * @iss_floor: set when true is returned: the new connection's ISN must lie above
 *
 * Context: softirq, under rcu_read_lock().
 * Return: true when the segment is a newer SYN for which somebody listens: the
 * record was ended (RFC 6191).
 */
bool xtcp_timewait_rcv(struct xtcp_timewait_record *r, struct sk_buff *skb,
		       const struct xtcp_seg *seg, const struct xtcp_key *key,
		       u32 *iss_floor)
{
	enum xtcp_drop drop = XTCP_DROP_NONE;
	enum xtcp_timewait_verdict verdict;

	verdict = xtcp_timewait_segment(&r->tw, seg, &drop);
	if (verdict == XTCP_TIMEWAIT_REOPEN) {
		if (xtcp_listener_lookup(key)) {
			*iss_floor = r->tw.snd_nxt;
			timewait_kill(r);
			xtcp_count(key->net, tw_reopened);
			return true;
		}
		verdict = XTCP_TIMEWAIT_ACK;
	}
	if (verdict == XTCP_TIMEWAIT_RESTART) {
		timewait_start(r);
		timewait_answer(r, key);
	} else if (verdict == XTCP_TIMEWAIT_ACK && xtcp_record_may_answer(&r->answered)) {
		timewait_answer(r, key);
	}
	if (drop != XTCP_DROP_NONE)
		xtcp_count_drop(key->net, drop);
	return false;
}
