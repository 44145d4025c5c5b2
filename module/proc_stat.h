/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/net/xtcp_stat.
 */
#ifndef XTCP_PROC_STAT_H
#define XTCP_PROC_STAT_H

struct net;

int xtcp_proc_stat_init(struct net *net);
void xtcp_proc_stat_exit(struct net *net);

#endif /* XTCP_PROC_STAT_H */
