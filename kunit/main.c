// SPDX-License-Identifier: GPL-2.0
/*
 * The KUnit module: the core's sources (core_*.c) and their suites (*_test.c).
 * KUnit runs the suites when the module is loaded.
 */
#include <linux/module.h>

MODULE_DESCRIPTION("KUnit suites of xtcp");
MODULE_LICENSE("GPL");
