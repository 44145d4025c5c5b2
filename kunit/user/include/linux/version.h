/* SPDX-License-Identifier: GPL-2.0 */
/* include/compat.h asks for a version: user space is taken for the oldest kernel. */
#ifndef KUNIT_USER_LINUX_VERSION_H
#define KUNIT_USER_LINUX_VERSION_H

#define KERNEL_VERSION(a, b, c)	(((a) << 16) + ((b) << 8) + (c))
#define LINUX_VERSION_CODE	KERNEL_VERSION(6, 1, 0)

#endif
