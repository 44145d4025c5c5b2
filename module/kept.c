// SPDX-License-Identifier: GPL-2.0
/*
 * What is kept of a SYN for the child, outside the request because it is rare or large: IPv4
 * options, the packet itself if an IPv6 listener's program asks for its headers, and the
 * headers that TCP_SAVE_SYN asks for.
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

/* Headers longer than this are not saved, bytes. Ethernet, IPv4 and TCP headers with all their
 * options are 134 bytes; IPv6 extension headers have no limit of their own
 */
#define SAVED_MAX	256

/* TCP_SAVE_SYN: save from the IP header on, or from the link header if there is one */
#define SAVE_FROM_IP	1
#define SAVE_FROM_LINK	2

/* Clone the packet. The original is processed further, by the child or by another entry for the
 * connection, and needs its device and route there. The clone is kept for long, so it gives
 * them up
 */
static struct sk_buff *keep_packet(const struct sock *listener, struct sk_buff *skb)
{
	struct sk_buff *kept;

	if (!inet6_sk(listener)->rxopt.all && !xtcp_compat_repflow(listener))
		return NULL;
	kept = skb_clone(skb, GFP_ATOMIC);
	if (!kept)
		return NULL;
	xtcp_skb_detach(kept);
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

/* Free the contents, but not @kept itself; no other CPU can reach it */
static void kept_empty(struct xtcp_kept *kept)
{
	kfree(rcu_dereference_protected(kept->opt4, 1));
	consume_skb(kept->syn6);
	kfree(kept->saved);
}

/**
 * xtcp_kept_free() - free what was kept, except what the child has taken over
 * @kept: from xtcp_kept_of_syn(); or NULL. Its request was never in the table, or has left it
 *	a grace period ago
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
 * @seg: its segment; NULL: it is no SYN, so its headers are not saved
 * @family: of the packet
 *
 * Context: softirq, under rcu_read_lock().
 * Return: what is kept, to be freed by xtcp_kept_free(); NULL: nothing, or no memory.
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
 * xtcp_kept_to_child() - pass IP options and saved headers to the child
 * @kept: of the request; or NULL
 * @child: the child, locked, in the connection table. It points to the IP options already
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
 * xtcp_saved_syn_get() - getsockopt(TCP_SAVED_SYN): return the headers of the SYN, once
 * @sk: socket
 * @value: buffer for the headers
 * @len: result: their length, bytes, even if @room is too small; 0: there are none
 * @room: size of the buffer, bytes
 *
 * Context: process; takes the socket lock.
 * Return: 0, -EINVAL if the buffer is too small, -EFAULT.
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
