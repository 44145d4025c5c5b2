/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Readiness: socket state, write space, poll().
 */
#ifndef XTCP_READY_H
#define XTCP_READY_H

#include <linux/poll.h>
#include <linux/types.h>

struct file;
struct sock;
struct socket;

void xtcp_set_state(struct sock *sk, int state);
bool xtcp_readable(const struct sock *sk);
bool xtcp_stream_memory_free(const struct sock *sk, int wake);
void xtcp_write_space(struct sock *sk);
__poll_t xtcp_poll(struct file *file, struct socket *sock, poll_table *wait);

#endif /* XTCP_READY_H */
