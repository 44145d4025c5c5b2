/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is kept of a SYN outside the request.
 */
#ifndef XTCP_KEPT_H
#define XTCP_KEPT_H

#include <linux/types.h>

struct ip_options_rcu;
struct sk_buff;
struct sock;
struct xtcp_seg;

/**
 * struct xtcp_saved_syn - the headers of the SYN that opened a connection
 * @len: bytes
 * @data: the headers, as they were on the wire
 */
struct xtcp_saved_syn {
	u32 len;
	u8 data[];
};

/**
 * struct xtcp_kept - what is kept of a SYN outside the request
 * @opt4: IPv4: IP options of our segments; NULL once the child owns them
 * @syn6: IPv6: a clone of the SYN's packet, if the listener asked for its headers; it has no
 *	device and no route
 * @saved: the SYN's headers, if the listener asked for them (TCP_SAVE_SYN); NULL once the
 *	child owns them
 *
 * Owned by the request, and freed with it.
 */
struct xtcp_kept {
	struct ip_options_rcu __rcu *opt4;
	struct sk_buff *syn6;
	struct xtcp_saved_syn *saved;
};

void xtcp_kept_free(struct xtcp_kept *kept);
struct xtcp_kept *xtcp_kept_of_syn(const struct sock *listener, struct sk_buff *skb,
				   const struct xtcp_seg *seg, u8 family);
void xtcp_kept_to_child(struct xtcp_kept *kept, struct sock *child);
int xtcp_saved_syn_get(struct sock *sk, char __user *value, int __user *len, int room);

#endif /* XTCP_KEPT_H */
