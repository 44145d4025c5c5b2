/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connection table: every connection that has two ends, whatever keeps it.
 *
 *   bucket --> entry --> entry --> end(bucket number)
 *		  |	    |
 *		socket	  half-open or TIME-WAIT record
 *
 * Lookups take no lock and no reference: they walk a chain under rcu_read_lock()
 * and start again when it ends in another bucket. Insertions, removals and swaps
 * hold the bucket's lock, which is taken with softirqs off and inside of any socket
 * lock.
 *
 * Lifetimes: sockets and records alike are freed a grace period after they have
 * left the table. What a lookup finds stays valid until rcu_read_unlock(), and may
 * have left the table already. The table holds no reference. Whoever takes a record
 * out of it (xtcp_conn_remove() or xtcp_conn_replace() says true to one caller only)
 * shuts its timer down and frees it by RCU; a socket is unhashed before its last
 * reference goes.
 *
 * A socket may be disconnected, and hashed again in another bucket, under the eyes
 * of a lookup that stands on it. So a chain ends in its bucket's number: a lookup
 * that was led away sees where it has come to. See docs/table.md.
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
 * struct xtcp_entry - the header of everything in the table
 * @next: next in the bucket, or its end: xtcp_entry_is_end()
 * @net: namespace
 * @hash: keyed hash of the connection
 * @bound_dev_if: device or l3mdev master it is bound to; 0: any
 * @laddr: local IPv4 address, 0 of an IPv6 entry
 * @raddr: remote IPv4 address, 0 of an IPv6 entry
 * @addrs: both, to be compared at once
 * @lport: local port, host order
 * @rport: remote port, host order
 * @ports: both, to be compared at once
 * @kind: enum xtcp_entry_kind
 * @family: AF_INET or AF_INET6: that of the packets, not of the socket
 * @hashed: it is in the table; changed under the bucket's lock
 * @spare: for what the entry is part of
 *
 * 40 bytes. The key does not change while the entry is hashed, but for @bound_dev_if. An
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

/* What comes by no other device is the entry's, from now on: it may be in the table. Under
 * the socket lock, where it is a socket's
 */
static inline void xtcp_entry_bind(struct xtcp_entry *e, int dev)
{
	WRITE_ONCE(e->bound_dev_if, dev);
}

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
 * @laddr: local IPv4 address, 0 of an IPv6 key
 * @raddr: remote IPv4 address, 0 of an IPv6 key
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

/* Does the peer's address mean something on the link only that the packet came by? */
static inline bool xtcp_key_link_local(const struct xtcp_key *key)
{
	return key->family == AF_INET6 &&
	       ipv6_addr_type(&key->raddr6) & IPV6_ADDR_LINKLOCAL;
}

/* What a secret hash of a connection is for: one must say nothing of another */
enum xtcp_salt {
	XTCP_SALT_PORT,
	XTCP_SALT_NUMBERS,	/* see below */
};

/*
 * The two halves of a secret hash for XTCP_SALT_NUMBERS say nothing of each other: what the
 * ISN is made of (RFC 6528), and where the timestamp clock begins (RFC 7323 section 5.4).
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

/* The caller is under rcu_read_lock(): kernels with PROVE_RCU check that */
static inline void xtcp_rcu_held(void)
{
	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "not under rcu_read_lock()");
}

/* under rcu_read_lock() */
struct xtcp_entry *xtcp_conn_lookup(const struct xtcp_key *key);

/* any context, no reference needed */
int xtcp_conn_insert(struct xtcp_entry *e, const struct xtcp_key *key);
bool xtcp_conn_replace(struct xtcp_entry *old, struct xtcp_entry *new);
bool xtcp_conn_remove(struct xtcp_entry *e);

/*
 * To walk a bucket under rcu_read_lock(), for those who look at everything:
 *
 *	xtcp_conn_for_each(e, bucket)
 *		...
 *	if (!xtcp_entry_ends(e, bucket))
 *		an entry that moved has led us into another bucket
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
