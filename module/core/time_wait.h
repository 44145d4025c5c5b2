/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TIME-WAIT: what is kept of a connection for 2 MSL after its end
 * (RFC 9293 section 3.6.1 and 3.10.7.4; RFC 1337; RFC 6191).
 */
#ifndef XTCP_CORE_TIME_WAIT_H
#define XTCP_CORE_TIME_WAIT_H

#include "event.h"
#include "knobs.h"
#include "wire.h"

struct xtcp_tcb;

/**
 * struct xtcp_time_wait - a connection in TIME-WAIT
 * @snd_nxt: SND.NXT: sequence number of every answer
 * @rcv_nxt: RCV.NXT, after the peer's FIN
 * @ts_recent: last TSval of the peer, when @ts_ok
 * @rcv_wnd: the last window, as it is in the header of an answer. It is not used
 *	to check segments: nothing can follow the FIN
 * @ts_ok: both sides use timestamps
 * @ts_unknown: but the peer's last one is not known, or is too old to compare with
 * @foreign: for the caller: the local address is not one of this host's
 * @restarts: how often the peer's FIN has restarted the 2 MSL. If two FINs arrive at once,
 *	one may not be counted
 * @heard: when a segment was last sent in either direction, by an 8-bit clock
 *
 * Only @restarts and @heard change.
 *
 * 16 bytes: docs/minisocks.md draws them.
 */
struct xtcp_time_wait {
	u32 snd_nxt;
	u32 rcv_nxt;
	u32 ts_recent;
	u16 rcv_wnd;
	u8 ts_ok:1, ts_unknown:1, foreign:1, restarts:5;
	u8 heard;
};

/* What to do about a segment in TIME-WAIT */
enum xtcp_time_wait_verdict {
	XTCP_TIME_WAIT_DROP,	/* drop it (an RST, too: RFC 1337); *drop says why */
	XTCP_TIME_WAIT_ACK,	/* answer with an ACK; *drop says why */
	XTCP_TIME_WAIT_RESTART,	/* the FIN again: answer, and maybe restart the 2 MSL */
	XTCP_TIME_WAIT_REOPEN,	/* a newer SYN: pass it to a listener (RFC 6191) */
};

void xtcp_time_wait_init(struct xtcp_time_wait *tw, const struct xtcp_tcb *t, u64 now);
u64 xtcp_time_wait_length(const struct xtcp_knobs *knobs);
enum xtcp_time_wait_verdict
xtcp_time_wait_segment(const struct xtcp_time_wait *tw, const struct xtcp_seg *seg,
		       enum xtcp_drop *drop);
bool xtcp_time_wait_restart(struct xtcp_time_wait *tw);
void xtcp_time_wait_ack(struct xtcp_time_wait *tw, u64 now, u32 stamp, struct xtcp_out *out);
bool xtcp_time_wait_is_past(const struct xtcp_time_wait *tw, u64 now);

#endif /* XTCP_CORE_TIME_WAIT_H */
