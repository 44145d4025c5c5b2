/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lists of an accept queue.
 */
#ifndef XTCP_ACCEPT_QUEUE_H
#define XTCP_ACCEPT_QUEUE_H

#include <linux/types.h>

struct sock;

/* Whether a queue took a child, or why not */
enum xtcp_accept_put {
	XTCP_ACCEPT_TAKEN,
	XTCP_ACCEPT_FULL,
	XTCP_ACCEPT_CLOSED,	/* the listener has left TCP_LISTEN */
};

bool xtcp_accept_queue_full(const struct sock *listener);
enum xtcp_accept_put xtcp_accept_queue_put(struct sock *listener, struct sock *child,
					   bool bounded, struct sock **evicted);
struct sock *xtcp_accept_queue_take(struct sock *listener);
void xtcp_accept_queue_dead(struct sock *child);

#endif /* XTCP_ACCEPT_QUEUE_H */
