// SPDX-License-Identifier: GPL-2.0
/*
 * Claims on a local port: module/core/claim.c. The reference is Linux's TCP
 * (socket(7), ipv6(7)); selftests/cases/ports.py compares the two.
 */
#include <kunit/test.h>
#include "../module/core/claim.h"

#define OURS4	0x0100007f
#define OTHER4	0x0200007f

/* Addresses, as bind() has them; a v4-mapped one counts as IPv4 */
enum addr { ANY4, ONE4, TWO4, MAPPED_ANY, MAPPED_ONE, ANY6, ONLY6, ONE6, TWO6, ONE6_ONLY,
	    ADDRS };

static const char * const addr_names[ADDRS] = {
	"0.0.0.0", "127.0.0.1", "127.0.0.2", "::ffff:0.0.0.0", "::ffff:127.0.0.1",
	"::", ":: v6only", "fd77::1", "fd77::2", "fd77::1 v6only",
};

static struct xtcp_claim claim(enum addr addr, u8 how)
{
	struct xtcp_claim c = { .how = how, .uid = 1000 };

	if (addr >= MAPPED_ANY)
		c.how |= XTCP_CLAIM_V6SOCK;
	if (addr >= ANY6)
		c.how |= XTCP_CLAIM_V6;
	if (addr == ANY4 || addr == MAPPED_ANY || addr == ANY6 || addr == ONLY6)
		c.how |= XTCP_CLAIM_ANY;
	if (addr == ONLY6 || addr == ONE6_ONLY)
		c.how |= XTCP_CLAIM_V6ONLY;
	if (addr == ONE4 || addr == MAPPED_ONE)
		c.addr = OURS4;
	if (addr == TWO4)
		c.addr = OTHER4;
	if (addr == ONE6 || addr == TWO6 || addr == ONE6_ONLY) {
		c.addr6[0] = 0x77fd;
		c.addr6[3] = addr == TWO6 ? 2 : 1;
		c.addr = 0xd1900000 + c.addr6[3];	/* the digest */
	}
	return c;
}

static bool conflict(struct xtcp_claim mine, struct xtcp_claim other)
{
	return xtcp_claims_conflict(&mine, &other, XTCP_BIND_NAMED);
}

/* Rows: the socket that asks; columns: the owner of the port; both without any option. */
static void xtcp_claims_conflict__addresses(struct kunit *test)
{
	static const char * const expected[ADDRS] = {
		/*		  4any 1 2 m_any m1 6any only 6_1 6_2 6_1only */
		[ANY4]		= "xxxxxx.xx.",
		[ONE4]		= "xx.xxx....",
		[TWO4]		= "x.xx.x....",
		[MAPPED_ANY]	= "xxxxxx....",
		[MAPPED_ONE]	= "xx.xxx....",
		[ANY6]		= "xxxxxxxxxx",
		[ONLY6]		= ".....xxxxx",
		[ONE6]		= ".....xxx.x",
		[TWO6]		= ".....xx.x.",
		[ONE6_ONLY]	= ".....xxx.x",
	};
	int i, j;

	for (i = 0; i < ADDRS; i++)
		for (j = 0; j < ADDRS; j++)
			KUNIT_EXPECT_EQ_MSG(test, conflict(claim(i, 0), claim(j, 0)),
					    expected[i][j] == 'x', "%s beside %s",
					    addr_names[i], addr_names[j]);
}

/* Two IPv6 addresses are equal only if all four words are. */
static void xtcp_claims_conflict__each_word_of_an_address(struct kunit *test)
{
	struct xtcp_claim mine = claim(ONE6, 0), other;
	int i;

	for (i = 0; i < 4; i++) {
		other = mine;
		other.addr6[i] ^= 0x80000000;
		KUNIT_EXPECT_FALSE(test, conflict(mine, other));
	}
}

/* SO_REUSEADDR: both must have it set, and neither may listen. */
static void xtcp_claims_conflict__reuseaddr(struct kunit *test)
{
	struct xtcp_claim with = claim(ANY4, XTCP_CLAIM_REUSE);
	struct xtcp_claim without = claim(ANY4, 0);
	struct xtcp_claim listening = with;

	KUNIT_EXPECT_FALSE(test, conflict(with, with));
	KUNIT_EXPECT_TRUE(test, conflict(with, without));
	KUNIT_EXPECT_TRUE(test, conflict(without, with));
	listening.listening = true;
	KUNIT_EXPECT_TRUE(test, conflict(with, listening));
	/* two bound sockets: the first one that calls listen() may */
	KUNIT_EXPECT_FALSE(test, conflict(listening, with));
}

/* SO_REUSEPORT: both must have it set and belong to one user; they may listen. */
static void xtcp_claims_conflict__reuseport(struct kunit *test)
{
	struct xtcp_claim with = claim(ANY6, XTCP_CLAIM_REUSEPORT);
	struct xtcp_claim other = with;

	other.listening = true;
	KUNIT_EXPECT_FALSE(test, conflict(with, other));
	KUNIT_EXPECT_TRUE(test, conflict(with, claim(ANY6, 0)));
	KUNIT_EXPECT_TRUE(test, conflict(with, claim(ANY6, XTCP_CLAIM_REUSE)));
	other.uid = 1001;
	KUNIT_EXPECT_TRUE(test, conflict(with, other));
	/* a TIME-WAIT has no connections to steal: the user doesn't matter */
	other.listening = false;
	other.timewait = true;
	KUNIT_EXPECT_FALSE(test, conflict(with, other));
}

/* TIME-WAIT blocks the port, unless both have SO_REUSEADDR. */
static void xtcp_claims_conflict__timewait(struct kunit *test)
{
	struct xtcp_claim record = claim(ONE4, 0);

	record.timewait = true;
	KUNIT_EXPECT_TRUE(test, conflict(claim(ANY4, XTCP_CLAIM_REUSE), record));
	record.how |= XTCP_CLAIM_REUSE;
	KUNIT_EXPECT_TRUE(test, conflict(claim(ANY4, 0), record));
	KUNIT_EXPECT_FALSE(test, conflict(claim(ANY4, XTCP_CLAIM_REUSE), record));
	KUNIT_EXPECT_FALSE(test, conflict(claim(TWO4, 0), record));
}

/* Of a TIME-WAIT entry's IPv6 address only the digest is known. */
static void xtcp_claims_conflict__timewait_by_digest(struct kunit *test)
{
	struct xtcp_claim record = claim(ONE6, 0);

	record.timewait = true;
	record.addr6[3] = 0;
	record.addr6[0] = 0;
	KUNIT_EXPECT_TRUE(test, conflict(claim(ONE6, 0), record));
	KUNIT_EXPECT_TRUE(test, conflict(record, claim(ONE6, 0)));
	KUNIT_EXPECT_FALSE(test, conflict(claim(TWO6, 0), record));
}

/* Sockets on two devices, or in two VRFs, never receive the same segment. */
static void xtcp_claims_conflict__devices(struct kunit *test)
{
	struct xtcp_claim one = claim(ANY4, 0), two = one, none = one;

	one.dev = 3;
	two.dev = 4;
	KUNIT_EXPECT_FALSE(test, conflict(one, two));
	KUNIT_EXPECT_TRUE(test, conflict(one, one));
	KUNIT_EXPECT_TRUE(test, conflict(one, none));
	KUNIT_EXPECT_TRUE(test, conflict(none, one));
	one.domain = 9;
	KUNIT_EXPECT_FALSE(test, conflict(one, none));
	none.domain = 9;
	KUNIT_EXPECT_TRUE(test, conflict(one, none));
}

/* bind() to port 0 looks for an unused port, whatever the options; with ip_autobind_reuse ports
 * of SO_REUSEADDR sockets are shared, but no reuse port group is joined.
 */
static void xtcp_claims_conflict__any_port(struct kunit *test)
{
	struct xtcp_claim c = claim(ANY4, XTCP_CLAIM_REUSE);
	struct xtcp_claim group = claim(ANY4, XTCP_CLAIM_REUSE | XTCP_CLAIM_REUSEPORT);
	struct xtcp_claim far = claim(ONE4, 0);

	KUNIT_EXPECT_TRUE(test, xtcp_claims_conflict(&c, &c, XTCP_BIND_UNUSED));
	KUNIT_EXPECT_TRUE(test, xtcp_claims_conflict(&group, &group, XTCP_BIND_UNUSED));
	KUNIT_EXPECT_FALSE(test, xtcp_claims_conflict(&c, &c, XTCP_BIND_REUSED));
	KUNIT_EXPECT_TRUE(test, xtcp_claims_conflict(&group, &group, XTCP_BIND_REUSED));
	KUNIT_EXPECT_TRUE(test, xtcp_claims_conflict(&c, &far, XTCP_BIND_REUSED));
	c = claim(TWO4, 0);
	KUNIT_EXPECT_FALSE(test, xtcp_claims_conflict(&c, &far, XTCP_BIND_UNUSED));
}

static void expect_packed(struct kunit *test, struct xtcp_hold hold)
{
	u64 slot = xtcp_hold_pack(&hold);
	struct xtcp_hold got;

	KUNIT_ASSERT_NE(test, slot, 0ULL);
	KUNIT_EXPECT_TRUE(test, slot & XTCP_SLOT_INLINE);
	KUNIT_EXPECT_EQ(test, !!(slot & XTCP_SLOT_BOUND),
			!!(hold.how & XTCP_CLAIM_BOUND));
	xtcp_hold_unpack(&got, slot);
	KUNIT_EXPECT_EQ(test, got.addr, hold.addr);
	KUNIT_EXPECT_EQ(test, got.dev, 0);
	KUNIT_EXPECT_EQ(test, got.count, hold.count);
	KUNIT_EXPECT_EQ(test, (u32)got.how, (u32)hold.how);
}

/* What is stored in a slot is read back unchanged. */
static void xtcp_hold_pack__there_and_back(struct kunit *test)
{
	expect_packed(test, (struct xtcp_hold){ .count = 1 });
	expect_packed(test, (struct xtcp_hold){ 0xffffffff, 0, 0xffffff, 0x7f });
	expect_packed(test, (struct xtcp_hold){ OURS4, 0, 2, XTCP_CLAIM_BOUND });
	expect_packed(test, (struct xtcp_hold){ 0, 0, 3, XTCP_CLAIM_ANY | XTCP_CLAIM_V6 });
}

/* What doesn't fit is refused, not truncated. */
static void xtcp_hold_pack__does_not_fit(struct kunit *test)
{
	struct xtcp_hold many = { .count = 0x1000000 }, dev = { .dev = 1, .count = 1 };

	KUNIT_EXPECT_EQ(test, xtcp_hold_pack(&many), 0ULL);
	KUNIT_EXPECT_EQ(test, xtcp_hold_pack(&dev), 0ULL);
}

static struct kunit_case claim_cases[] = {
	KUNIT_CASE(xtcp_claims_conflict__addresses),
	KUNIT_CASE(xtcp_claims_conflict__each_word_of_an_address),
	KUNIT_CASE(xtcp_claims_conflict__reuseaddr),
	KUNIT_CASE(xtcp_claims_conflict__reuseport),
	KUNIT_CASE(xtcp_claims_conflict__timewait),
	KUNIT_CASE(xtcp_claims_conflict__timewait_by_digest),
	KUNIT_CASE(xtcp_claims_conflict__devices),
	KUNIT_CASE(xtcp_claims_conflict__any_port),
	KUNIT_CASE(xtcp_hold_pack__there_and_back),
	KUNIT_CASE(xtcp_hold_pack__does_not_fit),
	{}
};

static struct kunit_suite claim_suite = {
	.name = "claim",
	.test_cases = claim_cases,
};

kunit_test_suite(claim_suite);
