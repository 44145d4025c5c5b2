/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every kernel source finds without asking (the kernel build forces the
 * same with -include): attributes, ONCE accesses, build-time assertions.
 */
#ifndef KUNIT_USER_LINUX_COMPILER_H
#define KUNIT_USER_LINUX_COMPILER_H

#define __force
#define __always_unused		__attribute__((__unused__))
#define __maybe_unused		__attribute__((__unused__))
#define __must_check		__attribute__((__warn_unused_result__))
#define __printf(a, b)		__attribute__((__format__(printf, a, b)))
#undef __always_inline
#define __always_inline		inline __attribute__((__always_inline__))
#define noinline		__attribute__((__noinline__))
#undef __packed
#define __packed		__attribute__((__packed__))
#define __aligned(n)		__attribute__((__aligned__(n)))
#define __aligned_u64		__u64 __attribute__((__aligned__(8)))
#define __pure			__attribute__((__pure__))
#undef __attribute_const__
#define __attribute_const__	__attribute__((__const__))
#define ____cacheline_aligned	__aligned(64)
#define fallthrough		__attribute__((__fallthrough__))
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)

#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define barrier()		__asm__ __volatile__("" : : : "memory")

#define static_assert(cond, ...) _Static_assert(cond, #cond)
#define BUILD_BUG_ON(cond)	_Static_assert(!(cond), "BUILD_BUG_ON: " #cond)
#define BUILD_BUG_ON_MSG(cond, msg) _Static_assert(!(cond), msg)

#define __CONCAT_(a, b)		a##b
#define CONCATENATE(a, b)	__CONCAT_(a, b)

#endif
