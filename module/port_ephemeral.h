/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ephemeral ports: which port a socket gets that asks for any.
 */
#ifndef XTCP_PORT_EPHEMERAL_H
#define XTCP_PORT_EPHEMERAL_H

struct sock;
struct xtcp_timewait;

int xtcp_port_ephemeral_init(void);
void xtcp_port_ephemeral_exit(void);
int xtcp_get_port(struct sock *sk, unsigned short number);
int xtcp_port_connect(struct sock *sk, struct xtcp_timewait **tw);

#endif /* XTCP_PORT_EPHEMERAL_H */
