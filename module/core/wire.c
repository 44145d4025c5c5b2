// SPDX-License-Identifier: GPL-2.0
/*
 * Parsing and building segments: the header of RFC 9293 section 3.1, the options
 * of its section 3.2, of RFC 7323 (window scale, timestamps), of RFC 2018
 * (selective acknowledgment), and our own.
 *
 * Everything is read and written byte by byte, so alignment and byte order don't
 * matter. The compiler combines the bytes into words.
 */
#include <linux/minmax.h>
#include <linux/types.h>

#include "ext.h"
#include "wire.h"

/* Option kinds (IANA, TCP Option Kind Numbers) */
#define OPT_EOL		0
#define OPT_NOP		1
#define OPT_MSS		2
#define OPT_WSCALE	3
#define OPT_SACK_OK	4
#define OPT_SACK	5
#define OPT_TS		8

/* Their lengths in bytes, kind and length included */
#define LEN_MSS		4
#define LEN_WSCALE	3
#define LEN_SACK_OK	2
#define LEN_SACK	2	/* plus LEN_BLOCK for each block */
#define LEN_BLOCK	8
#define LEN_TS		10

#define OPTS_MAX	(XTCP_HDR_MAX - XTCP_HDR_LEN)

/* Two NOPs align the words in an option of 10 (or 2 + 8n) bytes */
#define LEN_NOPS	2
#define LEN_ALIGNED_TS	XTCP_OPT_STAMP_LEN
#define ALIGNED_TS	(OPT_NOP << 24 | OPT_NOP << 16 | OPT_TS << 8 | LEN_TS)

/* The options of nearly all SYNs, Linux's and ours: four words, and a fifth for window scale */
#define LEN_USUAL	20
#define USUAL_MSS	(OPT_MSS << 8 | LEN_MSS)
#define USUAL_SACK_TS	(OPT_SACK_OK << 24 | LEN_SACK_OK << 16 | OPT_TS << 8 | LEN_TS)
#define USUAL_WSCALE	(OPT_NOP << 16 | OPT_WSCALE << 8 | LEN_WSCALE)

static inline u16 get16(const u8 *p)
{
	return (u16)(p[0] << 8 | p[1]);
}

static inline u32 get32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static inline void put16(u8 *p, u16 v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

static inline void put32(u8 *p, u32 v)
{
	p[0] = v >> 24;
	p[1] = v >> 16 & 0xff;
	p[2] = v >> 8 & 0xff;
	p[3] = v & 0xff;
}

/*
 * Can a TCP have sent these control bits together? SYN opens a connection, FIN closes
 * one direction, and RST ends the connection. RFC 9293 sections 3.10.1 to 3.10.8 never
 * send two of them in one segment. A missing ACK is not checked here, since it depends on
 * the state: without a connection it is answered with an RST (section 3.10.7.1), otherwise
 * the segment is dropped.
 */
static bool flags_possible(u8 flags)
{
	switch (flags & (XTCP_SYN | XTCP_FIN | XTCP_RST)) {
	case 0:
	case XTCP_SYN:
	case XTCP_FIN:
	case XTCP_RST:
		return true;
	default:
		return false;
	}
}

/*
 * Can the option have this length? For an unknown kind any length of at least 2 is
 * accepted: it only says where the next option begins (MUST-6).
 */
static bool length_possible(u8 kind, u8 len)
{
	switch (kind) {
	case OPT_MSS:
		return len == LEN_MSS;
	case OPT_WSCALE:
		return len == LEN_WSCALE;
	case OPT_SACK_OK:
		return len == LEN_SACK_OK;
	case OPT_SACK:
		/* 40 bytes hold at most XTCP_SACK_BLOCKS, so @len needs no other limit */
		return len % LEN_BLOCK == LEN_SACK;
	case OPT_TS:
		return len == LEN_TS;
	default:
		return len >= 2;
	}
}

static void take_ts(const u8 *p, struct xtcp_opts *opts)
{
	opts->ts = true;
	opts->tsval = get32(p + 2);
	opts->tsecr = get32(p + 6);
}

static void take_sack(const u8 *p, struct xtcp_opts *opts)
{
	u8 i;

	opts->nsack = (p[1] - LEN_SACK) / LEN_BLOCK;
	for (i = 0, p += LEN_SACK; i < opts->nsack; i++, p += LEN_BLOCK) {
		opts->sack[i].start = get32(p);
		opts->sack[i].end = get32(p + 4);
	}
}

/* RFC 7323 section 2.3: a larger shift counts as 14 */
static void take_wscale(u8 shift, struct xtcp_opts *opts)
{
	opts->wscale = min_t(u8, shift, XTCP_WSCALE_MAX);
}

/* Options that are valid only on a SYN; on other segments they are ignored (MUST-65) */
static void take_syn_option(const u8 *p, struct xtcp_opts *opts)
{
	switch (p[0]) {
	case OPT_MSS:
		opts->mss = get16(p + 2);
		break;
	case OPT_WSCALE:
		take_wscale(p[2], opts);
		break;
	case OPT_SACK_OK:
		opts->sack_ok = true;
		break;
	}
}

/* Read one option, whose length was checked; of two of the same kind, the last one counts */
static void take_option(const u8 *p, bool syn, struct xtcp_opts *opts)
{
	if (p[0] == OPT_TS)
		take_ts(p, opts);
	else if (p[0] == XTCP_EXT_KIND)
		xtcp_ext_parse(p, opts);
	else if (syn)
		take_syn_option(p, opts);
	else if (p[0] == OPT_SACK)
		take_sack(p, opts);
}

/*
 * Read the usual options of a SYN, in the usual order, in one step:
 *
 *	MSS | SACK-permitted, timestamps | TSval | TSecr | NOP, window scale
 *
 * Reading them one by one would take twice the time, which matters in a SYN flood.
 */
static bool take_usual(const u8 *p, u32 left, struct xtcp_opts *opts)
{
	if (left < LEN_USUAL || get16(p) != USUAL_MSS || get32(p + 4) != USUAL_SACK_TS ||
	    get32(p + 16) >> 8 != USUAL_WSCALE)
		return false;
	opts->mss = get16(p + 2);
	opts->sack_ok = true;
	take_ts(p + 6, opts);
	take_wscale(p[19], opts);
	return true;
}

static bool parse_options(const u8 *p, u32 left, bool syn, struct xtcp_opts *opts)
{
	*opts = (struct xtcp_opts){ .wscale = XTCP_NO_WSCALE };

	/* The options of nearly all segments of a connection with timestamps */
	if (left == LEN_ALIGNED_TS && get32(p) == ALIGNED_TS) {
		take_ts(p + LEN_NOPS, opts);
		return true;
	}
	if (syn && take_usual(p, left, opts)) {
		p += LEN_USUAL;
		left -= LEN_USUAL;
	}
	while (left && p[0] != OPT_EOL) {
		u32 len = 1;

		if (p[0] != OPT_NOP) {
			/* MUST-7, MUST-68: check a length before using it */
			if (left < 2 || p[1] > left || !length_possible(p[0], p[1]))
				return false;
			len = p[1];
			take_option(p, syn, opts);
		}
		p += len;
		left -= len;
	}
	return true;
}

/**
 * xtcp_wire_parse - parse the header and the options of a segment
 * @hdr: first byte of the header; any alignment
 * @avail: bytes that may be read at @hdr
 * @total: length of the segment, header and payload, bytes
 * @seg: result; undefined unless XTCP_WIRE_OK is returned
 *
 * The caller checks the checksum, before or after. MSS, window scale and SACK-permitted
 * are used on a SYN only, SACK blocks on other segments only; of two options of the same
 * kind the last one counts. The bits that RFC 9293 reserves are ignored.
 * Pure: no context, no lock.
 *
 * Source: RFC 9293 section 3.1 and 3.2 (MUST-4 to MUST-7, MUST-64, MUST-65,
 * MUST-68); RFC 7323 section 2.2, 2.3 and 3.2; RFC 2018 section 2 and 3.
 *
 * Return: XTCP_WIRE_OK; XTCP_WIRE_SHORT when @total is too small for a header, or
 * the header does not fit into @avail; XTCP_WIRE_OFFSET, XTCP_WIRE_FLAGS or
 * XTCP_WIRE_OPTION for what no TCP sends. Such a segment must be dropped.
 */
enum xtcp_wire_err xtcp_wire_parse(const u8 *hdr, u32 avail, u32 total,
				   struct xtcp_seg *seg)
{
	u32 hdr_len;

	if (avail < XTCP_HDR_LEN || total < XTCP_HDR_LEN)
		return XTCP_WIRE_SHORT;
	hdr_len = (hdr[12] >> 4) * 4;
	if (hdr_len < XTCP_HDR_LEN || hdr_len > total)
		return XTCP_WIRE_OFFSET;
	if (hdr_len > avail)
		return XTCP_WIRE_SHORT;

	seg->sport = get16(hdr);
	seg->dport = get16(hdr + 2);
	seg->seq = get32(hdr + 4);
	seg->ack = get32(hdr + 8);
	seg->flags = hdr[13];
	seg->wnd = get16(hdr + 14);
	seg->up = get16(hdr + 18);
	seg->hdr_len = hdr_len;
	seg->len = total - hdr_len;

	if (!flags_possible(seg->flags))
		return XTCP_WIRE_FLAGS;
	if (!parse_options(hdr + XTCP_HDR_LEN, hdr_len - XTCP_HDR_LEN,
			   seg->flags & XTCP_SYN, &seg->opts))
		return XTCP_WIRE_OPTION;
	return XTCP_WIRE_OK;
}

/* Length of all options but SACK, in bytes; NOPs make each a multiple of four */
static u32 plain_len(const struct xtcp_opts *opts)
{
	u32 len = 0;

	if (opts->mss)
		len += LEN_MSS;
	if (opts->ts)
		len += LEN_ALIGNED_TS;
	else if (opts->sack_ok)
		len += LEN_NOPS + LEN_SACK_OK;
	if (opts->wscale != XTCP_NO_WSCALE)
		len += 1 + LEN_WSCALE;
	if (opts->ext)
		len += XTCP_EXT_LEN;
	return len;
}

/* SACK blocks that fit beside the other options; a SYN may be full of those and has no blocks */
static u32 sack_fit(const struct xtcp_opts *opts)
{
	u32 room = OPTS_MAX - plain_len(opts) - LEN_NOPS - LEN_SACK;

	return min_t(u32, opts->nsack, room / LEN_BLOCK);
}

/**
 * xtcp_wire_opts_len - length of the options in a header
 * @opts: the options
 *
 * It is a multiple of four, at most 40. SACK blocks that don't fit are left out.
 * Pure: no context, no lock. Source: RFC 9293 section 3.1, RFC 2018 section 3.
 *
 * Return: bytes, with the NOPs that align the options.
 */
u32 xtcp_wire_opts_len(const struct xtcp_opts *opts)
{
	u32 blocks = sack_fit(opts);

	return plain_len(opts) +
	       (blocks ? LEN_NOPS + LEN_SACK + blocks * LEN_BLOCK : 0);
}

static u8 *put_option(u8 *p, u8 kind, u8 len)
{
	p[0] = kind;
	p[1] = len;
	return p + 2;
}

static u8 *put_nops(u8 *p)
{
	p[0] = OPT_NOP;
	p[1] = OPT_NOP;
	return p + LEN_NOPS;
}

/* Timestamps, SACK-permitted, or both: then SACK-permitted replaces the two NOPs */
static u8 *put_ts_and_sack_ok(u8 *p, const struct xtcp_opts *opts)
{
	if (!opts->ts && !opts->sack_ok)
		return p;
	if (!opts->ts) {
		p = put_nops(p);
		return put_option(p, OPT_SACK_OK, LEN_SACK_OK);
	}
	p = opts->sack_ok ? put_option(p, OPT_SACK_OK, LEN_SACK_OK) : put_nops(p);
	p = put_option(p, OPT_TS, LEN_TS);
	put32(p, opts->tsval);
	put32(p + 4, opts->tsecr);
	return p + 8;
}

static u8 *put_sack(u8 *p, const struct xtcp_opts *opts)
{
	u32 i, blocks = sack_fit(opts);

	if (!blocks)
		return p;
	p = put_nops(p);
	p = put_option(p, OPT_SACK, LEN_SACK + blocks * LEN_BLOCK);
	for (i = 0; i < blocks; i++, p += LEN_BLOCK) {
		put32(p, opts->sack[i].start);
		put32(p + 4, opts->sack[i].end);
	}
	return p;
}

/*
 * The options are in the usual order, which middleboxes know; our own comes last. No
 * end-of-list option is needed: every option ends at a word boundary.
 */
static u8 *put_options(u8 *p, const struct xtcp_opts *opts)
{
	if (opts->mss) {
		p = put_option(p, OPT_MSS, LEN_MSS);
		put16(p, opts->mss);
		p += 2;
	}
	p = put_ts_and_sack_ok(p, opts);
	if (opts->wscale != XTCP_NO_WSCALE) {
		*p++ = OPT_NOP;
		p = put_option(p, OPT_WSCALE, LEN_WSCALE);
		*p++ = opts->wscale;
	}
	p = put_sack(p, opts);
	return opts->ext ? xtcp_ext_build(p, opts) : p;
}

/**
 * xtcp_wire_build - write the header and the options of a segment
 * @buf: result: XTCP_HDR_LEN + xtcp_wire_opts_len(&out->opts) bytes, at most
 *	XTCP_HDR_MAX; any alignment
 * @out: the segment. The caller sets MSS, window scale and SACK-permitted on a SYN only
 *	(MUST-65)
 * @sport: source port, host order
 * @dport: destination port, host order
 *
 * The checksum field is written as zero, and the caller fills it in (MUST-2).
 * Pure: no context, no lock. Source: RFC 9293 section 3.1 and 3.2 (MUST-69: no padding
 * is needed); RFC 7323 Appendix A for the alignment.
 *
 * Return: number of bytes written.
 */
u32 xtcp_wire_build(u8 *buf, const struct xtcp_out *out, u16 sport, u16 dport)
{
	u32 len = put_options(buf + XTCP_HDR_LEN, &out->opts) - buf;

	put16(buf, sport);
	put16(buf + 2, dport);
	put32(buf + 4, out->seq);
	put32(buf + 8, out->ack);
	buf[12] = len / 4 << 4;
	buf[13] = out->flags;
	put16(buf + 14, out->wnd);
	put16(buf + XTCP_CHECK_OFFSET, 0);
	put16(buf + 18, out->up);
	return len;
}
