/* SPDX-License-Identifier: GPL-2.0 */
/* Connections whose socket is closed: docs/orphans.md. */
#ifndef XTCP_CORE_ORPHAN_H
#define XTCP_CORE_ORPHAN_H

#include "event.h"
#include "tcb.h"

void xtcp_orphan(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);
void xtcp_orphan_fin_wait_2(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);
void xtcp_orphan_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);

#endif /* XTCP_CORE_ORPHAN_H */
