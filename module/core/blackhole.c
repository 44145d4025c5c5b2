// SPDX-License-Identifier: GPL-2.0
/*
 * Black holes: a router drops packets that are too large for its next link, and its ICMP error
 * never arrives (RFC 2923 section 2.1).
 *
 * The retransmission timer expires again and again for a segment that is too large, while a
 * smaller one would get through. To the sender the path looks dead. So large segments are
 * reduced in steps (RFC 4821 section 7.7), and stay reduced for a while:
 *
 *   timeouts in a row	    2			 4
 *   largest segment	  1220, which	       536, which
 *			fits IPv6's 1280     fits IPv4's 576
 *
 * Then the full size of the path is tried again. If the black hole is still there, this costs the
 * same two timeouts, and the wait until the next trial doubles.
 */
#include <linux/compiler.h>
#include <linux/minmax.h>

#include "blackhole.h"
#include "mss.h"
#include "usec.h"

#define TRIAL_FIRST	(30 * XTCP_US_PER_S)
#define TRIAL_LAST	(600 * XTCP_US_PER_S)	/* RFC 1191 section 6.3 */

/* Largest segment after this many timeouts in a row; 0: no limit */
static u16 step_down(u8 retries)
{
	if (retries >= 4)
		return XTCP_MSS_DEFAULT4;
	return retries >= 2 ? XTCP_MSS_DEFAULT6 : 0;
}

/**
 * xtcp_blackhole_suspect - the retransmission timer has expired: is the segment too large?
 * @t: control block; @retries counts this timeout, the first record is marked lost
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
	if (!t->hole_mss)	/* a new black hole, or a failed trial */
		t->hole_wait = clamp_t(u64, 2 * t->hole_wait, TRIAL_FIRST, TRIAL_LAST);
	t->hole_mss = mss;
	t->hole_until = now + t->hole_wait;
	xtcp_tcb_set_path(t, t->path_mss);
}

/**
 * xtcp_blackhole_retry - an ACK has arrived: try the full size again if it is time
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
