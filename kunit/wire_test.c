// SPDX-License-Identifier: GPL-2.0
/* Header and options: module/core/wire.c, RFC 9293 section 3.1 and 3.2 */
#include <kunit/test.h>
#include <linux/string.h>
#include "random.h"
#include "../module/core/tcb.h"
#include "../module/core/wire.h"

#define OPTION_ROOM 40

/* A header as the RFC draws it: ports 0x1234 and 0x5678, no options. */
static const u8 plain[XTCP_HDR_LEN] = {
	0x12, 0x34, 0x56, 0x78,		/* ports */
	0x01, 0x02, 0x03, 0x04,		/* sequence number */
	0x0a, 0x0b, 0x0c, 0x0d,		/* acknowledgment number */
	0x50, 0x10, 0x80, 0x01,		/* offset 5, ACK, window */
	0xbe, 0xef, 0x00, 0x07,		/* checksum, urgent pointer */
};

/* Puts @options (@len bytes) behind the plain header, padded with EOL. */
static u32 with_options(u8 *hdr, const void *options, u32 len)
{
	u32 padded = (len + 3) & ~3u;

	memcpy(hdr, plain, XTCP_HDR_LEN);
	memset(hdr + XTCP_HDR_LEN, 0, padded);
	memcpy(hdr + XTCP_HDR_LEN, options, len);
	hdr[12] = (XTCP_HDR_LEN + padded) << 2;
	return XTCP_HDR_LEN + padded;
}

/* Parses options in a segment that is as large as its header. */
static enum xtcp_wire_err parse_options(const void *options, u32 len, u8 flags,
					struct xtcp_seg *seg)
{
	u8 hdr[XTCP_HDR_MAX];
	u32 hdr_len = with_options(hdr, options, len);

	hdr[13] = flags;
	memset(seg, 0xa5, sizeof(*seg));
	return xtcp_wire_parse(hdr, hdr_len, hdr_len, seg);
}

static void xtcp_wire_parse__plain_header(struct kunit *test)
{
	struct xtcp_seg seg;

	memset(&seg, 0xa5, sizeof(seg));
	KUNIT_ASSERT_EQ(test, xtcp_wire_parse(plain, sizeof(plain), 120, &seg), XTCP_WIRE_OK);
	KUNIT_EXPECT_EQ(test, seg.sport, 0x1234);
	KUNIT_EXPECT_EQ(test, seg.dport, 0x5678);
	KUNIT_EXPECT_EQ(test, seg.seq, 0x01020304);
	KUNIT_EXPECT_EQ(test, seg.ack, 0x0a0b0c0d);
	KUNIT_EXPECT_EQ(test, seg.wnd, 0x8001);
	KUNIT_EXPECT_EQ(test, seg.up, 7);
	KUNIT_EXPECT_EQ(test, seg.flags, XTCP_ACK);
	KUNIT_EXPECT_EQ(test, seg.hdr_len, 20);
	KUNIT_EXPECT_EQ(test, seg.len, 100);
}

static void xtcp_wire_parse__no_options(struct kunit *test)
{
	struct xtcp_seg seg;

	memset(&seg, 0xa5, sizeof(seg));
	KUNIT_ASSERT_EQ(test, xtcp_wire_parse(plain, 20, 20, &seg), XTCP_WIRE_OK);
	KUNIT_EXPECT_EQ(test, seg.opts.mss, 0);
	KUNIT_EXPECT_EQ(test, seg.opts.wscale, XTCP_NO_WSCALE);
	KUNIT_EXPECT_FALSE(test, seg.opts.sack_ok);
	KUNIT_EXPECT_FALSE(test, seg.opts.ts);
	KUNIT_EXPECT_EQ(test, seg.opts.nsack, 0);
}

static void xtcp_wire_parse__shorter_than_a_header(struct kunit *test)
{
	struct xtcp_seg seg;
	u32 len;

	for (len = 0; len < XTCP_HDR_LEN; len++)
		KUNIT_EXPECT_EQ_MSG(test, xtcp_wire_parse(plain, len, len, &seg),
				    XTCP_WIRE_SHORT, "%u bytes", len);
}

/* Too little is in the linear part: nothing beyond @avail is touched. */
static void xtcp_wire_parse__header_beyond_what_may_be_read(struct kunit *test)
{
	struct xtcp_seg seg;
	u8 *hdr = kunit_kzalloc(test, 24, GFP_KERNEL);
	u32 avail;

	KUNIT_ASSERT_NOT_NULL(test, hdr);
	memcpy(hdr, plain, sizeof(plain));
	hdr[12] = 7 << 4;
	for (avail = XTCP_HDR_LEN; avail <= 24; avail++)
		KUNIT_EXPECT_EQ(test, xtcp_wire_parse(hdr, avail, 1000, &seg),
				XTCP_WIRE_SHORT);
	KUNIT_EXPECT_EQ(test, xtcp_wire_parse(hdr, 24, 19, &seg), XTCP_WIRE_SHORT);
}

static void xtcp_wire_parse__data_offset_below_five(struct kunit *test)
{
	struct xtcp_seg seg;
	u8 hdr[XTCP_HDR_MAX];
	int words;

	for (words = 0; words < 5; words++) {
		memcpy(hdr, plain, sizeof(plain));
		hdr[12] = words << 4;
		KUNIT_EXPECT_EQ_MSG(test, xtcp_wire_parse(hdr, 20, 20, &seg),
				    XTCP_WIRE_OFFSET, "%d words", words);
	}
}

static void xtcp_wire_parse__data_offset_beyond_the_segment(struct kunit *test)
{
	struct xtcp_seg seg;
	u8 hdr[XTCP_HDR_MAX];
	int words;

	for (words = 6; words < 16; words++) {
		memcpy(hdr, plain, sizeof(plain));
		hdr[12] = words << 4;
		KUNIT_EXPECT_EQ_MSG(test, xtcp_wire_parse(hdr, 20, words * 4 - 1, &seg),
				    XTCP_WIRE_OFFSET, "%d words", words);
	}
}

static void xtcp_wire_parse__syn_options(struct kunit *test)
{
	static const u8 options[] = {
		2, 4, 0x05, 0xb4,				/* MSS 1460 */
		4, 2,						/* SACK permitted */
		8, 10, 0x11, 0x22, 0x33, 0x44, 0, 0, 0, 0,	/* timestamps */
		1,						/* no operation */
		3, 3, 7,					/* window scale */
	};
	struct xtcp_seg seg;

	KUNIT_ASSERT_EQ(test, parse_options(options, sizeof(options), XTCP_SYN, &seg),
			XTCP_WIRE_OK);
	KUNIT_EXPECT_EQ(test, seg.opts.mss, 1460);
	KUNIT_EXPECT_TRUE(test, seg.opts.sack_ok);
	KUNIT_EXPECT_TRUE(test, seg.opts.ts);
	KUNIT_EXPECT_EQ(test, seg.opts.tsval, 0x11223344);
	KUNIT_EXPECT_EQ(test, seg.opts.tsecr, 0);
	KUNIT_EXPECT_EQ(test, seg.opts.wscale, 7);
	KUNIT_EXPECT_EQ(test, seg.hdr_len, 40);
	KUNIT_EXPECT_EQ(test, seg.len, 0);
}

/* MUST-64: options begin at any byte. */
static void xtcp_wire_parse__options_at_any_alignment(struct kunit *test)
{
	static const u8 timestamps[] = { 8, 10, 1, 2, 3, 4, 5, 6, 7, 8 };
	u8 options[OPTION_ROOM];
	struct xtcp_seg seg;
	int lead;

	for (lead = 0; lead < 8; lead++) {
		memset(options, 1, lead);
		memcpy(options + lead, timestamps, sizeof(timestamps));
		KUNIT_ASSERT_EQ(test, parse_options(options, lead + sizeof(timestamps),
						    XTCP_ACK, &seg), XTCP_WIRE_OK);
		KUNIT_EXPECT_TRUE(test, seg.opts.ts);
		KUNIT_EXPECT_EQ(test, seg.opts.tsval, 0x01020304);
		KUNIT_EXPECT_EQ(test, seg.opts.tsecr, 0x05060708);
	}
}

/* MUST-6: unknown options are skipped by their length. */
static void xtcp_wire_parse__unknown_options_are_skipped(struct kunit *test)
{
	static const u8 options[] = {
		254, 6, 0xff, 0xff, 0xff, 0xff,
		99, 2,
		2, 4, 0x02, 0x18,
		19, 18, 2, 4, 9, 9, 3, 3, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	};
	struct xtcp_seg seg;

	KUNIT_ASSERT_EQ(test, parse_options(options, sizeof(options), XTCP_SYN, &seg),
			XTCP_WIRE_OK);
	KUNIT_EXPECT_EQ(test, seg.opts.mss, 536);
	KUNIT_EXPECT_EQ(test, seg.opts.wscale, XTCP_NO_WSCALE);
}

static void xtcp_wire_parse__nothing_counts_after_the_end_of_options(struct kunit *test)
{
	static const u8 options[] = { 1, 0, 2, 4, 0x05, 0xb4, 3, 0 };
	struct xtcp_seg seg;

	KUNIT_ASSERT_EQ(test, parse_options(options, sizeof(options), XTCP_SYN, &seg),
			XTCP_WIRE_OK);
	KUNIT_EXPECT_EQ(test, seg.opts.mss, 0);
}

/* MUST-7: no option length leads beyond the header. */
static void xtcp_wire_parse__impossible_option_lengths(struct kunit *test)
{
	static const u8 kinds[] = { 2, 3, 4, 5, 8, 99, 254 };
	u8 options[4] = { 1, 1, 0, 0 };
	struct xtcp_seg seg;
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		options[2] = kinds[i];
		options[3] = 0;
		KUNIT_EXPECT_EQ_MSG(test, parse_options(options, 4, XTCP_SYN, &seg),
				    XTCP_WIRE_OPTION, "kind %d, length 0", kinds[i]);
		options[3] = 1;
		KUNIT_EXPECT_EQ_MSG(test, parse_options(options, 4, XTCP_SYN, &seg),
				    XTCP_WIRE_OPTION, "kind %d, length 1", kinds[i]);
		options[3] = 3;
		KUNIT_EXPECT_EQ_MSG(test, parse_options(options, 4, XTCP_SYN, &seg),
				    XTCP_WIRE_OPTION, "kind %d beyond the header", kinds[i]);
	}
}

/* The length fits into the header, but is wrong for the option */
static void xtcp_wire_parse__lengths_of_known_options(struct kunit *test)
{
	static const u8 right[256] = { [2] = 4, [3] = 3, [4] = 2, [8] = 10 };
	static const u8 kinds[] = { 2, 3, 4, 8, 5, 200 };
	u8 options[OPTION_ROOM] = {};
	struct xtcp_seg seg;
	int i, len;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (len = 2; len <= OPTION_ROOM; len++) {
			bool good = right[kinds[i]] ? len == right[kinds[i]] :
				    kinds[i] != 5 || (len - 2) % 8 == 0;

			options[0] = kinds[i];
			options[1] = len;
			KUNIT_EXPECT_EQ_MSG(test, parse_options(options, OPTION_ROOM,
								XTCP_ACK, &seg),
					    good ? XTCP_WIRE_OK : XTCP_WIRE_OPTION,
					    "kind %d, length %d", kinds[i], len);
		}
	}
}

/* MUST-65, RFC 7323 section 2.2, RFC 2018 section 2: on a SYN, or not at all */
static void xtcp_wire_parse__syn_options_elsewhere_say_nothing(struct kunit *test)
{
	static const u8 options[] = { 2, 4, 0x05, 0xb4, 4, 2, 3, 3, 7 };
	struct xtcp_seg seg;

	KUNIT_ASSERT_EQ(test, parse_options(options, sizeof(options), XTCP_ACK, &seg),
			XTCP_WIRE_OK);
	KUNIT_EXPECT_EQ(test, seg.opts.mss, 0);
	KUNIT_EXPECT_FALSE(test, seg.opts.sack_ok);
	KUNIT_EXPECT_EQ(test, seg.opts.wscale, XTCP_NO_WSCALE);
}

/* RFC 2018 section 3: blocks belong to an established connection. */
static void xtcp_wire_parse__sack_blocks_on_a_syn_say_nothing(struct kunit *test)
{
	static const u8 options[] = { 5, 10, 1, 2, 3, 4, 5, 6, 7, 8 };
	struct xtcp_seg seg;

	KUNIT_ASSERT_EQ(test, parse_options(options, sizeof(options), XTCP_SYN, &seg),
			XTCP_WIRE_OK);
	KUNIT_EXPECT_EQ(test, seg.opts.nsack, 0);
}

static void xtcp_wire_parse__of_two_options_the_last_holds(struct kunit *test)
{
	static const u8 options[] = { 2, 4, 0x05, 0xb4, 3, 3, 1, 2, 4, 0x02, 0x18, 3, 3, 9 };
	struct xtcp_seg seg;

	KUNIT_ASSERT_EQ(test, parse_options(options, sizeof(options), XTCP_SYN, &seg),
			XTCP_WIRE_OK);
	KUNIT_EXPECT_EQ(test, seg.opts.mss, 536);
	KUNIT_EXPECT_EQ(test, seg.opts.wscale, 9);
}

static void xtcp_wire_parse__kind_in_the_last_byte(struct kunit *test)
{
	static const u8 options[] = { 1, 1, 1, 2 };
	struct xtcp_seg seg;

	KUNIT_EXPECT_EQ(test, parse_options(options, sizeof(options), XTCP_SYN, &seg),
			XTCP_WIRE_OPTION);
}

/* RFC 7323 section 2.3: a shift above 14 is taken for 14. */
static void xtcp_wire_parse__window_scale_above_fourteen(struct kunit *test)
{
	static const u8 options[] = { 3, 3, 15, 1 };
	struct xtcp_seg seg;

	KUNIT_ASSERT_EQ(test, parse_options(options, sizeof(options), XTCP_SYN, &seg),
			XTCP_WIRE_OK);
	KUNIT_EXPECT_EQ(test, seg.opts.wscale, 14);
}

static void xtcp_wire_parse__sack_blocks(struct kunit *test)
{
	static const u8 options[] = {
		1, 1, 5, 18,
		0, 0, 0, 1, 0, 0, 0, 2,
		0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 0x10,
	};
	struct xtcp_seg seg;

	KUNIT_ASSERT_EQ(test, parse_options(options, sizeof(options), XTCP_ACK, &seg),
			XTCP_WIRE_OK);
	KUNIT_ASSERT_EQ(test, seg.opts.nsack, 2);
	KUNIT_EXPECT_EQ(test, seg.opts.sack[0].start, 1);
	KUNIT_EXPECT_EQ(test, seg.opts.sack[0].end, 2);
	KUNIT_EXPECT_EQ(test, seg.opts.sack[1].start, 0xfffffff0);
	KUNIT_EXPECT_EQ(test, seg.opts.sack[1].end, 0x10);
}

/* At most one of SYN, FIN and RST; a missing ACK is not the parser's business */
static void xtcp_wire_parse__impossible_flags(struct kunit *test)
{
	struct xtcp_seg seg;
	int flags;

	for (flags = 0; flags < 256; flags++) {
		bool syn = flags & XTCP_SYN, fin = flags & XTCP_FIN, rst = flags & XTCP_RST;
		bool good = syn + fin + rst <= 1;

		KUNIT_EXPECT_EQ_MSG(test, parse_options("", 0, flags, &seg),
				    good ? XTCP_WIRE_OK : XTCP_WIRE_FLAGS,
				    "flags 0x%02x", flags);
	}
}

/* For any input, nothing outside the header is read (ASan watches). */
static void xtcp_wire_parse__random_bytes(struct kunit *test)
{
	struct random random = { 4 };
	struct xtcp_seg seg;
	int round, accepted = 0;
	u32 len, i;

	for (round = 0; round < 20000; round++) {
		u8 *hdr;

		len = random_below(&random, XTCP_HDR_MAX + 1);
		hdr = kunit_kzalloc(test, len ?: 1, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, hdr);
		for (i = 0; i < len; i++)
			hdr[i] = random_u32(&random);
		if (len > 12 && random_chance(&random, 90))
			hdr[12] = len >> 2 << 4;
		if (len > 13 && random_chance(&random, 90))
			hdr[13] = random_chance(&random, 50) ? XTCP_SYN : XTCP_ACK;
		for (i = XTCP_HDR_LEN; i + 1 < len; i += 1 + random_below(&random, 4))
			hdr[i] = random_below(&random, 10);
		if (xtcp_wire_parse(hdr, len, len, &seg) == XTCP_WIRE_OK) {
			accepted++;
			KUNIT_EXPECT_EQ(test, seg.hdr_len + seg.len, len);
			KUNIT_EXPECT_LE(test, seg.opts.nsack, XTCP_SACK_BLOCKS);
			if (seg.opts.wscale != XTCP_NO_WSCALE)
				KUNIT_EXPECT_LE(test, seg.opts.wscale, XTCP_WSCALE_MAX);
		}
		kunit_kfree(test, hdr);
	}
	KUNIT_EXPECT_GT(test, accepted, 500);
}

static void xtcp_wire_build__fields_where_the_rfc_has_them(struct kunit *test)
{
	u8 buf[XTCP_HDR_MAX];
	struct xtcp_out out;

	xtcp_out_init(&out);
	out.seq = 0x01020304;
	out.ack = 0x0a0b0c0d;
	out.wnd = 0x8001;
	out.up = 7;
	out.flags = XTCP_ACK;
	memset(buf, 0xa5, sizeof(buf));
	KUNIT_ASSERT_EQ(test, xtcp_wire_build(buf, &out, 0x1234, 0x5678), XTCP_HDR_LEN);
	KUNIT_EXPECT_EQ(test, memcmp(buf, plain, XTCP_CHECK_OFFSET), 0);
	KUNIT_EXPECT_EQ(test, buf[XTCP_CHECK_OFFSET], 0);
	KUNIT_EXPECT_EQ(test, buf[XTCP_CHECK_OFFSET + 1], 0);
	KUNIT_EXPECT_EQ(test, buf[18], 0);
	KUNIT_EXPECT_EQ(test, buf[19], 7);
}

/* The options byte by byte, as other stacks send them */
static void xtcp_wire_build__bytes_of_the_options(struct kunit *test)
{
	static const u8 syn[] = { 2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7 };
	static const u8 ack[] = { 1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0,
				  1, 1, 5, 10, 0, 0, 0, 9, 0, 0, 0, 10 };
	static const u8 old[] = { 2, 4, 5, 0xb4, 1, 1, 4, 2 };
	struct xtcp_out out;
	u8 buf[XTCP_HDR_MAX];

	xtcp_out_init(&out);
	out.opts = (struct xtcp_opts){ .mss = 1460, .sack_ok = true, .ts = true,
				       .tsval = 0x01020304, .wscale = 7 };
	KUNIT_ASSERT_EQ(test, xtcp_wire_build(buf, &out, 1, 2), 40);
	KUNIT_EXPECT_EQ(test, memcmp(buf + 20, syn, sizeof(syn)), 0);

	out.opts = (struct xtcp_opts){ .wscale = XTCP_NO_WSCALE, .ts = true, .tsval = 0x01020304,
				       .nsack = 1, .sack[0] = { 9, 10 } };
	KUNIT_ASSERT_EQ(test, xtcp_wire_build(buf, &out, 1, 2), 44);
	KUNIT_EXPECT_EQ(test, memcmp(buf + 20, ack, sizeof(ack)), 0);

	out.opts = (struct xtcp_opts){ .wscale = XTCP_NO_WSCALE, .mss = 1460, .sack_ok = true };
	KUNIT_ASSERT_EQ(test, xtcp_wire_build(buf, &out, 1, 2), 28);
	KUNIT_EXPECT_EQ(test, memcmp(buf + 20, old, sizeof(old)), 0);
}

/* RFC 2018 section 3: with timestamps three blocks fit, and 40 bytes are the limit. */
static void xtcp_wire_build__blocks_without_room_are_left_out(struct kunit *test)
{
	struct xtcp_opts opts = { .wscale = XTCP_NO_WSCALE, .nsack = 4 };

	KUNIT_EXPECT_EQ(test, xtcp_wire_opts_len(&opts), 36);
	opts.ts = true;
	KUNIT_EXPECT_EQ(test, xtcp_wire_opts_len(&opts), 40);
	opts.mss = 1460;
	KUNIT_EXPECT_EQ(test, xtcp_wire_opts_len(&opts), 36);
	opts.wscale = 0;
	KUNIT_EXPECT_EQ(test, xtcp_wire_opts_len(&opts), 40);
	opts.nsack = 0;
	KUNIT_EXPECT_EQ(test, xtcp_wire_opts_len(&opts), 20);
}

/* A SYN with everything fits and leaves room for what will be negotiated. */
static void xtcp_wire_build__syn_with_all_options(struct kunit *test)
{
	struct xtcp_seg seg;
	struct xtcp_out out;
	u8 buf[XTCP_HDR_MAX];
	u32 len;

	xtcp_out_init(&out);
	out.flags = XTCP_SYN;
	out.opts.mss = 1440;
	out.opts.wscale = 14;
	out.opts.sack_ok = true;
	out.opts.ts = true;
	out.opts.tsval = 77;
	len = xtcp_wire_build(buf, &out, 1, 2);
	KUNIT_ASSERT_EQ(test, len, XTCP_HDR_LEN + xtcp_wire_opts_len(&out.opts));
	KUNIT_EXPECT_LE(test, len, XTCP_HDR_LEN + 20);
	KUNIT_ASSERT_EQ(test, xtcp_wire_parse(buf, len, len, &seg), XTCP_WIRE_OK);
	KUNIT_EXPECT_EQ(test, seg.opts.mss, 1440);
	KUNIT_EXPECT_EQ(test, seg.opts.wscale, 14);
	KUNIT_EXPECT_TRUE(test, seg.opts.sack_ok);
	KUNIT_EXPECT_TRUE(test, seg.opts.ts);
	KUNIT_EXPECT_EQ(test, seg.opts.tsval, 77);
}

static void random_opts(struct random *random, struct xtcp_opts *opts)
{
	u32 room = OPTION_ROOM;
	int i;

	memset(opts, 0, sizeof(*opts));
	opts->wscale = XTCP_NO_WSCALE;
	if (random_chance(random, 50)) {
		opts->ts = true;
		opts->tsval = random_u32(random);
		opts->tsecr = random_u32(random);
		room -= 12;
	}
	if (random_chance(random, 50)) {
		opts->mss = 1 + random_below(random, 65535);
		opts->wscale = random_chance(random, 50) ?
			       random_below(random, XTCP_WSCALE_MAX + 1) : XTCP_NO_WSCALE;
		opts->sack_ok = random_chance(random, 50);
		return;
	}
	opts->nsack = random_below(random, (room - 4) / 8 + 1);
	for (i = 0; i < opts->nsack; i++) {
		opts->sack[i].start = random_u32(random);
		opts->sack[i].end = random_u32(random);
	}
}

static void expect_same_opts(struct kunit *test, const struct xtcp_opts *got,
			     const struct xtcp_opts *sent)
{
	int i;

	KUNIT_EXPECT_EQ(test, got->mss, sent->mss);
	KUNIT_EXPECT_EQ(test, got->wscale, sent->wscale);
	KUNIT_EXPECT_EQ(test, got->sack_ok, sent->sack_ok);
	KUNIT_EXPECT_EQ(test, got->ts, sent->ts);
	if (sent->ts) {
		KUNIT_EXPECT_EQ(test, got->tsval, sent->tsval);
		KUNIT_EXPECT_EQ(test, got->tsecr, sent->tsecr);
	}
	KUNIT_ASSERT_EQ(test, got->nsack, sent->nsack);
	for (i = 0; i < sent->nsack; i++) {
		KUNIT_EXPECT_EQ(test, got->sack[i].start, sent->sack[i].start);
		KUNIT_EXPECT_EQ(test, got->sack[i].end, sent->sack[i].end);
	}
}

static void xtcp_wire_build__what_is_built_is_what_is_parsed(struct kunit *test)
{
	struct random random = { 11 };
	struct xtcp_seg seg;
	struct xtcp_out out;
	u8 buf[XTCP_HDR_MAX];
	int round;
	u32 len;

	for (round = 0; round < 5000; round++) {
		xtcp_out_init(&out);
		random_opts(&random, &out.opts);
		out.flags = out.opts.mss ? XTCP_SYN : XTCP_ACK;
		out.seq = random_u32(&random);
		out.ack = random_u32(&random);
		out.wnd = random_u32(&random);
		len = xtcp_wire_build(buf, &out, 1, 2);
		KUNIT_ASSERT_LE(test, len, XTCP_HDR_MAX);
		KUNIT_ASSERT_EQ(test, len % 4, 0);
		KUNIT_ASSERT_EQ(test, len, XTCP_HDR_LEN + xtcp_wire_opts_len(&out.opts));
		KUNIT_ASSERT_EQ(test, buf[12] >> 4, len / 4);
		KUNIT_ASSERT_EQ(test, xtcp_wire_parse(buf, len, len + 9, &seg), XTCP_WIRE_OK);
		KUNIT_EXPECT_EQ(test, seg.seq, out.seq);
		KUNIT_EXPECT_EQ(test, seg.wnd, out.wnd);
		KUNIT_EXPECT_EQ(test, seg.len, 9);
		expect_same_opts(test, &seg.opts, &out.opts);
	}
}

static struct kunit_case wire_cases[] = {
	KUNIT_CASE(xtcp_wire_parse__plain_header),
	KUNIT_CASE(xtcp_wire_parse__no_options),
	KUNIT_CASE(xtcp_wire_parse__shorter_than_a_header),
	KUNIT_CASE(xtcp_wire_parse__header_beyond_what_may_be_read),
	KUNIT_CASE(xtcp_wire_parse__data_offset_below_five),
	KUNIT_CASE(xtcp_wire_parse__data_offset_beyond_the_segment),
	KUNIT_CASE(xtcp_wire_parse__syn_options),
	KUNIT_CASE(xtcp_wire_parse__options_at_any_alignment),
	KUNIT_CASE(xtcp_wire_parse__unknown_options_are_skipped),
	KUNIT_CASE(xtcp_wire_parse__nothing_counts_after_the_end_of_options),
	KUNIT_CASE(xtcp_wire_parse__impossible_option_lengths),
	KUNIT_CASE(xtcp_wire_parse__lengths_of_known_options),
	KUNIT_CASE(xtcp_wire_parse__syn_options_elsewhere_say_nothing),
	KUNIT_CASE(xtcp_wire_parse__sack_blocks_on_a_syn_say_nothing),
	KUNIT_CASE(xtcp_wire_parse__of_two_options_the_last_holds),
	KUNIT_CASE(xtcp_wire_parse__kind_in_the_last_byte),
	KUNIT_CASE(xtcp_wire_parse__window_scale_above_fourteen),
	KUNIT_CASE(xtcp_wire_parse__sack_blocks),
	KUNIT_CASE(xtcp_wire_parse__impossible_flags),
	KUNIT_CASE(xtcp_wire_parse__random_bytes),
	KUNIT_CASE(xtcp_wire_build__fields_where_the_rfc_has_them),
	KUNIT_CASE(xtcp_wire_build__bytes_of_the_options),
	KUNIT_CASE(xtcp_wire_build__blocks_without_room_are_left_out),
	KUNIT_CASE(xtcp_wire_build__syn_with_all_options),
	KUNIT_CASE(xtcp_wire_build__what_is_built_is_what_is_parsed),
	{}
};

static struct kunit_suite wire_suite = {
	.name = "wire",
	.test_cases = wire_cases,
};

kunit_test_suite(wire_suite);
