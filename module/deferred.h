/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Work that is deferred until the owner releases the socket lock.
 */
#ifndef XTCP_DEFERRED_H
#define XTCP_DEFERRED_H

struct sock;
struct xtcp_timer;

/* xtcp_sock.deferred: bits */
enum {
	XTCP_DEFER_TIMER,	/* the timer has expired; holds a reference */
	XTCP_DEFER_MTU,		/* the path MTU is lower; holds a reference */
	XTCP_DEFER_OUTPUT,	/* send what the backlog's segments ask for */
};

void xtcp_sock_expired(struct xtcp_timer *timer);
void xtcp_release_cb(struct sock *sk);

#endif /* XTCP_DEFERRED_H */
