/* SPDX-License-Identifier: GPL-2.0 */
/* When to give up: R1, R2 and the user timeout (RFC 9293 section 3.8.3). */
#ifndef XTCP_CORE_GIVEUP_H
#define XTCP_CORE_GIVEUP_H

#include "event.h"
#include "tcb.h"

u64 xtcp_patient(const struct xtcp_tcb *t, u64 when);
bool xtcp_retries_exhausted(const struct xtcp_tcb *t, u32 tries, u64 now);
void xtcp_time_out(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);
void xtcp_count_retry(struct xtcp_tcb *t, struct xtcp_actions *act);

#endif /* XTCP_CORE_GIVEUP_H */
