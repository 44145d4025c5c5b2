/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hash of the connection table. It is computed for each segment, so it must be fast, and a
 * remote must not be able to choose connections that share a bucket.
 *
 * Two steps, over 32-bit words x:
 *
 *   1. pairs	  S = k0 + (k1 + x1) * (k2 + x0) + (k3 + x3) * (k4 + x2) + ...	mod 2^64
 *		  u = the upper half of S
 *   2. scatter	  u --> a permutation of 32 bits that depends on the secret, too
 *
 * Step 1 is the pair-multiply hash of Dietzfelbinger (1996) and Thorup ("High speed
 * hashing for integers and strings", 2015, section 3.3). Under random keys it is strongly
 * universal: any two different inputs give independent, uniformly distributed values of u. So an
 * attacker without the keys can't do better than chance: it is proven that any two connections of
 * its choice share one of n buckets with probability 1/n.
 *
 * The proof covers an attacker that learns nothing about the results. One that measures response
 * times may learn that two connections share a bucket. With step 1 alone, this would reveal more:
 * inputs at the same distance give values at about the same distance. Step 2 separates
 * neighbouring values. It does not weaken the proof, because it is a permutation.
 */
#ifndef XTCP_CORE_HASH_H
#define XTCP_CORE_HASH_H

#include <linux/types.h>

#define XTCP_HASH_WORDS	10	/* two IPv6 addresses, ports, namespace */

/**
 * struct xtcp_hash_secret - the secret key of the hash
 * @k: keys of step 1: one for the sum, then one for each word
 * @odd: multiplier of step 2; xtcp_hash_secret_init() makes it odd
 *
 * Drawn at random, once.
 */
struct xtcp_hash_secret {
	u64 k[1 + XTCP_HASH_WORDS];
	u32 odd;
};

/* Multiplication modulo a power of two is a permutation only if the factor is odd */
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
 * xtcp_hash4 - hash four words: an IPv4 connection
 * @s: secret
 * @a: the first word
 * @b: the second
 * @c: the third
 * @d: the fourth
 *
 * Pure: no context, no lock.
 *
 * Return: 32 bits, any of which may select a bucket.
 */
static inline u32 xtcp_hash4(const struct xtcp_hash_secret *s, u32 a, u32 b, u32 c, u32 d)
{
	return xtcp_hash_scatter(s, s->k[0] + xtcp_hash_pair(s, 0, a, b) +
				 xtcp_hash_pair(s, 1, c, d));
}

/**
 * xtcp_hash10 - hash ten words: an IPv6 connection
 * @s: secret
 * @x: the first eight words
 * @c: the ninth
 * @d: the tenth
 *
 * Pure: no context, no lock.
 *
 * Return: 32 bits, any of which may select a bucket.
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
