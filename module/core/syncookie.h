/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Classic SYN cookies, for any peer: the agreed options are encoded in the numbers of the
 * SYN-ACK, which the final ACK returns. The server keeps no state.
 *
 * With timestamps on both sides, the initial sequence number is:
 *
 *	 31					  4  3	2  0
 *	+--------------------------------------------+----+----+
 *	|		      MAC		     | ep | MSS|
 *	+--------------------------------------------+----+----+
 *
 * and the timestamp, whose upper bits are our clock:
 *
 *	 31				      6   5   4	   3   0
 *	+---------------------------------------+---+----+------+
 *	|	     milliseconds		| 0 |SACK|wscale|	wscale 15: none
 *	+---------------------------------------+---+----+------+
 *
 * Without timestamps, the initial sequence number has to hold everything:
 *
 *	 31			       8   7	6    5	3   2  0
 *	+---------------------------------+----+----+------+----+
 *	|		MAC		  | ep |SACK|wscale| MSS|	wscale 0: none
 *	+---------------------------------+----+----+------+----+
 *
 * ep	  the lowest bit of the epoch, which selects the secret of the MAC. So a guess is
 *	  checked against one secret, not two.
 * MSS	  index of the largest of eight values that is not above the peer's.
 * wscale the peer's window scale. In three bits, the largest of seven values that is not
 *	  above it: the window may be taken for smaller than it is, never for larger.
 * SACK	  both sides permit SACK.
 * MAC	  the upper bits of a keyed hash of addresses, ports, namespace, the peer's initial
 *	  sequence number, all of the above, and our own window scale. It has 28 or 24 bits:
 *	  a guess succeeds once in 2^28 or 2^24.
 *
 * A cookie can't hold the exact MSS, or whether the SYN was retransmitted.
 */
#ifndef XTCP_CORE_SYNCOOKIE_H
#define XTCP_CORE_SYNCOOKIE_H

#include <linux/math64.h>
#include "syn_received.h"
#include "usec.h"

/*
 * Each epoch has its own secret. A cookie is valid in its epoch and in the next, so it
 * lives for 30 to 60 seconds. A request repeats its SYN-ACK for 63 s by default, and then
 * ends too.
 */
#define XTCP_COOKIE_EPOCH	(30 * XTCP_US_PER_S)

/**
 * struct xtcp_cookie - the contents of a cookie
 * @epoch: selects the secret of the MAC
 * @mss: index of the peer's MSS
 * @wscale: the peer's window scale, 15: none
 * @sack_ok: both sides permit SACK
 * @ts_ok: timestamps are used
 */
struct xtcp_cookie {
	u32 epoch;
	u8 mss;
	u8 wscale;
	bool sack_ok;
	bool ts_ok;
};

/* The epoch of @now, us */
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
