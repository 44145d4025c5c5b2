/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The timer wheel: who is due next? Time is in ticks of a millisecond.
 *
 * Seven levels of 64 slots. A slot of level 0 is one tick; one of level 1 is as
 * long as the whole of level 0, and so on. An entry lies in the level of the
 * highest digit, base 64, in which its time differs from the wheel's, in the slot
 * that this digit names:
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
 * So all that is in a level comes before all that is in the next, the first busy
 * slot is the lowest bit of the lowest level that has one, and nothing is ever
 * rounded. Level 6 is a ring: it has no digit above that could differ.
 *
 * When a slot's time has come, the whole of it moves to the pending list. From
 * there each entry is handed to whoever turns the wheel, who keeps it when it is
 * due, and else puts it in again, which is into a lower level. That is all a
 * cascade is, and as it takes one entry at a time it can stop anywhere.
 *
 * An entry's due time may be moved later where it lies: it is looked at again when
 * its slot comes, finds its due time still ahead, and is put where that is.
 */
#ifndef XTCP_WHEEL_H
#define XTCP_WHEEL_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define XTCP_WHEEL_LEVELS	7
#define XTCP_WHEEL_DIGIT	6
#define XTCP_WHEEL_SLOTS	BIT(XTCP_WHEEL_DIGIT)

/* A due time is kept in this many bits: far from 139 years, of which half is ahead */
#define XTCP_WHEEL_TIME_BITS	(XTCP_WHEEL_LEVELS * XTCP_WHEEL_DIGIT)
/* What is left of its word belongs to the owner */
#define XTCP_WHEEL_TAG_BITS	(64 - XTCP_WHEEL_TIME_BITS)
#define XTCP_WHEEL_TAG		(BIT_ULL(XTCP_WHEEL_TAG_BITS) - 1)
/* The farthest that a due time may be ahead of the wheel, in ticks */
#define XTCP_WHEEL_RANGE	(BIT_ULL(XTCP_WHEEL_TIME_BITS - 1) - 1)

/**
 * struct xtcp_wheel_entry - what lies in a wheel
 * @next: in the slot; NULL in the last
 * @pprev: what points here: another's @next, or the slot
 * @word: due time in the upper bits, the owner's tag in the lower ones
 *
 * @next and @pprev mean nothing outside of a wheel. @word is the owner's: the
 * wheel only reads it, once each time, so that it may change meanwhile.
 */
struct xtcp_wheel_entry {
	struct xtcp_wheel_entry *next;
	struct xtcp_wheel_entry **pprev;
	u64 word;
};

/**
 * struct xtcp_wheel - a wheel
 * @base: the wheel's time: all that was due until then has left the slots
 * @pending: what was in slots whose time has come
 * @busy: which slots of a level are not empty
 * @slot: lists of entries
 */
struct xtcp_wheel {
	u64 base;
	struct xtcp_wheel_entry *pending;
	u64 busy[XTCP_WHEEL_LEVELS];
	struct xtcp_wheel_entry *slot[XTCP_WHEEL_LEVELS][XTCP_WHEEL_SLOTS];
};

/* The due time @due in place of that in @word */
static inline u64 xtcp_wheel_word(u64 word, u64 due)
{
	return (word & XTCP_WHEEL_TAG) | due << XTCP_WHEEL_TAG_BITS;
}

/* How far the due time in @word is ahead of @time, in ticks; negative: behind */
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
 * @now: the time, not XTCP_WHEEL_RANGE after anything was due; one before that of
 *	an earlier call finds less
 *
 * It is due, or its slot is to cascade: then the caller puts it in again, by
 * xtcp_wheel_insert(). Inline, as it is all that each of a crowd costs here.
 *
 * Return: the entry, in no wheel any more. NULL when nothing that is left is due.
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
