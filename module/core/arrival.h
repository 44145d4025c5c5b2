/* SPDX-License-Identifier: GPL-2.0 */
/* What an ACK reports as arrived. */
#ifndef XTCP_CORE_ARRIVAL_H
#define XTCP_CORE_ARRIVAL_H

#include "seq.h"
#include "tcb.h"

/**
 * struct xtcp_arrival - what an ACK reports, as input of loss detection
 * @seg: the segment
 * @now: time, us
 * @any: it reports at least one record for the first time
 * @dsack: it reports a duplicate (D-SACK)
 * @sent: of the records reported for the first time, when the one sent last was sent, us; 0: not
 *	known for certain
 * @end_seq: sequence number after that record
 */
struct xtcp_arrival {
	const struct xtcp_seg *seg;
	u64 now;
	bool any, dsack;
	u64 sent;
	u32 end_seq;
};

/* RACK_sent_after() of RFC 8985 section 6.2 */
static inline bool xtcp_sent_after(u64 sent1, u32 end1, u64 sent2, u32 end2)
{
	return sent1 > sent2 || (sent1 == sent2 && seq_gt(end1, end2));
}

void xtcp_arrival_add(struct xtcp_tcb *t, struct xtcp_arrival *a, const struct xtcp_rec *rec);

#endif /* XTCP_CORE_ARRIVAL_H */
