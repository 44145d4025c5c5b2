/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/net/xtcp_listen.
 */
#ifndef XTCP_PROC_LISTEN_H
#define XTCP_PROC_LISTEN_H

struct net;

int xtcp_queues_init(struct net *net);
void xtcp_queues_exit(struct net *net);

#endif /* XTCP_PROC_LISTEN_H */
