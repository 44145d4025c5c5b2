// SPDX-License-Identifier: GPL-2.0
/*
 * The retransmission timeout (RFC 6298), in microseconds. ack_in.c takes the RTT samples:
 * from records that were never retransmitted (Karn); from retransmitted ones only by a
 * timestamp's echo, or when a D-SACK shows that the retransmission was answered. For the
 * retransmission timer see rtx.c.
 */
#include <linux/limits.h>
#include <linux/minmax.h>

#include "rtt.h"

/*
 * RTO = SRTT + max(floor, 4 * RTTVAR). The clock's granularity G is below the floor, so it
 * needs no term. The floor allows for the time by which a peer may delay its ACK. So the RTO
 * is never below the floor, and the minimum of 1 s in (2.4) is not followed.
 */
static u32 computed_rto(const struct xtcp_tcb *t)
{
	u64 var = max_t(u64, t->rto_min, 4ULL * t->rttvar);

	return min_t(u64, t->srtt + var, XTCP_RTO_MAX);
}

/**
 * xtcp_rtt_sample - take an RTT sample
 * @t: control block
 * @us: the RTT, us
 *
 * This ends the backoff. RFC 9293 section 3.8.2 waits for a segment that was sent only once.
 * Here any sample will do, also that of a retransmission that a timestamp's echo or a D-SACK
 * identifies: it shows the present RTT as well.
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
 * xtcp_rto_backoff - double the RTO after a retransmission timeout
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
