/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What waits until the socket's owner lets go.
 */
#ifndef XTCP_DEFERRED_H
#define XTCP_DEFERRED_H

struct sock;
struct xtcp_timer;

/* xtcp_sock.deferred: what waits for the socket's owner to let go */
enum {
	XTCP_DEFER_TIMER,
	XTCP_DEFER_MTU,
	XTCP_DEFER_OUTPUT,
};

void xtcp_sock_expired(struct xtcp_timer *timer);
void xtcp_release_cb(struct sock *sk);

#endif /* XTCP_DEFERRED_H */
