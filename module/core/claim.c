// SPDX-License-Identifier: GPL-2.0
/*
 * Claims on a local port: which of them conflict. The rules are those of the kernel's TCP, oddities
 * included, because programs rely on them.
 */
#include <linux/types.h>

#include "claim.h"

static bool is_v6(const struct xtcp_claim *c)
{
	return c->how & XTCP_CLAIM_V6;
}

static bool is_any(const struct xtcp_claim *c)
{
	return c->how & XTCP_CLAIM_ANY;
}

static bool same_addr6(const struct xtcp_claim *a, const struct xtcp_claim *b)
{
	if (a->timewait || b->timewait)
		return a->addr == b->addr;
	return a->addr6[0] == b->addr6[0] && a->addr6[1] == b->addr6[1] &&
	       a->addr6[2] == b->addr6[2] && a->addr6[3] == b->addr6[3];
}

/*
 * Does an IPv4 claim overlap an IPv6 one? The wildcard of an AF_INET socket conflicts with a
 * specific IPv6 address, but not the other way around. The kernel's TCP does the same.
 */
static bool meets_v6(const struct xtcp_claim *mine, const struct xtcp_claim *other)
{
	if (other->how & XTCP_CLAIM_V6ONLY)
		return false;
	return is_any(other) || (is_any(mine) && !(mine->how & XTCP_CLAIM_V6SOCK));
}

static bool addrs_meet(const struct xtcp_claim *mine, const struct xtcp_claim *other)
{
	if (is_v6(mine) != is_v6(other)) {
		if (is_v6(other))
			return meets_v6(mine, other);
		return is_any(mine) && !(mine->how & XTCP_CLAIM_V6ONLY);
	}
	if (is_any(mine) || is_any(other))
		return true;
	return is_v6(mine) ? same_addr6(mine, other) : mine->addr == other->addr;
}

static bool both(const struct xtcp_claim *a, const struct xtcp_claim *b, u8 bit)
{
	return a->how & b->how & bit;
}

static bool may_share(const struct xtcp_claim *mine, const struct xtcp_claim *other,
		      enum xtcp_bind_mode mode)
{
	bool reuse = both(mine, other, XTCP_CLAIM_REUSE) && !other->listening;
	bool group = both(mine, other, XTCP_CLAIM_REUSEPORT) &&
		     (other->timewait || mine->uid == other->uid);

	switch (mode) {
	case XTCP_BIND_NAMED:
		return reuse || group;
	case XTCP_BIND_REUSED:
		return reuse && !group;
	default:
		return false;
	}
}

/**
 * xtcp_claims_conflict - does a claim on a port conflict with an existing one?
 * @mine: the claim to be made
 * @other: the existing claim
 * @mode: what the port is wanted for
 *
 * Two claims conflict if a segment could be meant for either of them, and their sockets have not
 * agreed to share. A segment could be meant for either if the VRF is the same, the device is the
 * same or one of them is on any device, and the addresses overlap. Sockets agree to share by
 * SO_REUSEADDR, unless @other is in LISTEN, or by SO_REUSEPORT, if both belong to the same user
 * id.
 *
 * Context: any.
 *
 * Return: true when @mine must be refused.
 */
bool xtcp_claims_conflict(const struct xtcp_claim *mine, const struct xtcp_claim *other,
			  enum xtcp_bind_mode mode)
{
	if (mine->domain != other->domain)
		return false;
	if (mine->dev && other->dev && mine->dev != other->dev)
		return false;
	return addrs_meet(mine, other) && !may_share(mine, other, mode);
}

/*
 * A hold in a slot of the port table:
 *
 *	63		    32 31		 8 7	   1  0
 *	+---------------------+-------------------+---------+---+
 *	| address, or digest  |	      count	  |   how   | 1 |
 *	+---------------------+-------------------+---------+---+
 *
 * The lowest bit of "how" is XTCP_CLAIM_BOUND, so it coincides with XTCP_SLOT_BOUND.
 */
#define SLOT_HOW_SHIFT		1
#define SLOT_HOW_MASK		0x7f
#define SLOT_COUNT_SHIFT	8
#define SLOT_COUNT_MASK		0xffffff
#define SLOT_ADDR_SHIFT		32

/**
 * xtcp_hold_pack - pack a hold into a slot
 * @hold: hold, its count not 0
 *
 * Context: any.
 *
 * Return: the slot; 0 when the hold does not fit, because it is bound to a device or its count is
 * too large.
 */
u64 xtcp_hold_pack(const struct xtcp_hold *hold)
{
	if (hold->dev || hold->count > SLOT_COUNT_MASK)
		return 0;
	return (u64)hold->addr << SLOT_ADDR_SHIFT |
	       (u64)hold->count << SLOT_COUNT_SHIFT |
	       (u64)(hold->how & SLOT_HOW_MASK) << SLOT_HOW_SHIFT | XTCP_SLOT_INLINE;
}

/**
 * xtcp_hold_unpack - unpack a hold from a slot
 * @hold: result
 * @slot: what xtcp_hold_pack() returned
 *
 * Context: any.
 */
void xtcp_hold_unpack(struct xtcp_hold *hold, u64 slot)
{
	hold->addr = slot >> SLOT_ADDR_SHIFT;
	hold->dev = 0;
	hold->count = slot >> SLOT_COUNT_SHIFT & SLOT_COUNT_MASK;
	hold->how = slot >> SLOT_HOW_SHIFT & SLOT_HOW_MASK;
}
