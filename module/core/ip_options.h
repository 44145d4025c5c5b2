/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IP options of a passively opened connection: the options of the SYN that every segment returns
 * (RFC 9293 section 3.9.2.1, RFC 1122 section 3.2.1.8).
 */
#ifndef XTCP_CORE_IP_OPTIONS_H
#define XTCP_CORE_IP_OPTIONS_H

#include <linux/types.h>

#define XTCP_IPOPT_MAX	40	/* the room after an IPv4 header */

/* Offset of an option in struct xtcp_ipopt: it is absent */
#define XTCP_IPOPT_NONE	0xff

/**
 * struct xtcp_ipopt - IP options, ready to be appended to a header
 * @bytes: the options, padded; the last address of a source route is not filled in
 * @len: bytes, a multiple of 4
 * @srr: offset of the source route in @bytes, or XTCP_IPOPT_NONE
 * @rr: likewise, of Record Route
 * @ts: likewise, of Timestamp
 * @strict: the source route is a strict one
 * @rr_addr: the sender's address is to be written into Record Route, just before its pointer
 * @ts_addr: likewise, into Timestamp
 * @ts_time: a timestamp, too, after that address
 * @first_hop: destination of packets, if there is a source route
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
