// SPDX-License-Identifier: GPL-2.0
/*
 * The connection table. See conn.h for lookups, locks and lifetimes.
 */
#include <linux/build_bug.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include "conn.h"
#include "core/hash.h"

/*
 * One bucket, 8 bytes, for each 16 KiB of memory. A connection with its socket and
 * its buffers takes about that: when they fill the memory, a bucket has one.
 */
#define BYTES_PER_BUCKET (16UL << 10)
#define BUCKETS_MIN	1024UL
#define BUCKETS_MAX	(4UL << 20)

/* Locks are shared by buckets: as many a processor as make it rare that two meet */
#define LOCKS_PER_CPU	64UL

static unsigned int table_size;
module_param(table_size, uint, 0444);
MODULE_PARM_DESC(table_size, "Buckets of the connection table (0: sized from memory; rounded up to a power of two)");

/**
 * struct table - the table
 * @buckets: first entry of each, or its end
 * @mask: number of buckets, less one
 * @lock_mask: number of locks, less one; not above @mask
 * @locks: by the number of a bucket
 * @secret: of the hash that chooses the bucket
 */
struct table {
	struct xtcp_entry __rcu **buckets;
	u32 mask;
	u32 lock_mask;
	spinlock_t *locks;	/* of changes to a bucket */
	struct xtcp_hash_secret secret;
};

static struct table table __read_mostly;
static siphash_aligned_key_t conn_secret __read_mostly;

/* What a bucket's chain ends in */
static struct xtcp_entry *chain_end(u32 bucket)
{
	return (struct xtcp_entry *)((unsigned long)bucket << 1 | 1);
}

static spinlock_t *bucket_lock(u32 hash)
{
	return &table.locks[hash & table.lock_mask];
}

static struct xtcp_entry __rcu **bucket_of(u32 hash)
{
	return &table.buckets[hash & table.mask];
}

static int table_alloc(unsigned long buckets, unsigned long locks)
{
	table.buckets = kvmalloc_array(buckets, sizeof(*table.buckets), GFP_KERNEL);
	table.locks = kvmalloc_array(locks, sizeof(*table.locks), GFP_KERNEL);
	if (table.buckets && table.locks)
		return 0;
	kvfree(table.locks);
	kvfree(table.buckets);
	return -ENOMEM;
}

/**
 * xtcp_conn_init() - make the table
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int xtcp_conn_init(void)
{
	unsigned long n = table_size, locks, i;

	BUILD_BUG_ON(IS_ENABLED(CONFIG_64BIT) && sizeof(struct xtcp_entry) > 40);
	if (!n)
		n = (totalram_pages() << PAGE_SHIFT) / BYTES_PER_BUCKET;
	n = roundup_pow_of_two(clamp(n, BUCKETS_MIN, BUCKETS_MAX));
	locks = min(roundup_pow_of_two(LOCKS_PER_CPU * num_possible_cpus()), n);
	if (table_alloc(n, locks))
		return -ENOMEM;

	for (i = 0; i < n; i++)
		RCU_INIT_POINTER(table.buckets[i], chain_end(i));
	for (i = 0; i < locks; i++)
		spin_lock_init(&table.locks[i]);
	table.mask = n - 1;
	table.lock_mask = locks - 1;
	table_size = n;
	get_random_bytes(&table.secret, sizeof(table.secret));
	xtcp_hash_secret_init(&table.secret);
	get_random_bytes(&conn_secret, sizeof(conn_secret));
	return 0;
}

/**
 * xtcp_conn_exit() - free the table, which is empty
 *
 * Context: module unload, after the last namespace was drained.
 */
void xtcp_conn_exit(void)
{
	kvfree(table.locks);
	kvfree(table.buckets);
}

/**
 * xtcp_conn_buckets() - number of buckets
 *
 * Return: a power of two.
 */
unsigned int xtcp_conn_buckets(void)
{
	return table.mask + 1;
}

/**
 * xtcp_conn_first() - the first entry of a bucket
 * @bucket: below xtcp_conn_buckets()
 *
 * Context: under rcu_read_lock().
 * Return: the entry, or the end: xtcp_entry_is_end().
 */
struct xtcp_entry *xtcp_conn_first(unsigned int bucket)
{
	xtcp_rcu_held();
	return rcu_dereference(table.buckets[bucket]);
}

/**
 * xtcp_conn_is_empty() - is nothing in a bucket?
 * @bucket: below xtcp_conn_buckets()
 *
 * Context: any; a glance.
 * Return: true when it was empty.
 */
bool xtcp_conn_is_empty(unsigned int bucket)
{
	return xtcp_entry_is_end(rcu_access_pointer(table.buckets[bucket]));
}

/**
 * xtcp_key_hash_secret() - keyed hash of a connection for a purpose of its own
 * @key: the connection
 * @salt: the purpose
 *
 * SipHash under a secret drawn at load, over both addresses, both ports and the
 * namespace.
 *
 * Return: 64 bits that nobody can foretell without the secret.
 */
u64 xtcp_key_hash_secret(const struct xtcp_key *key, enum xtcp_salt salt)
{
	u32 mix = net_hash_mix(key->net) ^ salt;
	struct {
		u32 words6[8];
		u32 ports;
		u32 mix;
	} v6;

	if (key->family == AF_INET)
		return siphash_2u64(key->addrs, (u64)key->ports << 32 | mix, &conn_secret);
	memcpy(v6.words6, key->words6, sizeof(v6.words6));
	v6.ports = key->ports;
	v6.mix = mix;
	return siphash(&v6, sizeof(v6), &conn_secret);
}

/**
 * xtcp_key_hash() - hash of a connection for the table
 * @key: the connection
 *
 * See core/hash.h.
 *
 * Return: the hash.
 */
u32 xtcp_key_hash(const struct xtcp_key *key)
{
	u32 mix = net_hash_mix(key->net);

	if (likely(key->family == AF_INET))
		return xtcp_hash4(&table.secret, (__force u32)key->laddr,
				  (__force u32)key->raddr, key->ports, mix);
	return xtcp_hash10(&table.secret, key->words6, key->ports, mix);
}

/**
 * xtcp_entry_init() - make an entry ready, not hashed
 * @e: entry that nobody else knows
 * @kind: of what it is part of
 */
void xtcp_entry_init(struct xtcp_entry *e, enum xtcp_entry_kind kind)
{
	RCU_INIT_POINTER(e->next, NULL);
	e->kind = kind;
	e->hashed = false;
	e->spare = 0;
}

/**
 * xtcp_entry_set_key() - fill an entry's key and hash
 * @e: entry, initialized, not hashed; with room for two IPv6 addresses behind it when
 *	the key is AF_INET6
 * @key: the connection; @key->dif becomes the bound device
 *
 * A lookup may stand on the entry, which was hashed before: it finds the old key, the
 * new one, or neither.
 */
void xtcp_entry_set_key(struct xtcp_entry *e, const struct xtcp_key *key)
{
	bool v4 = key->family == AF_INET;

	e->family = key->family;
	xtcp_entry_bind(e, key->dif);
	write_pnet(&e->net, key->net);
	WRITE_ONCE(e->ports, key->ports);
	WRITE_ONCE(e->addrs, v4 ? key->addrs : 0);
	if (!v4) {
		xtcp_entry_addr6(e)[0] = key->laddr6;
		xtcp_entry_addr6(e)[1] = key->raddr6;
	}
	WRITE_ONCE(e->hash, xtcp_key_hash(key));
}

/**
 * xtcp_entry_get_key() - the key of an entry, for looking up what goes with it
 * @e: an entry that has one
 * @key: filled
 *
 * Context: any in which @e is valid.
 */
void xtcp_entry_get_key(const struct xtcp_entry *e, struct xtcp_key *key)
{
	key->net = read_pnet(&e->net);
	key->family = e->family;
	key->dif = e->bound_dev_if;
	key->sdif = 0;
	key->ports = e->ports;
	key->addrs = e->addrs;
	if (e->family == AF_INET6) {
		key->laddr6 = xtcp_entry_addr6(e)[0];
		key->raddr6 = xtcp_entry_addr6(e)[1];
	}
}

/* Do the packets of @key come by a device that @e takes them from? Few are bound */
static __always_inline bool entry_device(const struct xtcp_entry *e,
					 const struct xtcp_key *key)
{
	int dev = READ_ONCE(e->bound_dev_if);

	return likely(!dev && !key->sdif) ||
	       inet_sk_bound_dev_eq(key->net, dev, key->dif, key->sdif);
}

/* The hashes are equal: then the keys nearly always are, too */
static __always_inline bool entry_matches(const struct xtcp_entry *e,
					  const struct xtcp_key *key)
{
	if (unlikely(READ_ONCE(e->ports) != key->ports || e->family != key->family ||
		     !net_eq(read_pnet(&e->net), key->net)))
		return false;
	if (likely(key->family == AF_INET))
		return READ_ONCE(e->addrs) == key->addrs && entry_device(e, key);
	return ipv6_addr_equal(&xtcp_entry_addr6(e)[0], &key->laddr6) &&
	       ipv6_addr_equal(&xtcp_entry_addr6(e)[1], &key->raddr6) &&
	       entry_device(e, key);
}

/**
 * xtcp_conn_lookup() - find the entry of a connection
 * @key: the connection, as the packet shows it
 *
 * Context: under rcu_read_lock(); takes no lock and no reference.
 * Return: the entry or NULL. It is valid until rcu_read_unlock(), and may have left
 * the table already: a socket then is closed, a record without a timer.
 */
struct xtcp_entry *xtcp_conn_lookup(const struct xtcp_key *key)
{
	u32 hash = xtcp_key_hash(key);
	struct xtcp_entry *e;

	xtcp_rcu_held();
	do {
		for (e = rcu_dereference(*bucket_of(hash)); !xtcp_entry_is_end(e);
		     e = xtcp_entry_next(e))
			if (READ_ONCE(e->hash) == hash && likely(entry_matches(e, key)))
				return e;
		/* an entry that moved to another bucket took us along: again */
	} while (unlikely(!xtcp_entry_ends(e, hash & table.mask)));
	return NULL;
}

/* For changes: what a link leads to, under the bucket's lock */
static struct xtcp_entry *linked(struct xtcp_entry __rcu **link, u32 hash)
{
	return rcu_dereference_protected(*link, lockdep_is_held(bucket_lock(hash)));
}

/* The link that leads to @e, which is hashed; under the bucket's lock */
static struct xtcp_entry __rcu **link_to(const struct xtcp_entry *e)
{
	struct xtcp_entry __rcu **link = bucket_of(e->hash);

	while (linked(link, e->hash) != e)
		link = &linked(link, e->hash)->next;
	return link;
}

/**
 * xtcp_conn_insert() - put an entry into the table unless its connection is there
 * @e: entry, with key and kind set
 * @key: its key
 *
 * A TIME-WAIT record is in the way, too, see xtcp_timewait_supersede().
 *
 * Context: any; takes the bucket's lock.
 * Return: 0, or -EADDRNOTAVAIL when an entry with this key exists.
 */
int xtcp_conn_insert(struct xtcp_entry *e, const struct xtcp_key *key)
{
	struct xtcp_entry __rcu **bucket = bucket_of(e->hash);
	spinlock_t *lock = bucket_lock(e->hash);
	struct xtcp_entry *other;
	int err = 0;

	spin_lock_bh(lock);
	for (other = linked(bucket, e->hash); !xtcp_entry_is_end(other);
	     other = linked(&other->next, e->hash)) {
		if (other->hash == e->hash && entry_matches(other, key)) {
			err = -EADDRNOTAVAIL;
			break;
		}
	}
	if (!err) {
		e->hashed = true;
		RCU_INIT_POINTER(e->next, linked(bucket, e->hash));
		rcu_assign_pointer(*bucket, e);
	}
	spin_unlock_bh(lock);
	return err;
}

/**
 * xtcp_conn_replace() - swap one entry of a connection for another
 * @old: the entry that goes
 * @new: the entry that comes, not hashed; same hash, key and kind set
 *
 * The link that led to the old one leads to the new one in one store: there is no
 * moment in which a lookup finds neither, or both.
 *
 * Context: any; takes the bucket's lock.
 * Return: true: @old is the caller's to free; false when it was not in the table
 * any more: somebody else was quicker, and @new was not inserted.
 */
bool xtcp_conn_replace(struct xtcp_entry *old, struct xtcp_entry *new)
{
	spinlock_t *lock = bucket_lock(old->hash);
	bool hashed;

	spin_lock_bh(lock);
	hashed = old->hashed;
	if (hashed) {
		new->hashed = true;
		RCU_INIT_POINTER(new->next, linked(&old->next, old->hash));
		rcu_assign_pointer(*link_to(old), new);
		old->hashed = false;
	}
	spin_unlock_bh(lock);
	return hashed;
}

/**
 * xtcp_conn_remove() - take an entry out of the table
 * @e: entry, hashed or not
 *
 * A lookup that stands on it finds its way on.
 *
 * Context: any; takes the bucket's lock.
 * Return: true when it was in the table: it is the caller's to free.
 */
bool xtcp_conn_remove(struct xtcp_entry *e)
{
	spinlock_t *lock = bucket_lock(e->hash);
	bool hashed;

	spin_lock_bh(lock);
	hashed = e->hashed;
	if (hashed) {
		rcu_assign_pointer(*link_to(e), linked(&e->next, e->hash));
		e->hashed = false;
	}
	spin_unlock_bh(lock);
	return hashed;
}
