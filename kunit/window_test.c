// SPDX-License-Identifier: GPL-2.0
/* Window management: module/core/window.c, RFC 9293 sections 3.8.6 and 3.7.4 */
#include <kunit/test.h>
#include "random.h"
#include "../module/core/cc.h"
#include "../module/core/mss.h"
#include "../module/core/send.h"
#include "../module/core/window.h"

#define MSS 1000u
#define ISS 0xfffffc00u
#define IRS 0x7ffffff0u

static const struct xtcp_knobs knobs = {
	.rmem = { 4096, 131072, 6291456 },
	.wmem = { 4096, 16384, 4194304 },
};

struct fixture {
	struct xtcp_tcb t;
	struct xtcp_rec recs[4];
};

/* Nothing in flight, a peer's window of 20 segments, a buffer of ours for 64. */
static int setup(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct xtcp_tcb *t;

	if (!f)
		return -1;
	t = &f->t;
	xtcp_tcb_init(t, &knobs);
	t->state = XTCP_ESTABLISHED;
	t->peer_mss = MSS;
	xtcp_tcb_set_path(t, MSS);
	xtcp_cc_init(t);
	t->snd_una = ISS;
	t->snd_nxt = ISS;
	t->write_seq = ISS;
	t->snd_up = ISS;
	t->snd_wnd = 20 * MSS;
	t->snd_wnd_max = 20 * MSS;
	t->rcv_nxt = IRS;
	t->rcv_wup = IRS;
	t->rcv_free = 64 * MSS;
	test->priv = f;
	return 0;
}

/* The user writes @len bytes into a separate record. */
static struct xtcp_rec *write_rec(struct fixture *f, int i, u32 len)
{
	struct xtcp_rec *rec = &f->recs[i];

	rec->seq = f->t.write_seq;
	rec->end_seq = rec->seq;
	xtcp_sendq_append(&f->t.sendq, rec);
	xtcp_write(&f->t, rec, len);
	return rec;
}

/* Some bytes are in flight already. */
static void fly(struct fixture *f, u32 bytes)
{
	f->t.snd_una = f->t.snd_nxt - bytes;
}

/* MUST-34: a peer that shrank its window makes it negative. */
static void xtcp_usable_window__shrunk_below_the_flight(struct kunit *test)
{
	struct fixture *f = test->priv;

	fly(f, 5 * MSS);
	KUNIT_EXPECT_EQ(test, xtcp_usable_window(&f->t), 15 * MSS);
	f->t.snd_wnd = 5 * MSS;
	KUNIT_EXPECT_EQ(test, xtcp_usable_window(&f->t), 0);
	f->t.snd_wnd = 4 * MSS;
	KUNIT_EXPECT_EQ(test, xtcp_usable_window(&f->t), 0);
	f->t.snd_wnd = 0;
	KUNIT_EXPECT_EQ(test, xtcp_usable_window(&f->t), 0);
}

static void xtcp_sendable__full_segments(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_rec *rec = write_rec(f, 0, 10 * MSS);

	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), MSS);
	fly(f, 3 * MSS);
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), MSS);
}

static void xtcp_sendable__nothing_into_a_closed_window(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_rec *rec = write_rec(f, 0, 10 * MSS);

	f->t.snd_wnd = 0;
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), 0);
}

static void xtcp_sendable__congestion_window_holds(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_rec *rec = write_rec(f, 0, 10 * MSS);

	f->t.cwnd = 3 * MSS;
	fly(f, 2 * MSS);
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), MSS);
	fly(f, 3 * MSS);
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), 0);
}

/* Section 3.7.4, appendix A.3: a small segment waits while another is unacknowledged. */
static void xtcp_sendable__nagle(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_rec *rec = write_rec(f, 0, 10);

	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), 10);
	fly(f, MSS);
	f->t.snd_sml = f->t.snd_una;
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), 10);
	f->t.snd_sml = f->t.snd_nxt;
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), 0);
	f->t.snd_sml = f->t.snd_nxt + 1;	/* that is from long ago */
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), 10);
}

/* MUST-17 */
static void xtcp_sendable__nodelay(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_rec *rec = write_rec(f, 0, 10);

	fly(f, MSS);
	f->t.snd_sml = f->t.snd_nxt;
	f->t.nodelay = true;
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), 10);
}

static void xtcp_sendable__cork(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_rec *rec = write_rec(f, 0, 10);

	f->t.cork = true;
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), 0);
	xtcp_write(&f->t, rec, MSS);
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), MSS);
}

/* Sender's silly window avoidance (MUST-38): no small segments into a small opening */
static void xtcp_sendable__small_opening_waits(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_rec *rec = write_rec(f, 0, 10 * MSS);

	fly(f, 5 * MSS);
	f->t.snd_wnd = 5 * MSS + 10;
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), 0);
	f->t.nodelay = true;
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), 0);
}

/* ... but half of the largest window seen is worth a segment. */
static void xtcp_sendable__half_of_a_tiny_window(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_rec *rec = write_rec(f, 0, 10 * MSS);

	f->t.snd_wnd = 200;
	f->t.snd_wnd_max = 400;
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), 200);
	f->t.snd_wnd = 199;
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), 0);
}

/* The last small segment before the FIN has nothing to wait for. */
static void xtcp_sendable__last_bytes_before_fin(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_rec *rec = write_rec(f, 0, 10);

	fly(f, MSS);
	f->t.snd_fin = true;
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, rec), 10);
}

static void xtcp_window_field__what_is_free(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->t.rcv_free = 40000;
	KUNIT_EXPECT_EQ(test, xtcp_window_field(&f->t, false), 40000);
	f->t.rcv_free = 400000;
	KUNIT_EXPECT_EQ(test, xtcp_window_field(&f->t, false), 65535);
	f->t.rcv_wscale = 3;
	KUNIT_EXPECT_EQ(test, xtcp_window_field(&f->t, false), 400000 >> 3);
}

/* RFC 7323 section 2.2: the window of a SYN is not scaled. */
static void xtcp_window_field__syn_is_not_scaled(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->t.rcv_wscale = 7;
	f->t.rcv_free = 400000;
	KUNIT_EXPECT_EQ(test, xtcp_window_field(&f->t, true), 65535);
	f->t.rcv_free = 3000;
	KUNIT_EXPECT_EQ(test, xtcp_window_field(&f->t, true), 3000);
}

/* What the first record lacks, and the second has */
static void xtcp_joinable__up_to_a_full_segment(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, xtcp_joinable(&f->t), 0);
	write_rec(f, 0, MSS - 10);
	KUNIT_EXPECT_EQ(test, xtcp_joinable(&f->t), 0);
	write_rec(f, 1, 4);
	KUNIT_EXPECT_EQ(test, xtcp_joinable(&f->t), 4);
	xtcp_write(&f->t, &f->recs[1], 100);
	KUNIT_EXPECT_EQ(test, xtcp_joinable(&f->t), 10);
	KUNIT_EXPECT_NULL(test, xtcp_sendq_join(&f->t.sendq, &f->recs[0], 10));
	KUNIT_EXPECT_EQ(test, xtcp_joinable(&f->t), 0);
	KUNIT_EXPECT_EQ(test, xtcp_sendable(&f->t, &f->recs[0]), MSS);
}

/* SYN and FIN have no bytes, and what was sent stays as it was sent */
static void xtcp_joinable__only_bytes_that_were_not_sent(struct kunit *test)
{
	struct fixture *f = test->priv;

	write_rec(f, 0, 10);
	f->t.sendq.unsent = NULL;
	write_rec(f, 1, 10);
	KUNIT_EXPECT_EQ(test, xtcp_joinable(&f->t), 0);
	f->t.fin.flags = XTCP_REC_FIN;
	f->t.fin.seq = f->t.write_seq;
	f->t.fin.end_seq = f->t.write_seq + 1;
	xtcp_sendq_append(&f->t.sendq, &f->t.fin);
	KUNIT_EXPECT_EQ(test, xtcp_joinable(&f->t), 0);
	f->t.sendq.unsent = &f->t.fin;
	KUNIT_EXPECT_EQ(test, xtcp_joinable(&f->t), 0);
}

/* Receiver's silly window avoidance (MUST-39) */
static void xtcp_window_field__small_opening_is_kept_back(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->t.rcv_buff = 64 * MSS;
	f->t.rcv_wnd = 0;
	f->t.rcv_free = MSS - 1;
	KUNIT_EXPECT_EQ(test, xtcp_window_field(&f->t, false), 0);
	f->t.rcv_free = MSS;
	KUNIT_EXPECT_EQ(test, xtcp_window_field(&f->t, false), MSS);
}

/* ... and half of a buffer smaller than a segment is worth an update. */
static void xtcp_window_field__small_buffer(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->t.rcv_buff = 600;
	f->t.rcv_wnd = 0;
	f->t.rcv_free = 299;
	KUNIT_EXPECT_EQ(test, xtcp_window_field(&f->t, false), 0);
	f->t.rcv_free = 300;
	KUNIT_EXPECT_EQ(test, xtcp_window_field(&f->t, false), 300);
}

/* SHLD-14: whatever happens to the buffer, the right edge never moves left. */
static void xtcp_window_field__never_shrinks(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_tcb *t = &f->t;
	struct random random = { 21 };
	u32 edge, i;

	for (t->rcv_wscale = 0; t->rcv_wscale <= 14; t->rcv_wscale += 7) {
		t->rcv_buff = 60000u << t->rcv_wscale;
		edge = t->rcv_wup + t->rcv_wnd;
		for (i = 0; i < 3000; i++) {
			u32 room = seq_gt(edge, t->rcv_nxt) ? edge - t->rcv_nxt : 0;
			u32 window;

			if (room)
				t->rcv_nxt += random_below(&random, room + 1);
			t->rcv_free = random_below(&random, t->rcv_buff);
			window = (u32)xtcp_window_field(t, false) << t->rcv_wscale;
			KUNIT_ASSERT_TRUE(test, seq_geq(t->rcv_nxt + window, edge));
			t->rcv_wup = t->rcv_nxt;
			t->rcv_wnd = window;
			edge = t->rcv_wup + t->rcv_wnd;
			KUNIT_ASSERT_EQ(test, xtcp_rcv_window(t), window);
		}
	}
}

static void xtcp_window_field__users_clamp(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->t.rcv_wnd_clamp = 5000;
	KUNIT_EXPECT_EQ(test, xtcp_window_field(&f->t, false), 5000);
}

/* The reader has emptied the buffer: the peer must be told. */
static void xtcp_window_update_due__after_a_closed_window(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->t.rcv_buff = 64 * MSS;
	f->t.rcv_wnd = 0;
	f->t.rcv_free = 10;
	KUNIT_EXPECT_FALSE(test, xtcp_window_update_due(&f->t));
	f->t.rcv_free = 64 * MSS;
	KUNIT_EXPECT_TRUE(test, xtcp_window_update_due(&f->t));
}

static void xtcp_window_update_due__not_at_every_read(struct kunit *test)
{
	struct fixture *f = test->priv;

	f->t.rcv_buff = 64 * MSS;
	f->t.rcv_wnd = 63 * MSS;
	f->t.rcv_free = 64 * MSS;
	KUNIT_EXPECT_FALSE(test, xtcp_window_update_due(&f->t));
}

static struct kunit_case window_cases[] = {
	KUNIT_CASE(xtcp_usable_window__shrunk_below_the_flight),
	KUNIT_CASE(xtcp_sendable__full_segments),
	KUNIT_CASE(xtcp_sendable__nothing_into_a_closed_window),
	KUNIT_CASE(xtcp_sendable__congestion_window_holds),
	KUNIT_CASE(xtcp_sendable__nagle),
	KUNIT_CASE(xtcp_sendable__nodelay),
	KUNIT_CASE(xtcp_sendable__cork),
	KUNIT_CASE(xtcp_sendable__small_opening_waits),
	KUNIT_CASE(xtcp_sendable__half_of_a_tiny_window),
	KUNIT_CASE(xtcp_sendable__last_bytes_before_fin),
	KUNIT_CASE(xtcp_joinable__up_to_a_full_segment),
	KUNIT_CASE(xtcp_joinable__only_bytes_that_were_not_sent),
	KUNIT_CASE(xtcp_window_field__what_is_free),
	KUNIT_CASE(xtcp_window_field__syn_is_not_scaled),
	KUNIT_CASE(xtcp_window_field__small_opening_is_kept_back),
	KUNIT_CASE(xtcp_window_field__small_buffer),
	KUNIT_CASE(xtcp_window_field__never_shrinks),
	KUNIT_CASE(xtcp_window_field__users_clamp),
	KUNIT_CASE(xtcp_window_update_due__after_a_closed_window),
	KUNIT_CASE(xtcp_window_update_due__not_at_every_read),
	{}
};

static struct kunit_suite window_suite = {
	.name = "window",
	.init = setup,
	.test_cases = window_cases,
};

kunit_test_suite(window_suite);
