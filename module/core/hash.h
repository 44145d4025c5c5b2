/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hash of the connection table: each segment pays for it, and no remote may aim
 * at a bucket by it.
 *
 * Two steps, over 32-bit words x:
 *
 *   1. pairs	  S = k0 + (k1 + x1) * (k2 + x0) + (k3 + x3) * (k4 + x2) + ...	mod 2^64
 *		  u = the upper half of S
 *   2. scatter	  u --> a permutation of 32 bits that depends on the secret, too
 *
 * Step 1 is the pair-multiply hash of Dietzfelbinger (1996) and Thorup ("High speed
 * hashing for integers and strings", 2015, section 3.3). Under keys drawn at random
 * it is strongly universal: any two different inputs give two independent, evenly
 * spread values of u. So whoever doesn't know the keys can't do better than chance, and
 * two connections of his choice share one of n buckets with probability 1/n, which is
 * a proof and not a belief.
 *
 * The proof is about one who sees nothing of the result. One who times answers might
 * learn that two connections share a bucket. In step 1 alone that would tell of more,
 * since inputs at the same distance give values at about the same distance; step 2
 * tears neighbours apart, and takes nothing from the proof, being a permutation.
 */
#ifndef XTCP_CORE_HASH_H
#define XTCP_CORE_HASH_H

#include <linux/types.h>

#define XTCP_HASH_WORDS	10	/* two IPv6 addresses, ports, namespace */

/**
 * struct xtcp_hash_secret - what makes the hash unforeseeable
 * @k: keys of step 1: one for the sum, then one a word
 * @odd: multiplier of step 2; xtcp_hash_secret_init() makes it odd
 *
 * Drawn at random, once.
 */
struct xtcp_hash_secret {
	u64 k[1 + XTCP_HASH_WORDS];
	u32 odd;
};

/* A product of an even number of bits has as many different values as it has inputs
 * only when the factor is odd
 */
static inline void xtcp_hash_secret_init(struct xtcp_hash_secret *s)
{
	s->odd |= 1;
}

static inline u64 xtcp_hash_pair(const struct xtcp_hash_secret *s, unsigned int i,
				 u32 x, u32 y)
{
	return (s->k[2 * i + 1] + x) * (s->k[2 * i + 2] + y);
}

static inline u32 xtcp_hash_scatter(const struct xtcp_hash_secret *s, u64 sum)
{
	u32 u = sum >> 32;

	u = (u ^ u >> 16) * s->odd;
	return u ^ u >> 15;
}

/**
 * xtcp_hash4 - hash of four words: a connection of IPv4
 * @s: secret
 * @a: a word, as the three others
 * @b: a word
 * @c: a word
 * @d: a word
 *
 * Pure: no context, no lock.
 *
 * Return: 32 bits, all of them equally good.
 */
static inline u32 xtcp_hash4(const struct xtcp_hash_secret *s, u32 a, u32 b, u32 c, u32 d)
{
	return xtcp_hash_scatter(s, s->k[0] + xtcp_hash_pair(s, 0, a, b) +
				 xtcp_hash_pair(s, 1, c, d));
}

/**
 * xtcp_hash10 - hash of ten words: a connection of IPv6
 * @s: secret
 * @x: eight words
 * @c: the ninth
 * @d: the tenth
 *
 * Pure: no context, no lock.
 *
 * Return: 32 bits, all of them equally good.
 */
static inline u32 xtcp_hash10(const struct xtcp_hash_secret *s, const u32 x[8], u32 c, u32 d)
{
	return xtcp_hash_scatter(s, s->k[0] + xtcp_hash_pair(s, 0, x[0], x[1]) +
				 xtcp_hash_pair(s, 1, x[2], x[3]) +
				 xtcp_hash_pair(s, 2, x[4], x[5]) +
				 xtcp_hash_pair(s, 3, x[6], x[7]) +
				 xtcp_hash_pair(s, 4, c, d));
}

#endif /* XTCP_CORE_HASH_H */
