/* SPDX-License-Identifier: GPL-2.0 */
/* The tail loss probe (RFC 8985 section 7). */
#ifndef XTCP_CORE_TLP_H
#define XTCP_CORE_TLP_H

#include "arrival.h"
#include "event.h"
#include "tcb.h"

void xtcp_tlp_arm(struct xtcp_tcb *t, u64 now);
void xtcp_tlp_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);
void xtcp_tlp_sent(struct xtcp_tcb *t, bool again);
void xtcp_tlp_acked(struct xtcp_tcb *t, const struct xtcp_arrival *a);

#endif /* XTCP_CORE_TLP_H */
