// SPDX-License-Identifier: GPL-2.0
/*
 * Local ports. See port.h for structure and locks.
 */
#include <linux/hash.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "record.h"
#include "sock.h"

#define PORT_HASH_BITS 12

struct port_bucket {
	struct hlist_head head;
	spinlock_t lock;	/* of the list and of the ports in it */
};

static struct port_bucket *port_table __read_mostly;
static struct kmem_cache *port_cache __read_mostly;
static struct kmem_cache *hold_cache __read_mostly;

/* What so many TIME-WAIT records hold of a port in the same way */
struct port_hold {
	struct hlist_node node;
	struct in6_addr addr;	/* v4-mapped for IPv4 */
	int dev;
	u32 count;
	u8 claim;
};

/**
 * xtcp_port_init() - make the table of ports
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int xtcp_port_init(void)
{
	unsigned int i;

	port_table = kvmalloc_array(1 << PORT_HASH_BITS, sizeof(*port_table),
				    GFP_KERNEL);
	if (!port_table)
		return -ENOMEM;
	for (i = 0; i < 1 << PORT_HASH_BITS; i++) {
		INIT_HLIST_HEAD(&port_table[i].head);
		spin_lock_init(&port_table[i].lock);
	}
	port_cache = KMEM_CACHE(xtcp_port, 0);
	hold_cache = KMEM_CACHE(port_hold, 0);
	if (port_cache && hold_cache)
		return 0;
	xtcp_port_exit();
	return -ENOMEM;
}

/**
 * xtcp_port_exit() - free the table, which is empty
 *
 * Context: module unload.
 */
void xtcp_port_exit(void)
{
	kmem_cache_destroy(hold_cache);
	kmem_cache_destroy(port_cache);
	kvfree(port_table);
}

static struct port_bucket *port_bucket(const struct net *net, u16 number)
{
	return &port_table[hash_32(net_hash_mix(net) + number, PORT_HASH_BITS)];
}

static struct xtcp_port *port_find(struct port_bucket *b, const struct net *net,
				   u16 number)
{
	struct xtcp_port *port;

	hlist_for_each_entry(port, &b->head, node)
		if (port->number == number && net_eq(read_pnet(&port->net), net))
			return port;
	return NULL;
}

static struct xtcp_port *port_new(struct port_bucket *b, struct net *net, u16 number)
{
	struct xtcp_port *port = kmem_cache_alloc(port_cache, GFP_ATOMIC);

	if (!port)
		return NULL;
	write_pnet(&port->net, net);
	port->number = number;
	port->connected = false;
	INIT_HLIST_HEAD(&port->owners);
	INIT_HLIST_HEAD(&port->holds);
	hlist_add_head(&port->node, &b->head);
	return port;
}

static void port_own(struct xtcp_port *port, struct xtcp_port_owner *owner)
{
	owner->port = port;
	hlist_add_head(&owner->node, &port->owners);
}

/* Free the port unless somebody holds it; under the bucket's lock */
static void port_check(struct xtcp_port *port)
{
	if (hlist_empty(&port->owners) && hlist_empty(&port->holds)) {
		hlist_del(&port->node);
		kmem_cache_free(port_cache, port);
	}
}

/**
 * struct claim - what an owner claims of its port
 * @addr: local address, v4-mapped for IPv4
 * @any: every address
 * @v4: an AF_INET owner: IPv4 only
 * @v6only: IPv6 only
 * @dev: bound device, 0: any
 * @reuse: SO_REUSEADDR
 * @reuseport: SO_REUSEPORT
 * @listening: in LISTEN
 * @timewait: in TIME-WAIT
 * @uid: whose it is
 */
struct claim {
	struct in6_addr addr;
	bool any, v4, v6only, reuse, reuseport, listening, timewait;
	int dev;
	kuid_t uid;
};

static void claim_of_sock(struct claim *c, const struct sock *sk)
{
	c->v4 = sk->sk_family == AF_INET;
	c->v6only = !c->v4 && ipv6_only_sock(sk);
	if (c->v4) {
		ipv6_addr_set_v4mapped(inet_sk(sk)->inet_rcv_saddr, &c->addr);
		c->any = !inet_sk(sk)->inet_rcv_saddr;
	} else {
		c->addr = sk->sk_v6_rcv_saddr;
		c->any = ipv6_addr_any(&c->addr);
	}
	c->dev = READ_ONCE(sk->sk_bound_dev_if);
	c->reuse = sk->sk_reuse;
	c->reuseport = sk->sk_reuseport;
	c->listening = sk->sk_state == TCP_LISTEN;
	c->timewait = false;
	c->uid = xtcp_compat_uid(sk);
}

static void claim_of_hold(struct claim *c, const struct port_hold *h)
{
	*c = (struct claim) {
		.addr = h->addr,
		.v4 = ipv6_addr_v4mapped(&h->addr),
		.v6only = !ipv6_addr_v4mapped(&h->addr),
		.dev = h->dev,
		.reuse = h->claim & XTCP_CLAIM_REUSE,
		.reuseport = h->claim & XTCP_CLAIM_REUSEPORT,
		.timewait = true,
	};
}

/* Does the wildcard claim @any cover the claim @c? */
static bool any_covers(const struct claim *any, const struct claim *c)
{
	bool c_is_v4 = c->v4 || ipv6_addr_v4mapped(&c->addr);

	if (any->v4)
		return c_is_v4 || (c->any && !c->v6only);
	return !(any->v6only && c_is_v4);
}

static bool addrs_meet(const struct claim *a, const struct claim *b)
{
	if (a->any)
		return any_covers(a, b);
	if (b->any)
		return any_covers(b, a);
	return ipv6_addr_equal(&a->addr, &b->addr);
}

/* SO_REUSEADDR and SO_REUSEPORT, as TCP has them */
static bool may_share(const struct claim *a, const struct claim *b)
{
	if (a->reuse && b->reuse && !b->listening)
		return true;
	return a->reuseport && b->reuseport &&
	       (b->timewait || uid_eq(a->uid, b->uid));
}

static bool claims_conflict(const struct claim *mine, const struct claim *other)
{
	if (mine->dev && other->dev && mine->dev != other->dev)
		return false;
	return addrs_meet(mine, other) && !may_share(mine, other);
}

static bool port_conflicts(struct xtcp_port *port, struct sock *sk)
{
	struct xtcp_port_owner *owner;
	struct claim mine, other;
	struct port_hold *hold;

	claim_of_sock(&mine, sk);
	hlist_for_each_entry(owner, &port->owners, node) {
		if (owner == &xtcp_sk(sk)->port)
			continue;
		claim_of_sock(&other, (struct sock *)container_of(owner, struct xtcp_sock,
								  port));
		if (claims_conflict(&mine, &other))
			return true;
	}
	hlist_for_each_entry(hold, &port->holds, node) {
		claim_of_hold(&other, hold);
		if (claims_conflict(&mine, &other))
			return true;
	}
	return false;
}

/* Take @number for bind(): 0, -EADDRINUSE or -ENOMEM */
static int port_bind(struct sock *sk, u16 number)
{
	struct net *net = sock_net(sk);
	struct port_bucket *b = port_bucket(net, number);
	struct xtcp_port_owner *owner = &xtcp_sk(sk)->port;
	struct xtcp_port *port;
	int err = 0;

	spin_lock_bh(&b->lock);
	port = port_find(b, net, number);
	if (port && port_conflicts(port, sk)) {
		err = -EADDRINUSE;
	} else if (!owner->port) {
		if (!port)
			port = port_new(b, net, number);
		if (port)
			port_own(port, owner);
		else
			err = -ENOMEM;
	}
	if (!err) {
		owner->port->connected = false;
		inet_sk(sk)->inet_num = number;
	}
	spin_unlock_bh(&b->lock);
	return err;
}

/* The ports that may be given out: first and how many */
static unsigned int port_range(struct sock *sk, unsigned int *first)
{
	int low, high;

	inet_sk_get_local_port_range(sk, &low, &high);
	*first = low;
	return high - low + 1;
}

/* Any free port for bind(): a random start, then one after the other */
static int port_bind_any(struct sock *sk)
{
	unsigned int first, count = port_range(sk, &first);
	unsigned int start = get_random_u32() % count, i;
	struct net *net = sock_net(sk);
	int err;

	for (i = 0; i < count; i++) {
		u16 number = first + (start + i) % count;

		if (inet_is_local_reserved_port(net, number))
			continue;
		err = port_bind(sk, number);
		if (err != -EADDRINUSE)
			return err;
	}
	return -EADDRINUSE;
}

/**
 * xtcp_get_port() - proto.get_port: take a local port for bind() or listen()
 * @sk: socket, its local address set
 * @number: port, host order; 0: any
 *
 * Called again by listen() with the port it has: then only conflicts with what
 * others hold now are looked for.
 *
 * Context: process, under the socket lock.
 * Return: 0, -EADDRINUSE or -ENOMEM.
 */
int xtcp_get_port(struct sock *sk, unsigned short number)
{
	return number ? port_bind(sk, number) : port_bind_any(sk);
}

/**
 * xtcp_put_port() - proto.put_port: let the socket's port go
 * @sk: socket
 *
 * Context: any, under the socket lock.
 */
void xtcp_put_port(struct sock *sk)
{
	struct xtcp_port_owner *owner = &xtcp_sk(sk)->port;
	struct xtcp_port *port = owner->port;
	struct port_bucket *b;

	inet_sk(sk)->inet_num = 0;
	if (!port)
		return;
	b = port_bucket(sock_net(sk), port->number);
	spin_lock_bh(&b->lock);
	hlist_del(&owner->node);
	owner->port = NULL;
	port_check(port);
	spin_unlock_bh(&b->lock);
}

/**
 * xtcp_port_share() - a child holds its listener's port too
 * @listener: a listener, not locked, which may be letting its port go
 * @child: the child, its local port set; holds none
 *
 * Context: any.
 * Return: false when @listener has let the port go.
 */
bool xtcp_port_share(struct sock *listener, struct sock *child)
{
	struct port_bucket *b = port_bucket(sock_net(child), inet_sk(child)->inet_num);
	struct xtcp_port *port;

	spin_lock_bh(&b->lock);
	port = xtcp_sk(listener)->port.port;
	if (port)
		port_own(port, &xtcp_sk(child)->port);
	spin_unlock_bh(&b->lock);
	return port;
}

/**
 * xtcp_port_claim() - how a socket holds its port, for the record that follows it
 * @sk: socket
 *
 * Context: under the socket lock.
 * Return: XTCP_CLAIM_* bits.
 */
u8 xtcp_port_claim(const struct sock *sk)
{
	u8 claim = 0;

	if (sk->sk_reuse)
		claim |= XTCP_CLAIM_REUSE;
	if (sk->sk_reuseport)
		claim |= XTCP_CLAIM_REUSEPORT;
	if (sk->sk_family == AF_INET6)
		claim |= XTCP_CLAIM_V6SOCK;
	if (ipv6_only_sock(sk))
		claim |= XTCP_CLAIM_V6ONLY;
	return claim;
}

static void entry_laddr(const struct xtcp_entry *e, struct in6_addr *addr)
{
	if (e->family == AF_INET)
		ipv6_addr_set_v4mapped(e->laddr, addr);
	else
		*addr = xtcp_entry_addr6(e)[0];
}

static struct port_hold *hold_find(struct xtcp_port *port, const struct xtcp_entry *e,
				   u8 claim)
{
	struct port_hold *hold;
	struct in6_addr addr;

	entry_laddr(e, &addr);
	hlist_for_each_entry(hold, &port->holds, node)
		if (hold->claim == claim && hold->dev == e->bound_dev_if &&
		    ipv6_addr_equal(&hold->addr, &addr))
			return hold;
	return NULL;
}

static struct port_hold *hold_new(struct xtcp_port *port, const struct xtcp_entry *e,
				  u8 claim)
{
	struct port_hold *hold = kmem_cache_alloc(hold_cache, GFP_ATOMIC);

	if (!hold)
		return NULL;
	entry_laddr(e, &hold->addr);
	hold->dev = e->bound_dev_if;
	hold->claim = claim;
	hold->count = 0;
	hlist_add_head(&hold->node, &port->holds);
	return hold;
}

/**
 * xtcp_port_keep() - a TIME-WAIT record holds its socket's port on
 * @sk: socket, which holds the port
 * @e: the record's entry, its key set
 * @claim: xtcp_port_claim() of @sk, to be kept by the record
 *
 * The record keeps nothing of it but @claim: holds that are alike are counted.
 *
 * Context: any, under the socket lock.
 * Return: false when memory is short, or @sk holds no port.
 */
bool xtcp_port_keep(struct sock *sk, const struct xtcp_entry *e, u8 claim)
{
	struct port_bucket *b = port_bucket(read_pnet(&e->net), e->lport);
	struct port_hold *hold = NULL;
	struct xtcp_port *port;

	spin_lock_bh(&b->lock);
	port = xtcp_sk(sk)->port.port;
	if (port)
		hold = hold_find(port, e, claim) ?: hold_new(port, e, claim);
	if (hold)
		hold->count++;
	spin_unlock_bh(&b->lock);
	return hold;
}

/**
 * xtcp_port_drop() - a TIME-WAIT record lets its port go
 * @e: the record's entry, as for xtcp_port_keep()
 * @claim: likewise
 *
 * Context: any.
 */
void xtcp_port_drop(const struct xtcp_entry *e, u8 claim)
{
	const struct net *net = read_pnet(&e->net);
	struct port_bucket *b = port_bucket(net, e->lport);
	struct xtcp_port *port;
	struct port_hold *hold;

	spin_lock_bh(&b->lock);
	port = port_find(b, net, e->lport);
	hold = port ? hold_find(port, e, claim) : NULL;
	if (!WARN_ON_ONCE(!hold) && !--hold->count) {
		hlist_del(&hold->node);
		kmem_cache_free(hold_cache, hold);
		port_check(port);
	}
	spin_unlock_bh(&b->lock);
}

static void sock_key(struct sock *sk, struct xtcp_key *key)
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

/* Put @sk with local port @number into the connection table, if its pair of
 * ends is free; under the port's lock
 */
static int connect_at(struct sock *sk, struct xtcp_key *key, u16 number)
{
	struct xtcp_entry *e = &xtcp_sk(sk)->entry;
	int err;

	key->lport = number;
	xtcp_entry_set_key(e, key);
	err = xtcp_conn_insert(e, key);
	if (!err)
		sock_prot_inuse_add(key->net, sk->sk_prot, 1);
	return err;
}

/* Try one ephemeral port for connect(): 0, -EADDRNOTAVAIL or -ENOMEM */
static int port_connect_try(struct sock *sk, struct xtcp_key *key, u16 number)
{
	struct port_bucket *b = port_bucket(key->net, number);
	struct xtcp_port *port;
	bool fresh = false;
	int err;

	spin_lock_bh(&b->lock);
	port = port_find(b, key->net, number);
	err = -EADDRNOTAVAIL;
	if (port && !port->connected)
		goto out;
	if (!port) {
		err = -ENOMEM;
		port = port_new(b, key->net, number);
		if (!port)
			goto out;
		port->connected = true;
		fresh = true;
	}
	err = connect_at(sk, key, number);
	if (!err) {
		port_own(port, &xtcp_sk(sk)->port);
	} else if (fresh) {
		hlist_del(&port->node);
		kmem_cache_free(port_cache, port);
	}
out:
	spin_unlock_bh(&b->lock);
	return err;
}

/**
 * xtcp_port_connect() - give a connecting socket its port and its table entry
 * @sk: socket with both addresses and the remote port set
 *
 * Without a port of its own it gets one from the ephemeral range. The search
 * starts at a keyed hash of the destination plus a counter (RFC 6056, algorithm
 * 3), so that ports are hard to guess and seldom tried twice; a port serves many
 * destinations.
 *
 * Context: process, under the socket lock.
 * Return: 0 with the socket hashed, -EADDRNOTAVAIL or -ENOMEM.
 */
int xtcp_port_connect(struct sock *sk)
{
	static atomic_t counter;
	unsigned int first, count, start, i;
	struct xtcp_key key;
	int err;

	sock_key(sk, &key);
	if (key.lport)
		return connect_at(sk, &key, key.lport);

	count = port_range(sk, &first);
	start = xtcp_key_hash_secret(&key, XTCP_SALT_PORT) + atomic_inc_return(&counter);
	for (i = 0; i < count; i++) {
		u16 number = first + (start + i) % count;

		if (inet_is_local_reserved_port(key.net, number))
			continue;
		err = port_connect_try(sk, &key, number);
		if (!err) {
			inet_sk(sk)->inet_num = number;
			inet_sk(sk)->inet_sport = htons(number);
			return 0;
		}
		if (err == -ENOMEM)
			return err;
	}
	return -EADDRNOTAVAIL;
}
