/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/net/xtcp_listen.
 */
#ifndef XTCP_PROC_LISTEN_H
#define XTCP_PROC_LISTEN_H

struct net;

int xtcp_proc_listen_init(struct net *net);
void xtcp_proc_listen_exit(struct net *net);

#endif /* XTCP_PROC_LISTEN_H */
