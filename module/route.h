/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The route of a socket's packets.
 */
#ifndef XTCP_ROUTE_H
#define XTCP_ROUTE_H

struct dst_entry;
struct flowi6;
struct sock;

void xtcp_flow6(struct sock *sk, struct flowi6 *fl6);
struct dst_entry *xtcp_route6(struct sock *sk, struct flowi6 *fl6);
void xtcp_sync_path(struct sock *sk, const struct dst_entry *dst);
struct dst_entry *xtcp_route(struct sock *sk);

#endif /* XTCP_ROUTE_H */
