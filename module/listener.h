/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of listeners, and what a listening socket keeps.
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
 * What a listener counts: the name of its column in /proc/net/xtcp_listen, and the
 * namespace's counter of the same
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
 * struct xtcp_listener - what a listening socket keeps
 * @node: place in the listener table (RCU)
 * @id: unlike any other listener's: half-open records name it and hold no reference on
 *	it. Its upper half is its SO_REUSEPORT group's. Changes under listen_lock (listener.c)
 *	while it is in no list; read by who has found it in one
 * @halfopen: half-open records that name it
 * @lock: guards @children and @dead; taken with softirqs off, inside of the socket locks
 *	of listener and child
 * @children: not accepted yet, by xtcp_sock.accept_node; each holds the reference that
 *	accept() hands to the user
 * @dead: those of @children whose connection has ended meanwhile, by xtcp_sock.accept_dead,
 *	the oldest first: they give way when the queue is full
 * @dead_count: how many; also read without @lock
 * @defer: TCP_DEFER_ACCEPT, as xtcp_syn_received.defer has it
 * @mib: what was refused and why, since it first listened; freed with the socket
 */
struct xtcp_listener {
	struct hlist_node node;
	u64 id;
	atomic_t halfopen;
	u8 defer;
	spinlock_t lock;	/* of children and dead */
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
struct sock *xtcp_listener_heir(const struct net *net, u16 port, u64 id, u32 hash);
void xtcp_listen_count(const struct sock *listener, enum xtcp_listen_counter c);
int xtcp_listener_hash(struct sock *sk);
void xtcp_listener_unhash(struct sock *sk);

#endif /* XTCP_LISTENER_H */
