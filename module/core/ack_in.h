/* SPDX-License-Identifier: GPL-2.0 */
/* An ACK arrives (RFC 9293 section 3.10.7.4, fifth). */
#ifndef XTCP_CORE_ACK_IN_H
#define XTCP_CORE_ACK_IN_H

#include "event.h"
#include "tcb.h"

void xtcp_ack(struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now,
	      struct xtcp_actions *act);

#endif /* XTCP_CORE_ACK_IN_H */
