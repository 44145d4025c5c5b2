// SPDX-License-Identifier: GPL-2.0
/*
 * The connection table compared with the kernel's established hash, with the same connections
 * in both. The kernel's entries are bare struct sock_common, which is what its hash reads.
 */
#include <linux/vmalloc.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/tcp.h>
#include <net/transp_v6.h>
#include "../../../module/conn.c"
#include "engines.h"

#define LOCAL_PORT	80
#define LOCAL_ADDR	0x0a000001	/* 10.0.0.1 */
/* Remote addresses are counted up from here: known ones are in the table, unknown ones are not */
#define KNOWN_ADDR	0x0b000000
#define UNKNOWN_ADDR	0x0c000000

/**
 * struct tuple - a connection as a segment's headers show it
 * @laddr6: IPv6 address, ours
 * @raddr6: the peer's
 * @laddr: IPv4 address, ours
 * @raddr: the peer's
 * @lport: port, ours
 * @rport: the peer's
 */
struct tuple {
	struct in6_addr laddr6, raddr6;
	__be32 laddr, raddr;
	__be16 lport, rport;
};

/* Both tables have engines.entries entries. engines.ops more at the end are inserted and
 * removed, and as many again replace them
 */
static struct {
	u8 family;
	size_t size;		/* of one of our entries */
	void *ours;
	struct sock_common *theirs;
	struct tuple *tuples, *known, *unknown;
	unsigned int found, refused;
} t;

static void tuple_fill(struct tuple *tuple, u32 base, u32 i)
{
	tuple->laddr = htonl(LOCAL_ADDR);
	tuple->raddr = htonl(base + i);
	tuple->lport = htons(LOCAL_PORT);
	tuple->rport = htons(1024 + engines_random() % 64000);
	ipv6_addr_set(&tuple->laddr6, htonl(0x20010db8), 0, 0, htonl(1));
	ipv6_addr_set(&tuple->raddr6, htonl(0x20010db8), htonl(engines_random()), 0,
		      htonl(base + i));
}

/* As rcv.c fills it */
static void tuple_key(const struct tuple *tuple, struct xtcp_key *key)
{
	key->net = &init_net;
	key->lport = ntohs(tuple->lport);
	key->rport = ntohs(tuple->rport);
	key->family = t.family;
	if (t.family == AF_INET) {
		key->laddr = tuple->laddr;
		key->raddr = tuple->raddr;
	} else {
		key->laddr = 0;
		key->raddr = 0;
		key->laddr6 = tuple->laddr6;
		key->raddr6 = tuple->raddr6;
	}
	key->dif = 1;
	key->sdif = 0;
}

static struct xtcp_entry *our(u32 i)
{
	return t.ours + i * t.size;
}

static struct sock *their(u32 i)
{
	return (struct sock *)&t.theirs[i];
}

/* ---- lookups ---- */

static void our_lookup(const struct tuple *tuple)
{
	struct xtcp_key key;

	tuple_key(tuple, &key);
	t.found += !!xtcp_conn_lookup(&key);
}

static void our_hit(u32 i)
{
	our_lookup(&t.known[i]);
}

static void our_miss(u32 i)
{
	our_lookup(&t.unknown[i]);
}

static void their_lookup4(const struct tuple *tuple)
{
	t.found += !!__inet_lookup_established(&init_net, &tcp_hashinfo, tuple->raddr,
					       tuple->rport, tuple->laddr,
					       ntohs(tuple->lport), 1, 0);
}

static void their_hit4(u32 i)
{
	their_lookup4(&t.known[i]);
}

static void their_miss4(u32 i)
{
	their_lookup4(&t.unknown[i]);
}

static void their_lookup6(const struct tuple *tuple)
{
	t.found += !!__inet6_lookup_established(&init_net, &tcp_hashinfo, &tuple->raddr6,
						tuple->rport, &tuple->laddr6,
						ntohs(tuple->lport), 1, 0);
}

static void their_hit6(u32 i)
{
	their_lookup6(&t.known[i]);
}

static void their_miss6(u32 i)
{
	their_lookup6(&t.unknown[i]);
}

/* ---- changes: the entries that are inserted and removed are behind the others ---- */

static void our_insert(u32 i)
{
	struct xtcp_key key;

	tuple_key(&t.tuples[engines.entries + i], &key);
	t.refused += !!xtcp_conn_insert(our(engines.entries + i), &key);
}

static void our_swap(u32 i)
{
	u32 old = engines.entries + i;

	t.refused += !xtcp_conn_replace(our(old), our(old + engines.ops));
}

static void our_remove(u32 i)
{
	t.refused += !xtcp_conn_remove(our(engines.pick[i]));
}

/* As the child of a SYN cookie is inserted: the kernel's other insertions that check for
 * duplicates are not exported
 */
static void their_insert(u32 i)
{
	bool there;

	t.refused += !inet_ehash_nolisten(their(engines.entries + i), NULL, &there);
}

static void their_swap(u32 i)
{
	u32 old = engines.entries + i;

	t.refused += !inet_ehash_nolisten(their(old + engines.ops), their(old), NULL);
}

static void their_remove(u32 i)
{
	inet_unhash(their(engines.pick[i]));
}

/* ---- filling and emptying ---- */

static void our_init(u32 i, const struct tuple *tuple)
{
	struct xtcp_key key;

	tuple_key(tuple, &key);
	key.dif = 0;
	xtcp_entry_set_key(our(i), &key);
	our(i)->kind = XTCP_ENTRY_TIMEWAIT;
}

static void their_init(u32 i, const struct tuple *tuple)
{
	struct sock_common *c = &t.theirs[i];

	c->skc_family = t.family;
	c->skc_state = TCP_ESTABLISHED;
	c->skc_prot = t.family == AF_INET ? &tcp_prot : &tcpv6_prot;
	write_pnet(&c->skc_net, &init_net);
	c->skc_daddr = tuple->raddr;
	c->skc_rcv_saddr = tuple->laddr;
	c->skc_v6_daddr = tuple->raddr6;
	c->skc_v6_rcv_saddr = tuple->laddr6;
	c->skc_dport = tuple->rport;
	c->skc_num = ntohs(tuple->lport);
	refcount_set(&c->skc_refcnt, 1000000);	/* never freed */
}

/* @engines.entries hashed; then those to be inserted and removed, and their replacements */
static int fill(void)
{
	u32 total = engines.entries + 2 * engines.ops, i;
	struct xtcp_key key;

	for (i = 0; i < total; i++) {
		if (i < engines.entries + engines.ops)
			tuple_fill(&t.tuples[i], KNOWN_ADDR, i);
		else
			t.tuples[i] = t.tuples[i - engines.ops];
		our_init(i, &t.tuples[i]);
		their_init(i, &t.tuples[i]);
		if (i >= engines.entries)
			continue;
		tuple_key(&t.tuples[i], &key);
		if (xtcp_conn_insert(our(i), &key))
			return -EEXIST;
		local_bh_disable();
		inet_ehash_nolisten(their(i), NULL, NULL);
		local_bh_enable();
		cond_resched();
	}
	for (i = 0; i < engines.ops; i++) {
		t.known[i] = t.tuples[engines.pick[i]];
		tuple_fill(&t.unknown[i], UNKNOWN_ADDR, i);
	}
	return 0;
}

static void empty(void)
{
	u32 i;

	for (i = 0; i < engines.entries + 2 * engines.ops; i++) {
		xtcp_conn_remove(our(i));
		inet_unhash(their(i));
		cond_resched();
	}
	synchronize_rcu();
}

static int table_alloc_entries(u8 family)
{
	size_t total = engines.entries + 2 * engines.ops;

	memset(&t, 0, sizeof(t));
	t.family = family;
	t.size = sizeof(struct xtcp_entry);
	if (family == AF_INET6)
		t.size += 2 * sizeof(struct in6_addr);
	t.ours = vzalloc(array_size(total, t.size));
	t.theirs = vzalloc(array_size(total, sizeof(*t.theirs)));
	t.tuples = vmalloc_array(total, sizeof(*t.tuples));
	t.known = vmalloc_array(engines.ops, sizeof(*t.known));
	t.unknown = vmalloc_array(engines.ops, sizeof(*t.unknown));
	return t.ours && t.theirs && t.tuples && t.known && t.unknown ? 0 : -ENOMEM;
}

static void table_free_entries(void)
{
	vfree(t.unknown);
	vfree(t.known);
	vfree(t.tuples);
	vfree(t.theirs);
	vfree(t.ours);
}

/* ---- figures ---- */

static void report_chains(void)
{
	u32 i, length, longest = 0, their_longest = 0;
	struct hlist_nulls_node *node;
	struct xtcp_entry *e;
	struct sock *sk;

	rcu_read_lock();
	for (i = 0; i < xtcp_conn_buckets(); i++) {
		length = 0;
		for (e = xtcp_conn_first(i); !xtcp_entry_is_end(e); e = xtcp_entry_next(e))
			length++;
		longest = max(longest, length);
	}
	for (i = 0; i <= tcp_hashinfo.ehash_mask; i++) {
		length = 0;
		sk_nulls_for_each_rcu(sk, node, &tcp_hashinfo.ehash[i].chain)
			length++;
		their_longest = max(their_longest, length);
	}
	rcu_read_unlock();
	engines_report("buckets", 10ULL * (tcp_hashinfo.ehash_mask + 1),
		       10ULL * xtcp_conn_buckets());
	engines_report("longest_chain", 10ULL * their_longest, 10ULL * longest);
}

static int check_found(const char *what, unsigned int expected)
{
	if (t.found == expected && !t.refused)
		return 0;
	pr_err("%s: %u found, %u expected, %u refused\n", what, t.found, expected, t.refused);
	return -EIO;
}

static int compare4(void)
{
	engines_compare("lookup4_hit", their_hit4, our_hit);
	engines_compare("lookup4_miss", their_miss4, our_miss);
	if (check_found("IPv4", 2 * engines.ops))
		return -EIO;
	report_chains();
	engines_compare("insert4", their_insert, our_insert);
	engines_compare("swap4", their_swap, our_swap);
	engines_compare("remove4", their_remove, our_remove);
	return check_found("IPv4", 2 * engines.ops);
}

static int compare6(void)
{
	engines_compare("lookup6_hit", their_hit6, our_hit);
	engines_compare("lookup6_miss", their_miss6, our_miss);
	engines_compare("insert6", their_insert, our_insert);
	engines_compare("swap6", their_swap, our_swap);
	engines_compare("remove6", their_remove, our_remove);
	return check_found("IPv6", 2 * engines.ops);
}

static int compare(u8 family)
{
	int err = table_alloc_entries(family);

	if (!err) {
		err = fill();
		rcu_read_lock();
		if (!err)
			err = family == AF_INET ? compare4() : compare6();
		rcu_read_unlock();
		empty();
	}
	table_free_entries();
	return err;
}

/**
 * engines_table() - measure the connection table
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int engines_table(void)
{
	int err = xtcp_conn_init();

	if (err)
		return err;
	err = compare(AF_INET) ?: compare(AF_INET6);
	xtcp_conn_exit();
	return err;
}
