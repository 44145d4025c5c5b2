/* SPDX-License-Identifier: GPL-2.0 */
/* SEGMENT ARRIVES (RFC 9293 section 3.10.7). */
#ifndef XTCP_CORE_SEGMENT_H
#define XTCP_CORE_SEGMENT_H

#include "event.h"
#include "tcb.h"

void xtcp_segment(struct xtcp_tcb *t, const struct xtcp_event *ev,
		  struct xtcp_actions *act);

#endif /* XTCP_CORE_SEGMENT_H */
