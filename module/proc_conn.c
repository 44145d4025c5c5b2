// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/xtcp and /proc/net/xtcp6, with the columns of /proc/net/tcp.
 *
 * One file position is one bucket: first the buckets of listeners, then those of the
 * connection table. A bucket is written under one rcu_read_lock(). It is written again if it
 * did not fit, or if an entry that moved has led the walk into another bucket. So connections
 * that come or go during the reading may be shown or not; all others are shown once.
 *
 * No connection's lock is taken, so the numbers of a row may be from slightly different times.
 */
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include "conn.h"
#include "core/ack_out.h"
#include "listener.h"
#include "proc_conn.h"
#include "request.h"
#include "sock.h"
#include "timer.h"
#include "timewait.h"

/* Walks of a bucket before the result is taken as it is */
#define WALKS	8

/* Position 0 is the header */
#define POS_LISTEN	1
#define POS_CONN	(POS_LISTEN + XTCP_LISTEN_BUCKETS)

/* The timer column, as in /proc/net/tcp */
enum {
	TIMER_NONE,
	TIMER_RETRANSMIT,
	TIMER_KEEPALIVE,
	TIMER_TIME_WAIT,
	TIMER_PROBE,
};

#define COLUMNS	"st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
/* Lines of /proc/net/xtcp are padded to this, as those of /proc/net/tcp */
#define LINE4	149

/**
 * struct view - one open file
 * @p: for seq_file_net()
 * @rows: rows before the current bucket
 */
struct view {
	struct seq_net_private p;
	int rows;
};

/**
 * struct row - the columns of a connection
 * @laddr4: IPv4: local address
 * @raddr4: remote address
 * @laddr6: IPv6 views: local address
 * @raddr6: remote address
 * @lport: local port
 * @rport: remote port
 * @state: enum xtcp_state
 * @txq: bytes that the peer has not acknowledged
 * @rxq: bytes that the program has not read; of a listener: children in the accept queue
 * @timer: TIMER_*
 * @when: time until it expires, in units of 1 / USER_HZ s
 * @retries: retransmissions
 * @uid: user of the socket
 * @probes: unanswered probes
 * @inode: inode of the socket
 * @ref: reference count
 * @object: address, which identifies the connection
 */
struct row {
	__be32 laddr4, raddr4;
	const struct in6_addr *laddr6, *raddr6;
	u16 lport, rport;
	int state;
	u32 txq, rxq;
	int timer;
	unsigned long when;
	u32 retries;
	uid_t uid;
	int probes;
	unsigned long inode;
	int ref;
	const void *object;
};

static int view_family(const struct seq_file *seq)
{
	return (long)pde_data(file_inode(seq->file));
}

static u64 ticks(u64 us)
{
	return div_u64(us, USEC_PER_SEC / USER_HZ);
}

static u64 ticks_until(u64 deadline)
{
	u64 now = xtcp_now();

	return deadline > now ? ticks(deadline - now) : 0;
}

static void show_ends(struct seq_file *seq, int sl, const struct row *r)
{
	const __be32 *l, *p;

	if (!r->laddr6) {
		seq_setwidth(seq, LINE4);
		seq_printf(seq, "%4d: %08X:%04X %08X:%04X", sl,
			   (__force u32)r->laddr4, r->lport,
			   (__force u32)r->raddr4, r->rport);
		return;
	}
	l = r->laddr6->s6_addr32;
	p = r->raddr6->s6_addr32;
	seq_printf(seq, "%4d: %08X%08X%08X%08X:%04X %08X%08X%08X%08X:%04X", sl,
		   (__force u32)l[0], (__force u32)l[1],
		   (__force u32)l[2], (__force u32)l[3], r->lport,
		   (__force u32)p[0], (__force u32)p[1],
		   (__force u32)p[2], (__force u32)p[3], r->rport);
}

/* The columns that requests and TIME-WAIT entries have, too */
static void show_row(struct seq_file *seq, int sl, const struct row *r)
{
	show_ends(seq, sl, r);
	seq_printf(seq, " %02X %08X:%08X %02X:%08lX %08X %5u %8d %lu %d %pK",
		   r->state, r->txq, r->rxq, r->timer, r->when, r->retries,
		   r->uid, r->probes, r->inode, r->ref, r->object);
}

static void show_end(struct seq_file *seq, const struct row *r)
{
	if (r->laddr6)
		seq_putc(seq, '\n');
	else
		seq_pad(seq, '\n');
}

static void row_ends(struct row *r, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	r->lport = ntohs(inet->inet_sport);
	r->rport = ntohs(inet->inet_dport);
	if (sk->sk_family == AF_INET) {
		r->laddr4 = inet->inet_rcv_saddr;
		r->raddr4 = inet->inet_daddr;
	} else {
		r->laddr6 = &sk->sk_v6_rcv_saddr;
		r->raddr6 = &sk->sk_v6_daddr;
	}
}

static void row_timer(struct row *r, const struct xtcp_tcb *t)
{
	u64 rtx = READ_ONCE(t->deadline[XTCP_TIMER_RTX]);
	u64 persist = READ_ONCE(t->deadline[XTCP_TIMER_PERSIST]);
	u64 idle = READ_ONCE(t->deadline[XTCP_TIMER_KEEPALIVE]) ?:
		   READ_ONCE(t->deadline[XTCP_TIMER_ORPHAN]);

	if (rtx) {
		r->timer = TIMER_RETRANSMIT;
		r->when = ticks_until(rtx);
	} else if (persist) {
		r->timer = TIMER_PROBE;
		r->when = ticks_until(persist);
	} else if (idle) {
		r->timer = TIMER_KEEPALIVE;
		r->when = ticks_until(idle);
	}
}

static void row_queues(struct row *r, const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_tcb *t = &xs->tcb;

	if (r->state == TCP_LISTEN) {
		r->rxq = READ_ONCE(sk->sk_ack_backlog);
		return;
	}
	/* read without the lock, so a difference may be negative for a moment */
	r->txq = max_t(int, READ_ONCE(t->write_seq) - READ_ONCE(t->snd_una), 0);
	r->rxq = max_t(int, READ_ONCE(t->rcv_nxt) - READ_ONCE(xs->copied_seq), 0);
}

/* RTO, delayed ACK, quick ACKs, cwnd, ssthresh; the last two in segments */
static void show_flow(struct seq_file *seq, const struct xtcp_tcb *t, int state)
{
	u32 mss = max_t(u32, READ_ONCE(t->snd_mss), 1);
	u32 ssthresh = READ_ONCE(t->ssthresh);
	u8 quick = READ_ONCE(t->quickack);
	int limit = ssthresh == U32_MAX ? -1 : (int)(ssthresh / mss);

	seq_printf(seq, " %llu %llu %u %u %d",
		   ticks(READ_ONCE(t->rto)), ticks(XTCP_DELACK_MIN),
		   quick ? quick << 1 : 1, READ_ONCE(t->cwnd) / mss,
		   state == TCP_LISTEN ? 0 : limit);
}

static void show_sock(struct seq_file *seq, int sl, struct sock *sk)
{
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;
	struct row r = {
		.state = inet_sk_state_load(sk),
		.retries = READ_ONCE(t->retries),
		.uid = from_kuid_munged(seq_user_ns(seq), xtcp_compat_uid(sk)),
		.probes = READ_ONCE(t->probes_out) + READ_ONCE(t->keep_probes_out),
		.inode = sock_i_ino(sk),
		.ref = refcount_read(&sk->sk_refcnt),
		.object = sk,
	};

	row_ends(&r, sk);
	row_timer(&r, t);
	row_queues(&r, sk);
	show_row(seq, sl, &r);
	show_flow(seq, t, r.state);
	show_end(seq, &r);
}

/* A request is shown with the user of its listener */
static uid_t request_uid(struct seq_file *seq, const struct xtcp_request *request)
{
	const struct xtcp_entry *e = &request->entry;
	struct sock *listener;

	listener = xtcp_listener_by_id(read_pnet(&e->net), e->lport,
				       atomic64_read(&request->listener_id));
	return listener ? from_kuid_munged(seq_user_ns(seq), xtcp_compat_uid(listener)) : 0;
}

static void row_request(struct seq_file *seq, struct row *r, struct xtcp_entry *e)
{
	const struct xtcp_request *request = xtcp_entry_request(e);

	r->state = TCP_SYN_RECV;
	r->timer = TIMER_RETRANSMIT;
	r->when = ticks(xtcp_timer_left(&request->timer));
	r->retries = READ_ONCE(request->half.retries);
	r->uid = request_uid(seq, request);
	r->object = request;
}

static void row_timewait(struct row *r, struct xtcp_entry *e)
{
	const struct xtcp_timewait *tw = xtcp_entry_timewait(e);

	r->state = TCP_TIME_WAIT;
	r->timer = TIMER_TIME_WAIT;
	r->when = ticks(xtcp_timer_left(&tw->timer));
	r->object = tw;
}

/* A TIME-WAIT entry is in the view that its socket was in */
static int entry_family(struct xtcp_entry *e)
{
	if (e->kind == XTCP_ENTRY_TIMEWAIT)
		return xtcp_entry_timewait(e)->claim & XTCP_CLAIM_V6SOCK ? AF_INET6 : AF_INET;
	return e->family;
}

/* The addresses as an IPv6 view shows them; @mapped is room for mapped IPv4 addresses */
static void row_ends6(struct row *r, const struct xtcp_entry *e, struct in6_addr *mapped)
{
	const struct in6_addr *ends = xtcp_entry_addr6(e);

	if (e->family == AF_INET) {
		ipv6_addr_set_v4mapped(e->laddr, &mapped[0]);
		ipv6_addr_set_v4mapped(e->raddr, &mapped[1]);
		ends = mapped;
	}
	r->laddr6 = &ends[0];
	r->raddr6 = &ends[1];
}

static void show_minisock(struct seq_file *seq, int sl, struct xtcp_entry *e)
{
	struct in6_addr mapped[2];
	struct row r = {
		.laddr4 = e->laddr,
		.raddr4 = e->raddr,
		.lport = e->lport,
		.rport = e->rport,
		.ref = 1,	/* held by the table; no other reference exists */
	};

	if (view_family(seq) == AF_INET6)
		row_ends6(&r, e, mapped);
	if (e->kind == XTCP_ENTRY_REQUEST)
		row_request(seq, &r, e);
	else
		row_timewait(&r, e);
	show_row(seq, sl, &r);
	show_end(seq, &r);
}

static bool view_has_sock(struct seq_file *seq, const struct sock *sk)
{
	return sk->sk_family == view_family(seq) &&
	       net_eq(sock_net(sk), seq_file_net(seq));
}

/* Show an entry if it belongs to this view. Return: rows written */
static int show_entry(struct seq_file *seq, int sl, struct xtcp_entry *e)
{
	if (e->kind == XTCP_ENTRY_SOCKET) {
		struct sock *sk = (struct sock *)xtcp_entry_sock(e);

		if (!view_has_sock(seq, sk))
			return 0;
		show_sock(seq, sl, sk);
		return 1;
	}
	if (entry_family(e) != view_family(seq) ||
	    !net_eq(read_pnet(&e->net), seq_file_net(seq)))
		return 0;
	show_minisock(seq, sl, e);
	return 1;
}

/* Return: rows written, or -1 when the walk ended in another bucket */
static int walk_conn(struct seq_file *seq, int sl, unsigned int bucket)
{
	struct xtcp_entry *e;
	int rows = 0;

	xtcp_conn_for_each(e, bucket)
		rows += show_entry(seq, sl + rows, e);
	return xtcp_entry_ends(e, bucket) ? rows : -1;
}

static int show_conn(struct seq_file *seq, int sl, unsigned int bucket)
{
	size_t start = seq->count;
	int walks, rows = 0;

	for (walks = 0; walks < WALKS; walks++) {
		rows = walk_conn(seq, sl, bucket);
		if (rows >= 0 || seq_has_overflowed(seq))
			break;
		seq->count = start;
	}
	return max(rows, 0);
}

static int show_listeners(struct seq_file *seq, int sl, unsigned int bucket)
{
	struct xtcp_sock *xs;
	int rows = 0;

	hlist_for_each_entry_rcu(xs, xtcp_listen_bucket(bucket), listener.node)
		if (view_has_sock(seq, (struct sock *)xs))
			show_sock(seq, sl + rows++, (struct sock *)xs);
	return rows;
}

static void show_header(struct seq_file *seq)
{
	if (view_family(seq) == AF_INET) {
		seq_setwidth(seq, LINE4);
		seq_puts(seq, "  sl  local_address rem_address   ");
		seq_puts(seq, COLUMNS);
		seq_pad(seq, '\n');
		return;
	}
	seq_puts(seq, "  sl  local_address                         ");
	seq_puts(seq, "remote_address                        ");
	seq_puts(seq, COLUMNS "\n");
}

static int view_show(struct seq_file *seq, void *v)
{
	struct view *view = seq->private;
	loff_t pos = *(loff_t *)v;
	int rows;

	if (!pos) {
		show_header(seq);
		return 0;
	}
	rcu_read_lock();
	if (pos < POS_CONN)
		rows = show_listeners(seq, view->rows, pos - POS_LISTEN);
	else
		rows = show_conn(seq, view->rows, pos - POS_CONN);
	rcu_read_unlock();
	/* rows that did not fit are discarded and shown again */
	if (!seq_has_overflowed(seq))
		view->rows += rows;
	return 0;
}

static bool pos_is_empty(loff_t pos)
{
	if (!pos)
		return false;
	if (pos < POS_CONN)
		return hlist_empty(xtcp_listen_bucket(pos - POS_LISTEN));
	return xtcp_conn_is_empty(pos - POS_CONN);
}

/* The first position from *@pos on that is not empty, or NULL */
static void *view_seek(loff_t *pos)
{
	loff_t end = POS_CONN + xtcp_conn_buckets();

	while (*pos < end && pos_is_empty(*pos)) {
		++*pos;
		cond_resched();
	}
	return *pos < end ? pos : NULL;
}

static void *view_start(struct seq_file *seq, loff_t *pos)
{
	struct view *view = seq->private;

	if (!*pos)
		view->rows = 0;
	return view_seek(pos);
}

static void *view_next(struct seq_file *seq, void *v, loff_t *pos)
{
	++*pos;
	return view_seek(pos);
}

static void view_stop(struct seq_file *seq, void *v)
{
}

static const struct seq_operations view_ops = {
	.start = view_start,
	.next = view_next,
	.stop = view_stop,
	.show = view_show,
};

/**
 * xtcp_proc_conn_init() - create /proc/net/xtcp and /proc/net/xtcp6
 * @net: namespace
 *
 * Context: process; sleeps.
 * Return: 0 or -ENOMEM.
 */
int xtcp_proc_conn_init(struct net *net)
{
	if (!proc_create_net_data("xtcp", 0444, net->proc_net, &view_ops,
				  sizeof(struct view), (void *)AF_INET))
		return -ENOMEM;
	if (proc_create_net_data("xtcp6", 0444, net->proc_net, &view_ops,
				 sizeof(struct view), (void *)AF_INET6))
		return 0;
	remove_proc_entry("xtcp", net->proc_net);
	return -ENOMEM;
}

/**
 * xtcp_proc_conn_exit() - remove /proc/net/xtcp and /proc/net/xtcp6
 * @net: namespace
 *
 * Context: process; sleeps until no process reads them.
 */
void xtcp_proc_conn_exit(struct net *net)
{
	remove_proc_entry("xtcp6", net->proc_net);
	remove_proc_entry("xtcp", net->proc_net);
}
