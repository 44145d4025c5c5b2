/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only file with kernel version checks: one name for each thing that differs between the
 * kernels that xtcp builds on (6.1, 6.12, 7.2).
 */
#ifndef XTCP_COMPAT_H
#define XTCP_COMPAT_H

#include <linux/version.h>
#include <linux/hrtimer.h>
#include <linux/net.h>
#include <linux/sysctl.h>
#include <net/inet_dscp.h>
#include <net/inet_sock.h>
#include <net/ip6_fib.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/sock.h>

/* since 6.13, an hrtimer gets its callback at setup */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/* since 6.19, bind() and connect() take a sockaddr of unspecified size */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
typedef struct sockaddr_unsized xtcp_sockaddr;
#else
typedef struct sockaddr xtcp_sockaddr;
#endif

/* since 6.10, proto.accept() takes a struct */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define XTCP_ACCEPT_ARGS	struct proto_accept_arg *arg
#define XTCP_ACCEPT_FLAGS	(arg->flags)
#define XTCP_ACCEPT_ERR		(arg->err)
#else
#define XTCP_ACCEPT_ARGS	int flags, int *err, bool kern
#define XTCP_ACCEPT_FLAGS	(flags)
#define XTCP_ACCEPT_ERR		(*err)
#endif

/* since 7.1, proto.recvmsg() has no addr_len */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
#define XTCP_RECVMSG_ARGS	struct msghdr *msg, size_t len, int flags
#define xtcp_compat_recv_error(sk, msg, len) inet_recv_error(sk, msg, len)
#else
#define XTCP_RECVMSG_ARGS	struct msghdr *msg, size_t len, int flags, int *addr_len
#define xtcp_compat_recv_error(sk, msg, len) inet_recv_error(sk, msg, len, addr_len)
#endif

/* since 6.5, proto.ioctl() writes its result to kernel memory */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define XTCP_IOCTL_ARG		int *arg
#define xtcp_compat_ioctl_put(value, arg) ({ *(arg) = (value); 0; })
#else
#define XTCP_IOCTL_ARG		unsigned long arg
#define xtcp_compat_ioctl_put(value, arg) put_user(value, (int __user *)(arg))
#endif

/* since 6.5, a proto gives the offset of the socket's IPv6 part; before, that is the last member */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define XTCP_IPV6_PINFO_OFFSET(type, member) \
	.ipv6_pinfo_offset = offsetof(type, member),
#else
#define XTCP_IPV6_PINFO_OFFSET(type, member)
#endif

/* sysctl tables: since 6.6 they have a size instead of an empty last row; const since 6.11 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define register_net_sysctl_sz(net, path, table, size) \
	((void)(size), register_net_sysctl(net, path, table))
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
typedef const struct ctl_table xtcp_ctl_table;
#else
typedef struct ctl_table xtcp_ctl_table;
#endif

/* clone a socket, which is locked then; sk_clone_lock() later became an inline over sk_clone() */
static inline struct sock *xtcp_compat_clone(const struct sock *sk, gfp_t gfp)
{
	return sk_clone_lock(sk, gfp);
}

/* since 6.6, flags of an inet_sock are atomic bits */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define xtcp_compat_recverr(sk)	inet_test_bit(RECVERR, sk)
#define xtcp_compat_recverr6(sk) inet6_test_bit(RECVERR6, sk)
#define xtcp_compat_sndflow(sk)	inet6_test_bit(SNDFLOW, sk)
#define xtcp_compat_repflow(sk)	inet6_test_bit(REPFLOW, sk)
#else
#define xtcp_compat_sndflow(sk)	(inet6_sk(sk)->sndflow)
#define xtcp_compat_repflow(sk)	(inet6_sk(sk)->repflow)
#define xtcp_compat_recverr(sk)	(inet_sk(sk)->recverr)
#define xtcp_compat_recverr6(sk) (inet6_sk(sk)->recverr)
#endif

/* since 6.18, the traffic class of an IPv4 flow is a dscp_t */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define xtcp_compat_set_tos(fl4, tos) ((fl4)->flowi4_dscp = inet_dsfield_to_dscp(tos))
#else
#define xtcp_compat_set_tos(fl4, tos) ((fl4)->flowi4_tos = (tos) & INET_DSCP_MASK)
#endif

/* the user of a socket; since 6.17 by a function */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define xtcp_compat_uid(sk)	sk_uid(sk)
#else
#define xtcp_compat_uid(sk)	((sk)->sk_uid)
#endif

/* the list of flow labels has moved from ipv6_pinfo to inet_sock, at the latest in 7.2 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#define xtcp_compat_clear_fl_list(sk, np) RCU_INIT_POINTER(inet_sk(sk)->ipv6_fl_list, NULL)
#else
#define xtcp_compat_clear_fl_list(sk, np) RCU_INIT_POINTER((np)->ipv6_fl_list, NULL)
#endif

/* since 6.7, cgroup programs at connect() get the length of the address */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define xtcp_compat_cgroup_connect4(sk, addr, len) \
	BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, addr, len)
#define xtcp_compat_cgroup_connect6(sk, addr, len) \
	BPF_CGROUP_RUN_PROG_INET6_CONNECT(sk, addr, len)
#else
#define xtcp_compat_cgroup_connect4(sk, addr, len) \
	({ (void)(len); BPF_CGROUP_RUN_PROG_INET4_CONNECT(sk, addr); })
#define xtcp_compat_cgroup_connect6(sk, addr, len) \
	({ (void)(len); BPF_CGROUP_RUN_PROG_INET6_CONNECT(sk, addr); })
#endif

/* store a route in an IPv6 socket; ip6_dst_store() has changed twice */
static inline void xtcp_compat_ip6_dst_store(struct sock *sk, struct dst_entry *dst)
{
	inet6_sk(sk)->dst_cookie = rt6_get_cookie(dst_rt6_info(dst));
	sk_setup_caps(sk, dst);
}

/* drop reasons newer than 6.1: the nearest older ones */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#define SKB_DROP_REASON_SECURITY_HOOK	SKB_DROP_REASON_SOCKET_FILTER
#define SKB_DROP_REASON_TCP_MINTTL	SKB_DROP_REASON_NOT_SPECIFIED
#define SKB_DROP_REASON_TCP_INVALID_ACK_SEQUENCE SKB_DROP_REASON_TCP_INVALID_SEQUENCE
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
#define SKB_DROP_REASON_TCP_LISTEN_OVERFLOW SKB_DROP_REASON_NOT_SPECIFIED
#endif

#endif /* XTCP_COMPAT_H */
