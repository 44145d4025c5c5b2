/* SPDX-License-Identifier: GPL-2.0 */
/* As in the oldest kernel we build for, both sides must be of one type. */
#ifndef KUNIT_USER_LINUX_MINMAX_H
#define KUNIT_USER_LINUX_MINMAX_H

#define __minmax(x, y, op) ({			\
	__typeof__(x) x_ = (x);			\
	__typeof__(y) y_ = (y);			\
	(void)(&x_ == &y_);			\
	x_ op y_ ? x_ : y_; })

#define min(x, y)		__minmax(x, y, <)
#define max(x, y)		__minmax(x, y, >)
#define min_t(type, x, y)	min((type)(x), (type)(y))
#define max_t(type, x, y)	max((type)(x), (type)(y))
#define min3(x, y, z)		min((__typeof__(x))min(x, y), z)
#define max3(x, y, z)		max((__typeof__(x))max(x, y), z)
#define clamp_t(type, val, low, high) min_t(type, max_t(type, val, low), high)
#define clamp(val, low, high) ({			\
	__typeof__(val) floored_ = max(val, low);	\
	min(floored_, high); })
#define swap(a, b) do {			\
	__typeof__(a) swap_ = (a);	\
	(a) = (b);			\
	(b) = swap_;			\
} while (0)

#endif
