/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection in SYN-RECEIVED after a passive open: all that a request keeps
 * between the SYN and the final ACK (RFC 9293 section 3.10.7.2 and .4).
 */
#ifndef XTCP_CORE_SYN_RECEIVED_H
#define XTCP_CORE_SYN_RECEIVED_H

#include "event.h"
#include "knobs.h"
#include "wire.h"

struct xtcp_tcb;

/**
 * struct xtcp_syn_received - what a request has agreed so far
 * @irs: the peer's initial sequence number
 * @iss: our initial sequence number
 * @ts_recent: TSval of the last SYN, when @ts_ok
 * @rcv_wnd: window in the SYN-ACK, bytes; never scaled
 * @peer_mss: MSS option of the SYN, or the default
 * @adv_mss: MSS option of the SYN-ACK; the caller may lower it
 * @snd_wscale: shift of the windows that the peer sends
 * @rcv_wscale: shift of the windows that we send
 * @wscale_ok: both sides scale their windows
 * @sack_ok: both sides use SACK
 * @ts_ok: both sides use timestamps
 * @ts_must: segments without a timestamp are dropped
 * @ts_unheard: both sides use timestamps, but none of the peer's is known: the connection
 *	returned by a cookie, in a segment without a timestamp
 * @retries: times that the timer has expired. A SYN-ACK was sent again each time, except
 *	while @seen has XTCP_SYN_RECEIVED_ACKED and the request waits for data
 * @defer: number of timer expirations until which a final ACK without data does not
 *	establish (TCP_DEFER_ACCEPT); 0 unless the caller sets it
 * @seen: XTCP_SYN_RECEIVED_* bits, in a byte of their own, since any CPU that receives a
 *	segment may set them. If two CPUs do at once, a bit may be lost. That is harmless:
 *	either bit alone rules out an RTT sample, and an ACK that was lost in this way
 *	is repeated, because the peer gets the SYN-ACK again
 * @sent: time of the first SYN-ACK, us (gives an RTT sample if it was the only one)
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
#define XTCP_SYN_RECEIVED_RESENT	0x01	/* the SYN came and the SYN-ACK went again */
#define XTCP_SYN_RECEIVED_ACKED	0x02	/* a final ACK without data came; waits for data */
#define XTCP_SYN_RECEIVED_LATE	0x04	/* ... and it came after the timer had expired */

/* What to do about a segment for a request */
enum xtcp_syn_received_verdict {
	XTCP_SYN_RECEIVED_DROP,	/* drop it; *drop says why */
	XTCP_SYN_RECEIVED_SYNACK,	/* the SYN again: answer with the same SYN-ACK */
	XTCP_SYN_RECEIVED_WAIT,	/* a final ACK without data: wait for data (TCP_DEFER_ACCEPT) */
	XTCP_SYN_RECEIVED_ACK,	/* not acceptable, or suspect: answer with an ACK; *drop says why */
	XTCP_SYN_RECEIVED_RESET,	/* reject with an RST: xtcp_reset_reply(); *drop says why */
	XTCP_SYN_RECEIVED_ABORT,	/* a valid RST: end the request */
	XTCP_SYN_RECEIVED_ESTABLISH, /* the final ACK: make a control block, pass it the segment */
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
