/* SPDX-License-Identifier: GPL-2.0 */
/* Pseudo-random numbers that are the same in every run. */
#ifndef XTCP_KUNIT_RANDOM_H
#define XTCP_KUNIT_RANDOM_H

#include <linux/types.h>

struct random {
	u64 state;
};

static inline u32 random_u32(struct random *random)
{
	random->state = random->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return random->state >> 32;
}

/* A number from 0 up to, not including, @bound. */
static inline u32 random_below(struct random *random, u32 bound)
{
	return random_u32(random) % bound;
}

/* True in @percent of 100 cases. */
static inline bool random_chance(struct random *random, u32 percent)
{
	return random_below(random, 100) < percent;
}

#endif /* XTCP_KUNIT_RANDOM_H */
