/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the state machine share, and nobody else needs.
 *
 *   fsm.c	xtcp_step(): one event in, changes and actions out
 *    |- segment.c	SEGMENT ARRIVES, check by check
 *    |	  |- challenge.c  ACKs that anybody could provoke
 *    |	  `- ack.c	what SEG.ACK and SEG.WND say; duplicate ACKs, recovery
 *    |	      |- rtt.c	the retransmission timeout
 *    |	      |- cc.c	the congestion window
 *    |	      |- scoreboard.c	what the peer has beyond holes
 *    |	      |- rack.c	what is lost
 *    |	      |- tlp.c	what is lost at the tail
 *    |	      |- frto.c	whether a timeout was too early
 *    |	      `- undo.c	what was not lost after all
 *    |	  |- text.c	urgent pointer, text and FIN
 *    |	  |- stamp.c	timestamps, PAWS
 *    |	  |- echo.c	a cookie that we echo
 *    |	  `- sack.c	what our ACKs tell of holes and duplicates
 *    `- timers.c	deadlines, and what is done when they pass
 *   send.c	xtcp_next(): what is to be sent now?
 *    `- window.c	how much the peer lets us send, and we let the peer
 *
 * Everything here is called under the lock of the connection's owner.
 */
#ifndef XTCP_CORE_INTERNAL_H
#define XTCP_CORE_INTERNAL_H

#include "seq.h"
#include "tcb.h"

#define XTCP_MSS_FLOOR		48	/* payload, whatever path and options leave */
#define XTCP_QUICKACKS		16	/* ACKs at once in a young connection */
#define XTCP_QUICKACKS_LOSS	8	/* and after a loss, for the peer's slow start */
#define XTCP_RTO_SYN_LOST	(3 * XTCP_US_PER_S)	/* RFC 6298 (5.7) */
#define XTCP_OVERRIDE		(200 * XTCP_US_PER_MS)	/* RFC 9293 section 3.8.6.2.1, (4) */
#define XTCP_DUPACKS		3	/* RFC 5681 section 3.2 */
#define XTCP_CHALLENGES		10	/* per second and connection, see challenge.c */
#define XTCP_ORPHAN_RETRIES	8	/* what the knob's 0 stands for */
#define XTCP_WND_FIELD_MAX	0xffff

/* Sequence numbers sent and not acknowledged: FlightSize of RFC 5681 */
static inline u32 xtcp_flight(const struct xtcp_tcb *t)
{
	return t->snd_nxt - t->snd_una;
}

/*
 * Bytes thought to be on their way. What is lost or has arrived out of order isn't.
 * This is the one place where the estimate is made; congestion control compares
 * it with cwnd, which is the same as RFC 5681 inflating cwnd by each duplicate ACK.
 */
static inline u32 xtcp_pipe(const struct xtcp_tcb *t)
{
	u32 flight = xtcp_flight(t), gone = t->lost + t->sacked;

	return flight > gone ? flight - gone : 0;
}

/* The SYN is not acknowledged: nothing but it may be sent */
static inline bool xtcp_handshaking(const struct xtcp_tcb *t)
{
	return XTCP_IN(t->state, XTCP_S(SYN_SENT) | XTCP_S(SYN_RECEIVED));
}

/* There is something that the SACK option of the next ACK tells */
static inline bool xtcp_sack_due(const struct xtcp_tcb *t)
{
	return t->sack_ok && (t->reasm.bytes || t->dsack_due);
}

/* Something waits to be sent, for the first time or again */
static inline bool xtcp_has_output(const struct xtcp_tcb *t)
{
	return t->sendq.unsent || t->lost || t->ack_now;
}

/* An ACK is owed at once */
static inline void xtcp_ack_now(struct xtcp_tcb *t, struct xtcp_actions *act)
{
	t->ack_now = true;
	act->todo |= XTCP_ACT_OUTPUT;
}

/* Refuse a segment. Return: false, for "no further checks" */
static inline bool xtcp_drop(struct xtcp_actions *act, enum xtcp_drop why)
{
	act->drop = why;
	return false;
}

/*
 * Set a deadline. To drop one it is set to 0, just so: what passes too early does no
 * harm, and this happens with each segment.
 */
static inline void xtcp_deadline_set(struct xtcp_tcb *t, enum xtcp_timer_kind kind, u64 when)
{
	t->deadline[kind] = when;
	if (when < t->soonest)
		t->soonest = when;
}

/**
 * struct xtcp_arrival - what an ACK says, for those that look for losses
 * @seg: the segment
 * @now: time, us
 * @any: some record has arrived, for all that is known for the first time
 * @dsack: the peer has told of a duplicate
 * @sent: of those the one sent last: when, us; 0: none is known for sure
 * @end_seq: and its end
 */
struct xtcp_arrival {
	const struct xtcp_seg *seg;
	u64 now;
	bool any, dsack;
	u64 sent;
	u32 end_seq;
};

/* tcb.c */
u32 xtcp_opts_len(const struct xtcp_tcb *t);
u32 xtcp_text_max(const struct xtcp_tcb *t);

/* fsm.c */
void xtcp_tcb_close(struct xtcp_tcb *t, struct xtcp_actions *act);
void xtcp_tcb_fail(struct xtcp_tcb *t, int err, struct xtcp_actions *act);
void xtcp_tcb_abort(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);
void xtcp_enter_time_wait(struct xtcp_tcb *t, struct xtcp_actions *act);
void xtcp_enter_fin_wait_2(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);
void xtcp_queue_fin(struct xtcp_tcb *t);

/* segment.c */
void xtcp_segment(struct xtcp_tcb *t, const struct xtcp_event *ev,
		  struct xtcp_actions *act);
bool xtcp_refuse(const struct xtcp_seg *seg, struct xtcp_actions *act, enum xtcp_drop why);

/* text.c */
void xtcp_check_urg(struct xtcp_tcb *t, const struct xtcp_seg *seg, struct xtcp_actions *act);
void xtcp_take_in_order(struct xtcp_tcb *t, const struct xtcp_event *ev,
			struct xtcp_actions *act);
void xtcp_take_text(struct xtcp_tcb *t, const struct xtcp_event *ev, struct xtcp_actions *act);

/* challenge.c */
void xtcp_challenge(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);

/* ack.c */
void xtcp_ack(struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now,
	      struct xtcp_actions *act);
void xtcp_mark_lost(struct xtcp_tcb *t, struct xtcp_rec *rec);
void xtcp_unmark_lost(struct xtcp_tcb *t, struct xtcp_rec *rec);
void xtcp_mark_all_lost(struct xtcp_tcb *t);
void xtcp_mark_oversized(struct xtcp_tcb *t);

/* send.c */
void xtcp_fill_reset(const struct xtcp_tcb *t, u64 now, struct xtcp_out *out);

/* timers.c */
void xtcp_timers(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);
void xtcp_rtx_restart(struct xtcp_tcb *t, u64 now);
void xtcp_persist_arm(struct xtcp_tcb *t, u64 now);
void xtcp_arm(struct xtcp_tcb *t, enum xtcp_timer_kind kind, u64 when);
bool xtcp_hopeless(const struct xtcp_tcb *t, u32 tries, u64 now);
void xtcp_time_out(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);
void xtcp_probe_anew(struct xtcp_tcb *t, u64 now);

/* window.c */
u16 xtcp_window_field(const struct xtcp_tcb *t, bool syn);
bool xtcp_window_update_due(const struct xtcp_tcb *t);
u32 xtcp_usable_window(const struct xtcp_tcb *t);
u32 xtcp_sendable(const struct xtcp_tcb *t, const struct xtcp_rec *rec);

/* rtt.c */
void xtcp_rtt_sample(struct xtcp_tcb *t, u64 us);
void xtcp_rto_backoff(struct xtcp_tcb *t);

/* blackhole.c */
void xtcp_blackhole_suspect(struct xtcp_tcb *t, u64 now);
void xtcp_blackhole_retry(struct xtcp_tcb *t, u64 now);

/* stamp.c */
bool xtcp_stamp_missing(const struct xtcp_tcb *t, const struct xtcp_seg *seg);
bool xtcp_stamp_old(const struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now);
void xtcp_stamp_take(struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now);
void xtcp_stamp_forget(struct xtcp_tcb *t, u64 now);
void xtcp_stamp_begin(struct xtcp_tcb *t, const struct xtcp_opts *opts, u64 now);
void xtcp_stamp_add(const struct xtcp_tcb *t, u64 now, struct xtcp_out *out);
u64 xtcp_stamp_rtt(const struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now);

/* echo.c */
void xtcp_echo_offer(const struct xtcp_tcb *t, struct xtcp_opts *opts);
void xtcp_echo_begin(struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now);
void xtcp_echo_add(const struct xtcp_tcb *t, struct xtcp_opts *opts);
void xtcp_echo_confirmed(struct xtcp_tcb *t);
void xtcp_echo_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);

/* sack.c */
void xtcp_sack_duplicate(struct xtcp_tcb *t, u32 start, u32 end);
u32 xtcp_sack_len(const struct xtcp_tcb *t);
void xtcp_sack_add(const struct xtcp_tcb *t, struct xtcp_opts *opts);

/* scoreboard.c */
bool xtcp_scoreboard_is_dsack(const struct xtcp_seg *seg);
void xtcp_scoreboard_take(struct xtcp_tcb *t, struct xtcp_arrival *a);
void xtcp_scoreboard_forget(struct xtcp_tcb *t, u32 una);
void xtcp_scoreboard_clear(struct xtcp_tcb *t);
void xtcp_unmark_sacked(struct xtcp_tcb *t, struct xtcp_rec *rec);

/* rack.c */
void xtcp_arrival_add(struct xtcp_tcb *t, struct xtcp_arrival *a, const struct xtcp_rec *rec);
void xtcp_rack_dsack(struct xtcp_tcb *t);
void xtcp_rack_recovered(struct xtcp_tcb *t);
void xtcp_rack_detect(struct xtcp_tcb *t, u64 now);
void xtcp_rack_timeout(struct xtcp_tcb *t, u64 now);

/* tlp.c */
void xtcp_tlp_arm(struct xtcp_tcb *t, u64 now);
void xtcp_tlp_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);
void xtcp_tlp_sent(struct xtcp_tcb *t, bool again);
void xtcp_tlp_acked(struct xtcp_tcb *t, const struct xtcp_arrival *a);

/* frto.c */
void xtcp_frto_begin(struct xtcp_tcb *t);
void xtcp_frto_acked(struct xtcp_tcb *t, const struct xtcp_arrival *a, bool moved, bool dup);

/* undo.c */
void xtcp_undo(struct xtcp_tcb *t);
void xtcp_undo_prepare(struct xtcp_tcb *t);
void xtcp_undo_retransmitted(struct xtcp_tcb *t, const struct xtcp_rec *rec, u64 now);
void xtcp_undo_acked(struct xtcp_tcb *t, const struct xtcp_arrival *a);

/* cc.c */
void xtcp_cc_init(struct xtcp_tcb *t);
void xtcp_cc_acked(struct xtcp_tcb *t, u32 acked);
void xtcp_cc_idle(struct xtcp_tcb *t, u64 now);
void xtcp_cc_timeout(struct xtcp_tcb *t);
void xtcp_cc_recovery_enter(struct xtcp_tcb *t);
void xtcp_cc_recovery_partial(struct xtcp_tcb *t, u32 acked);
void xtcp_cc_recovery_leave(struct xtcp_tcb *t);
void xtcp_cc_again(struct xtcp_tcb *t);
void xtcp_cc_repaired(struct xtcp_tcb *t);
void xtcp_cc_timeout_was_right(struct xtcp_tcb *t);
void xtcp_cc_undo(struct xtcp_tcb *t);

#endif /* XTCP_CORE_INTERNAL_H */
