/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TIME-WAIT: what is remembered of a connection for 2 MSL after its end
 * (RFC 9293 section 3.6.1 and 3.10.7.4; RFC 1337; RFC 6191).
 */
#ifndef XTCP_CORE_TIME_WAIT_H
#define XTCP_CORE_TIME_WAIT_H

#include "event.h"
#include "knobs.h"
#include "wire.h"

struct xtcp_tcb;

/**
 * struct xtcp_time_wait - a finished connection
 * @snd_nxt: SND.NXT: sequence number of every answer
 * @rcv_nxt: RCV.NXT, after the peer's FIN
 * @ts_recent: last TSval of the peer, when @ts_ok
 * @rcv_wnd: the last window, as it stands in the header of an answer. Nothing
 *	can follow the FIN: it isn't used to judge what arrives
 * @ts_ok: timestamps were used
 * @foreign: for the caller: the local address is none of this host's
 * @restarts: how often the peer's FIN has started the 2 MSL anew. Of two that come at once
 *	one may not be counted
 * @heard: when the two ends last sent each other anything, by a clock of 8 bits
 *
 * @restarts and @heard are all that changes.
 *
 * 16 bytes: docs/minisocks.md draws them.
 */
struct xtcp_time_wait {
	u32 snd_nxt;
	u32 rcv_nxt;
	u32 ts_recent;
	u16 rcv_wnd;
	u8 ts_ok:1, foreign:1, restarts:6;
	u8 heard;
};

/* What a segment means in TIME-WAIT */
enum xtcp_time_wait_verdict {
	XTCP_TIME_WAIT_DROP,	/* nothing (an RST too: RFC 1337); *drop says why */
	XTCP_TIME_WAIT_ACK,	/* answer with an ACK; *drop says why */
	XTCP_TIME_WAIT_RESTART,	/* the FIN again: answer, and start the 2 MSL anew */
	XTCP_TIME_WAIT_REOPEN,	/* a newer SYN: give way to a listener (RFC 6191) */
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
