// SPDX-License-Identifier: GPL-2.0
/*
 * Registration with the socket layer and IP.
 */
#include <linux/net.h>
#include <net/inet_common.h>
#include <net/protocol.h>
#include <net/transp_v6.h>
#include "accept.h"
#include "close.h"
#include "connect.h"
#include "deferred.h"
#include "icmp.h"
#include "input.h"
#include "listen.h"
#include "main.h"
#include "policy.h"
#include "port.h"
#include "port_ephemeral.h"
#include "proto.h"
#include "rcv.h"
#include "ready.h"
#include "recvmsg.h"
#include "sendmsg.h"
#include "sock.h"
#include "socket.h"
#include "sockopt.h"

static struct percpu_counter sockets_allocated;
static atomic_long_t memory_allocated;
static DEFINE_PER_CPU(int, memory_per_cpu_fw_alloc);
static unsigned long memory_pressure;
long xtcp_mem[3] __read_mostly;	/* the module parameter mem, see sysctl.c */
/* fallbacks of the socket layer; a namespace's sysctls take precedence */
static int sysctl_rmem[3] __read_mostly = { 4096, 131072, 6291456 };
static int sysctl_wmem[3] __read_mostly = { 4096, 16384, 4194304 };

static void enter_memory_pressure(struct sock *sk)
{
	WRITE_ONCE(memory_pressure, 1);
}

static void leave_memory_pressure(struct sock *sk)
{
	if (READ_ONCE(memory_pressure))
		WRITE_ONCE(memory_pressure, 0);
}

#define XTCP_PROTO_COMMON						\
	.owner			= THIS_MODULE,				\
	.init			= xtcp_sock_init,			\
	.destroy		= xtcp_sock_release,			\
	.close			= xtcp_close,				\
	.disconnect		= xtcp_disconnect,			\
	.accept			= xtcp_accept,				\
	.ioctl			= xtcp_ioctl,				\
	.shutdown		= xtcp_shutdown,			\
	.setsockopt		= xtcp_setsockopt,			\
	.getsockopt		= xtcp_getsockopt,			\
	.keepalive		= xtcp_keepalive,			\
	.sendmsg		= xtcp_sendmsg,				\
	.recvmsg		= xtcp_recvmsg,				\
	.backlog_rcv		= xtcp_backlog_rcv,			\
	.release_cb		= xtcp_release_cb,			\
	.stream_memory_free	= xtcp_stream_memory_free,		\
	.hash			= xtcp_hash,				\
	.unhash			= xtcp_unhash,				\
	.rehash			= xtcp_rehash,				\
	.get_port		= xtcp_get_port,			\
	.put_port		= xtcp_put_port,			\
	.enter_memory_pressure	= enter_memory_pressure,		\
	.leave_memory_pressure	= leave_memory_pressure,		\
	.sockets_allocated	= &sockets_allocated,			\
	.memory_allocated	= &memory_allocated,			\
	.per_cpu_fw_alloc	= &memory_per_cpu_fw_alloc,		\
	.memory_pressure	= &memory_pressure,			\
	.sysctl_mem		= xtcp_mem,				\
	.sysctl_rmem		= sysctl_rmem,				\
	.sysctl_wmem		= sysctl_wmem,				\
	.max_header		= MAX_HEADER + XTCP_HDR_MAX,		\
	.no_autobind		= true

static struct proto xtcp_prot = {
	.name		= "XTCP",
	.pre_connect	= xtcp_v4_pre_connect,
	.connect	= xtcp_v4_connect,
	.obj_size	= sizeof(struct xtcp_sock),
	XTCP_PROTO_COMMON,
};

static struct proto xtcpv6_prot = {
	.name		= "XTCPv6",
	.pre_connect	= xtcp_v6_pre_connect,
	.connect	= xtcp_v6_connect,
	.obj_size	= sizeof(struct xtcp6_sock),
	XTCP_IPV6_PINFO_OFFSET(struct xtcp6_sock, np)
	XTCP_PROTO_COMMON,
};

#define XTCP_OPS_COMMON							\
	.owner			= THIS_MODULE,				\
	.connect		= inet_stream_connect,			\
	.socketpair		= sock_no_socketpair,			\
	.accept			= inet_accept,				\
	.poll			= xtcp_poll,				\
	.set_rcvlowat		= xtcp_set_rcvlowat,			\
	.gettstamp		= sock_gettstamp,			\
	.listen			= xtcp_listen,				\
	.shutdown		= inet_shutdown,			\
	.setsockopt		= sock_common_setsockopt,		\
	.getsockopt		= sock_common_getsockopt,		\
	.sendmsg		= inet_sendmsg,				\
	.recvmsg		= inet_recvmsg,				\
	.mmap			= sock_no_mmap

static const struct proto_ops xtcp_stream_ops = {
	.family		= PF_INET,
	.release	= inet_release,
	.bind		= inet_bind,
	.getname	= inet_getname,
	.ioctl		= inet_ioctl,
	XTCP_OPS_COMMON,
};

static const struct proto_ops xtcp6_stream_ops = {
	.family		= PF_INET6,
	.release	= inet6_release,
	.bind		= inet6_bind,
	.getname	= inet6_getname,
	.ioctl		= inet6_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl	= inet6_compat_ioctl,
#endif
	XTCP_OPS_COMMON,
};

static struct inet_protosw protosw4 = {
	.type		= SOCK_STREAM,
	.prot		= &xtcp_prot,
	.ops		= &xtcp_stream_ops,
};

static struct inet_protosw protosw6 = {
	.type		= SOCK_STREAM,
	.prot		= &xtcpv6_prot,
	.ops		= &xtcp6_stream_ops,
};

static const struct net_protocol protocol4 = {
	.handler	= xtcp_v4_rcv,
	.err_handler	= xtcp_v4_err,
	.no_policy	= 1,
	.icmp_strict_tag_validation = 1,
};

static const struct inet6_protocol protocol6 = {
	.handler	= xtcp_v6_rcv,
	.err_handler	= xtcp_v6_err,
	.flags		= INET6_PROTO_NOPOLICY | INET6_PROTO_FINAL,
};

/**
 * xtcp_proto_register() - register the protocols, which creates the socket slabs
 *
 * Context: module load.
 * Return: 0 or a negative errno.
 */
int xtcp_proto_register(void)
{
	int err = percpu_counter_init(&sockets_allocated, 0, GFP_KERNEL);

	if (err)
		return err;
	err = proto_register(&xtcp_prot, 1);
	if (err)
		goto destroy_counter;
	err = proto_register(&xtcpv6_prot, 1);
	if (err)
		goto unregister_v4;
	return 0;

unregister_v4:
	proto_unregister(&xtcp_prot);
destroy_counter:
	percpu_counter_destroy(&sockets_allocated);
	return err;
}

/**
 * xtcp_proto_unregister() - unregister the protocols, which destroys the socket slabs
 *
 * Context: module unload, after the last socket's grace period.
 */
void xtcp_proto_unregister(void)
{
	proto_unregister(&xtcpv6_prot);
	proto_unregister(&xtcp_prot);
	percpu_counter_destroy(&sockets_allocated);
}

/**
 * xtcp_proto_add() - accept packets, then socket() calls
 *
 * Context: module load, last.
 * Return: 0 or a negative errno: -EAGAIN when the protocol number is taken.
 */
int xtcp_proto_add(void)
{
	int err = inet_add_protocol(&protocol4, xtcp_protocol);

	if (err)
		return err;
	err = inet6_add_protocol(&protocol6, xtcp_protocol);
	if (err)
		goto del_v4;
	protosw4.protocol = xtcp_protocol;
	protosw6.protocol = xtcp_protocol;
	inet_register_protosw(&protosw4);
	err = inet6_register_protosw(&protosw6);
	if (err)
		goto del_v6;
	return 0;

del_v6:
	inet_unregister_protosw(&protosw4);
	inet6_del_protocol(&protocol6, xtcp_protocol);
del_v4:
	inet_del_protocol(&protocol4, xtcp_protocol);
	return err;
}

/**
 * xtcp_proto_del() - stop socket() calls, then packets
 *
 * Context: module unload, first. When it returns, xtcp handles no packet any more.
 */
void xtcp_proto_del(void)
{
	inet6_unregister_protosw(&protosw6);
	inet_unregister_protosw(&protosw4);
	inet6_del_protocol(&protocol6, xtcp_protocol);
	inet_del_protocol(&protocol4, xtcp_protocol);
}
