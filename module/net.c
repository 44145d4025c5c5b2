// SPDX-License-Identifier: GPL-2.0
/*
 * Network namespaces: setup, and teardown in the reverse order.
 */
#include "conn.h"
#include "net.h"
#include "port.h"
#include "proc_conn.h"
#include "proc_listen.h"
#include "proc_stat.h"
#include "reply.h"
#include "request.h"
#include "sysctl.h"
#include "timewait.h"

unsigned int xtcp_net_id __read_mostly;

static int __net_init net_init(struct net *net)
{
	struct xtcp_net *xn = xtcp_net(net);
	int err;

	xn->cookie_epoch = U32_MAX / 2;		/* none sent yet */
	xn->mib = alloc_percpu(struct xtcp_mib);
	if (!xn->mib)
		return -ENOMEM;
	err = xtcp_sysctl_init(net);
	if (err)
		goto free_mib;
	err = xtcp_reply_init(net);
	if (err)
		goto exit_knobs;
	err = xtcp_proc_stat_init(net);
	if (err)
		goto exit_reply;
	err = xtcp_proc_conn_init(net);
	if (err)
		goto exit_stat;
	err = xtcp_proc_listen_init(net);
	if (err)
		goto exit_proc;
	return 0;

exit_proc:
	xtcp_proc_conn_exit(net);
exit_stat:
	xtcp_proc_stat_exit(net);
exit_reply:
	xtcp_reply_exit(net);
exit_knobs:
	xtcp_sysctl_exit(net);
free_mib:
	free_percpu(xn->mib);
	return err;
}

/* End the requests and TIME-WAIT entries of @net in a bucket; under rcu_read_lock(). Return:
 * true when the bucket must be walked again: something was ended (a request that ends may put
 * its TIME-WAIT entry back), or the walk strayed into another bucket
 */
static bool drain_bucket(const struct net *net, unsigned int bucket)
{
	struct xtcp_entry *e;
	bool again = false;

	xtcp_conn_for_each(e, bucket) {
		if (e->kind == XTCP_ENTRY_SOCKET || !net_eq(read_pnet(&e->net), net))
			continue;
		if (e->kind == XTCP_ENTRY_REQUEST)
			xtcp_request_kill(xtcp_entry_request(e));
		else
			xtcp_timewait_kill(xtcp_entry_timewait(e));
		again = true;
	}
	return again || !xtcp_entry_ends(e, bucket);
}

/* End all requests and TIME-WAIT entries of a namespace. It has no sockets any more, so there
 * are no new ones. Timer callbacks of entries that were just ended may still run, under
 * rcu_read_lock(). Sleeps
 */
static void drain_minisocks(struct net *net)
{
	unsigned int i;
	bool again;

	for (i = 0; i < xtcp_conn_buckets(); i++) {
		do {
			rcu_read_lock();
			again = drain_bucket(net, i);
			rcu_read_unlock();
		} while (again);
		cond_resched();
	}
}

/* The namespace has no sockets any more. The kernel waits for a grace period between this and
 * net_exit(), so no lookup uses an entry of the namespace by then
 */
static void __net_exit net_pre_exit(struct net *net)
{
	struct xtcp_net *xn = xtcp_net(net);

	if (atomic_read(&xn->tw_count) || atomic_read(&xn->halfopen_count))
		drain_minisocks(net);
}

static void __net_exit net_exit(struct net *net)
{
	struct xtcp_net *xn = xtcp_net(net);

	xtcp_proc_listen_exit(net);
	xtcp_proc_conn_exit(net);
	xtcp_proc_stat_exit(net);
	xtcp_reply_exit(net);
	xtcp_sysctl_exit(net);
	xtcp_port_net_exit(net);
	WARN_ON(atomic_read(&xn->tw_count) || atomic_read(&xn->halfopen_count) ||
		atomic_read(&xn->orphans));
	free_percpu(xn->mib);
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.pre_exit = net_pre_exit,
	.exit = net_exit,
	.id = &xtcp_net_id,
	.size = sizeof(struct xtcp_net),
};

/**
 * xtcp_net_register() - set up every namespace, present and future
 *
 * Context: module load.
 * Return: 0 or a negative errno.
 */
int xtcp_net_register(void)
{
	return register_pernet_subsys(&net_ops);
}

/**
 * xtcp_net_unregister() - tear down every namespace
 *
 * Context: module unload.
 */
void xtcp_net_unregister(void)
{
	unregister_pernet_subsys(&net_ops);
}
