/* SPDX-License-Identifier: GPL-2.0 */
/* A kernel warning is a failed test here, and ends it. */
#ifndef KUNIT_USER_LINUX_BUG_H
#define KUNIT_USER_LINUX_BUG_H

#include <linux/compiler.h>

void kunit_user_warn(const char *file, int line, const char *condition);

#define WARN_ON(cond) ({					\
	int warn_ = !!(cond);					\
	if (unlikely(warn_))					\
		kunit_user_warn(__FILE__, __LINE__, #cond);	\
	unlikely(warn_); })
#define WARN_ON_ONCE(cond)	WARN_ON(cond)
#define WARN(cond, ...)		WARN_ON(cond)
#define WARN_ONCE(cond, ...)	WARN_ON(cond)
#define BUG_ON(cond)		((void)WARN_ON(cond))
#define BUG()			BUG_ON(1)

#endif
