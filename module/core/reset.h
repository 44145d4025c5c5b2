/* SPDX-License-Identifier: GPL-2.0 */
/* Which RST is sent, and when. */
#ifndef XTCP_CORE_RESET_H
#define XTCP_CORE_RESET_H

#include "event.h"
#include "tcb.h"

void xtcp_reset_reply(const struct xtcp_seg *seg, struct xtcp_out *out);
bool xtcp_reject(const struct xtcp_seg *seg, struct xtcp_actions *act, enum xtcp_drop why);
bool xtcp_reset_on_text(const struct xtcp_tcb *t, u32 end);
bool xtcp_reset_on_close(u32 unread);
bool xtcp_reset_on_abort(const struct xtcp_tcb *t);
void xtcp_reset_fill(const struct xtcp_tcb *t, u64 now, struct xtcp_out *out);

#endif /* XTCP_CORE_RESET_H */
