/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Module parameters that other files use.
 */
#ifndef XTCP_MAIN_H
#define XTCP_MAIN_H

extern int xtcp_protocol;	/* the IP protocol number */

#endif /* XTCP_MAIN_H */
