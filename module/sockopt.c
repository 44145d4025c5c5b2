// SPDX-License-Identifier: GPL-2.0
/*
 * Socket options and ioctls. Names, ranges and errnos are those of the kernel's own TCP. An
 * option that xtcp does not have is refused with ENOPROTOOPT.
 */
#include <asm/ioctls.h>
#include <linux/sockios.h>
#include <linux/sockptr.h>
#include <linux/tcp.h>
#include <linux/uaccess.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "act.h"
#include "core/ack_out.h"
#include "core/keepalive.h"
#include "core/syn_received.h"
#include "input.h"
#include "kept.h"
#include "net.h"
#include "ready.h"
#include "sock.h"
#include "sockopt.h"
#include "timer.h"
#include "urgent.h"

/* The only congestion control, and the longest name */
#define CC_NAME		"reno"
#define CC_NAME_MAX	16
/* TCP_QUICKACK: ACKs that are sent at once before they are delayed again */
#define QUICKACKS	16
/* TCP_LINGER2 is cut to this, s */
#define LINGER2_MAX	120
/* TCP_MAXSEG */
#define MAXSEG_MIN	88
#define MAXSEG_MAX	32767

/* States in which the program's bytes may still be sent */
#define MAY_OUTPUT (XTCP_CAN_SEND | XTCP_S(FIN_WAIT_1) | XTCP_S(CLOSING) | \
		    XTCP_S(LAST_ACK))

/* Values outside these ranges: EINVAL */
static const struct {
	int name;
	int min;
	int max;
} ranges[] = {
	{ TCP_KEEPIDLE, 1, 32767 },
	{ TCP_KEEPINTVL, 1, 32767 },
	{ TCP_KEEPCNT, 1, 127 },
	{ TCP_SYNCNT, 1, 127 },
	{ TCP_USER_TIMEOUT, 0, INT_MAX },
	{ TCP_INQ, 0, 1 },
	{ TCP_SAVE_SYN, 0, 2 },
};

static bool value_allowed(int name, int val)
{
	int i;

	if (name == TCP_MAXSEG)
		return !val || (val >= MAXSEG_MIN && val <= MAXSEG_MAX);
	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		if (ranges[i].name == name)
			return val >= ranges[i].min && val <= ranges[i].max;
	return true;
}

/* Send bytes that an option has held back */
static void push(struct sock *sk)
{
	if (XTCP_IN(xtcp_sk(sk)->tcb.state, MAY_OUTPUT))
		xtcp_event_kind(sk, XTCP_EV_SEND);
}

static void keepalive_changed(struct sock *sk)
{
	xtcp_keepalive_start(&xtcp_sk(sk)->tcb, xtcp_now());
	xtcp_rearm(sk);
}

/* An even value sends the pending ACK, and then ACKs are delayed again */
static void set_quickack(struct sock *sk, int val)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	t->quickack = val ? QUICKACKS : 0;
	if (!val || !t->ack_pending)
		return;
	t->ack_now = true;
	push(sk);
	if (!(val & 1))
		t->quickack = 0;
}

static int set_window_clamp(struct sock *sk, int val)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	if (!val && sk->sk_state != TCP_CLOSE)
		return -EINVAL;
	t->rcv_wnd_clamp = val ? max_t(int, val, SOCK_MIN_RCVBUF / 2) : U32_MAX;
	return 0;
}

static int set_linger2(int val)
{
	return val < 0 ? -1 : min(val, LINGER2_MAX);
}

/* The new limit may let a waiting writer continue */
static void set_notsent_lowat(struct sock *sk, u32 bytes)
{
	WRITE_ONCE(xtcp_sk(sk)->notsent_lowat, bytes);
	sk->sk_write_space(sk);
}

/* Times and retry limits that a socket can set for itself */
static int set_limit(struct sock *sk, int name, int val)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	switch (name) {
	case TCP_KEEPIDLE:
		t->set_keepalive_time = val;
		keepalive_changed(sk);
		return 0;
	case TCP_KEEPINTVL:
		t->set_keepalive_intvl = val;
		return 0;
	case TCP_KEEPCNT:
		t->set_keepalive_probes = val;
		return 0;
	case TCP_SYNCNT:
		t->set_syn_retries = val;
		return 0;
	case TCP_LINGER2:
		t->set_fin_timeout = set_linger2(val);
		return 0;
	case TCP_USER_TIMEOUT:
		t->user_timeout = val;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* Options of a listener that concern its children; SYNs read them without a lock */
static int set_passive(struct sock *sk, int name, int val)
{
	struct xtcp_sock *xs = xtcp_sk(sk);

	switch (name) {
	case TCP_DEFER_ACCEPT:
		WRITE_ONCE(xs->listener.defer, xtcp_defer_retries(val));
		return 0;
	case TCP_SAVE_SYN:
		WRITE_ONCE(xs->save_syn, val);
		return 0;
	default:
		return set_limit(sk, name, val);
	}
}

static int set_int(struct sock *sk, int name, int val)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	switch (name) {
	case TCP_NODELAY:
		t->nodelay = !!val;
		if (val)
			push(sk);
		return 0;
	case TCP_CORK:
		t->cork = !!val;
		if (!val)
			push(sk);
		return 0;
	case TCP_MAXSEG:
		WRITE_ONCE(t->set_mss, val);
		return 0;
	case TCP_QUICKACK:
		set_quickack(sk, val);
		return 0;
	case TCP_WINDOW_CLAMP:
		return set_window_clamp(sk, val);
	case TCP_NOTSENT_LOWAT:
		set_notsent_lowat(sk, val);
		return 0;
	case TCP_INQ:
		WRITE_ONCE(xtcp_sk(sk)->tell_inq, val);
		return 0;
	default:
		return set_passive(sk, name, val);
	}
}

static int set_congestion(sockptr_t value, unsigned int len)
{
	char name[CC_NAME_MAX];
	long n;

	if (len < 1)
		return -EINVAL;
	n = strncpy_from_sockptr(name, value, min_t(long, sizeof(name) - 1, len));
	if (n < 0)
		return -EFAULT;
	name[n] = '\0';
	return strcmp(name, CC_NAME) ? -ENOENT : 0;
}

/* Options of IP level. IPv4 header options may name another first hop, and leave less room for
 * a segment: the next segment looks up the route again
 */
static int set_ip(struct sock *sk, int level, int name, sockptr_t value, unsigned int len)
{
	bool options = level == SOL_IP && name == IP_OPTIONS;
	int err;

	if (options)
		WRITE_ONCE(xtcp_sk(sk)->own_ipopt, true);
	if (sk->sk_family == AF_INET)
		err = ip_setsockopt(sk, level, name, value, len);
	else
		err = ipv6_setsockopt(sk, level, name, value, len);
	if (options && !err)
		sk_dst_reset(sk);
	return err;
}

/**
 * xtcp_setsockopt() - proto.setsockopt
 * @sk: socket
 * @level: SOL_TCP, SOL_IP or SOL_IPV6
 * @name: option
 * @value: its value
 * @len: bytes of @value
 *
 * Context: process; takes the socket lock.
 * Return: 0; -EINVAL when the value is too short or out of range; -EFAULT;
 * -ENOPROTOOPT when there is no such option.
 */
int xtcp_setsockopt(struct sock *sk, int level, int name, sockptr_t value,
		    unsigned int len)
{
	int val, err;

	if (level != SOL_TCP)
		return set_ip(sk, level, name, value, len);
	if (name == TCP_CONGESTION)
		return set_congestion(value, len);
	if (len < sizeof(val))
		return -EINVAL;
	if (copy_from_sockptr(&val, value, sizeof(val)))
		return -EFAULT;
	if (!value_allowed(name, val))
		return -EINVAL;

	lock_sock(sk);
	err = set_int(sk, name, val);
	release_sock(sk);
	return err;
}

static int get_maxseg(const struct sock *sk)
{
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	if (t->set_mss && (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN))
		return t->set_mss;
	return t->snd_mss;
}

static int get_limit(const struct sock *sk, int name, int *val)
{
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;
	const struct xtcp_knobs *knobs = &xtcp_net(sock_net(sk))->knobs;

	switch (name) {
	case TCP_KEEPIDLE:
		*val = t->set_keepalive_time ?: READ_ONCE(knobs->keepalive_time);
		return 0;
	case TCP_KEEPINTVL:
		*val = t->set_keepalive_intvl ?: READ_ONCE(knobs->keepalive_intvl);
		return 0;
	case TCP_KEEPCNT:
		*val = t->set_keepalive_probes ?: READ_ONCE(knobs->keepalive_probes);
		return 0;
	case TCP_SYNCNT:
		*val = t->set_syn_retries ?: READ_ONCE(knobs->syn_retries);
		return 0;
	case TCP_LINGER2:
		*val = t->set_fin_timeout ?: READ_ONCE(knobs->fin_timeout);
		return 0;
	case TCP_USER_TIMEOUT:
		*val = t->user_timeout;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int get_int(const struct sock *sk, int name, int *val)
{
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	switch (name) {
	case TCP_NODELAY:
		*val = t->nodelay;
		return 0;
	case TCP_CORK:
		*val = t->cork;
		return 0;
	case TCP_MAXSEG:
		*val = get_maxseg(sk);
		return 0;
	case TCP_QUICKACK:
		*val = !!t->quickack;
		return 0;
	case TCP_WINDOW_CLAMP:
		*val = t->rcv_wnd_clamp == U32_MAX ? 0 : t->rcv_wnd_clamp;
		return 0;
	case TCP_NOTSENT_LOWAT:
		*val = xtcp_sk(sk)->notsent_lowat;
		return 0;
	case TCP_INQ:
		*val = xtcp_sk(sk)->tell_inq;
		return 0;
	case TCP_DEFER_ACCEPT:
		*val = xtcp_defer_seconds(xtcp_sk(sk)->listener.defer);
		return 0;
	case TCP_SAVE_SYN:
		*val = xtcp_sk(sk)->save_syn;
		return 0;
	default:
		return get_limit(sk, name, val);
	}
}

static u8 info_options(const struct xtcp_tcb *t)
{
	return (t->ts_ok ? TCPI_OPT_TIMESTAMPS : 0) |
	       (t->sack_ok ? TCPI_OPT_SACK : 0) |
	       (t->wscale_ok ? TCPI_OPT_WSCALE : 0);
}

static u8 info_ca_state(const struct xtcp_tcb *t)
{
	if (t->rto_recovery)
		return TCP_CA_Loss;
	return t->recovery ? TCP_CA_Recovery : TCP_CA_Open;
}

static u32 info_ms_since(u64 then)
{
	return then ? div_u64(xtcp_now() - then, USEC_PER_MSEC) : 0;
}

/* Windows and queues are reported in segments */
static u32 info_segments(const struct xtcp_tcb *t, u32 bytes)
{
	return t->snd_mss ? DIV_ROUND_UP(bytes, t->snd_mss) : 0;
}

static void info_sender(const struct xtcp_tcb *t, struct tcp_info *info)
{
	info->tcpi_ca_state = info_ca_state(t);
	info->tcpi_retransmits = t->retries;
	info->tcpi_probes = t->probes_out;
	info->tcpi_backoff = t->backoff;
	info->tcpi_rto = t->rto;
	info->tcpi_rtt = t->srtt;
	info->tcpi_rttvar = t->rttvar;
	info->tcpi_min_rtt = t->min_rtt;
	info->tcpi_snd_wscale = t->snd_wscale;
	info->tcpi_snd_mss = t->snd_mss;
	info->tcpi_snd_wnd = t->snd_wnd;
	info->tcpi_unacked = info_segments(t, t->snd_nxt - t->snd_una);
	info->tcpi_sacked = info_segments(t, t->sacked);
	info->tcpi_lost = info_segments(t, t->lost);
	info->tcpi_notsent_bytes = t->write_seq - t->snd_nxt;
	info->tcpi_snd_cwnd = info_segments(t, t->cwnd);
	info->tcpi_snd_ssthresh = t->ssthresh == U32_MAX ? INT_MAX :
				  info_segments(t, t->ssthresh);
	info->tcpi_last_data_sent = info_ms_since(t->last_snd);
}

static void info_traffic(const struct xtcp_traffic *traffic, struct tcp_info *info)
{
	info->tcpi_bytes_acked = traffic->bytes_acked;
	info->tcpi_bytes_received = traffic->bytes_received;
	info->tcpi_bytes_sent = traffic->bytes_sent;
	info->tcpi_bytes_retrans = traffic->bytes_retrans;
	info->tcpi_segs_in = traffic->segs_in;
	info->tcpi_segs_out = traffic->segs_out;
	info->tcpi_data_segs_in = traffic->data_segs_in;
	info->tcpi_data_segs_out = traffic->data_segs_out;
	info->tcpi_total_retrans = traffic->segs_retrans;
}

static void info_receiver(const struct xtcp_tcb *t, struct tcp_info *info)
{
	info->tcpi_ato = XTCP_DELACK_MIN;
	info->tcpi_rcv_wscale = t->rcv_wscale;
	info->tcpi_rcv_mss = t->rcv_mss;
	info->tcpi_advmss = t->adv_mss;
	info->tcpi_rcv_ssthresh = t->rcv_wnd;
	info->tcpi_last_data_recv = info_ms_since(t->last_text);
	info->tcpi_last_ack_recv = info_ms_since(t->last_rcv);
}

/* Unknown values are 0 */
static void fill_info(struct sock *sk, struct tcp_info *info)
{
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;
	const struct dst_entry *dst;

	memset(info, 0, sizeof(*info));
	info->tcpi_state = sk->sk_state;
	if (sk->sk_state == TCP_LISTEN) {
		info->tcpi_unacked = READ_ONCE(sk->sk_ack_backlog);
		info->tcpi_sacked = READ_ONCE(sk->sk_max_ack_backlog);
		return;
	}
	info->tcpi_options = info_options(t);
	info_sender(t, info);
	info_receiver(t, info);
	info_traffic(&xtcp_sk(sk)->traffic, info);
	dst = __sk_dst_get(sk);
	if (dst)
		info->tcpi_pmtu = dst_mtu(dst);
}

static int get_info(struct sock *sk, char __user *value, int __user *len, int room)
{
	struct tcp_info info;

	lock_sock(sk);
	fill_info(sk, &info);
	release_sock(sk);

	room = min_t(unsigned int, room, sizeof(info));
	if (put_user(room, len) || copy_to_user(value, &info, room))
		return -EFAULT;
	return 0;
}

static int get_congestion(char __user *value, int __user *len, int room)
{
	static const char name[CC_NAME_MAX] = CC_NAME;

	room = min_t(unsigned int, room, sizeof(name));
	if (put_user(room, len) || copy_to_user(value, name, room))
		return -EFAULT;
	return 0;
}

/**
 * xtcp_getsockopt() - proto.getsockopt
 * @sk: socket
 * @level: SOL_TCP, SOL_IP or SOL_IPV6
 * @name: option
 * @value: where its value goes
 * @len: size of @value; set to what was used, bytes
 *
 * Context: process; takes the socket lock.
 * Return: 0, -EINVAL when *@len is negative, -EFAULT, -ENOPROTOOPT.
 */
int xtcp_getsockopt(struct sock *sk, int level, int name, char __user *value,
		    int __user *len)
{
	int room, val, err;

	if (level != SOL_TCP)
		return sk->sk_family == AF_INET ?
			ip_getsockopt(sk, level, name, value, len) :
			ipv6_getsockopt(sk, level, name, value, len);
	if (get_user(room, len))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (name == TCP_INFO)
		return get_info(sk, value, len, room);
	if (name == TCP_CONGESTION)
		return get_congestion(value, len, room);
	if (name == TCP_SAVED_SYN)
		return xtcp_saved_syn_get(sk, value, len, room);

	lock_sock(sk);
	err = get_int(sk, name, &val);
	release_sock(sk);
	if (err)
		return err;
	room = min_t(unsigned int, room, sizeof(val));
	if (put_user(room, len) || copy_to_user(value, &val, room))
		return -EFAULT;
	return 0;
}

/* Bytes in the send queue, or those never sent. A SYN does not count, so before the connection
 * is established there are none
 */
static int outq(const struct sock *sk, bool unsent)
{
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	if (XTCP_IN(t->state, XTCP_S(CLOSED) | XTCP_S(SYN_SENT) | XTCP_S(SYN_RECEIVED)))
		return 0;
	return t->write_seq - (unsent ? t->snd_nxt : t->snd_una);
}

/**
 * xtcp_ioctl() - proto.ioctl: report how much is queued
 * @sk: socket
 * @cmd: SIOCINQ, SIOCOUTQ, SIOCOUTQNSD or SIOCATMARK
 * @XTCP_IOCTL_ARG: @arg, where the result goes
 *
 * Context: process; takes the socket lock.
 * Return: 0; -EINVAL for a listener, -EFAULT, -ENOIOCTLCMD.
 */
int xtcp_ioctl(struct sock *sk, int cmd, XTCP_IOCTL_ARG)
{
	int answer = 0;

	if (cmd != SIOCINQ && cmd != SIOCOUTQ && cmd != SIOCOUTQNSD &&
	    cmd != SIOCATMARK)
		return -ENOIOCTLCMD;
	if (cmd != SIOCATMARK && inet_sk_state_load(sk) == TCP_LISTEN)
		return -EINVAL;

	lock_sock(sk);
	if (cmd == SIOCINQ)
		answer = xtcp_urgent_inq(sk);
	else if (cmd == SIOCATMARK)
		answer = xtcp_urgent_at(xtcp_sk(sk), xtcp_sk(sk)->copied_seq);
	else
		answer = outq(sk, cmd == SIOCOUTQNSD);
	release_sock(sk);
	return xtcp_compat_ioctl_put(answer, arg);
}

/**
 * xtcp_keepalive() - proto.keepalive: SO_KEEPALIVE was set
 * @sk: socket
 * @on: on or off
 *
 * Context: process, under the socket lock.
 */
void xtcp_keepalive(struct sock *sk, int on)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	sock_owned_by_me(sk);
	t->keepalive = on;
	if ((1 << sk->sk_state) & (TCPF_CLOSE | TCPF_LISTEN))
		return;
	xtcp_keepalive_start(t, xtcp_now());
	xtcp_rearm(sk);
}

/**
 * xtcp_set_rcvlowat() - proto_ops.set_rcvlowat: SO_RCVLOWAT
 * @sk: socket
 * @bytes: what poll() waits for, not negative
 *
 * The receive buffer must hold that much: it grows, or if the program has fixed its size,
 * SO_RCVLOWAT is lowered to it.
 *
 * Context: process, under the socket lock.
 * Return: 0.
 */
int xtcp_set_rcvlowat(struct sock *sk, int bytes)
{
	bool fixed = sk->sk_userlocks & SOCK_RCVBUF_LOCK;
	int most = fixed ? sk->sk_rcvbuf : READ_ONCE(xtcp_sk(sk)->tcb.knobs->rmem[2]);

	sock_owned_by_me(sk);
	bytes = min(bytes, most / 2);		/* as xtcp_rcv_free() assumes */
	WRITE_ONCE(sk->sk_rcvlowat, bytes ?: 1);
	if (!fixed && sk->sk_rcvbuf < 2 * bytes)
		WRITE_ONCE(sk->sk_rcvbuf, 2 * bytes);
	if ((1 << sk->sk_state) & (TCPF_LISTEN | TCPF_CLOSE))
		return 0;
	xtcp_event_kind(sk, XTCP_EV_RECEIVE);	/* this may send a window update */
	if (xtcp_readable(sk))			/* what was too little may now be enough */
		sk->sk_data_ready(sk);
	return 0;
}
