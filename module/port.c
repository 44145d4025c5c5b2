// SPDX-License-Identifier: GPL-2.0
/*
 * Local ports. See port.h for structure and locks.
 */
#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <net/inet_hashtables.h>
#include <net/ipv6.h>
#include <net/sock_reuseport.h>
#include <net/transp_v6.h>
#include "conn.h"
#include "net.h"
#include "port.h"
#include "port_hold.h"
#include "sock.h"
#include "timewait.h"
#include "timewait_reuse.h"

#define PORT_LOCKS	256
#define PAGE_BYTES	(XTCP_PORT_PAGE_SLOTS * sizeof(u64))

static spinlock_t port_locks[PORT_LOCKS];
static struct kmem_cache *port_cache __read_mostly;
static siphash_aligned_key_t digest_secret __read_mostly;

/**
 * xtcp_port_init() - set up what all namespaces share: locks, slab, secret
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int xtcp_port_init(void)
{
	unsigned int i;

	for (i = 0; i < PORT_LOCKS; i++)
		spin_lock_init(&port_locks[i]);
	get_random_bytes(&digest_secret, sizeof(digest_secret));
	port_cache = KMEM_CACHE(xtcp_port, SLAB_ACCOUNT);
	return port_cache ? 0 : -ENOMEM;
}

/**
 * xtcp_port_exit() - undo xtcp_port_init(); no port is held
 *
 * Context: module unload.
 */
void xtcp_port_exit(void)
{
	kmem_cache_destroy(port_cache);
}

/**
 * xtcp_port_net_exit() - free a namespace's pages
 * @net: namespace, without sockets and TIME-WAIT entries by now
 *
 * Context: process.
 */
void xtcp_port_net_exit(struct net *net)
{
	struct xtcp_ports *ports = &xtcp_net(net)->ports;
	unsigned int i;

	for (i = 0; i < XTCP_PORT_PAGES; i++) {
		if (!ports->page[i])
			continue;
		WARN_ON_ONCE(memchr_inv(ports->page[i], 0, PAGE_BYTES));
		kfree(ports->page[i]);
	}
}

static spinlock_t *port_lock(const struct net *net, u16 number)
{
	return &port_locks[(net_hash_mix(net) + number) % PORT_LOCKS];
}

/* The slot of a port; NULL when its page does not exist yet */
static u64 *port_slot(const struct net *net, u16 number)
{
	struct xtcp_ports *ports = &xtcp_net(net)->ports;
	u64 *page = READ_ONCE(ports->page[number / XTCP_PORT_PAGE_SLOTS]);

	return page ? &page[number % XTCP_PORT_PAGE_SLOTS] : NULL;
}

static int page_make(struct net *net, u16 number)
{
	struct xtcp_ports *ports = &xtcp_net(net)->ports;
	u64 *page = kzalloc(PAGE_BYTES, GFP_KERNEL_ACCOUNT);

	if (!page)
		return -ENOMEM;
	if (cmpxchg(&ports->page[number / XTCP_PORT_PAGE_SLOTS], NULL, page))
		kfree(page);		/* another CPU was faster */
	return 0;
}

/**
 * xtcp_port_prepare() - allocate the memory that taking a port may need
 * @net: namespace
 * @number: port, host order
 * @spare: if *@spare is NULL, a struct xtcp_port is allocated for it. The call that takes
 *	the port sets it to NULL if it has used it
 *
 * Context: process; sleeps.
 * Return: 0 or -ENOMEM.
 */
int xtcp_port_prepare(struct net *net, u16 number, struct xtcp_port **spare)
{
	if (!*spare)
		*spare = kmem_cache_alloc(port_cache, GFP_KERNEL);
	if (!*spare)
		return -ENOMEM;
	return port_slot(net, number) ? 0 : page_make(net, number);
}

/**
 * xtcp_port_spare_free() - free a spare that was not used
 * @spare: from xtcp_port_prepare(), or NULL
 *
 * Context: any.
 */
void xtcp_port_spare_free(struct xtcp_port *spare)
{
	if (spare)
		kmem_cache_free(port_cache, spare);
}

/**
 * xtcp_port_peek() - read a port's slot
 * @net: namespace
 * @number: port, host order
 *
 * Context: any; takes no lock, so the value may be out of date.
 * Return: 0 when the port is free; XTCP_SLOT_BOUND is set when connect() cannot use it.
 */
u64 xtcp_port_peek(const struct net *net, u16 number)
{
	const u64 *slot = port_slot(net, number);

	return slot ? READ_ONCE(*slot) : 0;
}

static struct xtcp_port *slot_port(u64 slot)
{
	if (slot & XTCP_SLOT_INLINE)
		return NULL;
	return (struct xtcp_port *)(uintptr_t)(slot & ~XTCP_SLOT_BOUND);
}

static void slot_set_port(u64 *slot, struct xtcp_port *port)
{
	WRITE_ONCE(*slot, (uintptr_t)port | (port->bound ? XTCP_SLOT_BOUND : 0));
}

/* A holder has released the port. Pack the remaining holds into the slot, and free the port,
 * if they fit
 */
static void slot_settle(u64 *slot, struct xtcp_port *port)
{
	u64 packed;

	if (hlist_empty(&port->owners) && xtcp_port_hold_pack(port, &packed)) {
		WRITE_ONCE(*slot, packed);
		kmem_cache_free(port_cache, port);
	} else {
		slot_set_port(slot, port);
	}
}

/* Owners: the sockets that hold a port. Under the port's lock */

static void port_start(struct xtcp_port *port, u16 number, u64 slot)
{
	INIT_HLIST_HEAD(&port->owners);
	port->number = number;
	memset(&port->first, 0, sizeof(port->first));
	port->bound = 0;
	if (slot & XTCP_SLOT_INLINE) {
		xtcp_hold_unpack(&port->first.hold, slot);
		port->bound = port->first.hold.how & XTCP_CLAIM_BOUND;
	}
}

static void port_own(u64 *slot, struct xtcp_port *port, struct xtcp_port_owner *owner,
		     bool bound)
{
	if (!owner->port) {
		WRITE_ONCE(owner->port, port);	/* see xtcp_port_share() */
		owner->bound = false;
		hlist_add_head(&owner->node, &port->owners);
	}
	if (bound && !owner->bound) {
		owner->bound = true;
		port->bound++;
	}
	slot_set_port(slot, port);
}

static void port_take(struct sock *sk, u64 *slot, u16 number, bool bound,
		      struct xtcp_port **spare)
{
	struct xtcp_port_owner *owner = &xtcp_sk(sk)->port;
	struct xtcp_port *port = slot_port(*slot);

	lockdep_assert_held(port_lock(sock_net(sk), number));
	if (!port) {
		port = *spare;
		*spare = NULL;
		port_start(port, number, *slot);
	}
	if (!owner->port)
		owner->domain = inet_sk_bound_l3mdev(sk);
	port_own(slot, port, owner, bound);
}

/* Claims */

static u32 addr6_digest(const struct in6_addr *addr)
{
	return siphash(addr, sizeof(*addr), &digest_secret);
}

static void claim_addr(struct xtcp_claim *c, const struct sock *sk)
{
	if (sk->sk_family == AF_INET || ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr)) {
		c->addr = (__force u32)inet_sk(sk)->inet_rcv_saddr;
		if (!c->addr)
			c->how |= XTCP_CLAIM_ANY;
		return;
	}
	memcpy(c->addr6, &sk->sk_v6_rcv_saddr, sizeof(c->addr6));
	c->how |= XTCP_CLAIM_V6;
	if (ipv6_addr_any(&sk->sk_v6_rcv_saddr))
		c->how |= XTCP_CLAIM_ANY;
}

static u8 claim_options(const struct sock *sk)
{
	u8 how = 0;

	if (sk->sk_reuse)
		how |= XTCP_CLAIM_REUSE;
	if (sk->sk_reuseport)
		how |= XTCP_CLAIM_REUSEPORT;
	if (sk->sk_family == AF_INET6)
		how |= XTCP_CLAIM_V6SOCK;
	if (ipv6_only_sock(sk))
		how |= XTCP_CLAIM_V6ONLY;
	return how;
}

static void claim_of_sock(struct xtcp_claim *c, const struct sock *sk)
{
	c->how = claim_options(sk);
	c->listening = inet_sk_state_load(sk) == TCP_LISTEN;
	c->timewait = false;
	c->dev = READ_ONCE(sk->sk_bound_dev_if);
	c->domain = xtcp_sk(sk)->port.domain;
	c->uid = __kuid_val(xtcp_compat_uid(sk));
	claim_addr(c, sk);
}

/* The claim of a socket that asks for a port. A socket that already has its own reuse port
 * group, by SO_ATTACH_REUSEPORT_CBPF, cannot join another
 */
static void claim_mine(struct xtcp_claim *c, const struct sock *sk)
{
	claim_of_sock(c, sk);
	if (!xtcp_sk(sk)->port.port)
		c->domain = inet_sk_bound_l3mdev(sk);
	if (c->how & XTCP_CLAIM_V6)
		c->addr = addr6_digest(&sk->sk_v6_rcv_saddr);
	if (rcu_access_pointer(sk->sk_reuseport_cb))
		c->how &= ~XTCP_CLAIM_REUSEPORT;
}

/* The VRF of TIME-WAIT entries, found as inet_sk_bound_l3mdev() does for sockets. A hold of
 * every address is in all VRFs
 */
static int hold_domain(const struct xtcp_hold *hold, struct net *net,
		       const struct xtcp_claim *mine)
{
	if (hold->how & XTCP_CLAIM_ANY)
		return mine->domain;
	if (!hold->dev || READ_ONCE(net->ipv4.sysctl_tcp_l3mdev_accept))
		return 0;
	return l3mdev_master_ifindex_by_index(net, hold->dev);
}

static bool hold_conflicts(const struct xtcp_hold *hold, struct net *net,
			   const struct xtcp_claim *mine, enum xtcp_bind_mode mode)
{
	struct xtcp_claim other = {
		.how = hold->how,
		.timewait = true,
		.addr = hold->addr,
		.dev = hold->dev,
		.domain = hold_domain(hold, net, mine),
	};

	return hold->count && xtcp_claims_conflict(mine, &other, mode);
}

static bool port_conflicts(struct xtcp_port *port, const struct sock *sk,
			   const struct xtcp_claim *mine, enum xtcp_bind_mode mode)
{
	struct xtcp_port_owner *owner;
	struct xtcp_port_hold *h;
	struct xtcp_claim other;

	lockdep_assert_held(port_lock(sock_net(sk), port->number));
	hlist_for_each_entry(owner, &port->owners, node) {
		if (owner == &xtcp_sk(sk)->port)
			continue;
		claim_of_sock(&other, (struct sock *)container_of(owner, struct xtcp_sock,
								  port));
		if (xtcp_claims_conflict(mine, &other, mode))
			return true;
	}
	for (h = &port->first; h; h = h->next)
		if (hold_conflicts(&h->hold, sock_net(sk), mine, mode))
			return true;
	return false;
}

static bool slot_conflicts(u64 slot, const struct sock *sk, enum xtcp_bind_mode mode)
{
	struct xtcp_claim mine;
	struct xtcp_hold hold;

	if (!slot)
		return false;
	claim_mine(&mine, sk);
	if (!(slot & XTCP_SLOT_INLINE))
		return port_conflicts(slot_port(slot), sk, &mine, mode);
	xtcp_hold_unpack(&hold, slot);
	return hold_conflicts(&hold, sock_net(sk), &mine, mode);
}

/**
 * xtcp_port_bind() - take a port for bind() or listen(), unless there is a conflict
 * @sk: socket, its local address set
 * @number: port, host order
 * @mode: what may be shared
 * @spare: from xtcp_port_prepare()
 *
 * If the socket has this port already, this only checks whether it still may.
 *
 * Context: process, under the socket lock.
 * Return: 0 or -EADDRINUSE.
 */
int xtcp_port_bind(struct sock *sk, u16 number, enum xtcp_bind_mode mode,
		   struct xtcp_port **spare)
{
	struct net *net = sock_net(sk);
	spinlock_t *lock = port_lock(net, number);
	u64 *slot = port_slot(net, number);
	int err = -EADDRINUSE;

	sock_owned_by_me(sk);
	spin_lock_bh(lock);
	if (!slot_conflicts(*slot, sk, mode)) {
		port_take(sk, slot, number, true, spare);
		inet_sk(sk)->inet_num = number;
		err = 0;
	}
	spin_unlock_bh(lock);
	return err;
}

/**
 * xtcp_port_join() - take a port for connect(), and insert the socket into the table
 * @sk: socket, its connection table entry not hashed
 * @key: its connection, with the port
 * @spare: from xtcp_port_prepare()
 * @tw: result: the TIME-WAIT entry that the socket has replaced, for the caller to end;
 *	not set when there was none
 *
 * Sockets may share a port that connect() has chosen, as long as no two connections have
 * both ends in common.
 *
 * Context: process, under the socket lock.
 * Return: 0, or -EADDRNOTAVAIL.
 */
int xtcp_port_join(struct sock *sk, struct xtcp_key *key, struct xtcp_port **spare,
		   struct xtcp_timewait **tw)
{
	spinlock_t *lock = port_lock(key->net, key->lport);
	u64 *slot = port_slot(key->net, key->lport);
	struct xtcp_entry *e = &xtcp_sk(sk)->entry;
	int err = -EADDRNOTAVAIL;

	sock_owned_by_me(sk);
	xtcp_entry_set_key(e, key);
	spin_lock_bh(lock);
	if (!(*slot & XTCP_SLOT_BOUND))
		err = xtcp_timewait_supersede(e, key, false, tw);
	if (!err)
		port_take(sk, slot, key->lport, false, spare);
	spin_unlock_bh(lock);
	return err;
}

/**
 * xtcp_put_port() - proto.put_port: release the socket's port
 * @sk: socket
 *
 * Context: any, under the socket lock, or no one else has access to the socket.
 */
void xtcp_put_port(struct sock *sk)
{
	struct xtcp_port_owner *owner = &xtcp_sk(sk)->port;
	struct xtcp_port *port = owner->port;
	struct net *net = sock_net(sk);
	spinlock_t *lock;	/* guards the port */

	inet_sk(sk)->inet_num = 0;
	if (!port)
		return;
	lock = port_lock(net, port->number);
	spin_lock_bh(lock);
	hlist_del(&owner->node);
	WRITE_ONCE(owner->port, NULL);
	port->bound -= owner->bound;
	slot_settle(port_slot(net, port->number), port);
	spin_unlock_bh(lock);
}

/**
 * xtcp_port_share() - let a child hold its listener's port, too
 * @listener: listener, not locked; it may be releasing its port
 * @child: child that holds no port yet, its local port set
 *
 * @listener may have another port by now, which another lock guards. So its port pointer is
 * only compared with the one in our slot, and dereferenced only if they are equal.
 *
 * Context: any.
 * Return: false when @listener has released the port.
 */
bool xtcp_port_share(struct sock *listener, struct sock *child)
{
	u16 number = inet_sk(child)->inet_num;
	struct net *net = sock_net(child);
	spinlock_t *lock = port_lock(net, number);
	u64 *slot = port_slot(net, number);
	struct xtcp_port *port;
	bool holds;

	spin_lock_bh(lock);
	port = slot_port(*slot);
	holds = port && READ_ONCE(xtcp_sk(listener)->port.port) == port;
	if (holds) {
		xtcp_sk(child)->port.domain = xtcp_sk(listener)->port.domain;
		port_own(slot, port, &xtcp_sk(child)->port, true);
	}
	spin_unlock_bh(lock);
	return holds;
}

/**
 * xtcp_port_claim() - how a socket holds its port, for its TIME-WAIT entry
 * @sk: socket
 *
 * Context: under the socket lock.
 * Return: XTCP_CLAIM_* bits.
 */
u8 xtcp_port_claim(const struct sock *sk)
{
	sock_owned_by_me(sk);
	return claim_options(sk) | (xtcp_sk(sk)->port.bound ? XTCP_CLAIM_BOUND : 0);
}

static void hold_of_entry(struct xtcp_hold *want, const struct xtcp_entry *e, u8 claim)
{
	want->dev = e->bound_dev_if;
	want->how = claim & ~XTCP_CLAIM_V6SOCK;
	want->addr = (__force u32)e->laddr;
	if (e->family == AF_INET6) {
		want->how |= XTCP_CLAIM_V6;
		want->addr = addr6_digest(&xtcp_entry_addr6(e)[0]);
	}
}

/**
 * xtcp_port_keep() - let a TIME-WAIT entry hold its socket's port
 * @sk: socket
 * @e: the TIME-WAIT entry, its key set
 * @claim: xtcp_port_claim() of @sk, which the entry stores
 *
 * Context: any, under the socket lock.
 * Return: false when memory is short, or @sk holds no port.
 */
bool xtcp_port_keep(struct sock *sk, const struct xtcp_entry *e, u8 claim)
{
	struct xtcp_port_owner *owner = &xtcp_sk(sk)->port;
	struct net *net = sock_net(sk);
	spinlock_t *lock = port_lock(net, e->lport);
	struct xtcp_hold want;
	bool kept;

	sock_owned_by_me(sk);
	if (!owner->port)
		return false;
	hold_of_entry(&want, e, claim);
	spin_lock_bh(lock);
	kept = xtcp_port_hold_add(owner->port, &want);
	if (kept)
		slot_set_port(port_slot(net, e->lport), owner->port);
	spin_unlock_bh(lock);
	return kept;
}

/* Remove one TIME-WAIT entry from the hold that is packed into a slot */
static void slot_drop(u64 *slot, const struct xtcp_hold *want)
{
	struct xtcp_hold hold;

	xtcp_hold_unpack(&hold, *slot);
	if (WARN_ON_ONCE(!hold.count || (hold.how & ~XTCP_CLAIM_ANY) != want->how))
		return;
	hold.count--;
	WRITE_ONCE(*slot, hold.count ? xtcp_hold_pack(&hold) : 0);
}

/**
 * xtcp_port_drop() - release a TIME-WAIT entry's port
 * @e: the TIME-WAIT entry
 * @claim: as for xtcp_port_keep()
 *
 * Context: any.
 */
void xtcp_port_drop(const struct xtcp_entry *e, u8 claim)
{
	const struct net *net = read_pnet(&e->net);
	spinlock_t *lock = port_lock(net, e->lport);
	u64 *slot = port_slot(net, e->lport);
	struct xtcp_port *port;
	struct xtcp_hold want;

	hold_of_entry(&want, e, claim);
	spin_lock_bh(lock);
	port = slot_port(*slot);
	if (!port) {
		slot_drop(slot, &want);
	} else {
		xtcp_port_hold_remove(port, &want);
		slot_settle(slot, port);
	}
	spin_unlock_bh(lock);
}

static void set_saddr(struct sock *sk, const struct in6_addr *saddr)
{
	struct inet_sock *inet = inet_sk(sk);

	inet->inet_saddr = LOOPBACK4_IPV6;
	if (ipv6_addr_v4mapped(saddr))
		inet->inet_saddr = saddr->s6_addr32[3];
	else if (ipv6_addr_any(saddr))
		inet->inet_saddr = 0;
	inet->inet_rcv_saddr = inet->inet_saddr;
	if (sk->sk_family == AF_INET6)
		inet6_sk(sk)->saddr = *saddr;
	sk->sk_v6_rcv_saddr = *saddr;
}

/**
 * xtcp_port_set_saddr() - change a socket's local address
 * @sk: socket, with a port or without
 * @saddr: address, v4-mapped for IPv4; the unspecified IPv6 address: none
 *
 * The address is part of the socket's claim on its port. It changes under the port's lock,
 * so other sockets' bind() never reads half of a change.
 *
 * Context: process, under the socket lock.
 */
void xtcp_port_set_saddr(struct sock *sk, const struct in6_addr *saddr)
{
	const struct xtcp_port *port = xtcp_sk(sk)->port.port;
	spinlock_t *lock;	/* guards the port */

	sock_owned_by_me(sk);
	if (!port) {
		set_saddr(sk, saddr);
		return;
	}
	lock = port_lock(sock_net(sk), port->number);
	spin_lock_bh(lock);
	set_saddr(sk, saddr);
	spin_unlock_bh(lock);
}
