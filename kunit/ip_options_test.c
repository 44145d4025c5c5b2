// SPDX-License-Identifier: GPL-2.0
/*
 * IP options that answer those of a SYN: module/core/ip_options.c, RFC 9293 section
 * 3.9.2.1, RFC 791 section 3.1, RFC 1122 section 3.2.1.8.
 */
#include <kunit/test.h>
#include <asm/byteorder.h>
#include <linux/string.h>

#include "../module/core/ip_options.h"
#include "random.h"

#define PEER	cpu_to_be32(0x0a000001)		/* 10.0.0.1 */

static const u8 PEER_BYTES[] = { 10, 0, 0, 1 };

static bool echo(struct xtcp_ipopt *out, const u8 *in, u32 len)
{
	return xtcp_ipopt_echo(out, in, len, PEER);
}

#define EXPECT_BYTES(test, out, ...) do {					\
	static const u8 expected[] = { __VA_ARGS__ };				\
										\
	KUNIT_ASSERT_EQ(test, (out)->len, sizeof(expected));			\
	KUNIT_EXPECT_EQ(test, memcmp((out)->bytes, expected, sizeof(expected)), 0); \
} while (0)

static void xtcp_ipopt_echo__nothing_from_nothing(struct kunit *test)
{
	static const u8 none[] = { 1, 1, 0, 7 };	/* NOP, NOP, end, and what follows */
	struct xtcp_ipopt out;

	KUNIT_EXPECT_FALSE(test, echo(&out, none, 0));
	KUNIT_EXPECT_FALSE(test, echo(&out, none, 4));
	KUNIT_EXPECT_EQ(test, out.len, 0);
}

/* Options about the packet itself are not returned: router alert, stream identifier */
static void xtcp_ipopt_echo__others_do_not_come_back(struct kunit *test)
{
	static const u8 in[] = { 148, 4, 0, 0, 136, 4, 1, 2 };
	struct xtcp_ipopt out;

	KUNIT_EXPECT_FALSE(test, echo(&out, in, sizeof(in)));
}

/* MUST-53: the return route is the recorded route, reversed */
static void xtcp_ipopt_echo__source_route_is_turned_round(struct kunit *test)
{
	static const u8 in[] = { 131, 15, 16, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 0 };
	static const u8 hop[] = { 3, 3, 3, 3 };
	struct xtcp_ipopt out;

	KUNIT_ASSERT_TRUE(test, echo(&out, in, sizeof(in)));
	EXPECT_BYTES(test, &out, 131, 15, 4, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, memcmp(&out.first_hop, hop, 4), 0);
	KUNIT_EXPECT_EQ(test, out.srr, 0);
	KUNIT_EXPECT_FALSE(test, out.strict);
	KUNIT_EXPECT_EQ(test, out.rr, XTCP_IPOPT_NONE);
	KUNIT_EXPECT_EQ(test, out.ts, XTCP_IPOPT_NONE);
}

static void xtcp_ipopt_echo__strict_stays_strict(struct kunit *test)
{
	static const u8 in[] = { 1, 137, 7, 8, 1, 1, 1, 1 };
	static const u8 hop[] = { 1, 1, 1, 1 };
	struct xtcp_ipopt out;

	KUNIT_ASSERT_TRUE(test, echo(&out, in, sizeof(in)));
	EXPECT_BYTES(test, &out, 137, 7, 4, 0, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, memcmp(&out.first_hop, hop, 4), 0);
	KUNIT_EXPECT_TRUE(test, out.strict);
}

/* Hops beyond the pointer were not visited: they are not part of the return route */
static void xtcp_ipopt_echo__only_what_was_recorded(struct kunit *test)
{
	static const u8 in[] = { 131, 11, 8, 1, 1, 1, 1, 2, 2, 2, 2, 0 };
	static const u8 unused[] = { 131, 7, 4, 1, 1, 1, 1, 0 };
	struct xtcp_ipopt out;

	KUNIT_ASSERT_TRUE(test, echo(&out, in, sizeof(in)));
	EXPECT_BYTES(test, &out, 131, 7, 4, 0, 0, 0, 0, 0);
	KUNIT_EXPECT_FALSE(test, echo(&out, unused, sizeof(unused)));
	KUNIT_EXPECT_EQ(test, out.srr, XTCP_IPOPT_NONE);
}

/* A pointer far beyond the end is treated as one just behind the last address */
static void xtcp_ipopt_echo__pointer_beyond_the_end(struct kunit *test)
{
	static const u8 in[] = { 131, 7, 255, 1, 1, 1, 1, 0 };
	static const u8 before[] = { 131, 7, 3, 1, 1, 1, 1, 0 };
	struct xtcp_ipopt out;

	KUNIT_ASSERT_TRUE(test, echo(&out, in, sizeof(in)));
	EXPECT_BYTES(test, &out, 131, 7, 4, 0, 0, 0, 0, 0);
	KUNIT_EXPECT_FALSE(test, echo(&out, before, sizeof(before)));
}

/* RFC 1812 section 5.2.4.1: some hosts put themselves first, and need not be visited */
static void xtcp_ipopt_echo__originator_in_its_own_list(struct kunit *test)
{
	static const u8 in[] = { 131, 11, 12, 10, 0, 0, 1, 2, 2, 2, 2, 0 };
	static const u8 alone[] = { 131, 7, 8, 10, 0, 0, 1, 0 };
	static const u8 hop[] = { 2, 2, 2, 2 };
	struct xtcp_ipopt out;

	KUNIT_ASSERT_EQ(test, memcmp(in + 3, PEER_BYTES, 4), 0);
	KUNIT_ASSERT_TRUE(test, echo(&out, in, sizeof(in)));
	EXPECT_BYTES(test, &out, 131, 7, 4, 0, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, memcmp(&out.first_hop, hop, 4), 0);
	KUNIT_EXPECT_FALSE(test, echo(&out, alone, sizeof(alone)));
}

/* MAY-11: the recorded addresses are returned, and our own is added */
static void xtcp_ipopt_echo__record_route_has_room_for_us(struct kunit *test)
{
	static const u8 in[] = { 7, 11, 8, 1, 1, 1, 1, 0, 0, 0, 0, 1 };
	struct xtcp_ipopt out;

	KUNIT_ASSERT_TRUE(test, echo(&out, in, sizeof(in)));
	EXPECT_BYTES(test, &out, 7, 11, 12, 1, 1, 1, 1, 0, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, out.rr, 0);
	KUNIT_EXPECT_TRUE(test, out.rr_addr);
}

static void xtcp_ipopt_echo__record_route_is_full(struct kunit *test)
{
	static const u8 in[] = { 7, 7, 8, 1, 1, 1, 1, 1 };
	static const u8 no_word[] = { 7, 8, 6, 1, 1, 1, 1, 1 };	/* room for three bytes */
	static const u8 bad[] = { 7, 7, 3, 1, 1, 1, 1, 1 };
	struct xtcp_ipopt out;

	KUNIT_ASSERT_TRUE(test, echo(&out, in, sizeof(in)));
	EXPECT_BYTES(test, &out, 7, 7, 8, 1, 1, 1, 1, 0);
	KUNIT_EXPECT_FALSE(test, out.rr_addr);
	KUNIT_ASSERT_TRUE(test, echo(&out, no_word, sizeof(no_word)));
	KUNIT_EXPECT_FALSE(test, out.rr_addr);
	KUNIT_ASSERT_TRUE(test, echo(&out, bad, sizeof(bad)));
	KUNIT_EXPECT_FALSE(test, out.rr_addr);
}

/* MAY-10, the three kinds of RFC 791 */
static void xtcp_ipopt_echo__timestamps_alone(struct kunit *test)
{
	static const u8 in[] = { 68, 12, 9, 0, 1, 1, 1, 1, 0, 0, 0, 0 };
	struct xtcp_ipopt out;

	KUNIT_ASSERT_TRUE(test, echo(&out, in, sizeof(in)));
	EXPECT_BYTES(test, &out, 68, 12, 13, 0, 1, 1, 1, 1, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, out.ts, 0);
	KUNIT_EXPECT_TRUE(test, out.ts_time);
	KUNIT_EXPECT_FALSE(test, out.ts_addr);
}

static void xtcp_ipopt_echo__timestamps_with_addresses(struct kunit *test)
{
	static const u8 in[] = { 1, 68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0 };
	static const u8 full[] = { 68, 12, 13, 1, 1, 1, 1, 1, 2, 2, 2, 2 };
	struct xtcp_ipopt out;

	KUNIT_ASSERT_TRUE(test, echo(&out, in, sizeof(in)));
	EXPECT_BYTES(test, &out, 68, 12, 13, 1, 0, 0, 0, 0, 0, 0, 0, 0);
	KUNIT_EXPECT_TRUE(test, out.ts_time);
	KUNIT_EXPECT_TRUE(test, out.ts_addr);
	KUNIT_ASSERT_TRUE(test, echo(&out, full, sizeof(full)));
	EXPECT_BYTES(test, &out, 68, 12, 13, 1, 1, 1, 1, 1, 2, 2, 2, 2);
	KUNIT_EXPECT_FALSE(test, out.ts_time);
	KUNIT_EXPECT_FALSE(test, out.ts_addr);
}

/* Timestamps at prespecified addresses are not filled in */
static void xtcp_ipopt_echo__timestamps_of_chosen_hosts(struct kunit *test)
{
	static const u8 in[] = { 68, 12, 5, 3, 9, 9, 9, 9, 0, 0, 0, 0 };
	struct xtcp_ipopt out;

	KUNIT_ASSERT_TRUE(test, echo(&out, in, sizeof(in)));
	EXPECT_BYTES(test, &out, 68, 12, 5, 3, 9, 9, 9, 9, 0, 0, 0, 0);
	KUNIT_EXPECT_FALSE(test, out.ts_time);
}

static void xtcp_ipopt_echo__security_label_as_it_is(struct kunit *test)
{
	static const u8 in[] = { 134, 6, 0, 0, 0, 1 };
	struct xtcp_ipopt out;

	KUNIT_ASSERT_TRUE(test, echo(&out, in, sizeof(in)));
	EXPECT_BYTES(test, &out, 134, 6, 0, 0, 0, 1, 0, 0);
}

static void xtcp_ipopt_echo__several_at_once(struct kunit *test)
{
	static const u8 in[] = {
		7, 7, 4, 0, 0, 0, 0,
		131, 7, 8, 1, 1, 1, 1,
		68, 8, 5, 0, 0, 0, 0, 0,
	};
	struct xtcp_ipopt out;

	KUNIT_ASSERT_TRUE(test, echo(&out, in, sizeof(in)));
	EXPECT_BYTES(test, &out, 7, 7, 8, 0, 0, 0, 0, 131, 7, 4, 0, 0, 0, 0,
		     68, 8, 9, 0, 0, 0, 0, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, out.rr, 0);
	KUNIT_EXPECT_EQ(test, out.srr, 7);
	KUNIT_EXPECT_EQ(test, out.ts, 14);
}

static void xtcp_ipopt_echo__malformed(struct kunit *test)
{
	static const struct {
		u8 bytes[14];
		u8 len;
	} bad[] = {
		{ { 7 }, 1 },				/* no length */
		{ { 7, 1, 4 }, 3 },			/* a length of less than itself */
		{ { 7, 8, 4, 0, 0, 0, 0 }, 7 },		/* longer than what there is */
		{ { 7, 2 }, 2 },			/* no pointer */
		{ { 68, 3, 5 }, 3 },			/* no flags */
		{ { 131, 2 }, 2 },			/* no pointer */
		{ { 7, 3, 4, 7, 3, 4 }, 6 },		/* twice */
		{ { 68, 4, 5, 0, 68, 4, 5, 0 }, 8 },
		{ { 131, 7, 8, 1, 1, 1, 1, 137, 7, 8, 1, 1, 1, 1 }, 14 },
	};
	struct xtcp_ipopt out;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_FALSE_MSG(test, echo(&out, bad[i].bytes, bad[i].len),
				       "case %u", i);
}

/* Any input: the result fits, and slots to be filled in lie inside it */
static void xtcp_ipopt_echo__any_bytes(struct kunit *test)
{
	static const u8 kinds[] = { 0, 1, 7, 68, 131, 134, 137, 200 };
	struct random random = { 7 };
	struct xtcp_ipopt out;
	u8 *exact[XTCP_IPOPT_MAX + 1], *in;	/* over-reads are detected */
	u32 round, i, len;

	for (len = 0; len <= XTCP_IPOPT_MAX; len++) {
		exact[len] = kunit_kzalloc(test, len ?: 1, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, exact[len]);
	}
	for (round = 0; round < 200000; round++) {
		len = random_below(&random, XTCP_IPOPT_MAX + 1);
		in = exact[len];
		for (i = 0; i < len; i++)
			in[i] = random_chance(&random, 30) ?
				kinds[random_below(&random, ARRAY_SIZE(kinds))] :
				random_below(&random, 16);
		if (!echo(&out, in, len))
			continue;
		KUNIT_ASSERT_LE(test, out.len, (len + 3) & ~3U);
		KUNIT_ASSERT_EQ(test, out.len % 4, 0);
		if (out.rr_addr)
			KUNIT_ASSERT_LE(test, out.rr + out.bytes[out.rr + 2] - 1, out.len);
		if (out.ts_time)
			KUNIT_ASSERT_LE(test, out.ts + out.bytes[out.ts + 2] - 1, out.len);
		if (out.srr != XTCP_IPOPT_NONE)
			KUNIT_ASSERT_LE(test, out.srr + out.bytes[out.srr + 1], out.len);
	}
}

static struct kunit_case ipopt_cases[] = {
	KUNIT_CASE(xtcp_ipopt_echo__nothing_from_nothing),
	KUNIT_CASE(xtcp_ipopt_echo__others_do_not_come_back),
	KUNIT_CASE(xtcp_ipopt_echo__source_route_is_turned_round),
	KUNIT_CASE(xtcp_ipopt_echo__strict_stays_strict),
	KUNIT_CASE(xtcp_ipopt_echo__only_what_was_recorded),
	KUNIT_CASE(xtcp_ipopt_echo__pointer_beyond_the_end),
	KUNIT_CASE(xtcp_ipopt_echo__originator_in_its_own_list),
	KUNIT_CASE(xtcp_ipopt_echo__record_route_has_room_for_us),
	KUNIT_CASE(xtcp_ipopt_echo__record_route_is_full),
	KUNIT_CASE(xtcp_ipopt_echo__timestamps_alone),
	KUNIT_CASE(xtcp_ipopt_echo__timestamps_with_addresses),
	KUNIT_CASE(xtcp_ipopt_echo__timestamps_of_chosen_hosts),
	KUNIT_CASE(xtcp_ipopt_echo__security_label_as_it_is),
	KUNIT_CASE(xtcp_ipopt_echo__several_at_once),
	KUNIT_CASE(xtcp_ipopt_echo__malformed),
	KUNIT_CASE(xtcp_ipopt_echo__any_bytes),
	{}
};

static struct kunit_suite ipopt_suite = {
	.name = "xtcp_ip_options",
	.test_cases = ipopt_cases,
};

kunit_test_suite(ipopt_suite);
