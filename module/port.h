/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Local ports and their holders. docs/ports.md has the details.
 *
 *   namespace --> page --> slot --> struct xtcp_port --> owner --> owner (sockets)
 *		   of 512	   `--> first hold --> hold (TIME-WAIT entries)
 *			    or  a hold, packed into the slot
 *			    or  0
 *
 * A namespace has an array of slots, one for each port. The array is split into pages: a page
 * is allocated when one of its ports is first asked for, and freed at the namespace's exit.
 *
 * A hold counts the TIME-WAIT entries that hold a port in the same way. So an entry stores no
 * more about its port than a byte of flags, and a port that only TIME-WAIT entries hold needs
 * no memory beside its slot.
 *
 * Locks: one of 256 spinlocks, picked by namespace and port, guards a slot and all that it
 * points to. It is taken with softirqs off, inside the socket lock and outside the connection
 * table's locks. Slots are read without it where a stale value does no harm. A socket's local
 * address, which is part of its claim on its port, is changed under the port's lock, too.
 */
#ifndef XTCP_PORT_H
#define XTCP_PORT_H

#include <linux/in6.h>
#include <linux/list.h>
#include "core/claim.h"

struct net;
struct sock;
struct xtcp_entry;
struct xtcp_key;
struct xtcp_timewait;

#define XTCP_PORT_PAGE_SLOTS	512
#define XTCP_PORT_PAGES		(65536 / XTCP_PORT_PAGE_SLOTS)

/**
 * struct xtcp_ports - the ports of a namespace
 * @page: pages of slots, by port / XTCP_PORT_PAGE_SLOTS; NULL until one of its ports is
 *	asked for. A page stays until the namespace's exit
 */
struct xtcp_ports {
	u64 *page[XTCP_PORT_PAGES];
};

/**
 * struct xtcp_port_hold - a hold that is not packed into the slot
 * @hold: what is held, and by how many TIME-WAIT entries
 * @next: further holds of the port
 *
 * The hold names a device, and its VRF is looked up on each use: a TIME-WAIT entry that ends
 * must find the hold that counts it, and stores no more than the device.
 */
struct xtcp_port_hold {
	struct xtcp_hold hold;
	struct xtcp_port_hold *next;
};

/**
 * struct xtcp_port - a local port that a socket holds
 * @owners: the sockets that hold it, by xtcp_port_owner.node
 * @bound: how many owners and holds have XTCP_CLAIM_BOUND
 * @number: port, host order
 * @first: the first hold, so that the common case needs no allocation
 *
 * Lives while a socket holds it, or while its holds do not fit into the slot.
 */
struct xtcp_port {
	struct hlist_head owners;
	u32 bound;
	u16 number;
	struct xtcp_port_hold first;
};

/**
 * struct xtcp_port_owner - a socket as the holder of a port
 * @node: in xtcp_port.owners
 * @port: the port; NULL when the socket holds none
 * @domain: see struct xtcp_claim; as it was when the port was taken
 * @bound: taken by bind() or listen(), or by a child of such a socket
 */
struct xtcp_port_owner {
	struct hlist_node node;
	struct xtcp_port *port;
	int domain;
	bool bound;
};

int xtcp_port_init(void);
void xtcp_port_exit(void);
void xtcp_port_net_exit(struct net *net);
int xtcp_port_prepare(struct net *net, u16 number, struct xtcp_port **spare);
void xtcp_port_spare_free(struct xtcp_port *spare);
u64 xtcp_port_peek(const struct net *net, u16 number);
int xtcp_port_bind(struct sock *sk, u16 number, enum xtcp_bind_mode mode,
		   struct xtcp_port **spare);
int xtcp_port_join(struct sock *sk, struct xtcp_key *key, struct xtcp_port **spare,
		   struct xtcp_timewait **tw);
void xtcp_put_port(struct sock *sk);
bool xtcp_port_share(struct sock *listener, struct sock *child);
u8 xtcp_port_claim(const struct sock *sk);
bool xtcp_port_keep(struct sock *sk, const struct xtcp_entry *e, u8 claim);
void xtcp_port_drop(const struct xtcp_entry *e, u8 claim);
void xtcp_port_set_saddr(struct sock *sk, const struct in6_addr *saddr);

#endif /* XTCP_PORT_H */
