/* SPDX-License-Identifier: GPL-2.0 */
/* The retransmission timer (RFC 6298 section 5). */
#ifndef XTCP_CORE_RTX_H
#define XTCP_CORE_RTX_H

#include "event.h"
#include "tcb.h"

void xtcp_rtx_restart(struct xtcp_tcb *t, u64 now);
void xtcp_rtx_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);

#endif /* XTCP_CORE_RTX_H */
