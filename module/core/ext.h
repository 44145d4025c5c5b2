/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Our own option, the one in which all extensions of TCP by xtcp travel: an experiment
 * with an identifier (RFC 6994). docs/protocol.md has the budget of its bits.
 *
 *	 0	    1	       2	  3
 *	+----------+----------+---------------------+
 *	| kind 254 | length 20|     ExID 0x7863	    |
 *	+-----+----+----------+---------------------+
 *	| ver | has|	      reserved		    |	has: what is in it
 *	+-----+----+--------------------------------+
 *	|					    |	the echo cookie: a state, and its
 *	|	      12 bytes			    |	seal (seal.h). In a SYN: zero, the
 *	|					    |	room that the answer will take
 *	+-------------------------------------------+
 *
 * It has 20 bytes whatever is in it, so that no SYN-ACK with it is longer than the SYN
 * that asked for it: whoever sends SYNs in another's name can't make us send him more
 * than he sends himself.
 */
#ifndef XTCP_CORE_EXT_H
#define XTCP_CORE_EXT_H

#include "wire.h"

#define XTCP_EXT_KIND		254	/* RFC 4727 */
#define XTCP_COOKIE_LEN		12	/* bytes of an echo cookie */

/* xtcp_opts.ext: the byte that says what is in the option */
#define XTCP_EXT_VERSION	0x10
#define XTCP_EXT_COOKIE		0x01	/* an echo cookie; in a SYN: I will echo one */
/* Never on the wire: it said that there is a cookie, and had no room for one */
#define XTCP_EXT_CUT		0x08

void xtcp_ext_parse(const u8 *p, struct xtcp_opts *opts);
u8 *xtcp_ext_build(u8 *p, const struct xtcp_opts *opts);

#endif /* XTCP_CORE_EXT_H */
