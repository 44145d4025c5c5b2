/* SPDX-License-Identifier: GPL-2.0 */
/* The effective send MSS (RFC 9293 section 3.7.1). */
#ifndef XTCP_CORE_MSS_H
#define XTCP_CORE_MSS_H

#include "tcb.h"

#define XTCP_MSS_DEFAULT4	536	/* RFC 9293 MUST-15 */
#define XTCP_MSS_DEFAULT6	1220
#define XTCP_MSS_MIN		88	/* a smaller MSS option is raised to this */
#define XTCP_MSS_FLOOR		48	/* least payload, however little path and options leave */

/**
 * xtcp_mss_believed - SendMSS (RFC 9293 section 3.7.1)
 * @option: the MSS option of the peer's SYN; 0: absent
 * @default_mss: the MSS without the option (MUST-15)
 *
 * XTCP_MSS_MIN is the least. With a tiny MSS, a peer could make us send many headers with hardly
 * any data.
 */
static inline u16 xtcp_mss_believed(u16 option, u16 default_mss)
{
	if (!option)
		return default_mss;
	return option < XTCP_MSS_MIN ? XTCP_MSS_MIN : option;
}

u32 xtcp_text_max(const struct xtcp_tcb *t);
void xtcp_tcb_set_path(struct xtcp_tcb *t, u32 path_mss);

#endif /* XTCP_CORE_MSS_H */
