// SPDX-License-Identifier: GPL-2.0
/*
 * The table of listeners: which one gets a new connection, and which one is the migration
 * target when another closes.
 */
#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/lockdep.h>
#include <linux/rculist.h>
#include <linux/seqlock.h>
#include <net/inet_hashtables.h>
#include <net/sock_reuseport.h>
#include "conn.h"
#include "listener.h"
#include "net.h"
#include "sock.h"

static struct hlist_head listen_table[XTCP_LISTEN_BUCKETS];
static DEFINE_SPINLOCK(listen_lock);	/* writers of listen_table, and listen_last */
/* Counts changes of listen_table and of groups. A lockless search among listeners that come and
 * go may miss all: it may see the old ones leave and not see the new ones. And a group may give
 * a SYN to a listener that is not in the table yet. Therefore a search that finds none is
 * repeated if there was a change meanwhile
 */
static seqcount_spinlock_t listen_seq = SEQCNT_SPINLOCK_ZERO(listen_seq, &listen_lock);
static u32 listen_last;			/* number of the last socket that began to listen */

/*
 * A listener's id: its own number in the lower half, its group's number in the upper half. A
 * group's number is that of the listener that created it. Numbers repeat after four billion
 * calls of listen(), when no request has the old id any more.
 */
static u64 listener_id(u32 group, u32 number)
{
	return (u64)group << 32 | number;
}

static u32 id_group(u64 id)
{
	return id >> 32;
}

/**
 * xtcp_listen_bucket() - get a bucket of the table, to walk it under rcu_read_lock()
 * @i: below XTCP_LISTEN_BUCKETS
 *
 * Return: its list, linked by xtcp_listener.node.
 */
struct hlist_head *xtcp_listen_bucket(unsigned int i)
{
	return &listen_table[i];
}

static struct hlist_head *listen_bucket_of(const struct net *net, u16 port)
{
	return &listen_table[hash_32(net_hash_mix(net) + port,
				     ilog2(XTCP_LISTEN_BUCKETS))];
}

static bool listener_has_addr(const struct sock *sk, const struct xtcp_key *key,
			      int *score)
{
	if (sk->sk_family == AF_INET || ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr)) {
		if (key->family != AF_INET)
			return false;
		if (!inet_sk(sk)->inet_rcv_saddr)
			return true;
		++*score;
		return inet_sk(sk)->inet_rcv_saddr == key->laddr;
	}
	if (ipv6_addr_any(&sk->sk_v6_rcv_saddr))
		return key->family == AF_INET6 || !ipv6_only_sock(sk);
	++*score;
	return key->family == AF_INET6 &&
	       ipv6_addr_equal(&sk->sk_v6_rcv_saddr, &key->laddr6);
}

/* How well a listener matches; -1: not at all. The most specific one has the highest score */
static int listener_score(const struct sock *sk, const struct xtcp_key *key)
{
	int score = 0;

	if (!net_eq(sock_net(sk), key->net) || inet_sk(sk)->inet_num != key->lport ||
	    inet_sk_state_load(sk) != TCP_LISTEN)
		return -1;
	if (!listener_has_addr(sk, key, &score))
		return -1;
	if (!inet_sk_bound_dev_eq(key->net, sk->sk_bound_dev_if, key->dif, key->sdif))
		return -1;
	score *= 4;
	if (sk->sk_bound_dev_if)
		score += 8;
	if (sk->sk_family == key->family)
		score += 2;
	if (READ_ONCE(sk->sk_incoming_cpu) == raw_smp_processor_id())
		score += 1;
	return score;
}

/**
 * xtcp_listener_lookup() - find the best listener for a connection
 * @key: the connection, from a packet
 *
 * Context: under rcu_read_lock(); takes no lock.
 * Return: the most specific listener, valid until rcu_read_unlock(); any member if it is in a
 * reuse port group. NULL: there is none.
 */
struct sock *xtcp_listener_lookup(const struct xtcp_key *key)
{
	struct sock *best = NULL;
	int best_score = -1, score;
	struct xtcp_sock *xs;
	unsigned int seq;

	xtcp_rcu_held();
	do {
		seq = read_seqcount_begin(&listen_seq);
		hlist_for_each_entry_rcu(xs, listen_bucket_of(key->net, key->lport),
					 listener.node) {
			score = listener_score((struct sock *)xs, key);
			if (score > best_score) {
				best_score = score;
				best = (struct sock *)xs;
			}
		}
	} while (!best && read_seqcount_retry(&listen_seq, seq));
	return best;
}

/**
 * xtcp_listener_select() - select the listener that gets a new connection
 * @key: the connection, from a packet
 * @skb: the packet, data at the transport header
 * @hdr_len: length of the transport header, bytes
 *
 * In a reuse port group, the group's BPF program selects the member
 * (SO_ATTACH_REUSEPORT_CBPF, _EBPF). Without a program, the connection's hash selects one of
 * this CPU's members (SO_INCOMING_CPU), or one of all if this CPU has none.
 *
 * Context: softirq, under rcu_read_lock().
 * Return: the listener, valid until rcu_read_unlock(); NULL: there is none.
 */
struct sock *xtcp_listener_select(const struct xtcp_key *key, struct sk_buff *skb,
				  u32 hdr_len)
{
	struct sock *listener = xtcp_listener_lookup(key);

	xtcp_rcu_held();
	if (!listener || !rcu_access_pointer(listener->sk_reuseport_cb))
		return listener;
	return reuseport_select_sock(listener, xtcp_key_hash(key), skb, hdr_len) ?:
	       listener;
}

/**
 * xtcp_listener_by_id() - find the listener of a request
 * @net: namespace
 * @port: its port, host order
 * @id: its xtcp_listener.id
 *
 * If several listeners share a port, a lookup by address may find a different one each time,
 * and on each CPU.
 *
 * Context: under rcu_read_lock(); takes no lock.
 * Return: the listener, valid until rcu_read_unlock(); NULL: it no longer listens.
 */
struct sock *xtcp_listener_by_id(const struct net *net, u16 port, u64 id)
{
	struct xtcp_sock *xs;
	unsigned int seq;

	xtcp_rcu_held();
	do {
		seq = read_seqcount_begin(&listen_seq);
		hlist_for_each_entry_rcu(xs, listen_bucket_of(net, port), listener.node)
			if (xs->listener.id == id)
				return (struct sock *)xs;
	} while (read_seqcount_retry(&listen_seq, seq));
	return NULL;
}

/* Is @xs another listener of the group of the listener @id? */
static bool may_migrate_to(const struct xtcp_sock *xs, u64 id)
{
	return id_group(xs->listener.id) == id_group(id) && xs->listener.id != id &&
	       inet_sk_state_load((const struct sock *)xs) == TCP_LISTEN;
}

/* The member with the highest rank is the target of a connection. So the target stays the same
 * while it listens, unless a member with a higher rank joins the group
 */
static u32 target_rank(const struct xtcp_sock *xs, u32 hash)
{
	return jhash_2words((u32)xs->listener.id, hash, 0);
}

/**
 * xtcp_listener_migrate_target() - the new listener of a closed one's connection
 * @net: namespace
 * @port: the closed listener's port, host order
 * @id: its xtcp_listener.id; 0: the connection has no listener
 * @hash: the connection's xtcp_entry.hash, which selects among several
 *
 * Context: under rcu_read_lock(); takes no lock.
 * Return: another listener of the reuse port group, valid until rcu_read_unlock(), but it may
 * stop listening at any moment. NULL: there is none, or the sysctl migrate_req is 0.
 */
struct sock *xtcp_listener_migrate_target(const struct net *net, u16 port, u64 id, u32 hash)
{
	struct xtcp_sock *xs, *target = NULL;
	unsigned int seq;

	xtcp_rcu_held();
	if (!id || !READ_ONCE(xtcp_net(net)->knobs.migrate_req))
		return NULL;
	do {
		seq = read_seqcount_begin(&listen_seq);
		hlist_for_each_entry_rcu(xs, listen_bucket_of(net, port), listener.node) {
			if (may_migrate_to(xs, id) &&
			    (!target || target_rank(xs, hash) > target_rank(target, hash)))
				target = xs;
		}
	} while (!target && read_seqcount_retry(&listen_seq, seq));
	if (!target)
		xtcp_count(net, migrate_alone);
	return (struct sock *)target;
}

/**
 * xtcp_listen_count() - count an event of a listener
 * @listener: listening socket, not locked
 * @c: counter
 *
 * Counted for the listener and for its namespace, in per-CPU counters.
 *
 * Context: any, under rcu_read_lock().
 */
void xtcp_listen_count(const struct sock *listener, enum xtcp_listen_counter c)
{
	static const u8 of_net[] = {
#define AS_COUNTER(name, counter) XTCP_COUNT_##counter,
		XTCP_LISTEN_COUNTERS(AS_COUNTER)
	};

	xtcp_rcu_held();
	this_cpu_inc(xtcp_sk(listener)->listener.mib->count[c]);
	xtcp_count_add(sock_net(listener), of_net[c], 1);
}

static bool same_addr(const struct sock *a, const struct sock *b)
{
	if (a->sk_family == AF_INET)
		return inet_sk(a)->inet_rcv_saddr == inet_sk(b)->inet_rcv_saddr;
	return ipv6_addr_equal(&a->sk_v6_rcv_saddr, &b->sk_v6_rcv_saddr);
}

/* Do both belong in the same reuse port group? */
static bool same_group(const struct sock *a, const struct sock *b)
{
	return net_eq(sock_net(a), sock_net(b)) &&
	       inet_sk(a)->inet_num == inet_sk(b)->inet_num &&
	       a->sk_family == b->sk_family && b->sk_reuseport &&
	       ipv6_only_sock(a) == ipv6_only_sock(b) &&
	       a->sk_bound_dev_if == b->sk_bound_dev_if &&
	       uid_eq(xtcp_compat_uid(a), xtcp_compat_uid(b)) &&
	       same_addr(a, b);
}

/* A member of the reuse port group that @sk belongs in, or NULL; under listen_lock */
static struct sock *group_member(const struct sock *sk, const struct hlist_head *bucket)
{
	struct xtcp_sock *xs;

	lockdep_assert_held(&listen_lock);
	hlist_for_each_entry(xs, bucket, listener.node)
		if (same_group(sk, (struct sock *)xs))
			return (struct sock *)xs;
	return NULL;
}

/* Assign a listener's id: a new number, and the group number of @member, or the new number if
 * @member is NULL; under listen_lock
 */
static void listener_number(struct sock *sk, struct sock *member)
{
	lockdep_assert_held(&listen_lock);
	if (!++listen_last)
		listen_last++;
	xtcp_sk(sk)->listener.id =
		listener_id(member ? id_group(xtcp_sk(member)->listener.id) : listen_last,
			    listen_last);
}

/* Join the group of @member, or create a group; under listen_lock. From here on SYNs arrive */
static int group_join(struct sock *sk, struct sock *member)
{
	bool any = !inet_sk(sk)->inet_rcv_saddr;

	lockdep_assert_held(&listen_lock);
	if (!sk->sk_reuseport)
		return 0;
	return member ? reuseport_add_sock(sk, member, any) : reuseport_alloc(sk, any);
}

/**
 * xtcp_listener_hash() - insert a listener into the table: from here on SYNs arrive
 * @sk: socket in LISTEN, with its port
 *
 * With SO_REUSEPORT it also joins its reuse port group, or creates it. It gets its id before
 * that, since its requests name it by the id.
 *
 * Context: process, under the socket lock.
 * Return: 0 or -ENOMEM.
 */
int xtcp_listener_hash(struct sock *sk)
{
	struct hlist_head *bucket = listen_bucket_of(sock_net(sk), inet_sk(sk)->inet_num);
	struct sock *member = NULL;
	int err;

	sock_owned_by_me(sk);
	spin_lock_bh(&listen_lock);
	if (sk->sk_reuseport)
		member = group_member(sk, bucket);
	listener_number(sk, member);
	write_seqcount_begin(&listen_seq);
	err = group_join(sk, member);
	if (!err)
		hlist_add_head_rcu(&xtcp_sk(sk)->listener.node, bucket);
	write_seqcount_end(&listen_seq);
	spin_unlock_bh(&listen_lock);
	if (!err)
		sock_prot_inuse_add(sock_net(sk), sk->sk_prot, 1);
	return err;
}

/**
 * xtcp_listener_unhash() - remove a listener from the table and from its group
 * @sk: listening socket
 *
 * Context: process, under the socket lock.
 */
void xtcp_listener_unhash(struct sock *sk)
{
	sock_owned_by_me(sk);
	spin_lock_bh(&listen_lock);
	write_seqcount_begin(&listen_seq);
	hlist_del_init_rcu(&xtcp_sk(sk)->listener.node);
	write_seqcount_end(&listen_seq);
	if (rcu_access_pointer(sk->sk_reuseport_cb))
		reuseport_detach_sock(sk);
	spin_unlock_bh(&listen_lock);
	sock_prot_inuse_add(sock_net(sk), sk->sk_prot, -1);
}
