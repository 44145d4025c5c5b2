/* SPDX-License-Identifier: GPL-2.0 */
/* The congestion window (RFC 5681, RFC 6582, RFC 6928). */
#ifndef XTCP_CORE_CC_H
#define XTCP_CORE_CC_H

#include "tcb.h"

#define XTCP_DUPACKS	3	/* RFC 5681 section 3.2 */

void xtcp_cc_init(struct xtcp_tcb *t);
void xtcp_cc_acked(struct xtcp_tcb *t, u32 acked);
void xtcp_cc_idle(struct xtcp_tcb *t, u64 now);
void xtcp_cc_timeout(struct xtcp_tcb *t);
void xtcp_cc_recovery_enter(struct xtcp_tcb *t);
void xtcp_cc_recovery_partial(struct xtcp_tcb *t, u32 acked);
void xtcp_cc_recovery_leave(struct xtcp_tcb *t);
void xtcp_cc_again(struct xtcp_tcb *t);
void xtcp_cc_repaired(struct xtcp_tcb *t);
void xtcp_cc_timeout_was_right(struct xtcp_tcb *t);
void xtcp_cc_undo(struct xtcp_tcb *t);

#endif /* XTCP_CORE_CC_H */
