// SPDX-License-Identifier: GPL-2.0
/*
 * seedrandom.c: getrandom(2) for User-Mode Linux that repeats itself
 *
 * To be preloaded. The bytes follow from XTCP_SEED alone (splitmix64), so that
 * two runs of a kernel in virtual time are the same run.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>

static uint64_t state;

__attribute__((constructor))
static void seed(void)
{
	const char *text = getenv("XTCP_SEED");

	state = text ? strtoull(text, NULL, 0) : 1;
}

static uint64_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

ssize_t getrandom(void *buffer, size_t length, unsigned int flags)
{
	unsigned char *byte = buffer;
	size_t i;

	(void)flags;
	for (i = 0; i < length; i++)
		byte[i] = next() >> 56;
	return length;
}
