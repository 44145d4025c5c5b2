// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp: a second, complete TCP beside the kernel's own. Module load, and unload in the
 * reverse order.
 */
#include <linux/module.h>
#include "../include/uapi/xtcp.h"
#include "conn.h"
#include "deferred.h"
#include "drain.h"
#include "main.h"
#include "net.h"
#include "port.h"
#include "port_ephemeral.h"
#include "port_hold.h"
#include "proto.h"
#include "request.h"
#include "timer.h"
#include "timewait.h"

int xtcp_protocol __read_mostly = IPPROTO_XTCP;
module_param_named(protocol, xtcp_protocol, int, 0444);
MODULE_PARM_DESC(protocol, "IP protocol number (default 253, RFC 3692 experimentation)");

static const struct xtcp_timer_ops timer_ops = {
	.expired = {
		[XTCP_ENTRY_SOCKET] = xtcp_sock_expired,
		[XTCP_ENTRY_REQUEST] = xtcp_request_expired,
		[XTCP_ENTRY_TIMEWAIT] = xtcp_timewait_expired,
	},
};

static int wheels_init(void)
{
	return xtcp_wheels_init(&timer_ops);
}

/* Steps of loading, and their undo */
static const struct {
	int (*init)(void);
	void (*exit)(void);
} steps[] = {
	{ wheels_init, xtcp_wheels_exit },
	{ xtcp_conn_init, xtcp_conn_exit },
	{ xtcp_drain_init, xtcp_drain_exit },
	{ xtcp_port_init, xtcp_port_exit },
	{ xtcp_port_hold_init, xtcp_port_hold_exit },
	{ xtcp_port_ephemeral_init, xtcp_port_ephemeral_exit },
	{ xtcp_request_cache_init, xtcp_request_cache_exit },
	{ xtcp_timewait_cache_init, xtcp_timewait_cache_exit },
	{ xtcp_proto_register, xtcp_proto_unregister },
	{ xtcp_net_register, xtcp_net_unregister },
	{ xtcp_proto_add, xtcp_proto_del },
};

static void undo_steps(unsigned int n)
{
	while (n--) {
		steps[n].exit();
		/* wait until the RCU callbacks of this step have freed sockets and entries */
		rcu_barrier();
	}
}

static int __init xtcp_init(void)
{
	unsigned int i;
	int err;

	if (xtcp_protocol <= IPPROTO_TCP || xtcp_protocol >= IPPROTO_RAW)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		err = steps[i].init();
		if (err) {
			undo_steps(i);
			return err;
		}
	}
	return 0;
}

static void __exit xtcp_exit(void)
{
	undo_steps(ARRAY_SIZE(steps));
}

module_init(xtcp_init);
module_exit(xtcp_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("xtcp: a second TCP on IP protocol 253");
/* the macros need literals: PF_INET and PF_INET6, IPPROTO_XTCP, SOCK_STREAM */
MODULE_ALIAS_NET_PF_PROTO_TYPE(2, 253, 1);
MODULE_ALIAS_NET_PF_PROTO_TYPE(10, 253, 1);
