/* SPDX-License-Identifier: GPL-2.0 */
/* The sysctls, per network namespace. */
#ifndef XTCP_CORE_KNOBS_H
#define XTCP_CORE_KNOBS_H

/**
 * struct xtcp_knobs - the sysctls of a network namespace
 *
 * Read at any time without a lock, by READ_ONCE(): every field is one int, written whole.
 * A value that the socket has set for itself takes precedence.
 *
 * @msl_ms: Maximum Segment Lifetime, ms; TIME-WAIT lasts twice as long
 * @keepalive_time: silence before the first keepalive probe, s
 * @keepalive_intvl: time between probes, s
 * @keepalive_probes: unanswered probes before the connection is given up
 * @max_syn_backlog: upper limit of requests of a listener (its SYN queue)
 * @max_accept_backlog: upper limit of listen()'s backlog argument
 * @syn_retries: retransmissions of a SYN
 * @synack_retries: retransmissions of a SYN-ACK
 * @mtu_probing: detect black holes (blackhole.c)
 * @rto_min_ms: least that is added to SRTT for the retransmission timeout, ms
 * @retries1: retransmissions before another route is looked for (R1)
 * @retries2: retransmissions before the connection is given up (R2)
 * @fin_timeout: how long an orphan stays in FIN-WAIT-2, s
 * @orphan_timeout: how long an orphan may live before FIN-WAIT-2, s
 * @orphan_retries: R2 of an orphan; 0: 8
 * @max_orphans: upper limit of orphans
 * @max_tw_buckets: upper limit of TIME-WAIT entries
 * @reuse_tw: tw_reuse: connect() may replace a TIME-WAIT entry (xtcp_time_wait_is_past()): 0
 *	never, 1 always, 2 on the loopback
 * @abort_on_overflow: answer the final ACK by RST when the accept queue is full
 * @migrate_req: when a listener closes, its requests and its accept queue migrate to another
 *	listener of the reuse port group
 * @syncookies: answer SYNs by cookies (syncookie.h): 0 never, 1 when the SYN queue is full,
 *	2 always
 * @soft_error_aborts: a soft ICMP error ends connect()
 * @echo_cookie: offer to echo a cookie, and answer such an offer with one (seal.h)
 * @window_scaling: offer and accept window scaling
 * @timestamps: offer and accept timestamps
 * @require_timestamps: where timestamps were agreed, drop segments without one
 * @sack: offer and accept SACK
 * @rmem: receive buffer, bytes: min, default, max
 * @wmem: send buffer, likewise
 */
struct xtcp_knobs {
	int msl_ms;
	int keepalive_time;
	int keepalive_intvl;
	int keepalive_probes;
	int max_syn_backlog;
	int max_accept_backlog;
	int syn_retries;
	int synack_retries;
	int mtu_probing;
	int rto_min_ms;
	int retries1;
	int retries2;
	int fin_timeout;
	int orphan_timeout;
	int orphan_retries;
	int max_orphans;
	int max_tw_buckets;
	int reuse_tw;
	int abort_on_overflow;
	int migrate_req;
	int syncookies;
	int soft_error_aborts;
	int echo_cookie;
	int window_scaling;
	int timestamps;
	int require_timestamps;
	int sack;
	int rmem[3];
	int wmem[3];
};

#endif /* XTCP_CORE_KNOBS_H */
