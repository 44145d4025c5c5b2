// SPDX-License-Identifier: GPL-2.0
/*
 * Ephemeral ports: which port a socket gets that asks for any.
 *
 * connect() searches as in RFC 6056, algorithm 4 ("double-hash"). One keyed hash of the
 * destination gives the start of its sequence of ports, a second one selects the counter that
 * gives the position in it. So the ports used for one destination are hard to guess for an
 * off-path attacker, and tell nothing of connections to others. A port is used again late,
 * when its last connection has been forgotten. The counter moves on by a small random number
 * of ports.
 *
 * The hash changes every ten minutes, which is longer than any TIME-WAIT lasts. The set of
 * destinations that share a counter could identify this machine, but only until the hash
 * changes. Until then the search continues where it stopped, so it rarely meets ports that
 * were used lately. If it does, the TIME-WAIT entry may give way (tw_reuse).
 *
 * connect() uses the ports with the parity of the range's first port, which connections to
 * different destinations share. bind() uses the others, which are not shared. Each uses the
 * other half when its own is exhausted.
 */
#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <net/ip.h>
#include "conn.h"
#include "port.h"
#include "port_ephemeral.h"
#include "sock.h"
#include "timewait.h"
#include "timewait_reuse.h"

/* Number of counters: large, so that few destinations share one */
#define COUNTERS	65536
/* A counter moves on by at most this when the next port is free, in ports of one parity */
#define STEP_MAX	8
/* Lifetime of a hash, s */
#define EPOCH		600
/* Ports that are tried before a chance to reschedule */
#define BATCH		256

static u16 *counters __read_mostly;
static siphash_aligned_key_t port_secret __read_mostly;

/**
 * xtcp_port_ephemeral_init() - allocate the counters, and draw the secret
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int xtcp_port_ephemeral_init(void)
{
	counters = kvcalloc(COUNTERS, sizeof(*counters), GFP_KERNEL);
	if (!counters)
		return -ENOMEM;
	get_random_bytes(&port_secret, sizeof(port_secret));
	return 0;
}

/**
 * xtcp_port_ephemeral_exit() - free the counters
 *
 * Context: module unload.
 */
void xtcp_port_ephemeral_exit(void)
{
	kvfree(counters);
}

/**
 * struct search - ports to try, one after the other
 * @net: namespace
 * @first: first port of this half of the range
 * @len: number of ports in this half; they are two apart
 * @pos: index of the next port to try
 * @left: number of ports not yet tried
 */
struct search {
	struct net *net;
	u16 first;
	u32 len;
	u32 pos;
	u32 left;
};

/* Start in the half of the socket's range that has the parity of its first port, or in the
 * @other half
 */
static void search_start(struct search *s, const struct sock *sk, bool other, u32 from)
{
	int low, high;

	inet_sk_get_local_port_range(sk, &low, &high);
	s->net = sock_net(sk);
	s->first = low + other;
	s->len = high < s->first ? 0 : (high - s->first) / 2 + 1;
	s->left = s->len;
	s->pos = s->len ? from % s->len : 0;
}

/* The next port that is not reserved (ip_local_reserved_ports); 0 at the end */
static u16 search_next(struct search *s)
{
	u16 number;

	while (s->left) {
		number = s->first + 2 * s->pos;
		s->left--;
		if (++s->pos == s->len)
			s->pos = 0;
		if (s->left % BATCH == 0)
			cond_resched();
		if (!inet_is_local_reserved_port(s->net, number))
			return number;
	}
	return 0;
}

static int bind_half(struct sock *sk, enum xtcp_bind_mode mode, bool other,
		     struct xtcp_port **spare)
{
	int err = -EADDRINUSE;
	struct search s;
	u16 number;

	search_start(&s, sk, other, get_random_u32());
	while (err == -EADDRINUSE && (number = search_next(&s))) {
		err = xtcp_port_prepare(s.net, number, spare);
		if (!err)
			err = xtcp_port_bind(sk, number, mode, spare);
	}
	return err;
}

/* Take any port for bind(): a free one, or, if there is none and ip_autobind_reuse allows it,
 * one that its holders are willing to share
 */
static int bind_any(struct sock *sk, struct xtcp_port **spare)
{
	bool reuse = READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_autobind_reuse);
	enum xtcp_bind_mode mode = XTCP_BIND_UNUSED;
	int err;

	for (;;) {
		err = bind_half(sk, mode, true, spare);
		if (err == -EADDRINUSE)
			err = bind_half(sk, mode, false, spare);
		if (err != -EADDRINUSE || !reuse || mode == XTCP_BIND_REUSED)
			return err;
		mode = XTCP_BIND_REUSED;
	}
}

/**
 * xtcp_get_port() - proto.get_port: take a local port for bind() or listen()
 * @sk: socket, its local address set
 * @number: port, host order; 0: any
 *
 * listen() calls it again with the port that the socket has, to check for conflicts with the
 * present holders.
 *
 * Context: process, under the socket lock; may sleep.
 * Return: 0, -EADDRINUSE or -ENOMEM.
 */
int xtcp_get_port(struct sock *sk, unsigned short number)
{
	struct xtcp_port *spare = NULL;
	int err;

	sock_owned_by_me(sk);
	if (number) {
		err = xtcp_port_prepare(sock_net(sk), number, &spare);
		if (!err)
			err = xtcp_port_bind(sk, number, XTCP_BIND_NAMED, &spare);
	} else {
		err = bind_any(sk, &spare);
	}
	xtcp_port_spare_free(spare);
	return err;
}

static void connect_key(const struct sock *sk, struct xtcp_key *key)
{
	const struct inet_sock *inet = inet_sk(sk);

	key->net = sock_net(sk);
	key->family = xtcp_is_v4(sk) ? AF_INET : AF_INET6;
	key->dif = sk->sk_bound_dev_if;
	key->sdif = 0;
	key->lport = inet->inet_num;
	key->rport = ntohs(inet->inet_dport);
	key->laddr = inet->inet_saddr;
	key->raddr = inet->inet_daddr;
	key->laddr6 = sk->sk_v6_rcv_saddr;
	key->raddr6 = sk->sk_v6_daddr;
}

/* Both hashes of RFC 6056 section 3.3.4 in one: F() in the upper half, G() in the lower */
static u64 destination_hash(const struct xtcp_key *key)
{
	u64 epoch = get_jiffies_64();
	u64 rest;

	do_div(epoch, EPOCH * HZ);
	rest = (u64)(net_hash_mix(key->net) ^ (u32)epoch) << 16 | key->rport;
	if (key->family == AF_INET)
		return siphash_2u64((u64)(__force u32)key->laddr << 32 |
				    (__force u32)key->raddr, rest, &port_secret);
	return siphash_3u64(siphash(&key->laddr6, sizeof(key->laddr6), &port_secret),
			    siphash(&key->raddr6, sizeof(key->raddr6), &port_secret),
			    rest, &port_secret);
}

static bool connection_exists(const struct xtcp_key *key)
{
	struct xtcp_entry *e;
	bool exists;

	rcu_read_lock();
	e = xtcp_conn_lookup(key);
	exists = e && !xtcp_timewait_gives_way(e, key, false);
	rcu_read_unlock();
	return exists;
}

/* Both ends would be the same: the SYN to a service that is down would be answered by the
 * socket itself, and would keep the service from starting again, as its port is taken. Only a
 * program that names the port by bind() may connect to itself
 */
static bool connect_to_itself(const struct xtcp_key *key)
{
	if (key->lport != key->rport)
		return false;
	if (key->family == AF_INET)
		return key->laddr == key->raddr;
	return ipv6_addr_equal(&key->laddr6, &key->raddr6);
}

/* Without a lock, skip ports that xtcp_port_join() would refuse */
static bool connect_hopeless(const struct xtcp_key *key)
{
	u64 slot = xtcp_port_peek(key->net, key->lport);

	return connect_to_itself(key) || slot & XTCP_SLOT_BOUND ||
	       (slot && connection_exists(key));
}

static int connect_half(struct sock *sk, struct xtcp_key *key, bool other,
			struct xtcp_port **spare, struct xtcp_timewait **tw)
{
	u64 hash = destination_hash(key);
	u16 *counter = &counters[hash % COUNTERS];
	u16 begin = READ_ONCE(*counter);
	int err = -EADDRNOTAVAIL;
	struct search s;

	search_start(&s, sk, other, (hash >> 32) + begin);
	while (err == -EADDRNOTAVAIL && (key->lport = search_next(&s))) {
		if (connect_hopeless(key))
			continue;
		err = xtcp_port_prepare(key->net, key->lport, spare);
		if (!err)
			err = xtcp_port_join(sk, key, spare, tw);
	}
	/* advance past the ports that were tried, and by a random step at least */
	WRITE_ONCE(*counter, begin + max(s.len - s.left,
					 get_random_u32() % STEP_MAX + 1));
	return err;
}

static int connect_any(struct sock *sk, struct xtcp_key *key,
		       struct xtcp_timewait **tw)
{
	struct xtcp_port *spare = NULL;
	int err;

	err = connect_half(sk, key, false, &spare, tw);
	if (err == -EADDRNOTAVAIL)
		err = connect_half(sk, key, true, &spare, tw);
	xtcp_port_spare_free(spare);
	if (err)
		return err;
	inet_sk(sk)->inet_num = key->lport;
	inet_sk(sk)->inet_sport = htons(key->lport);
	return 0;
}

/* Connect from the port that the program has bound */
static int connect_bound(struct sock *sk, const struct xtcp_key *key,
			 struct xtcp_timewait **tw)
{
	struct xtcp_entry *e = &xtcp_sk(sk)->entry;

	xtcp_entry_set_key(e, key);
	return xtcp_timewait_supersede(e, key, true, tw);
}

/**
 * xtcp_port_connect() - give a connecting socket its port, and insert it into the table
 * @sk: socket with both addresses and the remote port set
 * @tw: result: the TIME-WAIT entry that the socket has replaced, for the caller to end;
 *	NULL when there was none
 *
 * Context: process, under the socket lock; may sleep.
 * Return: 0 with the socket hashed, -EADDRNOTAVAIL or -ENOMEM.
 */
int xtcp_port_connect(struct sock *sk, struct xtcp_timewait **tw)
{
	struct xtcp_key key;
	int err;

	sock_owned_by_me(sk);
	*tw = NULL;
	connect_key(sk, &key);
	err = key.lport ? connect_bound(sk, &key, tw) : connect_any(sk, &key, tw);
	if (!err)
		sock_prot_inuse_add(key.net, sk->sk_prot, 1);
	return err;
}
