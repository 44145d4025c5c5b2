// SPDX-License-Identifier: GPL-2.0
/*
 * RST: where each is sent (RFC 9293 sections 3.5.2 and 3.10.7).
 *
 *	segment					RST sent by
 *	no connection, no listener		rcv_unknown(), rcv.c
 *	for a listener, with ACK, no cookie	xtcp_listen_rcv(), listen.c
 *	request: acknowledges no SYN-ACK	xtcp_request_rcv(), request.c
 *	request: accept queue full		xtcp_request_overflow() (abort_on_overflow)
 *	request: listener closed		xtcp_request_begin(), request_unheard()
 *	of a socket, or its program aborts	the core: XTCP_ACT_RST, XTCP_OUT_RST
 *
 * A segment with RST is never answered by one. TIME-WAIT answers with an ACK (timewait.c).
 */
#include "core/reset.h"
#include "core/tcb.h"
#include "net.h"
#include "output.h"
#include "reply.h"
#include "reject.h"
#include "sock.h"

/**
 * xtcp_reset_skb() - answer a packet with RST, unless it carries one itself
 * @skb: the packet, transport header pulled
 * @seg: its segment
 * @key: its connection, as seen from our end
 * @owner: the listener that it was for, or NULL
 *
 * Context: softirq, under rcu_read_lock(). Source: RFC 9293 section 3.10.7.1.
 */
void xtcp_reset_skb(struct sk_buff *skb, const struct xtcp_seg *seg,
		    const struct xtcp_key *key, const struct sock *owner)
{
	struct xtcp_out rst;

	xtcp_rcu_held();
	if (seg->flags & XTCP_RST)
		return;
	xtcp_reset_reply(seg, &rst);
	xtcp_reply_skb(skb, key, owner, &rst);
}

/**
 * xtcp_reset_peer() - send RST to a connection's peer
 * @sk: socket
 * @rst: the segment, from the core
 *
 * Context: under the socket lock.
 */
void xtcp_reset_peer(struct sock *sk, const struct xtcp_out *rst)
{
	sock_owned_by_me(sk);
	xtcp_count(sock_net(sk), resets_out);
	xtcp_xmit(sk, NULL, rst);
}
