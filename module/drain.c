// SPDX-License-Identifier: GPL-2.0
/*
 * The module parameter "drain", with which an administrator ends the orphans that prevent
 * rmmod.
 *
 * Sockets that programs have open prevent rmmod, too, and must be closed by the programs.
 * After that, `echo 1 > /sys/module/xtcp/parameters/drain` lets rmmod go on: it resets all
 * orphans, and while it stays 1, close() creates no new ones.
 *
 *	close()				drain = 1
 *	  orphan_counted = true		  the parameter is 1
 *	  full barrier			  full barrier
 *	  is the parameter 1?		  for each socket: orphan_counted?
 *
 * At least one of the two sees the other's store, so no orphan is missed.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include "conn.h"
#include "drain.h"
#include "input.h"
#include "net.h"
#include "sock.h"

static bool draining;
/* Protects table_is_there; held while the table is walked */
static DEFINE_MUTEX(drain_lock);
static bool table_is_there;

/* Find an orphan in a bucket of the table; returned with a reference, or NULL */
static struct sock *drain_find(unsigned int bucket)
{
	struct xtcp_entry *e;
	struct sock *sk;

	rcu_read_lock();
	do {
		xtcp_conn_for_each(e, bucket) {
			if (e->kind != XTCP_ENTRY_SOCKET)
				continue;
			sk = (struct sock *)xtcp_entry_sock(e);
			if (READ_ONCE(xtcp_sk(sk)->orphan_counted) &&
			    refcount_inc_not_zero(&sk->sk_refcnt)) {
				rcu_read_unlock();
				return sk;
			}
		}
	} while (!xtcp_entry_ends(e, bucket));	/* an entry moved during the walk */
	rcu_read_unlock();
	return NULL;
}

static void drain_orphan(struct sock *sk)
{
	lock_sock(sk);
	if (sk->sk_state != TCP_CLOSE) {
		xtcp_count(sock_net(sk), orphan_drained);
		xtcp_event_kind(sk, XTCP_EV_ABORT);
	}
	release_sock(sk);
	sock_put(sk);
}

/* End all orphans; -EINTR if the process that writes the parameter is killed before that */
static int drain_all(void)
{
	unsigned int i;
	struct sock *sk;

	for (i = 0; i < xtcp_conn_buckets(); i++) {
		while ((sk = drain_find(i))) {
			drain_orphan(sk);
			if (fatal_signal_pending(current))
				return -EINTR;
		}
		cond_resched();
	}
	return 0;
}

static int drain_set(const char *value, const struct kernel_param *kp)
{
	bool on;
	int err = kstrtobool(value, &on);

	if (err)
		return err;
	mutex_lock(&drain_lock);
	WRITE_ONCE(draining, on);
	smp_mb();	/* see the head of this file */
	if (on && table_is_there)
		err = drain_all();
	mutex_unlock(&drain_lock);
	return err;
}

static const struct kernel_param_ops drain_ops = {
	.set = drain_set,
	.get = param_get_bool,
};

module_param_cb(drain, &drain_ops, &draining, 0644);
__MODULE_PARM_TYPE(drain, "bool");
MODULE_PARM_DESC(drain, "1: reset all orphans and allow no new ones, so that rmmod succeeds (default 0)");

/**
 * xtcp_draining() - are new orphans forbidden?
 *
 * A caller that makes an orphan must set xtcp_sock.orphan_counted first, then issue a full
 * barrier, then call this.
 *
 * Context: any.
 * Return: true while the module parameter is 1.
 */
bool xtcp_draining(void)
{
	return READ_ONCE(draining);
}

/**
 * xtcp_drain_init() - note that the connection table exists
 *
 * The module parameter can be written earlier: at load, and through sysfs.
 *
 * Context: module load.
 * Return: 0.
 */
int xtcp_drain_init(void)
{
	mutex_lock(&drain_lock);
	table_is_there = true;
	mutex_unlock(&drain_lock);
	return 0;
}

/**
 * xtcp_drain_exit() - note that the connection table is about to be freed
 *
 * A write to sysfs does not pin the module. Wait for a write that is in progress; a later one
 * must not touch the table.
 *
 * Context: module unload.
 */
void xtcp_drain_exit(void)
{
	mutex_lock(&drain_lock);
	table_is_there = false;
	mutex_unlock(&drain_lock);
}
