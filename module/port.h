/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Local ports: who holds which.
 *
 * A port that anybody holds has one struct xtcp_port, in a hash over (netns,
 * port); the owners, sockets and TIME-WAIT records, hang on it. All of it is
 * guarded by the bucket's lock, which is taken with softirqs off, inside of the
 * socket lock and outside of the connection table's lock.
 */
#ifndef XTCP_PORT_H
#define XTCP_PORT_H

#include <linux/list.h>
#include <net/net_namespace.h>

struct sock;
struct xtcp_entry;

/* What a TIME-WAIT record says of its hold on a port, beside its addresses */
#define XTCP_CLAIM_REUSE	0x01	/* SO_REUSEADDR was set */
#define XTCP_CLAIM_REUSEPORT	0x02	/* SO_REUSEPORT was set */
#define XTCP_CLAIM_V6SOCK	0x04	/* it was an AF_INET6 socket */
#define XTCP_CLAIM_V6ONLY	0x08	/* IPV6_V6ONLY was set */
#define XTCP_CLAIM_CONNECT	0x10	/* connect() gave the port out, not bind() */

/**
 * struct xtcp_port - a local port in use
 * @node: in its bucket
 * @owners: the sockets that hold it, by xtcp_port_owner.node
 * @holds: what TIME-WAIT records hold of it
 * @net: namespace
 * @number: port, host order
 * @connected: only connect() has given it out: others may share it, as long as
 *	no two connections have both ends in common
 */
struct xtcp_port {
	struct hlist_node node;
	struct hlist_head owners;
	struct hlist_head holds;
	possible_net_t net;
	u16 number;
	bool connected;
};

/**
 * struct xtcp_port_owner - a socket's hold on a port
 * @node: in xtcp_port.owners
 * @port: the port; NULL when none is held
 */
struct xtcp_port_owner {
	struct hlist_node node;
	struct xtcp_port *port;
};

int xtcp_port_init(void);
void xtcp_port_exit(void);
int xtcp_get_port(struct sock *sk, unsigned short number);
void xtcp_put_port(struct sock *sk);
int xtcp_port_connect(struct sock *sk);
bool xtcp_port_share(struct sock *listener, struct sock *child);
u8 xtcp_port_claim(const struct sock *sk);
bool xtcp_port_keep(struct sock *sk, const struct xtcp_entry *e, u8 claim);
void xtcp_port_drop(const struct xtcp_entry *e, u8 claim);

#endif /* XTCP_PORT_H */
