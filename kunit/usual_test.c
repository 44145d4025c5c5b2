// SPDX-License-Identifier: GPL-2.0
/*
 * The usual options of a SYN are parsed in one step: module/core/wire.c. The result must be the
 * same as when they are parsed one by one, as they are behind four NOPs.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include "../module/core/wire.h"

#define NOPS	4
#define USUAL	20
#define AFTER	(XTCP_HDR_MAX - XTCP_HDR_LEN - NOPS - USUAL)

static const u8 usual[USUAL] = {
	2, 4, 0x05, 0xb4,				/* MSS 1460 */
	4, 2,						/* SACK permitted */
	8, 10, 0x11, 0x22, 0x33, 0x44, 1, 2, 3, 4,	/* timestamps */
	1,						/* no operation */
	3, 3, 7,					/* window scale */
};

/* Parses options behind @nops NOPs. The rest of @seg is unchanged */
static enum xtcp_wire_err parse(const u8 *options, u32 len, u32 nops, u8 flags,
				struct xtcp_seg *seg)
{
	u8 hdr[XTCP_HDR_MAX] = { [12] = (XTCP_HDR_LEN + nops + len) << 2, [13] = flags };

	memset(hdr + XTCP_HDR_LEN, 1, nops);
	memcpy(hdr + XTCP_HDR_LEN + nops, options, len);
	memset(seg, 0, sizeof(*seg));
	return xtcp_wire_parse(hdr, XTCP_HDR_LEN + nops + len, XTCP_HDR_LEN + nops + len, seg);
}

static void expect_same(struct kunit *test, const u8 *options, u32 len, u8 flags)
{
	struct xtcp_seg at_once, one_by_one;
	enum xtcp_wire_err err = parse(options, len, 0, flags, &at_once);

	KUNIT_EXPECT_EQ(test, err, parse(options, len, NOPS, flags, &one_by_one));
	if (err != XTCP_WIRE_OK)
		return;
	KUNIT_EXPECT_EQ(test, at_once.opts.mss, one_by_one.opts.mss);
	KUNIT_EXPECT_EQ(test, at_once.opts.wscale, one_by_one.opts.wscale);
	KUNIT_EXPECT_EQ(test, at_once.opts.sack_ok, one_by_one.opts.sack_ok);
	KUNIT_EXPECT_EQ(test, at_once.opts.ts, one_by_one.opts.ts);
	KUNIT_EXPECT_EQ(test, at_once.opts.tsval, one_by_one.opts.tsval);
	KUNIT_EXPECT_EQ(test, at_once.opts.tsecr, one_by_one.opts.tsecr);
	KUNIT_EXPECT_EQ(test, at_once.opts.nsack, one_by_one.opts.nsack);
	KUNIT_EXPECT_EQ(test, at_once.opts.ext, one_by_one.opts.ext);
}

/* Each byte with each value: the usual layout, and those similar to it. */
static void xtcp_wire_parse__usual_options_of_a_syn(struct kunit *test)
{
	u8 options[USUAL];
	int at, value;

	for (at = 0; at < USUAL; at++) {
		for (value = 0; value < 256; value++) {
			memcpy(options, usual, USUAL);
			options[at] = value;
			expect_same(test, options, USUAL, XTCP_SYN);
		}
	}
	expect_same(test, usual, USUAL, XTCP_SYN | XTCP_ACK);
}

/* MUST-65: without SYN they are ignored, except for timestamps. */
static void xtcp_wire_parse__usual_options_elsewhere(struct kunit *test)
{
	struct xtcp_seg seg;

	KUNIT_ASSERT_EQ(test, parse(usual, USUAL, 0, XTCP_ACK, &seg), XTCP_WIRE_OK);
	KUNIT_EXPECT_EQ(test, seg.opts.mss, 0);
	KUNIT_EXPECT_FALSE(test, seg.opts.sack_ok);
	KUNIT_EXPECT_EQ(test, seg.opts.wscale, XTCP_NO_WSCALE);
	KUNIT_EXPECT_TRUE(test, seg.opts.ts);
}

/* Options behind them are parsed, too: of two of a kind the last one counts; the list may end
 * there.
 */
static void xtcp_wire_parse__options_behind_the_usual(struct kunit *test)
{
	static const u8 after[][AFTER] = {
		{ 2, 4, 0x02, 0x18, 3, 3, 9, 1, 8, 10, 5, 6, 7, 8, 9 },
		{ 2, 4, 0x02, 0x18, 3, 3, 9, 0, 8, 10, 5, 6, 7, 8, 9 },
		{ 1, 1, 254, 14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
		{ 254, 17 }, { 2, 3 }, { 0, 99 },
	};
	u8 options[USUAL + AFTER];
	int i;

	memcpy(options, usual, USUAL);
	for (i = 0; i < ARRAY_SIZE(after); i++) {
		memcpy(options + USUAL, after[i], AFTER);
		expect_same(test, options, USUAL + AFTER, XTCP_SYN);
	}
	for (i = 4; i < USUAL; i += 4)	/* they end too early */
		expect_same(test, usual, i, XTCP_SYN);
}

static struct kunit_case usual_cases[] = {
	KUNIT_CASE(xtcp_wire_parse__usual_options_of_a_syn),
	KUNIT_CASE(xtcp_wire_parse__usual_options_elsewhere),
	KUNIT_CASE(xtcp_wire_parse__options_behind_the_usual),
	{}
};

static struct kunit_suite usual_suite = {
	.name = "usual",
	.test_cases = usual_cases,
};

kunit_test_suite(usual_suite);
