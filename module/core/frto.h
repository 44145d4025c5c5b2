/* SPDX-License-Identifier: GPL-2.0 */
/* F-RTO: detection of spurious retransmission timeouts (RFC 5682). */
#ifndef XTCP_CORE_FRTO_H
#define XTCP_CORE_FRTO_H

#include "arrival.h"
#include "tcb.h"

void xtcp_frto_begin(struct xtcp_tcb *t);
void xtcp_frto_acked(struct xtcp_tcb *t, const struct xtcp_arrival *a, bool moved, bool dup);

#endif /* XTCP_CORE_FRTO_H */
