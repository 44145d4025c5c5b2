/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Minisocks: connections without a socket, which are requests and TIME-WAIT entries. See
 * docs/minisocks.md for their layout. conn.h describes their lifetime: the caller that
 * takes an entry out of the table ends it.
 *
 * The timer of an entry owns no reference. It is shut down once the entry is out of the
 * table; after that its first 16 bytes serve as the entry's rcu_head. A callback that still
 * runs finds the entry unhashed, and arming the timer has no effect.
 */
#ifndef XTCP_MINISOCK_H
#define XTCP_MINISOCK_H

#include "core/syn_received.h"
#include "core/time_wait.h"
#include <linux/types.h>

struct kmem_cache;
struct xtcp_key;

/**
 * struct xtcp_minisock_slab - slabs of one kind of entry
 * @cache4: for IPv4
 * @cache6: for IPv6: with room for two addresses
 */
struct xtcp_minisock_slab {
	struct kmem_cache *cache4;
	struct kmem_cache *cache6;
};

int xtcp_minisock_slab_init(struct xtcp_minisock_slab *slab, const char *name4, const char *name6,
			    size_t size);
void xtcp_minisock_slab_exit(struct xtcp_minisock_slab *slab);
void *xtcp_minisock_slab_alloc(const struct xtcp_minisock_slab *slab, u8 family);
void xtcp_minisock_slab_free(const struct xtcp_minisock_slab *slab, u8 family, void *mem);
u32 xtcp_minisock_stamp(const struct xtcp_key *key, bool ts_ok);
void xtcp_minisock_answer_init(u16 *answered);
bool xtcp_minisock_may_answer(u16 *answered);

#endif /* XTCP_MINISOCK_H */
