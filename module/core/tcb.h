/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The transmission control block and the two questions the module asks of it:
 *
 *   xtcp_step(tcb, event, actions)  what does this event change, and what must
 *				     be done about it?
 *   xtcp_next(tcb, now, out)	     what is to be sent now? asked until it says
 *				     "nothing"; each answer that went out is
 *				     reported back by xtcp_sent()
 *
 * Time is microseconds of a monotonic clock that starts above zero; 0 stands for
 * "not set". Everything is called under the lock of the connection's owner; the
 * core holds no lock, allocates nothing and calls nobody.
 */
#ifndef XTCP_CORE_TCB_H
#define XTCP_CORE_TCB_H

#include <linux/limits.h>
#include <linux/types.h>
#include "ext.h"
#include "rec.h"
#include "wire.h"

/*
 * States (RFC 9293 section 3.3.2); the numbers are those that Linux shows in
 * /proc/net/tcp, so that no table translates them.
 *
 *			       +---------+ ---------\      active OPEN
 *			       |  CLOSED |	      \    -----------
 *			       +---------+<---------\   \   snd SYN
 *				 |     ^	      \	  \
 *		    passive OPEN |     | CLOSE	        \   \
 *				 V     |		  \   \
 *			       +---------+	      CLOSE |  \
 *			       |  LISTEN |		    |	 |
 *			       +---------+		    |	 |
 *	      rcv SYN		 |     |     SEND	    |	 V
 *  +--------+ snd SYN,ACK	/	\   snd SYN	   +----------+
 *  |  SYN-  |<-----------------	 ----------------->|   SYN-   |
 *  | RCVD   |<--------------------------------------------|   SENT   |
 *  +--------+			rcv SYN, snd SYN,ACK	   +----------+
 *   | rcv ACK of SYN  \		/  rcv SYN,ACK, snd ACK
 *   |			V	       V
 *   | CLOSE, snd FIN	+-------------+
 *   |			| ESTABLISHED |
 *   V			+-------------+
 *  +--------+ CLOSE	  /	    \	rcv FIN, snd ACK  +----------+
 *  |  FIN-  |<-----------	      ------------------->|	CLOSE-	 |
 *  | WAIT-1 |------------------\			  |   WAIT	 |
 *  +--------+	rcv FIN, snd ACK \			  +----------+
 *   | rcv ACK of FIN		  V			  | CLOSE, snd FIN
 *   V			      +---------+		  V
 *  +--------+		      | CLOSING |	  +----------+
 *  | FIN-   |		      +---------+	  | LAST-ACK |
 *  | WAIT-2 |			  | rcv ACK of FIN	  +----------+
 *  +--------+	rcv FIN, snd ACK  V			  | rcv ACK of FIN
 *   -------------------->+-----------+	 2 MSL	  V
 *				| TIME-WAIT |---------> CLOSED
 *				+-----------+
 *
 * SYN-RCVD of a passive open and TIME-WAIT live in small records of their own
 * (syn_received.h, time_wait.h); a control block is in SYN-RCVD only for the moment
 * between its birth and the third segment, and in a simultaneous open.
 */
enum xtcp_state {
	XTCP_ESTABLISHED = 1,
	XTCP_SYN_SENT,
	XTCP_SYN_RECEIVED,
	XTCP_FIN_WAIT_1,
	XTCP_FIN_WAIT_2,
	XTCP_TIME_WAIT,
	XTCP_CLOSED,
	XTCP_CLOSE_WAIT,
	XTCP_LAST_ACK,
	XTCP_LISTEN,
	XTCP_CLOSING,
};

/* A set of states, for "in one of these" */
#define XTCP_IN(state, set)	(!!((1u << (state)) & (set)))
#define XTCP_S(name)		(1u << XTCP_##name)

/* The user may still send: RFC 9293 section 3.10.2 */
#define XTCP_CAN_SEND	(XTCP_S(ESTABLISHED) | XTCP_S(CLOSE_WAIT))
/* The peer may still send */
#define XTCP_CAN_RECEIVE (XTCP_S(ESTABLISHED) | XTCP_S(FIN_WAIT_1) | XTCP_S(FIN_WAIT_2))
/* Both ends know each other's sequence numbers */
#define XTCP_SYNCHRONIZED (~(XTCP_S(CLOSED) | XTCP_S(LISTEN) | XTCP_S(SYN_SENT)))

/* Fixed times, microseconds */
#define XTCP_US_PER_MS		1000ULL
#define XTCP_US_PER_S		1000000ULL
#define XTCP_RTO_INITIAL	(1 * XTCP_US_PER_S)	/* RFC 6298 (2.1) */
#define XTCP_RTO_MIN		(200 * XTCP_US_PER_MS)	/* a default; RFC 6298 (2.4): 1 s */
#define XTCP_RTO_MAX		(120 * XTCP_US_PER_S)	/* RFC 6298 (2.5) asks for 60 s at least */
#define XTCP_DELACK_MIN		(40 * XTCP_US_PER_MS)
#define XTCP_DELACK_MAX		(200 * XTCP_US_PER_MS)	/* RFC 9293 MUST-40: under 500 ms */
#define XTCP_NEVER		U64_MAX
#define XTCP_RETRY_AFTER	(20 * XTCP_US_PER_MS)	/* after a failed allocation */

#define XTCP_MSS_DEFAULT4	536	/* RFC 9293 MUST-15 */
#define XTCP_MSS_DEFAULT6	1220
#define XTCP_MSS_MIN		88	/* below this the peer's option is not believed */

/**
 * xtcp_mss_believed - SendMSS (RFC 9293 section 3.7.1)
 * @option: the MSS option of the peer's SYN; 0: absent
 * @default_mss: what holds then (MUST-15)
 *
 * A tiny MSS would make us send headers around nearly no data, at the peer's
 * wish and our cost: XTCP_MSS_MIN is the least.
 */
static inline u16 xtcp_mss_believed(u16 option, u16 default_mss)
{
	if (!option)
		return default_mss;
	return option < XTCP_MSS_MIN ? XTCP_MSS_MIN : option;
}

/**
 * struct xtcp_knobs - what an administrator sets, per network namespace
 *
 * Read at any time without a lock, by READ_ONCE(): every field is one int, written whole.
 * A value the socket has set for itself goes before it.
 *
 * @msl_ms: Maximum Segment Lifetime, ms; TIME-WAIT lasts twice as long
 * @keepalive_time: quiet before the first probe, s
 * @keepalive_intvl: time between probes, s
 * @keepalive_probes: unanswered probes before the connection is given up
 * @max_syn_backlog: half-open connections of a listener
 * @max_accept_backlog: connections of a listener that wait for accept()
 * @syn_retries: SYNs sent again
 * @synack_retries: SYN-ACKs sent again
 * @mtu_probing: look for black holes (blackhole.c)
 * @rto_min_ms: least that is added to SRTT for the retransmission timeout, ms
 * @retries1: retransmissions before another route is looked for (R1)
 * @retries2: retransmissions before the connection is given up (R2)
 * @fin_timeout: how long an orphan stays in FIN-WAIT-2, s
 * @orphan_timeout: and how long before that, s
 * @orphan_retries: R2 of an orphan; 0: 8
 * @max_orphans: connections that no user has any more
 * @max_tw_buckets: TIME-WAIT records
 * @reuse_tw: tw_reuse: connect() may take the place of one (xtcp_timewait_is_past()): 0
 *	never, 1 always, 2 on the loopback
 * @abort_on_overflow: reset what a full accept queue can't take
 * @migrate_req: when a listener closes another of its SO_REUSEPORT group inherits
 * @syncookies: answer SYNs by cookies (syncookie.h): 0 never, 1 when the SYN queue is full,
 *	2 always
 * @soft_error_aborts: a soft ICMP error ends connect()
 * @echo_cookie: offer to echo a cookie, and answer such an offer with one (seal.h)
 * @window_scaling: window scaling is offered
 * @timestamps: timestamps are offered
 * @require_timestamps: and where they were agreed, segments without are dropped
 * @sack: SACK is offered
 * @rmem: receive buffer, bytes: min, default, max
 * @wmem: send buffer, likewise
 */
struct xtcp_knobs {
	int msl_ms;
	int keepalive_time;
	int keepalive_intvl;
	int keepalive_probes;
	int max_syn_backlog;
	int max_accept_backlog;
	int syn_retries;
	int synack_retries;
	int mtu_probing;
	int rto_min_ms;
	int retries1;
	int retries2;
	int fin_timeout;
	int orphan_timeout;
	int orphan_retries;
	int max_orphans;
	int max_tw_buckets;
	int reuse_tw;
	int abort_on_overflow;
	int migrate_req;
	int syncookies;
	int soft_error_aborts;
	int echo_cookie;
	int window_scaling;
	int timestamps;
	int require_timestamps;
	int sack;
	int rmem[3];
	int wmem[3];
};

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

/* Events: the user calls of RFC 9293 section 3.10, segments and timeouts */
enum xtcp_event_kind {
	XTCP_EV_OPEN,		/* active OPEN; @iss */
	XTCP_EV_SEND,		/* records were queued, or cork or nodelay changed */
	XTCP_EV_RECEIVE,	/* the user took bytes: rcv_free has grown */
	XTCP_EV_SHUTDOWN,	/* no more will be written: CLOSE as RFC 9293 has it */
	XTCP_EV_DEAF,		/* nobody will read what comes from now on */
	XTCP_EV_ORPHAN,		/* after XTCP_EV_SHUTDOWN: and nobody waits for the end */
	XTCP_EV_ABORT,		/* ABORT: RST to the peer where RFC 9293 has one */
	XTCP_EV_SEGMENT,	/* @seg, @rec */
	XTCP_EV_TIMER,		/* at least one deadline may have passed */
	XTCP_EV_ICMP,		/* a valid ICMP error: @err, @hard */
	XTCP_EV_MTU,		/* what was in flight was too large for the path */
};

/**
 * struct xtcp_event - one event
 * @kind: enum xtcp_event_kind
 * @now: the time, us
 * @seg: XTCP_EV_SEGMENT: the parsed segment
 * @rec: XTCP_EV_SEGMENT: a record for its payload, @seq and @end_seq set by the
 *	core; when the core takes it, it is in the reassembly queue or in
 *	@actions->deliver afterwards, and @actions->taken is set. NULL: there is
 *	no payload, or no memory to keep it
 * @iss: XTCP_EV_OPEN: the initial sequence number
 * @ts_offset: XTCP_EV_OPEN: what is added to the timestamp clock, see stamp.h
 * @err: XTCP_EV_ICMP: the errno (positive) it means
 * @hard: XTCP_EV_ICMP: RFC 1122 calls it hard
 */
struct xtcp_event {
	enum xtcp_event_kind kind;
	u64 now;
	const struct xtcp_seg *seg;
	struct xtcp_rec *rec;
	u32 iss;
	u32 ts_offset;
	int err;
	bool hard;
};

/* Actions, a set; module/act.c carries them out in its one written order */
#define XTCP_ACT_OUTPUT		0x0001	/* ask xtcp_next() until it has nothing more */
#define XTCP_ACT_RST		0x0002	/* send actions->rst, now */
#define XTCP_ACT_CONNECTED	0x0004	/* the handshake is done: wake connect() */
#define XTCP_ACT_READABLE	0x0008	/* data, FIN or an error waits for the reader */
#define XTCP_ACT_WRITABLE	0x0010	/* records were acknowledged: there may be room */
#define XTCP_ACT_ERROR		0x0020	/* actions->err for the user */
#define XTCP_ACT_SOFT_ERROR	0x0040	/* actions->err, only if nothing worse comes */
#define XTCP_ACT_PEER_FIN	0x0080	/* the peer sends no more: RCV_SHUTDOWN */
#define XTCP_ACT_TIME_WAIT	0x0100	/* swap the connection for a TIME-WAIT record */
#define XTCP_ACT_CLOSED		0x0200	/* the connection is gone: unhash, free if orphan */
#define XTCP_ACT_NEW_ROUTE	0x0400	/* R1 passed: look for another route (MUST-20) */
#define XTCP_ACT_WRITE_SHUT	0x0800	/* our FIN is acknowledged: shutdown is complete */
#define XTCP_ACT_URGENT		0x1000	/* the urgent pointer advanced: actions->urgent (MUST-32) */
#define XTCP_ACT_ADVISE		0x2000	/* R1 reached: tell who wants to know (SHLD-9) */

/* What became of a segment, for the counters; each refusal has its own */
enum xtcp_drop {
	XTCP_DROP_NONE,
	XTCP_DROP_OLD,		/* all of it lies before RCV.NXT */
	XTCP_DROP_WINDOW,	/* outside of the receive window */
	XTCP_DROP_ACK_OLD,	/* acknowledges what was acknowledged long ago */
	XTCP_DROP_ACK_FUTURE,	/* acknowledges what was never sent */
	XTCP_DROP_NO_ACK,	/* lacks ACK where every segment must have it */
	XTCP_DROP_RST_INVALID,	/* RST outside of the window, or that is only challenged */
	XTCP_DROP_SYN_CHALLENGED, /* SYN in a synchronized state (RFC 5961) */
	XTCP_DROP_PAWS,		/* timestamp too old (RFC 7323) */
	XTCP_DROP_NO_STAMP,	/* lacks the timestamp that was agreed (require_timestamps) */
	XTCP_DROP_CLOSED,	/* data for a reader that is gone: reset */
	XTCP_DROP_DUPLICATE,	/* the reassembly queue has all of it */
	XTCP_DROP_NOT_EXPECTED,	/* the state has no use for it */
	XTCP_DROP_KINDS
};

/**
 * struct xtcp_actions - what must be done about an event
 * @todo: XTCP_ACT_*
 * @err: errno (positive) with XTCP_ACT_ERROR and XTCP_ACT_SOFT_ERROR
 * @drop: why the segment came to nothing; XTCP_DROP_NONE when it did not
 * @taken: the core keeps event->rec (in the reassembly queue or in @deliver)
 * @deliver: records that are next in the stream, in order
 * @freed: records that nobody needs any more: acknowledged, purged, or covered
 *	by others. SYN and FIN records never appear here
 * @delivered: bytes in @deliver
 * @urgent: with XTCP_ACT_URGENT, the sequence number behind the urgent data
 * @rst: the segment to send with XTCP_ACT_RST
 */
struct xtcp_actions {
	u32 todo;
	int err;
	enum xtcp_drop drop;
	bool taken;
	struct xtcp_rec *deliver;
	struct xtcp_rec *freed;
	u32 delivered;
	u32 urgent;
	struct xtcp_out rst;
};

/* Why a segment is sent (xtcp_out.kind) */
enum xtcp_out_kind {
	XTCP_OUT_ACK,		/* nothing but an acknowledgment */
	XTCP_OUT_SYN,		/* SYN, or SYN-ACK of a simultaneous open */
	XTCP_OUT_DATA,		/* new data, maybe with FIN */
	XTCP_OUT_RETX,		/* data, maybe with FIN, again */
	XTCP_OUT_FIN,		/* FIN alone, new or again */
	XTCP_OUT_PROBE,		/* zero-window probe */
	XTCP_OUT_KEEPALIVE,	/* keepalive probe */
	XTCP_OUT_RST,
};

void xtcp_tcb_init(struct xtcp_tcb *t, const struct xtcp_knobs *knobs);
void xtcp_tcb_set_path(struct xtcp_tcb *t, u32 path_mss);
void xtcp_step(struct xtcp_tcb *t, const struct xtcp_event *ev,
	       struct xtcp_actions *act);
bool xtcp_next(struct xtcp_tcb *t, u64 now, struct xtcp_out *out);
void xtcp_sent(struct xtcp_tcb *t, u64 now, const struct xtcp_out *out);
void xtcp_send_failed(struct xtcp_tcb *t, u64 now);
u64 xtcp_earliest_deadline(const struct xtcp_tcb *t);
u32 xtcp_rcv_window(const struct xtcp_tcb *t);
void xtcp_keepalive_start(struct xtcp_tcb *t, u64 now);

/**
 * xtcp_write_urgent - all that was written so far is urgent
 * @t: control block
 *
 * Segments say so from the next one on, until it is acknowledged (RFC 9293 section
 * 3.10.2, SND.UP); what is unsent doesn't wait for more.
 */
static inline void xtcp_write_urgent(struct xtcp_tcb *t)
{
	t->snd_up = t->write_seq;
}

/**
 * xtcp_write - count bytes that the caller put behind the last record
 * @t: control block
 * @rec: the record that holds them now: the tail of the send queue, not sent
 *	yet, or one just appended
 * @len: bytes
 */
static inline void xtcp_write(struct xtcp_tcb *t, struct xtcp_rec *rec, u32 len)
{
	rec->end_seq += len;
	t->write_seq += len;
}

#endif /* XTCP_CORE_TCB_H */
