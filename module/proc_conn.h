/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/net/xtcp and /proc/net/xtcp6.
 */
#ifndef XTCP_PROC_CONN_H
#define XTCP_PROC_CONN_H

struct net;

int xtcp_proc_conn_init(struct net *net);
void xtcp_proc_conn_exit(struct net *net);

#endif /* XTCP_PROC_CONN_H */
