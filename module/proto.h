/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Registration with the socket layer and IP: called by main.c.
 */
#ifndef XTCP_PROTO_H
#define XTCP_PROTO_H

extern long xtcp_mem[3];	/* memory limits for all sockets together, pages */

int xtcp_proto_register(void);
void xtcp_proto_unregister(void);
int xtcp_proto_add(void);
void xtcp_proto_del(void);

#endif /* XTCP_PROTO_H */
