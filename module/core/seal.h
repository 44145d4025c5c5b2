/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The echo cookie: what a request has agreed, protected by a seal. A peer that has offered
 * to echo gets it in the SYN-ACK, in our own option (ext.h), and sends it back with its
 * segments until it sees that the server has received it. Meanwhile the server keeps no
 * state, and no agreed option is lost.
 *
 *	 0	    1	       2	  3
 *	+----------+---+--+--+-+---------------------+
 *	|  issued  | 0 |ts|sk|ws|	  MSS	     |	the state
 *	+----------+---+--+--+-+---------------------+
 *	|					     |	the seal
 *	|					     |
 *	+--------------------------------------------+
 *
 * issued 8 bits: time of issue, in half seconds. The cookie expires after XTCP_SEAL_LIFE.
 * ts, sk 1 bit each: timestamps, SACK.
 * ws	  4 bits: the peer's window scale; 15: none.
 * MSS	  16 bits: the peer's MSS, from its SYN or the default.
 * seal	  64 bits: a keyed hash of addresses, ports, namespace, both initial sequence
 *	  numbers, our own window scale, and the state. So a cookie is valid for only the
 *	  connection it was made for. The cookie need not hold the initial sequence numbers:
 *	  the final ACK has them.
 *
 * A seal of 64 bits can't be guessed. So a segment with a wrong seal is forged or late; it is
 * dropped without an answer.
 */
#ifndef XTCP_CORE_SEAL_H
#define XTCP_CORE_SEAL_H

#include "ext.h"
#include "syn_received.h"
#include "usec.h"

/* The longest life of a classic cookie; less than the 63 s for which a SYN-ACK is repeated */
#define XTCP_SEAL_LIFE		(60 * XTCP_US_PER_S)

/* The verdict on a cookie that comes back */
enum xtcp_seal_verdict {
	XTCP_SEAL_VALID,
	XTCP_SEAL_EXPIRED,
	XTCP_SEAL_FORGED,	/* the seal is wrong, or the state is one we never write */
};

u32 xtcp_seal_pack(const struct xtcp_syn_received *h, u64 now);
void xtcp_seal_write(u8 *cookie, u32 state, u64 seal);
u32 xtcp_seal_state(const u8 *cookie);
u64 xtcp_seal_issued(u32 state, u64 now);
void xtcp_seal_unpack(u32 state, struct xtcp_syn_received *h);
enum xtcp_seal_verdict xtcp_seal_check(const struct xtcp_seg *seg, u64 seal, u64 now);

#endif /* XTCP_CORE_SEAL_H */
