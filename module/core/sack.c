// SPDX-License-Identifier: GPL-2.0
/*
 * Selective acknowledgment, the receiver's side: which blocks an ACK tells of (RFC 2018
 * section 4), and first of all what has come twice (D-SACK, RFC 2883).
 */
#include <linux/minmax.h>

#include "sack.h"

#define LEN_OPTION	4	/* kind and length, behind two NOPs */
#define LEN_BLOCK	8

/**
 * xtcp_sack_duplicate - text has come that we had
 * @t: control block
 * @start: its first sequence number
 * @end: the number after its last
 *
 * The next ACK tells the peer, once. Of several before it the first is told; they are
 * all answered at once, so there is one for each ACK.
 * Context: under the owner's lock. Source: RFC 2883 section 4.
 */
void xtcp_sack_duplicate(struct xtcp_tcb *t, u32 start, u32 end)
{
	if (!t->sack_ok || t->dsack_due)
		return;
	t->dsack_due = true;
	t->dsack = (struct xtcp_sack_block){ start, end };
}

/* How many blocks there are to tell of */
static u8 count(const struct xtcp_tcb *t)
{
	u8 most = t->ts_ok ? XTCP_SACK_BLOCKS - 1 : XTCP_SACK_BLOCKS;
	u8 n = t->dsack_due;

	if (t->reasm.bytes)
		n += max_t(u8, t->reasm.nrecent, 1);
	return min(n, most);
}

/**
 * xtcp_sack_len - bytes that the SACK option takes of the next segment
 * @t: control block
 *
 * Context: under the owner's lock. Source: RFC 2018 section 3.
 *
 * Return: bytes, with NOPs; 0: there is none.
 */
u32 xtcp_sack_len(const struct xtcp_tcb *t)
{
	return xtcp_sack_due(t) ? LEN_OPTION + LEN_BLOCK * count(t) : 0;
}

/**
 * xtcp_sack_add - put the option on a segment that acknowledges
 * @t: control block, for which xtcp_sack_due()
 * @opts: the segment's options, but for timestamps
 *
 * The latest run that was added to comes first, then those before it. When RCV.NXT has
 * passed all that are remembered, the run next to it stands for the others.
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
