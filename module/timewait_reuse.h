/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When connect() may replace a connection in TIME-WAIT.
 */
#ifndef XTCP_TIMEWAIT_REUSE_H
#define XTCP_TIMEWAIT_REUSE_H

#include <linux/types.h>

struct xtcp_entry;
struct xtcp_key;
struct xtcp_timewait;

bool xtcp_timewait_gives_way(struct xtcp_entry *e, const struct xtcp_key *key, bool named);
int xtcp_timewait_supersede(struct xtcp_entry *e, const struct xtcp_key *key, bool named,
			    struct xtcp_timewait **tw);

#endif /* XTCP_TIMEWAIT_REUSE_H */
