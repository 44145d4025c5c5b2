// SPDX-License-Identifier: GPL-2.0
/*
 * The control block before it has a connection.
 */
#include <linux/limits.h>
#include <linux/string.h>

#include "ack_out.h"
#include "cc.h"
#include "deadline.h"
#include "mss.h"
#include "rtt.h"
#include "tcb.h"

/**
 * xtcp_tcb_init - a control block in CLOSED
 * @t: control block; all of it is set
 * @knobs: the namespace's sysctls; they must outlive @t
 *
 * The caller then sets what differs from the defaults: @peer_mss (IPv6 has another default),
 * @adv_mss, the path, @rcv_free, and the user's options.
 * Context: @t is not shared yet.
 */
void xtcp_tcb_init(struct xtcp_tcb *t, const struct xtcp_knobs *knobs)
{
	memset(t, 0, sizeof(*t));
	t->state = XTCP_CLOSED;
	t->knobs = knobs;
	t->reasm.root = RB_ROOT;
	t->quickack = XTCP_QUICKACKS;
	t->peer_mss = XTCP_MSS_DEFAULT4;
	t->adv_mss = XTCP_MSS_DEFAULT4;
	t->rcv_wnd_clamp = U32_MAX;
	t->rto = XTCP_RTO_INITIAL;
	t->rto_min = XTCP_RTO_MIN;
	t->soonest = XTCP_NEVER;
	xtcp_tcb_set_path(t, XTCP_MSS_DEFAULT4);
	xtcp_cc_init(t);
}
