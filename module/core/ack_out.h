/* SPDX-License-Identifier: GPL-2.0 */
/* When we send an ACK (RFC 9293 section 3.8.6.3, RFC 5961). */
#ifndef XTCP_CORE_ACK_OUT_H
#define XTCP_CORE_ACK_OUT_H

#include "event.h"
#include "tcb.h"
#include "usec.h"

#define XTCP_DELACK_MIN		(40 * XTCP_US_PER_MS)	/* ours; MUST-40: under 500 ms */
#define XTCP_DELACK_MAX		(200 * XTCP_US_PER_MS)	/* assumed of a peer: tlp.c */
#define XTCP_QUICKACKS		16	/* a young connection sends this many ACKs at once */
#define XTCP_CHALLENGES		10	/* challenge ACKs a second, per connection */

/* Send an ACK at once */
static inline void xtcp_ack_now(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	t->ack_now = true;
	act->todo |= XTCP_ACT_OUTPUT;
}

void xtcp_ack_schedule(struct xtcp_tcb *t, u64 now, bool filled, struct xtcp_actions *act);
void xtcp_ack_loss(struct xtcp_tcb *t, struct xtcp_actions *act);
void xtcp_ack_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);
void xtcp_ack_sent(struct xtcp_tcb *t, u64 now, const struct xtcp_out *out);
void xtcp_challenge(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);

#endif /* XTCP_CORE_ACK_OUT_H */
