/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is set when the module is loaded.
 */
#ifndef XTCP_MAIN_H
#define XTCP_MAIN_H

extern int xtcp_protocol;	/* the IP protocol number */

#endif /* XTCP_MAIN_H */
