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
 * One bucket, 8 bytes, for each 16 KiB of memory. A connection with its socket and buffers
 * takes about as much, so when connections fill the memory there is one for each bucket.
 */
#define BYTES_PER_BUCKET (16UL << 10)
#define BUCKETS_MIN	1024UL
#define BUCKETS_MAX	(4UL << 20)

/* Several buckets share a lock. This many locks for each CPU make contention rare */
#define LOCKS_PER_CPU	64UL

static unsigned int table_size;
module_param(table_size, uint, 0444);
MODULE_PARM_DESC(table_size, "Buckets of the connection table (0: sized from memory; rounded up to a power of two)");

/**
 * struct table - the table
 * @buckets: the first entry of each, or the end of its chain
 * @mask: number of buckets minus one
 * @lock_mask: number of locks minus one; at most @mask
 * @locks: the lock of a bucket is at its number & @lock_mask
 * @secret: key of the hash that selects the bucket
 */
struct table {
	struct xtcp_entry __rcu **buckets;
	u32 mask;
	u32 lock_mask;
	spinlock_t *locks;	/* writers of buckets */
	struct xtcp_hash_secret secret;
};

static struct table table __read_mostly;
static siphash_aligned_key_t conn_secret __read_mostly;

/* The end marker of a bucket's chain: see xtcp_entry_is_end() */
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
 * xtcp_conn_exit() - free the empty table
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
 * Return: the entry, or the end of the chain: xtcp_entry_is_end().
 */
struct xtcp_entry *xtcp_conn_first(unsigned int bucket)
{
	xtcp_rcu_held();
	return rcu_dereference(table.buckets[bucket]);
}

/**
 * xtcp_conn_is_empty() - is a bucket empty?
 * @bucket: below xtcp_conn_buckets()
 *
 * Context: any; takes no lock, so the answer may be out of date.
 * Return: true if it was empty.
 */
bool xtcp_conn_is_empty(unsigned int bucket)
{
	return xtcp_entry_is_end(rcu_access_pointer(table.buckets[bucket]));
}

/**
 * xtcp_key_hash_secret() - keyed hash of a connection
 * @key: the connection
 * @salt: the purpose of the hash
 *
 * SipHash over both addresses, both ports, the namespace and @salt, with a secret drawn at
 * module load.
 *
 * Return: 64 bits that can't be predicted without the secret.
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
 * xtcp_entry_init() - initialize an entry, not hashed
 * @e: entry that only the caller can reach
 * @kind: of the object that it is part of
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
 * @e: entry, initialized, not hashed; followed by room for two IPv6 addresses if the key is
 *	AF_INET6
 * @key: the connection; @key->dif becomes the bound device
 *
 * A lookup may still be at the entry if it was hashed before. It matches the old key, the new
 * one, or neither.
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
 * xtcp_entry_get_key() - get the key of an entry
 * @e: entry whose key was set
 * @key: filled
 *
 * Context: any, while @e is valid.
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

/* Does @e accept packets from the device of @key? Few entries are bound to a device */
static __always_inline bool entry_device(const struct xtcp_entry *e,
					 const struct xtcp_key *key)
{
	int dev = READ_ONCE(e->bound_dev_if);

	return likely(!dev && !key->sdif) ||
	       inet_sk_bound_dev_eq(key->net, dev, key->dif, key->sdif);
}

/* Compare the keys after the hashes were found equal, so they nearly always match */
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
 * @key: the connection, from a packet
 *
 * Context: under rcu_read_lock(); takes no lock and no reference.
 * Return: the entry or NULL. The entry is valid until rcu_read_unlock(), but it may leave the
 * table at any moment: a socket is in CLOSED then, any other entry is not hashed.
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
		/* an entry moved to another bucket during the walk: start again */
	} while (unlikely(!xtcp_entry_ends(e, hash & table.mask)));
	return NULL;
}

/* What a link points to, for writers; under the bucket's lock */
static struct xtcp_entry *linked(struct xtcp_entry __rcu **link, u32 hash)
{
	return rcu_dereference_protected(*link, lockdep_is_held(bucket_lock(hash)));
}

/* The link that points to @e, which is hashed; under the bucket's lock */
static struct xtcp_entry __rcu **link_to(const struct xtcp_entry *e)
{
	struct xtcp_entry __rcu **link = bucket_of(e->hash);

	while (linked(link, e->hash) != e)
		link = &linked(link, e->hash)->next;
	return link;
}

/**
 * xtcp_conn_insert() - insert an entry unless its connection is in the table already
 * @e: entry, with key and kind set
 * @key: its key
 *
 * A TIME-WAIT entry prevents the insertion as well, see xtcp_timewait_supersede().
 *
 * Context: any; takes the bucket's lock.
 * Return: 0, or -EADDRNOTAVAIL if an entry with this key exists.
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
 * xtcp_conn_replace() - replace one entry of a connection by another
 * @old: entry to be removed
 * @new: entry to be inserted, not hashed; same hash, key and kind set
 *
 * One store moves the link from the old entry to the new one, so a lookup always finds
 * exactly one of them.
 *
 * Context: any; takes the bucket's lock.
 * Return: true: the caller owns @old now. False: @old had left the table already, and @new
 * was not inserted.
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
 * xtcp_conn_remove() - remove an entry from the table
 * @e: entry, hashed or not
 *
 * Its next pointer stays, so a lookup that is at the entry can go on.
 *
 * Context: any; takes the bucket's lock.
 * Return: true: it was in the table, and the caller owns it now.
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
