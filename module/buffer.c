// SPDX-License-Identifier: GPL-2.0
/*
 * Send and receive buffers grow with the connection, from the default to the maximum of the
 * sysctls rmem and wmem, unless the program has fixed their size.
 */
#include <linux/math64.h>
#include "buffer.h"
#include "sock.h"
#include "timer.h"

/* Memory of a full-sized segment: payload, headers and buffer, bytes */
static u32 segment_memory(const struct xtcp_tcb *t)
{
	return SKB_TRUESIZE(t->snd_mss + MAX_HEADER + XTCP_HDR_MAX);
}

/**
 * xtcp_sndbuf_take() - charge the send buffer for bytes that are to be queued
 * @sk: socket
 * @want: bytes of memory
 *
 * When all sockets together have reached their memory limit, a send buffer may still hold
 * the minimum of the sysctl wmem, so every connection makes progress however much memory
 * others use. The overdraft is made up for by the socket's next successful charge.
 *
 * Context: under the socket lock.
 * Return: bytes that may be charged, at most @want; 0: wait.
 */
int xtcp_sndbuf_take(struct sock *sk, int want)
{
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	sock_owned_by_me(sk);
	if (sk_wmem_schedule(sk, want))
		return want;
	return clamp(READ_ONCE(t->knobs->wmem[0]) - READ_ONCE(sk->sk_wmem_queued), 0, want);
}

/**
 * xtcp_sndbuf_grow() - let the send buffer hold two congestion windows
 * @sk: socket
 *
 * One is in flight, the other is ready to be sent when the first is acknowledged.
 *
 * Context: under the socket lock.
 */
void xtcp_sndbuf_grow(struct sock *sk)
{
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;
	int max = READ_ONCE(t->knobs->wmem[2]);
	u64 want;

	sock_owned_by_me(sk);
	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK || READ_ONCE(sk->sk_sndbuf) >= max)
		return;
	want = 2 * div_u64((u64)t->cwnd * segment_memory(t), max_t(u32, t->snd_mss, 1));
	if (want > sk->sk_sndbuf)
		WRITE_ONCE(sk->sk_sndbuf, min_t(u64, want, max));
}

/**
 * xtcp_rcvbuf_grow() - let the receive buffer hold twice what is read in a round trip
 * @sk: socket
 * @copied: bytes that the program has just read
 *
 * So a peer whose congestion window doubles each round trip is never limited by our window.
 *
 * Context: under the socket lock.
 */
void xtcp_rcvbuf_grow(struct sock *sk, u32 copied)
{
	struct xtcp_sock *xs = xtcp_sk(sk);
	const struct xtcp_tcb *t = &xs->tcb;
	int max = READ_ONCE(t->knobs->rmem[2]);
	u64 now = xtcp_now(), want;

	sock_owned_by_me(sk);
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK || READ_ONCE(sk->sk_rcvbuf) >= max)
		return;
	xs->round_copied += copied;
	if (now - xs->round_start < max_t(u32, t->srtt, XTCP_US_PER_MS))
		return;
	/* twice for the next round trip, and twice that for the overhead of the buffers */
	want = 4ULL * xs->round_copied;
	if (want > sk->sk_rcvbuf)
		WRITE_ONCE(sk->sk_rcvbuf, min_t(u64, want, max));
	xs->round_copied = 0;
	xs->round_start = now;
}
