// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT entries, which take the place of a finished connection's socket for 2 MSL (RFC 9293
 * section 3.6.1).
 *
 *	socket --> TIME-WAIT ---------------------------------> (2 MSL are over)
 *			| ^
 *	a newer SYN:	| | the SYN was an old duplicate
 *			v |
 *		      request --> socket: the TIME-WAIT entry ends
 *
 *	our own SYN:	TIME-WAIT --> socket (tw_reuse)
 *
 * After a newer SYN (RFC 6191), the entry leaves the table, and the request that replaces it
 * points to it (xtcp_request.before). Its timer goes on: if the 2 MSL end meanwhile, the entry
 * ends as soon as it returns to the table.
 */
#include <net/ipv6.h>
#include "conn.h"
#include "drop.h"
#include "listener.h"
#include "net.h"
#include "port.h"
#include "minisock.h"
#include "reply.h"
#include "sock.h"
#include "timer.h"
#include "timewait.h"

static struct xtcp_minisock_slab slab __read_mostly;

/**
 * xtcp_timewait_cache_init() - create the slabs of TIME-WAIT entries
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int xtcp_timewait_cache_init(void)
{
	size_t size = sizeof(struct xtcp_timewait);

	BUILD_BUG_ON(IS_ENABLED(CONFIG_64BIT) && size - sizeof(struct xtcp_timer) > 64);
	return xtcp_minisock_slab_init(&slab, "xtcp_timewait4", "xtcp_timewait6", size);
}

/**
 * xtcp_timewait_cache_exit() - destroy the slabs, which are empty
 *
 * Context: module unload.
 */
void xtcp_timewait_cache_exit(void)
{
	xtcp_minisock_slab_exit(&slab);
}

static void timewait_free(struct rcu_head *rcu)
{
	struct xtcp_timewait *r = container_of(rcu, struct xtcp_timewait, rcu);

	xtcp_minisock_slab_free(&slab, r->entry.family, r);
}

/* Release its port, and subtract it from the namespace's count */
static void timewait_let_go(struct xtcp_timewait *r)
{
	xtcp_port_drop(&r->entry, READ_ONCE(r->claim) & ~XTCP_TIME_WAIT_OVER);
	atomic_dec(&xtcp_net(read_pnet(&r->entry.net))->tw_count);
}

/**
 * xtcp_timewait_end() - end an entry that is out of the table
 * @r: TIME-WAIT entry that the caller has taken out of the table, or off a request
 *
 * Context: any.
 */
void xtcp_timewait_end(struct xtcp_timewait *r)
{
	xtcp_timer_shutdown(&r->timer);
	timewait_let_go(r);
	call_rcu(&r->rcu, timewait_free);
}

/**
 * xtcp_timewait_kill() - take an entry out of the table, and end it
 * @r: TIME-WAIT entry
 *
 * Context: any, under rcu_read_lock().
 */
void xtcp_timewait_kill(struct xtcp_timewait *r)
{
	xtcp_rcu_held();
	if (xtcp_conn_remove(&r->entry))
		xtcp_timewait_end(r);
}

/**
 * xtcp_timewait_resume() - an entry has returned to the table in place of its request
 * @r: TIME-WAIT entry, in the table again
 *
 * The 2 MSL may have ended meanwhile. xtcp_timewait_expired() first notes that they are over,
 * then removes the entry if it is hashed. The caller has first hashed the entry, and this
 * function then reads the note. The bucket's lock is between the two steps on each side, so at
 * least one sees the other, and xtcp_conn_remove() lets only one end the entry.
 *
 * Context: any, under rcu_read_lock().
 */
void xtcp_timewait_resume(struct xtcp_timewait *r)
{
	xtcp_rcu_held();
	xtcp_count(read_pnet(&r->entry.net), tw_resumed);
	if (READ_ONCE(r->claim) & XTCP_TIME_WAIT_OVER)
		xtcp_timewait_kill(r);
}

/**
 * xtcp_timewait_expired() - timer callback: 2 MSL are over
 * @timer: timer of a TIME-WAIT entry
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_timewait_expired(struct xtcp_timer *timer)
{
	struct xtcp_timewait *r =
		container_of(timer, struct xtcp_timewait, timer);

	xtcp_rcu_held();
	WRITE_ONCE(r->claim, r->claim | XTCP_TIME_WAIT_OVER);
	xtcp_timewait_kill(r);
}

static void timewait_start(struct xtcp_timewait *r)
{
	const struct net *net = read_pnet(&r->entry.net);

	xtcp_timer_arm(&r->timer, xtcp_now() + xtcp_time_wait_length(&xtcp_net(net)->knobs));
}

/* The TTL that the program has set; 0: none. A peer that requires 255 (RFC 5082) does so until
 * the end
 */
static u8 timewait_ttl(const struct sock *sk)
{
	int ttl = xtcp_is_v4(sk) ? READ_ONCE(inet_sk(sk)->uc_ttl) : inet6_sk(sk)->hop_limit;

	return max(ttl, 0);
}

/* Make an entry for the socket's connection, which holds its port. Returns NULL when there is
 * no memory, or the socket holds no port
 */
static struct xtcp_timewait *timewait_new(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct xtcp_timewait *r;
	struct xtcp_key key;

	r = xtcp_minisock_slab_alloc(&slab, xs->entry.family);
	if (!r)
		return NULL;
	xtcp_time_wait_init(&r->tw, &xs->tcb, xtcp_now());
	xtcp_timer_init(&r->timer, XTCP_ENTRY_TIMEWAIT);
	xtcp_entry_init(&r->entry, XTCP_ENTRY_TIMEWAIT);
	xtcp_entry_get_key(&xs->entry, &key);
	xtcp_entry_set_key(&r->entry, &key);
	r->mark = READ_ONCE(sk->sk_mark);
	r->tos = xtcp_is_v4(sk) ? inet_sk(sk)->tos : inet6_sk(sk)->tclass;
	r->entry.spare = timewait_ttl(sk);
	r->tw.foreign = !!(inet_sk_flowi_flags(sk) & FLOWI_FLAG_ANYSRC);
	r->claim = xtcp_port_claim(sk);
	xtcp_minisock_answer_init(&r->answered);
	if (xtcp_port_keep(sk, &r->entry, r->claim))
		return r;
	xtcp_minisock_slab_free(&slab, r->entry.family, r);
	return NULL;
}

/**
 * xtcp_timewait_enter() - continue a connection as a TIME-WAIT entry
 * @sk: socket whose control block has entered TIME-WAIT
 *
 * The entry takes the socket's place in the table, and holds its port. If memory is short or
 * max_tw_buckets is reached, there is no entry, and the connection simply ends. The control
 * block is CLOSED afterwards.
 *
 * Context: under the socket lock.
 */
void xtcp_timewait_enter(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	struct net *net = sock_net(sk);
	struct xtcp_net *xn = xtcp_net(net);
	struct xtcp_timewait *r = NULL;

	sock_owned_by_me(sk);
	xs->tcb.state = XTCP_CLOSED;
	if (atomic_inc_return(&xn->tw_count) <= READ_ONCE(xn->knobs.max_tw_buckets))
		r = timewait_new(sk);
	if (!r) {
		atomic_dec(&xn->tw_count);
		xtcp_count(net, tw_overflow);
		return;
	}
	rcu_read_lock();	/* in the table, other CPUs may end it */
	if (xtcp_conn_replace(&xs->entry, &r->entry)) {
		sock_prot_inuse_add(net, sk->sk_prot, -1);
		xtcp_count(net, tw_created);
		timewait_start(r);
	} else {		/* the socket was not hashed: there is no place to take */
		timewait_let_go(r);
		xtcp_minisock_slab_free(&slab, r->entry.family, r);
	}
	rcu_read_unlock();
}

/**
 * xtcp_timewait_answer() - send the last ACK again
 * @r: TIME-WAIT entry
 * @skb: the packet that is answered, transport header pulled
 * @key: its connection
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_timewait_answer(struct xtcp_timewait *r, const struct sk_buff *skb,
			  const struct xtcp_key *key)
{
	struct xtcp_answer answer = {
		.oif = r->entry.bound_dev_if,
		.mark = r->mark,
		.tos = r->tos,
		.ttl = r->entry.spare,
		.foreign = r->tw.foreign,
	};
	struct xtcp_out out;

	xtcp_rcu_held();
	xtcp_time_wait_ack(&r->tw, xtcp_now(), xtcp_minisock_stamp(key, r->tw.ts_ok), &out);
	xtcp_reply_to(skb, key, &answer, &out);
}

/**
 * xtcp_timewait_is_fin() - is a segment the peer's FIN again?
 * @r: TIME-WAIT entry, in the table or replaced by a request
 * @seg: the segment
 *
 * Context: under rcu_read_lock().
 * Return: true if so: the peer has not received our ACK of it.
 */
bool xtcp_timewait_is_fin(const struct xtcp_timewait *r, const struct xtcp_seg *seg)
{
	enum xtcp_drop drop;

	xtcp_rcu_held();
	return xtcp_time_wait_segment(&r->tw, seg, &drop) == XTCP_TIME_WAIT_RESTART;
}

/**
 * xtcp_timewait_rcv() - handle a segment for a connection in TIME-WAIT
 * @r: TIME-WAIT entry
 * @skb: the segment's packet, transport header pulled; consumed unless true is returned
 * @seg: the segment
 * @key: its connection
 *
 * Context: softirq, under rcu_read_lock().
 * Return: true when the segment is a newer SYN and there is a listener for it: the caller
 * hands it to that (RFC 6191).
 */
bool xtcp_timewait_rcv(struct xtcp_timewait *r, struct sk_buff *skb,
		       const struct xtcp_seg *seg, const struct xtcp_key *key)
{
	enum xtcp_drop drop = XTCP_DROP_NONE;
	enum xtcp_time_wait_verdict verdict;

	xtcp_rcu_held();
	verdict = xtcp_time_wait_segment(&r->tw, seg, &drop);
	if (verdict == XTCP_TIME_WAIT_REOPEN) {
		if (xtcp_listener_lookup(key))
			return true;
		verdict = XTCP_TIME_WAIT_ACK;
	}
	if (verdict == XTCP_TIME_WAIT_RESTART) {
		if (xtcp_time_wait_restart(&r->tw))
			timewait_start(r);
		xtcp_timewait_answer(r, skb, key);
	} else if (verdict == XTCP_TIME_WAIT_ACK && xtcp_minisock_may_answer(&r->answered)) {
		xtcp_timewait_answer(r, skb, key);
	}
	xtcp_skb_done(key->net, skb, drop);
	return false;
}
