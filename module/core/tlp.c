// SPDX-License-Identifier: GPL-2.0
/*
 * The tail loss probe (RFC 8985 section 7). When the last segments of a flight are lost, no
 * ACK comes back to show it. One more segment, sent long before the retransmission timeout,
 * brings an ACK, and RACK sees from it what is lost.
 */
#include <linux/minmax.h>

#include "ack_out.h"
#include "cc.h"
#include "deadline.h"
#include "rtx.h"
#include "seq.h"
#include "tlp.h"
#include "usec.h"

#define PTO_MIN		(10 * XTCP_US_PER_MS)	/* allows for coarse clocks and schedulers */
#define PTO_INITIAL	(1 * XTCP_US_PER_S)

/* Section 7.2: in all other cases recovery needs no probe */
static bool is_wanted(const struct xtcp_tcb *t)
{
	return t->sack_ok && !t->recovery && !t->rto_recovery && !t->sacked &&
	       !t->tlp_out && t->rtt_fresh && xtcp_flight(t) && !xtcp_handshaking(t);
}

/* TLP_calc_PTO(): if one segment is in flight, its ACK may be delayed */
static u64 interval(const struct xtcp_tcb *t)
{
	u64 pto = t->srtt ? max_t(u64, 2ULL * t->srtt, PTO_MIN) : PTO_INITIAL;

	return xtcp_flight(t) <= t->snd_mss ? pto + XTCP_DELACK_MAX : pto;
}

/**
 * xtcp_tlp_arm - arm the probe timer after new data was sent or acknowledged
 * @t: control block, its retransmission timer set
 * @now: time, us
 *
 * The probe is never later than the retransmission timeout. If both would be due at once, the
 * probe is sent instead.
 * Context: under the owner's lock. Source: RFC 8985 section 7.2.
 */
void xtcp_tlp_arm(struct xtcp_tcb *t, u64 now)
{
	t->deadline[XTCP_TIMER_PROBE] = 0;
	if (is_wanted(t))
		xtcp_deadline_set(t, XTCP_TIMER_PROBE,
				  min(now + interval(t), t->deadline[XTCP_TIMER_RTX]));
}

/**
 * xtcp_tlp_expired - the probe timer has expired
 * @t: control block
 * @now: time, us
 * @act: actions
 *
 * Context: under the owner's lock. Source: RFC 8985 section 7.3.
 */
void xtcp_tlp_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (!is_wanted(t))
		return;
	t->tlp_now = true;
	act->todo |= XTCP_ACT_OUTPUT;
	xtcp_rtx_restart(t, now);
}

/**
 * xtcp_tlp_sent - the probe was sent
 * @t: control block
 * @again: it was a retransmission
 *
 * Context: under the owner's lock. Source: RFC 8985 section 7.3.
 */
void xtcp_tlp_sent(struct xtcp_tcb *t, bool again)
{
	t->tlp_now = false;
	t->rtt_fresh = false;
	t->tlp_out = true;
	t->tlp_retrans = again;
	t->tlp_end = t->snd_nxt;
}

/**
 * xtcp_tlp_acked - did the probe repair a loss?
 * @t: control block, SND.UNA moved already
 * @a: what the ACK says
 *
 * A probe may fill the only hole. The one sign of the loss is then that the peer reports no
 * duplicate. Congestion control has to react to that loss.
 * Context: under the owner's lock. Source: RFC 8985 section 7.4.2, TLP_process_ack().
 */
void xtcp_tlp_acked(struct xtcp_tcb *t, const struct xtcp_arrival *a)
{
	const struct xtcp_seg *seg = a->seg;

	if (!t->tlp_out || seq_lt(seg->ack, t->tlp_end))
		return;
	if (t->tlp_retrans && !a->dsack) {
		if (seg->ack == t->tlp_end && (a->any || xtcp_seg_len(seg) || seg->opts.nsack))
			return;		/* it is acknowledged once; wait for a second ACK */
		if (seg->ack != t->tlp_end)
			xtcp_cc_repaired(t);
	}
	t->tlp_out = false;
}
