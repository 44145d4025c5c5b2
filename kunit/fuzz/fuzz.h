/* SPDX-License-Identifier: GPL-2.0 */
/* What clang's fuzzer calls: one input, any bytes; 0, or it does not return */
#ifndef XTCP_KUNIT_FUZZ_H
#define XTCP_KUNIT_FUZZ_H

#include <linux/types.h>

int fuzz_one(const u8 *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

#endif /* XTCP_KUNIT_FUZZ_H */
