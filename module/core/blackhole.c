// SPDX-License-Identifier: GPL-2.0
/*
 * Black holes: a router drops what is too large for its next link, and the ICMP error
 * that should say so never comes (RFC 2923 section 2.1).
 *
 * The retransmission timer runs out again and again for a segment that never gets
 * through, while smaller ones would. From here that looks like a dead path. So large
 * segments get smaller in steps (RFC 4821 section 7.7), and stay so for a while:
 *
 *   timeouts in a row	    2			 4
 *   largest segment	  1220, which	       536, which
 *			fits IPv6's 1280     fits IPv4's 576
 *
 * Then the path's full size is tried again. If the hole is still there that costs the
 * same two timeouts once more, and the next trial is twice as far away.
 */
#include <linux/compiler.h>
#include <linux/minmax.h>

#include "blackhole.h"
#include "mss.h"
#include "usec.h"

#define TRIAL_FIRST	(30 * XTCP_US_PER_S)
#define TRIAL_LAST	(600 * XTCP_US_PER_S)	/* RFC 1191 section 6.3 */

/* The size that this many timeouts in a row call for; 0: none */
static u16 step_down(u8 retries)
{
	if (retries >= 4)
		return XTCP_MSS_DEFAULT4;
	return retries >= 2 ? XTCP_MSS_DEFAULT6 : 0;
}

/**
 * xtcp_blackhole_suspect - the retransmission timer has expired, not for the first time
 * @t: control block, whose records in flight are all marked lost
 * @now: time, us
 *
 * Context: under the owner's lock. Source: RFC 4821 section 7.7.
 */
void xtcp_blackhole_suspect(struct xtcp_tcb *t, u64 now)
{
	u16 mss = step_down(t->retries);

	if (!READ_ONCE(t->knobs->mtu_probing) || !mss || t->snd_mss <= mss ||
	    xtcp_rec_len(t->sendq.head) <= mss)
		return;
	if (!t->hole_mss)	/* a new hole, or the old one met again */
		t->hole_wait = clamp_t(u64, 2 * t->hole_wait, TRIAL_FIRST, TRIAL_LAST);
	t->hole_mss = mss;
	t->hole_until = now + t->hole_wait;
	xtcp_tcb_set_path(t, t->path_mss);
}

/**
 * xtcp_blackhole_retry - something was acknowledged: may the full size be tried again?
 * @t: control block with @hole_mss set
 * @now: time, us
 *
 * Context: under the owner's lock. Source: RFC 1191 section 6.3.
 */
void xtcp_blackhole_retry(struct xtcp_tcb *t, u64 now)
{
	if (now < t->hole_until)
		return;
	t->hole_mss = 0;
	xtcp_tcb_set_path(t, t->path_mss);
}
