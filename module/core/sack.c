// SPDX-License-Identifier: GPL-2.0
/*
 * Selective acknowledgment, the receiver's side: which blocks an ACK reports (RFC 2018
 * section 4). The first block reports a duplicate, if there was one (D-SACK, RFC 2883).
 */
#include <linux/minmax.h>

#include "sack.h"

#define LEN_OPTION	4	/* two NOPs, kind and length */
#define LEN_BLOCK	8

/**
 * xtcp_sack_duplicate - text was received twice
 * @t: control block
 * @start: its first sequence number
 * @end: the number after its last
 *
 * The next ACK reports it, once. If there are several before that ACK, it reports the first.
 * Each duplicate is acknowledged at once, so each normally has its own ACK.
 * Context: under the owner's lock. Source: RFC 2883 section 4.
 */
void xtcp_sack_duplicate(struct xtcp_tcb *t, u32 start, u32 end)
{
	if (!t->sack_ok || t->dsack_due)
		return;
	t->dsack_due = true;
	t->dsack = (struct xtcp_sack_block){ start, end };
}

/* The number of blocks to report */
static u8 count(const struct xtcp_tcb *t)
{
	u8 most = t->ts_ok ? XTCP_SACK_BLOCKS - 1 : XTCP_SACK_BLOCKS;
	u8 n = t->dsack_due;

	if (t->reasm.bytes)
		n += max_t(u8, t->reasm.nrecent, 1);
	return min(n, most);
}

/**
 * xtcp_sack_len - length of the SACK option in the next segment
 * @t: control block
 *
 * Context: under the owner's lock. Source: RFC 2018 section 3.
 *
 * Return: bytes, with NOPs; 0 if the segment has no SACK option.
 */
u32 xtcp_sack_len(const struct xtcp_tcb *t)
{
	return xtcp_sack_due(t) ? LEN_OPTION + LEN_BLOCK * count(t) : 0;
}

/**
 * xtcp_sack_add - put the SACK option on a segment that has ACK
 * @t: control block, for which xtcp_sack_due() is true
 * @opts: the segment's options, without timestamps yet
 *
 * The run that was added to last comes first, then the earlier ones. If no run is remembered
 * because RCV.NXT has passed them all, the first run of the reassembly queue is reported.
 * Context: under the owner's lock. Source: RFC 2018 section 4; RFC 2883 section 4.
 */
void xtcp_sack_add(const struct xtcp_tcb *t, struct xtcp_opts *opts)
{
	const struct xtcp_reasm *q = &t->reasm;
	u8 most = count(t), i;

	if (t->dsack_due)
		opts->sack[opts->nsack++] = t->dsack;
	for (i = 0; i < q->nrecent && opts->nsack < most; i++)
		opts->sack[opts->nsack++] = q->recent[i];
	if (opts->nsack < most)
		opts->sack[opts->nsack++] = xtcp_reasm_first(q);
}
