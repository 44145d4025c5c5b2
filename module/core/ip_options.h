/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IP options of a passively opened connection: what of the SYN's comes back on every
 * segment (RFC 9293 section 3.9.2.1, RFC 1122 section 3.2.1.8).
 */
#ifndef XTCP_CORE_IP_OPTIONS_H
#define XTCP_CORE_IP_OPTIONS_H

#include <linux/types.h>

#define XTCP_IPOPT_MAX	40	/* what fits behind an IPv4 header */

/* Where an option stands in struct xtcp_ipopt: nowhere */
#define XTCP_IPOPT_NONE	0xff

/**
 * struct xtcp_ipopt - IP options, ready to be put behind a header
 * @bytes: the options, padded; a source route's last address is left open
 * @len: a multiple of 4
 * @srr: where the source route begins in @bytes, or XTCP_IPOPT_NONE
 * @rr: likewise, the record of the route
 * @ts: likewise, the timestamps
 * @strict: the source route is a strict one
 * @rr_addr: the sender's address goes into the record, in front of its pointer
 * @ts_addr: likewise, into the timestamps
 * @ts_time: the time, too, behind that address
 * @first_hop: where packets go first, when there is a source route
 */
struct xtcp_ipopt {
	u8 bytes[XTCP_IPOPT_MAX];
	u8 len;
	u8 srr;
	u8 rr;
	u8 ts;
	u8 strict:1, rr_addr:1, ts_addr:1, ts_time:1;
	__be32 first_hop;
};

bool xtcp_ipopt_echo(struct xtcp_ipopt *out, const u8 *in, u32 len, __be32 saddr);

#endif /* XTCP_CORE_IP_OPTIONS_H */
