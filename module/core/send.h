/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is to be sent now? xtcp_next() is asked until it says "nothing"; each answer that went out
 * is reported back by xtcp_sent().
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

#endif /* XTCP_CORE_SEND_H */
