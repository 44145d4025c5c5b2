// SPDX-License-Identifier: GPL-2.0
/*
 * The retransmission timeout (RFC 6298). Times are microseconds. Samples come from
 * records that were never retransmitted (Karn), or from the echo of a timestamp: ack_in.c
 * sees to that. The timer that runs for so long is rtx.c's.
 */
#include <linux/limits.h>
#include <linux/minmax.h>

#include "rtt.h"

/*
 * RTO = SRTT + max(G, 4 * RTTVAR), where the clock's G is lost below the floor: the
 * floor stands for how long a peer may delay its ACK. So RTO is never below the
 * floor, and (2.4), whose floor is 1 s, is not followed to the letter.
 */
static u32 computed_rto(const struct xtcp_tcb *t)
{
	u64 var = max_t(u64, t->rto_min, 4ULL * t->rttvar);

	return min_t(u64, t->srtt + var, XTCP_RTO_MAX);
}

/**
 * xtcp_rtt_sample - an RTT was measured
 * @t: control block
 * @us: the RTT
 *
 * Ends the backing off: that a segment was answered which was sent once only says
 * that the timeout is long enough (RFC 9293 section 3.8.2).
 * Context: under the owner's lock. Source: RFC 6298 (2.2), (2.3), with alpha = 1/8
 * and beta = 1/4.
 */
void xtcp_rtt_sample(struct xtcp_tcb *t, u64 us)
{
	u32 r = clamp_t(u64, us, 1, XTCP_RTO_MAX);

	if (!t->srtt) {
		t->srtt = r;
		t->rttvar = r / 2;
	} else {
		u32 err = r > t->srtt ? r - t->srtt : t->srtt - r;

		t->rttvar = (3 * t->rttvar + err) / 4;
		t->srtt = max_t(u32, (7 * t->srtt + r) / 8, 1);
	}
	t->rto = computed_rto(t);
	t->backoff = 0;
	t->rtt_fresh = true;
}

/**
 * xtcp_rto_backoff - the retransmission timer has expired
 * @t: control block
 *
 * Context: under the owner's lock. Source: RFC 6298 (5.5), (2.5).
 */
void xtcp_rto_backoff(struct xtcp_tcb *t)
{
	t->rto = min_t(u64, 2ULL * t->rto, XTCP_RTO_MAX);
	if (t->backoff < U8_MAX)
		t->backoff++;
}
