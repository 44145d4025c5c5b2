// SPDX-License-Identifier: GPL-2.0
/*
 * The connection table. See conn.h for lookups, locks and lifetimes.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include "../include/compat.h"
#include "conn.h"
#include "net.h"
#include "record.h"

/* One bucket a 128 KiB of memory, as the kernel's own table has by default */
#define BYTES_PER_BUCKET (128UL << 10)
#define BUCKETS_MIN	1024UL
#define BUCKETS_MAX	1048576UL

static unsigned int table_size;
module_param(table_size, uint, 0444);
MODULE_PARM_DESC(table_size, "Buckets of the connection table (0: sized from memory; rounded up to a power of two)");

struct bucket {
	struct hlist_nulls_head head;
	spinlock_t lock;	/* of changes to the list */
};

static struct bucket *buckets __read_mostly;
static unsigned int bucket_mask __read_mostly;
static siphash_aligned_key_t conn_secret __read_mostly;
static hsiphash_key_t table_secret __read_mostly;

/**
 * xtcp_conn_init() - make the table
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int xtcp_conn_init(void)
{
	unsigned long n = table_size;
	unsigned int i;

	if (!n)
		n = (totalram_pages() << PAGE_SHIFT) / BYTES_PER_BUCKET;
	n = roundup_pow_of_two(clamp(n, BUCKETS_MIN, BUCKETS_MAX));

	buckets = kvmalloc_array(n, sizeof(*buckets), GFP_KERNEL);
	if (!buckets)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		INIT_HLIST_NULLS_HEAD(&buckets[i].head, i);
		spin_lock_init(&buckets[i].lock);
	}
	bucket_mask = n - 1;
	table_size = n;
	get_random_bytes(&conn_secret, sizeof(conn_secret));
	get_random_bytes(&table_secret, sizeof(table_secret));
	return 0;
}

/**
 * xtcp_conn_exit() - free the table, which is empty
 *
 * Context: module unload, after the last namespace was drained.
 */
void xtcp_conn_exit(void)
{
	kvfree(buckets);
}

/**
 * xtcp_conn_buckets() - number of buckets
 *
 * Return: a power of two.
 */
unsigned int xtcp_conn_buckets(void)
{
	return bucket_mask + 1;
}

/**
 * xtcp_conn_bucket() - a bucket, to be walked under rcu_read_lock()
 * @i: below xtcp_conn_buckets()
 *
 * Return: its list.
 */
struct hlist_nulls_head *xtcp_conn_bucket(unsigned int i)
{
	return &buckets[i].head;
}

/**
 * xtcp_key_hash_secret() - keyed hash of a connection for a purpose of its own
 * @key: the connection
 * @salt: the purpose
 *
 * SipHash under a secret drawn at load, over both addresses, both ports and the
 * namespace.
 *
 * Return: 32 bits that nobody can foretell without the secret.
 */
u32 xtcp_key_hash_secret(const struct xtcp_key *key, enum xtcp_salt salt)
{
	u32 ports = ((u32)key->lport << 16) | key->rport;
	u32 mix = net_hash_mix(key->net) ^ salt;

	if (key->family == AF_INET)
		return siphash_3u64(((u64)(__force u32)key->laddr << 32) |
				    (__force u32)key->raddr,
				    ports, mix, &conn_secret);
	return siphash_4u64(siphash(&key->laddr6, sizeof(key->laddr6), &conn_secret),
			    siphash(&key->raddr6, sizeof(key->raddr6), &conn_secret),
			    ports, mix, &conn_secret);
}

/**
 * xtcp_key_hash() - hash of a connection for the table
 * @key: the connection
 *
 * HalfSipHash: a remote that sees nothing of it can't aim at a bucket, and each
 * segment pays for it.
 *
 * Return: the hash.
 */
u32 xtcp_key_hash(const struct xtcp_key *key)
{
	u32 ports = ((u32)key->lport << 16) | key->rport;
	u32 mix = net_hash_mix(key->net);

	if (key->family == AF_INET)
		return hsiphash_4u32((__force u32)key->laddr, (__force u32)key->raddr,
				     ports, mix, &table_secret);
	BUILD_BUG_ON(offsetof(struct xtcp_key, raddr6) !=
		     offsetofend(struct xtcp_key, laddr6));
	return hsiphash_3u32(hsiphash(&key->laddr6, 2 * sizeof(key->laddr6),
				      &table_secret),
			     ports, mix, &table_secret);
}

/**
 * xtcp_entry_set_key() - fill an entry's key and hash
 * @e: entry, not hashed; with room for two IPv6 addresses behind it when the key
 *	is AF_INET6
 * @key: the connection; @key->dif becomes the bound device
 *
 * @kind and @ref are the caller's.
 */
void xtcp_entry_set_key(struct xtcp_entry *e, const struct xtcp_key *key)
{
	e->family = key->family;
	e->bound_dev_if = key->dif;
	write_pnet(&e->net, key->net);
	e->lport = key->lport;
	e->rport = key->rport;
	e->laddr = key->laddr;
	e->raddr = key->raddr;
	if (key->family == AF_INET6) {
		xtcp_entry_addr6(e)[0] = key->laddr6;
		xtcp_entry_addr6(e)[1] = key->raddr6;
	}
	e->hash = xtcp_key_hash(key);
}

static bool entry_matches(const struct xtcp_entry *e, const struct xtcp_key *key)
{
	if (e->lport != key->lport || e->rport != key->rport ||
	    e->family != key->family || !net_eq(read_pnet(&e->net), key->net))
		return false;
	if (key->family == AF_INET) {
		if (e->laddr != key->laddr || e->raddr != key->raddr)
			return false;
	} else if (!ipv6_addr_equal(&xtcp_entry_addr6(e)[0], &key->laddr6) ||
		   !ipv6_addr_equal(&xtcp_entry_addr6(e)[1], &key->raddr6)) {
		return false;
	}
	return inet_sk_bound_dev_eq(key->net, e->bound_dev_if, key->dif, key->sdif);
}

static bool entry_get(struct xtcp_entry *e)
{
	return e->kind == XTCP_ENTRY_SOCKET || refcount_inc_not_zero(&e->ref);
}

/**
 * xtcp_conn_lookup() - find the entry of a connection
 * @key: the connection, as the packet shows it
 *
 * Context: under rcu_read_lock(); takes no lock.
 * Return: the entry or NULL. A record comes with a reference for the caller, to
 * be dropped by xtcp_entry_put(); a socket without one: it is valid until
 * rcu_read_unlock() and may be closed already.
 */
struct xtcp_entry *xtcp_conn_lookup(const struct xtcp_key *key)
{
	u32 hash = xtcp_key_hash(key);
	struct bucket *b = &buckets[hash & bucket_mask];
	struct hlist_nulls_node *node;
	struct xtcp_entry *e;

again:
	hlist_nulls_for_each_entry_rcu(e, node, &b->head, node) {
		if (e->hash != hash || !entry_matches(e, key))
			continue;
		if (!entry_get(e))
			goto again;
		/* a record may have been freed and reused under our eyes */
		if (likely(e->hash == hash && entry_matches(e, key)))
			return e;
		xtcp_entry_put(e);
		goto again;
	}
	/* an entry that moved to another bucket took us along */
	if (get_nulls_value(node) != (hash & bucket_mask))
		goto again;
	return NULL;
}

/**
 * xtcp_conn_insert() - put an entry into the table unless its connection is there
 * @e: entry, with key, kind and references set
 * @key: its key
 *
 * Context: any; takes the bucket's lock.
 * Return: 0, or -EADDRNOTAVAIL when an entry with this key exists.
 */
int xtcp_conn_insert(struct xtcp_entry *e, const struct xtcp_key *key)
{
	struct bucket *b = &buckets[e->hash & bucket_mask];
	struct hlist_nulls_node *node;
	struct xtcp_entry *other;
	int err = 0;

	spin_lock_bh(&b->lock);
	hlist_nulls_for_each_entry(other, node, &b->head, node) {
		if (other->hash == e->hash && entry_matches(other, key)) {
			err = -EADDRNOTAVAIL;
			break;
		}
	}
	if (!err)
		hlist_nulls_add_head_rcu(&e->node, &b->head);
	spin_unlock_bh(&b->lock);
	return err;
}

/**
 * xtcp_conn_replace() - swap one entry of a connection for another
 * @old: the entry that goes
 * @new: the entry that comes; same key, same hash, kind and references set
 *
 * Both happen under one hold of the bucket's lock, the new one first: there is
 * no moment in which a lookup finds neither.
 *
 * Context: any; takes the bucket's lock.
 * Return: true; false when @old was not in the table any more: somebody else was
 * quicker, and @new was not inserted. The table's reference on @old is the
 * caller's.
 */
bool xtcp_conn_replace(struct xtcp_entry *old, struct xtcp_entry *new)
{
	struct bucket *b = &buckets[old->hash & bucket_mask];
	bool hashed;

	spin_lock_bh(&b->lock);
	hashed = !hlist_nulls_unhashed(&old->node);
	if (hashed) {
		hlist_nulls_add_head_rcu(&new->node, &b->head);
		hlist_nulls_del_init_rcu(&old->node);
	}
	spin_unlock_bh(&b->lock);
	return hashed;
}

/**
 * xtcp_conn_remove() - take an entry out of the table
 * @e: entry, hashed or not (one that never was has a NULL node.pprev)
 *
 * Context: any; takes the bucket's lock.
 * Return: true when it was in the table: the table's reference is the caller's.
 */
bool xtcp_conn_remove(struct xtcp_entry *e)
{
	struct bucket *b = &buckets[e->hash & bucket_mask];
	bool hashed;

	spin_lock_bh(&b->lock);
	hashed = !hlist_nulls_unhashed(&e->node);
	if (hashed)
		hlist_nulls_del_init_rcu(&e->node);
	spin_unlock_bh(&b->lock);
	return hashed;
}

/**
 * xtcp_entry_put() - drop a reference on a record
 * @e: entry; for a socket nothing happens
 *
 * Context: any.
 */
void xtcp_entry_put(struct xtcp_entry *e)
{
	if (e->kind == XTCP_ENTRY_SOCKET || !refcount_dec_and_test(&e->ref))
		return;
	if (e->kind == XTCP_ENTRY_HALFOPEN)
		xtcp_halfopen_free(xtcp_entry_halfopen(e));
	else
		xtcp_timewait_free(xtcp_entry_timewait(e));
}

/* A record of @net in bucket @b, with a reference, or NULL */
static struct xtcp_entry *bucket_record(struct bucket *b, const struct net *net)
{
	struct hlist_nulls_node *node;
	struct xtcp_entry *e, *found = NULL;

	spin_lock_bh(&b->lock);
	hlist_nulls_for_each_entry(e, node, &b->head, node) {
		if (e->kind != XTCP_ENTRY_SOCKET &&
		    net_eq(read_pnet(&e->net), net)) {
			refcount_inc(&e->ref);
			found = e;
			break;
		}
	}
	spin_unlock_bh(&b->lock);
	return found;
}

/**
 * xtcp_conn_drain() - end all records of a namespace
 * @net: a namespace that has no sockets any more, so that no record is born
 *
 * Context: process; sleeps. When it returns, no record of @net exists and no
 * callback of one runs.
 */
void xtcp_conn_drain(struct net *net)
{
	struct xtcp_entry *e;
	unsigned int i;

	for (i = 0; i <= bucket_mask; i++) {
		while ((e = bucket_record(&buckets[i], net))) {
			if (e->kind == XTCP_ENTRY_HALFOPEN)
				xtcp_halfopen_kill_sync(xtcp_entry_halfopen(e));
			else
				xtcp_timewait_kill_sync(xtcp_entry_timewait(e));
			xtcp_entry_put(e);
			cond_resched();
		}
	}
	/* a callback that had unhashed its record already runs in softirq */
	synchronize_rcu();
}
