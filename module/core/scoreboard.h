/* SPDX-License-Identifier: GPL-2.0 */
/* The scoreboard: what is lost, and what the peer has received out of order (RFC 6675). */
#ifndef XTCP_CORE_SCOREBOARD_H
#define XTCP_CORE_SCOREBOARD_H

#include "arrival.h"
#include "tcb.h"

void xtcp_mark_lost(struct xtcp_tcb *t, struct xtcp_rec *rec);
void xtcp_unmark_lost(struct xtcp_tcb *t, struct xtcp_rec *rec);
void xtcp_mark_all_lost(struct xtcp_tcb *t);
void xtcp_mark_first_lost(struct xtcp_tcb *t);
void xtcp_mark_oversized(struct xtcp_tcb *t);
bool xtcp_scoreboard_is_dsack(const struct xtcp_seg *seg);
void xtcp_scoreboard_take(struct xtcp_tcb *t, struct xtcp_arrival *a);
void xtcp_scoreboard_forget(struct xtcp_tcb *t, u32 una);
void xtcp_scoreboard_clear(struct xtcp_tcb *t);
void xtcp_unmark_sacked(struct xtcp_tcb *t, struct xtcp_rec *rec);

#endif /* XTCP_CORE_SCOREBOARD_H */
