// SPDX-License-Identifier: GPL-2.0
/*
 * The send queue: buffers are joined and cut to what is sent, and freed once that is
 * acknowledged.
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

/* Move one fragment, or its first @len bytes, behind the last of @skb. Returns false when
 * there is no place
 */
static bool move_frag(struct sk_buff *skb, skb_frag_t *frag, u32 len)
{
	int n = skb_shinfo(skb)->nr_frags;
	bool whole = len == skb_frag_size(frag);
	struct page *page = skb_frag_page(frag);

	if (skb_can_coalesce(skb, n, page, skb_frag_off(frag))) {
		skb_frag_size_add(&skb_shinfo(skb)->frags[n - 1], len);
		if (whole)
			put_page(page);
	} else if (n < MAX_SKB_FRAGS) {
		skb_fill_page_desc(skb, n, page, skb_frag_off(frag), len);
		if (!whole)
			get_page(page);
	} else {
		return false;
	}
	if (!whole) {
		skb_frag_off_add(frag, len);
		skb_frag_size_sub(frag, len);
	}
	return true;
}

/* Move the first bytes of @next behind the last of @skb, @len at most: bytes moved */
static u32 move_frags(struct sk_buff *skb, struct sk_buff *next, u32 len)
{
	struct skb_shared_info *from = skb_shinfo(next);
	u32 moved = 0, size;
	int gone = 0;

	while (moved < len && gone < from->nr_frags) {
		size = min(len - moved, skb_frag_size(&from->frags[gone]));
		if (size < skb_frag_size(&from->frags[gone])) {
			moved += move_frag(skb, &from->frags[gone], size) ? size : 0;
			break;
		}
		if (!move_frag(skb, &from->frags[gone], size))
			break;
		moved += size;
		gone++;
	}
	from->nr_frags -= gone;
	memmove(from->frags, from->frags + gone, from->nr_frags * sizeof(from->frags[0]));
	return moved;
}

/**
 * xtcp_join() - move the first bytes of the next record to a record
 * @sk: socket
 * @rec: record of the send queue, never sent, as is the next
 * @len: bytes, at most what the next one has
 *
 * Context: under the socket lock; does not sleep.
 * Return: true when bytes were moved, perhaps fewer; false when there is no place for them.
 */
bool xtcp_join(struct sock *sk, struct xtcp_rec *rec, u32 len)
{
	struct sk_buff *skb = xtcp_rec_skb(rec), *next = xtcp_rec_skb(rec->next);
	struct xtcp_rec *emptied;
	u32 moved;

	sock_owned_by_me(sk);
	/* all bytes are in fragments, and nobody else has seen these buffers */
	if (skb_headlen(next) || skb_cloned(skb) || skb_cloned(next))
		return false;
	moved = move_frags(skb, next, len);
	if (!moved)
		return false;
	skb->len += moved;
	skb->data_len += moved;
	skb->truesize += moved;
	next->len -= moved;
	next->data_len -= moved;
	next->truesize -= moved;
	emptied = xtcp_sendq_join(&xtcp_sk(sk)->tcb.sendq, rec, moved);
	xtcp_free_chain(sk, emptied);
	return true;
}
