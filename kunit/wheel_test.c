// SPDX-License-Identifier: GPL-2.0
/*
 * The timer wheel: module/core/wheel.c. Entries are never early, lost or late.
 *
 * The oracle is an array of the wheel's entries with their due times, searched from end to end.
 */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include "random.h"
#include "../module/core/wheel.h"

#define ITEMS	256
#define TAG	0x155555
/* A budget for the worst case: each entry through all levels */
#define ENOUGH	(ITEMS * XTCP_WHEEL_LEVELS)
/* Where the stored bits of a due time wrap */
#define WRAP	BIT_ULL(XTCP_WHEEL_TIME_BITS)

struct item {
	struct xtcp_wheel_entry entry;
	u64 due;
	bool in;
};

struct scene {
	struct xtcp_wheel wheel;
	struct random random;
	u64 now;
	unsigned int in;
	struct item items[ITEMS];
};

static struct scene *scene_new(struct kunit *test, u64 now)
{
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, s);
	xtcp_wheel_init(&s->wheel, now);
	s->now = now;
	return s;
}

static u64 scene_insert(struct scene *s, struct item *item, u64 due)
{
	item->due = due;
	item->in = true;
	item->entry.word = xtcp_wheel_word(TAG, due);
	s->in++;
	return xtcp_wheel_insert(&s->wheel, &item->entry);
}

static void scene_remove(struct scene *s, struct item *item)
{
	item->in = false;
	s->in--;
	xtcp_wheel_remove(&s->wheel, &item->entry);
}

/* The earliest due time by the oracle; the wheel must not be empty */
static u64 scene_first(const struct scene *s)
{
	u64 first = U64_MAX;
	int i;

	for (i = 0; i < ITEMS; i++)
		if (s->items[i].in)
			first = min(first, s->items[i].due);
	return first;
}

/* Take out the entries due at s->now, looking at no more than *@budget entries; *@budget is
 * reduced by the number looked at. Returns how many were taken
 */
static int scene_expire(struct kunit *test, struct scene *s, unsigned int *budget)
{
	struct xtcp_wheel_entry *entry;
	struct item *item;
	int n = 0;

	for (; *budget; --*budget) {
		entry = xtcp_wheel_pop(&s->wheel, s->now);
		if (!entry)
			break;
		KUNIT_ASSERT_EQ(test, entry->word & XTCP_WHEEL_TAG, TAG);
		item = container_of(entry, struct item, entry);
		KUNIT_ASSERT_TRUE(test, item->in);
		if (item->due > s->now) {
			xtcp_wheel_insert(&s->wheel, entry);
			continue;
		}
		item->in = false;
		s->in--;
		n++;
	}
	return n;
}

/* The slot is due and pending; none of its entries was looked at yet */
static void scene_begin(struct kunit *test, struct scene *s)
{
	KUNIT_EXPECT_TRUE(test, xtcp_wheel_advance(&s->wheel, s->now));
}

/* After advancing to s->now: with budget left, no due entry is left; and the wheel's next
 * wake-up is early enough for all its entries
 */
static void scene_check(struct kunit *test, const struct scene *s, unsigned int budget)
{
	u64 when;

	KUNIT_ASSERT_EQ(test, xtcp_wheel_next(&s->wheel, &when), s->in > 0);
	if (!s->in)
		return;
	KUNIT_ASSERT_LE(test, when, scene_first(s));
	if (budget) {
		KUNIT_ASSERT_GT(test, scene_first(s), s->now);
		KUNIT_ASSERT_GT(test, when, s->now);
	}
}

/* Delays up to eight years, each digit equally likely: a wheel that is late by that much still
 * has them in its range
 */
static u64 random_delay(struct random *random)
{
	u64 delay = (u64)random_u32(random) << 32 | random_u32(random);

	return delay >> (63 - random_below(random, XTCP_WHEEL_TIME_BITS - 4));
}

/* One operation on one item: insert, remove, or move the deadline in place */
static void random_change(struct scene *s)
{
	struct item *item = &s->items[random_below(&s->random, ITEMS)];

	if (!item->in) {
		scene_insert(s, item, s->now + 1 + random_delay(&s->random));
	} else if (random_chance(&s->random, 50)) {
		scene_remove(s, item);
	} else {
		item->due = max(item->due, s->now + random_delay(&s->random));
		WRITE_ONCE(item->entry.word, xtcp_wheel_word(TAG, item->due));
	}
}

/* A million operations from @start on, with a budget of @least or a little more. Returns how
 * often an entry had to wait for lack of budget
 */
static unsigned int random_schedule(struct kunit *test, u64 start, u64 seed,
				    unsigned int least)
{
	struct scene *s = scene_new(test, start);
	unsigned int i, budget, deferred = 0;

	s->random.state = seed;
	for (i = 0; i < 1000000; i++) {
		if (!random_chance(&s->random, 10)) {
			random_change(s);
			continue;
		}
		s->now += random_delay(&s->random) >> random_below(&s->random, 30);
		budget = least + random_below(&s->random, 8);
		scene_expire(test, s, &budget);
		scene_check(test, s, budget);
		deferred += !budget && s->in && scene_first(s) <= s->now;
	}
	/* to the end of time: all remaining entries are due */
	s->now += WRAP / 4;
	do {
		budget = least;
		scene_expire(test, s, &budget);
	} while (!budget);
	KUNIT_EXPECT_EQ(test, s->in, 0);
	return deferred;
}

static void xtcp_wheel__random_schedules(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, random_schedule(test, 0, 1, ENOUGH), 0);
}

/* The time of the entries' words wraps on the way. */
static void xtcp_wheel__random_schedules_across_the_wrap(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, random_schedule(test, WRAP - 12345, 2, ENOUGH), 0);
}

/* Few entries per call: the remaining ones come with the next calls. */
static void xtcp_wheel__random_schedules_in_batches(struct kunit *test)
{
	KUNIT_EXPECT_GT(test, random_schedule(test, 3 * WRAP - 99, 3, 1), 1000);
}

/* Short steps and delays: mostly level 0 and 1, many in one slot. */
static void xtcp_wheel__random_crowd(struct kunit *test)
{
	struct scene *s = scene_new(test, WRAP - 5000);
	unsigned int i, budget;

	s->random.state = 4;
	for (i = 0; i < 100000; i++) {
		struct item *item = &s->items[random_below(&s->random, ITEMS)];

		if (item->in)
			scene_remove(s, item);
		else
			scene_insert(s, item, s->now + 1 + random_below(&s->random, 100));
		if (!random_chance(&s->random, 10))
			continue;
		s->now++;
		budget = ENOUGH;
		scene_expire(test, s, &budget);
		scene_check(test, s, budget);
	}
}

/* A caller that looks when asked to finds each entry in its exact tick. */
static void xtcp_wheel_next__leads_to_the_tick(struct kunit *test)
{
	struct scene *s = scene_new(test, WRAP - 1000000);
	unsigned int budget, looks;
	int i, came;
	u64 due;

	s->random.state = 5;
	for (i = 0; i < 2000; i++) {
		due = s->now + 1 + random_delay(&s->random);
		scene_insert(s, &s->items[0], due);
		came = 0;
		for (looks = 0; !came; looks++) {
			KUNIT_ASSERT_LT(test, looks, XTCP_WHEEL_LEVELS);
			KUNIT_ASSERT_TRUE(test, xtcp_wheel_next(&s->wheel, &s->now));
			budget = 1;
			came = scene_expire(test, s, &budget);
		}
		KUNIT_ASSERT_EQ(test, s->now, due);
	}
}

static void xtcp_wheel_next__empty_wheel_needs_no_look(struct kunit *test)
{
	struct scene *s = scene_new(test, 77);
	u64 when;

	KUNIT_EXPECT_FALSE(test, xtcp_wheel_next(&s->wheel, &when));
	scene_insert(s, &s->items[0], 78);
	scene_insert(s, &s->items[1], 1000000);
	scene_remove(s, &s->items[0]);
	scene_remove(s, &s->items[1]);
	KUNIT_EXPECT_FALSE(test, xtcp_wheel_next(&s->wheel, &when));
}

/* Each level's slots begin where the level below ends. */
static void xtcp_wheel_insert__tells_when_to_look(struct kunit *test)
{
	struct scene *s = scene_new(test, 0);

	KUNIT_EXPECT_EQ(test, scene_insert(s, &s->items[0], 1), 1);
	KUNIT_EXPECT_EQ(test, scene_insert(s, &s->items[1], 63), 63);
	KUNIT_EXPECT_EQ(test, scene_insert(s, &s->items[2], 64), 64);
	KUNIT_EXPECT_EQ(test, scene_insert(s, &s->items[3], 64 + 63), 64);
	KUNIT_EXPECT_EQ(test, scene_insert(s, &s->items[4], 4096 + 4095), 4096);
	KUNIT_EXPECT_EQ(test, scene_insert(s, &s->items[5], XTCP_WHEEL_RANGE),
			31ULL << 36);
}

/* An entry already overdue when inserted is due in the next tick, once. */
static void xtcp_wheel_insert__past_is_the_next_tick(struct kunit *test)
{
	struct scene *s = scene_new(test, 1000);
	unsigned int budget = 10;

	KUNIT_EXPECT_EQ(test, scene_insert(s, &s->items[0], 1000), 1001);
	KUNIT_EXPECT_EQ(test, scene_insert(s, &s->items[1], 3), 1001);
	KUNIT_EXPECT_EQ(test, scene_expire(test, s, &budget), 0);
	s->now = 1001;
	KUNIT_EXPECT_EQ(test, scene_expire(test, s, &budget), 2);
	KUNIT_EXPECT_EQ(test, budget, 8);
}

/* First, middle and last of a slot; and entries that have already left their slot. */
static void xtcp_wheel_remove__anywhere_in_a_list(struct kunit *test)
{
	struct scene *s = scene_new(test, 0);
	unsigned int budget, out;
	int i;

	for (out = 0; out < 8; out++) {
		for (i = 0; i < 4; i++)
			scene_insert(s, &s->items[i], s->now + 5);
		if (out & 1) {
			s->now += 5;
			scene_begin(test, s);
		}
		scene_remove(s, &s->items[out / 2]);
		s->now += 5;
		budget = 100;
		KUNIT_EXPECT_EQ(test, scene_expire(test, s, &budget), 3);
		scene_check(test, s, budget);
	}
}

/* The last pending entry: the wheel is known to be empty after it. */
static void xtcp_wheel_remove__last_pending(struct kunit *test)
{
	struct scene *s = scene_new(test, 0);
	u64 when;

	scene_insert(s, &s->items[0], 5);
	s->now = 9;
	scene_begin(test, s);
	KUNIT_EXPECT_TRUE(test, xtcp_wheel_next(&s->wheel, &when));
	KUNIT_EXPECT_LE(test, when, s->now);
	scene_remove(s, &s->items[0]);
	KUNIT_EXPECT_FALSE(test, xtcp_wheel_next(&s->wheel, &when));
}

/* A cascade can stop after any entry, and continues there. */
static void xtcp_wheel_pop__cascade_may_stop_anywhere(struct kunit *test)
{
	struct scene *s = scene_new(test, 0);
	unsigned int budget;
	int i;

	for (i = 0; i < 100; i++)
		scene_insert(s, &s->items[i], 65);
	s->now = 64;
	for (i = 0; i < 10; i++) {
		budget = 10;
		KUNIT_EXPECT_EQ(test, scene_expire(test, s, &budget), 0);
		KUNIT_EXPECT_EQ(test, budget, 0);
	}
	s->now = 65;
	budget = 1000;
	KUNIT_EXPECT_EQ(test, scene_expire(test, s, &budget), 100);
	KUNIT_EXPECT_EQ(test, budget, 900);
}

/* Half of the entries are already in a lower level: none is looked at twice. */
static void xtcp_wheel_pop__due_before_the_cascade_is_over(struct kunit *test)
{
	struct scene *s = scene_new(test, 0);
	unsigned int budget = 50;
	int i;

	for (i = 0; i < 100; i++)
		scene_insert(s, &s->items[i], 65);
	s->now = 64;
	KUNIT_EXPECT_EQ(test, scene_expire(test, s, &budget), 0);
	s->now = 65;
	budget = 100;
	KUNIT_EXPECT_EQ(test, scene_expire(test, s, &budget), 100);
}

/* The due time is changed while the entry is in the wheel: a store is enough. */
static void xtcp_wheel_pop__moved_later_where_it_lies(struct kunit *test)
{
	struct scene *s = scene_new(test, 0);
	unsigned int budget = 10;

	scene_insert(s, &s->items[0], 10);
	s->items[0].due = 5000;
	s->items[0].entry.word = xtcp_wheel_word(TAG, 5000);
	s->now = 4999;
	KUNIT_EXPECT_EQ(test, scene_expire(test, s, &budget), 0);
	s->now = 5000;
	KUNIT_EXPECT_EQ(test, scene_expire(test, s, &budget), 1);
}

/* An entry inserted after a look goes into the lowest possible level. */
static void xtcp_wheel_pop__time_goes_on(struct kunit *test)
{
	struct scene *s = scene_new(test, 0);
	unsigned int budget = 10;

	s->now = 5000;
	KUNIT_EXPECT_EQ(test, scene_expire(test, s, &budget), 0);
	KUNIT_EXPECT_EQ(test, scene_insert(s, &s->items[0], 5050), 5050);
}

/* A stale time, read before another look, doesn't undo that look. */
static void xtcp_wheel_pop__time_does_not_go_back(struct kunit *test)
{
	struct scene *s = scene_new(test, 100);

	KUNIT_EXPECT_NULL(test, xtcp_wheel_pop(&s->wheel, 200));
	scene_insert(s, &s->items[0], 201);
	KUNIT_EXPECT_NULL(test, xtcp_wheel_pop(&s->wheel, 150));
	KUNIT_EXPECT_EQ(test, s->wheel.base, 200);
	KUNIT_EXPECT_PTR_EQ(test, xtcp_wheel_pop(&s->wheel, 201), &s->items[0].entry);
}

static void xtcp_wheel_forward__stops_where_something_is_due(struct kunit *test)
{
	struct scene *s = scene_new(test, 100);

	xtcp_wheel_forward(&s->wheel, 5000);
	KUNIT_EXPECT_EQ(test, s->wheel.base, 5000);
	xtcp_wheel_forward(&s->wheel, 4999);
	KUNIT_EXPECT_EQ(test, s->wheel.base, 5000);

	scene_insert(s, &s->items[0], 5010);
	xtcp_wheel_forward(&s->wheel, 5009);
	KUNIT_EXPECT_EQ(test, s->wheel.base, 5009);
	xtcp_wheel_forward(&s->wheel, 5010);
	KUNIT_EXPECT_EQ(test, s->wheel.base, 5009);
}

/* Drains a wheel completely, wherever its entries are. */
static void xtcp_wheel_any__empties_a_wheel(struct kunit *test)
{
	struct scene *s = scene_new(test, WRAP - 100);
	struct xtcp_wheel_entry *entry;
	unsigned int budget = 1;
	int i;

	KUNIT_EXPECT_NULL(test, xtcp_wheel_any(&s->wheel));
	s->random.state = 6;
	for (i = 0; i < ITEMS; i++)
		scene_insert(s, &s->items[i], s->now + 10 + random_delay(&s->random));
	s->now += 20;
	KUNIT_EXPECT_EQ(test, scene_expire(test, s, &budget), 1);
	KUNIT_EXPECT_PTR_EQ(test, xtcp_wheel_any(&s->wheel), s->wheel.pending);
	for (i = 1; i < ITEMS; i++) {
		entry = xtcp_wheel_any(&s->wheel);
		KUNIT_ASSERT_NOT_NULL(test, entry);
		scene_remove(s, container_of(entry, struct item, entry));
	}
	KUNIT_EXPECT_NULL(test, xtcp_wheel_any(&s->wheel));
}

static void xtcp_wheel_ahead__is_signed_and_wraps(struct kunit *test)
{
	u64 word = xtcp_wheel_word(xtcp_wheel_word(TAG, 0xabcdef), WRAP + 5);

	KUNIT_EXPECT_EQ(test, word & XTCP_WHEEL_TAG, TAG);
	KUNIT_EXPECT_EQ(test, xtcp_wheel_ahead(word, WRAP + 5), 0);
	KUNIT_EXPECT_EQ(test, xtcp_wheel_ahead(word, WRAP - 5), 10);
	KUNIT_EXPECT_EQ(test, xtcp_wheel_ahead(word, WRAP + 15), -10);
	KUNIT_EXPECT_EQ(test, xtcp_wheel_ahead(word, WRAP + 5 - XTCP_WHEEL_RANGE),
			XTCP_WHEEL_RANGE);
}

static struct kunit_case wheel_cases[] = {
	KUNIT_CASE(xtcp_wheel__random_schedules),
	KUNIT_CASE(xtcp_wheel__random_schedules_across_the_wrap),
	KUNIT_CASE(xtcp_wheel__random_schedules_in_batches),
	KUNIT_CASE(xtcp_wheel__random_crowd),
	KUNIT_CASE(xtcp_wheel_next__leads_to_the_tick),
	KUNIT_CASE(xtcp_wheel_next__empty_wheel_needs_no_look),
	KUNIT_CASE(xtcp_wheel_insert__tells_when_to_look),
	KUNIT_CASE(xtcp_wheel_insert__past_is_the_next_tick),
	KUNIT_CASE(xtcp_wheel_remove__anywhere_in_a_list),
	KUNIT_CASE(xtcp_wheel_remove__last_pending),
	KUNIT_CASE(xtcp_wheel_pop__cascade_may_stop_anywhere),
	KUNIT_CASE(xtcp_wheel_pop__due_before_the_cascade_is_over),
	KUNIT_CASE(xtcp_wheel_pop__moved_later_where_it_lies),
	KUNIT_CASE(xtcp_wheel_pop__time_goes_on),
	KUNIT_CASE(xtcp_wheel_pop__time_does_not_go_back),
	KUNIT_CASE(xtcp_wheel_forward__stops_where_something_is_due),
	KUNIT_CASE(xtcp_wheel_any__empties_a_wheel),
	KUNIT_CASE(xtcp_wheel_ahead__is_signed_and_wraps),
	{}
};

static struct kunit_suite wheel_suite = {
	.name = "wheel",
	.test_cases = wheel_cases,
};

kunit_test_suite(wheel_suite);
