/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records: connections that are kept without a socket. docs/records.md draws them;
 * conn.h has their lifetime: whoever takes one out of the table ends it.
 *
 * A record's timer holds no reference. It is shut down when the record has left the
 * table; then its first 16 bytes are free for RCU to wait by. A callback that runs
 * meanwhile finds a record that is not hashed, and can arm nothing any more.
 */
#ifndef XTCP_MINISOCK_H
#define XTCP_MINISOCK_H

#include "core/syn_received.h"
#include "core/time_wait.h"
#include <linux/types.h>

struct kmem_cache;
struct xtcp_key;

/**
 * struct xtcp_minisock_slab - where records of one kind come from
 * @cache4: for IPv4
 * @cache6: for IPv6: two addresses more
 */
struct xtcp_minisock_slab {
	struct kmem_cache *cache4;
	struct kmem_cache *cache6;
};

int xtcp_minisock_slab_init(struct xtcp_minisock_slab *slab, const char *name4, const char *name6,
		   size_t size);
void xtcp_minisock_slab_exit(struct xtcp_minisock_slab *slab);
void *xtcp_minisock_slab_alloc(const struct xtcp_minisock_slab *slab, u8 family);
void xtcp_minisock_slab_free(const struct xtcp_minisock_slab *slab, u8 family, void *record);
u32 xtcp_minisock_stamp(const struct xtcp_key *key, bool ts_ok);
void xtcp_minisock_answer_init(u16 *answered);
bool xtcp_minisock_may_answer(u16 *answered);

#endif /* XTCP_MINISOCK_H */
