// SPDX-License-Identifier: GPL-2.0
/*
 * What half-open and TIME-WAIT records share: slabs, the rate of answers, and the end
 * of their namespace.
 */
#include <linux/slab.h>
#include "conn.h"
#include "core/stamp.h"
#include "core/tcb.h"
#include "core/usec.h"
#include "minisock.h"
#include "timer.h"

/* The clock of answers: about 16 ms a tick, round in 18 minutes */
#define ANSWER_SHIFT	14
#define ANSWER_TICKS	((500 * XTCP_US_PER_MS) >> ANSWER_SHIFT)

/**
 * xtcp_minisock_slab_init() - make the slabs of one kind of record
 * @slab: result
 * @name4: of that for IPv4, in /proc/slabinfo
 * @name6: of that for IPv6
 * @size: of a record without IPv6 addresses
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
 * xtcp_minisock_slab_exit() - free the slabs, which are empty
 * @slab: slabs
 *
 * Context: module unload, after an rcu_barrier() that followed the last record's end.
 */
void xtcp_minisock_slab_exit(struct xtcp_minisock_slab *slab)
{
	kmem_cache_destroy(slab->cache6);
	kmem_cache_destroy(slab->cache4);
}

/**
 * xtcp_minisock_slab_alloc() - memory for a record
 * @slab: slabs of its kind
 * @family: of its packets
 *
 * Context: any.
 * Return: the record, not initialized, or NULL.
 */
void *xtcp_minisock_slab_alloc(const struct xtcp_minisock_slab *slab, u8 family)
{
	return kmem_cache_alloc(family == AF_INET ? slab->cache4 : slab->cache6, GFP_ATOMIC);
}

/**
 * xtcp_minisock_slab_free() - give a record's memory back
 * @slab: slabs of its kind
 * @family: of its packets
 * @record: it, which nobody can see any more
 *
 * Context: any.
 */
void xtcp_minisock_slab_free(const struct xtcp_minisock_slab *slab, u8 family, void *record)
{
	kmem_cache_free(family == AF_INET ? slab->cache4 : slab->cache6, record);
}

/**
 * xtcp_minisock_stamp() - the timestamp clock of a connection without a socket
 * @key: the connection
 * @ts_ok: it uses timestamps
 *
 * Context: any.
 * Return: TSval of an answer; 0 when it has none.
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
 * xtcp_minisock_answer_init() - a record has answered nothing yet
 * @answered: the record's
 */
void xtcp_minisock_answer_init(u16 *answered)
{
	*answered = answer_clock() - ANSWER_TICKS - 1;
}

/**
 * xtcp_minisock_may_answer() - may a stray segment be answered now?
 * @answered: the record's: when one was last
 *
 * One answer in half a second, else two ends that disagree could send each other
 * ACKs for ever (RFC 5961 section 7). The clock has 16 bits: an answer may be missed
 * that comes 18 minutes after the last.
 *
 * Context: any; of two that come at once both may be answered.
 * Return: true when it may; the time is noted.
 */
bool xtcp_minisock_may_answer(u16 *answered)
{
	u16 now = answer_clock();

	if ((u16)(now - READ_ONCE(*answered)) <= ANSWER_TICKS)
		return false;
	WRITE_ONCE(*answered, now);
	return true;
}
