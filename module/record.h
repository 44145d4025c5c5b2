/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records: connections that are kept without a socket. docs/records.md draws them;
 * conn.h has their lifetime: whoever takes one out of the table ends it.
 *
 * A record's timer holds no reference. It is shut down when the record has left the
 * table; then its first 16 bytes are free for RCU to wait by. A callback that runs
 * meanwhile finds a record that is not hashed, and can arm nothing any more.
 */
#ifndef XTCP_RECORD_H
#define XTCP_RECORD_H

#include "conn.h"
#include "core/syn_received.h"
#include "core/time_wait.h"
#include "port.h"
#include "timer.h"

struct iphdr;
struct ip_options;
struct ip_options_rcu;
struct sk_buff;
struct sock;
struct xtcp_answer;

/**
 * struct xtcp_timewait_record - a connection in TIME-WAIT
 * @timer: 2 MSL
 * @rcu: frees it, once the timer is shut down
 * @tw: what is remembered; of it only @tw.heard changes
 * @mark: routing mark of answers
 * @answered: when a stray segment was last answered, see xtcp_record_may_answer()
 * @tos: their traffic class
 * @claim: how it holds the local port: XTCP_CLAIM_* bits of the socket that it was; and
 *	XTCP_TIMEWAIT_OVER, which the timer's callback sets
 * @entry: in the connection table; last, IPv6 addresses follow. @entry.spare: the TTL or
 *	hop limit of answers, 0: the route's
 *
 * 88 bytes; with IPv6 addresses 120. While a newer SYN is tried out it hangs on that
 * one's half-open record, not hashed, its time going on.
 */
struct xtcp_timewait_record {
	union {
		struct xtcp_timer timer;
		struct rcu_head rcu;
	};
	struct xtcp_timewait tw;
	u32 mark;
	u16 answered;
	u8 tos;
	u8 claim;
	struct xtcp_entry entry;
};

/* xtcp_timewait_record.claim: the 2 MSL are over; unlike any XTCP_CLAIM_* bit */
#define XTCP_TIMEWAIT_OVER	0x80

/**
 * struct xtcp_kept - what came with a SYN, out of line
 * @opt4: IPv4: IP options of our segments; the child's, when there is one
 * @syn6: IPv6: a clone of the SYN's packet, when the listener asked for what came with it;
 *	it has no device and no route
 * @saved: its headers, when the listener asked for them (TCP_SAVE_SYN)
 *
 * The record's, and lives as long.
 */
struct xtcp_kept {
	struct ip_options_rcu __rcu *opt4;
	struct sk_buff *syn6;
	struct xtcp_saved_syn *saved;
};

/**
 * struct xtcp_halfopen_record - a connection in SYN-RECEIVED
 * @timer: retransmits the SYN-ACK
 * @rcu: frees it, once the timer is shut down
 * @half: what was agreed; @half.retries is the timer's callback's
 * @listener_id: the listener it is for; found again by it, not by reference. Changes when
 *	that has closed and another inherits; 0 when the record has left the table
 * @kept: what came with the SYN and is not part of each record; seldom there
 * @before: the TIME-WAIT record that the SYN found, to go back to; or NULL
 * @mark: routing mark of the SYN-ACK
 * @answered: when a repeated or stray segment was last answered
 * @entry: in the connection table; last, IPv6 addresses follow
 *
 * 128 bytes; with IPv6 addresses 160.
 */
struct xtcp_halfopen_record {
	union {
		struct xtcp_timer timer;
		struct rcu_head rcu;
	};
	struct xtcp_halfopen half;
	atomic64_t listener_id;
	struct xtcp_kept *kept;
	struct xtcp_timewait_record *before;
	u32 mark;
	u16 answered;
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

/**
 * struct xtcp_slab - where records of one kind come from
 * @cache4: for IPv4
 * @cache6: for IPv6: two addresses more
 */
struct xtcp_slab {
	struct kmem_cache *cache4;
	struct kmem_cache *cache6;
};

/* record.c: what both kinds share */
int xtcp_slab_init(struct xtcp_slab *slab, const char *name4, const char *name6,
		   size_t size);
void xtcp_slab_exit(struct xtcp_slab *slab);
void *xtcp_slab_alloc(const struct xtcp_slab *slab, u8 family);
void xtcp_slab_free(const struct xtcp_slab *slab, u8 family, void *record);
u32 xtcp_record_stamp(const struct xtcp_key *key, bool ts_ok);
void xtcp_record_answer_init(u16 *answered);
bool xtcp_record_may_answer(u16 *answered);
void xtcp_record_drain(struct net *net);

/* All of these under rcu_read_lock(), which keeps the record */
int xtcp_halfopen_cache_init(void);
void xtcp_halfopen_cache_exit(void);
void xtcp_halfopen_open(struct sock *listener, const struct xtcp_seg *seg,
			const struct xtcp_key *key, struct sk_buff *skb,
			struct xtcp_timewait_record *before);
void xtcp_halfopen_rcv(struct xtcp_halfopen_record *r, struct sk_buff *skb,
		       struct xtcp_seg *seg, const struct xtcp_key *key);
struct sock *xtcp_halfopen_listener(const struct xtcp_halfopen_record *r);
bool xtcp_halfopen_kill(struct xtcp_halfopen_record *r);

/* Steps of a half-open connection, for records and for what has none (cookie.c) */
u16 xtcp_halfopen_adv_mss(const struct sock *listener, const struct sk_buff *skb,
			  const struct xtcp_key *key);
void xtcp_halfopen_agree(struct xtcp_halfopen *h, const struct sock *listener,
			 const struct xtcp_seg *syn, const struct xtcp_key *key,
			 const struct sk_buff *skb, u32 iss, u64 now);
void xtcp_halfopen_fill(struct xtcp_halfopen_record *r, const struct sock *listener,
			const struct xtcp_key *key, struct sk_buff *skb,
			const struct xtcp_seg *syn);
void xtcp_halfopen_origin(struct xtcp_halfopen_record *r, const struct sock *listener,
			  const struct xtcp_key *key, struct sk_buff *skb,
			  const struct xtcp_seg *syn);
struct xtcp_answer xtcp_halfopen_answer(const struct xtcp_halfopen_record *r,
					const struct sock *listener);
bool xtcp_halfopen_full(const struct sock *listener, struct xtcp_halfopen_record *r,
			struct sk_buff *skb, const struct xtcp_seg *seg,
			const struct xtcp_key *key);
void xtcp_halfopen_begin(struct sock *listener, struct sock *child, struct sk_buff *skb,
			 struct xtcp_seg *seg, const struct xtcp_key *key);

/* cookie.c: connections of which nothing is kept; softirq, under rcu_read_lock() */
void xtcp_cookie_answer(const struct sock *listener, const struct xtcp_seg *seg,
			const struct xtcp_key *key, struct sk_buff *skb);
bool xtcp_cookie_rcv(struct sock *listener, struct sk_buff *skb, struct xtcp_seg *seg,
		     const struct xtcp_key *key);

int xtcp_timewait_cache_init(void);
void xtcp_timewait_cache_exit(void);
void xtcp_timewait_enter(struct sock *sk);
bool xtcp_timewait_rcv(struct xtcp_timewait_record *r, const struct sk_buff *skb,
		       const struct xtcp_seg *seg, const struct xtcp_key *key);
void xtcp_timewait_kill(struct xtcp_timewait_record *r);
void xtcp_timewait_end(struct xtcp_timewait_record *r);
void xtcp_timewait_resume(struct xtcp_timewait_record *r);
bool xtcp_timewait_is_fin(const struct xtcp_timewait_record *r, const struct xtcp_seg *seg);
void xtcp_timewait_answer(struct xtcp_timewait_record *r, const struct sk_buff *skb,
			  const struct xtcp_key *key);
bool xtcp_timewait_gives_way(struct xtcp_entry *e, const struct xtcp_key *key, bool named);
int xtcp_timewait_supersede(struct xtcp_entry *e, const struct xtcp_key *key, bool named,
			    struct xtcp_timewait_record **before);

/* kept.c: what came with a SYN */
struct xtcp_kept *xtcp_kept_of_syn(const struct sock *listener, struct sk_buff *skb,
				   const struct xtcp_seg *seg, u8 family);
void xtcp_kept_to_child(struct xtcp_kept *kept, struct sock *child);
void xtcp_kept_free(struct xtcp_kept *kept);

/* ipopt.c: IPv4 options without a socket */
struct ip_options_rcu *xtcp_ipopt_of_skb(const struct sk_buff *skb);
void xtcp_ipopt_write(struct iphdr *iph, const struct ip_options *opt, __be32 laddr,
		      __be32 raddr);

#endif /* XTCP_RECORD_H */
