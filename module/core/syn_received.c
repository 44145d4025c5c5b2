// SPDX-License-Identifier: GPL-2.0
/*
 * SYN-RECEIVED after a passive open: from the SYN to the third segment (RFC 9293
 * section 3.10.7.2 and 3.10.7.4, RFC 5961 sections 3 and 4).
 *
 * What a control block would hold follows from the two initial sequence numbers,
 * since nothing but SYNs was exchanged:
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

#define WINDOW_MAX	0xffff	/* of the header's field */

static u32 rcv_nxt(const struct xtcp_syn_received *h)
{
	return h->irs + 1;
}

static u32 snd_nxt(const struct xtcp_syn_received *h)
{
	return h->iss + 1;
}

/* What we tell of our receive buffer. A SYN-ACK's window is not scaled: RFC 7323 section
 * 2.2
 */
static void tell_window(struct xtcp_syn_received *h, u32 rcv_free,
			const struct xtcp_knobs *knobs)
{
	h->rcv_wnd = min_t(u32, rcv_free, WINDOW_MAX);
	h->rcv_wscale = h->wscale_ok ?
		xtcp_wscale_choose(max_t(u32, rcv_free, READ_ONCE(knobs->rmem[2]))) : 0;
}

/**
 * xtcp_syn_received_init - make the record for a SYN that a listener has accepted
 * @h: result; all of it is set
 * @syn: the SYN
 * @iss: our initial sequence number (isn.h)
 * @adv_mss: the MSS option for the SYN-ACK
 * @default_mss: the peer's MSS when its SYN doesn't tell (MUST-15)
 * @rcv_free: bytes that the receive buffer will have room for
 * @knobs: the namespace's
 * @now: time, us
 *
 * The caller sends the SYN-ACK and looks again after XTCP_RTO_INITIAL.
 * Context: @h is nobody else's yet. Source: RFC 9293 section 3.10.7.2.
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
	/* Both sides scale, or neither does */
	h->wscale_ok = syn->opts.wscale != XTCP_NO_WSCALE && READ_ONCE(knobs->window_scaling);
	h->snd_wscale = h->wscale_ok ? syn->opts.wscale : 0;
	tell_window(h, rcv_free, knobs);
	h->sack_ok = syn->opts.sack_ok && READ_ONCE(knobs->sack);
	h->ts_ok = syn->opts.ts && READ_ONCE(knobs->timestamps);
	h->ts_must = h->ts_ok && READ_ONCE(knobs->require_timestamps);
	h->ts_recent = syn->opts.tsval;
}

/**
 * xtcp_syn_received_return - a connection comes back of which only a cookie is left
 * @h: what the cookie has told is set: @peer_mss, @snd_wscale, @wscale_ok, @sack_ok,
 *	@ts_ok; the rest is set here
 * @seg: the third segment
 * @adv_mss: the MSS option of the SYN-ACK
 * @rcv_free: as at xtcp_syn_received_init()
 * @knobs: the namespace's
 * @now: time, us
 *
 * When the SYN-ACK went is not known, so it is no RTT sample.
 * Context: @h is nobody else's. Source: RFC 4987 section 3.6.
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
 * xtcp_syn_received_no_stamp - a segment lacks the timestamp that was agreed
 * @h: the record
 * @seg: the segment, no RST
 *
 * Context: any: what is read doesn't change. Source: RFC 7323 section 3.2; see
 * xtcp_stamp_missing().
 *
 * Return: true when it is to be dropped.
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

/* First; the segment that we wait for is processed at a window of zero, too */
static bool acceptable(const struct xtcp_syn_received *h, const struct xtcp_seg *seg)
{
	return seg->seq == rcv_nxt(h) ||
	       xtcp_seg_acceptable(seg, rcv_nxt(h), h->rcv_wnd);
}

/* The peer has not seen our SYN-ACK. What text it may carry comes again later */
static bool is_same_syn(const struct xtcp_syn_received *h, const struct xtcp_seg *seg)
{
	return (seg->flags & (XTCP_SYN | XTCP_ACK | XTCP_RST)) == XTCP_SYN &&
	       seg->seq == h->irs;
}

/* The one that would establish, unless data are to be waited for: then the peer is held
 * to have seen our SYN-ACK, and no more
 */
static enum xtcp_syn_received_verdict third_segment(struct xtcp_syn_received *h,
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
 * xtcp_syn_received_segment - what a segment means to a half-open connection
 * @h: the record; only @seen and @ts_recent are ever changed
 * @seg: the segment
 * @drop: why the segment came to nothing; XTCP_DROP_NONE when it did not
 *
 * The checks stand in the order of RFC 9293 section 3.10.7.4, with two exceptions.
 * The SYN again would fail the first and be answered by a bare ACK, which doesn't
 * open the connection: it gets the SYN-ACK once more. And the first check's clause
 * for an RST stands with the second check.
 *
 * Another SYN is challenged as in a synchronized state (RFC 5961 section 4) and does
 * not send us back to LISTEN, as RFC 9293 has it: else anybody could forget our
 * half-open connections for us by a SYN in the window. A peer that has restarted
 * answers the challenge with an RST that fits.
 *
 * FIN and text may ride on the third segment; they are the control block's affair.
 * Context: under the record's lock, or none: of the two fields that change one may lose
 * a bit (syn_received.h), and the other be the TSval of either of two copies of the SYN.
 *
 * Return: the verdict. ACKs in answer to *@drop are to be limited in rate by the
 * caller (RFC 5961 section 7).
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
	/* SND.UNA < SEG.ACK =< SND.NXT: only one number is */
	if (seg->ack == snd_nxt(h))
		return third_segment(h, seg);
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
 * xtcp_syn_received_synack - the SYN-ACK, the first time and again
 * @h: the record
 * @stamp: the timestamp clock (stamp.h); anything without @ts_ok
 * @out: result
 *
 * Context: under the record's lock, or none: the fields read don't change.
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
 * @h: the record
 * @stamp: the timestamp clock (stamp.h); anything without @ts_ok
 * @out: result
 *
 * Context: under the record's lock, or none: the fields read don't change.
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

/* Seconds that the timer waits after it has expired so often: RFC 6298 (2.1), (5.5) */
static int backed_off(u8 retries)
{
	const int most = XTCP_RTO_MAX / XTCP_US_PER_S;
	int rto = XTCP_RTO_INITIAL / XTCP_US_PER_S;

	while (retries-- && rto < most)
		rto *= 2;
	return min(rto, most);
}

/**
 * xtcp_syn_received_timeout - the time since the last SYN-ACK has passed
 * @h: the record
 * @knobs: the namespace's
 * @resend: whether a SYN-ACK is to be sent now. Not while data are waited for and the
 *	peer has acknowledged one, but once more at the end of that: what the peer
 *	answers to it establishes
 *
 * Context: under the record's lock. Source: RFC 6298 (2.1), (5.5); RFC 9293 section
 * 3.8.3 for the bound; for @resend the kernel's TCP.
 *
 * Return: us until the next time; 0 when synack_retries is used up and no data are
 * waited for: the record is to be forgotten.
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
 * xtcp_defer_retries - how often the timer expires until a time has passed
 * @seconds: since the first SYN-ACK
 *
 * Pure: no context, no lock. The value of TCP_DEFER_ACCEPT is rounded so.
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
 * xtcp_defer_seconds - when the timer expires for the last of so many times
 * @retries: the number, as xtcp_syn_received.defer has it
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

/* How often the timer had to send our SYN-ACK again before the peer had it; once it has
 * acknowledged one, that more than none were needed is all that is known
 */
static u8 synacks_lost(const struct xtcp_syn_received *h)
{
	if (h->seen & XTCP_SYN_RECEIVED_ACKED)
		return !!(h->seen & XTCP_SYN_RECEIVED_LATE);
	return h->retries;
}

/*
 * Our SYN stands in the send queue, for SEG.ACK to take it off. It is an RTT sample
 * when it went once (RFC 6298 section 3), and is acknowledged for the first time.
 * @retries counts what our timer did: that is what RFC 6298 (5.7) and RFC 5681 section
 * 3.1 ask of it later.
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
	xtcp_sendq_fly(&t->sendq, &t->syn);
	t->syn.retries = synacks_lost(h);
}

/**
 * xtcp_tcb_from_syn_received - the control block of a half-open connection
 * @t: result; xtcp_tcb_init() is called for it here
 * @h: the record, whose verdict was XTCP_SYN_RECEIVED_ESTABLISH
 * @knobs: the namespace's
 * @now: time, us
 *
 * It is in SYN-RECEIVED. The caller then sets what is the socket's (path, options,
 * @rcv_free), and @ts_offset, and gives it the segment: xtcp_step() makes it ESTABLISHED.
 * Context: @t is nobody else's yet. Source: RFC 9293 section 3.10.7.2, end.
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
