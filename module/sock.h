/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The socket: what a full connection or a listener is made of.
 */
#ifndef XTCP_SOCK_H
#define XTCP_SOCK_H

#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <net/inet_sock.h>
#include "../include/compat.h"
#include "../include/uapi/xtcp.h"
#include "conn.h"
#include "core/tcb.h"
#include "net.h"
#include "port.h"
#include "timer.h"

/* xtcp_sock.deferred: what waits for the socket's owner to let go */
enum {
	XTCP_DEFER_TIMER,
	XTCP_DEFER_MTU,
	XTCP_DEFER_OUTPUT,
};

/* xtcp_sock.urgent: what is known of the peer's urgent byte; 0: nothing */
#define XTCP_URGENT_COMING	0x100	/* its place, from the urgent pointer */
#define XTCP_URGENT_BYTE	0x200	/* the byte itself, in the low eight bits */
#define XTCP_URGENT_READ	0x400	/* recv(MSG_OOB) has fetched it */

struct xtcp_halfopen_record;
struct xtcp_timewait_record;

/*
 * What a listener counts: the name of its column in /proc/net/xtcp_listen, and the
 * namespace's counter of the same
 */
#define XTCP_LISTEN_COUNTERS(X)			\
	X(syn_full, listen_syn_drops)		\
	X(accept_full, listen_accept_drops)	\
	X(no_memory, listen_memory_drops)	\
	X(aborted, listen_aborts)		\
	X(expired, halfopen_expired)		\
	X(cookies_sent, cookies_sent)		\
	X(cookies_valid, cookies_valid)		\
	X(cookies_invalid, cookies_invalid)	\
	X(echo_sent, echo_sent)			\
	X(echo_valid, echo_valid)		\
	X(echo_forged, echo_forged)		\
	X(echo_expired, echo_expired)		\
	X(echo_cut, echo_cut)			\
	X(echo_no_room, echo_no_room)		\
	X(migrated, migrated)			\
	X(migrate_full, migrate_full)		\
	X(gave_way, accept_gave_way)

enum xtcp_listen_counter {
#define XTCP_LISTEN_ENUM(name, of_net) XTCP_LISTEN_##name,
	XTCP_LISTEN_COUNTERS(XTCP_LISTEN_ENUM)
#undef XTCP_LISTEN_ENUM
	XTCP_LISTEN_COUNTER_KINDS
};

/**
 * struct xtcp_listen_mib - one CPU's counters of a listener
 * @count: by enum xtcp_listen_counter
 */
struct xtcp_listen_mib {
	unsigned long count[XTCP_LISTEN_COUNTER_KINDS];
};

/**
 * struct xtcp_saved_syn - the headers of the SYN that a socket was opened by
 * @len: bytes
 * @data: them, as they were on the wire
 */
struct xtcp_saved_syn {
	u32 len;
	u8 data[];
};

/**
 * struct xtcp_traffic - what has gone to and fro on a connection, for TCP_INFO
 * @bytes_acked: bytes that the peer has acknowledged; a FIN is one, too
 * @bytes_received: bytes that have come in order
 * @bytes_sent: bytes in segments that were sent, again or not
 * @bytes_again: of those, again
 * @segs_in: segments that have come
 * @segs_out: segments that were sent
 * @data_segs_in: of those that have come, with data
 * @data_segs_out: of those that were sent, with data
 * @segs_again: of those, again
 * @una: SND.UNA when it was looked at last, for @bytes_acked
 * @open: it was, since the connection is open
 */
struct xtcp_traffic {
	u64 bytes_acked;
	u64 bytes_received;
	u64 bytes_sent;
	u64 bytes_again;
	u32 segs_in;
	u32 segs_out;
	u32 data_segs_in;
	u32 data_segs_out;
	u32 segs_again;
	u32 una;
	bool open;
};

/**
 * struct xtcp_listener - what a listening socket keeps
 * @node: place in the listener table (RCU)
 * @id: unlike any other listener's: half-open records name it and hold no reference on
 *	it. Its upper half is its SO_REUSEPORT group's. Changes under listen_lock (listen.c)
 *	while it is in no list; read by who has found it in one
 * @halfopen: half-open records that name it
 * @lock: guards @children and @dead; taken with softirqs off, inside of the socket locks
 *	of listener and child
 * @children: not accepted yet, by xtcp_sock.accept_node; each holds the reference that
 *	accept() hands to the user
 * @dead: those of @children whose connection has ended meanwhile, by xtcp_sock.accept_dead,
 *	the oldest first: they give way when the queue is full
 * @dead_count: how many; also read without @lock
 * @defer: TCP_DEFER_ACCEPT, as xtcp_halfopen.defer has it
 * @mib: what was refused and why, since it first listened; freed with the socket
 */
struct xtcp_listener {
	struct hlist_node node;
	u64 id;
	atomic_t halfopen;
	u8 defer;
	spinlock_t lock;	/* of children and dead */
	struct list_head children;
	struct list_head dead;
	u32 dead_count;
	struct xtcp_listen_mib __percpu *mib;
};

/**
 * struct xtcp_sock - an xtcp socket
 * @inet: what every internet socket has; first
 * @tcb: the control block; only under the socket lock
 * @copied_seq: next sequence number the user will read
 * @round_copied: bytes the user has read in this round trip
 * @round_start: when it began, us
 * @traffic: what has gone to and fro
 * @deferred: XTCP_DEFER_* bits, run by release_cb
 * @pmtu: path MTU that an ICMP error told, for XTCP_DEFER_MTU
 * @own_ipopt: the IPv4 options are the program's, or it has tried to set some
 * @timer: the earliest deadline of @tcb
 * @armed: when @timer will fire, us; XTCP_NEVER when idle. It may fire early and find
 *	nothing due: a deadline that moves later is not moved in the wheel
 * @notsent_lowat: TCP_NOTSENT_LOWAT, bytes; 0: the send buffer alone limits
 * @tell_inq: TCP_INQ: each recvmsg() tells what is left
 * @save_syn: TCP_SAVE_SYN: children are to have @saved_syn
 * @saved_syn: TCP_SAVED_SYN, until the user has fetched it; NULL: nothing
 * @urgent: XTCP_URGENT_*
 * @urgent_seq: the sequence number of the urgent byte, when @urgent
 * @orphan_counted: among the namespace's orphans; drain.c reads it without a lock
 * @port: what it holds of its local port
 * @accept_of: the listener in whose queue it is, before accept(); NULL: in none. Changes
 *	under that one's lock, and is read without it under rcu_read_lock()
 * @accept_node: in the listener's queue, before accept()
 * @accept_dead: in the list of those that died there
 * @listener: the listening part
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

/* The reader stands at the mark */
static inline bool xtcp_urgent_at(const struct xtcp_sock *xs, u32 seq)
{
	return xs->urgent && xs->urgent_seq == seq;
}

/* The socket's packets are IPv4: an AF_INET socket, or a v4-mapped peer */
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

extern int xtcp_protocol;	/* the IP protocol number, see main.c */
extern struct proto xtcp_prot;
extern struct proto xtcpv6_prot;
extern const struct proto_ops xtcp_stream_ops;
extern const struct proto_ops xtcp6_stream_ops;

/* Receive path, in packet order; softirq, under rcu_read_lock() */
int xtcp_v4_rcv(struct sk_buff *skb);
int xtcp_v6_rcv(struct sk_buff *skb);
bool xtcp_parse(struct sk_buff *skb, struct net *net, struct xtcp_seg *seg);
void xtcp_skb_key(const struct sk_buff *skb, const struct xtcp_seg *seg,
		  struct xtcp_key *key);
bool xtcp_from_broadcast(struct net *net, const struct sk_buff *skb);
bool xtcp_admitted(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg);
void xtcp_skb_part(struct sk_buff *skb);
void xtcp_sock_give(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg);
void xtcp_sock_rcv(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg);
void xtcp_listen_rcv(struct sock *listener, struct sk_buff *skb, struct xtcp_seg *seg,
		     const struct xtcp_key *key, struct xtcp_timewait_record *before);

/* Under the socket lock: process context, or softirq with the socket not owned */
void xtcp_input(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg);
int xtcp_backlog_rcv(struct sock *sk, struct sk_buff *skb);
void xtcp_event(struct sock *sk, const struct xtcp_event *ev);
void xtcp_event_kind(struct sock *sk, enum xtcp_event_kind kind);
void xtcp_act(struct sock *sk, struct xtcp_actions *act);
void xtcp_deliver(struct sock *sk, struct xtcp_rec *chain);
void xtcp_output(struct sock *sk);
int xtcp_xmit(struct sock *sk, struct sk_buff *payload, const struct xtcp_out *out);
bool xtcp_cut(struct sock *sk, struct xtcp_rec *rec, u32 len);
void xtcp_urgent_notice(struct sock *sk, u32 up);
void xtcp_urgent_arrive(struct sock *sk);
void xtcp_free_chain(struct sock *sk, struct xtcp_rec *chain);
void xtcp_rearm(struct sock *sk);
u32 xtcp_rcv_free(const struct sock *sk);
int xtcp_sndbuf_take(struct sock *sk, int want);
void xtcp_sndbuf_grow(struct sock *sk);
void xtcp_rcvbuf_grow(struct sock *sk, u32 copied);
void xtcp_sync_path(struct sock *sk, const struct dst_entry *dst);
struct dst_entry *xtcp_route(struct sock *sk);
struct dst_entry *xtcp_route6(struct sock *sk, struct flowi6 *fl6);

/**
 * struct xtcp_answer - how a segment leaves that no socket sends
 * @oif: device to send by; 0: as routed
 * @mark: routing mark
 * @flowlabel: IPv6: flow label
 * @opt4: IPv4: IP options, or NULL
 * @owner: listener in whose name it goes: its user, TTL, priority, IPv6 options, cgroup;
 *	NULL: nobody's
 * @tos: traffic class
 * @ttl: without @owner: TTL or hop limit; 0: the route's
 * @foreign: without @owner: our address need not be this host's (IP_TRANSPARENT)
 *
 * docs/policy.md tells who has what of whom.
 */
struct xtcp_answer {
	int oif;
	u32 mark;
	__be32 flowlabel;
	const struct ip_options_rcu *opt4;
	const struct sock *owner;
	u8 tos;
	u8 ttl;
	bool foreign;
};

/* Answers without a socket: softirq, under rcu_read_lock() */
void xtcp_reply(const struct xtcp_key *key, const struct xtcp_answer *answer,
		struct xtcp_out *out);
void xtcp_reply_in(const struct xtcp_key *key, const struct xtcp_answer *answer,
		   struct xtcp_out *out, struct sk_buff *skb);
void xtcp_reply_to(const struct sk_buff *skb, const struct xtcp_key *key,
		   struct xtcp_answer *answer, struct xtcp_out *out);
void xtcp_reply_skb(struct sk_buff *skb, const struct xtcp_key *key,
		    const struct sock *owner, struct xtcp_out *out);
void xtcp_reset_skb(struct sk_buff *skb, const struct xtcp_seg *seg,
		    const struct xtcp_key *key, const struct sock *owner);
int xtcp_reply_init(struct net *net);
void xtcp_reply_exit(struct net *net);

/* ICMP: softirq, under rcu_read_lock() */
int xtcp_v4_err(struct sk_buff *skb, u32 info);
int xtcp_v6_err(struct sk_buff *skb, struct inet6_skb_parm *opt, u8 type,
		u8 code, int offset, __be32 info);
void xtcp_mtu_reduced(struct sock *sk);
void xtcp_report(struct sock *sk, int err);

/* Whom others have a say about: softirq, under rcu_read_lock() */
bool xtcp_policy_request(const struct sock *listener, struct sk_buff *skb,
			 const struct xtcp_key *key);

/* Listeners */
int xtcp_listen(struct socket *sock, int backlog);
void xtcp_listen_stop(struct sock *sk);
struct sock *xtcp_listener_lookup(const struct xtcp_key *key);
struct sock *xtcp_listener_select(const struct xtcp_key *key, struct sk_buff *skb,
				  u32 hdr_len);
struct sock *xtcp_listener_by_id(const struct net *net, u16 port, u64 id);
struct sock *xtcp_listener_heir(const struct net *net, u16 port, u64 id, u32 hash);
void xtcp_listen_count(const struct sock *listener, enum xtcp_listen_counter c);
struct hlist_head *xtcp_listen_bucket(unsigned int i);
#define XTCP_LISTEN_BUCKETS 1024

/* The accept queue */
bool xtcp_accept_queue_full(const struct sock *listener);
void xtcp_accept_queue_add(struct sock *listener, struct sock *child);
void xtcp_accept_queue_dead(struct sock *child);
void xtcp_accept_queue_close(struct sock *sk);
struct sock *xtcp_accept(struct sock *sk, XTCP_ACCEPT_ARGS);

/* User calls: process context */
int xtcp_v4_pre_connect(struct sock *sk, xtcp_sockaddr *uaddr, int len);
int xtcp_v6_pre_connect(struct sock *sk, xtcp_sockaddr *uaddr, int len);
int xtcp_v4_connect(struct sock *sk, xtcp_sockaddr *uaddr, int len);
int xtcp_v6_connect(struct sock *sk, xtcp_sockaddr *uaddr, int len);
int xtcp_disconnect(struct sock *sk, int flags);
void xtcp_close(struct sock *sk, long timeout);
void xtcp_shutdown(struct sock *sk, int how);
int xtcp_sendmsg(struct sock *sk, struct msghdr *msg, size_t len);
int xtcp_recvmsg(struct sock *sk, XTCP_RECVMSG_ARGS);
int xtcp_ioctl(struct sock *sk, int cmd, XTCP_IOCTL_ARG);
int xtcp_setsockopt(struct sock *sk, int level, int name, sockptr_t value,
		    unsigned int len);
int xtcp_getsockopt(struct sock *sk, int level, int name, char __user *value,
		    int __user *len);
void xtcp_keepalive(struct sock *sk, int on);

/* kept.c */
int xtcp_saved_syn_get(struct sock *sk, char __user *value, int __user *len, int room);

/* Urgent data: under the socket lock */
u32 xtcp_urgent_skip(struct sock *sk, u32 seq);
size_t xtcp_urgent_limit(const struct xtcp_sock *xs, u32 seq, size_t len);
void xtcp_urgent_passed(struct xtcp_sock *xs);
u32 xtcp_urgent_inq(const struct sock *sk);
int xtcp_urgent_recv(struct sock *sk, struct msghdr *msg, size_t len, int flags);

/* IP options: under the socket lock */
void xtcp_ipopt_follow(struct sock *sk, const struct sk_buff *skb);

/* Life and death */
int xtcp_sock_init(struct sock *sk);
void xtcp_sock_release(struct sock *sk);
void xtcp_unhash(struct sock *sk);
int xtcp_hash(struct sock *sk);
void xtcp_rehash(struct sock *sk);
void xtcp_tcb_copy_settings(struct xtcp_tcb *to, const struct xtcp_tcb *from);
struct sock *xtcp_child_create(struct sock *listener,
			       const struct xtcp_halfopen_record *r,
			       struct sk_buff *skb);
void xtcp_child_undo(struct sock *child);
void xtcp_child_abort(struct sock *child);
void xtcp_sock_done(struct sock *sk);
void xtcp_sock_destroy(struct sock *sk);
void xtcp_release_cb(struct sock *sk);

/* ready.c: who may go on */
void xtcp_set_state(struct sock *sk, int state);
u32 xtcp_inq(const struct sock *sk);
bool xtcp_receive_full(const struct sock *sk);
int xtcp_set_rcvlowat(struct sock *sk, int bytes);
bool xtcp_stream_memory_free(const struct sock *sk, int wake);
void xtcp_write_space(struct sock *sk);
__poll_t xtcp_poll(struct file *file, struct socket *sock, poll_table *wait);

#endif /* XTCP_SOCK_H */
