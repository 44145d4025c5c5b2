/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The timer wheel: which entry is due next? Time is in ticks of a millisecond.
 *
 * There are seven levels of 64 slots. A slot of level 0 is one tick; a slot of
 * level 1 is as long as the whole of level 0, and so on. Each level is one digit of
 * the time in base 64. An entry goes into the level of the highest digit in which
 * its due time differs from the wheel's time, and there into the slot with the
 * number of that digit:
 *
 *	level 6	   5	  4	 3	2      1      0
 *	.------+------+------+------+------+------+------.
 *	| 2 y  | 12 d | 4.7 h| 4.4 m| 4.1 s| 64 ms| 1 ms |	a slot's length
 *	'------+------+------+------+------+------+------'
 *
 *	base	...  0	    3	   17			(3 * 64 + 17)
 *	due	...  0	    3	   20		level 0, slot 20
 *	due	...  0	    5	    2		level 1, slot 5: looked at again at
 *						5 * 64, then level 0, slot 2
 *
 * So everything in a level is due before everything in the next level up. The first
 * busy slot is the lowest set bit of the lowest level that has one. No time is
 * ever rounded. Level 6 is a ring, because no digit is above it.
 *
 * When a slot's time has come, all its entries move to the pending list. They are
 * handed to the caller one at a time. The caller runs an entry that is due, and
 * inserts any other again, which puts it into a lower level. This is a cascade;
 * since it takes one entry at a time, it can stop anywhere.
 *
 * An entry's due time may be moved later without moving the entry. When its slot's
 * time comes, the entry is not due, and is inserted again at its new due time.
 */
#ifndef XTCP_WHEEL_H
#define XTCP_WHEEL_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define XTCP_WHEEL_LEVELS	7
#define XTCP_WHEEL_DIGIT	6
#define XTCP_WHEEL_SLOTS	BIT(XTCP_WHEEL_DIGIT)

/* Bits of a due time: they wrap after 139 years, so half of that can be ahead */
#define XTCP_WHEEL_TIME_BITS	(XTCP_WHEEL_LEVELS * XTCP_WHEEL_DIGIT)
/* The other bits of an entry's word are a tag for the caller */
#define XTCP_WHEEL_TAG_BITS	(64 - XTCP_WHEEL_TIME_BITS)
#define XTCP_WHEEL_TAG		(BIT_ULL(XTCP_WHEEL_TAG_BITS) - 1)
/* How far a due time may be ahead of the wheel, in ticks */
#define XTCP_WHEEL_RANGE	(BIT_ULL(XTCP_WHEEL_TIME_BITS - 1) - 1)

/**
 * struct xtcp_wheel_entry - an entry of a wheel
 * @next: next entry of the slot, or NULL
 * @pprev: the pointer to this entry: the @next of another, or the slot
 * @word: due time in the upper bits, the caller's tag in the lower ones
 *
 * @next and @pprev are undefined outside of a wheel. The caller writes @word. The
 * wheel only reads it, once in each operation, so it may change at any time.
 */
struct xtcp_wheel_entry {
	struct xtcp_wheel_entry *next;
	struct xtcp_wheel_entry **pprev;
	u64 word;
};

/**
 * struct xtcp_wheel - a wheel
 * @base: the wheel's time: entries that were due until then have left the slots
 * @pending: entries of slots whose time has come
 * @busy: which slots of a level are not empty
 * @slot: lists of entries
 */
struct xtcp_wheel {
	u64 base;
	struct xtcp_wheel_entry *pending;
	u64 busy[XTCP_WHEEL_LEVELS];
	struct xtcp_wheel_entry *slot[XTCP_WHEEL_LEVELS][XTCP_WHEEL_SLOTS];
};

/* @word with the due time @due, ticks */
static inline u64 xtcp_wheel_word(u64 word, u64 due)
{
	return (word & XTCP_WHEEL_TAG) | due << XTCP_WHEEL_TAG_BITS;
}

/* How far the due time in @word is ahead of @time, in ticks; negative if it is behind */
static inline s64 xtcp_wheel_ahead(u64 word, u64 time)
{
	return (s64)(word - (time << XTCP_WHEEL_TAG_BITS)) >> XTCP_WHEEL_TAG_BITS;
}

void xtcp_wheel_init(struct xtcp_wheel *wheel, u64 now);
u64 xtcp_wheel_insert(struct xtcp_wheel *wheel, struct xtcp_wheel_entry *entry);
void xtcp_wheel_remove(struct xtcp_wheel *wheel, struct xtcp_wheel_entry *entry);
bool xtcp_wheel_next(const struct xtcp_wheel *wheel, u64 *when);
void xtcp_wheel_forward(struct xtcp_wheel *wheel, u64 now);
bool xtcp_wheel_advance(struct xtcp_wheel *wheel, u64 now);
struct xtcp_wheel_entry *xtcp_wheel_any(const struct xtcp_wheel *wheel);

/**
 * xtcp_wheel_pop() - take out the next entry that must be looked at
 * @wheel: wheel
 * @now: the time, less than XTCP_WHEEL_RANGE after any due time. If it is before that
 *	of an earlier call, entries may not be found
 *
 * The entry is due, or its slot cascades. In the second case the caller inserts it again
 * by xtcp_wheel_insert(). Inline, as this is called once for each entry of a burst.
 *
 * Return: the entry, no longer in the wheel; NULL when no entry that is left is due.
 */
static inline struct xtcp_wheel_entry *xtcp_wheel_pop(struct xtcp_wheel *wheel, u64 now)
{
	struct xtcp_wheel_entry *entry;

	if (!wheel->pending && !xtcp_wheel_advance(wheel, now))
		return NULL;
	entry = wheel->pending;
	wheel->pending = entry->next;
	if (entry->next)
		entry->next->pprev = &wheel->pending;
	return entry;
}

#endif /* XTCP_WHEEL_H */
