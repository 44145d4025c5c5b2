/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connection table: every connection with a local and a remote end, whether it is kept
 * in a socket, a request or a TIME-WAIT entry. See docs/table.md.
 *
 *   bucket --> entry --> entry --> end(bucket number)
 *		  |	    |
 *		socket	  request or TIME-WAIT entry
 *
 * Lookups take no lock and no reference. They walk a chain under rcu_read_lock(), and start
 * again if it ends in another bucket. Insertion, removal and replacement hold the bucket's
 * lock, which is taken with softirqs off and inside any socket lock.
 *
 * Lifetimes: sockets, requests and TIME-WAIT entries are freed a grace period after they have
 * left the table. What a lookup finds stays valid until rcu_read_unlock(), but may have left
 * the table already. The table holds no reference. xtcp_conn_remove() and
 * xtcp_conn_replace() return true to one caller only, which then owns the request or
 * TIME-WAIT entry: it shuts the timer down and frees the entry by RCU. One exception: a
 * TIME-WAIT entry that a request has replaced stays with that request
 * (xtcp_request.before). A socket is unhashed before its last reference is dropped.
 *
 * A socket may be disconnected and hashed again in another bucket while a lookup is at its
 * entry. Therefore a chain ends in its bucket's number, which tells the lookup that it has
 * strayed into another chain.
 */
#ifndef XTCP_CONN_H
#define XTCP_CONN_H

#include <linux/in6.h>
#include <linux/rcupdate.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>

enum xtcp_entry_kind {
	XTCP_ENTRY_SOCKET,
	XTCP_ENTRY_REQUEST,
	XTCP_ENTRY_TIMEWAIT,
	XTCP_ENTRY_KINDS
};

/**
 * struct xtcp_entry - the part that sockets, requests and TIME-WAIT entries have in common
 * @next: next entry of the bucket, or the end of the chain: xtcp_entry_is_end()
 * @net: namespace
 * @hash: keyed hash of the connection
 * @bound_dev_if: device or l3mdev master it is bound to; 0: any
 * @laddr: local IPv4 address; 0 in an IPv6 entry
 * @raddr: remote IPv4 address; 0 in an IPv6 entry
 * @addrs: both, to compare them at once
 * @lport: local port, host order
 * @rport: remote port, host order
 * @ports: both, to compare them at once
 * @kind: enum xtcp_entry_kind
 * @family: AF_INET or AF_INET6: of the packets, not of the socket
 * @hashed: it is in the table; changed under the bucket's lock
 * @spare: for use by the object that the entry is part of
 *
 * 40 bytes. While the entry is hashed, its key does not change except for @bound_dev_if. An
 * IPv6 entry is followed in memory by two struct in6_addr, local and remote:
 * xtcp_entry_addr6().
 */
struct xtcp_entry {
	struct xtcp_entry __rcu *next;
	possible_net_t net;
	u32 hash;
	int bound_dev_if;
	union {
		struct {
			__be32 laddr;
			__be32 raddr;
		};
		u64 addrs;
	};
	union {
		struct {
			u16 lport;
			u16 rport;
		};
		u32 ports;
	};
	u8 kind;
	u8 family;
	bool hashed;
	u8 spare;
};

/* Set the only device from which the entry accepts packets; 0: any. The entry may be in the
 * table. If it is a socket's: under the socket lock
 */
static inline void xtcp_entry_bind(struct xtcp_entry *e, int dev)
{
	WRITE_ONCE(e->bound_dev_if, dev);
}

/* The addresses of an IPv6 entry: [0] local, [1] remote */
static inline struct in6_addr *xtcp_entry_addr6(const struct xtcp_entry *e)
{
	return (struct in6_addr *)(e + 1);
}

/**
 * struct xtcp_key - what identifies a connection
 * @net: namespace
 * @family: AF_INET or AF_INET6
 * @dif: the packet's input device (its l3mdev master, if it has one); for connect() the
 *	device that the socket is bound to
 * @sdif: the input device, if it is enslaved to an l3mdev master; otherwise 0
 * @laddr: local IPv4 address; 0 in an IPv6 key
 * @raddr: remote IPv4 address; 0 in an IPv6 key
 * @addrs: both
 * @lport: local port, host order
 * @rport: remote port, host order
 * @ports: both
 * @laddr6: local IPv6 address
 * @raddr6: remote IPv6 address
 * @words6: both
 */
struct xtcp_key {
	struct net *net;
	int dif;
	int sdif;
	union {
		struct {
			__be32 laddr;
			__be32 raddr;
		};
		u64 addrs;
	};
	union {
		struct {
			u16 lport;
			u16 rport;
		};
		u32 ports;
	};
	u8 family;
	union {
		struct {
			struct in6_addr laddr6;
			struct in6_addr raddr6;
		};
		u32 words6[8];
	};
};

/* Is the peer's address valid only on the link that the packet came from? */
static inline bool xtcp_key_link_local(const struct xtcp_key *key)
{
	return key->family == AF_INET6 &&
	       ipv6_addr_type(&key->raddr6) & IPV6_ADDR_LINKLOCAL;
}

/* The purpose of a keyed hash of a connection. Hashes for different purposes must reveal
 * nothing about each other
 */
enum xtcp_salt {
	XTCP_SALT_PORT,
	XTCP_SALT_NUMBERS,	/* ISN and timestamp offset: see below */
};

/*
 * The two halves of a hash for XTCP_SALT_NUMBERS reveal nothing about each other. One goes into
 * the ISN (RFC 6528), the other is the offset of the timestamp clock (RFC 7323 section 5.4).
 */
static inline u32 xtcp_hash_isn(u64 numbers)
{
	return numbers;
}

static inline u32 xtcp_hash_stamp(u64 numbers)
{
	return numbers >> 32;
}

int xtcp_conn_init(void);
void xtcp_conn_exit(void);

u32 xtcp_key_hash(const struct xtcp_key *key);
u64 xtcp_key_hash_secret(const struct xtcp_key *key, enum xtcp_salt salt);
void xtcp_entry_init(struct xtcp_entry *e, enum xtcp_entry_kind kind);
void xtcp_entry_set_key(struct xtcp_entry *e, const struct xtcp_key *key);
void xtcp_entry_get_key(const struct xtcp_entry *e, struct xtcp_key *key);

/* The caller is under rcu_read_lock(); kernels with CONFIG_PROVE_RCU check it */
static inline void xtcp_rcu_held(void)
{
	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "not under rcu_read_lock()");
}

/* under rcu_read_lock() */
struct xtcp_entry *xtcp_conn_lookup(const struct xtcp_key *key);

/* any context; the caller needs no reference */
int xtcp_conn_insert(struct xtcp_entry *e, const struct xtcp_key *key);
bool xtcp_conn_replace(struct xtcp_entry *old, struct xtcp_entry *new);
bool xtcp_conn_remove(struct xtcp_entry *e);

/*
 * To walk a bucket under rcu_read_lock(), when the whole table is walked:
 *
 *	xtcp_conn_for_each(e, bucket)
 *		...
 *	if (!xtcp_entry_ends(e, bucket))
 *		an entry moved during the walk, which has ended in another bucket
 */
unsigned int xtcp_conn_buckets(void);
struct xtcp_entry *xtcp_conn_first(unsigned int bucket);
bool xtcp_conn_is_empty(unsigned int bucket);

/* A chain ends in its bucket's number, marked by the lowest bit */
static inline bool xtcp_entry_is_end(const struct xtcp_entry *e)
{
	return (unsigned long)e & 1;
}

static inline bool xtcp_entry_ends(const struct xtcp_entry *e, unsigned int bucket)
{
	return (unsigned long)e >> 1 == bucket;
}

static inline struct xtcp_entry *xtcp_entry_next(const struct xtcp_entry *e)
{
	return rcu_dereference(e->next);
}

#define xtcp_conn_for_each(e, bucket) \
	for (e = xtcp_conn_first(bucket); !xtcp_entry_is_end(e); e = xtcp_entry_next(e))

#endif /* XTCP_CONN_H */
