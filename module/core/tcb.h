/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The transmission control block (RFC 9293 section 3.3.1).
 *
 * The core offers two functions on it:
 *
 *   xtcp_step(tcb, event, actions)  what does this event change, and what must
 *				     be done? (fsm.h)
 *   xtcp_next(tcb, now, out)	     what is to be sent now? (send.h)
 *
 * Time is in microseconds, see usec.h. The caller holds the lock of the connection's
 * owner. The core takes no lock, allocates no memory and calls nothing outside itself.
 */
#ifndef XTCP_CORE_TCB_H
#define XTCP_CORE_TCB_H

#include <linux/types.h>

#include "ext.h"
#include "knobs.h"
#include "reasm.h"
#include "sendq.h"
#include "state.h"
#include "wire.h"

/* F-RTO, see frto.c */
enum xtcp_frto {
	XTCP_FRTO_OFF,
	XTCP_FRTO_RETRANSMITTED,	/* the first segment was sent again; waits for its ACK */
	XTCP_FRTO_NEW_DATA,		/* two new segments were sent; the next ACK decides */
};

/* The deadlines of a connection. The module's timer wheel holds only the earliest */
enum xtcp_timer_kind {
	XTCP_TIMER_PROBE,	/* tail loss probe, RFC 8985 section 7; first, as it delays RTX */
	XTCP_TIMER_RTX,		/* retransmission, RFC 6298 */
	XTCP_TIMER_REORDER,	/* the reordering timer of RACK, RFC 8985 section 6.2 */
	XTCP_TIMER_PERSIST,	/* zero-window probe, RFC 9293 section 3.8.6.1 */
	XTCP_TIMER_DELACK,	/* delayed ACK, RFC 9293 section 3.8.6.3 */
	XTCP_TIMER_KEEPALIVE,	/* RFC 9293 section 3.8.4 */
	XTCP_TIMER_ORPHAN,	/* ends an orphan: a connection without a user */
	XTCP_TIMER_RETRY,	/* tries again after memory was short for a segment */
	XTCP_TIMER_CONFIRM,	/* the server has not confirmed the echo cookie, echo.c */
	XTCP_TIMER_KINDS
};

/**
 * struct xtcp_sack_seen - a SACK block that was processed
 * @block: the block
 * @last: the last record that lies entirely in it
 */
struct xtcp_sack_seen {
	struct xtcp_sack_block block;
	struct xtcp_rec *last;
};

/**
 * struct xtcp_tcb - the control block
 *
 * The sequence variables have the names of RFC 9293 section 3.3.1. Flags and small numbers
 * are placed where they leave no holes.
 */
struct xtcp_tcb {
	/* The connection, and what its user has set */

	/** @state: enum xtcp_state */
	u8 state;
	/** @passive: opened passively (MUST-11) */
	bool passive:1;
	/** @orphan: the user has closed it, so no program has it */
	bool orphan:1;
	/** @rcv_shut: text that arrives will not be read */
	bool rcv_shut:1;
	/** @nodelay: Nagle is off (MUST-17) */
	bool nodelay:1;
	/** @cork: send only full segments */
	bool cork:1;
	/** @keepalive: SO_KEEPALIVE is on */
	bool keepalive:1;

	/* Options: offered in our SYN; once the peer's SYN has come, agreed */

	/** @sack_ok: both sides use SACK, or our SYN offers it */
	bool sack_ok:1;
	/** @ts_ok: both sides use timestamps, or our SYN offers them */
	bool ts_ok:1;
	/** @wscale_ok: both sides scale windows, or our SYN offers it */
	bool wscale_ok:1;
	/** @echo_ok: our SYN offers to echo a cookie */
	bool echo_ok:1;
	/** @echoing: each segment has @echo, until the server confirms it */
	bool echoing:1;
	/** @snd_wscale: shift of the windows that the peer sends */
	u8 snd_wscale;
	/** @rcv_wscale: shift of the windows that we send */
	u8 rcv_wscale;

	/* The MSS (RFC 9293 section 3.7.1): mss.c */

	/**
	 * @narrowed: @snd_mss has shrunk since the last XTCP_EV_MTU, so larger segments may be
	 * in flight
	 */
	bool narrowed:1;
	/** @snd_mss: payload of a full segment (Eff.snd.MSS, MUST-16) */
	u16 snd_mss;
	/** @peer_mss: the MSS option of the peer, or the default */
	u16 peer_mss;
	/** @path_mss: room for header options and payload in the path's MTU, bytes */
	u16 path_mss;
	/** @adv_mss: the MSS option we send */
	u16 adv_mss;
	/** @set_mss: the largest segment that the user allows (TCP_MAXSEG), bytes; 0: not set */
	u16 set_mss;

	/* Send sequence variables (RFC 9293 section 3.3.1) */

	/** @iss: our initial sequence number */
	u32 iss;
	/** @snd_una: oldest unacknowledged sequence number */
	u32 snd_una;
	/** @snd_nxt: next sequence number to be sent for the first time */
	u32 snd_nxt;
	/** @snd_wl1: SEG.SEQ of the last window update */
	u32 snd_wl1;
	/** @snd_wnd: the peer's window, bytes, after scaling */
	u32 snd_wnd;
	/** @snd_wnd_max: the largest it ever was (MAX.SND.WND, sender SWS avoidance) */
	u32 snd_wnd_max;
	/** @snd_up: urgent pointer of the send direction */
	u32 snd_up;
	/** @snd_sml: end of the last segment sent that was not full, for Nagle */
	u32 snd_sml;
	/** @write_seq: sequence number after the last byte written; SYN and FIN count */
	u32 write_seq;
	/** @snd_fin: our FIN is queued (the record @fin); nothing is written after it */
	bool snd_fin:1;

	/* Receive sequence variables (RFC 9293 section 3.3.1) */

	/** @rcv_fin: the peer's FIN was received; its sequence number is @rcv_fin_seq */
	bool rcv_fin:1;
	/**
	 * @rcv_fin_done: everything before the peer's FIN was received, and RCV.NXT is past it.
	 * Not a bit field, because poll() reads it without the lock
	 */
	bool rcv_fin_done;
	/** @rcv_mss: estimate of the peer's segment size, for delayed ACKs */
	u16 rcv_mss;
	/** @rcv_len: length of the last segment in order, for @rcv_mss */
	u16 rcv_len;
	/** @irs: the peer's initial sequence number */
	u32 irs;
	/** @rcv_nxt: next sequence number expected */
	u32 rcv_nxt;
	/** @rcv_wup: RCV.NXT when a window was last advertised: Last.ACK.sent of RFC 7323 */
	u32 rcv_wup;
	/** @rcv_wnd: the window advertised with @rcv_wup, bytes */
	u32 rcv_wnd;
	/** @rcv_up: urgent pointer of the receive direction */
	u32 rcv_up;
	/** @rcv_fin_seq: sequence number of the peer's FIN, when @rcv_fin */
	u32 rcv_fin_seq;
	/**
	 * @rcv_free: INPUT, set by the caller before each call: free room for payload in the
	 * receive buffer, bytes
	 */
	u32 rcv_free;
	/**
	 * @rcv_buff: INPUT: RCV.BUFF, room for payload in the whole receive buffer, free or
	 * not, bytes; 0: not known, @rcv_free is used instead
	 */
	u32 rcv_buff;
	/** @rcv_wnd_clamp: largest window that the user allows us to offer */
	u32 rcv_wnd_clamp;

	/* The ACKs that we have to send: ack_out.c, sack.c */

	/** @ack_pending: something was received that is not acknowledged yet */
	bool ack_pending:1;
	/** @ack_now: an ACK must be sent now */
	bool ack_now:1;
	/** @dsack_due: the next ACK reports @dsack */
	bool dsack_due:1;
	/** @quickack: number of ACKs that are not delayed yet */
	u8 quickack;
	/** @challenges: challenge ACKs sent in the second that began at @challenged */
	u8 challenges;
	/** @dsack: text that was received twice */
	struct xtcp_sack_block dsack;
	/** @challenged: begin of the second that @challenges counts, us */
	u64 challenged;

	/* Timestamps (RFC 7323): stamp.c */

	/** @ts_offset: offset of our timestamp clock, see stamp.h */
	u32 ts_offset;
	/** @ts_recent: TS.Recent, the timestamp to be echoed */
	u32 ts_recent;
	/** @ts_recent_at: time when @ts_recent was received, us */
	u64 ts_recent_at;

	/* Queues */

	/** @sendq: the send queue */
	struct xtcp_sendq sendq;
	/** @reasm: the reassembly queue */
	struct xtcp_reasm reasm;
	/** @syn: record of our SYN */
	struct xtcp_rec syn;
	/** @fin: record of our FIN */
	struct xtcp_rec fin;

	/* RTT and RTO (RFC 6298): rtt.c, arrival.c */

	/** @srtt: smoothed RTT, us; 0 before the first sample */
	u32 srtt;
	/** @rttvar: RTT variation, us */
	u32 rttvar;
	/** @rto: retransmission timeout, us, with backoff */
	u32 rto;
	/** @rto_min: minimum that is added to SRTT for @rto, us; the caller may change it */
	u32 rto_min;
	/** @min_rtt: minimum RTT of the last minutes, us; 0: none was measured */
	u32 min_rtt;
	/** @backoff: doublings of @rto since the last acknowledged new data */
	u8 backoff;
	/** @rtt_fresh: an RTT was measured since the last tail loss probe */
	bool rtt_fresh:1;
	/** @min_rtt_at: when @min_rtt was measured, us */
	u64 min_rtt_at;

	/* Timers, and how often they have expired: deadline.h, rtx.c, persist.c, keepalive.c */

	/** @retries: retransmissions by timeout of the same oldest record */
	u8 retries;
	/** @probes_out: zero-window probes since the window was last open */
	u8 probes_out;
	/** @keep_probes_out: keepalive probes without an answer */
	u8 keep_probes_out;
	/**
	 * @probe_now: a zero-window or keepalive probe is due, or data that Nagle or silly
	 * window avoidance has held back is to be sent
	 */
	bool probe_now:1;
	/** @rtx_start: when the first of @retries (or of the probes) was sent, us */
	u64 rtx_start;
	/** @keep_probed: when the last keepalive probe was due, us */
	u64 keep_probed;
	/** @last_rcv: when the last acceptable segment was received, us */
	u64 last_rcv;
	/** @last_text: when the last segment with data in order was received, us */
	u64 last_text;
	/** @last_snd: when the last segment with data was sent, us */
	u64 last_snd;
	/** @deadline: for each timer, us; 0: not armed */
	u64 deadline[XTCP_TIMER_KINDS];
	/**
	 * @soonest: the time for which the caller arms XTCP_EV_TIMER; no deadline is earlier.
	 * XTCP_NEVER if none is armed. It stays when a deadline moves later or is disarmed, so
	 * XTCP_EV_TIMER may find that none has passed; it then sets this to the earliest
	 */
	u64 soonest;

	/* Congestion control (RFC 5681): cc.c */

	/** @cwnd: congestion window, bytes */
	u32 cwnd;
	/** @ssthresh: slow start threshold, bytes */
	u32 ssthresh;
	/** @cwnd_cnt: bytes acknowledged towards the next increase in congestion avoidance */
	u32 cwnd_cnt;
	/** @delivered: bytes known to have reached the peer, ever */
	u32 delivered;
	/** @reacted: when congestion control last reacted to a loss, us */
	u64 reacted;

	/* Loss recovery (RFC 5681, 6582), scoreboard (RFC 6675): ack_in.c, scoreboard.c */

	/** @recovery: in fast recovery until @recover is acknowledged (RFC 6582) */
	bool recovery:1;
	/** @rto_recovery: after an RTO, until @recover is acknowledged */
	bool rto_recovery:1;
	/** @retx_now: the first retransmission after a loss is due, whatever cwnd says */
	bool retx_now:1;
	/** @partial_ack: in fast recovery, a partial ACK has restarted the timer already */
	bool partial_ack:1;
	/** @dupacks: duplicate ACKs in a row */
	u8 dupacks;
	/** @walk_credit: records of the send queue that SACK blocks may still walk over */
	u16 walk_credit;
	/** @recover: SND.NXT when recovery began; no new recovery before more is acknowledged */
	u32 recover;
	/** @lost: bytes in records marked lost and not retransmitted yet */
	u32 lost;
	/** @sacked: bytes in records marked SACKED; without SACK, one MSS per duplicate ACK */
	u32 sacked;
	/** @lost_hint: no record before it is marked lost; NULL: not known */
	struct xtcp_rec *lost_hint;
	/** @seen: the SACK blocks of the last ACK that had any */
	struct xtcp_sack_seen seen[XTCP_SACK_BLOCKS];
	/** @sacked_recs: number of records marked SACKED */
	u32 sacked_recs;
	/** @nseen: number of blocks in @seen */
	u8 nseen;

	/* RACK (RFC 8985 section 6): rack.c, arrival.c */

	/** @reordering: segments have been seen out of order (RACK.reordering_seen) */
	bool reordering:1;
	/** @dsack_round_on: @dsack_round is valid */
	bool dsack_round_on:1;
	/** @dsack_seen: the peer has reported a duplicate at least once */
	bool dsack_seen:1;
	/** @reo_mult: RACK.reo_wnd_mult - 1 */
	u8 reo_mult;
	/** @reo_persist: recoveries until @reo_mult is 0 again */
	u8 reo_persist;
	/**
	 * @rack_sent: of all records that have arrived, the latest time of transmission
	 * (RACK.xmit_ts), us
	 */
	u64 rack_sent;
	/** @rack_end: end of the record sent at @rack_sent (RACK.end_seq) */
	u32 rack_end;
	/** @rack_rtt: RTT of that record, us */
	u32 rack_rtt;
	/** @fack: the highest sequence number known to have arrived (RACK.fack) */
	u32 fack;
	/** @dsack_round: SND.NXT when @reo_mult was last increased */
	u32 dsack_round;

	/* The tail loss probe (RFC 8985 section 7): tlp.c */

	/** @tlp_end: SND.NXT when the probe was sent */
	u32 tlp_end;
	/** @tlp_now: a tail loss probe is due */
	bool tlp_now:1;
	/** @tlp_out: a probe was sent, and @tlp_end is not acknowledged yet */
	bool tlp_out:1;
	/** @tlp_retrans: the probe was a retransmission */
	bool tlp_retrans:1;

	/* F-RTO (RFC 5682): frto.c */

	/** @frto: enum xtcp_frto: state of the test whether the last timeout was spurious */
	u8 frto;
	/** @frto_left: new segments that F-RTO may still send */
	u8 frto_left;
	/** @frto_end: end of what was retransmitted after the timeout */
	u32 frto_end;

	/* Undo (RFC 3522, RFC 4015): undo.c */

	/** @undo_una: SND.UNA when the recovery began */
	u32 undo_una;
	/** @undo_cwnd: @cwnd before the recovery */
	u32 undo_cwnd;
	/** @undo_ssthresh: @ssthresh before it */
	u32 undo_ssthresh;
	/** @undo_stamp: our timestamp clock at the first retransmission of the recovery */
	u32 undo_stamp;
	/** @undo_bytes: bytes retransmitted in the recovery and not reported as duplicates */
	u32 undo_bytes;
	/** @undo: the last recovery can be undone */
	bool undo:1;
	/** @undo_eifel: no ACK after the first retransmission has moved SND.UNA yet */
	bool undo_eifel:1;

	/* What the user has set instead of a sysctl; 0: the sysctl applies */

	/**
	 * @set_keepalive_probes: unanswered keepalive probes that end the connection
	 */
	u8 set_keepalive_probes;
	/** @set_syn_retries: number of SYN retransmissions */
	u8 set_syn_retries;
	/** @set_keepalive_time: idle time before the first keepalive probe, s */
	u32 set_keepalive_time;
	/** @set_keepalive_intvl: time between keepalive probes, s */
	u32 set_keepalive_intvl;
	/**
	 * @set_fin_timeout: how long an orphan stays in FIN-WAIT-2, s; negative: it ends at
	 * once
	 */
	int set_fin_timeout;
	/** @user_timeout: ms; 0: the sysctl retries2 applies (RFC 5482, MUST-21) */
	u32 user_timeout;

	/* Path events: ICMP errors, and black holes (RFC 4821): blackhole.c */

	/**
	 * @soft_err: errno of the last soft ICMP error since anything was acknowledged: the
	 * user's error when the connection times out
	 */
	u16 soft_err;
	/** @hole_mss: largest payload while a black hole is suspected on the path; 0: none is */
	u16 hole_mss;
	/** @hole_wait: time from the detection of the hole to @hole_until, us */
	u32 hole_wait;
	/** @hole_until: when the path's full size may be tried again, us */
	u64 hole_until;

	/* The echo cookie: echo.c */

	/** @echo: the echo cookie of the SYN-ACK */
	u8 echo[XTCP_COOKIE_LEN];
	/** @echo_tries: times that the final ACK was sent again to deliver the cookie */
	u8 echo_tries;

	/** @knobs: the namespace's sysctls */
	const struct xtcp_knobs *knobs;
};

/* Sequence numbers sent and not acknowledged: FlightSize of RFC 5681 */
static inline u32 xtcp_flight(const struct xtcp_tcb *t)
{
	return t->snd_nxt - t->snd_una;
}

/* Our SYN is not acknowledged: nothing else may be sent */
static inline bool xtcp_handshaking(const struct xtcp_tcb *t)
{
	return XTCP_IN(t->state, XTCP_S(SYN_SENT) | XTCP_S(SYN_RECEIVED));
}

void xtcp_tcb_init(struct xtcp_tcb *t, const struct xtcp_knobs *knobs);

#endif /* XTCP_CORE_TCB_H */
