// SPDX-License-Identifier: GPL-2.0
/* The send queue: module/core/sendq.c, RFC 9293 section 3.4 and 3.8 */
#include <kunit/test.h>
#include <linux/string.h>
#include "random.h"
#include "../module/core/sendq.h"
#include "../module/core/seq.h"

#define BASE	0xfffffff0u	/* the sequence numbers wrap soon */

/* A queue of records of ten bytes, the first at BASE */
struct fixture {
	struct xtcp_sendq q;
	struct xtcp_rec rec[8];
};

static struct fixture *new_fixture(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	return f;
}

/* Appends records 0 to @count - 1, and marks the first @sent as sent. */
static void fill(struct fixture *f, int count, int sent)
{
	int i;

	for (i = 0; i < count; i++) {
		f->rec[i].seq = BASE + 10 * i;
		f->rec[i].end_seq = BASE + 10 * (i + 1);
		xtcp_sendq_append(&f->q, &f->rec[i]);
	}
	for (i = 0; i < sent; i++)
		f->rec[i].marks |= XTCP_MARK_SENT;
	f->q.unsent = sent < count ? &f->rec[sent] : NULL;
}

static int chain_len(const struct xtcp_rec *chain)
{
	int count = 0;

	for (; chain; chain = chain->next)
		count++;
	return count;
}

static void xtcp_sendq_append__first_record(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	xtcp_sendq_append(&f->q, &f->rec[0]);
	KUNIT_EXPECT_PTR_EQ(test, f->q.head, &f->rec[0]);
	KUNIT_EXPECT_PTR_EQ(test, f->q.tail, &f->rec[0]);
	KUNIT_EXPECT_PTR_EQ(test, f->q.unsent, &f->rec[0]);
	KUNIT_EXPECT_NULL(test, f->rec[0].next);
}

static void xtcp_sendq_append__goes_behind_the_last(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	fill(f, 3, 0);
	KUNIT_EXPECT_PTR_EQ(test, f->q.head, &f->rec[0]);
	KUNIT_EXPECT_PTR_EQ(test, f->rec[0].next, &f->rec[1]);
	KUNIT_EXPECT_PTR_EQ(test, f->rec[1].next, &f->rec[2]);
	KUNIT_EXPECT_NULL(test, f->rec[2].next);
	KUNIT_EXPECT_PTR_EQ(test, f->q.tail, &f->rec[2]);
	KUNIT_EXPECT_PTR_EQ(test, f->q.unsent, &f->rec[0]);
}

/* A record never sent has no history, whatever its memory held before. */
static void xtcp_sendq_append__has_no_past(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	memset(&f->rec[0], 0xa5, sizeof(f->rec[0]));
	f->rec[0].flags = XTCP_REC_PSH;
	f->rec[0].seq = BASE;
	f->rec[0].end_seq = BASE + 10;
	xtcp_sendq_append(&f->q, &f->rec[0]);
	KUNIT_EXPECT_EQ(test, f->rec[0].marks, 0);
	KUNIT_EXPECT_EQ(test, f->rec[0].retries, 0);
	KUNIT_EXPECT_EQ(test, f->rec[0].sent, 0);
	KUNIT_EXPECT_EQ(test, f->rec[0].delivered, 0);
	KUNIT_EXPECT_EQ(test, f->rec[0].flags, XTCP_REC_PSH);
	KUNIT_EXPECT_EQ(test, xtcp_rec_len(&f->rec[0]), 10);
}

static void xtcp_sendq_append__after_all_was_sent(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	fill(f, 2, 2);
	xtcp_sendq_append(&f->q, &f->rec[2]);
	KUNIT_EXPECT_PTR_EQ(test, f->q.unsent, &f->rec[2]);
	KUNIT_EXPECT_PTR_EQ(test, f->q.head, &f->rec[0]);
}

static void xtcp_sendq_split__halves_share_the_bytes(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	fill(f, 3, 0);
	xtcp_sendq_split(&f->q, &f->rec[1], &f->rec[7], 4);
	KUNIT_EXPECT_EQ(test, f->rec[1].seq, BASE + 10);
	KUNIT_EXPECT_EQ(test, f->rec[1].end_seq, BASE + 14);
	KUNIT_EXPECT_EQ(test, f->rec[7].seq, BASE + 14);
	KUNIT_EXPECT_EQ(test, f->rec[7].end_seq, BASE + 20);
	KUNIT_EXPECT_PTR_EQ(test, f->rec[1].next, &f->rec[7]);
	KUNIT_EXPECT_PTR_EQ(test, f->rec[7].next, &f->rec[2]);
	KUNIT_EXPECT_PTR_EQ(test, f->q.tail, &f->rec[2]);
}

static void xtcp_sendq_split__of_the_last(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	fill(f, 2, 0);
	xtcp_sendq_split(&f->q, &f->rec[1], &f->rec[7], 9);
	KUNIT_EXPECT_PTR_EQ(test, f->q.tail, &f->rec[7]);
	KUNIT_EXPECT_NULL(test, f->rec[7].next);
	KUNIT_EXPECT_EQ(test, xtcp_rec_len(&f->rec[7]), 1);
}

static void xtcp_sendq_join__moves_the_border(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	fill(f, 3, 0);
	f->rec[0].flags = XTCP_REC_PSH;
	f->rec[1].flags = XTCP_REC_PSH;
	KUNIT_EXPECT_NULL(test, xtcp_sendq_join(&f->q, &f->rec[0], 4));
	KUNIT_EXPECT_EQ(test, f->rec[0].end_seq, BASE + 14);
	KUNIT_EXPECT_EQ(test, f->rec[1].seq, BASE + 14);
	KUNIT_EXPECT_EQ(test, f->rec[1].end_seq, BASE + 20);
	KUNIT_EXPECT_EQ(test, f->rec[0].flags, 0);
	KUNIT_EXPECT_EQ(test, f->rec[1].flags, XTCP_REC_PSH);
	KUNIT_EXPECT_PTR_EQ(test, f->q.unsent, &f->rec[0]);
}

static void xtcp_sendq_join__hands_out_what_is_empty(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	fill(f, 2, 0);
	f->rec[1].flags = XTCP_REC_PSH;
	KUNIT_EXPECT_PTR_EQ(test, xtcp_sendq_join(&f->q, &f->rec[0], 10), &f->rec[1]);
	KUNIT_EXPECT_NULL(test, f->rec[1].next);
	KUNIT_EXPECT_NULL(test, f->rec[0].next);
	KUNIT_EXPECT_PTR_EQ(test, f->q.tail, &f->rec[0]);
	KUNIT_EXPECT_EQ(test, xtcp_rec_len(&f->rec[0]), 20);
	KUNIT_EXPECT_EQ(test, f->rec[0].flags, XTCP_REC_PSH);
	xtcp_sendq_append(&f->q, &f->rec[2]);
	KUNIT_EXPECT_PTR_EQ(test, f->rec[0].next, &f->rec[2]);

	/* not the last: the tail stays */
	f->q = (struct xtcp_sendq){ 0 };
	fill(f, 3, 0);
	KUNIT_EXPECT_PTR_EQ(test, xtcp_sendq_join(&f->q, &f->rec[0], 10), &f->rec[1]);
	KUNIT_EXPECT_PTR_EQ(test, f->rec[0].next, &f->rec[2]);
	KUNIT_EXPECT_PTR_EQ(test, f->q.tail, &f->rec[2]);
}

/* Both halves were sent, retransmitted, lost... as the whole was. */
static void xtcp_sendq_split__halves_share_the_past(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	fill(f, 1, 1);
	f->rec[0].marks = XTCP_MARK_SENT | XTCP_MARK_RETX | XTCP_MARK_LOST;
	f->rec[0].sent = 123456789012ULL;
	f->rec[0].delivered = 77;
	f->rec[0].retries = 3;
	xtcp_sendq_split(&f->q, &f->rec[0], &f->rec[7], 5);
	KUNIT_EXPECT_EQ(test, f->rec[0].marks, f->rec[7].marks);
	KUNIT_EXPECT_EQ(test, f->rec[7].marks,
			XTCP_MARK_SENT | XTCP_MARK_RETX | XTCP_MARK_LOST);
	KUNIT_EXPECT_EQ(test, f->rec[7].sent, 123456789012ULL);
	KUNIT_EXPECT_EQ(test, f->rec[7].delivered, 77);
	KUNIT_EXPECT_EQ(test, f->rec[7].retries, 3);
	KUNIT_EXPECT_EQ(test, f->rec[0].sent, 123456789012ULL);
}

/* PSH stays with the second half. */
static void xtcp_sendq_split__push_goes_with_the_rest(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	fill(f, 1, 0);
	f->rec[0].flags = XTCP_REC_PSH;
	xtcp_sendq_split(&f->q, &f->rec[0], &f->rec[7], 5);
	KUNIT_EXPECT_EQ(test, f->rec[0].flags, 0);
	KUNIT_EXPECT_EQ(test, f->rec[7].flags, XTCP_REC_PSH);
}

static void xtcp_sendq_split__unsent_is_still_the_first_unsent(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	fill(f, 3, 1);
	xtcp_sendq_split(&f->q, &f->rec[0], &f->rec[6], 5);
	KUNIT_EXPECT_PTR_EQ(test, f->q.unsent, &f->rec[1]);
	KUNIT_EXPECT_TRUE(test, f->rec[6].marks & XTCP_MARK_SENT);
	xtcp_sendq_split(&f->q, &f->rec[1], &f->rec[7], 5);
	KUNIT_EXPECT_PTR_EQ(test, f->q.unsent, &f->rec[1]);
	KUNIT_EXPECT_FALSE(test, f->rec[7].marks & XTCP_MARK_SENT);
}

static void xtcp_sendq_ack__of_nothing_new(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	KUNIT_EXPECT_NULL(test, xtcp_sendq_ack(&f->q, BASE));
	fill(f, 2, 2);
	KUNIT_EXPECT_NULL(test, xtcp_sendq_ack(&f->q, BASE));
	KUNIT_EXPECT_PTR_EQ(test, f->q.head, &f->rec[0]);
}

static void xtcp_sendq_ack__removes_what_is_covered(struct kunit *test)
{
	struct fixture *f = new_fixture(test);
	struct xtcp_rec *chain;

	fill(f, 4, 3);
	chain = xtcp_sendq_ack(&f->q, BASE + 20);
	KUNIT_ASSERT_EQ(test, chain_len(chain), 2);
	KUNIT_EXPECT_PTR_EQ(test, chain, &f->rec[0]);
	KUNIT_EXPECT_PTR_EQ(test, chain->next, &f->rec[1]);
	KUNIT_EXPECT_PTR_EQ(test, f->q.head, &f->rec[2]);
	KUNIT_EXPECT_PTR_EQ(test, f->q.tail, &f->rec[3]);
	KUNIT_EXPECT_PTR_EQ(test, f->q.unsent, &f->rec[3]);
}

/* A record is acknowledged with its last byte, and stays whole until then. */
static void xtcp_sendq_ack__leaves_a_record_cut_by_it(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	fill(f, 2, 2);
	KUNIT_EXPECT_EQ(test, chain_len(xtcp_sendq_ack(&f->q, BASE + 19)), 1);
	KUNIT_EXPECT_PTR_EQ(test, f->q.head, &f->rec[1]);
	KUNIT_EXPECT_EQ(test, f->rec[1].seq, BASE + 10);
	KUNIT_EXPECT_EQ(test, f->rec[1].end_seq, BASE + 20);
}

static void xtcp_sendq_ack__of_everything(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	fill(f, 3, 3);
	KUNIT_EXPECT_EQ(test, chain_len(xtcp_sendq_ack(&f->q, BASE + 30)), 3);
	KUNIT_EXPECT_NULL(test, f->q.head);
	KUNIT_EXPECT_NULL(test, f->q.tail);
	KUNIT_EXPECT_NULL(test, f->q.unsent);
	xtcp_sendq_append(&f->q, &f->rec[3]);
	KUNIT_EXPECT_PTR_EQ(test, f->q.head, &f->rec[3]);
}

/* A record still empty ends where the last byte sent did. */
static void xtcp_sendq_ack__never_takes_what_was_not_sent(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	fill(f, 1, 1);
	f->rec[1].seq = BASE + 10;
	f->rec[1].end_seq = BASE + 10;
	xtcp_sendq_append(&f->q, &f->rec[1]);
	KUNIT_EXPECT_EQ(test, chain_len(xtcp_sendq_ack(&f->q, BASE + 10)), 1);
	KUNIT_EXPECT_PTR_EQ(test, f->q.head, &f->rec[1]);
	KUNIT_EXPECT_PTR_EQ(test, f->q.tail, &f->rec[1]);
	KUNIT_EXPECT_PTR_EQ(test, f->q.unsent, &f->rec[1]);
}

/* SYN, ten bytes, FIN: all acknowledged, but only the bytes had memory. */
static void fill_syn_data_fin(struct fixture *f)
{
	f->rec[0] = (struct xtcp_rec){ .seq = BASE, .end_seq = BASE + 1,
				       .flags = XTCP_REC_SYN };
	f->rec[1] = (struct xtcp_rec){ .seq = BASE + 1, .end_seq = BASE + 11 };
	f->rec[2] = (struct xtcp_rec){ .seq = BASE + 11, .end_seq = BASE + 12,
				       .flags = XTCP_REC_FIN };
	xtcp_sendq_append(&f->q, &f->rec[0]);
	xtcp_sendq_append(&f->q, &f->rec[1]);
	xtcp_sendq_append(&f->q, &f->rec[2]);
}

static void xtcp_sendq_ack__hands_out_no_syn_or_fin(struct kunit *test)
{
	struct fixture *f = new_fixture(test);
	struct xtcp_rec *chain;

	fill_syn_data_fin(f);
	f->q.unsent = NULL;
	KUNIT_EXPECT_NULL(test, xtcp_sendq_ack(&f->q, BASE + 1));
	KUNIT_EXPECT_PTR_EQ(test, f->q.head, &f->rec[1]);
	chain = xtcp_sendq_ack(&f->q, BASE + 12);
	KUNIT_ASSERT_EQ(test, chain_len(chain), 1);
	KUNIT_EXPECT_PTR_EQ(test, chain, &f->rec[1]);
	KUNIT_EXPECT_NULL(test, f->q.head);
	KUNIT_EXPECT_NULL(test, f->q.tail);
}

static void xtcp_sendq_purge__hands_out_all_that_has_memory(struct kunit *test)
{
	struct fixture *f = new_fixture(test);
	struct xtcp_rec *chain;

	fill_syn_data_fin(f);
	chain = xtcp_sendq_purge(&f->q);
	KUNIT_ASSERT_EQ(test, chain_len(chain), 1);
	KUNIT_EXPECT_PTR_EQ(test, chain, &f->rec[1]);
	KUNIT_EXPECT_NULL(test, f->q.head);
	KUNIT_EXPECT_NULL(test, f->q.tail);
	KUNIT_EXPECT_NULL(test, f->q.unsent);
}

static void xtcp_sendq_purge__of_nothing(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	KUNIT_EXPECT_NULL(test, xtcp_sendq_purge(&f->q));
}

/* ------------------------------------------------ any order of operations */

#define POOL	64
#define MAP	4096	/* more than POOL records can hold */

/* The same stream byte by byte: the state of byte @seq is in [@seq % MAP]. */
struct model {
	struct xtcp_sendq q;
	struct random random;
	struct xtcp_rec pool[POOL];
	bool used[POOL];
	u64 sent[MAP];		/* 0: never */
	bool push[MAP];		/* a write ends here */
	u32 una, nxt, end;
};

static struct xtcp_rec *pool_get(struct model *m)
{
	int i;

	for (i = 0; i < POOL; i++) {
		if (m->used[i])
			continue;
		m->used[i] = true;
		return &m->pool[i];
	}
	return NULL;
}

static void model_append(struct model *m)
{
	struct xtcp_rec *rec = pool_get(m);
	u32 len = 1 + random_below(&m->random, 40);

	if (!rec)
		return;
	rec->seq = m->end;
	rec->end_seq = m->end + len;
	rec->flags = random_chance(&m->random, 50) ? XTCP_REC_PSH : 0;
	for (; m->end != rec->end_seq; m->end++) {
		m->sent[m->end % MAP] = 0;
		m->push[m->end % MAP] = false;
	}
	m->push[(m->end - 1) % MAP] = rec->flags & XTCP_REC_PSH;
	xtcp_sendq_append(&m->q, rec);
}

static void model_split(struct model *m)
{
	struct xtcp_rec *rec = m->q.head, *rest;
	u32 steps = random_below(&m->random, POOL);

	for (; rec && steps; steps--)
		rec = rec->next;
	if (!rec || xtcp_rec_len(rec) < 2)
		return;
	rest = pool_get(m);
	if (rest)
		xtcp_sendq_split(&m->q, rec, rest,
				 1 + random_below(&m->random, xtcp_rec_len(rec) - 1));
}

static void model_send(struct model *m, u64 now)
{
	struct xtcp_rec *rec = m->q.unsent;

	if (!rec)
		return;
	rec->sent = now;
	rec->marks |= XTCP_MARK_SENT;
	m->q.unsent = rec->next;
	for (; m->nxt != rec->end_seq; m->nxt++)
		m->sent[m->nxt % MAP] = now;
}

static void model_ack(struct kunit *test, struct model *m)
{
	u32 una = m->una + random_below(&m->random, m->nxt - m->una + 1);
	u32 begin = m->q.head ? m->q.head->seq : m->una;
	struct xtcp_rec *rec = xtcp_sendq_ack(&m->q, una);

	for (; rec; rec = rec->next) {
		KUNIT_ASSERT_EQ(test, rec->seq, begin);
		KUNIT_ASSERT_TRUE(test, seq_leq(rec->end_seq, una));
		begin = rec->end_seq;
		m->used[rec - m->pool] = false;
	}
	if (m->q.head) {
		KUNIT_ASSERT_EQ(test, m->q.head->seq, begin);
		KUNIT_ASSERT_TRUE(test, seq_gt(m->q.head->end_seq, una));
	} else {
		KUNIT_ASSERT_EQ(test, m->end, una);
	}
	m->una = una;
}

static void expect_record(struct kunit *test, struct model *m, struct xtcp_rec *rec)
{
	u32 seq;

	KUNIT_ASSERT_TRUE(test, m->used[rec - m->pool]);
	KUNIT_ASSERT_TRUE(test, seq_lt(rec->seq, rec->end_seq));
	for (seq = rec->seq; seq != rec->end_seq; seq++) {
		bool last = seq == rec->end_seq - 1;

		KUNIT_ASSERT_EQ(test, rec->sent, m->sent[seq % MAP]);
		KUNIT_ASSERT_EQ(test, last && (rec->flags & XTCP_REC_PSH),
				m->push[seq % MAP]);
	}
	KUNIT_ASSERT_EQ(test, !!(rec->marks & XTCP_MARK_SENT), rec->sent != 0);
}

/* Compares the queue with the model byte by byte, and their ends. */
static void expect_like_model(struct kunit *test, struct model *m)
{
	struct xtcp_rec *rec, *prev = NULL, *unsent = NULL;
	u32 seq = m->q.head ? m->q.head->seq : m->end;

	KUNIT_ASSERT_TRUE(test, seq_leq(seq, m->una));
	for (rec = m->q.head; rec; prev = rec, rec = rec->next) {
		KUNIT_ASSERT_EQ(test, rec->seq, seq);
		expect_record(test, m, rec);
		if (!unsent && !rec->sent)
			unsent = rec;
		seq = rec->end_seq;
	}
	KUNIT_ASSERT_EQ(test, seq, m->end);
	KUNIT_ASSERT_PTR_EQ(test, m->q.tail, prev);
	KUNIT_ASSERT_PTR_EQ(test, m->q.unsent, unsent);
}

static void xtcp_sendq__agrees_with_a_map_of_its_bytes(struct kunit *test)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	u64 now;

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->random.state = 20;
	m->una = BASE - 5000;
	m->nxt = m->una;
	m->end = m->una;
	for (now = 1; now < 20000; now++) {
		switch (random_below(&m->random, 5)) {
		case 0:
			model_append(m);
			break;
		case 1:
			model_split(m);
			break;
		case 2:
			model_ack(test, m);
			break;
		default:
			model_send(m, now);
		}
		expect_like_model(test, m);
	}
	KUNIT_EXPECT_TRUE(test, seq_gt(m->una, 10000));
}

/* ---- the order of transmission ---- */

static void expect_order(struct kunit *test, const struct fixture *f, const char *order)
{
	const struct xtcp_rec *rec, *before = NULL;
	int i = 0;

	for (rec = f->q.oldest; rec; before = rec, rec = rec->later) {
		KUNIT_ASSERT_NE(test, order[i], '\0');
		KUNIT_EXPECT_PTR_EQ(test, rec, (const struct xtcp_rec *)&f->rec[order[i++] - '0']);
		KUNIT_EXPECT_PTR_EQ(test, (const struct xtcp_rec *)rec->earlier, before);
	}
	KUNIT_EXPECT_EQ(test, order[i], '\0');
	KUNIT_EXPECT_PTR_EQ(test, (const struct xtcp_rec *)f->q.newest, before);
}

static void xtcp_sendq_in_flight_fly__goes_behind_all_others(struct kunit *test)
{
	struct fixture *f = new_fixture(test);
	int i;

	fill(f, 4, 4);
	expect_order(test, f, "");
	for (i = 0; i < 4; i++)
		xtcp_sendq_in_flight_add(&f->q, &f->rec[i]);
	expect_order(test, f, "0123");
	xtcp_sendq_in_flight_add(&f->q, &f->rec[1]);
	expect_order(test, f, "0231");
	xtcp_sendq_in_flight_add(&f->q, &f->rec[1]);
	expect_order(test, f, "0231");
	xtcp_sendq_in_flight_add(&f->q, &f->rec[0]);
	expect_order(test, f, "2310");
}

static void xtcp_sendq_in_flight_land__from_everywhere(struct kunit *test)
{
	struct fixture *f = new_fixture(test);
	int i;

	fill(f, 4, 4);
	for (i = 0; i < 4; i++)
		xtcp_sendq_in_flight_add(&f->q, &f->rec[i]);
	xtcp_sendq_in_flight_del(&f->q, &f->rec[1]);
	expect_order(test, f, "023");
	xtcp_sendq_in_flight_del(&f->q, &f->rec[1]);
	expect_order(test, f, "023");
	xtcp_sendq_in_flight_del(&f->q, &f->rec[3]);
	expect_order(test, f, "02");
	xtcp_sendq_ack(&f->q, BASE + 20);	/* leaves this order when it leaves the queue */
	expect_order(test, f, "2");
	xtcp_sendq_purge(&f->q);
	expect_order(test, f, "");
}

/* Both halves are in flight, with one send time */
static void xtcp_sendq_split__of_what_is_on_its_way(struct kunit *test)
{
	struct fixture *f = new_fixture(test);

	fill(f, 3, 2);
	xtcp_sendq_in_flight_add(&f->q, &f->rec[0]);
	xtcp_sendq_in_flight_add(&f->q, &f->rec[1]);
	xtcp_sendq_split(&f->q, &f->rec[0], &f->rec[7], 4);
	expect_order(test, f, "071");
	xtcp_sendq_split(&f->q, &f->rec[1], &f->rec[6], 4);
	expect_order(test, f, "0716");
}

static struct kunit_case sendq_cases[] = {
	KUNIT_CASE(xtcp_sendq_append__first_record),
	KUNIT_CASE(xtcp_sendq_append__goes_behind_the_last),
	KUNIT_CASE(xtcp_sendq_append__has_no_past),
	KUNIT_CASE(xtcp_sendq_append__after_all_was_sent),
	KUNIT_CASE(xtcp_sendq_split__halves_share_the_bytes),
	KUNIT_CASE(xtcp_sendq_split__of_the_last),
	KUNIT_CASE(xtcp_sendq_split__halves_share_the_past),
	KUNIT_CASE(xtcp_sendq_split__push_goes_with_the_rest),
	KUNIT_CASE(xtcp_sendq_split__unsent_is_still_the_first_unsent),
	KUNIT_CASE(xtcp_sendq_ack__of_nothing_new),
	KUNIT_CASE(xtcp_sendq_ack__removes_what_is_covered),
	KUNIT_CASE(xtcp_sendq_ack__leaves_a_record_cut_by_it),
	KUNIT_CASE(xtcp_sendq_join__moves_the_border),
	KUNIT_CASE(xtcp_sendq_join__hands_out_what_is_empty),
	KUNIT_CASE(xtcp_sendq_ack__of_everything),
	KUNIT_CASE(xtcp_sendq_ack__never_takes_what_was_not_sent),
	KUNIT_CASE(xtcp_sendq_ack__hands_out_no_syn_or_fin),
	KUNIT_CASE(xtcp_sendq_purge__hands_out_all_that_has_memory),
	KUNIT_CASE(xtcp_sendq_purge__of_nothing),
	KUNIT_CASE(xtcp_sendq__agrees_with_a_map_of_its_bytes),
	KUNIT_CASE(xtcp_sendq_in_flight_fly__goes_behind_all_others),
	KUNIT_CASE(xtcp_sendq_in_flight_land__from_everywhere),
	KUNIT_CASE(xtcp_sendq_split__of_what_is_on_its_way),
	{}
};

static struct kunit_suite sendq_suite = {
	.name = "sendq",
	.test_cases = sendq_cases,
};

kunit_test_suite(sendq_suite);
