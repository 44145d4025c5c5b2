// SPDX-License-Identifier: GPL-2.0
/*
 * When we send an ACK: at once, delayed, or with the next data (RFC 9293 section 3.8.6.3). A
 * suspicious segment is answered by a challenge ACK (RFC 5961). send.c builds and sends an ACK
 * that is due. What the peer's ACKs do is in ack_in.c.
 */
#include <linux/minmax.h>

#include "ack_out.h"
#include "deadline.h"

#define QUICKACKS_LOSS	8	/* after a loss: the peer's cwnd grows by our ACKs */

/**
 * xtcp_ack_schedule - text has arrived in order: decide when to acknowledge it
 * @t: control block, RCV.NXT moved already
 * @now: time, us
 * @filled: the text has filled a hole, or part of one
 * @act: actions; may get XTCP_ACT_OUTPUT
 *
 * Acknowledge at once while the connection is young, when more than one full-sized segment is
 * not acknowledged (SHLD-19), and when a hole is filled (RFC 5681 section 4.2). Otherwise delay
 * the ACK (SHLD-18). A long write often ends in a short segment; an ACK for the full one before
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
 * xtcp_ack_loss - a segment shows that data, or our ACK of it, was lost
 * @t: control block
 * @act: actions; gets XTCP_ACT_OUTPUT
 *
 * Send this ACK and the next ones, QUICKACKS_LOSS in all, at once: the peer's congestion window
 * grows by our ACKs.
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
 * xtcp_ack_sent - a segment that carries RCV.NXT and a window was sent
 * @t: control block
 * @now: time, us
 * @out: the segment
 *
 * Data that is sent shortly after text has arrived is the application's reply. From now on ACKs
 * are delayed, so that replies can carry them.
 * Context: under the owner's lock.
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
 * xtcp_challenge - answer a segment that an attacker may have sent with an ACK
 * @t: control block
 * @now: time, us
 * @act: actions; may get XTCP_ACT_OUTPUT
 *
 * The segment is dropped. If it came from the real peer, the peer answers the ACK correctly.
 * At most XTCP_CHALLENGES a second are sent: two ends that each find the other's ACK
 * unacceptable would go on for ever. The limit is per connection: with a shared one, an off-path
 * attacker can count the challenge ACKs that other connections send (CVE-2016-5696).
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
