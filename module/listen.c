// SPDX-License-Identifier: GPL-2.0
/*
 * Listeners: their table, their groups, and what SYNs meet. accept.c has the accept queue.
 *
 * A SYN takes no lock of its listener: the half-open record it makes lives in the
 * connection table, and only a counter tells how many there are.
 */
#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/seqlock.h>
#include <net/inet_common.h>
#include <net/inet_hashtables.h>
#include <net/sock_reuseport.h>
#include "record.h"
#include "sock.h"

static struct hlist_head listen_table[XTCP_LISTEN_BUCKETS];
static DEFINE_SPINLOCK(listen_lock);	/* writers of listen_table, and listen_last */
/* Changes of listen_table and of groups. Who looks for any of several that come and go may
 * see those go that were there, and not those that have come; and a SYN may be given to one
 * by its group that is not in the table yet. Who finds none, and what he looked at has
 * changed meanwhile, looks again
 */
static seqcount_spinlock_t listen_seq = SEQCNT_SPINLOCK_ZERO(listen_seq, &listen_lock);
static u32 listen_last;			/* number of the listener that was the last to begin */

/*
 * A listener's id: its own number, and above that its group's, which is the number of who
 * founded it. A number comes again after four billion listen()s, when nobody remembers
 * who had it before.
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
 * xtcp_listen_bucket() - a bucket of listeners, to be walked under rcu_read_lock()
 * @i: below XTCP_LISTEN_BUCKETS
 *
 * Return: its list, by xtcp_listener.node.
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

/* How well a listener fits; -1: not at all. The more it has pinned down, the better */
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
 * xtcp_listener_lookup() - who listens for a connection
 * @key: the connection, as the packet shows it
 *
 * Context: under rcu_read_lock(); takes no lock.
 * Return: the listener that fits best, valid until rcu_read_unlock(); of a group
 * that shares the port by SO_REUSEPORT, any. NULL: nobody.
 */
struct sock *xtcp_listener_lookup(const struct xtcp_key *key)
{
	struct sock *best = NULL;
	int best_score = -1, score;
	struct xtcp_sock *xs;
	unsigned int seq;

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
 * xtcp_listener_select() - who is to take a new connection
 * @key: the connection, as the packet shows it
 * @skb: packet, data at the transport header
 * @hdr_len: its length
 *
 * Of a group that shares the port by SO_REUSEPORT, the group's program picks one
 * (SO_ATTACH_REUSEPORT_CBPF, _EBPF), else the connection's hash among those for this
 * processor (SO_INCOMING_CPU), else its hash among all.
 *
 * Context: softirq, under rcu_read_lock().
 * Return: the listener, valid until rcu_read_unlock(); NULL: nobody.
 */
struct sock *xtcp_listener_select(const struct xtcp_key *key, struct sk_buff *skb,
				  u32 hdr_len)
{
	struct sock *listener = xtcp_listener_lookup(key);

	if (!listener || !rcu_access_pointer(listener->sk_reuseport_cb))
		return listener;
	return reuseport_select_sock(listener, xtcp_key_hash(key), skb, hdr_len) ?:
	       listener;
}

/**
 * xtcp_listener_by_id() - the listener that a half-open record names
 * @net: namespace
 * @port: its port, host order
 * @id: its xtcp_listener.id
 *
 * Of those that share a port, a lookup by address may find one today and another
 * tomorrow, or one on this processor and another on that.
 *
 * Context: under rcu_read_lock(); takes no lock.
 * Return: the listener, valid until rcu_read_unlock(); NULL: it listens no more.
 */
struct sock *xtcp_listener_by_id(const struct net *net, u16 port, u64 id)
{
	struct xtcp_sock *xs;
	unsigned int seq;

	do {
		seq = read_seqcount_begin(&listen_seq);
		hlist_for_each_entry_rcu(xs, listen_bucket_of(net, port), listener.node)
			if (xs->listener.id == id)
				return (struct sock *)xs;
	} while (read_seqcount_retry(&listen_seq, seq));
	return NULL;
}

static bool may_inherit(const struct xtcp_sock *xs, u64 id)
{
	return id_group(xs->listener.id) == id_group(id) && xs->listener.id != id &&
	       inet_sk_state_load((const struct sock *)xs) == TCP_LISTEN;
}

/* Of those that could inherit a connection who draws the highest number does: however the
 * group changes, as long as this one is in it the heir is the same
 */
static u32 heir_draw(const struct xtcp_sock *xs, u32 hash)
{
	return jhash_2words((u32)xs->listener.id, hash, 0);
}

/**
 * xtcp_listener_heir() - who gets what a listener had that has closed
 * @net: namespace
 * @port: its port, host order
 * @id: its xtcp_listener.id; 0: nobody's
 * @hash: the connection's xtcp_entry.hash, by which one is chosen
 *
 * Context: under rcu_read_lock(); takes no lock.
 * Return: one of those of its SO_REUSEPORT group that listen still, valid until
 * rcu_read_unlock(); it may close any moment. NULL: there is none, or the knob migrate_req
 * is 0.
 */
struct sock *xtcp_listener_heir(const struct net *net, u16 port, u64 id, u32 hash)
{
	struct xtcp_sock *xs, *heir = NULL;
	unsigned int seq;

	if (!id || !READ_ONCE(xtcp_net(net)->knobs.migrate_req))
		return NULL;
	do {
		seq = read_seqcount_begin(&listen_seq);
		hlist_for_each_entry_rcu(xs, listen_bucket_of(net, port), listener.node) {
			if (may_inherit(xs, id) &&
			    (!heir || heir_draw(xs, hash) > heir_draw(heir, hash)))
				heir = xs;
		}
	} while (!heir && read_seqcount_retry(&listen_seq, seq));
	if (!heir)
		xtcp_count(net, migrate_alone);
	return (struct sock *)heir;
}

/**
 * xtcp_listen_count() - a listener has refused something, or given it up
 * @listener: listening socket, not locked
 * @c: what and why
 *
 * Counted for it and for its namespace; each CPU has counters of its own.
 *
 * Context: any, under rcu_read_lock().
 */
void xtcp_listen_count(const struct sock *listener, enum xtcp_listen_counter c)
{
	static const u8 of_net[] = {
#define AS_COUNTER(name, counter) XTCP_COUNT_##counter,
		XTCP_LISTEN_COUNTERS(AS_COUNTER)
	};

	this_cpu_inc(xtcp_sk(listener)->listener.mib->count[c]);
	xtcp_count_add(sock_net(listener), of_net[c], 1);
}

static bool same_addr(const struct sock *a, const struct sock *b)
{
	if (a->sk_family == AF_INET)
		return inet_sk(a)->inet_rcv_saddr == inet_sk(b)->inet_rcv_saddr;
	return ipv6_addr_equal(&a->sk_v6_rcv_saddr, &b->sk_v6_rcv_saddr);
}

/* May both be in one SO_REUSEPORT group? Then they listen for the same */
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

/* Another that listens for the same, or NULL; under listen_lock */
static struct sock *group_member(const struct sock *sk, const struct hlist_head *bucket)
{
	struct xtcp_sock *xs;

	hlist_for_each_entry(xs, bucket, listener.node)
		if (same_group(sk, (struct sock *)xs))
			return (struct sock *)xs;
	return NULL;
}

/* A number for a listener, and its group's: that of @member, or its own when it founds one;
 * under listen_lock
 */
static void listener_number(struct sock *sk, struct sock *member)
{
	if (!++listen_last)
		listen_last++;
	xtcp_sk(sk)->listener.id =
		listener_id(member ? id_group(xtcp_sk(member)->listener.id) : listen_last,
			    listen_last);
}

/* Join the group of @member, or found one; under listen_lock. From here on SYNs come */
static int group_join(struct sock *sk, struct sock *member)
{
	bool any = !inet_sk(sk)->inet_rcv_saddr;

	if (!sk->sk_reuseport)
		return 0;
	return member ? reuseport_add_sock(sk, member, any) : reuseport_alloc(sk, any);
}

static int listener_hash(struct sock *sk)
{
	struct hlist_head *bucket = listen_bucket_of(sock_net(sk), inet_sk(sk)->inet_num);
	struct sock *member = NULL;
	int err;

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

static void listener_unhash(struct sock *sk)
{
	spin_lock_bh(&listen_lock);
	write_seqcount_begin(&listen_seq);
	hlist_del_init_rcu(&xtcp_sk(sk)->listener.node);
	write_seqcount_end(&listen_seq);
	if (rcu_access_pointer(sk->sk_reuseport_cb))
		reuseport_detach_sock(sk);
	spin_unlock_bh(&listen_lock);
	sock_prot_inuse_add(sock_net(sk), sk->sk_prot, -1);
}

static int listen_start(struct sock *sk)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	int err;

	/* a SYN for what it was before may be counted at this moment */
	if (xs->listener.id)
		synchronize_rcu();
	if (!xs->listener.mib)
		xs->listener.mib = alloc_percpu_gfp(struct xtcp_listen_mib,
						    GFP_KERNEL_ACCOUNT);
	if (!xs->listener.mib)
		return -ENOMEM;
	spin_lock_init(&xs->listener.lock);
	INIT_LIST_HEAD(&xs->listener.children);
	INIT_LIST_HEAD(&xs->listener.dead);
	WRITE_ONCE(xs->listener.dead_count, 0);
	atomic_set(&xs->listener.halfopen, 0);
	WRITE_ONCE(sk->sk_ack_backlog, 0);

	/* In LISTEN first: of two that share a port by SO_REUSEADDR and want to
	 * listen, each sees the other
	 */
	xs->tcb.state = XTCP_LISTEN;
	xtcp_set_state(sk, TCP_LISTEN);
	err = xtcp_get_port(sk, inet_sk(sk)->inet_num);
	if (err)
		goto undo;
	inet_sk(sk)->inet_sport = htons(inet_sk(sk)->inet_num);
	sk_dst_reset(sk);
	err = listener_hash(sk);
	if (!err)
		return 0;
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		xtcp_put_port(sk);
undo:
	xs->tcb.state = XTCP_CLOSED;
	xtcp_set_state(sk, TCP_CLOSE);
	return err;
}

/**
 * xtcp_listen() - proto_ops.listen: passive OPEN (RFC 9293 section 3.10.1)
 * @sock: socket
 * @backlog: length of the accept queue, capped by max_accept_backlog; may be
 *	changed by calling again
 *
 * Context: process.
 * Return: 0, -EINVAL when connected, -EADDRINUSE, -ENOMEM.
 */
int xtcp_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int max = READ_ONCE(xtcp_net(sock_net(sk))->knobs.max_accept_backlog);
	int err = -EINVAL;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED || sock->type != SOCK_STREAM)
		goto out;
	if (sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN)
		goto out;
	WRITE_ONCE(sk->sk_max_ack_backlog, min_t(u32, backlog, max));
	err = sk->sk_state == TCP_LISTEN ? 0 : listen_start(sk);
out:
	release_sock(sk);
	return err;
}

/**
 * xtcp_listen_stop() - a listener listens no more
 * @sk: listening socket; in CLOSED afterwards
 *
 * Its half-open records learn of it at their next event (halfopen.c).
 *
 * Context: process, under the socket lock.
 */
void xtcp_listen_stop(struct sock *sk)
{
	listener_unhash(sk);
	xtcp_sk(sk)->tcb.state = XTCP_CLOSED;
	xtcp_set_state(sk, TCP_CLOSE);
	xtcp_accept_queue_close(sk);
}

/* Is a SYN to be answered by a cookie? Not where a TIME-WAIT record remembers what our ISN
 * has to be above
 */
static bool listen_by_cookie(const struct net *net, bool full,
			     const struct xtcp_timewait_record *before)
{
	int mode = READ_ONCE(xtcp_net(net)->knobs.syncookies);

	return !before && (mode > 1 || (mode && full));
}

/* Returns true when @skb was consumed */
static bool listen_syn(struct sock *listener, struct sk_buff *skb,
		       const struct xtcp_seg *seg, const struct xtcp_key *key,
		       struct xtcp_timewait_record *before)
{
	struct net *net = key->net;
	bool full = atomic_read(&xtcp_sk(listener)->listener.halfopen) >=
		    READ_ONCE(xtcp_net(net)->knobs.max_syn_backlog);

	if (xtcp_accept_queue_full(listener)) {
		xtcp_listen_count(listener, XTCP_LISTEN_accept_full);
	} else if (!xtcp_policy_request(listener, skb, key)) {
		return false;
	} else if (listen_by_cookie(net, full, before)) {
		xtcp_cookie_answer(listener, seg, key, skb);
		return true;
	} else if (full) {
		xtcp_listen_count(listener, XTCP_LISTEN_syn_full);
	} else if (xtcp_from_broadcast(net, skb)) {
		xtcp_count(net, drop_not_ours);
	} else {
		xtcp_halfopen_open(listener, seg, key, skb, before);
	}
	return false;
}

/**
 * xtcp_listen_rcv() - a segment for LISTEN (RFC 9293 section 3.10.7.2)
 * @listener: listening socket, not locked
 * @skb: packet, data at the transport header; consumed
 * @seg: its segment
 * @key: its connection
 * @before: TIME-WAIT record that a SYN would take the place of; NULL: none
 *
 * Context: softirq, under rcu_read_lock().
 */
void xtcp_listen_rcv(struct sock *listener, struct sk_buff *skb, struct xtcp_seg *seg,
		     const struct xtcp_key *key, struct xtcp_timewait_record *before)
{
	struct net *net = key->net;

	if (seg->flags & XTCP_RST) {
		xtcp_count(net, drop_rst_invalid);
	} else if (seg->flags & XTCP_ACK) {
		if (!(seg->flags & XTCP_SYN) && xtcp_cookie_rcv(listener, skb, seg, key))
			return;
		xtcp_count(net, drop_no_socket);
		xtcp_reset_skb(skb, seg, key, listener);
	} else if (!(seg->flags & XTCP_SYN)) {
		xtcp_count(net, drop_not_expected);
	} else if (listen_syn(listener, skb, seg, key, before)) {
		return;
	}
	kfree_skb(skb);
}
