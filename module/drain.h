/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module parameter "drain": end all orphans, and allow no new ones.
 */
#ifndef XTCP_DRAIN_H
#define XTCP_DRAIN_H

#include <linux/types.h>

bool xtcp_draining(void);

/* called by main.c */
int xtcp_drain_init(void);
void xtcp_drain_exit(void);

#endif /* XTCP_DRAIN_H */
