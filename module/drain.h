/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parameter "drain": no orphans any more.
 */
#ifndef XTCP_DRAIN_H
#define XTCP_DRAIN_H

#include <linux/types.h>

bool xtcp_draining(void);

/* main.c */
int xtcp_drain_init(void);
void xtcp_drain_exit(void);

#endif /* XTCP_DRAIN_H */
