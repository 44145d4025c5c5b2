// SPDX-License-Identifier: GPL-2.0
/*
 * The connection table: module/conn.c, in a kernel. The suite has a copy of its own of
 * that file, with its own table and a fake second namespace.
 */
#include <kunit/test.h>
#include <linux/vmalloc.h>

#include "../module/conn.c"
#include "random.h"

#define BUCKETS	1024

/**
 * struct item - an entry without a socket, with room for IPv6 addresses
 * @e: entry
 * @addr6: addresses that follow an IPv6 entry
 */
struct item {
	struct xtcp_entry e;
	struct in6_addr addr6[2];
};

static int conn_test_init(struct kunit *test)
{
	BUILD_BUG_ON(offsetof(struct item, addr6) != sizeof(struct xtcp_entry));
	table_size = BUCKETS;
	return xtcp_conn_init();
}

static void conn_test_exit(struct kunit *test)
{
	xtcp_conn_exit();
}

static struct xtcp_key key4(u32 laddr, u32 raddr, u16 lport, u16 rport)
{
	return (struct xtcp_key) {
		.net = &init_net,
		.family = AF_INET,
		.laddr = htonl(laddr),
		.raddr = htonl(raddr),
		.lport = lport,
		.rport = rport,
	};
}

static struct xtcp_key key6(u8 laddr, u8 raddr, u16 lport, u16 rport)
{
	struct xtcp_key key = {
		.net = &init_net,
		.family = AF_INET6,
		.lport = lport,
		.rport = rport,
	};

	key.laddr6.s6_addr[15] = laddr;
	key.raddr6.s6_addr[15] = raddr;
	return key;
}

static void item_set(struct item *item, const struct xtcp_key *key)
{
	xtcp_entry_init(&item->e, XTCP_ENTRY_REQUEST);
	xtcp_entry_set_key(&item->e, key);
}

static int item_insert(struct item *item, const struct xtcp_key *key)
{
	item_set(item, key);
	return xtcp_conn_insert(&item->e, key);
}

static struct xtcp_entry *find(const struct xtcp_key *key)
{
	struct xtcp_entry *e;

	rcu_read_lock();
	e = xtcp_conn_lookup(key);
	rcu_read_unlock();
	return e;
}

/* Number of entries in a bucket, -1 when its chain ends with another bucket's nulls value */
static int length(unsigned int bucket)
{
	struct xtcp_entry *e;
	int n = 0;

	rcu_read_lock();
	xtcp_conn_for_each(e, bucket)
		n++;
	if (!xtcp_entry_ends(e, bucket))
		n = -1;
	rcu_read_unlock();
	return n;
}

/* The next port, starting at *@port, for which @key falls into @bucket */
static void into_bucket(struct xtcp_key *key, unsigned int bucket)
{
	do
		key->rport++;
	while ((xtcp_key_hash(key) & table.mask) != bucket);
}

static void xtcp_conn_insert__is_found(struct kunit *test)
{
	struct xtcp_key four = key4(1, 2, 3, 4), six = key6(1, 2, 3, 4);
	struct item a, b;

	KUNIT_EXPECT_PTR_EQ(test, find(&four), NULL);
	KUNIT_ASSERT_EQ(test, item_insert(&a, &four), 0);
	KUNIT_EXPECT_PTR_EQ(test, find(&six), NULL);
	KUNIT_ASSERT_EQ(test, item_insert(&b, &six), 0);
	KUNIT_EXPECT_PTR_EQ(test, find(&four), &a.e);
	KUNIT_EXPECT_PTR_EQ(test, find(&six), &b.e);
	KUNIT_EXPECT_TRUE(test, a.e.hashed && b.e.hashed);
}

/* The key is the whole tuple: a difference in any field is another connection */
static void xtcp_conn_lookup__each_part_of_the_key_counts(struct kunit *test)
{
	struct xtcp_key four = key4(1, 2, 3, 4), six = key6(1, 2, 3, 4);
	struct xtcp_key others[] = {
		key4(9, 2, 3, 4), key4(1, 9, 3, 4), key4(1, 2, 9, 4), key4(1, 2, 3, 9),
		key4(2, 1, 3, 4), key4(1, 2, 4, 3),
		key6(9, 2, 3, 4), key6(1, 9, 3, 4), key6(1, 2, 9, 4), key6(1, 2, 3, 9),
		key6(2, 1, 3, 4), key6(1, 2, 4, 3),
	};
	struct item a, b;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, item_insert(&a, &four), 0);
	KUNIT_ASSERT_EQ(test, item_insert(&b, &six), 0);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		KUNIT_EXPECT_PTR_EQ(test, find(&others[i]), NULL);
}

/* Different connections with equal hashes are told apart */
static void xtcp_conn_lookup__compares_more_than_the_hash(struct kunit *test)
{
	struct xtcp_key keys[] = {
		key4(1, 2, 3, 4), key4(1, 2, 3, 5), key4(1, 7, 3, 4),
		key6(1, 2, 3, 4), key6(1, 2, 3, 5), key6(1, 7, 3, 4), key6(7, 2, 3, 4),
	};
	struct item items[ARRAY_SIZE(keys)];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		item_set(&items[i], &keys[i]);
		items[i].e.hash = xtcp_key_hash(&keys[0]);
		KUNIT_ASSERT_EQ(test, xtcp_conn_insert(&items[i].e, &keys[i]), 0);
	}
	KUNIT_EXPECT_PTR_EQ(test, find(&keys[0]), &items[0].e);
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		for (j = 0; j < ARRAY_SIZE(keys); j++)
			KUNIT_EXPECT_EQ(test, entry_matches(&items[i].e, &keys[j]), i == j);
}

static void xtcp_conn_lookup__namespaces_are_worlds_apart(struct kunit *test)
{
	struct net *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	struct xtcp_key here = key4(1, 2, 3, 4), there = here;
	struct item a, b;

	KUNIT_ASSERT_NOT_NULL(test, other);
	/* even when they have the same hash */
	other->hash_mix = init_net.hash_mix;
	there.net = other;
	KUNIT_ASSERT_EQ(test, item_insert(&a, &here), 0);
	KUNIT_EXPECT_PTR_EQ(test, find(&there), NULL);
	KUNIT_ASSERT_EQ(test, item_insert(&b, &there), 0);
	KUNIT_EXPECT_PTR_EQ(test, find(&here), &a.e);
	KUNIT_EXPECT_PTR_EQ(test, find(&there), &b.e);
	other->hash_mix = ~init_net.hash_mix;
	KUNIT_EXPECT_NE(test, xtcp_key_hash(&there), xtcp_key_hash(&here));
}

/* A socket bound to a device receives only from that device, or through its l3mdev master */
static void xtcp_conn_lookup__bound_devices(struct kunit *test)
{
	static const struct {
		int bound, dif, sdif;
		bool match;
	} rules[] = {
		{ 0, 5, 0, true },	/* bound to none: any device */
		{ 5, 5, 0, true },
		{ 5, 6, 0, false },
		{ 5, 5, 7, true },	/* bound to the l3mdev master, or to its slave */
		{ 7, 5, 7, true },
		{ 8, 5, 7, false },
		{ 0, 5, 7, false },	/* within an l3mdev: only if the sysctl allows it */
	};
	u8 allowed = init_net.ipv4.sysctl_tcp_l3mdev_accept;
	struct xtcp_key key = key4(1, 2, 3, 4), packet;
	struct item a;
	unsigned int i;

	init_net.ipv4.sysctl_tcp_l3mdev_accept = 0;
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		key.dif = rules[i].bound;
		packet = key;
		packet.dif = rules[i].dif;
		packet.sdif = rules[i].sdif;
		KUNIT_ASSERT_EQ(test, item_insert(&a, &key), 0);
		KUNIT_EXPECT_EQ_MSG(test, !!find(&packet), rules[i].match, "rule %u", i);
		KUNIT_EXPECT_TRUE(test, xtcp_conn_remove(&a.e));
	}
	init_net.ipv4.sysctl_tcp_l3mdev_accept = 1;
	key.dif = 0;
	KUNIT_ASSERT_EQ(test, item_insert(&a, &key), 0);
	packet = key;
	packet.dif = 5;
	packet.sdif = 7;
	KUNIT_EXPECT_PTR_EQ(test, find(&packet), &a.e);
	init_net.ipv4.sysctl_tcp_l3mdev_accept = allowed;
}

static void xtcp_conn_insert__refuses_a_duplicate(struct kunit *test)
{
	struct xtcp_key keys[] = { key4(1, 2, 3, 4), key6(1, 2, 3, 4) };
	struct item a, b;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		KUNIT_ASSERT_EQ(test, item_insert(&a, &keys[i]), 0);
		KUNIT_EXPECT_EQ(test, item_insert(&b, &keys[i]), -EADDRNOTAVAIL);
		KUNIT_EXPECT_FALSE(test, b.e.hashed);
		KUNIT_EXPECT_FALSE(test, xtcp_conn_remove(&b.e));
		KUNIT_EXPECT_PTR_EQ(test, find(&keys[i]), &a.e);
		KUNIT_EXPECT_TRUE(test, xtcp_conn_remove(&a.e));
		KUNIT_EXPECT_EQ(test, item_insert(&b, &keys[i]), 0);
		KUNIT_EXPECT_PTR_EQ(test, find(&keys[i]), &b.e);
	}
}

static void xtcp_conn_remove__from_any_place_of_a_chain(struct kunit *test)
{
	struct xtcp_key keys[5];
	struct item items[5];
	unsigned int gone, i;

	for (gone = 0; gone < 5; gone++) {
		struct xtcp_key key = key4(1, 2, 3, 0);

		for (i = 0; i < 5; i++) {
			into_bucket(&key, 17);
			keys[i] = key;
			KUNIT_ASSERT_EQ(test, item_insert(&items[i], &key), 0);
		}
		KUNIT_EXPECT_EQ(test, length(17), 5);
		KUNIT_EXPECT_TRUE(test, xtcp_conn_remove(&items[gone].e));
		KUNIT_EXPECT_FALSE(test, xtcp_conn_remove(&items[gone].e));
		KUNIT_EXPECT_EQ(test, length(17), 4);
		for (i = 0; i < 5; i++) {
			KUNIT_EXPECT_PTR_EQ(test, find(&keys[i]),
					    i == gone ? NULL : &items[i].e);
			xtcp_conn_remove(&items[i].e);
		}
		KUNIT_EXPECT_TRUE(test, xtcp_conn_is_empty(17));
	}
}

static void xtcp_conn_replace__takes_the_place(struct kunit *test)
{
	struct item items[3], new;
	struct xtcp_key keys[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		struct xtcp_key key = i ? keys[i - 1] : key6(1, 2, 3, 0);

		into_bucket(&key, 5);
		keys[i] = key;
		KUNIT_ASSERT_EQ(test, item_insert(&items[i], &key), 0);
	}
	for (i = 0; i < 3; i++) {
		item_set(&new, &keys[i]);
		KUNIT_EXPECT_TRUE(test, xtcp_conn_replace(&items[i].e, &new.e));
		KUNIT_EXPECT_FALSE(test, items[i].e.hashed);
		KUNIT_EXPECT_PTR_EQ(test, find(&keys[i]), &new.e);
		KUNIT_EXPECT_EQ(test, length(5), 3);
		/* and back again, as TIME-WAIT does when the SYN was an old duplicate */
		KUNIT_EXPECT_TRUE(test, xtcp_conn_replace(&new.e, &items[i].e));
		KUNIT_EXPECT_PTR_EQ(test, find(&keys[i]), &items[i].e);
		KUNIT_EXPECT_EQ(test, length(5), 3);
	}
}

/* Of two racing replacements or removals of an entry, one succeeds */
static void xtcp_conn_replace__only_once(struct kunit *test)
{
	struct xtcp_key key = key4(1, 2, 3, 4);
	struct item old, first, second;

	KUNIT_ASSERT_EQ(test, item_insert(&old, &key), 0);
	item_set(&first, &key);
	item_set(&second, &key);
	KUNIT_EXPECT_TRUE(test, xtcp_conn_replace(&old.e, &first.e));
	KUNIT_EXPECT_FALSE(test, xtcp_conn_replace(&old.e, &second.e));
	KUNIT_EXPECT_FALSE(test, second.e.hashed);
	KUNIT_EXPECT_FALSE(test, xtcp_conn_remove(&old.e));
	KUNIT_EXPECT_PTR_EQ(test, find(&key), &first.e);
}

/* A lookup whose current entry is removed or replaced continues from there */
static void xtcp_conn_remove__walkers_go_on(struct kunit *test)
{
	struct item items[4], new;
	struct xtcp_key keys[4];
	struct xtcp_entry *at;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct xtcp_key key = i ? keys[i - 1] : key4(1, 2, 3, 0);

		into_bucket(&key, 9);
		keys[i] = key;
		KUNIT_ASSERT_EQ(test, item_insert(&items[i], &key), 0);
	}
	/* the chain is 3, 2, 1, 0 */
	rcu_read_lock();
	at = xtcp_entry_next(xtcp_conn_first(9));
	KUNIT_EXPECT_PTR_EQ(test, at, &items[2].e);
	xtcp_conn_remove(at);
	at = xtcp_entry_next(at);
	KUNIT_EXPECT_PTR_EQ(test, at, &items[1].e);
	item_set(&new, &keys[1]);
	xtcp_conn_replace(at, &new.e);
	at = xtcp_entry_next(at);
	KUNIT_EXPECT_PTR_EQ(test, at, &items[0].e);
	KUNIT_EXPECT_TRUE(test, xtcp_entry_ends(xtcp_entry_next(at), 9));
	rcu_read_unlock();
}

/* A socket that is disconnected and reconnected during a lookup moves it into another bucket:
 * the lookup notices that by the nulls value
 */
static void xtcp_conn_lookup__led_into_another_bucket(struct kunit *test)
{
	struct xtcp_key key = key4(1, 2, 3, 0), behind = key, other = key;
	struct item stays, moves;
	struct xtcp_entry *e;

	into_bucket(&behind, 3);
	KUNIT_ASSERT_EQ(test, item_insert(&stays, &behind), 0);
	key = behind;
	into_bucket(&key, 3);
	KUNIT_ASSERT_EQ(test, item_insert(&moves, &key), 0);
	into_bucket(&other, 4);

	rcu_read_lock();
	e = xtcp_conn_first(3);
	KUNIT_EXPECT_PTR_EQ(test, e, &moves.e);
	xtcp_conn_remove(&moves.e);
	xtcp_entry_set_key(&moves.e, &other);
	KUNIT_EXPECT_EQ(test, xtcp_conn_insert(&moves.e, &other), 0);
	e = xtcp_entry_next(e);		/* behind the current entry, but in bucket 4 */
	KUNIT_EXPECT_TRUE(test, xtcp_entry_is_end(e));
	KUNIT_EXPECT_FALSE(test, xtcp_entry_ends(e, 3));
	KUNIT_EXPECT_TRUE(test, xtcp_entry_ends(e, 4));
	rcu_read_unlock();
	KUNIT_EXPECT_PTR_EQ(test, find(&behind), &stays.e);
	KUNIT_EXPECT_PTR_EQ(test, find(&key), NULL);
	KUNIT_EXPECT_PTR_EQ(test, find(&other), &moves.e);
}

static void xtcp_entry_get_key__is_what_was_set(struct kunit *test)
{
	struct xtcp_key keys[] = { key4(1, 2, 3, 4), key6(1, 2, 3, 4) }, got;
	struct item a;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		keys[i].dif = 6;
		item_set(&a, &keys[i]);
		memset(&got, 0, sizeof(got));
		xtcp_entry_get_key(&a.e, &got);
		KUNIT_EXPECT_TRUE(test, entry_matches(&a.e, &got));
		KUNIT_EXPECT_EQ(test, xtcp_key_hash(&got), a.e.hash);
		KUNIT_EXPECT_EQ(test, got.dif, 6);
	}
}

/* The hash for one purpose reveals nothing about the other, nor about other connections */
static void xtcp_key_hash_secret__one_a_purpose(struct kunit *test)
{
	struct xtcp_key keys[] = {
		key4(1, 2, 3, 4), key4(1, 2, 3, 5), key4(2, 1, 3, 4),
		key6(1, 2, 3, 4), key6(1, 2, 3, 5), key6(2, 1, 3, 4),
	};
	u32 seen[2 * ARRAY_SIZE(keys)];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(seen); i++) {
		seen[i] = xtcp_key_hash_secret(&keys[i / 2], i % 2 ? XTCP_SALT_NUMBERS :
								     XTCP_SALT_PORT);
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_NE(test, seen[i], seen[j]);
	}
}

/* The table's size is a power of two, and at least the minimum */
static void xtcp_conn_init__sizes(struct kunit *test)
{
	static const struct {
		unsigned int asked, got;
	} sizes[] = {
		{ 1, 1024 }, { 1024, 1024 }, { 1025, 2048 }, { 60000, 65536 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		xtcp_conn_exit();
		table_size = sizes[i].asked;
		KUNIT_ASSERT_EQ(test, xtcp_conn_init(), 0);
		KUNIT_EXPECT_EQ(test, xtcp_conn_buckets(), sizes[i].got);
		KUNIT_EXPECT_LE(test, table.lock_mask, table.mask);
	}
	xtcp_conn_exit();
	table_size = 0;
	KUNIT_ASSERT_EQ(test, xtcp_conn_init(), 0);
	KUNIT_EXPECT_GE(test, xtcp_conn_buckets() * BYTES_PER_BUCKET,
			totalram_pages() << PAGE_SHIFT);
}

#define MILLION	1000000u

static struct xtcp_key nth_key(u32 n)
{
	return key4(0x0a000001, 0x0a010000 + n / 16384, 443, 32768 + n % 16384);
}

static void xtcp_conn__a_million(struct kunit *test)
{
	struct xtcp_entry *entries = vzalloc(MILLION * sizeof(*entries));
	unsigned int i, wrong = 0, longest = 0;
	struct xtcp_key key;

	KUNIT_ASSERT_NOT_NULL(test, entries);
	xtcp_conn_exit();
	table_size = 1 << 20;
	KUNIT_ASSERT_EQ(test, xtcp_conn_init(), 0);
	for (i = 0; i < MILLION; i++) {
		key = nth_key(i);
		xtcp_entry_init(&entries[i], XTCP_ENTRY_TIMEWAIT);
		xtcp_entry_set_key(&entries[i], &key);
		wrong += xtcp_conn_insert(&entries[i], &key) != 0;
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	for (i = 0; i < MILLION; i++) {
		key = nth_key(i);
		wrong += find(&key) != &entries[i];
		key.lport++;
		wrong += !!find(&key);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	for (i = 0; i < xtcp_conn_buckets(); i++)
		longest = max_t(int, longest, length(i));
	/* more than 17 in a bucket by chance: one run in a billion */
	KUNIT_EXPECT_LT(test, longest, 17);
	for (i = 0; i < MILLION; i++)
		wrong += !xtcp_conn_remove(&entries[i]);
	for (i = 0; i < xtcp_conn_buckets(); i++)
		wrong += !xtcp_conn_is_empty(i);
	KUNIT_EXPECT_EQ(test, wrong, 0);
	vfree(entries);
}

static struct kunit_case conn_cases[] = {
	KUNIT_CASE(xtcp_conn_insert__is_found),
	KUNIT_CASE(xtcp_conn_lookup__each_part_of_the_key_counts),
	KUNIT_CASE(xtcp_conn_lookup__compares_more_than_the_hash),
	KUNIT_CASE(xtcp_conn_lookup__namespaces_are_worlds_apart),
	KUNIT_CASE(xtcp_conn_lookup__bound_devices),
	KUNIT_CASE(xtcp_conn_insert__refuses_a_duplicate),
	KUNIT_CASE(xtcp_conn_remove__from_any_place_of_a_chain),
	KUNIT_CASE(xtcp_conn_replace__takes_the_place),
	KUNIT_CASE(xtcp_conn_replace__only_once),
	KUNIT_CASE(xtcp_conn_remove__walkers_go_on),
	KUNIT_CASE(xtcp_conn_lookup__led_into_another_bucket),
	KUNIT_CASE(xtcp_entry_get_key__is_what_was_set),
	KUNIT_CASE(xtcp_key_hash_secret__one_a_purpose),
	KUNIT_CASE(xtcp_conn_init__sizes),
	KUNIT_CASE(xtcp_conn__a_million),
	{}
};

static struct kunit_suite conn_suite = {
	.name = "xtcp_conn",
	.init = conn_test_init,
	.exit = conn_test_exit,
	.test_cases = conn_cases,
};

kunit_test_suite(conn_suite);
