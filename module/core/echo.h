/* SPDX-License-Identifier: GPL-2.0 */
/* The client's half of the echo cookie: docs/protocol.md. */
#ifndef XTCP_CORE_ECHO_H
#define XTCP_CORE_ECHO_H

#include "event.h"
#include "tcb.h"

void xtcp_echo_offer(const struct xtcp_tcb *t, struct xtcp_opts *opts);
void xtcp_echo_begin(struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now);
void xtcp_echo_add(const struct xtcp_tcb *t, struct xtcp_opts *opts);
void xtcp_echo_confirmed(struct xtcp_tcb *t);
void xtcp_echo_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);

#endif /* XTCP_CORE_ECHO_H */
