/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * xtcp's user-space interface.
 */
#ifndef _UAPI_XTCP_H
#define _UAPI_XTCP_H

/* IP protocol number: "use for experimentation and testing" (RFC 3692) */
#define IPPROTO_XTCP	253

#endif /* _UAPI_XTCP_H */
