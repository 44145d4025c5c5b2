/* SPDX-License-Identifier: GPL-2.0 */
/* The retransmission timeout (RFC 6298). */
#ifndef XTCP_CORE_RTT_H
#define XTCP_CORE_RTT_H

#include "tcb.h"
#include "usec.h"

#define XTCP_RTO_INITIAL	(1 * XTCP_US_PER_S)	/* RFC 6298 (2.1) */
#define XTCP_RTO_MIN		(200 * XTCP_US_PER_MS)	/* default; RFC 6298 (2.4) has 1 s */
#define XTCP_RTO_MAX		(120 * XTCP_US_PER_S)	/* RFC 6298 (2.5): at least 60 s */
#define XTCP_RTO_SYN_LOST	(3 * XTCP_US_PER_S)	/* RFC 6298 (5.7) */

void xtcp_rtt_sample(struct xtcp_tcb *t, u64 us);
void xtcp_rto_backoff(struct xtcp_tcb *t);

#endif /* XTCP_CORE_RTT_H */
