// SPDX-License-Identifier: GPL-2.0
/*
 * Kept of a SYN: what came with it, is for the child, and is too rare or too large to
 * be part of each half-open record: IP options, the packet whose header the user of an
 * IPv6 listener wants to see, and the headers that TCP_SAVE_SYN asks for.
 */
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/uaccess.h>
#include <net/ipv6.h>
#include <net/xfrm.h>
#include "ipopt.h"
#include "kept.h"
#include "packet.h"
#include "sock.h"

/* Headers longer than this are not saved. Link, IPv4 and TCP with all their options are
 * 134 bytes; IPv6's extension headers alone could be any number
 */
#define SAVED_MAX	256

/* TCP_SAVE_SYN: from the IP header on; or from the link's, where there is one */
#define SAVE_FROM_IP	1
#define SAVE_FROM_LINK	2

/* A clone: the packet itself goes on, to a child or to whoever has won the connection's
 * place, and is asked for its device and its route there. It waits, too, so it lets go of
 * what may end meanwhile
 */
static struct sk_buff *keep_packet(const struct sock *listener, struct sk_buff *skb)
{
	struct sk_buff *kept;

	if (!inet6_sk(listener)->rxopt.all && !xtcp_compat_repflow(listener))
		return NULL;
	kept = skb_clone(skb, GFP_ATOMIC);
	if (!kept)
		return NULL;
	xtcp_skb_part(kept);
	secpath_reset(kept);
	return kept;
}

static struct xtcp_saved_syn *keep_headers(const struct sk_buff *skb, u32 hdr_len, u8 from)
{
	const unsigned char *start = skb_network_header(skb);
	struct xtcp_saved_syn *saved;
	u32 len;

	if (from == SAVE_FROM_LINK && skb_mac_header_was_set(skb))
		start = skb_mac_header(skb);
	len = skb_transport_header(skb) + hdr_len - start;
	if (len > SAVED_MAX)
		return NULL;
	saved = kmalloc(struct_size(saved, data, len), GFP_ATOMIC);
	if (!saved)
		return NULL;
	saved->len = len;
	memcpy(saved->data, start, len);
	return saved;
}

/* Free what there is, but not @kept itself; nobody can see it any more */
static void kept_empty(struct xtcp_kept *kept)
{
	kfree(rcu_dereference_protected(kept->opt4, 1));
	consume_skb(kept->syn6);
	kfree(kept->saved);
}

/**
 * xtcp_kept_free() - let go what was kept and is nobody's
 * @kept: from xtcp_kept_of_syn(), a grace period after its record has left the table,
 *	or never in it; or NULL
 *
 * Context: any.
 */
void xtcp_kept_free(struct xtcp_kept *kept)
{
	if (likely(!kept))
		return;
	kept_empty(kept);
	kfree(kept);
}

/**
 * xtcp_kept_of_syn() - keep what a SYN brings for the child
 * @listener: its listener, not locked
 * @skb: packet, data at the transport header, which is linear
 * @seg: its segment; NULL: it is no SYN, and there are no headers to be saved
 * @family: of the packet
 *
 * Context: softirq, under rcu_read_lock().
 * Return: what is kept, for xtcp_kept_free(); NULL: nothing, or no memory.
 */
struct xtcp_kept *xtcp_kept_of_syn(const struct sock *listener, struct sk_buff *skb,
				   const struct xtcp_seg *seg, u8 family)
{
	u8 save = READ_ONCE(xtcp_sk(listener)->save_syn);
	struct xtcp_kept kept = {}, *copy;

	xtcp_rcu_held();
	if (save && seg)
		kept.saved = keep_headers(skb, seg->hdr_len, save);
	if (family == AF_INET)
		RCU_INIT_POINTER(kept.opt4, xtcp_ipopt_of_skb(skb));
	else
		kept.syn6 = keep_packet(listener, skb);
	if (likely(!kept.saved && !kept.syn6 && !rcu_access_pointer(kept.opt4)))
		return NULL;
	copy = kmemdup(&kept, sizeof(kept), GFP_ATOMIC);
	if (!copy)
		kept_empty(&kept);
	return copy;
}

/**
 * xtcp_kept_to_child() - the child has taken its record's place: what it was lent is its
 * own now, and the saved headers are, too
 * @kept: of the record; or NULL
 * @child: the child, locked
 *
 * Context: softirq.
 */
void xtcp_kept_to_child(struct xtcp_kept *kept, struct sock *child)
{
	if (likely(!kept))
		return;
	RCU_INIT_POINTER(kept->opt4, NULL);
	xtcp_sk(child)->saved_syn = kept->saved;
	kept->saved = NULL;
}

/**
 * xtcp_saved_syn_get() - getsockopt(TCP_SAVED_SYN): the headers of the SYN, once
 * @sk: socket
 * @value: where they go
 * @len: what was used there; 0 when there are none, or what they need
 * @room: how much there is
 *
 * Context: process; takes the socket lock.
 * Return: 0, -EINVAL when there is too little room, -EFAULT.
 */
int xtcp_saved_syn_get(struct sock *sk, char __user *value, int __user *len, int room)
{
	struct xtcp_saved_syn *saved;
	int err = -EFAULT;
	u32 need;

	lock_sock(sk);
	saved = xtcp_sk(sk)->saved_syn;
	need = saved ? saved->len : 0;
	if (put_user(need, len))
		goto out;
	err = room < need ? -EINVAL : 0;
	if (err || !saved)
		goto out;
	if (copy_to_user(value, saved->data, need)) {
		err = -EFAULT;
		goto out;
	}
	xtcp_sk(sk)->saved_syn = NULL;
	kfree(saved);
out:
	release_sock(sk);
	return err;
}
