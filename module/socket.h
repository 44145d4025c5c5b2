/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Creation and end of a socket.
 */
#ifndef XTCP_SOCKET_H
#define XTCP_SOCKET_H

struct sock;
struct xtcp_tcb;

int xtcp_sock_init(struct sock *sk);
void xtcp_tcb_copy_settings(struct xtcp_tcb *to, const struct xtcp_tcb *from);
int xtcp_hash(struct sock *sk);
void xtcp_unhash(struct sock *sk);
void xtcp_rehash(struct sock *sk);
void xtcp_sock_stop_timer(struct sock *sk);
void xtcp_sock_done(struct sock *sk);
void xtcp_sock_purge(struct sock *sk);
void xtcp_sock_release(struct sock *sk);
void xtcp_sock_destroy(struct sock *sk);

#endif /* XTCP_SOCKET_H */
