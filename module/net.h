/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What belongs to a network namespace: knobs, counters, control sockets.
 */
#ifndef XTCP_NET_H
#define XTCP_NET_H

#include <linux/percpu.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "core/event.h"
#include "core/knobs.h"
#include "port.h"

/*
 * Counters of /proc/net/xtcp_stat, one line each: what it counts is its name's
 * comment. Each refusal of a segment has its own.
 */
#define XTCP_COUNTERS(X)						\
	X(segments_in)		/* segments received */			\
	X(segments_out)		/* segments sent, answers included */	\
	X(active_opens)		/* connect() */				\
	X(passive_opens)	/* connections a listener established */ \
	X(retransmits)		/* segments sent again */		\
	X(synack_retransmits)	/* SYN-ACKs sent again by the timer */	\
	X(resets_in)		/* RST that ended a connection */	\
	X(resets_out)		/* RST sent */				\
	X(timeouts)		/* connections given up */		\
	X(keepalive_probes)	/* keepalive probes sent */		\
	X(window_probes)	/* zero-window probes sent */		\
	X(tw_created)		/* TIME-WAIT records made */		\
	X(tw_reopened)		/* gave way to a newer SYN (RFC 6191) */	\
	X(tw_reused)		/* gave way to a connect() (tw_reuse) */ \
	X(tw_resumed)		/* took the place back: the SYN was an old one */ \
	X(tw_overflow)		/* not made: max_tw_buckets or memory */ \
	X(halfopen_created)	/* half-open records made */		\
	X(halfopen_deferred)	/* bare third segments that wait for data: TCP_DEFER_ACCEPT */ \
	X(halfopen_expired)	/* given up after synack_retries */	\
	X(cookies_sent)		/* SYN-ACKs that are classic cookies */	\
	X(cookies_valid)	/* connections that one brought back */	\
	X(cookies_invalid)	/* ACKs that are none of ours */	\
	X(echo_sent)		/* SYN-ACKs with a cookie to be echoed */ \
	X(echo_valid)		/* connections that one brought back */	\
	X(echo_forged)		/* its seal was broken */		\
	X(echo_expired)		/* it was too old */			\
	X(echo_cut)		/* it was cut short */			\
	X(echo_no_room)		/* not sent: longer than the SYN that asked for it */ \
	X(listen_syn_drops)	/* SYN refused: SYN queue full */	\
	X(listen_accept_drops)	/* SYN or third segment refused: accept queue full */ \
	X(listen_memory_drops)	/* SYN or third segment refused: no memory, no route */ \
	X(listen_aborts)	/* third segment answered by RST: abort_on_overflow */ \
	X(migrated)		/* connections that another listener inherited: migrate_req */ \
	X(migrate_full)		/* not inherited: its queue was full */ \
	X(migrate_alone)	/* not inherited: nobody else was in the group */ \
	X(accept_gave_way)	/* ended in the accept queue, and left it for a living one */ \
	X(abort_on_close)	/* closed with unread data: RST */	\
	X(abort_on_linger)	/* closed with SO_LINGER 0: RST */	\
	X(orphan_overflow)	/* orphans reset: max_orphans */	\
	X(orphan_drained)	/* orphans reset: module parameter drain */ \
	X(send_no_memory)	/* nothing sent for want of memory */	\
	X(drop_short)		/* shorter than a header */		\
	X(drop_offset)		/* bad data offset */			\
	X(drop_option)		/* bad option length */			\
	X(drop_flags)		/* impossible flags */			\
	X(drop_checksum)	/* bad checksum */			\
	X(drop_not_ours)	/* broadcast, multicast, or for another host */ \
	X(drop_policy)		/* refused by IPsec policy, filter or LSM */ \
	X(drop_min_ttl)		/* below IP_MINTTL */			\
	X(drop_no_socket)	/* nobody listens: answered by RST */	\
	X(drop_backlog)		/* the socket's backlog was full */	\
	X(drop_memory)		/* no receive memory for the payload */	\
	X(drop_old)		/* all before RCV.NXT */		\
	X(drop_window)		/* outside of the receive window */	\
	X(drop_ack_old)		/* acknowledges the distant past */	\
	X(drop_ack_future)	/* acknowledges what was never sent */	\
	X(drop_no_ack)		/* no ACK where it must be */		\
	X(drop_rst_invalid)	/* RST not at RCV.NXT */		\
	X(drop_syn_challenged)	/* SYN in a synchronized state */	\
	X(drop_paws)		/* timestamp too old */			\
	X(drop_no_stamp)	/* the agreed timestamp is missing */	\
	X(drop_closed)		/* data for a reader that is gone */	\
	X(drop_duplicate)	/* the reassembly queue had it */	\
	X(drop_not_expected)	/* the state has no use for it */	\
	X(icmp_in)		/* ICMP errors that matched a connection */ \
	X(icmp_ignored)		/* ICMP errors that did not */

enum xtcp_counter {
#define XTCP_COUNTER_ENUM(name) XTCP_COUNT_##name,
	XTCP_COUNTERS(XTCP_COUNTER_ENUM)
#undef XTCP_COUNTER_ENUM
	XTCP_COUNTER_KINDS
};

/**
 * struct xtcp_mib - one CPU's counters
 * @count: by enum xtcp_counter
 */
struct xtcp_mib {
	unsigned long count[XTCP_COUNTER_KINDS];
};

/**
 * struct xtcp_net - a namespace's part of xtcp
 * @knobs: /proc/sys/net/xtcp
 * @mib: counters
 * @ports: local ports
 * @ctl4: control socket: what leaves without a socket of its own, IPv4
 * @ctl6: likewise, IPv6; NULL where the kernel runs without IPv6
 * @orphans: sockets that no process has any more
 * @tw_count: TIME-WAIT records
 * @halfopen_count: half-open records
 * @cookie_epoch: the last in which a classic cookie was sent
 * @knobs_table: private copy of the sysctl table
 * @knobs_header: its registration
 *
 * Lives from the namespace's init to its exit. A socket pins its namespace;
 * records don't: drain_records() ends them before the exit goes on.
 */
struct xtcp_net {
	struct xtcp_knobs knobs;
	struct xtcp_mib __percpu *mib;
	struct xtcp_ports ports;
	struct sock *ctl4;
	struct sock *ctl6;
	atomic_t orphans;
	atomic_t tw_count;
	atomic_t halfopen_count;
	u32 cookie_epoch;
	struct ctl_table *knobs_table;
	struct ctl_table_header *knobs_header;
};

extern unsigned int xtcp_net_id;

/* As net_generic() does, which has an rcu_read_lock() of its own: two calls into the kernel,
 * that a segment would make ten times. Where nothing preempts RCU waits just as well
 */
static inline struct xtcp_net *xtcp_net(const struct net *net)
{
	struct xtcp_net *xn;

	preempt_disable();
	xn = rcu_dereference_sched(net->gen)->ptr[xtcp_net_id];
	preempt_enable();
	return xn;
}

static inline void xtcp_count_add(const struct net *net, enum xtcp_counter c,
				  unsigned long n)
{
	this_cpu_add(xtcp_net(net)->mib->count[c], n);
}

#define xtcp_count(net, name) xtcp_count_add(net, XTCP_COUNT_##name, 1)

int xtcp_net_register(void);
void xtcp_net_unregister(void);

#endif /* XTCP_NET_H */
