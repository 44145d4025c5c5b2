/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The send queue.
 */
#ifndef XTCP_SNDQUEUE_H
#define XTCP_SNDQUEUE_H

#include <linux/types.h>

struct sock;
struct xtcp_rec;

void xtcp_free_chain(struct sock *sk, struct xtcp_rec *chain);
bool xtcp_join(struct sock *sk, struct xtcp_rec *rec, u32 len);
bool xtcp_cut(struct sock *sk, struct xtcp_rec *rec, u32 len);

#endif /* XTCP_SNDQUEUE_H */
