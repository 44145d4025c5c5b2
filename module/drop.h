/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a segment was dropped.
 */
#ifndef XTCP_DROP_H
#define XTCP_DROP_H

#include "core/tcb.h"

struct net;

void xtcp_count_drop(const struct net *net, enum xtcp_drop why);

#endif /* XTCP_DROP_H */
