/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection in SYN-RECEIVED after a passive open: all that is remembered
 * between the SYN and the third segment (RFC 9293 section 3.10.7.2 and .4).
 */
#ifndef XTCP_CORE_SYN_RECEIVED_H
#define XTCP_CORE_SYN_RECEIVED_H

#include "event.h"
#include "knobs.h"
#include "wire.h"

struct xtcp_tcb;

/**
 * struct xtcp_syn_received - what a half-open connection has agreed so far
 * @irs: the peer's initial sequence number
 * @iss: ours
 * @ts_recent: TSval of the last SYN, when @ts_ok
 * @rcv_wnd: window advertised in the SYN-ACK, bytes: never scaled
 * @peer_mss: MSS option of the SYN, or the default
 * @adv_mss: MSS option of the SYN-ACK; the caller may lower it
 * @snd_wscale: shift of the windows that the peer sends
 * @rcv_wscale: shift of the windows that we send
 * @wscale_ok: both sides scale
 * @sack_ok: both sides do SACK
 * @ts_ok: both sides do timestamps
 * @ts_must: and what lacks one is dropped
 * @ts_unheard: but none is known of the peer's: the SYN was forgotten, and what brought its
 *	cookie had none
 * @retries: times that the timer has expired. A SYN-ACK went again each time, except
 *	while @seen has XTCP_SYN_RECEIVED_ACKED and data are waited for
 * @defer: until the timer has expired so often, a bare third segment establishes
 *	nothing (TCP_DEFER_ACCEPT); 0 unless the caller sets it
 * @seen: XTCP_SYN_RECEIVED_* bits. In a byte of its own: it is set by whoever gets the
 *	segment. When two do at once a bit may be lost, which does no harm: either one
 *	alone says that there is no RTT sample, and an ACK that was forgotten gets
 *	SYN-ACKs, and so comes again
 * @sent: when the first SYN-ACK went, us (an RTT sample when it was the only one)
 *
 * 32 bytes: docs/minisocks.md draws them.
 */
struct xtcp_syn_received {
	u32 irs;
	u32 iss;
	u32 ts_recent;
	u16 rcv_wnd;
	u16 peer_mss;
	u16 adv_mss;
	u8 snd_wscale;
	u8 rcv_wscale;
	u8 wscale_ok:1, sack_ok:1, ts_ok:1, ts_must:1, ts_unheard:1;
	u8 retries;
	u8 defer;
	u8 seen;
	u64 sent;
};

/* xtcp_syn_received.seen */
#define XTCP_SYN_RECEIVED_RESENT	0x01	/* the SYN came again, and the SYN-ACK went again */
#define XTCP_SYN_RECEIVED_ACKED	0x02	/* a bare third segment came: data are waited for */
#define XTCP_SYN_RECEIVED_LATE	0x04	/* ... and not before the timer had expired */

/* What a segment means to a half-open connection */
enum xtcp_syn_received_verdict {
	XTCP_SYN_RECEIVED_DROP,	/* nothing to be done; *drop says why */
	XTCP_SYN_RECEIVED_SYNACK,	/* the SYN again: answer with the same SYN-ACK */
	XTCP_SYN_RECEIVED_WAIT,	/* a bare third segment, and only data are to establish */
	XTCP_SYN_RECEIVED_ACK,	/* not acceptable, or suspect: answer with an ACK; *drop says why */
	XTCP_SYN_RECEIVED_RESET,	/* refused with RST: xtcp_reset_reply(); *drop says why */
	XTCP_SYN_RECEIVED_ABORT,	/* a valid RST: forget the record */
	XTCP_SYN_RECEIVED_ESTABLISH, /* the third segment: make a control block, give it the segment */
};

void xtcp_syn_received_init(struct xtcp_syn_received *h, const struct xtcp_seg *syn,
			u32 iss, u16 adv_mss, u16 default_mss, u32 rcv_free,
			const struct xtcp_knobs *knobs, u64 now);
enum xtcp_syn_received_verdict
xtcp_syn_received_segment(struct xtcp_syn_received *h, const struct xtcp_seg *seg,
		      enum xtcp_drop *drop);
void xtcp_syn_received_synack(const struct xtcp_syn_received *h, u32 stamp, struct xtcp_out *out);
void xtcp_syn_received_ack(const struct xtcp_syn_received *h, u32 stamp, struct xtcp_out *out);
u64 xtcp_syn_received_timeout(struct xtcp_syn_received *h, const struct xtcp_knobs *knobs,
			  bool *resend);
u8 xtcp_defer_retries(int seconds);
int xtcp_defer_seconds(u8 retries);
void xtcp_tcb_from_syn_received(struct xtcp_tcb *t, const struct xtcp_syn_received *h,
			    const struct xtcp_knobs *knobs, u64 now);
void xtcp_syn_received_return(struct xtcp_syn_received *h, const struct xtcp_seg *seg,
			  u16 adv_mss, u32 rcv_free, const struct xtcp_knobs *knobs,
			  u64 now);
bool xtcp_syn_received_no_stamp(const struct xtcp_syn_received *h, const struct xtcp_seg *seg);

#endif /* XTCP_CORE_SYN_RECEIVED_H */
