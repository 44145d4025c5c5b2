// SPDX-License-Identifier: GPL-2.0
/*
 * Initial sequence numbers (RFC 9293 section 3.4.1, RFC 6528).
 *
 * The clock keeps two incarnations of one connection apart; the hash, which nobody
 * else can compute, gives each 4-tuple a sequence space of its own, so that one
 * connection's numbers tell nothing about another's (MUST-8, MUST-9, SHLD-1).
 */
#include <linux/types.h>

#include "isn.h"
#include "seq.h"

#define TICK_SHIFT	2	/* microseconds to ticks of 4 us */

/*
 * Above the old incarnation by more than any window that isn't scaled. Larger than
 * its last sequence number would do (RFC 9293 section 3.6.1, MAY-2, condition 1). The
 * distance is for its old ACKs, which are @floor at most: while the new handshake's
 * windows are 65,535 bytes at most, they fall below SND.UNA - MAX.SND.WND and are
 * discarded (RFC 5961 section 5.2). It need not be secret: @floor is, to all but
 * the two ends.
 */
#define JUMP		0x10000

/**
 * xtcp_isn - the initial sequence number of a connection
 * @now: time, us
 * @hash: keyed hash of the 4-tuple, computed by the caller
 *
 * Pure: no context, no lock. Source: RFC 6528 section 3, ISN = M + F(...).
 *
 * Return: the ISN.
 */
u32 xtcp_isn(u64 now, u32 hash)
{
	return (u32)(now >> TICK_SHIFT) + hash;
}

/**
 * xtcp_isn_above - an initial sequence number for a connection opened again
 * @now: time, us
 * @hash: keyed hash of the 4-tuple, computed by the caller
 * @floor: SND.NXT of the incarnation before
 *
 * Clock and hash give one that is above, unless that incarnation sent more than a
 * byte each 4 us, or an ISN of its own was lifted already.
 * Pure: no context, no lock. Source: RFC 9293 section 3.6.1; RFC 6191 section 4.
 *
 * Return: an ISN greater than @floor, modulo 2^32.
 */
u32 xtcp_isn_above(u64 now, u32 hash, u32 floor)
{
	u32 isn = xtcp_isn(now, hash);

	return seq_gt(isn, floor) ? isn : floor + JUMP;
}
