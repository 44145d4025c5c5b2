/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TIME-WAIT entries. minisock.h has what they share with requests.
 */
#ifndef XTCP_TIMEWAIT_H
#define XTCP_TIMEWAIT_H

#include "conn.h"
#include "core/time_wait.h"
#include "timer.h"

struct sk_buff;
struct xtcp_seg;

/**
 * struct xtcp_timewait - a connection in TIME-WAIT
 * @timer: 2 MSL
 * @rcu: frees it, once the timer is shut down
 * @tw: state of the connection; only @tw.restarts and @tw.heard change
 * @mark: routing mark of answers
 * @answered: when a stray segment was last answered, see xtcp_minisock_may_answer()
 * @tos: traffic class of answers
 * @claim: how it holds the local port: the socket's XTCP_CLAIM_* bits; and
 *	XTCP_TIME_WAIT_OVER, which the timer callback sets
 * @entry: in the connection table; last, IPv6 addresses follow. @entry.spare: the TTL or
 *	hop limit of answers, 0: the route's
 *
 * 88 bytes; with IPv6 addresses 120. While a request for a newer SYN has its place, the entry
 * is not hashed, and the request points to it; its timer goes on.
 */
struct xtcp_timewait {
	union {
		struct xtcp_timer timer;
		struct rcu_head rcu;
	};
	struct xtcp_time_wait tw;
	u32 mark;
	u16 answered;
	u8 tos;
	u8 claim;
	struct xtcp_entry entry;
};

/* xtcp_timewait.claim: the 2 MSL are over; distinct from all XTCP_CLAIM_* bits */
#define XTCP_TIME_WAIT_OVER	0x80

static inline struct xtcp_timewait *xtcp_entry_timewait(struct xtcp_entry *e)
{
	return container_of(e, struct xtcp_timewait, entry);
}

int xtcp_timewait_cache_init(void);
void xtcp_timewait_cache_exit(void);
void xtcp_timewait_end(struct xtcp_timewait *r);
void xtcp_timewait_kill(struct xtcp_timewait *r);
void xtcp_timewait_resume(struct xtcp_timewait *r);
void xtcp_timewait_expired(struct xtcp_timer *timer);
void xtcp_timewait_enter(struct sock *sk);
void xtcp_timewait_answer(struct xtcp_timewait *r, const struct sk_buff *skb,
			  const struct xtcp_key *key);
bool xtcp_timewait_is_fin(const struct xtcp_timewait *r, const struct xtcp_seg *seg);
bool xtcp_timewait_rcv(struct xtcp_timewait *r, struct sk_buff *skb,
		       const struct xtcp_seg *seg, const struct xtcp_key *key);

#endif /* XTCP_TIMEWAIT_H */
