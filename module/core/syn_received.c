// SPDX-License-Identifier: GPL-2.0
/*
 * SYN-RECEIVED after a passive open: from the SYN to the final ACK (RFC 9293
 * section 3.10.7.2 and 3.10.7.4, RFC 5961 sections 3 and 4).
 *
 * A request needs no send and receive variables. Only SYNs were exchanged, so they
 * follow from the two initial sequence numbers:
 *
 *	SND.UNA = ISS	  SND.NXT = ISS + 1	RCV.NXT = IRS + 1
 */
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "mss.h"
#include "rtt.h"
#include "seq.h"
#include "stamp.h"
#include "syn_received.h"
#include "tcb.h"
#include "window.h"

#define WINDOW_MAX	0xffff	/* of the window field */

static u32 rcv_nxt(const struct xtcp_syn_received *h)
{
	return h->irs + 1;
}

static u32 snd_nxt(const struct xtcp_syn_received *h)
{
	return h->iss + 1;
}

/* Set the window of the SYN-ACK, which is not scaled (RFC 7323 section 2.2), and our window
 * scale
 */
static void tell_window(struct xtcp_syn_received *h, u32 rcv_free,
			const struct xtcp_knobs *knobs)
{
	h->rcv_wnd = min_t(u32, rcv_free, WINDOW_MAX);
	h->rcv_wscale = h->wscale_ok ?
		xtcp_wscale_choose(max_t(u32, rcv_free, READ_ONCE(knobs->rmem[2]))) : 0;
}

/**
 * xtcp_syn_received_init - make the request for a SYN that a listener has accepted
 * @h: result; all of it is set
 * @syn: the SYN
 * @iss: our initial sequence number (isn.h)
 * @adv_mss: the MSS option for the SYN-ACK
 * @default_mss: the peer's MSS if its SYN has no MSS option (MUST-15)
 * @rcv_free: bytes that the receive buffer will have room for
 * @knobs: the namespace's sysctls
 * @now: time, us
 *
 * The caller sends the SYN-ACK and checks again after XTCP_RTO_INITIAL.
 * Context: @h is not shared yet. Source: RFC 9293 section 3.10.7.2.
 */
void xtcp_syn_received_init(struct xtcp_syn_received *h, const struct xtcp_seg *syn,
			    u32 iss, u16 adv_mss, u16 default_mss, u32 rcv_free,
			    const struct xtcp_knobs *knobs, u64 now)
{
	*h = (struct xtcp_syn_received){
		.irs = syn->seq,
		.iss = iss,
		.peer_mss = xtcp_mss_believed(syn->opts.mss, default_mss),
		.adv_mss = adv_mss,
		.sent = now,
	};
	/* Either both sides scale their windows, or neither does */
	h->wscale_ok = syn->opts.wscale != XTCP_NO_WSCALE && READ_ONCE(knobs->window_scaling);
	h->snd_wscale = h->wscale_ok ? syn->opts.wscale : 0;
	tell_window(h, rcv_free, knobs);
	h->sack_ok = syn->opts.sack_ok && READ_ONCE(knobs->sack);
	h->ts_ok = syn->opts.ts && READ_ONCE(knobs->timestamps);
	h->ts_must = h->ts_ok && READ_ONCE(knobs->require_timestamps);
	h->ts_recent = syn->opts.tsval;
}

/**
 * xtcp_syn_received_return - make the request of a connection whose cookie came back
 * @h: set from the cookie: @peer_mss, @snd_wscale, @wscale_ok, @sack_ok, @ts_ok; the rest
 *	is set here
 * @seg: the final ACK
 * @adv_mss: the MSS option of the SYN-ACK
 * @rcv_free: as for xtcp_syn_received_init()
 * @knobs: the namespace's sysctls
 * @now: time, us
 *
 * The time of the SYN-ACK is not known, so it gives no RTT sample.
 * Context: @h is not shared yet. Source: RFC 4987 section 3.6.
 */
void xtcp_syn_received_return(struct xtcp_syn_received *h, const struct xtcp_seg *seg,
			      u16 adv_mss, u32 rcv_free, const struct xtcp_knobs *knobs,
			      u64 now)
{
	h->irs = seg->seq - 1;
	h->iss = seg->ack - 1;
	h->ts_recent = seg->opts.ts ? seg->opts.tsval : 0;
	h->ts_unheard = h->ts_ok && !seg->opts.ts;
	h->ts_must = h->ts_ok && READ_ONCE(knobs->require_timestamps);
	h->adv_mss = adv_mss;
	tell_window(h, rcv_free, knobs);
	h->retries = 0;
	h->defer = 0;
	h->seen = XTCP_SYN_RECEIVED_RESENT;
	h->sent = now;
}

/**
 * xtcp_syn_received_no_stamp - must a segment be dropped for lack of a timestamp?
 * @h: the request
 * @seg: the segment, not an RST
 *
 * Context: any, since the fields read don't change. Source: RFC 7323 section 3.2; see
 * xtcp_stamp_missing().
 *
 * Return: true when the segment is to be dropped.
 */
bool xtcp_syn_received_no_stamp(const struct xtcp_syn_received *h, const struct xtcp_seg *seg)
{
	return h->ts_must && !seg->opts.ts;
}

/* RFC 9293 section 3.10.7.4, second, with the three checks of RFC 5961 */
static enum xtcp_syn_received_verdict check_rst(const struct xtcp_syn_received *h,
						const struct xtcp_seg *seg,
						enum xtcp_drop *drop)
{
	if (seg->seq == rcv_nxt(h))
		return XTCP_SYN_RECEIVED_ABORT;
	*drop = XTCP_DROP_RST_INVALID;
	if (seq_within(seg->seq, rcv_nxt(h), rcv_nxt(h) + h->rcv_wnd))
		return XTCP_SYN_RECEIVED_ACK;
	return XTCP_SYN_RECEIVED_DROP;
}

/* First; the segment at RCV.NXT is processed even if the window is zero */
static bool acceptable(const struct xtcp_syn_received *h, const struct xtcp_seg *seg)
{
	return seg->seq == rcv_nxt(h) ||
	       xtcp_seg_acceptable(seg, rcv_nxt(h), h->rcv_wnd);
}

/* The peer has not got our SYN-ACK. If its SYN has text, the peer retransmits that later */
static bool is_same_syn(const struct xtcp_syn_received *h, const struct xtcp_seg *seg)
{
	return (seg->flags & (XTCP_SYN | XTCP_ACK | XTCP_RST)) == XTCP_SYN &&
	       seg->seq == h->irs;
}

/* The final ACK establishes the connection. With TCP_DEFER_ACCEPT and without data it does
 * not; it only shows that the peer has got our SYN-ACK
 */
static enum xtcp_syn_received_verdict final_ack(struct xtcp_syn_received *h,
						const struct xtcp_seg *seg)
{
	u8 retries = READ_ONCE(h->retries);

	if (retries >= h->defer || xtcp_seg_len(seg))
		return XTCP_SYN_RECEIVED_ESTABLISH;
	if (!(h->seen & XTCP_SYN_RECEIVED_ACKED))
		h->seen |= XTCP_SYN_RECEIVED_ACKED | (retries ? XTCP_SYN_RECEIVED_LATE : 0);
	return XTCP_SYN_RECEIVED_WAIT;
}

/**
 * xtcp_syn_received_segment - process a segment for a request
 * @h: the request; only @seen and @ts_recent may change
 * @seg: the segment
 * @drop: result: why the segment was dropped, or XTCP_DROP_NONE
 *
 * The checks are in the order of RFC 9293 section 3.10.7.4, with two exceptions. A
 * retransmitted SYN would fail the first check and get a bare ACK, which does not open the
 * connection; here it gets the SYN-ACK again. And the first check's clause for an RST is
 * part of the second check.
 *
 * Another SYN gets a challenge ACK, as in a synchronized state (RFC 5961 section 4). RFC 9293
 * would return to LISTEN; then anyone could end our requests by a SYN in the window. A peer
 * that has restarted answers the challenge with an RST that fits.
 *
 * The final ACK may have FIN and text; the control block processes them.
 * Context: under a lock of the caller's, or none. Without a lock, @seen may lose a bit
 * (syn_received.h), and @ts_recent may get the TSval of either of two copies of the SYN.
 *
 * Return: the verdict. The caller limits the rate of the ACKs that *@drop gives a reason for
 * (RFC 5961 section 7).
 */
enum xtcp_syn_received_verdict
xtcp_syn_received_segment(struct xtcp_syn_received *h, const struct xtcp_seg *seg,
			  enum xtcp_drop *drop)
{
	*drop = XTCP_DROP_NONE;
	if (is_same_syn(h, seg)) {
		h->seen |= XTCP_SYN_RECEIVED_RESENT;
		if (seg->opts.ts && seq_gt(seg->opts.tsval, h->ts_recent))
			h->ts_recent = seg->opts.tsval;
		return XTCP_SYN_RECEIVED_SYNACK;
	}
	if (seg->flags & XTCP_RST)
		return check_rst(h, seg, drop);
	if (xtcp_syn_received_no_stamp(h, seg)) {
		*drop = XTCP_DROP_NO_STAMP;
		return XTCP_SYN_RECEIVED_DROP;
	}
	if (h->ts_ok && seg->opts.ts && seq_lt(seg->opts.tsval, h->ts_recent)) {	/* PAWS */
		*drop = XTCP_DROP_PAWS;
		return XTCP_SYN_RECEIVED_ACK;
	}
	if (!acceptable(h, seg)) {
		*drop = seq_lt(seg->seq, rcv_nxt(h)) ? XTCP_DROP_OLD : XTCP_DROP_WINDOW;
		return XTCP_SYN_RECEIVED_ACK;
	}
	if (seg->flags & XTCP_SYN) {
		*drop = XTCP_DROP_SYN_CHALLENGED;
		return XTCP_SYN_RECEIVED_ACK;
	}
	if (!(seg->flags & XTCP_ACK)) {
		*drop = XTCP_DROP_NO_ACK;
		return XTCP_SYN_RECEIVED_DROP;
	}
	/* SND.UNA < SEG.ACK =< SND.NXT leaves only one number */
	if (seg->ack == snd_nxt(h))
		return final_ack(h, seg);
	*drop = seq_lt(seg->ack, snd_nxt(h)) ? XTCP_DROP_ACK_OLD : XTCP_DROP_ACK_FUTURE;
	return XTCP_SYN_RECEIVED_RESET;
}

static void add_stamp(const struct xtcp_syn_received *h, u32 stamp, struct xtcp_out *out)
{
	if (!h->ts_ok)
		return;
	out->opts.ts = true;
	out->opts.tsval = stamp;
	out->opts.tsecr = h->ts_recent;
}

/**
 * xtcp_syn_received_synack - the SYN-ACK, sent first or again
 * @h: the request
 * @stamp: the timestamp clock (stamp.h); not used without @ts_ok
 * @out: result
 *
 * Context: under a lock of the caller's, or none: the fields read don't change.
 * Source: RFC 9293 section 3.10.7.2; RFC 7323 sections 2.2 and 3.2.
 */
void xtcp_syn_received_synack(const struct xtcp_syn_received *h, u32 stamp, struct xtcp_out *out)
{
	xtcp_out_init(out);
	out->kind = XTCP_OUT_SYN;
	out->flags = XTCP_SYN | XTCP_ACK;
	out->seq = h->iss;
	out->ack = rcv_nxt(h);
	out->wnd = h->rcv_wnd;
	out->opts.mss = h->adv_mss;
	out->opts.sack_ok = h->sack_ok;
	if (h->wscale_ok)
		out->opts.wscale = h->rcv_wscale;
	add_stamp(h, stamp, out);
}

/**
 * xtcp_syn_received_ack - the ACK for what is not acceptable, or challenged
 * @h: the request
 * @stamp: the timestamp clock (stamp.h); not used without @ts_ok
 * @out: result
 *
 * Context: under a lock of the caller's, or none: the fields read don't change.
 * Source: RFC 9293 section 3.10.7.4, <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>.
 */
void xtcp_syn_received_ack(const struct xtcp_syn_received *h, u32 stamp, struct xtcp_out *out)
{
	xtcp_out_init(out);
	out->kind = XTCP_OUT_ACK;
	out->flags = XTCP_ACK;
	out->seq = snd_nxt(h);
	out->ack = rcv_nxt(h);
	out->wnd = h->rcv_wnd >> h->rcv_wscale;
	add_stamp(h, stamp, out);
}

/* Length of the timer after @retries expirations, in seconds: RFC 6298 (2.1), (5.5) */
static int backed_off(u8 retries)
{
	const int most = XTCP_RTO_MAX / XTCP_US_PER_S;
	int rto = XTCP_RTO_INITIAL / XTCP_US_PER_S;

	while (retries-- && rto < most)
		rto *= 2;
	return min(rto, most);
}

/**
 * xtcp_syn_received_timeout - the SYN-ACK timer has expired
 * @h: the request
 * @knobs: the namespace's sysctls
 * @resend: result: whether to send a SYN-ACK now. While an acknowledged request waits for
 *	data (TCP_DEFER_ACCEPT), only the last expiration sends one: the peer's answer
 *	to that establishes the connection
 *
 * Context: under a lock of the caller's. Source: RFC 6298 (2.1), (5.5); RFC 9293 section
 * 3.8.3 for the limit. @resend follows the kernel's TCP.
 *
 * Return: us until the next expiration; 0 when the request has ended: synack_retries is used
 * up and it does not wait for data, or the timer has expired 255 times.
 */
u64 xtcp_syn_received_timeout(struct xtcp_syn_received *h, const struct xtcp_knobs *knobs,
			      bool *resend)
{
	bool waiting = h->seen & XTCP_SYN_RECEIVED_ACKED && h->retries < h->defer;

	*resend = !waiting || h->retries + 1 == h->defer;
	if (h->retries == U8_MAX)
		return 0;
	if (h->retries >= READ_ONCE(knobs->synack_retries) && !waiting)
		return 0;
	WRITE_ONCE(h->retries, h->retries + 1);
	return backed_off(h->retries) * XTCP_US_PER_S;
}

/**
 * xtcp_defer_retries - the number of timer expirations in a time
 * @seconds: since the first SYN-ACK
 *
 * The value of TCP_DEFER_ACCEPT is rounded in this way. Pure: no context, no lock.
 *
 * Return: the number for xtcp_syn_received.defer; 0 when @seconds is not above 0.
 */
u8 xtcp_defer_retries(int seconds)
{
	int passed = 0;
	u8 retries = 0;

	while (retries < U8_MAX && passed < seconds)
		passed += backed_off(retries++);
	return retries;
}

/**
 * xtcp_defer_seconds - the time of the last of so many timer expirations
 * @retries: their number, as in xtcp_syn_received.defer
 *
 * Pure: no context, no lock.
 *
 * Return: seconds since the first SYN-ACK.
 */
int xtcp_defer_seconds(u8 retries)
{
	int seconds = 0;

	while (retries)
		seconds += backed_off(--retries);
	return seconds;
}

/* SYN-ACKs that the timer had to send again before the peer got one. Once the peer has
 * acknowledged one, only whether there were any is known
 */
static u8 synacks_lost(const struct xtcp_syn_received *h)
{
	if (h->seen & XTCP_SYN_RECEIVED_ACKED)
		return !!(h->seen & XTCP_SYN_RECEIVED_LATE);
	return h->retries;
}

/*
 * Put our SYN into the send queue, for SEG.ACK to acknowledge. It gives an RTT sample if the
 * SYN-ACK was sent once (RFC 6298 section 3) and has not been acknowledged before. Its
 * @retries counts only what our timer sent, since RFC 6298 (5.7) and RFC 5681 section 3.1
 * depend on that.
 */
static void queue_syn(struct xtcp_tcb *t, const struct xtcp_syn_received *h)
{
	t->syn = (struct xtcp_rec){
		.seq = h->iss,
		.end_seq = h->iss + 1,
		.flags = XTCP_REC_SYN,
	};
	xtcp_sendq_append(&t->sendq, &t->syn);
	t->sendq.unsent = NULL;
	t->syn.sent = h->sent;
	t->syn.marks = XTCP_MARK_SENT | (h->retries || h->seen ? XTCP_MARK_RETX : 0);
	xtcp_sendq_in_flight_add(&t->sendq, &t->syn);
	t->syn.retries = synacks_lost(h);
}

/**
 * xtcp_tcb_from_syn_received - make the control block of a request
 * @t: result; this calls xtcp_tcb_init() for it
 * @h: the request, whose verdict was XTCP_SYN_RECEIVED_ESTABLISH
 * @knobs: the namespace's sysctls
 * @now: time, us
 *
 * The control block is in SYN-RECEIVED. The caller then sets the socket's part (path, options,
 * @rcv_free) and @ts_offset, and passes the segment to xtcp_step(), which makes it ESTABLISHED.
 * Context: @t is not shared yet. Source: RFC 9293 section 3.10.7.2, end.
 */
void xtcp_tcb_from_syn_received(struct xtcp_tcb *t, const struct xtcp_syn_received *h,
				const struct xtcp_knobs *knobs, u64 now)
{
	xtcp_tcb_init(t, knobs);
	t->state = XTCP_SYN_RECEIVED;
	t->passive = true;
	t->sack_ok = h->sack_ok;
	t->ts_ok = h->ts_ok;
	t->ts_recent = h->ts_recent;
	t->ts_recent_at = now;
	if (h->ts_unheard)
		xtcp_stamp_forget(t, now);
	t->wscale_ok = h->wscale_ok;
	t->snd_wscale = h->snd_wscale;
	t->rcv_wscale = h->rcv_wscale;
	t->peer_mss = h->peer_mss;
	t->adv_mss = h->adv_mss;

	t->iss = h->iss;
	t->snd_una = h->iss;
	t->snd_up = h->iss;
	t->snd_nxt = snd_nxt(h);
	t->write_seq = snd_nxt(h);
	t->fack = h->iss;
	t->recover = h->iss;	/* RFC 6582 section 3.2: the initial send sequence number */
	queue_syn(t, h);

	t->irs = h->irs;
	t->rcv_nxt = rcv_nxt(h);
	t->rcv_wup = rcv_nxt(h);
	t->rcv_up = rcv_nxt(h);
	t->rcv_wnd = h->rcv_wnd;
	t->last_rcv = now;
}
