/* SPDX-License-Identifier: GPL-2.0 */
/* Timeouts (RFC 9293 section 3.10.8). */
#ifndef XTCP_CORE_TIMEOUTS_H
#define XTCP_CORE_TIMEOUTS_H

#include "event.h"
#include "tcb.h"

void xtcp_timeouts(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);

#endif /* XTCP_CORE_TIMEOUTS_H */
