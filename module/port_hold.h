/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How TIME-WAIT entries hold a port. Called with the port's lock held.
 */
#ifndef XTCP_PORT_HOLD_H
#define XTCP_PORT_HOLD_H

#include <linux/types.h>

struct xtcp_hold;
struct xtcp_port;

int xtcp_port_hold_init(void);
void xtcp_port_hold_exit(void);
bool xtcp_port_hold_add(struct xtcp_port *port, const struct xtcp_hold *want);
void xtcp_port_hold_remove(struct xtcp_port *port, const struct xtcp_hold *want);
bool xtcp_port_hold_pack(struct xtcp_port *port, u64 *slot);

#endif /* XTCP_PORT_HOLD_H */
