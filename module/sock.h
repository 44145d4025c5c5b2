/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The socket: a connection, or a listener.
 */
#ifndef XTCP_SOCK_H
#define XTCP_SOCK_H

#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/inet_sock.h>
#include "../include/compat.h"
#include "../include/uapi/xtcp.h"
#include "conn.h"
#include "core/deadline.h"
#include "core/fsm.h"
#include "core/send.h"
#include "core/tcb.h"
#include "core/usec.h"
#include "listener.h"
#include "net.h"
#include "port.h"
#include "timer.h"

/* xtcp_sock.urgent: state of the peer's urgent byte; 0: none */
#define XTCP_URGENT_COMING	0x100	/* its position is known from the urgent pointer */
#define XTCP_URGENT_BYTE	0x200	/* the byte itself, in the low eight bits */
#define XTCP_URGENT_READ	0x400	/* recv(MSG_OOB) has fetched it */

/**
 * struct xtcp_traffic - counts of a connection's traffic, for TCP_INFO
 * @bytes_acked: bytes that the peer has acknowledged; a FIN counts as one
 * @bytes_received: bytes received in order
 * @bytes_sent: bytes sent, retransmissions included
 * @bytes_retrans: bytes retransmitted
 * @segs_in: segments received
 * @segs_out: segments sent
 * @data_segs_in: segments received with data
 * @data_segs_out: segments sent with data
 * @segs_retrans: segments retransmitted
 * @una: SND.UNA as last seen, for @bytes_acked
 * @open: @una is valid, which it is once the connection is open
 */
struct xtcp_traffic {
	u64 bytes_acked;
	u64 bytes_received;
	u64 bytes_sent;
	u64 bytes_retrans;
	u32 segs_in;
	u32 segs_out;
	u32 data_segs_in;
	u32 data_segs_out;
	u32 segs_retrans;
	u32 una;
	bool open;
};

/**
 * struct xtcp_sock - an xtcp socket
 * @inet: the common part of all internet sockets; first
 * @tcb: the control block; only under the socket lock
 * @copied_seq: next sequence number that the program will read
 * @round_copied: bytes that the program has read in this round trip
 * @round_start: start of this round trip, us
 * @traffic: counts for TCP_INFO
 * @deferred: XTCP_DEFER_* bits, run by release_cb
 * @pmtu: path MTU from an ICMP error, for XTCP_DEFER_MTU
 * @own_ipopt: the program has set IPv4 options, or has tried to
 * @timer: the earliest deadline of @tcb
 * @armed: when @timer will expire, us; XTCP_NEVER when idle. It may expire early and find
 *	nothing due: a deadline that moves later is not moved in the wheel
 * @notsent_lowat: TCP_NOTSENT_LOWAT, bytes; 0: no limit but the send buffer
 * @tell_inq: TCP_INQ: each recvmsg() reports how many bytes are left
 * @save_syn: TCP_SAVE_SYN: children get @saved_syn
 * @saved_syn: TCP_SAVED_SYN, until the program has fetched it; NULL: none
 * @urgent: XTCP_URGENT_*
 * @urgent_seq: the sequence number of the urgent byte, when @urgent
 * @orphan_counted: counted among the namespace's orphans; drain.c reads it without a lock
 * @port: the local port that it holds
 * @accept_of: the listener in whose accept queue it is; NULL: in none. Changes under that
 *	queue's lock, and is read without it under rcu_read_lock()
 * @accept_node: in the accept queue
 * @accept_dead: in the accept queue's list of children that have ended
 * @listener: state of a listener
 * @entry: in the connection table
 * @entry_addr6: the addresses that follow an IPv6 entry
 *
 * Freed by RCU (SOCK_RCU_FREE).
 */
struct xtcp_sock {
	struct inet_sock inet;
	struct xtcp_tcb tcb;
	u32 copied_seq;
	u32 round_copied;
	u64 round_start;
	struct xtcp_traffic traffic;
	unsigned long deferred;
	u32 pmtu;
	bool own_ipopt;
	struct xtcp_timer timer;
	u64 armed;
	u32 notsent_lowat;
	bool tell_inq;
	bool orphan_counted;
	u8 save_syn;
	u16 urgent;
	u32 urgent_seq;
	struct xtcp_saved_syn *saved_syn;
	struct xtcp_port_owner port;
	struct sock *accept_of;
	struct list_head accept_node;
	struct list_head accept_dead;
	struct xtcp_listener listener;
	struct xtcp_entry entry;
	struct in6_addr entry_addr6[2];
};

/**
 * struct xtcp6_sock - an AF_INET6 xtcp socket
 * @xs: the common part
 * @np: the IPv6 part; last, which 6.1 requires
 */
struct xtcp6_sock {
	struct xtcp_sock xs;
	struct ipv6_pinfo np;
};

static inline struct xtcp_sock *xtcp_sk(const struct sock *sk)
{
	return (struct xtcp_sock *)sk;
}

static inline struct xtcp_sock *xtcp_entry_sock(struct xtcp_entry *e)
{
	return container_of(e, struct xtcp_sock, entry);
}

/* Are the socket's packets IPv4? Those of an AF_INET socket, or to a v4-mapped peer */
static inline bool xtcp_is_v4(const struct sock *sk)
{
	return sk->sk_family == AF_INET || ipv6_addr_v4mapped(&sk->sk_v6_daddr);
}

/* The record of a buffer, and the buffer of a record; skb->cb is 48 bytes */
static inline struct xtcp_rec *xtcp_skb_rec(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct xtcp_rec) > sizeof_field(struct sk_buff, cb));
	return (struct xtcp_rec *)skb->cb;
}

static inline struct sk_buff *xtcp_rec_skb(struct xtcp_rec *rec)
{
	return container_of((void *)rec, struct sk_buff, cb);
}

#endif /* XTCP_SOCK_H */
