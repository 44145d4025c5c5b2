/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connection table: every connection that has two ends, whatever keeps it.
 *
 *   bucket --> entry --> entry --> nulls(bucket number)
 *		  |	    |
 *		socket	  half-open or TIME-WAIT record
 *
 * Lookups take no lock: they walk a nulls list under rcu_read_lock() and start
 * again when they end in another bucket. Insertions, removals and swaps hold the
 * bucket's lock, which is taken with softirqs off and inside of any socket lock.
 *
 * Lifetimes:
 *  - A socket's entry is part of the socket, and sockets are freed a grace
 *    period after their last reference (SOCK_RCU_FREE): what a lookup finds
 *    stays valid until rcu_read_unlock() without a reference. The table itself
 *    holds none; a socket is unhashed before its last reference goes.
 *  - A record's slab is SLAB_TYPESAFE_BY_RCU and its reference count is the
 *    entry's: a lookup takes a reference, then compares the key again. The table
 *    holds one reference, an armed timer another.
 */
#ifndef XTCP_CONN_H
#define XTCP_CONN_H

#include <linux/in6.h>
#include <linux/rculist.h>
#include <linux/rculist_nulls.h>
#include <linux/refcount.h>
#include <net/net_namespace.h>

enum xtcp_entry_kind {
	XTCP_ENTRY_SOCKET,
	XTCP_ENTRY_HALFOPEN,
	XTCP_ENTRY_TIMEWAIT,
};

/**
 * struct xtcp_entry - the header of everything in the table
 * @node: place in the bucket
 * @ref: references, for records (a socket has its own count)
 * @hash: keyed hash of the connection
 * @kind: enum xtcp_entry_kind
 * @family: AF_INET or AF_INET6: that of the packets, not of the socket
 * @bound_dev_if: device or l3mdev master it is bound to; 0: any
 * @net: namespace
 * @lport: local port, host order
 * @rport: remote port, host order
 * @laddr: local IPv4 address
 * @raddr: remote IPv4 address
 *
 * The key does not change while the entry is hashed. An IPv6 entry is followed
 * in memory by two struct in6_addr, local and remote: xtcp_entry_addr6().
 */
struct xtcp_entry {
	struct hlist_nulls_node node;
	refcount_t ref;
	u32 hash;
	u8 kind;
	u8 family;
	int bound_dev_if;
	possible_net_t net;
	u16 lport;
	u16 rport;
	__be32 laddr;
	__be32 raddr;
};

/* The local address of an IPv6 entry, and at [1] the remote one */
static inline struct in6_addr *xtcp_entry_addr6(const struct xtcp_entry *e)
{
	return (struct in6_addr *)(e + 1);
}

/**
 * struct xtcp_key - what is looked up
 * @net: namespace
 * @family: AF_INET or AF_INET6
 * @dif: device the packet came by (the l3mdev master when it has one); a
 *	connecting socket's own bound device
 * @sdif: the enslaved device it came by, 0 outside of an l3mdev
 * @lport: local port, host order
 * @rport: remote port, host order
 * @laddr: local IPv4 address
 * @raddr: remote IPv4 address
 * @laddr6: local IPv6 address
 * @raddr6: remote IPv6 address
 */
struct xtcp_key {
	struct net *net;
	u8 family;
	int dif;
	int sdif;
	u16 lport;
	u16 rport;
	__be32 laddr;
	__be32 raddr;
	struct in6_addr laddr6;
	struct in6_addr raddr6;
};

/* What a secret hash of a connection is for: one must say nothing of another */
enum xtcp_salt {
	XTCP_SALT_PORT,
	XTCP_SALT_ISN,
	XTCP_SALT_STAMP,
};

int xtcp_conn_init(void);
void xtcp_conn_exit(void);

u32 xtcp_key_hash(const struct xtcp_key *key);
u32 xtcp_key_hash_secret(const struct xtcp_key *key, enum xtcp_salt salt);
void xtcp_entry_set_key(struct xtcp_entry *e, const struct xtcp_key *key);

struct xtcp_entry *xtcp_conn_lookup(const struct xtcp_key *key);
int xtcp_conn_insert(struct xtcp_entry *e, const struct xtcp_key *key);
bool xtcp_conn_replace(struct xtcp_entry *old, struct xtcp_entry *new);
bool xtcp_conn_remove(struct xtcp_entry *e);
void xtcp_entry_put(struct xtcp_entry *e);
void xtcp_conn_drain(struct net *net);

/* for /proc: walk the buckets */
unsigned int xtcp_conn_buckets(void);
struct hlist_nulls_head *xtcp_conn_bucket(unsigned int i);

#endif /* XTCP_CONN_H */
