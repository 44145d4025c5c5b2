// SPDX-License-Identifier: GPL-2.0
/* Reassembly queue: module/core/reasm.c, RFC 9293 section 3.10.7.4 */
#include <kunit/test.h>
#include <linux/rbtree.h>
#include <linux/string.h>
#include "random.h"
#include "../module/core/reasm.h"
#include "../module/core/seq.h"

#define BASE	0xffffff00u	/* RCV.NXT: the numbers wrap soon after */
#define STREAM	600		/* bytes after BASE that the random test uses */
#define RECORDS	400

/* A record, and which bytes its buffer holds: the latter never change. */
struct piece {
	struct xtcp_rec rec;
	u32 seq;
	u32 len;
	bool queued;
};

struct fixture {
	struct xtcp_reasm q;
	struct xtcp_rec *freed;
	u32 rcv_nxt;
	struct piece pieces[RECORDS];
	int used;
	bool held[STREAM];	/* bytes that the queue must have */
};

static int setup(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -1;
	f->q.root = RB_ROOT;
	f->rcv_nxt = BASE;
	test->priv = f;
	return 0;
}

/* Inserts bytes BASE + from up to BASE + to. */
static bool insert(struct fixture *f, u32 from, u32 to)
{
	struct piece *piece = &f->pieces[f->used++];

	piece->seq = BASE + from;
	piece->len = to - from;
	piece->rec.seq = piece->seq;
	piece->rec.end_seq = piece->seq + piece->len;
	piece->rec.skip = 0;
	piece->queued = xtcp_reasm_insert(&f->q, &piece->rec, &f->freed);
	return piece->queued;
}

/* What a record says must match its buffer. */
static void expect_honest(struct kunit *test, const struct xtcp_rec *rec)
{
	const struct piece *piece = container_of(rec, struct piece, rec);

	KUNIT_EXPECT_EQ(test, rec->seq - piece->seq, rec->skip);
	KUNIT_EXPECT_TRUE(test, seq_leq(rec->end_seq, piece->seq + piece->len));
	KUNIT_EXPECT_TRUE(test, seq_lt(rec->seq, rec->end_seq));
}

static int count_freed(struct fixture *f)
{
	int count = 0;

	for (; f->freed; f->freed = f->freed->next) {
		container_of(f->freed, struct piece, rec)->queued = false;
		count++;
	}
	return count;
}

/* Walks the tree: valid records in order, without overlap, and their sum. */
static void expect_sound(struct kunit *test, struct fixture *f)
{
	struct rb_node *node;
	bool first = true;
	u32 bytes = 0, end = 0;

	for (node = rb_first(&f->q.root); node; node = rb_next(node)) {
		struct xtcp_rec *rec = rb_entry(node, struct xtcp_rec, node);

		expect_honest(test, rec);
		if (!first)
			KUNIT_EXPECT_TRUE(test, seq_leq(end, rec->seq));
		first = false;
		end = rec->end_seq;
		bytes += rec->end_seq - rec->seq;
	}
	KUNIT_EXPECT_EQ(test, f->q.bytes, bytes);
}

/* Takes what has become contiguous, and returns the number of bytes. */
static u32 take(struct kunit *test, struct fixture *f)
{
	u32 start = f->rcv_nxt, next = start;
	struct xtcp_rec *rec = xtcp_reasm_take(&f->q, &f->rcv_nxt, &f->freed);

	for (; rec; rec = rec->next) {
		KUNIT_EXPECT_EQ(test, rec->seq, next);
		expect_honest(test, rec);
		next = rec->end_seq;
		container_of(rec, struct piece, rec)->queued = false;
	}
	KUNIT_EXPECT_EQ(test, f->rcv_nxt, next);
	return f->rcv_nxt - start;
}

static void xtcp_reasm_take__nothing_before_the_hole_is_filled(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, take(test, f), 0);
	KUNIT_EXPECT_TRUE(test, insert(f, 10, 20));
	KUNIT_EXPECT_TRUE(test, insert(f, 30, 40));
	KUNIT_EXPECT_EQ(test, take(test, f), 0);
	KUNIT_EXPECT_EQ(test, f->q.bytes, 20);
}

static void xtcp_reasm_take__up_to_the_next_hole(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_TRUE(test, insert(f, 20, 30));
	KUNIT_EXPECT_TRUE(test, insert(f, 40, 50));
	KUNIT_EXPECT_TRUE(test, insert(f, 10, 20));
	KUNIT_EXPECT_TRUE(test, insert(f, 0, 10));
	KUNIT_EXPECT_EQ(test, take(test, f), 30);
	KUNIT_EXPECT_EQ(test, f->q.bytes, 10);
	KUNIT_EXPECT_EQ(test, count_freed(f), 0);
}

static void xtcp_reasm_take__overtaken_records_are_trimmed_and_freed(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_TRUE(test, insert(f, 10, 20));
	KUNIT_EXPECT_TRUE(test, insert(f, 25, 35));
	f->rcv_nxt = BASE + 28;
	KUNIT_EXPECT_EQ(test, take(test, f), 7);
	KUNIT_EXPECT_EQ(test, f->pieces[1].rec.skip, 3);
	KUNIT_EXPECT_EQ(test, count_freed(f), 1);
	KUNIT_EXPECT_EQ(test, f->q.bytes, 0);
}

static void xtcp_reasm_insert__duplicate_is_refused(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_TRUE(test, insert(f, 10, 30));
	KUNIT_EXPECT_FALSE(test, insert(f, 10, 30));
	KUNIT_EXPECT_FALSE(test, insert(f, 10, 20));
	KUNIT_EXPECT_FALSE(test, insert(f, 20, 30));
	KUNIT_EXPECT_FALSE(test, insert(f, 15, 16));
	KUNIT_EXPECT_EQ(test, f->q.bytes, 20);
	KUNIT_EXPECT_EQ(test, count_freed(f), 0);
}

static void xtcp_reasm_insert__empty_record_is_refused(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_FALSE(test, insert(f, 10, 10));
	KUNIT_EXPECT_TRUE(test, insert(f, 10, 20));
	KUNIT_EXPECT_FALSE(test, insert(f, 15, 15));
	KUNIT_EXPECT_EQ(test, f->q.bytes, 10);
}

static void xtcp_reasm_insert__overlaps_on_either_side(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_TRUE(test, insert(f, 20, 30));
	KUNIT_EXPECT_TRUE(test, insert(f, 25, 40));
	KUNIT_EXPECT_TRUE(test, insert(f, 10, 25));
	KUNIT_EXPECT_EQ(test, f->q.bytes, 30);
	expect_sound(test, f);
	KUNIT_EXPECT_TRUE(test, insert(f, 0, 10));
	KUNIT_EXPECT_EQ(test, take(test, f), 40);
}

static void xtcp_reasm_insert__covered_records_are_freed(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_TRUE(test, insert(f, 12, 14));
	KUNIT_EXPECT_TRUE(test, insert(f, 16, 18));
	KUNIT_EXPECT_TRUE(test, insert(f, 10, 20));
	KUNIT_EXPECT_EQ(test, count_freed(f), 2);
	KUNIT_EXPECT_EQ(test, f->q.bytes, 10);
	expect_sound(test, f);
}

static void xtcp_reasm_insert__two_records_have_all_of_it(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_TRUE(test, insert(f, 10, 20));
	KUNIT_EXPECT_TRUE(test, insert(f, 20, 30));
	KUNIT_EXPECT_FALSE(test, insert(f, 15, 25));
	KUNIT_EXPECT_EQ(test, f->q.bytes, 20);
	expect_sound(test, f);
}

/* The first copy stays: a later segment can only add bytes, not change them. */
static void xtcp_reasm_insert__first_bytes_are_kept(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_TRUE(test, insert(f, 20, 30));
	KUNIT_EXPECT_TRUE(test, insert(f, 40, 50));
	KUNIT_EXPECT_TRUE(test, insert(f, 25, 45));
	KUNIT_EXPECT_EQ(test, f->pieces[0].rec.end_seq, BASE + 30);
	KUNIT_EXPECT_EQ(test, f->pieces[1].rec.seq, BASE + 40);
	KUNIT_EXPECT_EQ(test, f->pieces[2].rec.seq, BASE + 30);
	KUNIT_EXPECT_EQ(test, f->pieces[2].rec.end_seq, BASE + 40);
	KUNIT_EXPECT_EQ(test, f->pieces[2].rec.skip, 5);
	KUNIT_EXPECT_EQ(test, count_freed(f), 0);
}

/* A record that covers others and extends beyond replaces them from their start. */
static void xtcp_reasm_insert__covers_one_of_the_same_start(struct kunit *test)
{
	struct fixture *f = test->priv;

	KUNIT_EXPECT_TRUE(test, insert(f, 10, 20));
	KUNIT_EXPECT_TRUE(test, insert(f, 30, 40));
	KUNIT_EXPECT_TRUE(test, insert(f, 10, 40));
	KUNIT_EXPECT_EQ(test, count_freed(f), 2);
	KUNIT_EXPECT_EQ(test, f->q.bytes, 30);
	KUNIT_EXPECT_EQ(test, f->pieces[2].rec.skip, 0);
	expect_sound(test, f);
}

/* The front was cut off before the record was queued: it stays cut off. */
static void xtcp_reasm_insert__skip_grows(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct piece *piece = &f->pieces[f->used++];

	KUNIT_EXPECT_TRUE(test, insert(f, 10, 20));
	piece->seq = BASE + 5;
	piece->len = 30;
	piece->rec.seq = BASE + 15;
	piece->rec.end_seq = BASE + 35;
	piece->rec.skip = 10;
	KUNIT_EXPECT_TRUE(test, xtcp_reasm_insert(&f->q, &piece->rec, &f->freed));
	KUNIT_EXPECT_EQ(test, piece->rec.skip, 15);
	expect_sound(test, f);
	f->rcv_nxt = BASE + 25;
	KUNIT_EXPECT_EQ(test, take(test, f), 10);
	KUNIT_EXPECT_EQ(test, piece->rec.skip, 20);
}

/* Freed records are appended to the caller's list. */
static void xtcp_reasm_insert__adds_to_the_chain_of_freed(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct piece other = { .queued = true };

	f->freed = &other.rec;
	KUNIT_EXPECT_TRUE(test, insert(f, 12, 14));
	KUNIT_EXPECT_TRUE(test, insert(f, 10, 20));
	KUNIT_EXPECT_EQ(test, count_freed(f), 2);
	KUNIT_EXPECT_FALSE(test, other.queued);
}

/* One segment covers a hundred tiny records: they are freed. */
static void xtcp_reasm_insert__a_flood_of_bytes_ends(struct kunit *test)
{
	struct fixture *f = test->priv;
	int i;

	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_TRUE(test, insert(f, 10 + i, 11 + i));
	KUNIT_EXPECT_TRUE(test, insert(f, 5, 200));
	KUNIT_EXPECT_EQ(test, count_freed(f), 100);
	KUNIT_EXPECT_EQ(test, f->q.bytes, 195);
	expect_sound(test, f);
}

static void xtcp_reasm_purge__returns_every_record_once(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_rec *rec;
	int i, count = 0;

	for (i = 0; i < 50; i++)
		KUNIT_EXPECT_TRUE(test, insert(f, 10 + 7 * (i * 13 % 50),
					       15 + 7 * (i * 13 % 50)));
	for (rec = xtcp_reasm_purge(&f->q); rec; rec = rec->next)
		count++;
	KUNIT_EXPECT_EQ(test, count, 50);
	KUNIT_EXPECT_NULL(test, xtcp_reasm_purge(&f->q));
	KUNIT_EXPECT_EQ(test, f->q.bytes, 0);
	KUNIT_EXPECT_TRUE(test, RB_EMPTY_ROOT(&f->q.root));
}

/* The queue must match the model; returns the model's sum. */
static u32 model_bytes(const struct fixture *f)
{
	u32 i, bytes = 0;

	for (i = f->rcv_nxt - BASE; i < STREAM; i++)
		bytes += f->held[i];
	return bytes;
}

/* Bytes that arrive in order move RCV.NXT past some that are queued. */
static void overtake(struct fixture *f, u32 bytes)
{
	if (seq_lt(f->rcv_nxt + bytes, BASE + STREAM))
		f->rcv_nxt += bytes;
}

/* What the queue says about a range, byte by byte */
static void expect_overlap(struct kunit *test, const struct fixture *f, u32 from, u32 to)
{
	struct xtcp_sack_block run;
	u32 end;

	while (from < to && !f->held[from])
		from++;
	for (end = from; end < to && f->held[end]; end++)
		;
	KUNIT_ASSERT_EQ(test, xtcp_reasm_overlap(&f->q, BASE + from, BASE + to, &run), from < to);
	if (from == to)
		return;
	KUNIT_ASSERT_EQ(test, run.start, BASE + from);
	KUNIT_ASSERT_EQ(test, run.end, BASE + end);
}

/* Pieces in any order, cut anywhere: all bytes come out, once and in order. */
static void random_stream(struct kunit *test, struct random *random)
{
	struct fixture *f = test->priv;
	bool fresh, taken;
	u32 from, to, i;

	while (f->rcv_nxt != BASE + STREAM && f->used < RECORDS - 1) {
		from = random_below(random, STREAM);
		to = from + 1 + random_below(random, 40);
		if (f->used == RECORDS - 2)
			from = 0;
		if (to > STREAM || f->used == RECORDS - 2)
			to = STREAM;
		if (seq_lt(BASE + from, f->rcv_nxt))
			from = f->rcv_nxt - BASE;
		if (from >= to)
			continue;
		expect_overlap(test, f, from, to);
		for (i = from, fresh = false; i < to; i++) {
			fresh |= !f->held[i];
			f->held[i] = true;
		}
		taken = insert(f, from, to);
		KUNIT_ASSERT_TRUE(test, taken || !fresh);
		count_freed(f);
		expect_sound(test, f);
		KUNIT_ASSERT_EQ(test, f->q.bytes, model_bytes(f));
		if (random_chance(random, 30)) {
			if (random_chance(random, 50))
				overtake(f, random_below(random, 30));
			take(test, f);
		}
		count_freed(f);
		KUNIT_ASSERT_EQ(test, f->q.bytes, model_bytes(f));
	}
	take(test, f);
	count_freed(f);
}

static void xtcp_reasm_insert__random_pieces_make_the_stream(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct random random = { 5 };
	int round, i;

	for (round = 0; round < 50; round++) {
		memset(f, 0, sizeof(*f));
		f->rcv_nxt = BASE;
		random_stream(test, &random);
		KUNIT_ASSERT_EQ(test, f->rcv_nxt, BASE + STREAM);
		KUNIT_ASSERT_EQ(test, f->q.bytes, 0);
		for (i = 0; i < f->used; i++)
			KUNIT_ASSERT_FALSE_MSG(test, f->pieces[i].queued, "piece %d is lost", i);
	}
}

/* ---- the runs that SACK reports ---- */

static void expect_recent(struct kunit *test, const struct fixture *f, int i, u32 from, u32 to)
{
	KUNIT_ASSERT_LT(test, i, f->q.nrecent);
	KUNIT_EXPECT_EQ(test, f->q.recent[i].start, BASE + from);
	KUNIT_EXPECT_EQ(test, f->q.recent[i].end, BASE + to);
}

/* The most recent first; joined runs become one, and runs below RCV.NXT are dropped */
static void recent__runs(struct kunit *test)
{
	struct fixture *f = test->priv;

	insert(f, 10, 20);
	insert(f, 30, 40);
	expect_recent(test, f, 0, 30, 40);
	expect_recent(test, f, 1, 10, 20);
	insert(f, 50, 60);
	insert(f, 15, 35);	/* partly known: the new bytes touch both */
	expect_recent(test, f, 0, 10, 40);
	expect_recent(test, f, 1, 50, 60);
	KUNIT_EXPECT_EQ(test, f->q.nrecent, 2);
	f->rcv_nxt = BASE + 10;
	xtcp_reasm_take(&f->q, &f->rcv_nxt, &f->freed);
	KUNIT_EXPECT_EQ(test, f->q.nrecent, 1);
	expect_recent(test, f, 0, 50, 60);
	xtcp_reasm_purge(&f->q);
	KUNIT_EXPECT_EQ(test, f->q.nrecent, 0);
}

/* A forgotten run is found again through its neighbours, on either side */
static void recent__forgotten_runs(struct kunit *test)
{
	struct fixture *f = test->priv;
	u32 i;

	insert(f, 100, 110);
	insert(f, 110, 120);
	insert(f, 130, 140);
	for (i = 2; i < 6; i++)
		insert(f, 100 * i, 100 * i + 10);
	KUNIT_EXPECT_EQ(test, f->q.nrecent, XTCP_SACK_BLOCKS);
	insert(f, 120, 130);
	expect_recent(test, f, 0, 100, 140);
}

/* The search is bounded: a peer can't make us look further */
static void recent__long_runs_of_tiny_records(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct xtcp_sack_block block;
	u32 i;

	for (i = 0; i < 200; i++)
		insert(f, 100 + i, 101 + i);
	expect_recent(test, f, 0, 100, 300);
	f->q.nrecent = 0;
	block = xtcp_reasm_first(&f->q);
	KUNIT_EXPECT_EQ(test, block.start, BASE + 100);
	KUNIT_EXPECT_EQ(test, block.end, BASE + 101 + 64);
	insert(f, 300, 301);
	expect_recent(test, f, 0, 300 - 64, 301);
}

static struct kunit_case reasm_cases[] = {
	KUNIT_CASE(xtcp_reasm_take__nothing_before_the_hole_is_filled),
	KUNIT_CASE(xtcp_reasm_take__up_to_the_next_hole),
	KUNIT_CASE(xtcp_reasm_take__overtaken_records_are_trimmed_and_freed),
	KUNIT_CASE(xtcp_reasm_insert__duplicate_is_refused),
	KUNIT_CASE(xtcp_reasm_insert__empty_record_is_refused),
	KUNIT_CASE(xtcp_reasm_insert__overlaps_on_either_side),
	KUNIT_CASE(xtcp_reasm_insert__covered_records_are_freed),
	KUNIT_CASE(xtcp_reasm_insert__two_records_have_all_of_it),
	KUNIT_CASE(xtcp_reasm_insert__first_bytes_are_kept),
	KUNIT_CASE(xtcp_reasm_insert__covers_one_of_the_same_start),
	KUNIT_CASE(xtcp_reasm_insert__skip_grows),
	KUNIT_CASE(xtcp_reasm_insert__adds_to_the_chain_of_freed),
	KUNIT_CASE(xtcp_reasm_insert__a_flood_of_bytes_ends),
	KUNIT_CASE(xtcp_reasm_purge__returns_every_record_once),
	KUNIT_CASE(xtcp_reasm_insert__random_pieces_make_the_stream),
	KUNIT_CASE(recent__runs),
	KUNIT_CASE(recent__forgotten_runs),
	KUNIT_CASE(recent__long_runs_of_tiny_records),
	{}
};

static struct kunit_suite reasm_suite = {
	.name = "reasm",
	.init = setup,
	.test_cases = reasm_cases,
};

kunit_test_suite(reasm_suite);
