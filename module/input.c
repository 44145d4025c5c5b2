// SPDX-License-Identifier: GPL-2.0
/*
 * A segment meets its connection: the buffer is charged, the core steps, its
 * actions are carried out.
 */
#include <linux/security.h>
#include <net/ip.h>
#include <net/xfrm.h>
#include "core/seq.h"
#include "sock.h"

/**
 * xtcp_rcv_free() - bytes of payload that the receive buffer has room for
 * @sk: socket
 *
 * Half of the memory is reckoned to go for what surrounds the payload. When all sockets
 * together have hardly any left it is what is taken beyond the limit (input_beyond_limit()):
 * a peer that was offered more would lose it, and wait for its timers each time.
 *
 * Context: under the socket lock.
 * Return: bytes, 0 when the buffer is over-full.
 */
u32 xtcp_rcv_free(const struct sock *sk)
{
	int used = READ_ONCE(sk->sk_backlog.len) + atomic_read(&sk->sk_rmem_alloc);
	int space = READ_ONCE(sk->sk_rcvbuf) - used;

	if (sk_under_memory_pressure(sk))
		space = min(space, READ_ONCE(xtcp_sk(sk)->tcb.knobs->rmem[0]) - used);
	return space > 0 ? space / 2 : 0;
}

/**
 * xtcp_event() - let the core step, and do what it says
 * @sk: socket
 * @ev: event other than a segment
 *
 * Context: under the socket lock. The socket may be destroyed when this returns,
 * if no process had it and the caller holds no reference.
 */
void xtcp_event(struct sock *sk, const struct xtcp_event *ev)
{
	struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;
	struct xtcp_actions act = {};

	t->rcv_free = xtcp_rcv_free(sk);
	t->rcv_buff = READ_ONCE(sk->sk_rcvbuf) / 2;
	xtcp_step(t, ev, &act);
	xtcp_act(sk, &act);
}

/**
 * xtcp_event_kind() - xtcp_event() for an event that has no arguments
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

/* Can bytes be put behind those of @skb? Not where some at its end came twice */
static bool deliver_extends(const struct sk_buff *skb)
{
	const struct xtcp_rec *rec = xtcp_skb_rec(skb);

	return rec->skip + xtcp_rec_len(rec) == skb->len;
}

/* Will the segment's payload be put behind what is in the last buffer that waits to be read?
 * Who says so must be right, as it is charged to nobody else: a peer could take a buffer for each
 * of its bytes. One that begins with what was there before stays in a buffer of its own
 * (deliver_merge()), and skb_try_coalesce() refuses what a device's page pool wants back
 */
static bool input_fits_tail(const struct sock *sk, const struct sk_buff *skb,
			    const struct xtcp_seg *seg)
{
	const struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	return seg->seq == t->rcv_nxt && tail && !skb_cloned(tail) &&
	       !tail->pp_recycle && !skb->pp_recycle &&
	       deliver_extends(tail) && skb_tailroom(tail) >= (int)seg->len;
}

/* All sockets together have no memory left. What is next in order has that of what waits
 * beyond a hole, and needs none where little is unread: each connection goes on, a segment
 * at a time, however much others have. The next that gets memory settles what was taken
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

/* Is there receive memory for the segment's payload? What is next in order may take
 * the buffer over its limit once, and goes before what waits beyond a hole; and it needs
 * none where the last buffer has room. What is out of order may not
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

/* There is no memory for what a segment brings. Who waits for more than is there would wait as
 * long as others have it
 */
static void input_refused(struct sock *sk)
{
	xtcp_count(sock_net(sk), drop_memory);
	if (xtcp_inq(sk) && !sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
}

static bool input_has_options4(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP) && ip_hdr(skb)->ihl * 4 > sizeof(struct iphdr);
}

/* More segments may wait behind this one: what it asks to be sent goes after the last,
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
		kfree_skb(skb);
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
 * Where memory for the payload is missing, the rest of the segment is processed
 * all the same (RFC 9293 MUST-66: its acknowledgment and RST count).
 *
 * Context: under the socket lock, as xtcp_event().
 */
void xtcp_input(struct sock *sk, struct sk_buff *skb, struct xtcp_seg *seg)
{
	input(sk, skb, seg, false);
}

/**
 * xtcp_backlog_rcv() - a segment that waited for the socket's owner
 * @sk: socket
 * @skb: packet, data at the transport header, checked before; consumed
 *
 * All that wait are processed before any is acknowledged (RFC 9293 MUST-59): what is to
 * be sent, xtcp_release_cb() sends.
 *
 * Context: process, under the socket lock.
 * Return: 0.
 */
int xtcp_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_seg seg;

	if (xtcp_parse(skb, sock_net(sk), &seg))
		input(sk, skb, &seg, true);
	else
		kfree_skb(skb);
	return 0;
}

/* The bytes of @from are in @to now, at its end: so is when they came */
static void deliver_when(struct sk_buff *to, struct sk_buff *from)
{
	to->tstamp = from->tstamp;
	*skb_hwtstamps(to) = *skb_hwtstamps(from);
}

/* Move the bytes of @skb to the end of the last buffer, where that saves memory */
static bool deliver_merge(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	bool stolen;
	int delta;

	if (!tail || xtcp_skb_rec(skb)->skip || !deliver_extends(skb) ||
	    !deliver_extends(tail))
		return false;
	skb_orphan(skb);
	if (!skb_try_coalesce(tail, skb, &stolen, &delta)) {
		skb_set_owner_r(skb, sk);
		return false;
	}
	deliver_when(tail, skb);
	atomic_add(delta, &sk->sk_rmem_alloc);
	sk_mem_charge(sk, delta);
	xtcp_skb_rec(tail)->end_seq = xtcp_skb_rec(skb)->end_seq;
	kfree_skb_partial(skb, stolen);
	return true;
}

/* When the receive memory fills: bytes that take more of it than xtcp_rcv_free() reckons
 * with are copied into a fresh buffer, which has room for those that follow. Else a
 * peer that sends small segments would use up all memory long before its window, and what
 * it was told to send be thrown away
 */
static struct sk_buff *deliver_compact(struct sock *sk, struct sk_buff *skb)
{
	struct xtcp_rec *rec = xtcp_skb_rec(skb);
	u32 len = xtcp_rec_len(rec);
	struct sk_buff *copy;

	if (len >= skb->truesize / 2 ||
	    atomic_read(&sk->sk_rmem_alloc) < READ_ONCE(sk->sk_rcvbuf) / 4)
		return skb;
	copy = alloc_skb(SKB_MAX_ORDER(0, 0), GFP_ATOMIC);
	if (!copy)
		return skb;
	if (len > skb_tailroom(copy) ||
	    skb_copy_bits(skb, rec->skip, skb_put(copy, len), len)) {
		kfree_skb(copy);
		return skb;
	}
	*xtcp_skb_rec(copy) = *rec;
	xtcp_skb_rec(copy)->skip = 0;
	deliver_when(copy, skb);
	kfree_skb(skb);
	skb_set_owner_r(copy, sk);
	return copy;
}

/* Append to the receive queue */
static void deliver_one(struct sock *sk, struct sk_buff *skb)
{
	if (deliver_merge(sk, skb))
		return;
	__skb_queue_tail(&sk->sk_receive_queue, deliver_compact(sk, skb));
}

/**
 * xtcp_deliver() - put bytes that are next in the stream before the reader
 * @sk: socket
 * @chain: records in order, chained by @next
 *
 * Context: under the socket lock.
 */
void xtcp_deliver(struct sock *sk, struct xtcp_rec *chain)
{
	while (chain) {
		struct sk_buff *skb = xtcp_rec_skb(chain);

		chain = chain->next;
		xtcp_sk(sk)->traffic.bytes_received += xtcp_rec_len(xtcp_skb_rec(skb));
		deliver_one(sk, skb);
	}
}
