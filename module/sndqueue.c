// SPDX-License-Identifier: GPL-2.0
/*
 * The send queue: its buffers are cut to what is sent, and freed when that is acknowledged.
 */
#include "sndqueue.h"
#include "sock.h"

/**
 * xtcp_free_chain() - free buffers that the core is done with
 * @sk: socket
 * @chain: records chained by @next, of either direction; or NULL
 *
 * Context: under the socket lock, or nobody else knows the socket.
 */
void xtcp_free_chain(struct sock *sk, struct xtcp_rec *chain)
{
	while (chain) {
		struct sk_buff *skb = xtcp_rec_skb(chain);

		chain = chain->next;
		if (!skb->destructor) {		/* ours to send */
			sk_wmem_queued_add(sk, -skb->truesize);
			sk_mem_uncharge(sk, skb->truesize);
			consume_skb(skb);
		} else {			/* came out of order, and is given up */
			kfree_skb_reason(skb, SKB_DROP_REASON_TCP_OFO_QUEUE_PRUNE);
		}
	}
}

/* Have the list of fragments of one's own: a copy that still travels may share it. A head
 * that is allocated for that may be of another size, which is accounted for as the rest is
 */
static bool unshare(struct sock *sk, struct sk_buff *skb)
{
	int before = skb->truesize, more;

	if (skb_unclone(skb, GFP_ATOMIC))
		return false;
	more = skb->truesize - before;
	if (more) {
		sk_wmem_queued_add(sk, more);
		sk_mem_charge(sk, more);
	}
	return true;
}

/**
 * xtcp_cut() - cut a record of the send queue in two
 * @sk: socket
 * @rec: record, longer than @len
 * @len: bytes that it keeps
 *
 * Context: under the socket lock; does not sleep.
 * Return: false when memory was short; nothing has changed then.
 */
bool xtcp_cut(struct sock *sk, struct xtcp_rec *rec, u32 len)
{
	struct sk_buff *skb = xtcp_rec_skb(rec);
	struct sk_buff *rest;
	u32 moved;

	sock_owned_by_me(sk);
	if (!unshare(sk, skb))
		return false;
	rest = alloc_skb_fclone(MAX_HEADER + XTCP_HDR_MAX, GFP_ATOMIC);
	if (!rest)
		return false;
	skb_reserve(rest, MAX_HEADER + XTCP_HDR_MAX);
	rest->ip_summed = CHECKSUM_PARTIAL;

	moved = skb->len - len;
	skb_split(skb, rest, len);
	/* the bytes were charged when they were written; what the new buffer
	 * itself takes is charged over any limit, it is needed to free the rest
	 */
	sk_wmem_queued_add(sk, rest->truesize);
	sk_mem_charge(sk, rest->truesize);
	rest->truesize += moved;
	skb->truesize -= moved;
	xtcp_sendq_split(&xtcp_sk(sk)->tcb.sendq, rec, xtcp_skb_rec(rest), len);
	return true;
}
