/* SPDX-License-Identifier: GPL-2.0 */
/* Keepalive (RFC 9293 section 3.8.4). */
#ifndef XTCP_CORE_KEEPALIVE_H
#define XTCP_CORE_KEEPALIVE_H

#include "event.h"
#include "tcb.h"

void xtcp_keepalive_start(struct xtcp_tcb *t, u64 now);
void xtcp_keepalive_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);

#endif /* XTCP_CORE_KEEPALIVE_H */
