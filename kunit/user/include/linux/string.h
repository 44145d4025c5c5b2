/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KUNIT_USER_LINUX_STRING_H
#define KUNIT_USER_LINUX_STRING_H

#include <string.h>
#include <linux/types.h>

#endif
