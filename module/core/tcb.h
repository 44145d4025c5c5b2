/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The transmission control block (RFC 9293 section 3.3.1).
 *
 * Two questions are asked of it:
 *
 *   xtcp_step(tcb, event, actions)  what does this event change, and what must
 *				     be done about it? (fsm.h)
 *   xtcp_next(tcb, now, out)	     what is to be sent now? (send.h)
 *
 * Time is microseconds, see usec.h. Everything is called under the lock of the
 * connection's owner; the core holds no lock, allocates nothing and calls nobody.
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
	XTCP_FRTO_RETRANSMITTED,	/* the first segment went again; its ACK is waited for */
	XTCP_FRTO_NEW_DATA,		/* two new ones went; the next ACK decides */
};

/* The deadlines of a connection; one wheel entry stands for the earliest */
enum xtcp_timer_kind {
	XTCP_TIMER_PROBE,	/* tail loss probe, RFC 8985 section 7; before what it delays */
	XTCP_TIMER_RTX,		/* retransmission, RFC 6298 */
	XTCP_TIMER_REORDER,	/* what is suspected is lost by then, RFC 8985 section 6.2 */
	XTCP_TIMER_PERSIST,	/* zero-window probe, RFC 9293 section 3.8.6.1 */
	XTCP_TIMER_DELACK,	/* delayed ACK, RFC 9293 section 3.8.6.3 */
	XTCP_TIMER_KEEPALIVE,	/* RFC 9293 section 3.8.4 */
	XTCP_TIMER_ORPHAN,	/* the end of a connection that no user has */
	XTCP_TIMER_RETRY,	/* memory was short when something was to be sent */
	XTCP_TIMER_CONFIRM,	/* the server has not answered the echo cookie, echo.c */
	XTCP_TIMER_KINDS
};

/**
 * struct xtcp_sack_seen - a SACK block that has been worked off
 * @block: the block
 * @last: the last record that lies wholly in it
 */
struct xtcp_sack_seen {
	struct xtcp_sack_block block;
	struct xtcp_rec *last;
};

/**
 * struct xtcp_tcb - the control block
 *
 * The names of the sequence variables are those of RFC 9293 section 3.3.1. Flags and small
 * numbers stand where they leave no holes.
 */
struct xtcp_tcb {
	/* The connection, and what its user has said */

	/** @state: enum xtcp_state */
	u8 state;
	/** @passive: opened passively (MUST-11) */
	bool passive:1;
	/** @orphan: the user has closed it */
	bool orphan:1;
	/** @deaf: nobody will read what comes */
	bool deaf:1;
	/** @nodelay: Nagle is off (MUST-17) */
	bool nodelay:1;
	/** @cork: hold back all but full segments */
	bool cork:1;
	/** @keepalive: SO_KEEPALIVE is on */
	bool keepalive:1;

	/* Options, offered in our SYN, and from the peer's on agreed */

	/** @sack_ok: SACK may be used by both, or is offered in our SYN */
	bool sack_ok:1;
	/** @ts_ok: timestamps are used by both, or offered to be in our SYN */
	bool ts_ok:1;
	/** @wscale_ok: windows are scaled by both, or offered to be in our SYN */
	bool wscale_ok:1;
	/** @echo_ok: our SYN offers to echo a cookie */
	bool echo_ok:1;
	/** @echoing: each segment has @echo, until the server answers */
	bool echoing:1;
	/** @snd_wscale: shift of the windows that the peer sends */
	u8 snd_wscale;
	/** @rcv_wscale: shift of the windows that we send */
	u8 rcv_wscale;

	/* The MSS (RFC 9293 section 3.7.1): mss.c */

	/**
	 * @narrowed: segments have become smaller since XTCP_EV_MTU last: some that are larger
	 * may be in flight
	 */
	bool narrowed:1;
	/** @snd_mss: payload of a full segment now (Eff.snd.MSS, MUST-16) */
	u16 snd_mss;
	/** @peer_mss: the MSS option of the peer, or the default */
	u16 peer_mss;
	/** @path_mss: what the path's MTU leaves for header options and payload together */
	u16 path_mss;
	/** @adv_mss: the MSS option we send */
	u16 adv_mss;
	/** @set_mss: the user's own largest segment (TCP_MAXSEG), bytes; 0: the path decides */
	u16 set_mss;

	/* Send sequence variables (RFC 9293 section 3.3.1) */

	/** @iss: our initial send sequence number */
	u32 iss;
	/** @snd_una: oldest unacknowledged */
	u32 snd_una;
	/** @snd_nxt: next to be sent for the first time */
	u32 snd_nxt;
	/** @snd_wl1: SEG.SEQ of the last window update */
	u32 snd_wl1;
	/** @snd_wnd: the peer's window, in bytes, scaled */
	u32 snd_wnd;
	/** @snd_wnd_max: the largest it ever was (MAX.SND.WND, sender SWS avoidance) */
	u32 snd_wnd_max;
	/** @snd_up: urgent pointer of what we send */
	u32 snd_up;
	/** @snd_sml: end of the last segment sent that was not full, for Nagle */
	u32 snd_sml;
	/** @write_seq: sequence number after the last byte the user wrote; SYN and FIN count */
	u32 write_seq;
	/** @snd_fin: our FIN is queued (the record @fin), after it nothing is written */
	bool snd_fin:1;

	/* Receive sequence variables (RFC 9293 section 3.3.1) */

	/** @rcv_fin: the peer's FIN was seen; it stands at @rcv_fin_seq */
	bool rcv_fin:1;
	/**
	 * @rcv_fin_done: everything before the peer's FIN was received: RCV.NXT is past it. A
	 * whole byte: poll() looks at it without the lock
	 */
	bool rcv_fin_done;
	/** @rcv_mss: estimate of the peer's segment size, for the delayed ACK */
	u16 rcv_mss;
	/** @rcv_len: length of the last segment in order, for @rcv_mss */
	u16 rcv_len;
	/** @irs: the peer's initial sequence number */
	u32 irs;
	/** @rcv_nxt: next expected */
	u32 rcv_nxt;
	/** @rcv_wup: RCV.NXT when the last window was advertised: Last.ACK.sent of RFC 7323 */
	u32 rcv_wup;
	/** @rcv_wnd: the window advertised with @rcv_wup, in bytes */
	u32 rcv_wnd;
	/** @rcv_up: urgent pointer of what we receive */
	u32 rcv_up;
	/** @rcv_fin_seq: where the peer's FIN stands, when @rcv_fin */
	u32 rcv_fin_seq;
	/**
	 * @rcv_free: INPUT, set by the caller before each call: bytes of payload that the
	 * receive buffer has room for
	 */
	u32 rcv_free;
	/**
	 * @rcv_buff: INPUT: RCV.BUFF, bytes of payload that the whole receive buffer has room
	 * for, full or not; 0: not known, then @rcv_free stands for it
	 */
	u32 rcv_buff;
	/** @rcv_wnd_clamp: largest window the user lets us offer */
	u32 rcv_wnd_clamp;

	/* The ACKs that we owe: ack_out.c, sack.c */

	/** @ack_pending: something was received that is not acknowledged yet */
	bool ack_pending:1;
	/** @ack_now: what was received must be acknowledged now */
	bool ack_now:1;
	/** @dsack_due: @dsack is to be told with the next ACK */
	bool dsack_due:1;
	/** @quickack: number of ACKs still to be sent at once */
	u8 quickack;
	/** @challenges: challenge ACKs sent in the second that began at @challenged */
	u8 challenges;
	/** @dsack: text that came twice */
	struct xtcp_sack_block dsack;
	/** @challenged: when the second began that @challenges counts, us */
	u64 challenged;

	/* Timestamps (RFC 7323): stamp.c */

	/** @ts_offset: what is added to our timestamp clock, see stamp.h */
	u32 ts_offset;
	/** @ts_recent: TS.Recent, the timestamp to be echoed */
	u32 ts_recent;
	/** @ts_recent_at: when @ts_recent came, us */
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
	/** @rto: retransmission timeout, us, backed off already */
	u32 rto;
	/** @rto_min: least that is added to SRTT for @rto, us; the caller may change it */
	u32 rto_min;
	/** @min_rtt: the least RTT of the last minutes, us; 0: none was measured */
	u32 min_rtt;
	/** @backoff: doublings of @rto since the last acknowledged new data */
	u8 backoff;
	/** @rtt_fresh: an RTT was measured since the last tail loss probe */
	bool rtt_fresh:1;
	/** @min_rtt_at: when @min_rtt was measured, us */
	u64 min_rtt_at;

	/* Timers: deadline.h, and what has been tried in vain: rtx.c, persist.c, keepalive.c */

	/** @retries: retransmissions of the same oldest record by timeout */
	u8 retries;
	/** @probes_out: zero-window probes since the window was last open */
	u8 probes_out;
	/** @keep_probes_out: keepalive probes that were not answered */
	u8 keep_probes_out;
	/**
	 * @probe_now: a zero-window or keepalive probe is due, or what was held back is to be
	 * sent after all
	 */
	bool probe_now:1;
	/** @rtx_start: when the first of @retries (or of the probes) went out, us */
	u64 rtx_start;
	/** @keep_probed: when the last keepalive probe was due, us */
	u64 keep_probed;
	/** @last_rcv: when the last acceptable segment came, us */
	u64 last_rcv;
	/** @last_text: when the last segment with data in order came, us */
	u64 last_text;
	/** @last_snd: when the last segment with data went, us */
	u64 last_snd;
	/** @deadline: per timer, us; 0 is unarmed */
	u64 deadline[XTCP_TIMER_KINDS];
	/**
	 * @soonest: none of them is before that; XTCP_NEVER when none is armed. When one moves
	 * later or is dropped it stays, until XTCP_EV_TIMER looks at all of them: so it is when
	 * XTCP_EV_TIMER is wanted, and nothing was due if that finds nothing due
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
	/** @reacted: when congestion control reacted to a loss last, us */
	u64 reacted;

	/* Loss recovery (RFC 5681, 6582), scoreboard (RFC 6675): ack_in.c, scoreboard.c */

	/** @recovery: in fast recovery until @recover is acknowledged (RFC 6582) */
	bool recovery:1;
	/** @rto_recovery: after an RTO, until @recover is acknowledged */
	bool rto_recovery:1;
	/** @retx_now: the first retransmission after a loss: it goes out whatever cwnd says */
	bool retx_now:1;
	/** @partial_ack: in fast recovery, a partial ACK has restarted the timer already */
	bool partial_ack:1;
	/** @dupacks: duplicate ACKs in a row */
	u8 dupacks;
	/** @walk_credit: records of the send queue that SACK blocks may make us look at */
	u16 walk_credit;
	/** @recover: SND.NXT when recovery began; no new one before more is acknowledged */
	u32 recover;
	/** @lost: bytes in records marked lost and not retransmitted yet */
	u32 lost;
	/** @sacked: bytes in records marked SACKed; without SACK, one MSS a duplicate ACK */
	u32 sacked;
	/** @lost_hint: no record before it waits for retransmission; NULL: not known */
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
	/** @dsack_round_on: @dsack_round is set */
	bool dsack_round_on:1;
	/** @dsack_seen: the peer has ever told of a duplicate */
	bool dsack_seen:1;
	/** @reo_mult: RACK.reo_wnd_mult - 1 */
	u8 reo_mult;
	/** @reo_persist: recoveries until @reo_mult is 0 again */
	u8 reo_persist;
	/**
	 * @rack_sent: when what was sent last of all that has arrived was sent (RACK.xmit_ts),
	 * us
	 */
	u64 rack_sent;
	/** @rack_end: the end of that (RACK.end_seq) */
	u32 rack_end;
	/** @rack_rtt: how long that took, us */
	u32 rack_rtt;
	/** @fack: the highest number known to have arrived (RACK.fack) */
	u32 fack;
	/** @dsack_round: SND.NXT when @reo_mult grew last */
	u32 dsack_round;

	/* The tail loss probe (RFC 8985 section 7): tlp.c */

	/** @tlp_end: SND.NXT when the probe went */
	u32 tlp_end;
	/** @tlp_now: a tail loss probe is due */
	bool tlp_now:1;
	/** @tlp_out: a probe is out, until @tlp_end is acknowledged */
	bool tlp_out:1;
	/** @tlp_retrans: the probe was a retransmission */
	bool tlp_retrans:1;

	/* F-RTO (RFC 5682): frto.c */

	/** @frto: enum xtcp_frto: is it found out whether the last timeout was spurious? */
	u8 frto;
	/** @frto_left: new segments that may still go for F-RTO */
	u8 frto_left;
	/** @frto_end: end of what the timeout has retransmitted */
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
	/** @undo_bytes: bytes retransmitted in the recovery and not told to be duplicates */
	u32 undo_bytes;
	/** @undo: the last recovery can be undone */
	bool undo:1;
	/** @undo_eifel: no ACK after the first retransmission has moved SND.UNA yet */
	bool undo_eifel:1;

	/* What the user has set, in place of a knob: 0 where the knob holds */

	/**
	 * @set_keepalive_probes: unanswered keepalive probes before the connection is given up
	 */
	u8 set_keepalive_probes;
	/** @set_syn_retries: SYNs sent again */
	u8 set_syn_retries;
	/** @set_keepalive_time: quiet before the first keepalive probe, s */
	u32 set_keepalive_time;
	/** @set_keepalive_intvl: time between keepalive probes, s */
	u32 set_keepalive_intvl;
	/**
	 * @set_fin_timeout: time of an orphan in FIN-WAIT-2, s; negative: it is not lingered in
	 * at all
	 */
	int set_fin_timeout;
	/** @user_timeout: ms; 0: retries2 decides (RFC 5482, MUST-21) */
	u32 user_timeout;

	/* What the path does: ICMP errors, and black holes (RFC 4821): blackhole.c */

	/**
	 * @soft_err: the last soft ICMP error since anything was acknowledged, errno: what the
	 * user is told when the connection times out
	 */
	u16 soft_err;
	/** @hole_mss: largest payload while a black hole is suspected on the path; 0: none is */
	u16 hole_mss;
	/** @hole_wait: how long @hole_until is after the hole was met, us */
	u32 hole_wait;
	/** @hole_until: when the path's full size may be tried again, us */
	u64 hole_until;

	/* The echo cookie: echo.c */

	/** @echo: the echo cookie of the SYN-ACK */
	u8 echo[XTCP_COOKIE_LEN];
	/** @echo_tries: final ACKs of the handshake sent again for it */
	u8 echo_tries;

	/** @knobs: the namespace's */
	const struct xtcp_knobs *knobs;
};

/* Sequence numbers sent and not acknowledged: FlightSize of RFC 5681 */
static inline u32 xtcp_flight(const struct xtcp_tcb *t)
{
	return t->snd_nxt - t->snd_una;
}

/* The SYN is not acknowledged: nothing but it may be sent */
static inline bool xtcp_handshaking(const struct xtcp_tcb *t)
{
	return XTCP_IN(t->state, XTCP_S(SYN_SENT) | XTCP_S(SYN_RECEIVED));
}

void xtcp_tcb_init(struct xtcp_tcb *t, const struct xtcp_knobs *knobs);

#endif /* XTCP_CORE_TCB_H */
