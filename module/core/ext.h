/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Our own TCP option, which carries all extensions that xtcp makes to TCP. Its kind is the
 * experimental one, with an identifier (RFC 6994). docs/protocol.md allocates its bits.
 *
 *	 0	    1	       2	  3
 *	+----------+----------+---------------------+
 *	| kind 254 | length 20|     ExID 0x7863	    |
 *	+-----+----+----------+---------------------+
 *	| ver | has|	      reserved		    |	has: which parts are present
 *	+-----+----+--------------------------------+
 *	|					    |	the echo cookie: a state, and its
 *	|	      12 bytes			    |	seal (seal.h). In a SYN it is zero
 *	|					    |	and reserves the answer's room
 *	+-------------------------------------------+
 *
 * The option always has 20 bytes. So a SYN-ACK that carries it is no longer than the SYN that
 * asked for it, and SYNs with a spoofed source address don't make us an amplifier.
 */
#ifndef XTCP_CORE_EXT_H
#define XTCP_CORE_EXT_H

#include "wire.h"

#define XTCP_EXT_KIND		254	/* RFC 4727 */
#define XTCP_COOKIE_LEN		12	/* bytes of an echo cookie */

/* xtcp_opts.ext: the byte that says which parts are present */
#define XTCP_EXT_VERSION	0x10
#define XTCP_EXT_COOKIE		0x01	/* an echo cookie; in a SYN: an offer to echo one */
/* Never on the wire: the option announced a cookie but was too short for one */
#define XTCP_EXT_CUT		0x08

void xtcp_ext_parse(const u8 *p, struct xtcp_opts *opts);
u8 *xtcp_ext_build(u8 *p, const struct xtcp_opts *opts);

#endif /* XTCP_CORE_EXT_H */
