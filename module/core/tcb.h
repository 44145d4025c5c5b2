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
 * The names of the sequence variables are those of RFC 9293 section 3.3.1.
 *
 * @state: enum xtcp_state
 * @passive: opened passively (MUST-11)
 * @orphan: the user has closed it
 * @deaf: nobody will read what comes
 * @nodelay: Nagle is off (MUST-17)
 * @cork: hold back all but full segments
 * @keepalive: SO_KEEPALIVE is on
 * @quickack: number of ACKs still to be sent at once
 * @ack_pending: something was received that is not acknowledged yet
 * @ack_now: and it must be acknowledged now
 * @probe_now: a zero-window or keepalive probe is due, or what was held back is
 *	to be sent after all
 * @retx_now: the first retransmission after a loss: it goes out whatever cwnd says
 * @partial_ack: in fast recovery, a partial ACK has restarted the timer already
 * @rcv_fin: the peer's FIN was seen; it stands at @rcv_fin_seq
 * @rcv_fin_done: and everything before it was received: RCV.NXT is past it
 * @snd_fin: our FIN is queued (the record @fin), after it nothing is written
 * @narrowed: segments have become smaller since XTCP_EV_MTU last: some that are larger may
 *	be in flight
 * @sack_ok: SACK may be used by both, or is offered in our SYN
 * @ts_ok: timestamps are used by both, or offered to be in our SYN
 * @wscale_ok: windows are scaled by both, or offered to be in our SYN
 * @echo_ok: our SYN offers to echo a cookie
 * @echoing: each segment has @echo, until the server answers
 * @snd_wscale: shift of the windows that the peer sends
 * @rcv_wscale: shift of the windows that we send
 * @iss: our initial send sequence number
 * @snd_una: oldest unacknowledged
 * @snd_nxt: next to be sent for the first time
 * @snd_wl1: SEG.SEQ of the last window update
 * @snd_wnd: the peer's window, in bytes, scaled
 * @snd_wnd_max: the largest it ever was (MAX.SND.WND, sender SWS avoidance)
 * @snd_up: urgent pointer of what we send
 * @snd_sml: end of the last segment sent that was not full, for Nagle
 * @write_seq: sequence number after the last byte the user wrote; SYN and FIN count
 * @snd_mss: payload of a full segment now (Eff.snd.MSS, MUST-16)
 * @peer_mss: the MSS option of the peer, or the default
 * @path_mss: what the path's MTU leaves for header options and payload together
 * @hole_mss: largest payload while a black hole is suspected on the path; 0: none is
 * @hole_until: when the path's full size may be tried again, us
 * @hole_wait: how long that is after the hole was met, us
 * @irs: the peer's initial sequence number
 * @rcv_nxt: next expected
 * @rcv_wup: RCV.NXT when the last window was advertised: Last.ACK.sent of RFC 7323
 * @rcv_wnd: the window advertised then, in bytes
 * @rcv_up: urgent pointer of what we receive
 * @rcv_fin_seq: where the peer's FIN stands, when @rcv_fin
 * @rcv_mss: estimate of the peer's segment size, for the delayed ACK
 * @rcv_free: INPUT, set by the caller before each call: bytes of payload that
 *	the receive buffer has room for
 * @rcv_buff: INPUT: RCV.BUFF, bytes of payload that the whole receive buffer has
 *	room for, full or not; 0: not known, then @rcv_free stands for it
 * @rcv_wnd_clamp: largest window the user lets us offer
 * @adv_mss: the MSS option we send
 * @ts_offset: what is added to our timestamp clock, see stamp.h
 * @ts_recent: TS.Recent, the timestamp to be echoed
 * @ts_recent_at: when it came, us
 * @sendq: the send queue
 * @reasm: the reassembly queue
 * @syn: record of our SYN
 * @fin: record of our FIN
 * @srtt: smoothed RTT, us; 0 before the first sample
 * @rttvar: RTT variation, us
 * @rto: retransmission timeout, us, backed off already
 * @rto_min: least that is added to SRTT for it, us; the caller may change it
 * @backoff: doublings of @rto since the last acknowledged new data
 * @probes_out: zero-window probes since the window was last open
 * @keep_probes_out: keepalive probes that were not answered
 * @keep_probed: when the last of them was due, us
 * @retries: retransmissions of the same oldest record by timeout
 * @rtx_start: when the first of them (or of the probes) went out, us
 * @dupacks: duplicate ACKs in a row
 * @recovery: in fast recovery until @recover is acknowledged (RFC 6582)
 * @rto_recovery: after an RTO, until @recover is acknowledged
 * @recover: SND.NXT when recovery began; no new one before more is acknowledged
 * @cwnd: congestion window, bytes
 * @ssthresh: slow start threshold, bytes
 * @cwnd_cnt: bytes acknowledged towards the next increase in congestion avoidance
 * @lost: bytes in records marked lost and not retransmitted yet
 * @lost_hint: no record before it waits for retransmission; NULL: not known
 * @sacked_recs: number of records marked SACKED
 * @sacked: bytes in records marked SACKed; without SACK, one MSS a duplicate ACK
 * @reordering: segments have been seen out of order (RACK.reordering_seen)
 * @dsack_round_on: @dsack_round is set
 * @dsack_seen: the peer has ever told of a duplicate
 * @dsack_due: @dsack is to be told with the next ACK
 * @rtt_fresh: an RTT was measured since the last tail loss probe
 * @tlp_now: a tail loss probe is due
 * @tlp_out: one is out, until @tlp_end is acknowledged
 * @tlp_retrans: it was a retransmission
 * @frto: enum xtcp_frto: is it found out whether the last timeout was spurious?
 * @frto_left: new segments that may still go for that
 * @frto_end: end of what the timeout has retransmitted
 * @undo: the last recovery can be undone
 * @undo_eifel: no ACK after its first retransmission has moved SND.UNA yet
 * @nseen: number of blocks in @seen
 * @seen: the SACK blocks of the last ACK that had any
 * @walk_credit: records of the send queue that SACK blocks may make us look at
 * @dsack: text that came twice
 * @rack_sent: when what was sent last of all that has arrived was sent (RACK.xmit_ts), us
 * @rack_end: and its end (RACK.end_seq)
 * @rack_rtt: how long it took, us
 * @min_rtt: the least RTT of the last minutes, us; 0: none was measured
 * @min_rtt_at: when that was, us
 * @fack: the highest number known to have arrived (RACK.fack)
 * @reo_mult: RACK.reo_wnd_mult - 1
 * @reo_persist: recoveries until that is 0 again
 * @dsack_round: SND.NXT when it grew last
 * @reacted: when congestion control reacted to a loss last, us
 * @tlp_end: SND.NXT when the probe went
 * @undo_una: SND.UNA when the recovery began
 * @undo_cwnd: @cwnd before it
 * @undo_ssthresh: likewise
 * @undo_stamp: our timestamp clock at its first retransmission
 * @undo_bytes: retransmitted in it and not told to be duplicates
 * @delivered: bytes known to have reached the peer, ever
 * @last_rcv: when the last acceptable segment came, us
 * @last_text: when the last one with data in order came, us
 * @last_snd: when the last segment with data went, us
 * @deadline: per timer, us; 0 is unarmed
 * @soonest: none of them is before that; XTCP_NEVER when none is armed. When one moves
 *	later or is dropped it stays, until XTCP_EV_TIMER looks at all of them: so it is
 *	when XTCP_EV_TIMER is wanted, and nothing was due if that finds nothing due
 * @set_mss: SOCKET's own largest segment (TCP_MAXSEG), bytes; 0: the path decides
 * @set_keepalive_time: SOCKET's own, s; 0: the knob holds
 * @set_keepalive_intvl: likewise
 * @set_keepalive_probes: likewise
 * @set_syn_retries: likewise
 * @set_fin_timeout: likewise, s; negative: do not linger in FIN-WAIT-2 at all
 * @user_timeout: ms; 0: retries2 decides (RFC 5482, MUST-21)
 * @soft_err: the last soft ICMP error since anything was acknowledged, errno: what
 *	the user is told when the connection times out
 * @echo: the echo cookie of the SYN-ACK
 * @echo_tries: third segments sent again for it
 * @challenges: challenge ACKs sent in the second that began at @challenged
 * @challenged: us
 * @knobs: the namespace's
 */
struct xtcp_tcb {
	u8 state;
	bool passive:1, orphan:1, deaf:1, nodelay:1, cork:1, keepalive:1;
	bool ack_pending:1, ack_now:1, probe_now:1, narrowed:1;
	bool rcv_fin:1, snd_fin:1, sack_ok:1, ts_ok:1, wscale_ok:1;
	bool recovery:1, rto_recovery:1, retx_now:1, partial_ack:1;
	bool reordering:1, dsack_round_on:1, dsack_seen:1, dsack_due:1;
	bool echo_ok:1, echoing:1;
	bool rtt_fresh:1, tlp_now:1, tlp_out:1, tlp_retrans:1, undo:1, undo_eifel:1;
	bool rcv_fin_done;	/* whole: poll() looks at it without the lock */
	u8 quickack;
	u8 snd_wscale;
	u8 rcv_wscale;

	u32 iss, snd_una, snd_nxt, snd_wl1, snd_wnd, snd_wnd_max, snd_up;
	u32 snd_sml;
	u32 write_seq;
	u16 snd_mss, peer_mss, path_mss, adv_mss;
	u16 hole_mss;
	u32 hole_wait;
	u64 hole_until;

	u32 irs, rcv_nxt, rcv_wup, rcv_wnd, rcv_up, rcv_fin_seq;
	u16 rcv_mss;
	u32 rcv_free, rcv_buff, rcv_wnd_clamp;

	u32 ts_offset, ts_recent;
	u64 ts_recent_at;

	struct xtcp_sendq sendq;
	struct xtcp_reasm reasm;
	struct xtcp_rec syn, fin;

	u32 srtt, rttvar, rto, rto_min;
	u8 backoff, probes_out, keep_probes_out, retries;
	u64 rtx_start, keep_probed;

	u8 dupacks;
	u32 recover, cwnd, ssthresh, cwnd_cnt, lost, sacked, delivered;
	struct xtcp_rec *lost_hint;
	u32 sacked_recs;

	u8 nseen;
	u16 walk_credit;
	struct xtcp_sack_seen seen[XTCP_SACK_BLOCKS];
	struct xtcp_sack_block dsack;

	u64 rack_sent, min_rtt_at, reacted;
	u32 rack_end, rack_rtt, min_rtt, fack, dsack_round;
	u8 reo_mult, reo_persist;
	u32 tlp_end, frto_end;
	u8 frto, frto_left;
	u32 undo_una, undo_cwnd, undo_ssthresh, undo_stamp, undo_bytes;

	u64 last_rcv, last_text, last_snd;
	u64 deadline[XTCP_TIMER_KINDS];
	u64 soonest;

	u16 set_mss;
	u32 set_keepalive_time, set_keepalive_intvl;
	u8 set_keepalive_probes, set_syn_retries;
	int set_fin_timeout;
	u32 user_timeout;
	u16 soft_err;
	u8 echo_tries;
	u8 echo[XTCP_COOKIE_LEN];
	u8 challenges;
	u64 challenged;

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
