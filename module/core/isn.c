// SPDX-License-Identifier: GPL-2.0
/*
 * Initial sequence numbers (RFC 9293 section 3.4.1, RFC 6528).
 *
 * The clock keeps two incarnations of a connection apart. The keyed hash gives each 4-tuple a
 * sequence space of its own, so the numbers of one connection tell nothing about those of
 * another (MUST-8, MUST-9, SHLD-1).
 */
#include <linux/types.h>

#include "isn.h"
#include "seq.h"

#define TICK_SHIFT	2	/* microseconds to ticks of 4 us */

/*
 * Distance of the ISN from SND.NXT of the earlier incarnation (@floor): more than any unscaled
 * window. RFC 9293 section 3.6.1 (MAY-2, condition 1) asks only for a larger number.
 * The distance is for old ACKs of that incarnation, which are @floor at most. While the windows
 * of the new handshake are 65,535 bytes at most, such ACKs are below SND.UNA - MAX.SND.WND and
 * dropped (RFC 5961 section 5.2). The distance need not be secret: only the two ends know
 * @floor.
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
 * @floor: SND.NXT of the earlier incarnation
 *
 * The usual ISN is above @floor already, unless the earlier incarnation sent more than one byte
 * every 4 us, or its own ISN was raised here.
 * Pure: no context, no lock. Source: RFC 9293 section 3.6.1; RFC 6191 section 4.
 *
 * Return: an ISN greater than @floor, modulo 2^32.
 */
u32 xtcp_isn_above(u64 now, u32 hash, u32 floor)
{
	u32 isn = xtcp_isn(now, hash);

	return seq_gt(isn, floor) ? isn : floor + JUMP;
}
