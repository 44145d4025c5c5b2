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
struct xtcp_timewait_record;

/**
 * struct xtcp_port - a local port in use
 * @node: in its bucket
 * @owners: who holds it, by xtcp_port_owner.node
 * @net: namespace
 * @number: port, host order
 * @connected: only connect() has given it out: others may share it, as long as
 *	no two connections have both ends in common
 */
struct xtcp_port {
	struct hlist_node node;
	struct hlist_head owners;
	possible_net_t net;
	u16 number;
	bool connected;
};

/**
 * struct xtcp_port_owner - a hold on a port
 * @node: in xtcp_port.owners
 * @port: the port; NULL when none is held
 * @timewait: the owner is a TIME-WAIT record, not a socket
 */
struct xtcp_port_owner {
	struct hlist_node node;
	struct xtcp_port *port;
	bool timewait;
};

int xtcp_port_init(void);
void xtcp_port_exit(void);
int xtcp_get_port(struct sock *sk, unsigned short number);
void xtcp_put_port(struct sock *sk);
int xtcp_port_connect(struct sock *sk);
bool xtcp_port_share(const struct net *net, u16 number,
		     const struct xtcp_port_owner *from, struct xtcp_port_owner *to);
void xtcp_port_release(struct xtcp_port_owner *owner);

#endif /* XTCP_PORT_H */
