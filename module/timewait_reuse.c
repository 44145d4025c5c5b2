// SPDX-License-Identifier: GPL-2.0
/*
 * When connect() may replace a connection in TIME-WAIT (tw_reuse).
 */
#include <net/ipv6.h>
#include "conn.h"
#include "net.h"
#include "timer.h"
#include "timewait.h"
#include "timewait_reuse.h"

static bool key_is_loopback(const struct xtcp_key *key)
{
	if (key->family == AF_INET)
		return ipv4_is_loopback(key->laddr) || ipv4_is_loopback(key->raddr);
	return ipv6_addr_loopback(&key->laddr6) || ipv6_addr_loopback(&key->raddr6);
}

/**
 * xtcp_timewait_gives_way() - may connect() replace an entry?
 * @e: entry in the table
 * @key: its connection
 * @named: the program has chosen the port by bind(), so it wants this connection and no other
 *	port will do. Then it is enough that timestamps were used, as in the kernel's TCP:
 *	they identify old segments, and ISS is above all that was used
 *
 * Context: under rcu_read_lock().
 * Return: true when it is a TIME-WAIT entry, and timestamps and, unless @named, tw_reuse
 * allow it.
 */
bool xtcp_timewait_gives_way(struct xtcp_entry *e, const struct xtcp_key *key, bool named)
{
	const struct xtcp_knobs *knobs = &xtcp_net(key->net)->knobs;
	int reuse = READ_ONCE(knobs->reuse_tw);

	xtcp_rcu_held();
	if (e->kind != XTCP_ENTRY_TIMEWAIT || !READ_ONCE(knobs->timestamps))
		return false;
	if (named)
		return xtcp_entry_timewait(e)->tw.ts_ok;
	if (!reuse || (reuse == 2 && !key_is_loopback(key)))
		return false;
	return xtcp_time_wait_is_past(&xtcp_entry_timewait(e)->tw, xtcp_now());
}

/**
 * xtcp_timewait_supersede() - insert a connecting socket into the table, if need be in place
 *	of a TIME-WAIT entry
 * @e: the socket's entry, not hashed, its key set
 * @key: its connection
 * @named: as for xtcp_timewait_gives_way()
 * @tw: result: the TIME-WAIT entry that was replaced, for the caller to end: ISS must be
 *	above what it has used. Not set when there was none
 *
 * Context: any; takes the bucket's lock.
 * Return: 0, or -EADDRNOTAVAIL when the connection exists and does not give way.
 */
int xtcp_timewait_supersede(struct xtcp_entry *e, const struct xtcp_key *key, bool named,
			    struct xtcp_timewait **tw)
{
	int err = xtcp_conn_insert(e, key);
	struct xtcp_entry *other;

	if (!err)
		return 0;
	rcu_read_lock();
	other = xtcp_conn_lookup(key);
	if (other && other->bound_dev_if == e->bound_dev_if &&
	    xtcp_timewait_gives_way(other, key, named) && xtcp_conn_replace(other, e)) {
		*tw = xtcp_entry_timewait(other);
		xtcp_count(key->net, tw_reused);
		err = 0;
	}
	rcu_read_unlock();
	return err;
}
