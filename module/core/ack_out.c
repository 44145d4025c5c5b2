// SPDX-License-Identifier: GPL-2.0
/*
 * When do we send an ACK? At once, delayed, or with what is sent anyway (RFC 9293 section
 * 3.8.6.3); and for a segment that anybody could have sent, a challenge ACK (RFC 5961). An ACK
 * that is due is made and sent by send.c. What an ACK of the peer's does is ack_in.c's.
 */
#include <linux/minmax.h>

#include "ack_out.h"
#include "deadline.h"

#define QUICKACKS_LOSS	8	/* after a loss, for the peer's slow start */

/**
 * xtcp_ack_schedule - text in order has come: when is its ACK due?
 * @t: control block, RCV.NXT moved already
 * @now: time, us
 * @filled: it has filled a hole, or part of one
 * @act: actions; may get XTCP_ACT_OUTPUT
 *
 * At once while the connection is young, when more than one full-sized segment is not
 * acknowledged (SHLD-19), and when it fills a hole (RFC 5681 section 4.2); else soon
 * (SHLD-18). The end of a long write is often a short segment: an ACK for the full one before
 * it lets Nagle's algorithm send the next.
 * Context: under the owner's lock. Source: RFC 9293 section 3.8.6.3.
 */
void xtcp_ack_schedule(struct xtcp_tcb *t, u64 now, bool filled, struct xtcp_actions *act)
{
	t->ack_pending = true;
	if (filled || t->quickack || t->rcv_nxt - t->rcv_wup > t->rcv_mss)
		xtcp_ack_now(t, act);
	else
		xtcp_arm(t, XTCP_TIMER_DELACK, now + XTCP_DELACK_MIN);
}

/**
 * xtcp_ack_loss - what has come shows that something was lost, if only our ACK
 * @t: control block
 * @act: actions; gets XTCP_ACT_OUTPUT
 *
 * It is answered at once, and so are some of the next: they make the peer's window grow.
 * Context: under the owner's lock. Source: RFC 5681 sections 3.2 and 4.2.
 */
void xtcp_ack_loss(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	t->quickack = max_t(u8, t->quickack, QUICKACKS_LOSS);
	xtcp_ack_now(t, act);
}

/**
 * xtcp_ack_expired - the delayed ACK is due
 * @t: control block
 * @now: time, us
 * @act: actions; gets XTCP_ACT_OUTPUT
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.8.6.3 (MUST-40).
 */
void xtcp_ack_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	xtcp_ack_now(t, act);
}

/**
 * xtcp_ack_sent - a segment has gone out that carried RCV.NXT and a window
 * @t: control block
 * @now: time, us
 * @out: the segment
 *
 * An answer that follows on what came shows that the application answers: from now on its
 * answers shall carry the ACKs. Context: under the owner's lock.
 */
void xtcp_ack_sent(struct xtcp_tcb *t, u64 now, const struct xtcp_out *out)
{
	t->ack_pending = false;
	t->ack_now = false;
	t->dsack_due = false;
	t->deadline[XTCP_TIMER_DELACK] = 0;
	t->rcv_wup = out->ack;
	if (out->kind == XTCP_OUT_DATA && now - t->last_text < XTCP_DELACK_MIN)
		t->quickack = 0;
	else if (t->quickack)
		t->quickack--;
}

/**
 * xtcp_challenge - an ACK for a segment that anybody could have sent
 * @t: control block
 * @now: time, us
 * @act: actions; may get XTCP_ACT_OUTPUT
 *
 * What is refused, and might have come from the peer all the same, is answered by an ACK, to
 * which a true peer has a true answer. Not more often than XTCP_CHALLENGES a second: two ends
 * that each find the other's ACK unacceptable would never stop. The limit is the connection's
 * own: from one that many share, a stranger could count the others' challenges
 * (CVE-2016-5696).
 * Context: under the owner's lock. Source: RFC 5961 sections 5 and 7.
 */
void xtcp_challenge(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (now - t->challenged >= XTCP_US_PER_S) {
		t->challenged = now;
		t->challenges = 0;
	}
	if (t->challenges >= XTCP_CHALLENGES)
		return;
	t->challenges++;
	xtcp_ack_now(t, act);
}
