// SPDX-License-Identifier: GPL-2.0
/*
 * The entry point of the state machine: each event has its function here, or in a file of its own
 * (RFC 9293 section 3.10).
 */
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "ack_out.h"
#include "fsm.h"
#include "orphan.h"
#include "scoreboard.h"
#include "segment.h"
#include "state.h"
#include "timeouts.h"
#include "window.h"

/* OPEN: active (RFC 9293 section 3.10.1) */
static void open(struct xtcp_tcb *t, const struct xtcp_event *ev,
		 struct xtcp_actions *act)
{
	if (!XTCP_IN(t->state, XTCP_S(CLOSED) | XTCP_S(LISTEN)))
		return;
	t->state = XTCP_SYN_SENT;
	t->iss = ev->iss;
	t->snd_una = ev->iss;
	t->snd_nxt = ev->iss;	/* + 1 when the SYN is sent */
	t->snd_up = ev->iss;
	t->recover = ev->iss;
	t->write_seq = ev->iss + 1;
	t->wscale_ok = READ_ONCE(t->knobs->window_scaling);
	t->ts_ok = READ_ONCE(t->knobs->timestamps);
	t->ts_offset = ev->ts_offset;
	t->sack_ok = READ_ONCE(t->knobs->sack);
	t->echo_ok = READ_ONCE(t->knobs->echo_cookie);
	t->fack = ev->iss;
	t->rcv_wscale = t->wscale_ok ?
		xtcp_wscale_choose(max_t(u32, t->rcv_free, READ_ONCE(t->knobs->rmem[2]))) : 0;

	t->syn = (struct xtcp_rec){
		.seq = ev->iss, .end_seq = ev->iss + 1, .flags = XTCP_REC_SYN,
	};
	xtcp_sendq_append(&t->sendq, &t->syn);
	act->todo |= XTCP_ACT_OUTPUT;
}

/* RECEIVE: the user has read bytes (RFC 9293 section 3.10.3) */
static void receive(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	if (!XTCP_IN(t->state, XTCP_CAN_RECEIVE) || !xtcp_window_update_due(t))
		return;
	xtcp_ack_now(t, act);
}

static void queue_fin(struct xtcp_tcb *t)
{
	t->fin = (struct xtcp_rec){
		.seq = t->write_seq, .end_seq = t->write_seq + 1, .flags = XTCP_REC_FIN,
	};
	xtcp_sendq_append(&t->sendq, &t->fin);
	t->write_seq++;
	t->snd_fin = true;
}

/*
 * CLOSE (RFC 9293 section 3.10.4). In SYN-RECEIVED, CLOSE is "queued for processing after entering
 * ESTABLISHED state", whether data is queued or not: the FIN is in the send queue, and FIN-WAIT-1
 * is entered when our SYN is acknowledged.
 */
static void shutdown(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	if (t->state == XTCP_SYN_SENT) {
		xtcp_tcb_close(t, act);
		return;
	}
	if (t->snd_fin || !XTCP_IN(t->state, XTCP_CAN_SEND | XTCP_S(SYN_RECEIVED)))
		return;
	queue_fin(t);
	if (t->state == XTCP_ESTABLISHED)
		t->state = XTCP_FIN_WAIT_1;
	else if (t->state == XTCP_CLOSE_WAIT)
		t->state = XTCP_LAST_ACK;
	act->todo |= XTCP_ACT_OUTPUT;
}

/*
 * Does a soft ICMP error end the connection? RFC 9293 MUST-56 says no. But a program that tries
 * several addresses should learn at once that one is unreachable (RFC 5461 section 4.1), so the
 * sysctl soft_error_aborts can end connect().
 */
static bool soft_error_ends(const struct xtcp_tcb *t)
{
	return t->state == XTCP_SYN_SENT && READ_ONCE(t->knobs->soft_error_aborts);
}

/*
 * A hard ICMP error ends a connection attempt. A soft error is only reported, unless
 * soft_error_aborts says otherwise. Neither ends an established connection, because ICMP errors
 * are easy to forge (RFC 9293 section 3.9.2.2, RFC 5927).
 */
static void icmp(struct xtcp_tcb *t, const struct xtcp_event *ev,
		 struct xtcp_actions *act)
{
	if (t->state == XTCP_CLOSED || t->state == XTCP_TIME_WAIT)
		return;
	if (ev->hard ? xtcp_handshaking(t) : soft_error_ends(t)) {
		xtcp_tcb_fail(t, ev->err, act);
		return;
	}
	t->soft_err = ev->err;
	act->err = ev->err;
	act->todo |= XTCP_ACT_SOFT_ERROR;
}

static void mtu_changed(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	if (xtcp_handshaking(t))
		return;
	xtcp_mark_oversized(t);
	act->todo |= XTCP_ACT_OUTPUT;
}

/**
 * xtcp_step - process one event
 * @t: control block; changed in place. @rcv_free is up to date
 * @ev: the event
 * @act: result: what is to be done about it. @act->rst is set only with XTCP_ACT_RST
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.
 */
void xtcp_step(struct xtcp_tcb *t, const struct xtcp_event *ev,
	       struct xtcp_actions *act)
{
	memset(act, 0, offsetof(struct xtcp_actions, rst));

	switch (ev->kind) {
	case XTCP_EV_SEGMENT:
		xtcp_segment(t, ev, act);
		break;
	case XTCP_EV_SEND:
		act->todo |= XTCP_ACT_OUTPUT;
		break;
	case XTCP_EV_RECEIVE:
		receive(t, act);
		break;
	case XTCP_EV_TIMER:
		xtcp_timeouts(t, ev->now, act);
		break;
	case XTCP_EV_OPEN:
		open(t, ev, act);
		break;
	case XTCP_EV_SHUTDOWN:
		shutdown(t, act);
		break;
	case XTCP_EV_SHUT_RD:
		t->rcv_shut = true;
		break;
	case XTCP_EV_ORPHAN:
		xtcp_orphan(t, ev->now, act);
		break;
	case XTCP_EV_ABORT:
		xtcp_tcb_abort(t, ev->now, act);
		break;
	case XTCP_EV_ICMP:
		icmp(t, ev, act);
		break;
	case XTCP_EV_MTU:
		mtu_changed(t, act);
		break;
	}
}
