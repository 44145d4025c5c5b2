/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Claims: how a socket or a TIME-WAIT entry holds, or wants to hold, a local port, and whether two
 * claims conflict.
 */
#ifndef XTCP_CORE_CLAIM_H
#define XTCP_CORE_CLAIM_H

#include <linux/types.h>

/* How a port is held. A TIME-WAIT entry keeps these bits in one byte */
#define XTCP_CLAIM_BOUND	0x01	/* by bind() or listen(): connect() must not share it */
#define XTCP_CLAIM_REUSE	0x02	/* SO_REUSEADDR */
#define XTCP_CLAIM_REUSEPORT	0x04	/* SO_REUSEPORT */
#define XTCP_CLAIM_V6ONLY	0x08	/* IPV6_V6ONLY */
#define XTCP_CLAIM_V6		0x10	/* the local address is IPv6 and not v4-mapped */
#define XTCP_CLAIM_V6SOCK	0x20	/* an AF_INET6 socket */
#define XTCP_CLAIM_ANY		0x40	/* every address of the family */

/**
 * struct xtcp_claim - a claim on a local port
 * @how: XTCP_CLAIM_* bits
 * @listening: the socket is in LISTEN
 * @timewait: TIME-WAIT entries hold the port: @uid is not known, and of an IPv6 address only the
 *	digest is
 * @addr: local IPv4 address; digest of an IPv6 address; any value with
 *	XTCP_CLAIM_ANY
 * @addr6: local IPv6 address
 * @dev: device it is bound to, 0: any
 * @domain: the VRF (l3mdev) that the claim is in, 0: none
 * @uid: user id of the socket
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
	XTCP_BIND_NAMED,	/* bind() to this port: share it if both allow it */
	XTCP_BIND_UNUSED,	/* bind() to any port: one without a conflicting holder */
	XTCP_BIND_REUSED,	/* likewise, if there is none: share (ip_autobind_reuse) */
};

bool xtcp_claims_conflict(const struct xtcp_claim *mine, const struct xtcp_claim *other,
			  enum xtcp_bind_mode mode);

/**
 * struct xtcp_hold - TIME-WAIT entries that hold a port in the same way
 * @addr: local IPv4 address, or digest of the IPv6 one
 * @dev: device they are bound to, 0: any
 * @count: number of entries; if 0, the other fields mean nothing
 * @how: XTCP_CLAIM_* bits, without XTCP_CLAIM_V6SOCK, which makes no difference
 */
struct xtcp_hold {
	u32 addr;
	int dev;
	u32 count;
	u8 how;
};

/* Bits of a slot in the port table. 0: the port is free. With XTCP_SLOT_INLINE the slot is a
 * hold; otherwise it is a pointer, with XTCP_SLOT_BOUND or'ed in
 */
#define XTCP_SLOT_INLINE	0x1ULL	/* the slot is a hold, not a pointer */
#define XTCP_SLOT_BOUND		0x2ULL	/* a holder got the port by bind() or listen() */

u64 xtcp_hold_pack(const struct xtcp_hold *hold);
void xtcp_hold_unpack(struct xtcp_hold *hold, u64 slot);

#endif /* XTCP_CORE_CLAIM_H */
