/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records: connections that are kept without a socket. See conn.h for their
 * references and lifetimes.
 */
#ifndef XTCP_RECORD_H
#define XTCP_RECORD_H

#include "conn.h"
#include "core/halfopen.h"
#include "core/timewait.h"
#include "port.h"
#include "timer.h"

struct sk_buff;
struct sock;

/**
 * struct xtcp_halfopen_record - a connection in SYN-RECEIVED
 * @timer: retransmits the SYN-ACK
 * @half: what was agreed; changed only by the timer's callback (@half.retries)
 * @listener_id: the listener it is for; found again by lookup, not by reference
 * @mark: routing mark of the SYN-ACK
 * @answered: when a repeated or stray segment was last answered, ms
 * @entry: in the connection table; last, IPv6 addresses follow
 */
struct xtcp_halfopen_record {
	struct xtcp_timer timer;
	struct xtcp_halfopen half;
	u64 listener_id;
	u32 mark;
	u32 answered;
	struct xtcp_entry entry;
};

/**
 * struct xtcp_timewait_record - a connection in TIME-WAIT
 * @timer: 2 MSL
 * @tw: what is remembered; never changed
 * @mark: routing mark of answers
 * @answered: when a stray segment was last answered, ms
 * @tos: their traffic class
 * @claim: how it holds the local port: XTCP_CLAIM_* bits of the socket that it was
 * @entry: in the connection table; last, IPv6 addresses follow
 */
struct xtcp_timewait_record {
	struct xtcp_timer timer;
	struct xtcp_timewait tw;
	u32 mark;
	u32 answered;
	u8 tos;
	u8 claim;
	struct xtcp_entry entry;
};

static inline struct xtcp_halfopen_record *xtcp_entry_halfopen(struct xtcp_entry *e)
{
	return container_of(e, struct xtcp_halfopen_record, entry);
}

static inline struct xtcp_timewait_record *xtcp_entry_timewait(struct xtcp_entry *e)
{
	return container_of(e, struct xtcp_timewait_record, entry);
}

/* record.c: what both kinds share */
void xtcp_record_key(const struct xtcp_entry *e, struct xtcp_key *key);
void xtcp_record_arm(struct xtcp_entry *e, struct xtcp_timer *timer, u64 deadline);
bool xtcp_record_may_answer(u32 *answered);
u32 xtcp_record_stamp(const struct xtcp_key *key, bool ts_ok);
bool xtcp_record_remove(struct xtcp_entry *e, struct xtcp_timer *timer);

int xtcp_halfopen_cache_init(void);
void xtcp_halfopen_cache_exit(void);
void xtcp_halfopen_free(struct xtcp_halfopen_record *r);
void xtcp_halfopen_open(struct sock *listener, const struct xtcp_seg *seg,
			const struct xtcp_key *key, const struct sk_buff *skb,
			const u32 *iss_floor);
void xtcp_halfopen_rcv(struct xtcp_halfopen_record *r, struct sk_buff *skb,
		       struct xtcp_seg *seg, const struct xtcp_key *key);
void xtcp_halfopen_kill(struct xtcp_halfopen_record *r);
void xtcp_halfopen_kill_sync(struct xtcp_halfopen_record *r);

int xtcp_timewait_cache_init(void);
void xtcp_timewait_cache_exit(void);
void xtcp_timewait_free(struct xtcp_timewait_record *r);
void xtcp_timewait_enter(struct sock *sk);
bool xtcp_timewait_rcv(struct xtcp_timewait_record *r, struct sk_buff *skb,
		       const struct xtcp_seg *seg, const struct xtcp_key *key,
		       u32 *iss_floor);
void xtcp_timewait_kill_sync(struct xtcp_timewait_record *r);

#endif /* XTCP_RECORD_H */
