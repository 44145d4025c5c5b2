/* SPDX-License-Identifier: GPL-2.0 */
/*
 * close(), shutdown() and disconnect.
 */
#ifndef XTCP_CLOSE_H
#define XTCP_CLOSE_H

struct sock;

void xtcp_close(struct sock *sk, long timeout);
void xtcp_shutdown(struct sock *sk, int how);
int xtcp_disconnect(struct sock *sk, int flags);

#endif /* XTCP_CLOSE_H */
