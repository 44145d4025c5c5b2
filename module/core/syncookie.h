/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SYN cookies for any peer: what a half-open connection has agreed is kept in the numbers
 * of the SYN-ACK, which the third segment brings back. The server keeps nothing.
 *
 * The initial sequence number, where both sides do timestamps:
 *
 *	 31					  4  3	2  0
 *	+--------------------------------------------+----+----+
 *	|		      MAC		     | ep | MSS|
 *	+--------------------------------------------+----+----+
 *
 * and the timestamp, which is ours in its upper bits:
 *
 *	 31				      6   5   4	   3   0
 *	+---------------------------------------+---+----+------+
 *	|	     milliseconds		| 0 |SACK|wscale|	wscale 15: none
 *	+---------------------------------------+---+----+------+
 *
 * Without timestamps the initial sequence number has to carry all of it:
 *
 *	 31			       8   7	6    5	3   2  0
 *	+---------------------------------+----+----+------+----+
 *	|		MAC		  | ep |SACK|wscale| MSS|	wscale 0: none
 *	+---------------------------------+----+----+------+----+
 *
 * ep	  the lowest bit of the epoch, which says by which secret the MAC was made. So
 *	  a guess is tried against one secret, not two.
 * MSS	  index of the largest of eight values that is not above the peer's.
 * wscale the peer's window scale; in three bits the largest of seven that is not above
 *	  it, so that its window is taken for smaller than it is, never for larger.
 * SACK	  SACK is permitted by both.
 * MAC	  the upper bits of a keyed hash of addresses, ports, namespace, the peer's initial
 *	  sequence number, all that is above, and our own window scale. 28 or 24 bits:
 *	  who guesses, needs so many ACKs for one that is taken.
 *
 * What a cookie can't carry: the MSS to the byte, and that the SYN came twice.
 */
#ifndef XTCP_CORE_SYNCOOKIE_H
#define XTCP_CORE_SYNCOOKIE_H

#include <linux/math64.h>
#include "syn_received.h"
#include "usec.h"

/*
 * An epoch has a secret of its own. A cookie is taken in its epoch and in the next, so it
 * lives for 30 to 60 seconds. A SYN-ACK that is kept in a record is repeated for 63 s
 * by default: after that the peer can't expect to be remembered.
 */
#define XTCP_COOKIE_EPOCH	(30 * XTCP_US_PER_S)

/**
 * struct xtcp_cookie - what a cookie says, to be hashed and to be checked
 * @epoch: by whose secret the MAC is made
 * @mss: index of the peer's MSS
 * @wscale: the peer's window scale, 15: none
 * @sack_ok: SACK is permitted
 * @ts_ok: timestamps are used
 */
struct xtcp_cookie {
	u32 epoch;
	u8 mss;
	u8 wscale;
	bool sack_ok;
	bool ts_ok;
};

/* The epoch of a time, us */
static inline u32 xtcp_cookie_epoch(u64 now)
{
	return (u32)div_u64(now, XTCP_COOKIE_EPOCH);
}

void xtcp_cookie_pack(struct xtcp_cookie *c, const struct xtcp_syn_received *h, u64 now);
u32 xtcp_cookie_word(const struct xtcp_cookie *c);
u32 xtcp_cookie_isn(const struct xtcp_cookie *c, u64 mac);
u32 xtcp_cookie_stamp(const struct xtcp_cookie *c, u32 stamp);
void xtcp_cookie_read(struct xtcp_cookie *c, const struct xtcp_seg *seg, u64 now);
bool xtcp_cookie_valid(const struct xtcp_cookie *c, const struct xtcp_seg *seg, u64 mac);
void xtcp_cookie_unpack(const struct xtcp_cookie *c, struct xtcp_syn_received *h);

#endif /* XTCP_CORE_SYNCOOKIE_H */
