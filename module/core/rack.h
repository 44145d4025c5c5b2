/* SPDX-License-Identifier: GPL-2.0 */
/* RACK: what is lost, by time (RFC 8985 section 6). */
#ifndef XTCP_CORE_RACK_H
#define XTCP_CORE_RACK_H

#include "tcb.h"

void xtcp_rack_dsack(struct xtcp_tcb *t);
void xtcp_rack_recovered(struct xtcp_tcb *t);
void xtcp_rack_detect(struct xtcp_tcb *t, u64 now);
void xtcp_rack_timeout(struct xtcp_tcb *t, u64 now);

#endif /* XTCP_CORE_RACK_H */
