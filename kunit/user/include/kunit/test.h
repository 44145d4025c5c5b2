/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of KUnit's interface that the core's suites use, for user space.
 * A suite is the same source here and in a kernel, so nothing is here that the
 * oldest kernel (6.1) does not have.
 */
#ifndef KUNIT_USER_KUNIT_TEST_H
#define KUNIT_USER_KUNIT_TEST_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <linux/stddef.h>
#include <linux/string.h>

#define KUNIT_PARAM_DESC_SIZE	128

#define GFP_KERNEL	1U
#define GFP_ATOMIC	2U
#define __GFP_ZERO	4U

#define KERN_INFO	""
#define MODULE_LICENSE(text)		static_assert(sizeof(text))
#define MODULE_DESCRIPTION(text)	static_assert(sizeof(text))
#define MODULE_AUTHOR(text)		static_assert(sizeof(text))

struct kunit_memory;

struct kunit {
	void *priv;
	const char *name;
	const void *param_value;
	int param_index;

	/* private: the runner's */
	bool failed;
	bool skipped;
	struct kunit_memory *memory;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char name[256];
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;

	/* private: the runner's */
	struct kunit_suite *next;
};

#define KUNIT_CASE(function) { .run_case = function, .name = #function }
#define KUNIT_CASE_PARAM(function, generator) {				\
	.run_case = function, .name = #function,			\
	.generate_params = generator }

/* Makes name_gen_params() out of an array; get_desc() may be NULL. */
#define KUNIT_ARRAY_PARAM(name, array, get_desc)			\
static const void *name##_gen_params(const void *prev, char *desc)	\
{									\
	__typeof__((array)[0]) *next = prev ?				\
		((__typeof__(next))prev) + 1 : (array);			\
	void (*describe)(__typeof__(next), char *) = get_desc;		\
									\
	if (next - (array) >= (ptrdiff_t)ARRAY_SIZE(array))		\
		return NULL;						\
	if (describe)							\
		describe(next, desc);					\
	return next;							\
}

void kunit_user_register(struct kunit_suite *suite);
void *kunit_kmalloc_array(struct kunit *test, size_t n, size_t size, gfp_t gfp);
void kunit_kfree(struct kunit *test, const void *memory);
void kunit_user_skip(struct kunit *test, bool stop, const char *format, ...)
	__printf(3, 4);
void kunit_user_log(const char *format, ...) __printf(1, 2);

#define kunit_test_suite(suite)						\
static void __attribute__((__constructor__)) suite##_register(void)	\
{									\
	kunit_user_register(&(suite));					\
}									\
static_assert(sizeof(suite) > 0)

static inline void *kunit_kmalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	return kunit_kmalloc_array(test, 1, size, gfp);
}

static inline void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	return kunit_kmalloc_array(test, 1, size, gfp | __GFP_ZERO);
}

static inline void *kunit_kcalloc(struct kunit *test, size_t n, size_t size,
				  gfp_t gfp)
{
	return kunit_kmalloc_array(test, n, size, gfp | __GFP_ZERO);
}

#define kunit_info(test, ...)	((void)(test), kunit_user_log(__VA_ARGS__))
#define kunit_warn(test, ...)	kunit_info(test, __VA_ARGS__)
#define kunit_err(test, ...)	kunit_info(test, __VA_ARGS__)
#define kunit_skip(test, ...)	kunit_user_skip(test, true, __VA_ARGS__)
#define kunit_mark_skipped(test, ...) kunit_user_skip(test, false, __VA_ARGS__)

/* One failed check: where, what was wanted, and the two sides as numbers. */
struct kunit_user_check {
	const char *file;
	int line;
	bool stop;
	const char *left_text, *op, *right_text;
};

void kunit_user_failed_numbers(struct kunit *test,
			       const struct kunit_user_check *check,
			       long long left, long long right,
			       const char *format, ...) __printf(5, 6);
void kunit_user_failed_strings(struct kunit *test,
			       const struct kunit_user_check *check,
			       const char *left, const char *right,
			       const char *format, ...) __printf(5, 6);
void kunit_user_failed_plain(struct kunit *test,
			     const struct kunit_user_check *check,
			     const char *format, ...) __printf(3, 4);

#define KUNIT_USER_CHECK(must_stop, left, operator, right)	\
	(&(const struct kunit_user_check){			\
		__FILE__, __LINE__, must_stop, left, operator, right })

#define KUNIT_USER_NUMBERS(test, stop, left, op, right, ...) do {	\
	__typeof__(left) left_ = (left);				\
	__typeof__(right) right_ = (right);				\
	if (unlikely(!(left_ op right_)))				\
		kunit_user_failed_numbers(test,				\
			KUNIT_USER_CHECK(stop, #left, #op, #right),	\
			(long long)left_, (long long)right_, __VA_ARGS__); \
} while (0)

#define KUNIT_USER_TRUTH(test, stop, wanted, cond, ...) do {		\
	bool is_ = (cond);						\
	if (unlikely(is_ != (wanted)))					\
		kunit_user_failed_plain(test,				\
			KUNIT_USER_CHECK(stop, #cond, "is", #wanted),	\
			__VA_ARGS__);					\
} while (0)

#define KUNIT_USER_STRINGS(test, stop, left, op, right, ...) do {	\
	const char *left_ = (left), *right_ = (right);			\
	if (unlikely(!(strcmp(left_, right_) op 0)))			\
		kunit_user_failed_strings(test,				\
			KUNIT_USER_CHECK(stop, #left, #op, #right),	\
			left_, right_, __VA_ARGS__);			\
} while (0)

#define KUNIT_USER_POINTERS(test, stop, left, op, right, ...) do {	\
	const void *left_ = (left), *right_ = (right);			\
	if (unlikely(!(left_ op right_)))				\
		kunit_user_failed_numbers(test,				\
			KUNIT_USER_CHECK(stop, #left, #op, #right),	\
			(long)left_, (long)right_, __VA_ARGS__);	\
} while (0)

#define KUNIT_FAIL(test, ...) \
	kunit_user_failed_plain(test, \
		KUNIT_USER_CHECK(false, "this point", "is", "not reached"), \
		__VA_ARGS__)
#define KUNIT_SUCCEED(test)	((void)(test))

#define KUNIT_EXPECT_EQ(test, left, right) \
	KUNIT_USER_NUMBERS(test, false, left, ==, right, "%s", "")
#define KUNIT_EXPECT_EQ_MSG(test, left, right, ...) \
	KUNIT_USER_NUMBERS(test, false, left, ==, right, __VA_ARGS__)
#define KUNIT_EXPECT_NE(test, left, right) \
	KUNIT_USER_NUMBERS(test, false, left, !=, right, "%s", "")
#define KUNIT_EXPECT_NE_MSG(test, left, right, ...) \
	KUNIT_USER_NUMBERS(test, false, left, !=, right, __VA_ARGS__)
#define KUNIT_EXPECT_LT(test, left, right) \
	KUNIT_USER_NUMBERS(test, false, left, <, right, "%s", "")
#define KUNIT_EXPECT_LT_MSG(test, left, right, ...) \
	KUNIT_USER_NUMBERS(test, false, left, <, right, __VA_ARGS__)
#define KUNIT_EXPECT_LE(test, left, right) \
	KUNIT_USER_NUMBERS(test, false, left, <=, right, "%s", "")
#define KUNIT_EXPECT_LE_MSG(test, left, right, ...) \
	KUNIT_USER_NUMBERS(test, false, left, <=, right, __VA_ARGS__)
#define KUNIT_EXPECT_GT(test, left, right) \
	KUNIT_USER_NUMBERS(test, false, left, >, right, "%s", "")
#define KUNIT_EXPECT_GT_MSG(test, left, right, ...) \
	KUNIT_USER_NUMBERS(test, false, left, >, right, __VA_ARGS__)
#define KUNIT_EXPECT_GE(test, left, right) \
	KUNIT_USER_NUMBERS(test, false, left, >=, right, "%s", "")
#define KUNIT_EXPECT_GE_MSG(test, left, right, ...) \
	KUNIT_USER_NUMBERS(test, false, left, >=, right, __VA_ARGS__)
#define KUNIT_EXPECT_PTR_EQ(test, left, right) \
	KUNIT_USER_POINTERS(test, false, left, ==, right, "%s", "")
#define KUNIT_EXPECT_PTR_EQ_MSG(test, left, right, ...) \
	KUNIT_USER_POINTERS(test, false, left, ==, right, __VA_ARGS__)
#define KUNIT_EXPECT_PTR_NE(test, left, right) \
	KUNIT_USER_POINTERS(test, false, left, !=, right, "%s", "")
#define KUNIT_EXPECT_PTR_NE_MSG(test, left, right, ...) \
	KUNIT_USER_POINTERS(test, false, left, !=, right, __VA_ARGS__)
#define KUNIT_EXPECT_NULL(test, pointer) \
	KUNIT_USER_POINTERS(test, false, pointer, ==, NULL, "%s", "")
#define KUNIT_EXPECT_NULL_MSG(test, pointer, ...) \
	KUNIT_USER_POINTERS(test, false, pointer, ==, NULL, __VA_ARGS__)
#define KUNIT_EXPECT_NOT_NULL(test, pointer) \
	KUNIT_USER_POINTERS(test, false, pointer, !=, NULL, "%s", "")
#define KUNIT_EXPECT_NOT_NULL_MSG(test, pointer, ...) \
	KUNIT_USER_POINTERS(test, false, pointer, !=, NULL, __VA_ARGS__)
#define KUNIT_EXPECT_TRUE(test, cond) \
	KUNIT_USER_TRUTH(test, false, true, cond, "%s", "")
#define KUNIT_EXPECT_TRUE_MSG(test, cond, ...) \
	KUNIT_USER_TRUTH(test, false, true, cond, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE(test, cond) \
	KUNIT_USER_TRUTH(test, false, false, cond, "%s", "")
#define KUNIT_EXPECT_FALSE_MSG(test, cond, ...) \
	KUNIT_USER_TRUTH(test, false, false, cond, __VA_ARGS__)
#define KUNIT_EXPECT_STREQ(test, left, right) \
	KUNIT_USER_STRINGS(test, false, left, ==, right, "%s", "")
#define KUNIT_EXPECT_STREQ_MSG(test, left, right, ...) \
	KUNIT_USER_STRINGS(test, false, left, ==, right, __VA_ARGS__)
#define KUNIT_EXPECT_STRNEQ(test, left, right) \
	KUNIT_USER_STRINGS(test, false, left, !=, right, "%s", "")
#define KUNIT_EXPECT_STRNEQ_MSG(test, left, right, ...) \
	KUNIT_USER_STRINGS(test, false, left, !=, right, __VA_ARGS__)
#define KUNIT_EXPECT_NOT_ERR_OR_NULL(test, pointer) \
	KUNIT_USER_POINTERS(test, false, pointer, !=, NULL, "%s", "")
#define KUNIT_ASSERT_EQ(test, left, right) \
	KUNIT_USER_NUMBERS(test, true, left, ==, right, "%s", "")
#define KUNIT_ASSERT_EQ_MSG(test, left, right, ...) \
	KUNIT_USER_NUMBERS(test, true, left, ==, right, __VA_ARGS__)
#define KUNIT_ASSERT_NE(test, left, right) \
	KUNIT_USER_NUMBERS(test, true, left, !=, right, "%s", "")
#define KUNIT_ASSERT_NE_MSG(test, left, right, ...) \
	KUNIT_USER_NUMBERS(test, true, left, !=, right, __VA_ARGS__)
#define KUNIT_ASSERT_LT(test, left, right) \
	KUNIT_USER_NUMBERS(test, true, left, <, right, "%s", "")
#define KUNIT_ASSERT_LT_MSG(test, left, right, ...) \
	KUNIT_USER_NUMBERS(test, true, left, <, right, __VA_ARGS__)
#define KUNIT_ASSERT_LE(test, left, right) \
	KUNIT_USER_NUMBERS(test, true, left, <=, right, "%s", "")
#define KUNIT_ASSERT_LE_MSG(test, left, right, ...) \
	KUNIT_USER_NUMBERS(test, true, left, <=, right, __VA_ARGS__)
#define KUNIT_ASSERT_GT(test, left, right) \
	KUNIT_USER_NUMBERS(test, true, left, >, right, "%s", "")
#define KUNIT_ASSERT_GT_MSG(test, left, right, ...) \
	KUNIT_USER_NUMBERS(test, true, left, >, right, __VA_ARGS__)
#define KUNIT_ASSERT_GE(test, left, right) \
	KUNIT_USER_NUMBERS(test, true, left, >=, right, "%s", "")
#define KUNIT_ASSERT_GE_MSG(test, left, right, ...) \
	KUNIT_USER_NUMBERS(test, true, left, >=, right, __VA_ARGS__)
#define KUNIT_ASSERT_PTR_EQ(test, left, right) \
	KUNIT_USER_POINTERS(test, true, left, ==, right, "%s", "")
#define KUNIT_ASSERT_PTR_EQ_MSG(test, left, right, ...) \
	KUNIT_USER_POINTERS(test, true, left, ==, right, __VA_ARGS__)
#define KUNIT_ASSERT_PTR_NE(test, left, right) \
	KUNIT_USER_POINTERS(test, true, left, !=, right, "%s", "")
#define KUNIT_ASSERT_PTR_NE_MSG(test, left, right, ...) \
	KUNIT_USER_POINTERS(test, true, left, !=, right, __VA_ARGS__)
#define KUNIT_ASSERT_NULL(test, pointer) \
	KUNIT_USER_POINTERS(test, true, pointer, ==, NULL, "%s", "")
#define KUNIT_ASSERT_NULL_MSG(test, pointer, ...) \
	KUNIT_USER_POINTERS(test, true, pointer, ==, NULL, __VA_ARGS__)
#define KUNIT_ASSERT_NOT_NULL(test, pointer) \
	KUNIT_USER_POINTERS(test, true, pointer, !=, NULL, "%s", "")
#define KUNIT_ASSERT_NOT_NULL_MSG(test, pointer, ...) \
	KUNIT_USER_POINTERS(test, true, pointer, !=, NULL, __VA_ARGS__)
#define KUNIT_ASSERT_TRUE(test, cond) \
	KUNIT_USER_TRUTH(test, true, true, cond, "%s", "")
#define KUNIT_ASSERT_TRUE_MSG(test, cond, ...) \
	KUNIT_USER_TRUTH(test, true, true, cond, __VA_ARGS__)
#define KUNIT_ASSERT_FALSE(test, cond) \
	KUNIT_USER_TRUTH(test, true, false, cond, "%s", "")
#define KUNIT_ASSERT_FALSE_MSG(test, cond, ...) \
	KUNIT_USER_TRUTH(test, true, false, cond, __VA_ARGS__)
#define KUNIT_ASSERT_STREQ(test, left, right) \
	KUNIT_USER_STRINGS(test, true, left, ==, right, "%s", "")
#define KUNIT_ASSERT_STREQ_MSG(test, left, right, ...) \
	KUNIT_USER_STRINGS(test, true, left, ==, right, __VA_ARGS__)
#define KUNIT_ASSERT_STRNEQ(test, left, right) \
	KUNIT_USER_STRINGS(test, true, left, !=, right, "%s", "")
#define KUNIT_ASSERT_STRNEQ_MSG(test, left, right, ...) \
	KUNIT_USER_STRINGS(test, true, left, !=, right, __VA_ARGS__)
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pointer) \
	KUNIT_USER_POINTERS(test, true, pointer, !=, NULL, "%s", "")

#endif
