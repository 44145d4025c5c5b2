// SPDX-License-Identifier: GPL-2.0
/*
 * What requests and TIME-WAIT entries have in common: slabs, and a limit on the rate of
 * answers to stray segments.
 */
#include <linux/slab.h>
#include "conn.h"
#include "core/stamp.h"
#include "core/tcb.h"
#include "core/usec.h"
#include "minisock.h"
#include "timer.h"

/* The clock of that limit: about 16 ms per tick, wraps after 18 minutes */
#define ANSWER_SHIFT	14
#define ANSWER_TICKS	((500 * XTCP_US_PER_MS) >> ANSWER_SHIFT)

/**
 * xtcp_minisock_slab_init() - create the slabs of one kind of entry
 * @slab: result
 * @name4: name of the IPv4 slab in /proc/slabinfo
 * @name6: name of the IPv6 slab
 * @size: size of an entry without IPv6 addresses, bytes
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int xtcp_minisock_slab_init(struct xtcp_minisock_slab *slab, const char *name4, const char *name6,
			    size_t size)
{
	slab->cache4 = kmem_cache_create(name4, size, 0, 0, NULL);
	if (!slab->cache4)
		return -ENOMEM;
	slab->cache6 = kmem_cache_create(name6, size + 2 * sizeof(struct in6_addr), 0, 0,
					 NULL);
	if (slab->cache6)
		return 0;
	kmem_cache_destroy(slab->cache4);
	return -ENOMEM;
}

/**
 * xtcp_minisock_slab_exit() - destroy the slabs, which are empty
 * @slab: slabs
 *
 * Context: module unload, after an rcu_barrier() that followed the end of the last entry.
 */
void xtcp_minisock_slab_exit(struct xtcp_minisock_slab *slab)
{
	kmem_cache_destroy(slab->cache6);
	kmem_cache_destroy(slab->cache4);
}

/**
 * xtcp_minisock_slab_alloc() - allocate an entry
 * @slab: slabs of its kind
 * @family: AF_INET or AF_INET6, of its packets
 *
 * Context: any; does not sleep.
 * Return: memory that is not initialized, or NULL.
 */
void *xtcp_minisock_slab_alloc(const struct xtcp_minisock_slab *slab, u8 family)
{
	return kmem_cache_alloc(family == AF_INET ? slab->cache4 : slab->cache6, GFP_ATOMIC);
}

/**
 * xtcp_minisock_slab_free() - free an entry at once
 * @slab: slabs of its kind
 * @family: AF_INET or AF_INET6, of its packets
 * @mem: entry that no lookup can find any more
 *
 * Context: any.
 */
void xtcp_minisock_slab_free(const struct xtcp_minisock_slab *slab, u8 family, void *mem)
{
	kmem_cache_free(family == AF_INET ? slab->cache4 : slab->cache6, mem);
}

/**
 * xtcp_minisock_stamp() - TSval for a connection without a socket
 * @key: the connection
 * @ts_ok: it uses timestamps
 *
 * Context: any.
 * Return: TSval of an answer; 0 without timestamps.
 */
u32 xtcp_minisock_stamp(const struct xtcp_key *key, bool ts_ok)
{
	if (!ts_ok)
		return 0;
	return xtcp_stamp(xtcp_now(),
			  xtcp_hash_stamp(xtcp_key_hash_secret(key, XTCP_SALT_NUMBERS)));
}

static u16 answer_clock(void)
{
	return xtcp_now() >> ANSWER_SHIFT;
}

/**
 * xtcp_minisock_answer_init() - start the rate limit: no answer so far
 * @answered: time of the entry's last answer to a stray segment
 */
void xtcp_minisock_answer_init(u16 *answered)
{
	*answered = answer_clock() - ANSWER_TICKS - 1;
}

/**
 * xtcp_minisock_may_answer() - may a stray segment be answered now?
 * @answered: time of the entry's last answer
 *
 * At most one answer per half second. Otherwise two ends that disagree could send each
 * other ACKs for ever (RFC 5961 section 7). The clock has 16 bits, so an answer that would
 * go out about 18 minutes after the last one may be suppressed.
 *
 * Context: any; two concurrent calls may both return true.
 * Return: true if so; the time is noted.
 */
bool xtcp_minisock_may_answer(u16 *answered)
{
	u16 now = answer_clock();

	if ((u16)(now - READ_ONCE(*answered)) <= ANSWER_TICKS)
		return false;
	WRITE_ONCE(*answered, now);
	return true;
}
