/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests: connections in SYN-RECEIVED that are kept without a socket. minisock.h has what
 * they share with TIME-WAIT entries. All functions run under rcu_read_lock(), which keeps the
 * request.
 */
#ifndef XTCP_REQUEST_H
#define XTCP_REQUEST_H

#include "conn.h"
#include "core/syn_received.h"
#include "timer.h"

struct sk_buff;
struct xtcp_kept;
struct xtcp_seg;
struct xtcp_timewait;

/**
 * struct xtcp_request - a connection in SYN-RECEIVED
 * @timer: retransmits the SYN-ACK
 * @rcu: frees it, once the timer is shut down
 * @half: what was agreed; only the timer callback writes @half.retries
 * @listener_id: id of its listener, which is looked up by it; no reference. Changes when
 *	the listener has closed and the request migrates; 0 when it has left the table
 * @kept: data of the SYN that few connections have, kept out of line; or NULL
 * @before: the TIME-WAIT entry that the request has replaced, to go back to; or NULL
 * @mark: routing mark of the SYN-ACK
 * @answered: when a repeated or stray segment was last answered
 * @entry: in the connection table; last, IPv6 addresses follow
 *
 * 128 bytes; with IPv6 addresses 160.
 */
struct xtcp_request {
	union {
		struct xtcp_timer timer;
		struct rcu_head rcu;
	};
	struct xtcp_syn_received half;
	atomic64_t listener_id;
	struct xtcp_kept *kept;
	struct xtcp_timewait *before;
	u32 mark;
	u16 answered;
	struct xtcp_entry entry;
};

static inline struct xtcp_request *xtcp_entry_request(struct xtcp_entry *e)
{
	return container_of(e, struct xtcp_request, entry);
}

int xtcp_request_cache_init(void);
void xtcp_request_cache_exit(void);
struct sock *xtcp_request_listener(const struct xtcp_request *r);
bool xtcp_request_kill(struct xtcp_request *r);
void xtcp_request_expired(struct xtcp_timer *timer);
unsigned int xtcp_request_open(struct sock *listener, const struct xtcp_seg *seg,
			       const struct xtcp_key *key, struct sk_buff *skb,
			       struct xtcp_timewait *tw);
void xtcp_request_overflow(const struct sock *listener, struct xtcp_request *r,
			   struct sk_buff *skb, const struct xtcp_seg *seg,
			   const struct xtcp_key *key);
void xtcp_request_begin(struct sock *listener, struct sock *child, struct sk_buff *skb,
			struct xtcp_seg *seg, const struct xtcp_key *key);
void xtcp_request_rcv(struct xtcp_request *r, struct sk_buff *skb,
		      struct xtcp_seg *seg, const struct xtcp_key *key);

#endif /* XTCP_REQUEST_H */
