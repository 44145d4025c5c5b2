/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The echo cookie: what a half-open connection has agreed, under a seal. A peer that has
 * offered to echo gets it in the SYN-ACK, in our own option (ext.h), and brings it back
 * with its segments until it sees that we know it. The server keeps nothing meanwhile,
 * and nothing that was agreed is lost.
 *
 *	 0	    1	       2	  3
 *	+----------+---+--+--+-+---------------------+
 *	|  issued  | 0 |ts|sk|ws|	  MSS	     |	the state
 *	+----------+---+--+--+-+---------------------+
 *	|					     |	the seal
 *	|					     |
 *	+--------------------------------------------+
 *
 * issued 8 bits: when, in half seconds. It expires after XTCP_SEAL_LIFE.
 * ts, sk 1 bit each: timestamps, SACK.
 * ws	  4 bits: the peer's window scale; 15: none.
 * MSS	  16 bits: the peer's, as it stood in its SYN or by default.
 * seal	  64 bits: a keyed hash of addresses, ports, namespace, both initial sequence
 *	  numbers, our own window scale, and the state. So a cookie is good for the one
 *	  connection it was made for. The initial sequence numbers need not be in it: the
 *	  third segment carries them.
 *
 * 64 bits can't be guessed, so a segment whose seal is broken is no accident of chance
 * but forged, or late; it is dropped without an answer.
 */
#ifndef XTCP_CORE_SEAL_H
#define XTCP_CORE_SEAL_H

#include "ext.h"
#include "syn_received.h"
#include "usec.h"

/* As long as a classic cookie, and less than a SYN-ACK's R2 of 63 s */
#define XTCP_SEAL_LIFE		(60 * XTCP_US_PER_S)

/* What becomes of a cookie that comes back */
enum xtcp_seal_verdict {
	XTCP_SEAL_VALID,
	XTCP_SEAL_EXPIRED,
	XTCP_SEAL_FORGED,	/* the seal is broken, or on what we never say */
};

u32 xtcp_seal_pack(const struct xtcp_syn_received *h, u64 now);
void xtcp_seal_write(u8 *cookie, u32 state, u64 seal);
u32 xtcp_seal_state(const u8 *cookie);
u64 xtcp_seal_issued(u32 state, u64 now);
void xtcp_seal_unpack(u32 state, struct xtcp_syn_received *h);
enum xtcp_seal_verdict xtcp_seal_check(const struct xtcp_seg *seg, u64 seal, u64 now);

#endif /* XTCP_CORE_SEAL_H */
