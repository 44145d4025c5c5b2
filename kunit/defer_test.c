// SPDX-License-Identifier: GPL-2.0
/*
 * TCP_DEFER_ACCEPT: a half-open connection that waits for data, and how long its timer
 * goes on; module/core/syn_received.c. What it does otherwise is in syn_received_test.c.
 */
#include "syn_received.h"
#include "../module/core/deadline.h"
#include "../module/core/rtt.h"

/* The timer expires: its next interval, or U64_MAX when no SYN-ACK is sent */
static u64 timeout(struct fixture *f)
{
	bool resend = false;
	u64 wait = xtcp_syn_received_timeout(&f->h, &f->knobs, &resend);

	return resend ? wait : U64_MAX;
}

/* The interval of any request's timer: from 1 s to 2 min, and the timer ends. */
static void xtcp_syn_received_timeout__is_capped_and_ends(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 rto, last = 0;
	int i;

	f->knobs.synack_retries = 1000000;
	for (i = 0; i < 255; i++) {
		rto = timeout(f);
		KUNIT_EXPECT_GE(test, rto, last);
		KUNIT_EXPECT_LE(test, rto, XTCP_RTO_MAX);
		last = rto;
	}
	KUNIT_EXPECT_EQ(test, last, XTCP_RTO_MAX);
	KUNIT_EXPECT_EQ(test, timeout(f), 0);
}

/* TCP_DEFER_ACCEPT, 3 s: the timer expires twice before a bare final ACK counts */
static void xtcp_syn_received_segment__bare_third_segment_waits_for_data(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->h.defer = xtcp_defer_retries(3);
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_WAIT, XTCP_DROP_NONE));
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_WAIT, XTCP_DROP_NONE));
	f->seg.len = 1;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ESTABLISH, XTCP_DROP_NONE));
}

/* A FIN establishes as well: the reader must learn of it. */
static void xtcp_syn_received_segment__fin_is_not_waited_for(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->h.defer = 2;
	f->seg.flags |= XTCP_FIN;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ESTABLISH, XTCP_DROP_NONE));
}

/* A segment that doesn't establish is handled as without the option. */
static void xtcp_syn_received_segment__waiting_refuses_what_it_did(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->h.defer = 2;
	f->seg.ack = ISS;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_RESET, XTCP_DROP_ACK_OLD));
	KUNIT_EXPECT_EQ(test, f->h.seen, 0);
	f->seg.ack = ISS + 1;
	f->seg.flags = XTCP_RST;
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ABORT, XTCP_DROP_NONE));
}

/* Waiting for data, no SYN-ACKs are sent but a last one, and its ACK establishes. */
static void xtcp_syn_received_timeout__waiting_for_data(struct kunit *test)
{
	struct fixture *f = test->priv;
	int i;

	f->h.defer = 4;
	f->knobs.synack_retries = 2;
	outcome(f);
	for (i = 1; i <= 3; i++)
		KUNIT_EXPECT_EQ(test, timeout(f), U64_MAX);
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_WAIT, XTCP_DROP_NONE));
	KUNIT_EXPECT_EQ(test, timeout(f), 16 * XTCP_US_PER_S);
	KUNIT_EXPECT_EQ(test, outcome(f), OUTCOME(XTCP_SYN_RECEIVED_ESTABLISH, XTCP_DROP_NONE));
	KUNIT_EXPECT_EQ(test, timeout(f), 0);
}

/* No final ACK yet: SYN-ACKs are retransmitted as usual, and no longer than usual. */
static void xtcp_syn_received_timeout__no_third_segment_to_wait_with(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->h.defer = 4;
	f->knobs.synack_retries = 2;
	KUNIT_EXPECT_EQ(test, timeout(f), 2 * XTCP_US_PER_S);
	KUNIT_EXPECT_EQ(test, timeout(f), 4 * XTCP_US_PER_S);
	KUNIT_EXPECT_EQ(test, timeout(f), 0);
}

/* Even with a wait of hours the request is given up at last. */
static void xtcp_syn_received_timeout__waiting_ends(struct kunit *test)
{
	struct fixture *f = test->priv;
	int i;

	f->h.defer = 255;
	f->knobs.synack_retries = 1000000;
	outcome(f);
	for (i = 1; i < 255; i++)
		KUNIT_EXPECT_EQ(test, timeout(f), U64_MAX);
	KUNIT_EXPECT_EQ(test, timeout(f), XTCP_RTO_MAX);
	KUNIT_EXPECT_EQ(test, timeout(f), 0);
}

/* As the kernel's TCP: 1, 3, 7... seconds, then steps of two minutes; values between are
 * rounded up.
 */
static void xtcp_defer__seconds_are_rounded_up(struct kunit *test)
{
	const int table[][3] = { { -1, 0, 0 }, { 0, 0, 0 }, { 1, 1, 1 }, { 2, 2, 3 }, { 3, 2, 3 },
				 { 4, 3, 7 }, { 127, 7, 127 }, { 128, 8, 247 }, { 248, 9, 367 },
				 { INT_MAX, 255, 127 + 248 * 120 } };
	int i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		u8 retries = xtcp_defer_retries(table[i][0]);

		KUNIT_EXPECT_EQ(test, retries, table[i][1]);
		KUNIT_EXPECT_EQ(test, xtcp_defer_seconds(retries), table[i][2]);
	}
}

/* The data come long after the SYN-ACK was acknowledged: no RTT sample, no loss. */
static void xtcp_tcb_from_halfopen__waited_for_data(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_tcb *t;

	f->h.defer = 5;
	outcome(f);
	timeout(f);
	timeout(f);
	t = make_tcb(test);
	KUNIT_EXPECT_EQ(test, t->syn.marks, FLOWN_TWICE);
	KUNIT_EXPECT_EQ(test, t->syn.retries, 0);
}

/* ... unless the SYN-ACK had been retransmitted before that. */
static void xtcp_tcb_from_halfopen__waited_for_data_after_a_loss(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_tcb *t;

	f->h.defer = 5;
	timeout(f);
	outcome(f);
	timeout(f);
	t = make_tcb(test);
	KUNIT_EXPECT_EQ(test, t->syn.marks, FLOWN_TWICE);
	KUNIT_EXPECT_EQ(test, t->syn.retries, 1);
}

static struct kunit_case defer_cases[] = {
	KUNIT_CASE(xtcp_syn_received_timeout__is_capped_and_ends),
	KUNIT_CASE(xtcp_syn_received_segment__bare_third_segment_waits_for_data),
	KUNIT_CASE(xtcp_syn_received_segment__fin_is_not_waited_for),
	KUNIT_CASE(xtcp_syn_received_segment__waiting_refuses_what_it_did),
	KUNIT_CASE(xtcp_syn_received_timeout__waiting_for_data),
	KUNIT_CASE(xtcp_syn_received_timeout__no_third_segment_to_wait_with),
	KUNIT_CASE(xtcp_syn_received_timeout__waiting_ends),
	KUNIT_CASE(xtcp_defer__seconds_are_rounded_up),
	KUNIT_CASE(xtcp_tcb_from_halfopen__waited_for_data),
	KUNIT_CASE(xtcp_tcb_from_halfopen__waited_for_data_after_a_loss),
	{}
};

static struct kunit_suite defer_suite = {
	.name = "defer",
	.init = halfopen_setup,
	.test_cases = defer_cases,
};

kunit_test_suite(defer_suite);
