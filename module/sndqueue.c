// SPDX-License-Identifier: GPL-2.0
/*
 * The send queue: buffers are cut to what is sent, and freed once that is acknowledged.
 */
#include "sndqueue.h"
#include "sock.h"

/**
 * xtcp_free_chain() - free buffers that the core does not need any more
 * @sk: socket
 * @chain: records chained by @next, of either direction; or NULL
 *
 * Context: under the socket lock, or no one else has access to the socket.
 */
void xtcp_free_chain(struct sock *sk, struct xtcp_rec *chain)
{
	while (chain) {
		struct sk_buff *skb = xtcp_rec_skb(chain);

		chain = chain->next;
		if (!skb->destructor) {		/* of the send queue */
			sk_wmem_queued_add(sk, -skb->truesize);
			sk_mem_uncharge(sk, skb->truesize);
			consume_skb(skb);
		} else {			/* out-of-order data that is given up */
			kfree_skb_reason(skb, SKB_DROP_REASON_TCP_OFO_QUEUE_PRUNE);
		}
	}
}

/* Make the fragment list private: a clone that is still queued below us may share it. The new
 * head may have another size; the difference is charged
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
 * @len: bytes that @rec keeps
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
	/* the bytes were charged when they were written. The overhead of the new buffer is charged
	 * over any limit, as it is needed to free the rest
	 */
	sk_wmem_queued_add(sk, rest->truesize);
	sk_mem_charge(sk, rest->truesize);
	rest->truesize += moved;
	skb->truesize -= moved;
	xtcp_sendq_split(&xtcp_sk(sk)->tcb.sendq, rec, xtcp_skb_rec(rest), len);
	return true;
}
