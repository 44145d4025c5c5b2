/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What to send now. The caller repeats xtcp_next() until it returns false, and reports each
 * segment that was sent by xtcp_sent().
 */
#ifndef XTCP_CORE_SEND_H
#define XTCP_CORE_SEND_H

#include "tcb.h"
#include "usec.h"

#define XTCP_RETRY_AFTER	(20 * XTCP_US_PER_MS)	/* after a failed allocation */

bool xtcp_next(struct xtcp_tcb *t, u64 now, struct xtcp_out *out);
void xtcp_sent(struct xtcp_tcb *t, u64 now, const struct xtcp_out *out);
void xtcp_send_failed(struct xtcp_tcb *t, u64 now);

/**
 * xtcp_write_urgent - make all bytes written so far urgent
 * @t: control block
 *
 * Segments have URG from the next one until these bytes are acknowledged (RFC 9293 section
 * 3.10.2, SND.UP). Unsent bytes don't wait for more to join them.
 */
static inline void xtcp_write_urgent(struct xtcp_tcb *t)
{
	t->snd_up = t->write_seq;
}

/**
 * xtcp_write - count bytes that the caller has added to the end of the send queue
 * @t: control block
 * @rec: the record that has them: the tail of the send queue, not sent yet, or one just
 *	appended
 * @len: number of bytes
 */
static inline void xtcp_write(struct xtcp_tcb *t, struct xtcp_rec *rec, u32 len)
{
	rec->end_seq += len;
	t->write_seq += len;
}

#endif /* XTCP_CORE_SEND_H */
