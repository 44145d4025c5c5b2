// SPDX-License-Identifier: GPL-2.0
/* Our own option: module/core/ext.c, docs/protocol.md, RFC 6994 */
#include <kunit/test.h>
#include <linux/string.h>
#include "../module/core/ext.h"

#define COOKIE 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12

/* The option as docs/protocol.md draws it */
static const u8 drawn[XTCP_EXT_LEN] = {
	254, 20, 0x78, 0x63,
	0x11, 0, 0, 0,
	COOKIE,
};

static const u8 cookie[XTCP_COOKIE_LEN] = { COOKIE };

static struct xtcp_opts parsed(const u8 *option)
{
	struct xtcp_opts opts = {};

	xtcp_ext_parse(option, &opts);
	return opts;
}

/* How the option parses with one byte changed */
static struct xtcp_opts changed(unsigned int at, u8 value)
{
	u8 option[XTCP_EXT_LEN];

	memcpy(option, drawn, sizeof(option));
	option[at] = value;
	return parsed(option);
}

static void xtcp_ext_parse__a_cookie(struct kunit *test)
{
	struct xtcp_opts opts = parsed(drawn);

	KUNIT_EXPECT_EQ(test, opts.ext, XTCP_EXT_VERSION | XTCP_EXT_COOKIE);
	KUNIT_ASSERT_NOT_NULL(test, opts.cookie);
	KUNIT_EXPECT_EQ(test, memcmp(opts.cookie, cookie, sizeof(cookie)), 0);
}

static void xtcp_ext_parse__no_cookie(struct kunit *test)
{
	struct xtcp_opts opts = changed(4, 0x10);

	KUNIT_EXPECT_EQ(test, opts.ext, XTCP_EXT_VERSION);
	KUNIT_EXPECT_NULL(test, opts.cookie);
}

/* Another ExID, or another version of ours, is ignored */
static void xtcp_ext_parse__not_ours(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, changed(2, 0x77).ext, 0);
	KUNIT_EXPECT_EQ(test, changed(3, 0x64).ext, 0);
	KUNIT_EXPECT_EQ(test, changed(4, 0x21).ext, 0);
	KUNIT_EXPECT_EQ(test, changed(4, 0x01).ext, 0);
	KUNIT_EXPECT_EQ(test, changed(1, 4).ext, 0);
	KUNIT_EXPECT_EQ(test, changed(1, 2).ext, 0);
}

/* Bits and bytes reserved for a later version */
static void xtcp_ext_parse__reserved_is_ignored(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, changed(4, 0x1f).ext, XTCP_EXT_VERSION | XTCP_EXT_COOKIE);
	KUNIT_EXPECT_EQ(test, changed(4, 0x1e).ext, XTCP_EXT_VERSION);
	KUNIT_EXPECT_EQ(test, changed(5, 0xff).ext, XTCP_EXT_VERSION | XTCP_EXT_COOKIE);
	KUNIT_EXPECT_EQ(test, changed(7, 0xff).ext, XTCP_EXT_VERSION | XTCP_EXT_COOKIE);
}

static void xtcp_ext_parse__a_cookie_cut_short(struct kunit *test)
{
	u8 len;

	for (len = 5; len < XTCP_EXT_LEN; len++) {
		struct xtcp_opts opts = changed(1, len);

		KUNIT_EXPECT_EQ(test, opts.ext, XTCP_EXT_VERSION | XTCP_EXT_CUT);
		KUNIT_EXPECT_NULL(test, opts.cookie);
	}
}

static void xtcp_ext_build__as_drawn(struct kunit *test)
{
	struct xtcp_opts opts = {
		.ext = XTCP_EXT_VERSION | XTCP_EXT_COOKIE, .cookie = cookie,
	};
	u8 option[XTCP_EXT_LEN];

	memset(option, 0xa5, sizeof(option));
	KUNIT_EXPECT_PTR_EQ(test, xtcp_ext_build(option, &opts), option + sizeof(option));
	KUNIT_EXPECT_EQ(test, memcmp(option, drawn, sizeof(option)), 0);
}

/* A SYN has the space for a cookie, all zeros */
static void xtcp_ext_build__room_for_a_cookie(struct kunit *test)
{
	struct xtcp_opts opts = { .ext = XTCP_EXT_VERSION | XTCP_EXT_COOKIE };
	u8 option[XTCP_EXT_LEN];
	unsigned int i;

	memset(option, 0xa5, sizeof(option));
	xtcp_ext_build(option, &opts);
	KUNIT_EXPECT_EQ(test, memcmp(option, drawn, 8), 0);
	for (i = 8; i < sizeof(option); i++)
		KUNIT_EXPECT_EQ(test, option[i], 0);
}

/* In a header it comes last, and fits a SYN with all other options */
static void header__syn_with_all_options(struct kunit *test)
{
	struct xtcp_out out = { .flags = XTCP_SYN };
	u8 header[XTCP_HDR_MAX];
	struct xtcp_seg seg;

	out.opts = (struct xtcp_opts){
		.mss = 1460, .wscale = 7, .sack_ok = true, .ts = true, .tsval = 1,
		.ext = XTCP_EXT_VERSION | XTCP_EXT_COOKIE,
	};
	KUNIT_EXPECT_EQ(test, xtcp_wire_opts_len(&out.opts), 40);
	KUNIT_ASSERT_EQ(test, xtcp_wire_build(header, &out, 1, 2), XTCP_HDR_MAX);
	KUNIT_EXPECT_EQ(test, memcmp(header + 40, drawn, 8), 0);
	KUNIT_ASSERT_EQ(test, xtcp_wire_parse(header, XTCP_HDR_MAX, XTCP_HDR_MAX, &seg),
			XTCP_WIRE_OK);
	KUNIT_EXPECT_EQ(test, seg.opts.ext, XTCP_EXT_VERSION | XTCP_EXT_COOKIE);
	KUNIT_EXPECT_PTR_EQ(test, seg.opts.cookie, (const u8 *)header + 48);
	KUNIT_EXPECT_EQ(test, seg.opts.mss, 1460);
}

/* On a segment without SYN, too; then SACK blocks don't fit beside timestamps */
static void header__segment_with_an_echo(struct kunit *test)
{
	struct xtcp_out out = { .flags = XTCP_ACK };
	u8 header[XTCP_HDR_MAX];
	struct xtcp_seg seg;

	out.opts = (struct xtcp_opts){
		.wscale = XTCP_NO_WSCALE, .ts = true, .nsack = 1,
		.ext = XTCP_EXT_VERSION | XTCP_EXT_COOKIE, .cookie = cookie,
	};
	KUNIT_EXPECT_EQ(test, xtcp_wire_opts_len(&out.opts), 32);
	KUNIT_ASSERT_EQ(test, xtcp_wire_build(header, &out, 1, 2), XTCP_HDR_LEN + 32);
	KUNIT_ASSERT_EQ(test, xtcp_wire_parse(header, XTCP_HDR_LEN + 32, XTCP_HDR_MAX, &seg),
			XTCP_WIRE_OK);
	KUNIT_ASSERT_NOT_NULL(test, seg.opts.cookie);
	KUNIT_EXPECT_EQ(test, memcmp(seg.opts.cookie, cookie, sizeof(cookie)), 0);
	KUNIT_EXPECT_EQ(test, seg.opts.nsack, 0);
}

static struct kunit_case ext_cases[] = {
	KUNIT_CASE(xtcp_ext_parse__a_cookie),
	KUNIT_CASE(xtcp_ext_parse__no_cookie),
	KUNIT_CASE(xtcp_ext_parse__not_ours),
	KUNIT_CASE(xtcp_ext_parse__reserved_is_ignored),
	KUNIT_CASE(xtcp_ext_parse__a_cookie_cut_short),
	KUNIT_CASE(xtcp_ext_build__as_drawn),
	KUNIT_CASE(xtcp_ext_build__room_for_a_cookie),
	KUNIT_CASE(header__syn_with_all_options),
	KUNIT_CASE(header__segment_with_an_echo),
	{}
};

static struct kunit_suite ext_suite = {
	.name = "ext",
	.test_cases = ext_cases,
};

kunit_test_suite(ext_suite);
