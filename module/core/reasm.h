/* SPDX-License-Identifier: GPL-2.0 */
/* The reassembly queue: text that arrived out of order. */
#ifndef XTCP_CORE_REASM_H
#define XTCP_CORE_REASM_H

#include "rec.h"
#include "wire.h"

/**
 * struct xtcp_reasm - the reassembly queue
 * @root: records ordered by @seq, none overlapping
 * @bytes: sum of the records' lengths
 * @nrecent: number of blocks in @recent
 * @recent: the runs without a hole that a record was last added to, latest first (RFC 2018)
 */
struct xtcp_reasm {
	struct rb_root root;
	u32 bytes;
	u8 nrecent;
	struct xtcp_sack_block recent[XTCP_SACK_BLOCKS];
};

bool xtcp_reasm_insert(struct xtcp_reasm *q, struct xtcp_rec *rec,
		       struct xtcp_rec **freed);
bool xtcp_reasm_overlap(const struct xtcp_reasm *q, u32 start, u32 end,
			struct xtcp_sack_block *run);
struct xtcp_rec *xtcp_reasm_take(struct xtcp_reasm *q, u32 *rcv_nxt,
				 struct xtcp_rec **freed);
struct xtcp_sack_block xtcp_reasm_first(const struct xtcp_reasm *q);
struct xtcp_rec *xtcp_reasm_purge(struct xtcp_reasm *q);

#endif /* XTCP_CORE_REASM_H */
