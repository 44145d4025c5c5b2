// SPDX-License-Identifier: GPL-2.0
/*
 * The receive queue: bytes that are next in the stream and wait for the reader.
 */
#include "core/window.h"
#include "rcvqueue.h"
#include "sock.h"

/**
 * xtcp_inq() - bytes that wait for the reader
 * @sk: socket
 *
 * Context: any; exact under the socket lock.
 * Return: bytes.
 */
u32 xtcp_inq(const struct sock *sk)
{
	const struct xtcp_sock *xs = xtcp_sk(sk);
	int state = inet_sk_state_load(sk);	/* first: then the numbers are at least as new */
	s32 waits;

	if ((1 << state) & (TCPF_SYN_SENT | TCPF_SYN_RECV | TCPF_LISTEN))
		return 0;
	waits = READ_ONCE(xs->tcb.rcv_nxt) - READ_ONCE(xs->copied_seq);
	/* Without the lock, this may be out of step with RCV.NXT. Then the FIN counts as a byte;
	 * a reader that waits for bytes is woken by a FIN anyway
	 */
	if (data_race(xs->tcb.rcv_fin_done))
		waits--;			/* the FIN itself */
	return max(waits, 0);	/* copied_seq may have advanced in between */
}

/**
 * xtcp_receive_full() - can the peer send nothing more before the program reads?
 * @sk: socket
 *
 * True when the window is no larger than a segment, or the buffer is full. A reader that
 * waits for more than is queued would wait for ever, and so would the peer.
 *
 * Context: any; exact under the socket lock.
 * Return: true when so.
 */
bool xtcp_receive_full(const struct sock *sk)
{
	const struct xtcp_tcb *t = &xtcp_sk(sk)->tcb;

	/* if a value changes while poll() reads it, the writer of the value wakes poll() again */
	return data_race(xtcp_rcv_window(t)) <= data_race(t->rcv_mss) ||
	       atomic_read(&sk->sk_rmem_alloc) >= READ_ONCE(sk->sk_rcvbuf);
}

/* Timestamps follow the bytes: the last bytes of @to are now those of @from */
static void deliver_when(struct sk_buff *to, struct sk_buff *from)
{
	to->tstamp = from->tstamp;
	*skb_hwtstamps(to) = *skb_hwtstamps(from);
}

/* Append the bytes of @skb to the last buffer, if that saves memory */
static bool deliver_merge(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	bool stolen;
	int delta;

	if (!tail || xtcp_skb_rec(skb)->skip || !xtcp_rcvqueue_extends(skb) ||
	    !xtcp_rcvqueue_extends(tail))
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

/* When the receive buffer fills, copy bytes that take more memory than xtcp_rcv_free() expects
 * into a new buffer with room for the bytes that follow. Otherwise a peer that sends small
 * segments would use up all memory long before its window, and segments within the window
 * that we advertised would be dropped
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
	consume_skb(skb);
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
 * xtcp_deliver() - append bytes that are next in the stream to the receive queue
 * @sk: socket
 * @chain: records in order, chained by @next
 *
 * Context: under the socket lock.
 */
void xtcp_deliver(struct sock *sk, struct xtcp_rec *chain)
{
	sock_owned_by_me(sk);
	while (chain) {
		struct sk_buff *skb = xtcp_rec_skb(chain);

		chain = chain->next;
		xtcp_sk(sk)->traffic.bytes_received += xtcp_rec_len(xtcp_skb_rec(skb));
		deliver_one(sk, skb);
	}
}
