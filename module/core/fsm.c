// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine's table of contents: every event has its function here (RFC 9293
 * section 3.10), and every way for a connection to end.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "syn_received.h"
#include "internal.h"

/* Put a chain in front of those that nobody needs any more */
static void free_chain(struct xtcp_actions *act, struct xtcp_rec *chain)
{
	struct xtcp_rec **link = &chain;

	while (*link)
		link = &(*link)->next;
	*link = act->freed;
	act->freed = chain;
}

/* No timer runs, no queue holds anything */
static void flush(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	memset(t->deadline, 0, sizeof(t->deadline));
	t->soonest = XTCP_NEVER;
	free_chain(act, xtcp_sendq_purge(&t->sendq));
	free_chain(act, xtcp_reasm_purge(&t->reasm));
	t->lost = 0;
	t->sacked = 0;
	t->sacked_recs = 0;
	t->nseen = 0;
	t->lost_hint = NULL;
	t->retx_now = false;
	t->tlp_now = false;
	t->frto = XTCP_FRTO_OFF;
	t->probe_now = false;
}

/**
 * xtcp_tcb_close - the connection is gone
 * @t: control block; CLOSED afterwards, its queues and timers empty
 * @act: actions; gets XTCP_ACT_CLOSED, loses XTCP_ACT_OUTPUT
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10 ("delete the TCB").
 */
void xtcp_tcb_close(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	flush(t, act);
	t->state = XTCP_CLOSED;
	t->ack_now = false;
	t->ack_pending = false;
	act->todo |= XTCP_ACT_CLOSED;
	act->todo &= ~XTCP_ACT_OUTPUT;
}

/**
 * xtcp_tcb_fail - the connection is gone, and the user is told why
 * @t: control block
 * @err: errno, positive
 * @act: actions
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.6 (MUST-12).
 */
void xtcp_tcb_fail(struct xtcp_tcb *t, int err, struct xtcp_actions *act)
{
	act->err = err;
	act->todo |= XTCP_ACT_ERROR | XTCP_ACT_READABLE | XTCP_ACT_WRITABLE;
	xtcp_tcb_close(t, act);
}

/*
 * Where an abort is told to the peer. CLOSING and LAST-ACK of RFC 9293 begin when the FIN
 * goes; while it waits behind bytes the peer waits, too, and would for ever.
 */
static bool abort_resets(const struct xtcp_tcb *t)
{
	const u32 resets = XTCP_S(SYN_RECEIVED) | XTCP_S(ESTABLISHED) |
			   XTCP_S(FIN_WAIT_1) | XTCP_S(FIN_WAIT_2) | XTCP_S(CLOSE_WAIT);
	const u32 ends = XTCP_S(CLOSING) | XTCP_S(LAST_ACK);

	return XTCP_IN(t->state, resets) || (XTCP_IN(t->state, ends) && t->sendq.unsent);
}

/**
 * xtcp_tcb_abort - ABORT: end the connection, and tell the peer where RFC 9293 does
 * @t: control block
 * @now: time, us
 * @act: actions
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.5.
 */
void xtcp_tcb_abort(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (t->state == XTCP_CLOSED)
		return;
	if (abort_resets(t)) {
		xtcp_fill_reset(t, now, &act->rst);
		act->todo |= XTCP_ACT_RST;
	}
	xtcp_tcb_close(t, act);
}

/**
 * xtcp_enter_time_wait - both FINs are acknowledged, ours was the first
 * @t: control block; a pending ACK may still be asked of xtcp_next()
 * @act: actions; gets XTCP_ACT_TIME_WAIT
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.7.4 ("turn off the
 * other timers").
 */
void xtcp_enter_time_wait(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	flush(t, act);
	t->state = XTCP_TIME_WAIT;
	act->todo |= XTCP_ACT_TIME_WAIT | XTCP_ACT_READABLE | XTCP_ACT_WRITABLE;
}

/* How long an orphan waits for the peer's FIN; negative: not at all */
static s64 fin_wait_2_time(const struct xtcp_tcb *t)
{
	int seconds = t->set_fin_timeout ?: READ_ONCE(t->knobs->fin_timeout);

	return seconds * (s64)XTCP_US_PER_S;
}

/* RFC 9293 lets FIN-WAIT-2 last for ever; with no user to wait for, it doesn't */
static void limit_fin_wait_2(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (!t->orphan)
		return;
	if (fin_wait_2_time(t) < 0)
		xtcp_tcb_abort(t, now, act);
	else
		xtcp_deadline_set(t, XTCP_TIMER_ORPHAN, now + fin_wait_2_time(t));
}

/**
 * xtcp_enter_fin_wait_2 - our FIN is acknowledged, the peer's has not come
 * @t: control block
 * @now: time, us
 * @act: actions
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.7.4, fifth.
 */
void xtcp_enter_fin_wait_2(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	t->state = XTCP_FIN_WAIT_2;
	act->todo |= XTCP_ACT_WRITE_SHUT;
	limit_fin_wait_2(t, now, act);
}

/* OPEN: active (RFC 9293 section 3.10.1) */
static void open(struct xtcp_tcb *t, const struct xtcp_event *ev,
		 struct xtcp_actions *act)
{
	if (!XTCP_IN(t->state, XTCP_S(CLOSED) | XTCP_S(LISTEN)))
		return;
	t->state = XTCP_SYN_SENT;
	t->iss = ev->iss;
	t->snd_una = ev->iss;
	t->snd_nxt = ev->iss;	/* + 1 when the SYN has gone out */
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

/* RECEIVE: the user has taken bytes (RFC 9293 section 3.10.3) */
static void receive(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	if (!XTCP_IN(t->state, XTCP_CAN_RECEIVE) || !xtcp_window_update_due(t))
		return;
	t->ack_now = true;
	act->todo |= XTCP_ACT_OUTPUT;
}

/**
 * xtcp_queue_fin - put the FIN behind what was written
 * @t: control block
 *
 * Context: under the owner's lock. Source: RFC 9293 section 3.10.4.
 */
void xtcp_queue_fin(struct xtcp_tcb *t)
{
	t->fin = (struct xtcp_rec){
		.seq = t->write_seq, .end_seq = t->write_seq + 1, .flags = XTCP_REC_FIN,
	};
	xtcp_sendq_append(&t->sendq, &t->fin);
	t->write_seq++;
	t->snd_fin = true;
}

/*
 * CLOSE (RFC 9293 section 3.10.4). In SYN-RECEIVED the request is "queued for processing
 * after entering ESTABLISHED state", whether or not data waits: the FIN stands in the
 * queue, and FIN-WAIT-1 is entered with the ACK of our SYN.
 */
static void shutdown(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	if (t->state == XTCP_SYN_SENT) {
		xtcp_tcb_close(t, act);
		return;
	}
	if (t->snd_fin || !XTCP_IN(t->state, XTCP_CAN_SEND | XTCP_S(SYN_RECEIVED)))
		return;
	xtcp_queue_fin(t);
	if (t->state == XTCP_ESTABLISHED)
		t->state = XTCP_FIN_WAIT_1;
	else if (t->state == XTCP_CLOSE_WAIT)
		t->state = XTCP_LAST_ACK;
	act->todo |= XTCP_ACT_OUTPUT;
}

/*
 * Nobody reads or asks any more: what is left is to end properly, within a time that no
 * peer can make longer. R2 counts what goes unanswered, and bytes that are taken start it
 * anew; so there is a limit to all of it, too.
 */
static void orphan(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	t->orphan = true;
	t->deaf = true;
	if (t->state == XTCP_FIN_WAIT_2) {
		limit_fin_wait_2(t, now, act);
		return;
	}
	xtcp_deadline_set(t, XTCP_TIMER_ORPHAN,
			  now + READ_ONCE(t->knobs->orphan_timeout) * XTCP_US_PER_S);
	if (t->probes_out)
		xtcp_probe_anew(t, now);
}

/*
 * RFC 5461 section 4.1: a program that tries one address after the other is to know at once
 * that this one can't be reached. RFC 9293 MUST-56 wants to go on: the knob says which.
 */
static bool soft_error_ends(const struct xtcp_tcb *t)
{
	return t->state == XTCP_SYN_SENT && READ_ONCE(t->knobs->soft_error_aborts);
}

/*
 * A soft error is advice, but maybe for who waits for connect(); a hard one ends any attempt
 * to connect. Neither ends what is established, where anybody could forge it (RFC 9293
 * section 3.9.2.2, RFC 5927).
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
 * xtcp_step - an event
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
		xtcp_timers(t, ev->now, act);
		break;
	case XTCP_EV_OPEN:
		open(t, ev, act);
		break;
	case XTCP_EV_SHUTDOWN:
		shutdown(t, act);
		break;
	case XTCP_EV_DEAF:
		t->deaf = true;
		break;
	case XTCP_EV_ORPHAN:
		orphan(t, ev->now, act);
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
