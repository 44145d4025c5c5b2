// SPDX-License-Identifier: GPL-2.0
/*
 * SEGMENT ARRIVES (RFC 9293 section 3.10.7). The checks are in the RFC's order. Each is one
 * function, which returns whether processing goes on. For what a segment carries, from the
 * sixth step on, see text.c.
 */
#include <linux/errno.h>
#include <linux/minmax.h>

#include "ack_in.h"
#include "ack_out.h"
#include "cc.h"
#include "echo.h"
#include "keepalive.h"
#include "mss.h"
#include "orphan.h"
#include "reset.h"
#include "rtt.h"
#include "sack.h"
#include "scoreboard.h"
#include "segment.h"
#include "seq.h"
#include "stamp.h"
#include "state.h"
#include "text.h"
#include "window.h"

/* Drop a segment and answer it with <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
static bool challenge(struct xtcp_tcb *t, const struct xtcp_event *ev,
		      struct xtcp_actions *act, enum xtcp_drop why)
{
	xtcp_challenge(t, ev->now, act);
	return xtcp_drop(act, why);
}

/* The handshake is complete: ESTABLISHED, or FIN-WAIT-1 if the user has closed meanwhile */
static void establish(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	t->state = t->snd_fin ? XTCP_FIN_WAIT_1 : XTCP_ESTABLISHED;
	t->snd_sml = t->snd_una;
	if (t->syn.retries && t->rto < XTCP_RTO_SYN_LOST)	/* RFC 6298 (5.7) */
		t->rto = XTCP_RTO_SYN_LOST;
	xtcp_cc_init(t);
	xtcp_keepalive_start(t, now);
	act->todo |= XTCP_ACT_CONNECTED | XTCP_ACT_WRITABLE | XTCP_ACT_OUTPUT;
}

/* ---- 3.10.7.3: SYN-SENT ---- */

/* First, check the ACK bit */
static bool syn_sent_ack(struct xtcp_tcb *t, const struct xtcp_seg *seg,
			 struct xtcp_actions *act)
{
	if (!(seg->flags & XTCP_ACK))
		return true;
	if (seq_gt(seg->ack, t->iss) && seq_leq(seg->ack, t->snd_nxt))
		return true;
	if (seg->flags & XTCP_RST)
		return xtcp_drop(act, XTCP_DROP_RST_INVALID);
	return xtcp_reject(seg, act, seq_leq(seg->ack, t->iss) ? XTCP_DROP_ACK_OLD :
								 XTCP_DROP_ACK_FUTURE);
}

/* Second, check the RST bit; an ACK that gets here is acceptable */
static bool syn_sent_rst(struct xtcp_tcb *t, const struct xtcp_seg *seg,
			 struct xtcp_actions *act)
{
	if (!(seg->flags & XTCP_RST))
		return true;
	if (!(seg->flags & XTCP_ACK))
		return xtcp_drop(act, XTCP_DROP_RST_INVALID);
	xtcp_tcb_fail(t, ECONNREFUSED, act);
	return false;
}

/* Take over what the peer's SYN contains */
static void take_syn(struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now)
{
	t->irs = seg->seq;
	t->rcv_nxt = seg->seq + 1;
	t->rcv_wup = t->rcv_nxt;
	t->rcv_up = t->rcv_nxt;
	t->peer_mss = xtcp_mss_believed(seg->opts.mss, t->peer_mss);
	xtcp_stamp_begin(t, &seg->opts, now);
	t->sack_ok = t->sack_ok && seg->opts.sack_ok;
	xtcp_tcb_set_path(t, t->path_mss);

	t->wscale_ok = t->wscale_ok && seg->opts.wscale != XTCP_NO_WSCALE;
	t->snd_wscale = t->wscale_ok ? min_t(u8, seg->opts.wscale, XTCP_WSCALE_MAX) : 0;
	if (!t->wscale_ok)
		t->rcv_wscale = 0;
	t->snd_wl1 = seg->seq;
	t->snd_wnd = seg->wnd;
	t->snd_wnd_max = seg->wnd;
}

/*
 * A SYN without ACK: simultaneous open (MUST-10). Our SYN is sent again, with ACK. Text or FIN
 * on the peer's SYN is ignored; the peer retransmits it.
 */
static void open_simultaneously(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	t->state = XTCP_SYN_RECEIVED;
	xtcp_mark_lost(t, &t->syn);
	act->todo |= XTCP_ACT_OUTPUT;
}

/* Fourth, check the SYN bit; the third check, security, does not exist here */
static bool syn_sent_syn(struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now,
			 struct xtcp_actions *act)
{
	if (!(seg->flags & XTCP_SYN))
		return xtcp_drop(act, XTCP_DROP_NOT_EXPECTED);
	t->last_rcv = now;
	take_syn(t, seg, now);
	if (!(seg->flags & XTCP_ACK)) {
		open_simultaneously(t, act);
		return false;
	}
	xtcp_ack(t, seg, now, act);
	establish(t, now, act);
	xtcp_echo_begin(t, seg, now);
	xtcp_ack_now(t, act);
	return true;
}

/* ---- 3.10.7.4: other states ---- */

/*
 * First, check sequence number. The test is RFC 9293's table 6, made wider where it is
 * known to drop what it should not (appendix A.2):
 *  - A segment without text may be at the right edge, where the peer's SND.NXT is when it has
 *    filled the window. It may also be between the last ACK sent and RCV.NXT, since RCV.NXT
 *    may have advanced while the segment was in transit. A FIN needs no room and counts as no
 *    text.
 *  - Text that begins before the window and ends behind it is acceptable.
 * An RST is checked by its SEG.SEQ alone, in the second check.
 */
static bool acceptable(const struct xtcp_tcb *t, const struct xtcp_seg *seg)
{
	u32 edge = t->rcv_nxt + xtcp_rcv_window(t);

	if (seg->flags & XTCP_RST)
		return true;
	if (!seg->len)
		return seq_geq(seg->seq, t->rcv_wup) && seq_leq(seg->seq, edge);
	return seq_lt(seg->seq, edge) &&
	       seq_gt(seg->seq + xtcp_seg_len(seg), t->rcv_nxt);
}

static bool check_ack(struct xtcp_tcb *t, const struct xtcp_event *ev,
		      struct xtcp_actions *act);
static bool take_ack(struct xtcp_tcb *t, const struct xtcp_event *ev,
		     struct xtcp_actions *act);

/*
 * Text can't be taken because the window is closed. Its ACK and urgent pointer can ("special
 * allowance should be made", section 3.10.7.4; RST and URG: MUST-66). Otherwise two ends with
 * closed windows and full queues would wait for each other.
 */
static bool closed_window(struct xtcp_tcb *t, const struct xtcp_event *ev,
			  struct xtcp_actions *act)
{
	if (!check_ack(t, ev, act) || !take_ack(t, ev, act))
		return false;
	xtcp_check_urg(t, ev->seg, act);
	xtcp_ack_now(t, act);
	return xtcp_drop(act, XTCP_DROP_WINDOW);
}

/* Before the first check: PAWS. Text is always answered, see check_sequence() */
static bool check_stamp(struct xtcp_tcb *t, const struct xtcp_event *ev,
			struct xtcp_actions *act)
{
	if (xtcp_stamp_missing(t, ev->seg))
		return xtcp_drop(act, XTCP_DROP_NO_STAMP);
	if (!xtcp_stamp_old(t, ev->seg, ev->now))
		return true;
	if (!ev->seg->len)
		return challenge(t, ev, act, XTCP_DROP_PAWS);
	xtcp_ack_now(t, act);
	return xtcp_drop(act, XTCP_DROP_PAWS);
}

static bool check_sequence(struct xtcp_tcb *t, const struct xtcp_event *ev,
			   struct xtcp_actions *act)
{
	const struct xtcp_seg *seg = ev->seg;
	bool old = seq_lt(seg->seq, t->rcv_nxt);

	/* A SYN is challenged whatever its SEG.SEQ is, see check_syn() */
	if ((seg->flags & XTCP_SYN) || acceptable(t, seg))
		return true;
	if (!xtcp_seg_len(seg))
		return challenge(t, ev, act, old ? XTCP_DROP_OLD : XTCP_DROP_WINDOW);
	/*
	 * Text or FIN is always answered. A pure ACK has neither, so this can't loop. Text that
	 * arrives twice shows that the peer has lost a segment, maybe only our ACK.
	 */
	if (seg->seq == t->rcv_nxt)
		return closed_window(t, ev, act);
	if (old && seg->len)
		xtcp_sack_duplicate(t, seg->seq, seg->seq + seg->len);
	xtcp_ack_loss(t, act);
	return xtcp_drop(act, old ? XTCP_DROP_OLD : XTCP_DROP_WINDOW);
}

/*
 * The error that the user gets for an RST; 0: none. RFC 9293 reports nothing in CLOSING and
 * LAST-ACK. But unacknowledged bytes may be lost then, and MUST-12 wants that reported.
 */
static int reset_errno(const struct xtcp_tcb *t)
{
	switch (t->state) {
	case XTCP_SYN_RECEIVED:
		return t->passive ? 0 : ECONNREFUSED;
	case XTCP_CLOSE_WAIT:
		return EPIPE;
	case XTCP_CLOSING:
	case XTCP_LAST_ACK:
		return seq_lt(t->snd_una, t->fin.seq) ? ECONNRESET : 0;
	default:
		return ECONNRESET;
	}
}

/* Second, check the RST bit, as RFC 5961 section 3 has it */
static bool check_rst(struct xtcp_tcb *t, const struct xtcp_event *ev,
		      struct xtcp_actions *act)
{
	const struct xtcp_seg *seg = ev->seg;

	if (!(seg->flags & XTCP_RST))
		return true;
	if (seg->seq != t->rcv_nxt) {
		if (seg->seq - t->rcv_nxt < xtcp_rcv_window(t))
			return challenge(t, ev, act, XTCP_DROP_RST_INVALID);
		return xtcp_drop(act, XTCP_DROP_RST_INVALID);
	}
	if (reset_errno(t))
		xtcp_tcb_fail(t, reset_errno(t), act);
	else
		xtcp_tcb_close(t, act);
	return false;
}

/*
 * Fourth, check the SYN bit (RFC 5961 section 4); there is no security check. The SYN-ACK of a
 * simultaneous open is before RCV.NXT, too. It has the SYN that we already got, and the ACK
 * that we wait for (RFC 9293, figure 7, line 6).
 */
static bool check_syn(struct xtcp_tcb *t, const struct xtcp_event *ev,
		      struct xtcp_actions *act)
{
	const struct xtcp_seg *seg = ev->seg;

	if (!(seg->flags & XTCP_SYN))
		return true;
	if (t->state == XTCP_SYN_RECEIVED && !t->passive && seg->seq == t->irs &&
	    (seg->flags & XTCP_ACK))
		return true;
	return challenge(t, ev, act, XTCP_DROP_SYN_CHALLENGED);
}

/*
 * Fifth, check the ACK field. It must be in the range of RFC 5961 section 5; in SYN-RECEIVED it
 * must acknowledge our SYN. Up to here the segment may be from an off-path attacker who guesses
 * the window, so its ACK, window, timestamp and text have not been used yet.
 */
static bool check_ack(struct xtcp_tcb *t, const struct xtcp_event *ev,
		      struct xtcp_actions *act)
{
	bool opening = t->state == XTCP_SYN_RECEIVED;
	const struct xtcp_seg *seg = ev->seg;
	enum xtcp_drop why;

	if (!(seg->flags & XTCP_ACK))
		return xtcp_drop(act, XTCP_DROP_NO_ACK);
	if (seq_lt(seg->ack, opening ? t->snd_una + 1 : t->snd_una - t->snd_wnd_max))
		why = XTCP_DROP_ACK_OLD;
	else if (seq_gt(seg->ack, t->snd_nxt))
		why = XTCP_DROP_ACK_FUTURE;
	else
		return true;
	return opening ? xtcp_reject(seg, act, why) : challenge(t, ev, act, why);
}

/* The segment's numbers show that it is from the peer */
static void believe(struct xtcp_tcb *t, const struct xtcp_event *ev)
{
	t->last_rcv = ev->now;
	if (t->echoing)
		xtcp_echo_confirmed(t);
	xtcp_stamp_take(t, ev->seg, ev->now);
}

/* Our FIN is acknowledged, and the peer's has not arrived */
static void enter_fin_wait_2(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	t->state = XTCP_FIN_WAIT_2;
	act->todo |= XTCP_ACT_WRITE_SHUT;
	xtcp_orphan_fin_wait_2(t, now, act);
}

/* Fifth, at the end: if our FIN is acknowledged, change the state */
static bool ack_of_fin(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (!t->snd_fin || t->snd_una != t->fin.end_seq)
		return true;
	switch (t->state) {
	case XTCP_FIN_WAIT_1:
		enter_fin_wait_2(t, now, act);
		return t->state != XTCP_CLOSED;
	case XTCP_CLOSING:
		act->todo |= XTCP_ACT_WRITE_SHUT;
		xtcp_enter_time_wait(t, act);
		return false;
	case XTCP_LAST_ACK:
		act->todo |= XTCP_ACT_WRITE_SHUT;
		xtcp_tcb_close(t, act);
		return false;
	default:
		return true;
	}
}

/*
 * Fifth, process the ACK. In SYN-RECEIVED it acknowledges our SYN, since nothing else was sent
 * yet, and its window is always taken.
 */
static bool take_ack(struct xtcp_tcb *t, const struct xtcp_event *ev,
		     struct xtcp_actions *act)
{
	bool opening = t->state == XTCP_SYN_RECEIVED;

	if (opening)
		t->snd_wl1 = ev->seg->seq;
	xtcp_ack(t, ev->seg, ev->now, act);
	if (!opening)
		return ack_of_fin(t, ev->now, act);
	establish(t, ev->now, act);
	return true;
}

/*
 * The fast path. Nearly every segment is the next one in order, or an ACK. It needs none of the
 * checks, because this test implies them.
 */
static bool is_predicted(const struct xtcp_tcb *t, const struct xtcp_event *ev)
{
	const struct xtcp_seg *seg = ev->seg;

	return t->state == XTCP_ESTABLISHED && !t->rcv_fin && !t->echoing &&
	       !seg->opts.ext && (ev->rec || !seg->len) &&
	       (seg->flags & ~XTCP_PSH) == XTCP_ACK && seg->seq == t->rcv_nxt &&
	       seg->len <= xtcp_rcv_window(t) &&
	       seg->ack - t->snd_una <= xtcp_flight(t) &&
	       (!t->ts_ok || (seg->opts.ts && seq_geq(seg->opts.tsval, t->ts_recent)));
}

static void segment_predicted(struct xtcp_tcb *t, const struct xtcp_event *ev,
			      struct xtcp_actions *act)
{
	const struct xtcp_seg *seg = ev->seg;

	believe(t, ev);
	xtcp_ack(t, seg, ev->now, act);
	if (!seg->len)
		return;
	ev->rec->seq = seg->seq;
	ev->rec->end_seq = seg->seq + seg->len;
	ev->rec->skip = 0;
	xtcp_take_in_order(t, ev, act);
}

static void segment_syn_sent(struct xtcp_tcb *t, const struct xtcp_event *ev,
			     struct xtcp_actions *act)
{
	if (!syn_sent_ack(t, ev->seg, act) || !syn_sent_rst(t, ev->seg, act) ||
	    !syn_sent_syn(t, ev->seg, ev->now, act))
		return;
	xtcp_check_urg(t, ev->seg, act);
	xtcp_take_text(t, ev, act);
}

static void segment_other(struct xtcp_tcb *t, const struct xtcp_event *ev,
			  struct xtcp_actions *act)
{
	if (!check_stamp(t, ev, act) || !check_sequence(t, ev, act) ||
	    !check_rst(t, ev, act) || !check_syn(t, ev, act) || !check_ack(t, ev, act))
		return;
	believe(t, ev);
	if (!take_ack(t, ev, act))
		return;
	/* The peer echoes its cookie until a segment from us shows that we have it */
	if (t->passive && ev->seg->opts.ext & XTCP_EXT_COOKIE)
		xtcp_challenge(t, ev->now, act);
	xtcp_check_urg(t, ev->seg, act);
	xtcp_take_text(t, ev, act);
}

/**
 * xtcp_segment - SEGMENT ARRIVES
 * @t: control block
 * @ev: the segment, and a record for its text
 * @act: actions
 *
 * CLOSED and LISTEN have no control block, and a connection in TIME-WAIT becomes a TIME-WAIT
 * entry. A segment gets here in such a state only while the connection changes over.
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.7.
 */
void xtcp_segment(struct xtcp_tcb *t, const struct xtcp_event *ev,
		  struct xtcp_actions *act)
{
	const u32 none = XTCP_S(CLOSED) | XTCP_S(LISTEN) | XTCP_S(TIME_WAIT);

	if (is_predicted(t, ev))
		segment_predicted(t, ev, act);
	else if (XTCP_IN(t->state, none))
		xtcp_drop(act, XTCP_DROP_NOT_EXPECTED);
	else if (t->state == XTCP_SYN_SENT)
		segment_syn_sent(t, ev, act);
	else
		segment_other(t, ev, act);
}
