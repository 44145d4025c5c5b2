// SPDX-License-Identifier: GPL-2.0
/* The echo cookie, sealed and opened: module/core/seal.c, docs/protocol.md */
#include <kunit/test.h>
#include <linux/string.h>
#include "segment.h"
#include "../module/core/mss.h"
#include "../module/core/seal.h"

#define SEAL	0xfedcba9876543210ULL
#define NOW	(1000 * XTCP_US_PER_S)
#define TICK	(XTCP_US_PER_S / 2)

static struct xtcp_syn_received agreed(u16 mss, int wscale, bool sack_ok, bool ts_ok)
{
	return (struct xtcp_syn_received){
		.peer_mss = mss, .wscale_ok = wscale >= 0,
		.snd_wscale = wscale >= 0 ? wscale : 0, .sack_ok = sack_ok, .ts_ok = ts_ok,
	};
}

static void make(u8 *cookie, u32 state)
{
	xtcp_seal_write(cookie, state, SEAL);
}

static enum xtcp_seal_verdict check_cookie(const u8 *cookie, u64 seal, u64 now)
{
	struct xtcp_seg seg = segment(XTCP_ACK, 1001, 5001, 0);

	seg.opts.ts = true;
	seg.opts.cookie = cookie;
	return xtcp_seal_check(&seg, seal, now);
}

static enum xtcp_seal_verdict check_state(u32 state, u64 now)
{
	u8 cookie[XTCP_COOKIE_LEN];

	make(cookie, state);
	return check_cookie(cookie, SEAL, now);
}

static void xtcp_seal_write__as_drawn(struct kunit *test)
{
	static const u8 drawn[XTCP_COOKIE_LEN] = {
		0xd0, 0x37, 0x05, 0xb4,	/* 2000 ticks, ts and SACK, shift 7, 1460 */
		0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10,
	};
	struct xtcp_syn_received h = agreed(1460, 7, true, true);
	u8 cookie[XTCP_COOKIE_LEN];

	make(cookie, xtcp_seal_pack(&h, NOW));
	KUNIT_EXPECT_EQ(test, memcmp(cookie, drawn, sizeof(drawn)), 0);
}

static void xtcp_seal_unpack__nothing_is_lost(struct kunit *test)
{
	u8 cookie[XTCP_COOKIE_LEN];
	int wscale, flags;
	u32 mss;

	for (wscale = -1; wscale <= XTCP_WSCALE_MAX; wscale++) {
		for (flags = 0; flags < 4; flags++) {
			for (mss = XTCP_MSS_MIN; mss <= 0xffff; mss += 4001) {
				struct xtcp_syn_received h, back = {};

				h = agreed(mss, wscale, flags & 1, flags & 2);
				make(cookie, xtcp_seal_pack(&h, NOW));
				KUNIT_ASSERT_EQ(test, check_cookie(cookie, SEAL, NOW),
						XTCP_SEAL_VALID);
				xtcp_seal_unpack(xtcp_seal_state(cookie), &back);
				KUNIT_ASSERT_EQ(test, back.peer_mss, mss);
				KUNIT_ASSERT_EQ(test, !!back.wscale_ok, wscale >= 0);
				KUNIT_ASSERT_EQ(test, back.snd_wscale, h.snd_wscale);
				KUNIT_ASSERT_EQ(test, !!back.sack_ok, flags & 1);
				KUNIT_ASSERT_EQ(test, !!back.ts_ok, flags >> 1);
			}
		}
	}
}

static void xtcp_seal_check__expires(struct kunit *test)
{
	struct xtcp_syn_received h = agreed(1460, 7, true, true);
	u32 state = xtcp_seal_pack(&h, NOW);

	KUNIT_EXPECT_EQ(test, check_state(state, NOW + XTCP_SEAL_LIFE), XTCP_SEAL_VALID);
	KUNIT_EXPECT_EQ(test, check_state(state, NOW + XTCP_SEAL_LIFE + TICK), XTCP_SEAL_EXPIRED);
	/* from the future: in fact from the past, before the byte wrapped */
	KUNIT_EXPECT_EQ(test, check_state(state, NOW - TICK), XTCP_SEAL_EXPIRED);
}

/* The byte wraps after 128 s: by then the secret has changed, see xtcp_seal_issued() */
static void xtcp_seal_issued__tells_the_time(struct kunit *test)
{
	struct xtcp_syn_received h = agreed(1460, 7, true, true);
	u32 state = xtcp_seal_pack(&h, NOW + 3);

	KUNIT_EXPECT_EQ(test, xtcp_seal_issued(state, NOW + 3), NOW);
	KUNIT_EXPECT_EQ(test, xtcp_seal_issued(state, NOW + XTCP_SEAL_LIFE), NOW);
	KUNIT_EXPECT_EQ(test, xtcp_seal_issued(state, NOW + 255 * TICK), NOW);
	KUNIT_EXPECT_EQ(test, xtcp_seal_issued(state, NOW + 256 * TICK), NOW + 256 * TICK);
}

static void xtcp_seal_check__no_bit_of_the_seal_may_differ(struct kunit *test)
{
	struct xtcp_syn_received h = agreed(1460, 7, true, true);
	u8 cookie[XTCP_COOKIE_LEN];
	unsigned int bit;

	make(cookie, xtcp_seal_pack(&h, NOW));
	for (bit = 0; bit < 64; bit++)
		KUNIT_EXPECT_EQ(test, check_cookie(cookie, SEAL ^ 1ULL << bit, NOW),
				XTCP_SEAL_FORGED);
}

/* Values that we never write are rejected, even if the seal is valid */
static void xtcp_seal_check__impossible_fields(struct kunit *test)
{
	struct xtcp_syn_received h = agreed(XTCP_MSS_MIN, 7, true, true);
	u32 state = xtcp_seal_pack(&h, NOW);

	KUNIT_EXPECT_EQ(test, check_state(state, NOW), XTCP_SEAL_VALID);
	KUNIT_EXPECT_EQ(test, check_state(state - 1, NOW), XTCP_SEAL_FORGED);
	KUNIT_EXPECT_EQ(test, check_state(state & 0xffff0000, NOW), XTCP_SEAL_FORGED);
	KUNIT_EXPECT_EQ(test, check_state(state | 0x00400000, NOW), XTCP_SEAL_FORGED);
	KUNIT_EXPECT_EQ(test, check_state(state | 0x00800000, NOW), XTCP_SEAL_FORGED);
}

/* Timestamps were agreed, and the option is missing: whether it may is not the seal's affair */
static void xtcp_seal_check__no_timestamp(struct kunit *test)
{
	struct xtcp_syn_received h = agreed(1460, 7, true, true);
	struct xtcp_seg seg = segment(XTCP_ACK, 1001, 5001, 0);
	struct xtcp_knobs knobs = { .rmem = { 4096, 64000, 1 << 20 } };
	u8 cookie[XTCP_COOKIE_LEN];

	seg.opts.cookie = cookie;
	make(cookie, xtcp_seal_pack(&h, NOW));
	KUNIT_EXPECT_EQ(test, xtcp_seal_check(&seg, SEAL, NOW), XTCP_SEAL_VALID);
	xtcp_seal_unpack(xtcp_seal_state(cookie), &h);
	xtcp_syn_received_return(&h, &seg, 1460, 32000, &knobs, NOW);
	KUNIT_EXPECT_FALSE(test, xtcp_syn_received_no_stamp(&h, &seg));
	knobs.require_timestamps = 1;
	xtcp_syn_received_return(&h, &seg, 1460, 32000, &knobs, NOW);
	KUNIT_EXPECT_TRUE(test, xtcp_syn_received_no_stamp(&h, &seg));
	h.ts_ok = false;
	xtcp_syn_received_return(&h, &seg, 1460, 32000, &knobs, NOW);
	KUNIT_EXPECT_FALSE(test, xtcp_syn_received_no_stamp(&h, &seg));
}

static struct kunit_case seal_cases[] = {
	KUNIT_CASE(xtcp_seal_write__as_drawn),
	KUNIT_CASE(xtcp_seal_unpack__nothing_is_lost),
	KUNIT_CASE(xtcp_seal_check__expires),
	KUNIT_CASE(xtcp_seal_issued__tells_the_time),
	KUNIT_CASE(xtcp_seal_check__no_bit_of_the_seal_may_differ),
	KUNIT_CASE(xtcp_seal_check__impossible_fields),
	KUNIT_CASE(xtcp_seal_check__no_timestamp),
	{}
};

static struct kunit_suite seal_suite = {
	.name = "seal",
	.test_cases = seal_cases,
};

kunit_test_suite(seal_suite);
