// SPDX-License-Identifier: GPL-2.0
/*
 * IP options of our segments that answer the options of a SYN (RFC 9293 section 3.9.2.1, RFC 791
 * section 3.1, RFC 1122 section 3.2.1.8).
 *
 * A completed source route is reversed. Each hop has replaced its entry by the address it sent
 * from, so the way back is the list read backwards, with the peer at its end (MUST-53).
 *
 *	the SYN		peer --> [ A B C ] --> us
 *	our answers	us --> C, [ B A peer ]
 *
 * Record Route, Timestamp and a security label (CIPSO) are returned as they are; the first two get
 * our own entry if there is room. All other options concern only the packet that carried them.
 */
#include <linux/string.h>
#include <linux/types.h>

#include "ip_options.h"

enum {
	OPT_END		= 0,
	OPT_NOOP	= 1,
	OPT_RR		= 7,
	OPT_TS		= 68,
	OPT_LSRR	= 131,
	OPT_CIPSO	= 134,
	OPT_SSRR	= 137,
};

enum {				/* RFC 791, "Internet Timestamp": flags */
	TS_ONLY		= 0,
	TS_AND_ADDR	= 1,
};

#define ADDR	4u		/* bytes of an address, or of a timestamp */
#define HEADER	3u		/* type, length and pointer, which precede the addresses */

/* Are @room bytes free at the pointer? It counts from 1 */
static bool has_room(const u8 *opt, u32 room)
{
	return opt[2] > HEADER && opt[2] - 1u + room <= opt[1];
}

static u8 *append(struct xtcp_ipopt *out, const u8 *opt)
{
	u8 *copy = memcpy(out->bytes + out->len, opt, opt[1]);

	out->len += opt[1];
	return copy;
}

static bool echo_rr(struct xtcp_ipopt *out, const u8 *opt)
{
	u8 *copy;

	if (out->rr != XTCP_IPOPT_NONE || opt[1] < HEADER)
		return false;
	out->rr = out->len;
	copy = append(out, opt);
	if (has_room(opt, ADDR)) {
		copy[2] += ADDR;
		out->rr_addr = true;
	}
	return true;
}

static bool echo_ts(struct xtcp_ipopt *out, const u8 *opt)
{
	u8 *copy;

	if (out->ts != XTCP_IPOPT_NONE || opt[1] <= HEADER)
		return false;
	out->ts = out->len;
	copy = append(out, opt);
	switch (opt[3] & 0xf) {
	case TS_ONLY:
		out->ts_time = has_room(opt, ADDR);
		break;
	case TS_AND_ADDR:
		out->ts_time = has_room(opt, 2 * ADDR);
		out->ts_addr = out->ts_time;
		break;
	}
	copy[2] += ADDR * (out->ts_time + out->ts_addr);
	return true;
}

/* Number of hops that have recorded their address in a source route */
static u32 recorded(const u8 *opt)
{
	u32 end = opt[2] - 1u;

	if (opt[2] <= HEADER)
		return 0;
	if (end > opt[1])
		end = opt[1];
	return (end - HEADER) / ADDR;
}

static bool echo_srr(struct xtcp_ipopt *out, const u8 *opt, __be32 saddr)
{
	u8 *to = out->bytes + out->len;
	const u8 *hops = opt + HEADER;
	u32 n, i;

	if (out->srr != XTCP_IPOPT_NONE || opt[1] < HEADER)
		return false;
	n = recorded(opt);
	/* some hosts put themselves first in the list: RFC 1812 section 5.2.4.1 */
	if (n && !memcmp(hops, &saddr, ADDR)) {
		n--;
		hops += ADDR;
	}
	if (!n)
		return true;
	out->srr = out->len;
	out->strict = opt[0] == OPT_SSRR;
	memcpy(&out->first_hop, hops + (n - 1) * ADDR, ADDR);
	to[0] = opt[0];
	to[1] = HEADER + n * ADDR;
	to[2] = HEADER + 1;
	for (i = 1; i < n; i++)
		memcpy(to + HEADER + (i - 1) * ADDR, hops + (n - 1 - i) * ADDR, ADDR);
	memset(to + HEADER + (n - 1) * ADDR, 0, ADDR);
	out->len += to[1];
	return true;
}

static bool echo_one(struct xtcp_ipopt *out, const u8 *opt, __be32 saddr)
{
	switch (opt[0]) {
	case OPT_RR:
		return echo_rr(out, opt);
	case OPT_TS:
		return echo_ts(out, opt);
	case OPT_LSRR:
	case OPT_SSRR:
		return echo_srr(out, opt, saddr);
	case OPT_CIPSO:
		append(out, opt);
		return true;
	default:
		return true;
	}
}

/**
 * xtcp_ipopt_echo - make the IP options for the answers to a packet
 * @out: result
 * @in: options of the packet, as IP's receive path has left them
 * @len: their length, at most XTCP_IPOPT_MAX
 * @saddr: the packet's source
 *
 * The result is never longer than @in.
 * Pure: no context, no lock.
 * Source: RFC 9293 section 3.9.2.1 (MUST-53, MAY-10, MAY-11).
 *
 * Return: false when the options are malformed, or none of them is to be returned: then
 * answers carry no options.
 */
bool xtcp_ipopt_echo(struct xtcp_ipopt *out, const u8 *in, u32 len, __be32 saddr)
{
	u32 at = 0;

	memset(out, 0, sizeof(*out));
	out->srr = XTCP_IPOPT_NONE;
	out->rr = XTCP_IPOPT_NONE;
	out->ts = XTCP_IPOPT_NONE;
	while (at < len && in[at] != OPT_END) {
		if (in[at] == OPT_NOOP) {
			at++;
			continue;
		}
		if (len - at < 2 || in[at + 1] < 2 || in[at + 1] > len - at)
			return false;
		if (!echo_one(out, in + at, saddr))
			return false;
		at += in[at + 1];
	}
	/* the rest of the last word stays 0: OPT_END */
	out->len = (out->len + 3) & ~3u;
	return out->len;
}
