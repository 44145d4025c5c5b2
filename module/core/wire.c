// SPDX-License-Identifier: GPL-2.0
/*
 * Reading and writing segments: the header of RFC 9293 section 3.1, the options
 * of its section 3.2, of RFC 7323 (window scale, timestamps), of RFC 2018
 * (selective acknowledgment), and our own.
 *
 * Everything is read and written byte by byte, so that neither alignment nor the
 * order of bytes in a word matters; the compiler joins the bytes again.
 */
#include <linux/minmax.h>
#include <linux/types.h>

#include "ext.h"
#include "wire.h"

/* Kinds of options (IANA, TCP Option Kind Numbers) */
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
#define LEN_SACK	2	/* and LEN_BLOCK for each block */
#define LEN_BLOCK	8
#define LEN_TS		10

#define OPTS_MAX	(XTCP_HDR_MAX - XTCP_HDR_LEN)

/* Two NOPs put the two words of an option of 10 (or 2 + 8n) bytes on words */
#define LEN_NOPS	2
#define LEN_ALIGNED_TS	XTCP_OPT_STAMP_LEN
#define ALIGNED_TS	(OPT_NOP << 24 | OPT_NOP << 16 | OPT_TS << 8 | LEN_TS)

/* The options that nearly all SYNs have, Linux's and ours, in four words and a fifth */
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
 * Can a TCP have sent these control bits together? SYN begins a connection, FIN
 * ends a direction of one, RST ends all of it: at most one of them stands in a
 * segment (RFC 9293 sections 3.10.1 to 3.10.8 form no other). What lacks an ACK is for
 * each state to judge: where there is no connection it is reset (section 3.10.7.1),
 * elsewhere dropped.
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
 * Is this a length that the option can have? We may believe no length of a kind
 * that we don't know: it only says where the next option begins (MUST-6).
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
		/* 40 bytes hold at most XTCP_SACK_BLOCKS: @len needs no other bound */
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

/* RFC 7323 section 2.3: use 14 instead of what is more */
static void take_wscale(u8 shift, struct xtcp_opts *opts)
{
	opts->wscale = min_t(u8, shift, XTCP_WSCALE_MAX);
}

/* Options that may stand on a SYN only; elsewhere they say nothing (MUST-65) */
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

/* One option of a possible length; of two of a kind the last holds */
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
 * The usual options of a SYN in their usual order, at once:
 *
 *	MSS | SACK-permitted, timestamps | TSval | TSecr | NOP, window scale
 *
 * One by one they would take twice the time, which a flood of SYNs would make us spend.
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

	/* What nearly all segments of a connection with timestamps have */
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
			/* MUST-7, MUST-68: a length from the wire proves itself first */
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
 * xtcp_wire_parse - read the header and the options of a segment
 * @hdr: first byte of the header; any alignment
 * @avail: bytes that may be read from there
 * @total: bytes of the segment, header and payload
 * @seg: result; undefined unless XTCP_WIRE_OK is returned
 *
 * The checksum is the caller's business, before or after. MSS, window scale and
 * SACK-permitted count on a SYN only, SACK blocks on other segments only; of two
 * options of one kind the last holds. The bits that RFC 9293 reserves are ignored.
 * Pure: no context, no lock.
 *
 * Source: RFC 9293 section 3.1 and 3.2 (MUST-4 to MUST-7, MUST-64, MUST-65,
 * MUST-68); RFC 7323 section 2.2, 2.3 and 3.2; RFC 2018 section 2 and 3.
 *
 * Return: XTCP_WIRE_OK; XTCP_WIRE_SHORT when @total has no room for a header, or
 * when the header goes beyond @avail; XTCP_WIRE_OFFSET, XTCP_WIRE_FLAGS or
 * XTCP_WIRE_OPTION for what no TCP sends. Such a segment is to be dropped.
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

/* Bytes of all options but SACK; NOPs make each a multiple of four */
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

/* SACK blocks for which the other options leave room; a SYN, which may be full, has none */
static u32 sack_fit(const struct xtcp_opts *opts)
{
	u32 room = OPTS_MAX - plain_len(opts) - LEN_NOPS - LEN_SACK;

	return min_t(u32, opts->nsack, room / LEN_BLOCK);
}

/**
 * xtcp_wire_opts_len - bytes that options take in a header
 * @opts: the options
 *
 * A multiple of four, 40 at most: SACK blocks that find no room are left out.
 * Pure: no context, no lock. Source: RFC 9293 section 3.1, RFC 2018 section 3.
 *
 * Return: the bytes, padding included.
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

/* Timestamps, SACK-permitted, or both: then it takes the place of two NOPs */
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
 * The order is the one that middleboxes see all day; ours comes last. It needs no
 * end-of-list option: every option ends on a word.
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
 * @buf: where to; XTCP_HDR_LEN + xtcp_wire_opts_len(&out->opts) bytes, which is
 *	XTCP_HDR_MAX at most; any alignment
 * @out: the segment. MSS, window scale and SACK-permitted are in its options only
 *	when it is a SYN (MUST-65): that is decided where it is made
 * @sport: source port, host order
 * @dport: destination port, host order
 *
 * The checksum field is written as zero, for the caller to fill in (MUST-2).
 * Pure: no context, no lock. Source: RFC 9293 section 3.1 and 3.2 (MUST-69: there
 * is nothing to pad); RFC 7323 Appendix A for the alignment.
 *
 * Return: the bytes written.
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
