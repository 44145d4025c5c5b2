// SPDX-License-Identifier: GPL-2.0
/*
 * RST: which one answers what (RFC 9293 sections 3.5.2 and 3.10.7).
 *
 *	segment					RST by
 *	of no connection, nobody listens	rcv_unknown(), rcv.c
 *	for a listener, with ACK, no cookie	xtcp_listen_rcv(), listen.c
 *	half-open: acknowledges no SYN-ACK	xtcp_request_rcv(), request.c
 *	half-open: no room in the accept queue	xtcp_request_overflow() (abort_on_overflow)
 *	half-open: its listener has closed	xtcp_request_begin(), request_unheard()
 *	of a socket, or its user aborts		the core: XTCP_ACT_RST, XTCP_OUT_RST
 *
 * A segment with RST is never answered by one. TIME-WAIT answers by ACK (timewait.c).
 */
#include "core/reset.h"
#include "core/tcb.h"
#include "net.h"
#include "output.h"
#include "reply.h"
#include "reject.h"
#include "sock.h"

/**
 * xtcp_reset_skb() - refuse a packet with RST, unless it is one itself
 * @skb: the packet, transport header pulled
 * @seg: its segment
 * @key: its connection, seen from our end
 * @owner: the listener that it was for; NULL: nobody's
 *
 * RFC 9293 section 3.10.7.1.
 *
 * Context: softirq, under rcu_read_lock().
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
 * xtcp_reset_peer() - tell a connection's peer that it has ended
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
