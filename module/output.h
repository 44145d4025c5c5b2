/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sending segments.
 */
#ifndef XTCP_OUTPUT_H
#define XTCP_OUTPUT_H

struct sk_buff;
struct sock;
struct xtcp_out;

int xtcp_xmit(struct sock *sk, struct sk_buff *payload, const struct xtcp_out *out);
void xtcp_output(struct sock *sk);

#endif /* XTCP_OUTPUT_H */
