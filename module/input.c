// SPDX-License-Identifier: GPL-2.0
/*
 * Input: a segment or another event for a socket. Charge the buffer, let the core step, carry
 * out its actions.
 */
#include <linux/security.h>
#include <net/ip.h>
#include <net/xfrm.h>
#include "act.h"
#include "core/seq.h"
#include "deferred.h"
#include "drop.h"
#include "input.h"
#include "ipopt.h"
#include "net.h"
#include "packet.h"
#include "rcvqueue.h"
#include "sndqueue.h"
#include "sock.h"
#include "timer.h"

/**
 * xtcp_event() - let the core step on an event, and carry out its actions
 * @sk: socket
 * @ev: event other than a segment
 *
 * Context: under the socket lock. The socket may have been freed when this returns, if it is
 * an orphan and the caller holds no reference.
 */
void xtcp_event(struct sock *sk, const struct xtcp_event *ev)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;
	struct xtcp_actions act = {};

	sock_owned_by_me(sk);
	t->rcv_free = xtcp_rcv_free(sk);
	t->rcv_buff = READ_ONCE(sk->sk_rcvbuf) / 2;
	xtcp_step(t, ev, &act);
	xtcp_act(sk, &act);
}

/**
 * xtcp_event_kind() - xtcp_event() for an event without arguments
 * @sk: socket
 * @kind: the event
 *
 * Context: as xtcp_event().
 */
void xtcp_event_kind(struct sock *sk, enum xtcp_event_kind kind)
{
	struct xtcp_event ev = { .kind = kind, .now = xtcp_now() };

	xtcp_event(sk, &ev);
}

/* Will the payload be copied into the last buffer of the receive queue? Then it needs no memory
 * of its own and is not checked against the limits. So this must never say true by mistake: a
 * peer could occupy a buffer with each byte. A segment that starts below RCV.NXT is not merged
 * (deliver_merge()), and skb_try_coalesce() may refuse buffers of a page pool
 */
static bool input_fits_tail(const struct sock *sk, const struct sk_buff *skb,
			    const struct xtcp_seg *seg)
{
	const struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	return seg->seq == t->rcv_nxt && tail && !skb_cloned(tail) &&
	       !tail->pp_recycle && !skb->pp_recycle &&
	       xtcp_rcvqueue_extends(tail) && skb_tailroom(tail) >= (int)seg->len;
}

/* All sockets together have reached their memory limit. A segment that is next in order gets
 * the memory of the reassembly queue. It is also taken if the receive queue is empty, or if the
 * socket uses less than the minimum of the sysctl rmem: so every connection makes progress, a
 * segment at a time, however much memory others use. The overdraft is made up for by the
 * socket's next successful charge
 */
static bool input_beyond_limit(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	if (t->reasm.bytes) {
		xtcp_free_chain(sk, xtcp_reasm_purge(&t->reasm));
		if (sk_rmem_schedule(sk, skb, skb->truesize))
			return true;
	}
	return skb_queue_empty(&sk->sk_receive_queue) ||
	       atomic_read(&sk->sk_rmem_alloc) < READ_ONCE(t->knobs->rmem[0]);
}

/* Charge the segment's payload to the receive memory; false if there is none. A segment that is
 * next in order may exceed the receive buffer once, and frees the reassembly queue if the limit
 * is exceeded already; it needs no memory if the last buffer has room. A segment out of order
 * must fit within the limit
 */
static bool input_charge(struct sock *sk, struct sk_buff *skb,
			 const struct xtcp_seg *seg)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;
	bool next = seq_leq(seg->seq, t->rcv_nxt);
	bool fits = input_fits_tail(sk, skb, seg);
	int extra = next ? 0 : skb->truesize;

	if (next && t->reasm.bytes &&
	    atomic_read(&sk->sk_rmem_alloc) > READ_ONCE(sk->sk_rcvbuf))
		xtcp_free_chain(sk, xtcp_reasm_purge(&t->reasm));
	if (!fits && atomic_read(&sk->sk_rmem_alloc) + extra > READ_ONCE(sk->sk_rcvbuf))
		return false;
	if (!fits && !sk_rmem_schedule(sk, skb, skb->truesize) &&
	    !(next && input_beyond_limit(sk, skb)))
		return false;
	skb_set_owner_r(skb, sk);
	return true;
}

/* There is no memory for a segment's payload. Wake readers: one that waits for more bytes than
 * are queued would otherwise wait until others release memory
 */
static void input_refused(struct sock *sk)
{
	xtcp_count_drop(sock_net(sk), XTCP_REFUSED_MEMORY);
	if (xtcp_inq(sk) && !sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
}

static bool input_has_options4(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP) && ip_hdr(skb)->ihl * 4 > sizeof(struct iphdr);
}

/* More segments may follow in the backlog: defer what this one asks to send until after the last,
 * unless it ends the connection
 */
static void input_hold_output(struct sock *sk, struct xtcp_actions *act)
{
	if (!(act->todo & XTCP_ACT_OUTPUT) ||
	    act->todo & (XTCP_ACT_CLOSED | XTCP_ACT_TIME_WAIT))
		return;
	act->todo &= ~XTCP_ACT_OUTPUT;
	set_bit(XTCP_DEFER_OUTPUT, &xtcp_sk(sk)->deferred);
}

static void input(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg, bool queued)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;
	struct xtcp_rec *rec = xtcp_skb_rec(skb);
	struct xtcp_event ev = {
		.kind = XTCP_EV_SEGMENT,
		.now = xtcp_now(),
		.seg = seg,
		.rec = rec,
	};
	struct xtcp_actions act = {};
	struct net *net = sock_net(sk);

	xtcp_sk(sk)->traffic.segs_in++;
	xtcp_sk(sk)->traffic.data_segs_in += seg->len > 0;
	__skb_pull(skb, seg->hdr_len);
	memset(rec, 0, sizeof(*rec));
	if (seg->len && !input_charge(sk, skb, seg)) {
		input_refused(sk);
		ev.rec = NULL;
	}
	t->rcv_free = xtcp_rcv_free(sk);
	t->rcv_buff = READ_ONCE(sk->sk_rcvbuf) / 2;
	xtcp_step(t, &ev, &act);
	if (unlikely(act.todo & XTCP_ACT_CONNECTED) && !t->passive)
		security_inet_conn_established(sk, skb);
	if (act.drop != XTCP_DROP_NONE)
		xtcp_count_drop(net, act.drop);
	else if (unlikely(input_has_options4(skb)))
		xtcp_ipopt_follow(sk, skb);
	if (seg->flags & XTCP_RST && act.todo & XTCP_ACT_CLOSED)
		xtcp_count(net, resets_in);
	if (act.taken)
		secpath_reset(skb);
	else
		xtcp_skb_free(skb, ev.rec ? act.drop : XTCP_REFUSED_MEMORY);
	if (queued)
		input_hold_output(sk, &act);
	xtcp_act(sk, &act);
}

/**
 * xtcp_input() - a segment arrives at its connection (RFC 9293 section 3.10.7)
 * @sk: socket
 * @skb: packet, data at the transport header; consumed
 * @seg: its segment
 *
 * Without memory for the payload, ACK, RST and URG still take effect, as with a closed window
 * (RFC 9293 section 3.10.7.4, first; MUST-66).
 *
 * Context: under the socket lock, as xtcp_event().
 */
void xtcp_input(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg)
{
	sock_owned_by_me(sk);
	input(sk, skb, seg, false);
}

/**
 * xtcp_backlog_rcv() - proto.backlog_rcv: process a segment from the socket backlog
 * @sk: socket
 * @skb: packet, data at the transport header, admitted before; consumed
 *
 * All segments of the backlog are processed before an ACK is sent (RFC 9293 MUST-59):
 * xtcp_release_cb() sends what they ask for.
 *
 * Context: process, under the socket lock.
 * Return: 0.
 */
int xtcp_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_seg seg;
	unsigned int why;

	sock_owned_by_me(sk);
	why = xtcp_parse(skb, &seg);
	if (why == XTCP_DROP_NONE)
		input(sk, skb, &seg, true);
	else
		xtcp_skb_done(sock_net(sk), skb, why);
	return 0;
}
