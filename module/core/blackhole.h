/* SPDX-License-Identifier: GPL-2.0 */
/* Black holes: routers that silently drop large segments (RFC 4821). */
#ifndef XTCP_CORE_BLACKHOLE_H
#define XTCP_CORE_BLACKHOLE_H

#include "tcb.h"

void xtcp_blackhole_suspect(struct xtcp_tcb *t, u64 now);
void xtcp_blackhole_retry(struct xtcp_tcb *t, u64 now);

#endif /* XTCP_CORE_BLACKHOLE_H */
