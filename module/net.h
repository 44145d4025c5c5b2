/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What xtcp keeps for each network namespace: sysctls, counters, control sockets.
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
 * Counters of /proc/net/xtcp_stat, one line each. Each reason to drop a segment has its own.
 */
#define XTCP_COUNTERS(X)						\
	X(segments_in)		/* segments received */			\
	X(segments_out)		/* segments sent, replies included */	\
	X(active_opens)		/* connect() */				\
	X(passive_opens)	/* connections established by listeners */ \
	X(retransmits)		/* segments retransmitted */		\
	X(synack_retransmits)	/* SYN-ACKs retransmitted by the timer */ \
	X(resets_in)		/* RST received that ended a connection */ \
	X(resets_out)		/* RST sent */				\
	X(timeouts)		/* connections that timed out */	\
	X(keepalive_probes)	/* keepalive probes sent */		\
	X(window_probes)	/* zero-window probes sent */		\
	X(tw_created)		/* TIME-WAIT entries created */		\
	X(tw_reopened)		/* TIME-WAIT entries replaced by a newer SYN (RFC 6191) */ \
	X(tw_reused)		/* TIME-WAIT entries replaced by a connect() (tw_reuse) */ \
	X(tw_resumed)		/* TIME-WAIT entries restored: the SYN was an old duplicate */ \
	X(tw_overflow)		/* TIME-WAIT entries not created: max_tw_buckets or memory */ \
	X(halfopen_created)	/* requests created */			\
	X(halfopen_deferred)	/* final ACKs without data: TCP_DEFER_ACCEPT waits for data */ \
	X(halfopen_expired)	/* requests given up after synack_retries */ \
	X(cookies_sent)		/* SYN-ACKs with a classic cookie */	\
	X(cookies_valid)	/* connections from a returned classic cookie */ \
	X(cookies_invalid)	/* ACKs without a valid cookie */	\
	X(echo_sent)		/* SYN-ACKs with an echo cookie */	\
	X(echo_valid)		/* connections from a returned echo cookie */ \
	X(echo_forged)		/* echo cookies with an invalid seal */	\
	X(echo_expired)		/* echo cookies that were too old */	\
	X(echo_cut)		/* echo cookies that were truncated */	\
	X(echo_no_room)		/* no echo cookie sent: SYN-ACK longer than the SYN */ \
	X(listen_syn_drops)	/* SYN dropped: SYN queue full */	\
	X(listen_accept_drops)	/* SYN or final ACK dropped: accept queue full */ \
	X(listen_memory_drops)	/* SYN or final ACK dropped: no memory, no route */ \
	X(listen_aborts)	/* final ACK answered with RST: abort_on_overflow */ \
	X(migrated)		/* requests and children migrated: migrate_req */ \
	X(migrate_full)		/* not migrated: queue of the target full */ \
	X(migrate_alone)	/* not migrated: no other listener in the group */ \
	X(accept_gave_way)	/* ended in the accept queue, removed to make room */ \
	X(abort_on_close)	/* closed with unread data: RST */	\
	X(abort_on_linger)	/* closed with SO_LINGER 0: RST */	\
	X(orphan_overflow)	/* orphans reset: max_orphans */	\
	X(orphan_drained)	/* orphans reset: module parameter drain */ \
	X(send_no_memory)	/* segment not sent: no memory */	\
	X(drop_short)		/* shorter than a header */		\
	X(drop_offset)		/* bad data offset */			\
	X(drop_option)		/* bad option length */			\
	X(drop_flags)		/* impossible flags */			\
	X(drop_checksum)	/* bad checksum */			\
	X(drop_not_ours)	/* broadcast, multicast, or for another host */ \
	X(drop_policy)		/* refused by IPsec policy, socket filter or LSM */ \
	X(drop_min_ttl)		/* below IP_MINTTL */			\
	X(drop_no_socket)	/* no listener: answered with RST */	\
	X(drop_backlog)		/* socket backlog full */		\
	X(drop_memory)		/* no receive memory for the payload */	\
	X(drop_old)		/* entirely before RCV.NXT */		\
	X(drop_window)		/* outside the receive window */	\
	X(drop_ack_old)		/* ACK of data long acknowledged */	\
	X(drop_ack_future)	/* ACK of data never sent */		\
	X(drop_no_ack)		/* no ACK where it is required */	\
	X(drop_rst_invalid)	/* RST not at RCV.NXT */		\
	X(drop_syn_challenged)	/* SYN in a synchronized state */	\
	X(drop_paws)		/* timestamp too old */			\
	X(drop_no_stamp)	/* the agreed timestamp is missing */	\
	X(drop_closed)		/* data after the program has closed */	\
	X(drop_duplicate)	/* already in the reassembly queue */	\
	X(drop_not_expected)	/* not acceptable in this state */	\
	X(icmp_in)		/* ICMP errors that matched a connection */ \
	X(icmp_ignored)		/* ICMP errors that matched none */

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
 * struct xtcp_net - what xtcp keeps for a namespace
 * @knobs: values of /proc/sys/net/xtcp
 * @mib: counters
 * @ports: local ports
 * @ctl4: IPv4 control socket, which sends replies without a connection
 * @ctl6: IPv6 control socket; NULL if the kernel runs without IPv6
 * @orphans: sockets that no process has open any more
 * @tw_count: TIME-WAIT entries
 * @halfopen_count: requests
 * @cookie_epoch: the last epoch in which a classic cookie was sent
 * @knobs_table: private copy of the sysctl table
 * @knobs_header: its registration
 *
 * Lives from the namespace's init to its exit. A socket pins its namespace. Requests and
 * TIME-WAIT entries do not: pre_exit ends them.
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

/* Open-coded net_generic(): it is called about ten times per packet, and disabling preemption
 * is enough to hold off RCU
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
