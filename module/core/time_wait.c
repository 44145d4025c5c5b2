// SPDX-License-Identifier: GPL-2.0
/*
 * TIME-WAIT: for 2 MSL the last ACK can be repeated while old segments leave the network
 * (RFC 9293 section 3.6.1 and 3.10.7.4).
 *
 * The peer's FIN was received, and nothing can follow it. So the receive window
 * counts as zero here: the acceptability test is SEG.LEN = 0 and
 * SEG.SEQ = RCV.NXT.
 */
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "seq.h"
#include "stamp.h"
#include "tcb.h"
#include "time_wait.h"
#include "usec.h"

/*
 * The clock of @heard has ticks of 0.5 s and wraps every 134 s. Every timestamp clock ticks at
 * least once a second (RFC 7323 section 5.4). A second has passed when the clock of @heard has
 * ticked three times.
 */
#define HEARD_SHIFT	19
#define HEARD_PAST	3

/*
 * The limit for restarts of the 2 MSL. No real peer retransmits its FIN more often: most give
 * up (R2) by then. Without the limit a sender could keep the entry and its port for ever.
 */
#define RESTARTS	16

static u8 heard_clock(u64 now)
{
	return now >> HEARD_SHIFT;
}

/**
 * xtcp_time_wait_init - make the TIME-WAIT entry of a connection
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
		.ts_unknown = t->ts_ok && !xtcp_stamp_known(t, now),
		.ts_recent = t->ts_recent,
		.heard = heard_clock(now),
	};
}

/**
 * xtcp_time_wait_length - the length of TIME-WAIT: 2 MSL
 * @knobs: the namespace's sysctls
 *
 * Context: any. Source: RFC 9293 section 3.6.1 (MUST-13).
 *
 * Return: us.
 */
u64 xtcp_time_wait_length(const struct xtcp_knobs *knobs)
{
	return 2 * (u64)READ_ONCE(knobs->msl_ms) * XTCP_US_PER_MS;
}

/* Can the segment's timestamp be compared with the peer's last one? */
static bool stamps_compare(const struct xtcp_time_wait *tw, const struct xtcp_seg *seg)
{
	return tw->ts_ok && !tw->ts_unknown && seg->opts.ts;
}

/*
 * May this SYN open the next incarnation? By RFC 6191 section 2 it may if its timestamp is
 * greater than the peer's last one. Without two different timestamps to compare, its sequence
 * number must be greater than the peer's last one, which is that of its FIN: RCV.NXT - 1.
 */
static bool is_newer_syn(const struct xtcp_time_wait *tw, const struct xtcp_seg *seg)
{
	if ((seg->flags & (XTCP_SYN | XTCP_ACK)) != XTCP_SYN)
		return false;
	if (stamps_compare(tw, seg) && seg->opts.tsval != tw->ts_recent)
		return seq_gt(seg->opts.tsval, tw->ts_recent);
	return seq_gt(seg->seq, tw->rcv_nxt - 1);
}

/*
 * "The only thing that can arrive in this state is a retransmission of the remote
 * FIN." A segment counts as that if it has the FIN's sequence number, and acknowledges
 * nothing that we have never sent. Otherwise a forger could keep the entry for ever.
 */
static bool is_same_fin(const struct xtcp_time_wait *tw, const struct xtcp_seg *seg)
{
	return (seg->flags & (XTCP_FIN | XTCP_ACK)) == (XTCP_FIN | XTCP_ACK) &&
	       seg->seq + xtcp_seg_len(seg) == tw->rcv_nxt &&
	       seq_leq(seg->ack, tw->snd_nxt);
}

/* PAWS (RFC 7323 section 5.3, R1); an entry never gets as old as section 5.5's 24 days */
static bool is_old_duplicate(const struct xtcp_time_wait *tw, const struct xtcp_seg *seg)
{
	return stamps_compare(tw, seg) && !(seg->flags & XTCP_SYN) &&
	       seq_lt(seg->opts.tsval, tw->ts_recent);
}

/**
 * xtcp_time_wait_segment - process a segment in TIME-WAIT
 * @tw: the entry; not changed
 * @seg: the segment
 * @drop: result: why the segment was dropped, or XTCP_DROP_NONE
 *
 * An RST is ignored: if it ended the state, the hazards would return that TIME-WAIT
 * prevents (RFC 1337, fix F1). A SYN that isn't newer gets a challenge ACK like any other
 * (RFC 9293 section 3.10.7.4, fourth); RFC 6191 would drop it silently. An acceptable pure
 * ACK is left over from a simultaneous close. It is not answered: two ends in TIME-WAIT would
 * send each other ACKs without end.
 *
 * Context: under a lock of the caller's, or none: the fields read don't change.
 *
 * Return: the verdict. On XTCP_TIME_WAIT_RESTART the caller asks xtcp_time_wait_restart() whether
 * to restart the 2 MSL. On XTCP_TIME_WAIT_REOPEN the new ISS must be above @snd_nxt
 * (xtcp_isn_above()), and the entry must be kept in case the SYN turns out to be an
 * old duplicate (RFC 9293 section 3.6.1, MAY-2). The caller limits the rate of the ACKs that
 * *@drop gives a reason for (RFC 5961 section 7).
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
 * xtcp_time_wait_restart - does the peer's FIN restart the 2 MSL?
 * @tw: the entry, whose verdict was XTCP_TIME_WAIT_RESTART; counts this
 *
 * Context: under a lock of the caller's, or none. Source: RFC 9293 section 3.10.7.4, eighth.
 *
 * Return: false after RESTARTS times. The FIN is acknowledged in any case.
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
 * @tw: the entry; only @heard is changed
 * @now: time, us
 * @stamp: the timestamp clock (stamp.h); not used without @ts_ok
 * @out: result
 *
 * Context: under a lock of the caller's, or none: of two concurrent stores to @heard, either
 * may win.
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
 * xtcp_time_wait_is_past - do timestamps separate the old incarnation from a new one?
 * @tw: the entry
 * @now: time, us
 *
 * They do when both clocks have ticked since the last segment. Then our SYN is newer for a
 * peer that is also in TIME-WAIT (RFC 6191), and PAWS rejects all segments of the old
 * incarnation that are still in the network. The clock of @heard wraps every 134 s; for about
 * 1.5 s after each wrap the answer is false although enough time has passed.
 *
 * Context: under a lock of the caller's, or none. Source: RFC 7323 appendix B.2 (b); RFC 6191
 * section 2.
 *
 * Return: true when we may reopen the connection with a SYN of ours, whose ISS must be
 * above @snd_nxt (xtcp_isn_above()).
 */
bool xtcp_time_wait_is_past(const struct xtcp_time_wait *tw, u64 now)
{
	u8 ticks = heard_clock(now) - READ_ONCE(tw->heard);

	return tw->ts_ok && ticks >= HEARD_PAST;
}
