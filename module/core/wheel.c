// SPDX-License-Identifier: GPL-2.0
/*
 * The timer wheel's slots. See wheel.h for the levels.
 */
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include "wheel.h"

#define TOP (XTCP_WHEEL_LEVELS - 1)

/* A slot, and its first tick */
struct place {
	unsigned int level;
	unsigned int index;
	u64 when;
};

static unsigned int shift(unsigned int level)
{
	return level * XTCP_WHEEL_DIGIT;
}

static unsigned int digit(u64 time, unsigned int level)
{
	return (time >> shift(level)) & (XTCP_WHEEL_SLOTS - 1);
}

static void push(struct xtcp_wheel_entry **head, struct xtcp_wheel_entry *entry)
{
	struct xtcp_wheel_entry *first = *head;

	entry->next = first;
	if (first)
		first->pprev = &entry->next;
	entry->pprev = head;
	*head = entry;
}

/**
 * xtcp_wheel_init() - initialize an empty wheel
 * @wheel: wheel
 * @now: its time, ticks
 */
void xtcp_wheel_init(struct xtcp_wheel *wheel, u64 now)
{
	memset(wheel, 0, sizeof(*wheel));
	wheel->base = now;
}

/**
 * xtcp_wheel_insert() - insert an entry at its due time
 * @wheel: wheel
 * @entry: in no wheel; its word has the due time, at most XTCP_WHEEL_RANGE
 *	ahead of the wheel. An entry that is due already expires in the next tick
 *
 * Return: the tick in which the caller must look at the wheel for this entry: the first
 * of its slot, which may be before the due time.
 */
u64 xtcp_wheel_insert(struct xtcp_wheel *wheel, struct xtcp_wheel_entry *entry)
{
	s64 ahead = xtcp_wheel_ahead(READ_ONCE(entry->word), wheel->base);
	unsigned int level, index;
	u64 due;

	if (ahead < 1)
		ahead = 1;
	due = wheel->base + ahead;
	level = (unsigned int)(fls64(due ^ wheel->base) - 1) / XTCP_WHEEL_DIGIT;
	if (level > TOP)
		level = TOP;
	index = digit(due, level);
	push(&wheel->slot[level][index], entry);
	wheel->busy[level] |= BIT_ULL(index);
	return due >> shift(level) << shift(level);
}

/**
 * xtcp_wheel_remove() - remove an entry
 * @wheel: the wheel it is in
 * @entry: entry, in a slot or in the pending list
 */
void xtcp_wheel_remove(struct xtcp_wheel *wheel, struct xtcp_wheel_entry *entry)
{
	unsigned long at;

	*entry->pprev = entry->next;
	if (entry->next) {
		entry->next->pprev = entry->pprev;
		return;
	}
	/* The last entry of its list. If a slot points to it, the slot is empty now */
	at = (unsigned long)entry->pprev - (unsigned long)wheel->slot;
	if (at < sizeof(wheel->slot)) {
		at /= sizeof(wheel->slot[0][0]);
		wheel->busy[at / XTCP_WHEEL_SLOTS] &= ~BIT_ULL(at % XTCP_WHEEL_SLOTS);
	}
}

/* Find the first busy slot; false if there is none */
static bool first_slot(const struct xtcp_wheel *wheel, struct place *p)
{
	unsigned int ahead;
	u64 busy;

	for (p->level = 0; p->level < TOP; p->level++) {
		busy = wheel->busy[p->level];
		if (!busy)
			continue;
		p->index = __ffs64(busy);
		p->when = wheel->base >> shift(p->level + 1) << shift(p->level + 1);
		p->when += (u64)p->index << shift(p->level);
		return true;
	}
	busy = wheel->busy[TOP];
	if (!busy)
		return false;
	ahead = __ffs64(ror64(busy, digit(wheel->base, TOP)));
	p->when = ((wheel->base >> shift(TOP)) + ahead) << shift(TOP);
	p->index = digit(p->when, TOP);
	return true;
}

/**
 * xtcp_wheel_next() - the tick in which the wheel must be looked at
 * @wheel: wheel
 * @when: result; it has passed already if entries are pending
 *
 * Return: false when the wheel is empty.
 */
bool xtcp_wheel_next(const struct xtcp_wheel *wheel, u64 *when)
{
	struct place p;

	if (wheel->pending) {
		*when = wheel->base;
		return true;
	}
	if (!first_slot(wheel, &p))
		return false;
	*when = p.when;
	return true;
}

/**
 * xtcp_wheel_forward() - advance the wheel's time as far as no busy slot is in the way
 * @wheel: wheel
 * @now: the time; an earlier one than the wheel's changes nothing
 *
 * Entries that are inserted then go into lower levels and cascade less.
 */
void xtcp_wheel_forward(struct xtcp_wheel *wheel, u64 now)
{
	u64 when;

	if (now > wheel->base && (!xtcp_wheel_next(wheel, &when) || when > now))
		wheel->base = now;
}

/**
 * xtcp_wheel_advance() - make the next slot whose time has come the pending list
 * @wheel: wheel, with nothing pending
 * @now: as for xtcp_wheel_pop(), which calls this when nothing is pending
 *
 * Return: false when there is no such slot; then the wheel's time is @now, if that is later.
 */
bool xtcp_wheel_advance(struct xtcp_wheel *wheel, u64 now)
{
	struct xtcp_wheel_entry **slot;
	struct place p;

	if (!first_slot(wheel, &p) || p.when > now) {
		wheel->base = max(wheel->base, now);
		return false;
	}
	slot = &wheel->slot[p.level][p.index];
	wheel->base = p.when;
	wheel->busy[p.level] &= ~BIT_ULL(p.index);
	wheel->pending = *slot;
	wheel->pending->pprev = &wheel->pending;
	*slot = NULL;
	return true;
}

/**
 * xtcp_wheel_any() - find any entry, for emptying a wheel
 * @wheel: wheel
 *
 * Return: an entry, which stays in the wheel; NULL when the wheel is empty.
 */
struct xtcp_wheel_entry *xtcp_wheel_any(const struct xtcp_wheel *wheel)
{
	struct place p;

	if (wheel->pending)
		return wheel->pending;
	return first_slot(wheel, &p) ? wheel->slot[p.level][p.index] : NULL;
}
