// SPDX-License-Identifier: GPL-2.0
/*
 * What half-open and TIME-WAIT records share: key, timer and removal.
 */
#include "core/stamp.h"
#include "record.h"

/**
 * xtcp_record_key() - the key of a record, for looking up what goes with it
 * @e: a record's entry
 * @key: filled
 *
 * Context: any, with a reference on the record.
 */
void xtcp_record_key(const struct xtcp_entry *e, struct xtcp_key *key)
{
	key->net = read_pnet(&e->net);
	key->family = e->family;
	key->dif = e->bound_dev_if;
	key->sdif = 0;
	key->lport = e->lport;
	key->rport = e->rport;
	key->laddr = e->laddr;
	key->raddr = e->raddr;
	if (e->family == AF_INET6) {
		key->laddr6 = xtcp_entry_addr6(e)[0];
		key->raddr6 = xtcp_entry_addr6(e)[1];
	}
}

/**
 * xtcp_record_stamp() - the timestamp clock of a connection without a socket
 * @key: the connection
 * @ts_ok: it uses timestamps
 *
 * Context: any.
 * Return: TSval of an answer; 0 when it has none.
 */
u32 xtcp_record_stamp(const struct xtcp_key *key, bool ts_ok)
{
	if (!ts_ok)
		return 0;
	return xtcp_stamp(xtcp_now(), xtcp_key_hash_secret(key, XTCP_SALT_STAMP));
}

/**
 * xtcp_record_arm() - set a record's deadline, unless the record is gone
 * @e: its entry, with a reference of the caller's
 * @timer: its timer
 * @deadline: us
 *
 * Whoever removes a record unhashes it first and disarms it then. Looked at in
 * the other order here, one of the two always sees the other: no timer stays
 * armed on a record that has left the table.
 *
 * Context: any.
 */
void xtcp_record_arm(struct xtcp_entry *e, struct xtcp_timer *timer, u64 deadline)
{
	refcount_inc(&e->ref);
	if (!xtcp_timer_arm(timer, deadline))
		xtcp_entry_put(e);
	if (hlist_nulls_unhashed_lockless(&e->node) && xtcp_timer_disarm(timer))
		xtcp_entry_put(e);
}

/**
 * xtcp_record_remove() - take a record out of the table and stop its timer
 * @e: its entry, with a reference of the caller's
 * @timer: its timer
 *
 * Context: any.
 * Return: true when this call removed it; false when it was out already.
 */
bool xtcp_record_remove(struct xtcp_entry *e, struct xtcp_timer *timer)
{
	if (!xtcp_conn_remove(e))
		return false;
	if (xtcp_timer_disarm(timer))
		xtcp_entry_put(e);
	xtcp_entry_put(e);		/* the table's */
	return true;
}

/**
 * xtcp_record_may_answer() - may a stray segment be answered now?
 * @answered: the record's: when one was last, ms
 *
 * One answer in half a second, else two ends that disagree could send each other
 * ACKs for ever (RFC 5961 section 7).
 *
 * Context: any; of two that come at once both may be answered.
 * Return: true when it may; the time is noted.
 */
bool xtcp_record_may_answer(u32 *answered)
{
	u32 now = div_u64(xtcp_now(), XTCP_US_PER_MS);

	if (now - READ_ONCE(*answered) < 500)
		return false;
	WRITE_ONCE(*answered, now);
	return true;
}
