/* SPDX-License-Identifier: GPL-2.0 */
/* The SACK option of our ACKs (RFC 2018, RFC 2883). */
#ifndef XTCP_CORE_SACK_H
#define XTCP_CORE_SACK_H

#include "tcb.h"

/* Does the next ACK have something to report in a SACK option? */
static inline bool xtcp_sack_due(const struct xtcp_tcb *t)
{
	return t->sack_ok && (t->reasm.bytes || t->dsack_due);
}

void xtcp_sack_duplicate(struct xtcp_tcb *t, u32 start, u32 end);
u32 xtcp_sack_len(const struct xtcp_tcb *t);
void xtcp_sack_add(const struct xtcp_tcb *t, struct xtcp_opts *opts);

#endif /* XTCP_CORE_SACK_H */
