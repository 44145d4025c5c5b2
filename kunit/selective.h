/* SPDX-License-Identifier: GPL-2.0 */
/* A connection with SACK, for the suites of loss recovery; without timestamps unless requested */
#ifndef XTCP_KUNIT_SELECTIVE_H
#define XTCP_KUNIT_SELECTIVE_H

#include "conn.h"
#include "../module/core/syn_received.h"
#include "../module/core/stamp.h"

#define OPEN_STAMP	500	/* the peer's clock in its SYN-ACK */

static inline struct conn *selective(struct kunit *test, bool stamps)
{
	struct conn *c = conn_closed(test);
	struct xtcp_seg seg;

	c->knobs.sack = 1;
	c->knobs.timestamps = stamps;
	if (stamps)
		xtcp_tcb_set_path(&c->t, CONN_MSS + 12);
	conn_event(c, XTCP_EV_OPEN);
	conn_drain(c);
	c->now += 10000;
	seg = conn_seg(c, XTCP_SYN | XTCP_ACK, 0, 1, 0);
	seg.opts.mss = CONN_MSS + (stamps ? 12 : 0);
	seg.opts.sack_ok = true;
	seg.opts.ts = stamps;
	seg.opts.tsval = OPEN_STAMP;
	conn_give(c, &seg);
	conn_drain(c);
	KUNIT_ASSERT_EQ(test, c->t.state, XTCP_ESTABLISHED);
	KUNIT_ASSERT_TRUE(test, c->t.sack_ok);
	KUNIT_ASSERT_EQ(test, c->t.snd_mss, CONN_MSS);
	return c;
}

/* Ten segments of 1000 in flight, ISS + 1 to ISS + 10001, 1 ms apart; ten more wait */
static inline struct conn *selective_flight(struct kunit *test, bool stamps)
{
	struct conn *c = selective(test, stamps);
	int i;

	conn_write(c, 20000);
	for (i = 0; i < 10; i++) {
		KUNIT_ASSERT_TRUE(test, conn_pull(c));
		c->now += 1000;
	}
	KUNIT_ASSERT_FALSE(test, conn_pull(c));
	return c;
}

/* The same, but sent all at once, 10 ms ago: with an RTT of 10 ms nothing is overdue yet */
static inline struct conn *selective_burst(struct kunit *test)
{
	struct conn *c = selective(test, false);

	conn_write(c, 20000);
	KUNIT_ASSERT_EQ(test, conn_drain(c), 10);
	c->now += 10000;
	return c;
}

/* An ACK with up to three blocks, numbers relative to ISS; blocks of 0 to 0 are omitted */
static inline struct xtcp_seg sack_seg(struct conn *c, u32 ack, u32 s1, u32 e1, u32 s2, u32 e2,
				       u32 s3, u32 e3)
{
	const u32 blocks[][2] = { { s1, e1 }, { s2, e2 }, { s3, e3 } };
	struct xtcp_seg seg = conn_seg(c, XTCP_ACK, 1, ack, 0);
	int i;

	for (i = 0; i < 3; i++)
		if (blocks[i][1])
			seg.opts.sack[seg.opts.nsack++] = (struct xtcp_sack_block){
				CONN_ISS + blocks[i][0], CONN_ISS + blocks[i][1],
			};
	return seg;
}

static inline void sack3(struct conn *c, u32 ack, u32 s1, u32 e1, u32 s2, u32 e2, u32 s3, u32 e3)
{
	struct xtcp_seg seg = sack_seg(c, ack, s1, e1, s2, e2, s3, e3);

	conn_give(c, &seg);
}

static inline void sack(struct conn *c, u32 ack, u32 start, u32 end)
{
	sack3(c, ack, start, end, 0, 0, 0, 0);
}

/* The marks of the records of 1000 in the queue, a letter each: . L S */
static inline void expect_marks(struct conn *c, const char *marks)
{
	const struct xtcp_rec *rec;
	char found[CONN_RECS + 1];
	int i = 0;

	for (rec = c->t.sendq.head; rec != c->t.sendq.unsent; rec = rec->next)
		found[i++] = rec->marks & XTCP_MARK_LOST ? 'L' :
			     rec->marks & XTCP_MARK_SACKED ? 'S' : '.';
	found[i] = '\0';
	KUNIT_EXPECT_STREQ(c->test, found, marks);
}

#endif /* XTCP_KUNIT_SELECTIVE_H */
