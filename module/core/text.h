/* SPDX-License-Identifier: GPL-2.0 */
/* What a segment carries: urgent pointer, text and FIN. */
#ifndef XTCP_CORE_TEXT_H
#define XTCP_CORE_TEXT_H

#include "event.h"
#include "tcb.h"

void xtcp_check_urg(struct xtcp_tcb *t, const struct xtcp_seg *seg, struct xtcp_actions *act);
void xtcp_take_in_order(struct xtcp_tcb *t, const struct xtcp_event *ev,
			struct xtcp_actions *act);
void xtcp_take_text(struct xtcp_tcb *t, const struct xtcp_event *ev, struct xtcp_actions *act);

#endif /* XTCP_CORE_TEXT_H */
