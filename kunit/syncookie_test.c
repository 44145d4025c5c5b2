// SPDX-License-Identifier: GPL-2.0
/* SYN cookies for any peer: module/core/syncookie.c, RFC 4987 section 3.6 */
#include <kunit/test.h>
#include <linux/limits.h>
#include "segment.h"
#include "../module/core/mss.h"
#include "../module/core/seq.h"
#include "../module/core/syncookie.h"
#include "../module/core/window.h"

#define MAC	0xfedcba9876543210ULL
#define NOW	(1000 * XTCP_COOKIE_EPOCH)	/* an even epoch begins */
#define STAMP	0x12345678U

/* What a listener negotiated with a peer */
static struct xtcp_syn_received agreed(u16 mss, int wscale, bool sack_ok, bool ts_ok)
{
	return (struct xtcp_syn_received){
		.irs = 1000, .peer_mss = mss, .wscale_ok = wscale >= 0,
		.snd_wscale = wscale >= 0 ? wscale : 0, .sack_ok = sack_ok, .ts_ok = ts_ok,
	};
}

/* The final ACK, from a peer that uses what the SYN-ACK told it */
static struct xtcp_seg third(const struct xtcp_cookie *c, u64 mac)
{
	struct xtcp_seg seg = segment(XTCP_ACK, 1001, xtcp_cookie_isn(c, mac) + 1, 0);

	seg.opts.ts = c->ts_ok;
	seg.opts.tsecr = c->ts_ok ? xtcp_cookie_stamp(c, STAMP) : 0;
	return seg;
}

/* Encode and decode a cookie, @later microseconds later; false: rejected */
static bool comes_back(struct xtcp_syn_received *h, u64 now, u64 later)
{
	struct xtcp_cookie c, back;
	struct xtcp_seg seg;

	xtcp_cookie_pack(&c, h, now);
	seg = third(&c, MAC);
	xtcp_cookie_read(&back, &seg, now + later);
	if (back.epoch != c.epoch || xtcp_cookie_word(&back) != xtcp_cookie_word(&c) ||
	    !xtcp_cookie_valid(&back, &seg, MAC))
		return false;
	xtcp_cookie_unpack(&back, h);
	return true;
}

static void stamped__all_but_the_last_bytes_of_the_mss(struct kunit *test)
{
	int wscale, sack_ok;

	for (wscale = -1; wscale <= XTCP_WSCALE_MAX; wscale++) {
		for (sack_ok = 0; sack_ok <= 1; sack_ok++) {
			struct xtcp_syn_received h = agreed(1460, wscale, sack_ok, true);

			KUNIT_ASSERT_TRUE(test, comes_back(&h, NOW, 0));
			KUNIT_EXPECT_EQ(test, !!h.wscale_ok, wscale >= 0);
			KUNIT_EXPECT_EQ(test, h.snd_wscale, wscale >= 0 ? wscale : 0);
			KUNIT_EXPECT_EQ(test, !!h.sack_ok, sack_ok);
			KUNIT_EXPECT_TRUE(test, h.ts_ok);
			KUNIT_EXPECT_EQ(test, h.peer_mss, 1460);
		}
	}
}

/* A window that is overestimated would be overrun */
static void bare__window_scale_is_never_rounded_up(struct kunit *test)
{
	static const u8 kept[XTCP_WSCALE_MAX + 1] = {
		0, 0, 2, 2, 4, 4, 6, 7, 8, 8, 10, 10, 10, 10, 10,
	};
	int wscale;

	for (wscale = -1; wscale <= XTCP_WSCALE_MAX; wscale++) {
		struct xtcp_syn_received h = agreed(1460, wscale, wscale & 1, false);

		KUNIT_ASSERT_TRUE(test, comes_back(&h, NOW, 0));
		KUNIT_EXPECT_EQ(test, !!h.wscale_ok, wscale >= 0);
		KUNIT_EXPECT_EQ(test, h.snd_wscale, wscale >= 0 ? kept[wscale] : 0);
		KUNIT_EXPECT_EQ(test, !!h.sack_ok, !!(wscale & 1));
		KUNIT_EXPECT_FALSE(test, h.ts_ok);
	}
}

/* A segment larger than the peer's MSS would be lost every time */
static void mss__is_never_rounded_up(struct kunit *test)
{
	u32 mss, ts_ok;

	for (ts_ok = 0; ts_ok <= 1; ts_ok++) {
		for (mss = XTCP_MSS_MIN; mss <= U16_MAX; mss += 7) {
			struct xtcp_syn_received h = agreed(mss, 7, true, ts_ok);

			KUNIT_ASSERT_TRUE(test, comes_back(&h, NOW, 0));
			KUNIT_ASSERT_LE(test, h.peer_mss, mss);
			KUNIT_ASSERT_GE(test, h.peer_mss, XTCP_MSS_MIN);
		}
	}
}

static void mss__common_ones_are_kept(struct kunit *test)
{
	static const u16 common[] = { XTCP_MSS_MIN, 536, 1220, 1440, 1460, 8940 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(common); i++) {
		struct xtcp_syn_received h = agreed(common[i], 7, true, true);

		KUNIT_ASSERT_TRUE(test, comes_back(&h, NOW, 0));
		KUNIT_EXPECT_EQ(test, h.peer_mss, common[i]);
	}
}

/* 30 to 60 s: in its epoch and in the next */
static void epoch__a_cookie_outlives_one(struct kunit *test)
{
	u32 ts_ok;

	for (ts_ok = 0; ts_ok <= 1; ts_ok++) {
		struct xtcp_syn_received h = agreed(1460, 7, true, ts_ok);
		u64 last = XTCP_COOKIE_EPOCH - 1;

		KUNIT_EXPECT_TRUE(test, comes_back(&h, NOW, 2 * XTCP_COOKIE_EPOCH - 1));
		KUNIT_EXPECT_FALSE(test, comes_back(&h, NOW, 2 * XTCP_COOKIE_EPOCH));
		KUNIT_EXPECT_TRUE(test, comes_back(&h, NOW + last, XTCP_COOKIE_EPOCH));
		KUNIT_EXPECT_FALSE(test, comes_back(&h, NOW + last, XTCP_COOKIE_EPOCH + 1));
		/* the next epoch is an odd one */
		KUNIT_EXPECT_TRUE(test, comes_back(&h, NOW + last + 1, 0));
	}
}

/* Everything in the cookie is covered by the hash */
static void word__differs_with_each_state(struct kunit *test)
{
	struct xtcp_cookie c = { .epoch = 1, .mss = 3, .wscale = 7 }, other;
	u32 word = xtcp_cookie_word(&c);

	other = c;
	other.mss = 4;
	KUNIT_EXPECT_NE(test, xtcp_cookie_word(&other), word);
	other = c;
	other.wscale = 8;
	KUNIT_EXPECT_NE(test, xtcp_cookie_word(&other), word);
	other = c;
	other.sack_ok = true;
	KUNIT_EXPECT_NE(test, xtcp_cookie_word(&other), word);
	other = c;
	other.ts_ok = true;
	KUNIT_EXPECT_NE(test, xtcp_cookie_word(&other), word);
}

/* Every bit of the acknowledgment number is either state or MAC */
static void valid__no_bit_may_differ(struct kunit *test)
{
	u32 ts_ok, bit;

	for (ts_ok = 0; ts_ok <= 1; ts_ok++) {
		struct xtcp_syn_received h = agreed(1460, 7, true, ts_ok);
		struct xtcp_cookie c, back;

		xtcp_cookie_pack(&c, &h, NOW);
		for (bit = 0; bit < 32; bit++) {
			struct xtcp_seg seg = third(&c, MAC);

			seg.ack = (seg.ack - 1) ^ 1U << bit;
			seg.ack++;
			xtcp_cookie_read(&back, &seg, NOW);
			if (back.epoch != c.epoch ||
			    xtcp_cookie_word(&back) != xtcp_cookie_word(&c))
				continue;	/* its MAC would differ */
			KUNIT_EXPECT_FALSE(test, xtcp_cookie_valid(&back, &seg, MAC));
		}
	}
}

static void valid__another_mac(struct kunit *test)
{
	struct xtcp_syn_received h = agreed(1460, 7, true, true);
	struct xtcp_cookie c, back;
	struct xtcp_seg seg;
	u32 bit, refused = 0;

	xtcp_cookie_pack(&c, &h, NOW);
	seg = third(&c, MAC);
	xtcp_cookie_read(&back, &seg, NOW);
	for (bit = 0; bit < 32; bit++)
		refused += !xtcp_cookie_valid(&back, &seg, MAC ^ 1ULL << bit);
	KUNIT_EXPECT_EQ(test, refused, 28);

	h.ts_ok = false;
	xtcp_cookie_pack(&c, &h, NOW);
	seg = third(&c, MAC);
	xtcp_cookie_read(&back, &seg, NOW);
	for (bit = 0, refused = 0; bit < 32; bit++)
		refused += !xtcp_cookie_valid(&back, &seg, MAC ^ 1ULL << bit);
	KUNIT_EXPECT_EQ(test, refused, 24);
}

/* RFC 7323: later segments must not look older */
static void stamp__is_never_ahead_of_the_clock(struct kunit *test)
{
	struct xtcp_cookie c = { .ts_ok = true };
	u32 stamp, told;

	for (c.wscale = 0; c.wscale < 16; c.wscale++) {
		for (stamp = 0xffffff80; stamp != 0x80; stamp++) {
			told = xtcp_cookie_stamp(&c, stamp);
			KUNIT_ASSERT_TRUE(test, seq_leq(told, stamp));
			KUNIT_ASSERT_LT(test, stamp - told, 64);
			c.sack_ok = !c.sack_ok;
		}
	}
}

/* What the cookie doesn't contain is derived from the segment and our own settings */
static void xtcp_syn_received_return__the_rest(struct kunit *test)
{
	struct xtcp_knobs knobs = { .rmem = { 4096, 64000, 1 << 20 } };
	struct xtcp_seg seg = segment(XTCP_ACK, 1001, 5001, 0);
	struct xtcp_syn_received h = agreed(1400, 7, true, true);

	seg.opts.ts = true;
	seg.opts.tsval = 77;
	xtcp_syn_received_return(&h, &seg, 1460, 32000, &knobs, NOW);
	KUNIT_EXPECT_EQ(test, h.irs, 1000);
	KUNIT_EXPECT_EQ(test, h.iss, 5000);
	KUNIT_EXPECT_EQ(test, h.ts_recent, 77);
	KUNIT_EXPECT_FALSE(test, h.ts_unheard);
	KUNIT_EXPECT_EQ(test, h.adv_mss, 1460);
	KUNIT_EXPECT_EQ(test, h.rcv_wnd, 32000);
	KUNIT_EXPECT_EQ(test, h.rcv_wscale, xtcp_wscale_choose(1 << 20));
	KUNIT_EXPECT_EQ(test, h.seen, XTCP_SYN_RECEIVED_RESENT);	/* no RTT sample */

	h.wscale_ok = false;
	xtcp_syn_received_return(&h, &seg, 1460, 100000, &knobs, NOW);
	KUNIT_EXPECT_EQ(test, h.rcv_wscale, 0);
	KUNIT_EXPECT_EQ(test, h.rcv_wnd, 65535);
}

static struct kunit_case cookie_cases[] = {
	KUNIT_CASE(stamped__all_but_the_last_bytes_of_the_mss),
	KUNIT_CASE(bare__window_scale_is_never_rounded_up),
	KUNIT_CASE(mss__is_never_rounded_up),
	KUNIT_CASE(mss__common_ones_are_kept),
	KUNIT_CASE(epoch__a_cookie_outlives_one),
	KUNIT_CASE(word__differs_with_each_state),
	KUNIT_CASE(valid__no_bit_may_differ),
	KUNIT_CASE(valid__another_mac),
	KUNIT_CASE(stamp__is_never_ahead_of_the_clock),
	KUNIT_CASE(xtcp_syn_received_return__the_rest),
	{}
};

static struct kunit_suite cookie_suite = {
	.name = "syncookie",
	.test_cases = cookie_cases,
};

kunit_test_suite(cookie_suite);
