// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/xtcp_listen, a line for each listener of a namespace.
 *
 *	local		address and port
 *	uid, inode	user and inode of the socket
 *	halfopen	requests, and how many it may have (max_syn_backlog)
 *	accept		connections in the accept queue, and the backlog argument of listen(),
 *			capped by max_accept_backlog. The queue holds one more than that, as
 *			in the kernel's TCP
 *	syn_full...	what it dropped or gave up, by reason: XTCP_LISTEN_COUNTERS
 *
 * Columns are separated by spaces and named in the first line. New ones are added at the end.
 */
#include <linux/inet.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include "listener.h"
#include "net.h"
#include "proc_listen.h"
#include "sock.h"

/* Position 0 is the header; each other position is a bucket of listeners */
#define POS_END		(1 + XTCP_LISTEN_BUCKETS)

/* Fits any IPv4 address and port; few of IPv6 are longer */
#define LOCAL_WIDTH	24

static const char * const column_names[] = {
	"uid", "inode", "halfopen", "halfopen_max", "accept", "accept_max",
#define AS_NAME(name, counter) #name,
	XTCP_LISTEN_COUNTERS(AS_NAME)
};

/* The columns before the counters */
#define FIXED_COLUMNS	(ARRAY_SIZE(column_names) - XTCP_LISTEN_COUNTER_KINDS)

static void show_header(struct seq_file *seq)
{
	int i;

	seq_printf(seq, "%-*s", LOCAL_WIDTH, "local");
	for (i = 0; i < ARRAY_SIZE(column_names); i++)
		seq_printf(seq, " %8s", column_names[i]);
	seq_putc(seq, '\n');
}

static void show_local(struct seq_file *seq, const struct sock *sk)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in sin = { .sin_family = AF_INET };
	char text[sizeof("[]:65535") + INET6_ADDRSTRLEN];

	if (sk->sk_family == AF_INET) {
		sin.sin_addr.s_addr = inet_sk(sk)->inet_rcv_saddr;
		sin.sin_port = htons(inet_sk(sk)->inet_num);
		snprintf(text, sizeof(text), "%pISpc", &sin);
	} else {
		sin6.sin6_addr = sk->sk_v6_rcv_saddr;
		sin6.sin6_port = htons(inet_sk(sk)->inet_num);
		snprintf(text, sizeof(text), "%pISpc", &sin6);
	}
	seq_printf(seq, "%-*s", LOCAL_WIDTH, text);
}

static void show_column(struct seq_file *seq, int column, unsigned long value)
{
	seq_printf(seq, " %*lu", max_t(int, strlen(column_names[column]), 8), value);
}

static unsigned long count_of(const struct xtcp_listener *l, int counter)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(l->mib, cpu)->count[counter]);
	return sum;
}

static void show_listener(struct seq_file *seq, struct sock *sk)
{
	const struct xtcp_listener *l = &xtcp_sk(sk)->listener;
	const unsigned long fixed[] = {
		from_kuid_munged(seq_user_ns(seq), xtcp_compat_uid(sk)),
		sock_i_ino(sk),
		atomic_read(&l->halfopen),
		READ_ONCE(xtcp_net(sock_net(sk))->knobs.max_syn_backlog),
		READ_ONCE(sk->sk_ack_backlog),
		READ_ONCE(sk->sk_max_ack_backlog),
	};
	int i;

	BUILD_BUG_ON(ARRAY_SIZE(fixed) != FIXED_COLUMNS);

	show_local(seq, sk);
	for (i = 0; i < FIXED_COLUMNS; i++)
		show_column(seq, i, fixed[i]);
	for (i = 0; i < XTCP_LISTEN_COUNTER_KINDS; i++)
		show_column(seq, FIXED_COLUMNS + i, count_of(l, i));
	seq_putc(seq, '\n');
}

static int queues_show(struct seq_file *seq, void *v)
{
	loff_t pos = *(loff_t *)v;
	struct xtcp_sock *xs;

	if (!pos) {
		show_header(seq);
		return 0;
	}
	rcu_read_lock();
	hlist_for_each_entry_rcu(xs, xtcp_listen_bucket(pos - 1), listener.node)
		if (net_eq(sock_net((struct sock *)xs), seq_file_net(seq)))
			show_listener(seq, (struct sock *)xs);
	rcu_read_unlock();
	return 0;
}

/* The first position from *@pos on that is not empty, or NULL */
static void *queues_start(struct seq_file *seq, loff_t *pos)
{
	while (*pos && *pos < POS_END && hlist_empty(xtcp_listen_bucket(*pos - 1)))
		++*pos;
	return *pos < POS_END ? pos : NULL;
}

static void *queues_next(struct seq_file *seq, void *v, loff_t *pos)
{
	++*pos;
	return queues_start(seq, pos);
}

static void queues_stop(struct seq_file *seq, void *v)
{
}

static const struct seq_operations queues_ops = {
	.start = queues_start,
	.next = queues_next,
	.stop = queues_stop,
	.show = queues_show,
};

/**
 * xtcp_proc_listen_init() - create /proc/net/xtcp_listen
 * @net: namespace
 *
 * Context: process; sleeps.
 * Return: 0 or -ENOMEM.
 */
int xtcp_proc_listen_init(struct net *net)
{
	if (!proc_create_net("xtcp_listen", 0444, net->proc_net, &queues_ops,
			     sizeof(struct seq_net_private)))
		return -ENOMEM;
	return 0;
}

/**
 * xtcp_proc_listen_exit() - remove /proc/net/xtcp_listen
 * @net: namespace
 *
 * Context: process; sleeps until no process reads it.
 */
void xtcp_proc_listen_exit(struct net *net)
{
	remove_proc_entry("xtcp_listen", net->proc_net);
}
