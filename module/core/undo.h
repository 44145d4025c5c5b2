/* SPDX-License-Identifier: GPL-2.0 */
/* Undoing the reaction to a loss that was none (RFC 3522, RFC 4015). */
#ifndef XTCP_CORE_UNDO_H
#define XTCP_CORE_UNDO_H

#include "arrival.h"
#include "tcb.h"

void xtcp_undo(struct xtcp_tcb *t);
void xtcp_undo_prepare(struct xtcp_tcb *t);
void xtcp_undo_retransmitted(struct xtcp_tcb *t, const struct xtcp_rec *rec, u64 now);
void xtcp_undo_acked(struct xtcp_tcb *t, const struct xtcp_arrival *a);

#endif /* XTCP_CORE_UNDO_H */
