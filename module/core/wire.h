/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The segment on the wire: header and options (RFC 9293, section 3.1 and 3.2).
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-------------------------------+-------------------------------+
 *  |          source port          |       destination port        |
 *  +-------------------------------+-------------------------------+
 *  |                        sequence number                        |
 *  +---------------------------------------------------------------+
 *  |                     acknowledgment number                     |
 *  +-------+-------+---------------+-------------------------------+
 *  | offset| rsrvd |C E U A P R S F|            window             |
 *  +-------+-------+---------------+-------------------------------+
 *  |           checksum            |        urgent pointer         |
 *  +-------------------------------+-------------------------------+
 *  |                   options, up to 40 bytes                     |
 *  +---------------------------------------------------------------+
 */
#ifndef XTCP_CORE_WIRE_H
#define XTCP_CORE_WIRE_H

#include <linux/types.h>

#define XTCP_HDR_LEN		20	/* bytes, without options */
#define XTCP_HDR_MAX		60	/* bytes, with 40 of options */
#define XTCP_CHECK_OFFSET	16	/* of the checksum field in the header */

/* Control bits, RFC 9293 section 3.1; ECE and CWR from RFC 3168 */
#define XTCP_FIN	0x01
#define XTCP_SYN	0x02
#define XTCP_RST	0x04
#define XTCP_PSH	0x08
#define XTCP_ACK	0x10
#define XTCP_URG	0x20
#define XTCP_ECE	0x40
#define XTCP_CWR	0x80

#define XTCP_OPT_STAMP_LEN	12	/* bytes of the timestamp option, with NOPs */
#define XTCP_SACK_BLOCKS	4	/* the most that 40 bytes of options hold */
#define XTCP_WSCALE_MAX		14	/* RFC 7323 section 2.3 */

/* The value of xtcp_opts.wscale when the option is absent */
#define XTCP_NO_WSCALE		0xff

#define XTCP_EXT_LEN		20	/* bytes of our own option, see ext.h */

/**
 * struct xtcp_sack_block - one block of a SACK option (RFC 2018)
 * @start: first sequence number of the block
 * @end: sequence number after the last
 */
struct xtcp_sack_block {
	u32 start;
	u32 end;
};

/**
 * struct xtcp_opts - the options of one segment, received or to be sent
 * @mss: Maximum Segment Size in bytes; 0: option absent
 * @wscale: window scale shift (0..14); XTCP_NO_WSCALE: absent
 * @sack_ok: SACK-permitted is present
 * @ts: timestamps are present
 * @tsval: TSval, when @ts
 * @tsecr: TSecr, when @ts
 * @nsack: number of SACK blocks
 * @sack: the blocks, in the order of the option
 * @ext: what our own option has, XTCP_EXT_* of ext.h; 0: option absent
 * @cookie: its echo cookie, XTCP_COOKIE_LEN bytes, when @ext has XTCP_EXT_COOKIE. When received,
 *	it points into the parsed header; to be sent, to the sender's copy; NULL in a SYN
 *	to be sent
 */
struct xtcp_opts {
	u16 mss;
	u8 wscale;
	bool sack_ok;
	bool ts;
	u8 nsack;
	u8 ext;
	u32 tsval;
	u32 tsecr;
	struct xtcp_sack_block sack[XTCP_SACK_BLOCKS];
	const u8 *cookie;
};

/**
 * struct xtcp_seg - a segment that arrived, parsed
 * @sport: source port, host order
 * @dport: destination port, host order
 * @seq: SEG.SEQ
 * @ack: SEG.ACK, meaningful when @flags has XTCP_ACK
 * @wnd: SEG.WND as in the header, not scaled
 * @up: SEG.UP
 * @flags: control bits
 * @hdr_len: bytes of header with options
 * @len: bytes of payload (SEG.LEN without SYN and FIN)
 * @opts: options
 */
struct xtcp_seg {
	u16 sport;
	u16 dport;
	u32 seq;
	u32 ack;
	u16 wnd;
	u16 up;
	u8 flags;
	u8 hdr_len;
	u32 len;
	struct xtcp_opts opts;
};

/* SEG.LEN: payload with SYN and FIN counted (RFC 9293 section 3.4) */
static inline u32 xtcp_seg_len(const struct xtcp_seg *seg)
{
	return seg->len + !!(seg->flags & XTCP_SYN) + !!(seg->flags & XTCP_FIN);
}

/**
 * xtcp_seg_acceptable - the acceptability test (RFC 9293 section 3.10.7.4, table 6)
 * @seg: the segment
 * @rcv_nxt: RCV.NXT
 * @rcv_wnd: RCV.WND, bytes
 *
 * The special allowance for ACKs, URGs and RSTs at a window of zero (MUST-66) is
 * left to the caller.
 */
static inline bool xtcp_seg_acceptable(const struct xtcp_seg *seg, u32 rcv_nxt,
				       u32 rcv_wnd)
{
	u32 len = xtcp_seg_len(seg);

	if (!rcv_wnd)
		return !len && seg->seq == rcv_nxt;
	return seg->seq - rcv_nxt < rcv_wnd ||
	       (len && seg->seq + len - 1 - rcv_nxt < rcv_wnd);
}

struct xtcp_rec;

/* Why a segment is sent (xtcp_out.kind) */
enum xtcp_out_kind {
	XTCP_OUT_ACK,		/* ACK alone */
	XTCP_OUT_SYN,		/* SYN, or SYN-ACK of a simultaneous open */
	XTCP_OUT_DATA,		/* new data, maybe with FIN */
	XTCP_OUT_RETX,		/* data, maybe with FIN, retransmitted */
	XTCP_OUT_FIN,		/* FIN alone, new or retransmitted */
	XTCP_OUT_PROBE,		/* zero-window probe */
	XTCP_OUT_KEEPALIVE,	/* keepalive probe */
	XTCP_OUT_RST,
};

/**
 * struct xtcp_out - a segment to be sent, decided by the core
 * @rec: the record of the send queue that has the payload; NULL without payload
 * @seq: SEG.SEQ
 * @ack: SEG.ACK (0 when @flags lacks XTCP_ACK)
 * @len: bytes of payload, taken from the start of @rec; at most the record's length
 * @wnd: SEG.WND as in the header, already scaled
 * @up: SEG.UP
 * @flags: control bits
 * @kind: why it is sent (enum xtcp_out_kind), for xtcp_sent() and the counters
 * @opts: options
 */
struct xtcp_out {
	struct xtcp_rec *rec;
	u32 seq;
	u32 ack;
	u32 len;
	u16 wnd;
	u16 up;
	u8 flags;
	u8 kind;
	struct xtcp_opts opts;
};

/**
 * xtcp_out_init - an empty segment: no payload, no flags, no options
 * @out: the segment
 */
static inline void xtcp_out_init(struct xtcp_out *out)
{
	*out = (struct xtcp_out){ .opts.wscale = XTCP_NO_WSCALE };
}

/* Why xtcp_wire_parse() drops a segment; each reason has its own counter */
enum xtcp_wire_err {
	XTCP_WIRE_OK,
	XTCP_WIRE_SHORT,	/* shorter than a header, or than its header says */
	XTCP_WIRE_OFFSET,	/* data offset below 5 or beyond the segment */
	XTCP_WIRE_OPTION,	/* an option's length is impossible */
	XTCP_WIRE_FLAGS,	/* flags that no TCP sends together */
};

enum xtcp_wire_err xtcp_wire_parse(const u8 *hdr, u32 avail, u32 total,
				   struct xtcp_seg *seg);
u32 xtcp_wire_opts_len(const struct xtcp_opts *opts);
u32 xtcp_wire_build(u8 *buf, const struct xtcp_out *out, u16 sport, u16 dport);

#endif /* XTCP_CORE_WIRE_H */
