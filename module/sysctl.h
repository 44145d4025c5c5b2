/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/sys/net/xtcp, and the module parameters of the same names.
 */
#ifndef XTCP_SYSCTL_H
#define XTCP_SYSCTL_H

struct net;

int xtcp_sysctl_init(struct net *net);
void xtcp_sysctl_exit(struct net *net);

#endif /* XTCP_SYSCTL_H */
