// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT: 2 MSL in which the last ACK can be given again and old segments die
 * (RFC 9293 section 3.6.1 and 3.10.7.4).
 *
 * The peer's FIN was received and nothing can follow it. So the receive window
 * is taken to be zero here: of the acceptability test there remains SEG.LEN = 0
 * and SEG.SEQ = RCV.NXT.
 */
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "seq.h"
#include "tcb.h"
#include "time_wait.h"
#include "usec.h"

/*
 * The clock of @heard: half a second a tick, round in 134 s. Any clock of timestamps has
 * ticked within a second (RFC 7323 section 5.4), which is over when this one has ticked
 * three times.
 */
#define HEARD_SHIFT	19
#define HEARD_PAST	3

/*
 * No peer that lives sends its FIN more often in vain: it is R2 of most. Who does would hold
 * the record, and its port, for ever.
 */
#define RESTARTS	16

static u8 heard_clock(u64 now)
{
	return now >> HEARD_SHIFT;
}

/**
 * xtcp_time_wait_init - make the record of a connection that enters TIME-WAIT
 * @tw: result; all of it is set
 * @t: its control block
 * @now: time, us
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.6.1.
 */
void xtcp_time_wait_init(struct xtcp_time_wait *tw, const struct xtcp_tcb *t, u64 now)
{
	*tw = (struct xtcp_time_wait){
		.snd_nxt = t->snd_nxt,
		.rcv_nxt = t->rcv_nxt,
		.rcv_wnd = min_t(u32, t->rcv_wnd >> t->rcv_wscale, U16_MAX),
		.ts_ok = t->ts_ok,
		.ts_recent = t->ts_recent,
		.heard = heard_clock(now),
	};
}

/**
 * xtcp_time_wait_length - how long TIME-WAIT lasts: 2 MSL
 * @knobs: the namespace's
 *
 * Context: any. Source: RFC 9293 section 3.6.1 (MUST-13).
 *
 * Return: us.
 */
u64 xtcp_time_wait_length(const struct xtcp_knobs *knobs)
{
	return 2 * (u64)READ_ONCE(knobs->msl_ms) * XTCP_US_PER_MS;
}

/*
 * May this SYN open the next incarnation? RFC 6191 section 2: when its timestamp,
 * or, where there is none to compare, its sequence number is greater than the
 * last of the peer's, which is its FIN's: RCV.NXT - 1.
 */
static bool is_newer_syn(const struct xtcp_time_wait *tw, const struct xtcp_seg *seg)
{
	if ((seg->flags & (XTCP_SYN | XTCP_ACK)) != XTCP_SYN)
		return false;
	if (tw->ts_ok && seg->opts.ts && seg->opts.tsval != tw->ts_recent)
		return seq_gt(seg->opts.tsval, tw->ts_recent);
	return seq_gt(seg->seq, tw->rcv_nxt - 1);
}

/*
 * "The only thing that can arrive in this state is a retransmission of the remote
 * FIN." It is one when it stands where the FIN stood, and acknowledges nothing that
 * we have never sent; any other would let a forger hold the record for ever.
 */
static bool is_same_fin(const struct xtcp_time_wait *tw, const struct xtcp_seg *seg)
{
	return (seg->flags & (XTCP_FIN | XTCP_ACK)) == (XTCP_FIN | XTCP_ACK) &&
	       seg->seq + xtcp_seg_len(seg) == tw->rcv_nxt &&
	       seq_leq(seg->ack, tw->snd_nxt);
}

/* PAWS (RFC 7323 section 5.3, R1); no record lives for the 24 days of section 5.5 */
static bool is_old_duplicate(const struct xtcp_time_wait *tw, const struct xtcp_seg *seg)
{
	return tw->ts_ok && seg->opts.ts && !(seg->flags & XTCP_SYN) &&
	       seq_lt(seg->opts.tsval, tw->ts_recent);
}

/**
 * xtcp_time_wait_segment - what a segment means in TIME-WAIT
 * @tw: the record; not changed
 * @seg: the segment
 * @drop: why the segment came to nothing; XTCP_DROP_NONE when it did not
 *
 * An RST is ignored: letting it end the state would bring back the hazards that the
 * state is there against (RFC 1337, fix F1). A SYN that isn't newer is challenged
 * like any other (RFC 9293 section 3.10.7.4, fourth), where RFC 6191 would have it
 * dropped silently. A pure ACK in its place is what is left of a simultaneous close:
 * answering would start a volley of ACKs between two ends in TIME-WAIT.
 *
 * Context: under the record's lock, or none: the fields read don't change.
 *
 * Return: the verdict. To XTCP_TIME_WAIT_RESTART xtcp_time_wait_restart() says whether the
 * time is to start again. With XTCP_TIME_WAIT_REOPEN the new ISS must be above @snd_nxt
 * (xtcp_isn_above()), and the record must live on, should the SYN turn out to be an
 * old duplicate (RFC 9293 section 3.6.1, MAY-2). ACKs in answer to *@drop are to be
 * limited in rate by the caller (RFC 5961 section 7).
 */
enum xtcp_time_wait_verdict
xtcp_time_wait_segment(const struct xtcp_time_wait *tw, const struct xtcp_seg *seg,
		      enum xtcp_drop *drop)
{
	*drop = XTCP_DROP_NONE;
	if (seg->flags & XTCP_RST) {
		*drop = XTCP_DROP_NOT_EXPECTED;
		return XTCP_TIME_WAIT_DROP;
	}
	if (is_newer_syn(tw, seg))
		return XTCP_TIME_WAIT_REOPEN;
	if (is_old_duplicate(tw, seg)) {
		*drop = XTCP_DROP_PAWS;
		return XTCP_TIME_WAIT_ACK;
	}
	if (is_same_fin(tw, seg))
		return XTCP_TIME_WAIT_RESTART;
	if (!(seg->flags & XTCP_SYN) && xtcp_seg_acceptable(seg, tw->rcv_nxt, 0)) {
		*drop = XTCP_DROP_NOT_EXPECTED;
		return XTCP_TIME_WAIT_DROP;
	}
	if (seg->flags & XTCP_SYN)
		*drop = XTCP_DROP_SYN_CHALLENGED;
	else if (seq_lt(seg->seq, tw->rcv_nxt))
		*drop = XTCP_DROP_OLD;
	else
		*drop = XTCP_DROP_WINDOW;
	return XTCP_TIME_WAIT_ACK;
}

/**
 * xtcp_time_wait_restart - the peer's FIN came again: are the 2 MSL to start anew?
 * @tw: the record, whose verdict was XTCP_TIME_WAIT_RESTART; counts this
 *
 * Context: under the record's lock, or none. Source: RFC 9293 section 3.10.7.4, eighth.
 *
 * Return: false when that has been often enough; the FIN is acknowledged all the same.
 */
bool xtcp_time_wait_restart(struct xtcp_time_wait *tw)
{
	if (tw->restarts >= RESTARTS)
		return false;
	tw->restarts++;
	return true;
}

/**
 * xtcp_time_wait_ack - the ACK that answers a segment in TIME-WAIT
 * @tw: the record; only @heard is changed
 * @now: time, us
 * @stamp: the timestamp clock (stamp.h); anything without @ts_ok
 * @out: result
 *
 * Context: under the record's lock, or none: of two that set @heard either may be last.
 * Source: RFC 9293 section 3.10.7.4, <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>.
 */
void xtcp_time_wait_ack(struct xtcp_time_wait *tw, u64 now, u32 stamp, struct xtcp_out *out)
{
	WRITE_ONCE(tw->heard, heard_clock(now));
	xtcp_out_init(out);
	out->kind = XTCP_OUT_ACK;
	out->flags = XTCP_ACK;
	out->seq = tw->snd_nxt;
	out->ack = tw->rcv_nxt;
	out->wnd = tw->rcv_wnd;
	if (tw->ts_ok) {
		out->opts.ts = true;
		out->opts.tsval = stamp;
		out->opts.tsecr = tw->ts_recent;
	}
}

/**
 * xtcp_time_wait_is_past - can timestamps tell what is old from a new incarnation?
 * @tw: the record
 * @now: time, us
 *
 * They can when both clocks have ticked since anything was sent: then our SYN is newer for
 * a peer that is in TIME-WAIT, too (RFC 6191), and for PAWS all that the old incarnation may
 * have left on the way is older than what the new one begins with. The clock of @heard
 * comes round: twice in a TIME-WAIT of 240 s it says for a second that it is too early.
 *
 * Context: under the record's lock, or none. Source: RFC 7323 appendix B.2 (b); RFC 6191
 * section 2.
 *
 * Return: true when we may open the connection again by a SYN of ours, whose ISS must be
 * above @snd_nxt (xtcp_isn_above()).
 */
bool xtcp_time_wait_is_past(const struct xtcp_time_wait *tw, u64 now)
{
	u8 ticks = heard_clock(now) - READ_ONCE(tw->heard);

	return tw->ts_ok && ticks >= HEARD_PAST;
}
