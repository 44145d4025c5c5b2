/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KUNIT_USER_LINUX_UNALIGNED_H
#define KUNIT_USER_LINUX_UNALIGNED_H

#include <linux/types.h>
#include <asm/byteorder.h>

/* A packed struct may lie anywhere, and reading its member copies it. */
#define get_unaligned(p) ({					\
	const struct { __typeof__(*(p)) value; } __packed *at_ =	\
		(const void *)(p);				\
	at_->value; })

#define put_unaligned(v, p) do {				\
	struct { __typeof__(*(p)) value; } __packed *at_ =	\
		(void *)(p);					\
	at_->value = (v);					\
} while (0)

static inline u16 get_unaligned_be16(const void *p)
{
	return be16_to_cpu(get_unaligned((const __be16 *)p));
}

static inline u32 get_unaligned_be32(const void *p)
{
	return be32_to_cpu(get_unaligned((const __be32 *)p));
}

static inline u64 get_unaligned_be64(const void *p)
{
	return be64_to_cpu(get_unaligned((const __be64 *)p));
}

static inline void put_unaligned_be16(u16 v, void *p)
{
	put_unaligned(cpu_to_be16(v), (__be16 *)p);
}

static inline void put_unaligned_be32(u32 v, void *p)
{
	put_unaligned(cpu_to_be32(v), (__be32 *)p);
}

static inline void put_unaligned_be64(u64 v, void *p)
{
	put_unaligned(cpu_to_be64(v), (__be64 *)p);
}

#endif
