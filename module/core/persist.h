/* SPDX-License-Identifier: GPL-2.0 */
/* The persist timer (RFC 9293 sections 3.8.6.1 and 3.8.6.2.1). */
#ifndef XTCP_CORE_PERSIST_H
#define XTCP_CORE_PERSIST_H

#include "event.h"
#include "tcb.h"

void xtcp_persist_arm(struct xtcp_tcb *t, u64 now);
void xtcp_persist_restart(struct xtcp_tcb *t, u64 now);
void xtcp_persist_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);

#endif /* XTCP_CORE_PERSIST_H */
