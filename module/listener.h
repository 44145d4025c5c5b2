/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of listeners, and the listening part of a socket.
 */
#ifndef XTCP_LISTENER_H
#define XTCP_LISTENER_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct net;
struct sk_buff;
struct sock;
struct xtcp_key;

/*
 * Counters of a listener: the name of the column in /proc/net/xtcp_listen, and the namespace's
 * counter of the same events
 */
#define XTCP_LISTEN_COUNTERS(X)			\
	X(syn_full, listen_syn_drops)		\
	X(accept_full, listen_accept_drops)	\
	X(no_memory, listen_memory_drops)	\
	X(aborted, listen_aborts)		\
	X(expired, halfopen_expired)		\
	X(cookies_sent, cookies_sent)		\
	X(cookies_valid, cookies_valid)		\
	X(cookies_invalid, cookies_invalid)	\
	X(echo_sent, echo_sent)			\
	X(echo_valid, echo_valid)		\
	X(echo_forged, echo_forged)		\
	X(echo_expired, echo_expired)		\
	X(echo_cut, echo_cut)			\
	X(echo_no_room, echo_no_room)		\
	X(migrated, migrated)			\
	X(migrate_full, migrate_full)		\
	X(gave_way, accept_gave_way)

enum xtcp_listen_counter {
#define XTCP_LISTEN_ENUM(name, of_net) XTCP_LISTEN_##name,
	XTCP_LISTEN_COUNTERS(XTCP_LISTEN_ENUM)
#undef XTCP_LISTEN_ENUM
	XTCP_LISTEN_COUNTER_KINDS
};

/**
 * struct xtcp_listen_mib - one CPU's counters of a listener
 * @count: by enum xtcp_listen_counter
 */
struct xtcp_listen_mib {
	unsigned long count[XTCP_LISTEN_COUNTER_KINDS];
};

/**
 * struct xtcp_listener - the listening part of a socket
 * @node: in the table of listeners (RCU)
 * @id: unique number, by which requests name the listener; they hold no reference. The upper
 *	half identifies the reuse port group. Written under listen_lock (listener.c) while the
 *	listener is in no list; read by those who have found it in one
 * @halfopen: number of requests that name it: the length of the SYN queue
 * @lock: protects @children and @dead; taken with softirqs off, inside the socket locks of
 *	listener and child
 * @children: the accept queue, by xtcp_sock.accept_node; the queue owns a reference to each
 *	child, which accept() passes on
 * @dead: those of @children whose connection has ended, by xtcp_sock.accept_dead, oldest
 *	first: they are evicted when the queue is full
 * @dead_count: length of @dead; also read without @lock
 * @defer: TCP_DEFER_ACCEPT, in the unit of xtcp_syn_received.defer
 * @mib: counters, since the socket first listened; freed with the socket
 */
struct xtcp_listener {
	struct hlist_node node;
	u64 id;
	atomic_t halfopen;
	u8 defer;
	spinlock_t lock;	/* children and dead */
	struct list_head children;
	struct list_head dead;
	u32 dead_count;
	struct xtcp_listen_mib __percpu *mib;
};

#define XTCP_LISTEN_BUCKETS 1024

struct hlist_head *xtcp_listen_bucket(unsigned int i);
struct sock *xtcp_listener_lookup(const struct xtcp_key *key);
struct sock *xtcp_listener_select(const struct xtcp_key *key, struct sk_buff *skb,
				  u32 hdr_len);
struct sock *xtcp_listener_by_id(const struct net *net, u16 port, u64 id);
struct sock *xtcp_listener_migrate_target(const struct net *net, u16 port, u64 id, u32 hash);
void xtcp_listen_count(const struct sock *listener, enum xtcp_listen_counter c);
int xtcp_listener_hash(struct sock *sk);
void xtcp_listener_unhash(struct sock *sk);

#endif /* XTCP_LISTENER_H */
