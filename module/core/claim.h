/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Claims: what a socket or a TIME-WAIT record wants of a local port for itself, and
 * whether two claims go together.
 */
#ifndef XTCP_CORE_CLAIM_H
#define XTCP_CORE_CLAIM_H

#include <linux/types.h>

/* How a port is held. A TIME-WAIT record keeps these bits in a byte */
#define XTCP_CLAIM_BOUND	0x01	/* by bind() or listen(): not for connect() to share */
#define XTCP_CLAIM_REUSE	0x02	/* SO_REUSEADDR */
#define XTCP_CLAIM_REUSEPORT	0x04	/* SO_REUSEPORT */
#define XTCP_CLAIM_V6ONLY	0x08	/* IPV6_V6ONLY */
#define XTCP_CLAIM_V6		0x10	/* the local address is IPv6's, not v4-mapped */
#define XTCP_CLAIM_V6SOCK	0x20	/* an AF_INET6 socket */
#define XTCP_CLAIM_ANY		0x40	/* every address of the family */

/**
 * struct xtcp_claim - what is claimed of a port
 * @how: XTCP_CLAIM_* bits
 * @listening: in LISTEN
 * @timewait: claimed by TIME-WAIT records: no user's, and of an IPv6 address only
 *	the digest is known
 * @addr: local IPv4 address; digest of an IPv6 address; any number with
 *	XTCP_CLAIM_ANY
 * @addr6: local IPv6 address
 * @dev: device it is bound to, 0: any
 * @domain: the l3mdev (VRF) whose ports are meant, 0: none
 * @uid: whose it is
 */
struct xtcp_claim {
	u8 how;
	bool listening;
	bool timewait;
	u32 addr;
	u32 addr6[4];
	int dev;
	int domain;
	u32 uid;
};

/* What a port is wanted for */
enum xtcp_bind_mode {
	XTCP_BIND_NAMED,	/* bind() to this port: as much is shared as may be */
	XTCP_BIND_UNUSED,	/* bind() to any port: one that nobody has */
	XTCP_BIND_REUSED,	/* likewise, when all are had (ip_autobind_reuse) */
};

bool xtcp_claims_conflict(const struct xtcp_claim *mine, const struct xtcp_claim *other,
			  enum xtcp_bind_mode mode);

/**
 * struct xtcp_hold - what so many TIME-WAIT records hold of a port in the same way
 * @addr: local IPv4 address, or digest of the IPv6 one
 * @dev: device they are bound to, 0: any
 * @count: how many; 0: none, and the rest means nothing
 * @how: XTCP_CLAIM_* bits, without XTCP_CLAIM_V6SOCK, which makes no difference
 */
struct xtcp_hold {
	u32 addr;
	int dev;
	u32 count;
	u8 how;
};

/* Bits of a slot in the table of ports. 0: nobody has the port. With neither an
 * inline hold, nor 0: a pointer, but for XTCP_SLOT_BOUND
 */
#define XTCP_SLOT_INLINE	0x1ULL	/* the slot is a hold, not a pointer */
#define XTCP_SLOT_BOUND		0x2ULL	/* somebody got the port by bind() or listen() */

u64 xtcp_hold_pack(const struct xtcp_hold *hold);
void xtcp_hold_unpack(struct xtcp_hold *hold, u64 slot);

#endif /* XTCP_CORE_CLAIM_H */
