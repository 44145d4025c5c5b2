// SPDX-License-Identifier: GPL-2.0
/* Which RST is sent: module/core/reset.c, RFC 9293 section 3.10.7, RFC 2525 section 2.17 */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/string.h>
#include "../module/core/reset.h"

/* RFC 9293 section 3.10.7.1: the reset that answers a segment without ACK */
static void xtcp_reset_reply__to_a_segment_without_ack(struct kunit *test)
{
	struct xtcp_seg seg = { .seq = 0xfffffffe, .ack = 5, .flags = XTCP_SYN, .len = 3 };
	struct xtcp_out out;

	memset(&out, 0xa5, sizeof(out));
	xtcp_reset_reply(&seg, &out);
	KUNIT_EXPECT_EQ(test, out.flags, XTCP_RST | XTCP_ACK);
	KUNIT_EXPECT_EQ(test, out.kind, XTCP_OUT_RST);
	KUNIT_EXPECT_EQ(test, out.seq, 0);
	KUNIT_EXPECT_EQ(test, out.ack, 2);
	KUNIT_EXPECT_EQ(test, out.len, 0);
	KUNIT_EXPECT_NULL(test, out.rec);
	KUNIT_EXPECT_EQ(test, xtcp_wire_opts_len(&out.opts), 0);
}

/* ... and the one that answers a segment with ACK */
static void xtcp_reset_reply__to_a_segment_with_ack(struct kunit *test)
{
	struct xtcp_seg seg = { .seq = 9, .ack = 0x80000005, .flags = XTCP_ACK | XTCP_FIN,
				.len = 3 };
	struct xtcp_out out;

	memset(&out, 0xa5, sizeof(out));
	xtcp_reset_reply(&seg, &out);
	KUNIT_EXPECT_EQ(test, out.flags, XTCP_RST);
	KUNIT_EXPECT_EQ(test, out.seq, 0x80000005);
	KUNIT_EXPECT_EQ(test, out.len, 0);
}

/* SHLD-3: what the peer takes for read, and was not, is told by an RST */
static void xtcp_reset_on_close__with_unread_data(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, xtcp_reset_on_close(0));
	KUNIT_EXPECT_TRUE(test, xtcp_reset_on_close(1));
	KUNIT_EXPECT_TRUE(test, xtcp_reset_on_close(U32_MAX));
}

static struct kunit_case reset_cases[] = {
	KUNIT_CASE(xtcp_reset_reply__to_a_segment_without_ack),
	KUNIT_CASE(xtcp_reset_reply__to_a_segment_with_ack),
	KUNIT_CASE(xtcp_reset_on_close__with_unread_data),
	{}
};

static struct kunit_suite reset_suite = {
	.name = "reset",
	.test_cases = reset_cases,
};

kunit_test_suite(reset_suite);
