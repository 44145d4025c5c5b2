// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the user-space replacements for the kernel: the suites on top are only as good as
 * these. Runs in user space only.
 */
#include <kunit/test.h>
#include <linux/bitops.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/rbtree.h>
#include <linux/unaligned.h>

#define KEYS 64

struct item {
	struct rb_node node;
	struct list_head link;
	unsigned int key;
	bool present;
};

struct forest {
	struct rb_root root;
	struct item items[KEYS];
};

static u32 next_random(u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

static void insert(struct forest *forest, struct item *item)
{
	struct rb_node **link = &forest->root.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		if (item->key < rb_entry(parent, struct item, node)->key)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&item->node, parent, link);
	rb_insert_color(&item->node, &forest->root);
	item->present = true;
}

static void expect_in_order(struct kunit *test, struct forest *forest)
{
	struct rb_node *node = rb_first(&forest->root), *last = NULL;
	unsigned int i;

	for (i = 0; i < KEYS; i++) {
		if (!forest->items[i].present)
			continue;
		KUNIT_ASSERT_NOT_NULL(test, node);
		KUNIT_ASSERT_EQ(test, rb_entry(node, struct item, node)->key, i);
		KUNIT_ASSERT_PTR_EQ(test, rb_prev(node), last);
		last = node;
		node = rb_next(node);
	}
	KUNIT_ASSERT_NULL(test, node);
	KUNIT_ASSERT_PTR_EQ(test, rb_last(&forest->root), last);
}

static void rbtree__keeps_order(struct kunit *test)
{
	struct forest *forest = kunit_kzalloc(test, sizeof(*forest), GFP_KERNEL);
	u32 state = 1;
	int i;

	for (i = 0; i < KEYS; i++)
		forest->items[i].key = i;
	for (i = 0; i < 5000; i++) {
		struct item *item = &forest->items[next_random(&state) % KEYS];

		if (item->present) {
			rb_erase(&item->node, &forest->root);
			item->present = false;
		} else {
			insert(forest, item);
		}
		expect_in_order(test, forest);
	}
}

static void rbtree__postorder_frees_each_once(struct kunit *test)
{
	struct forest *forest = kunit_kzalloc(test, sizeof(*forest), GFP_KERNEL);
	struct item *item, *next;
	u32 state = 7;
	int count = 0;

	for (; count < KEYS; count++) {
		item = kunit_kzalloc(test, sizeof(*item), GFP_KERNEL);
		item->key = next_random(&state);
		insert(forest, item);
	}
	rbtree_postorder_for_each_entry_safe(item, next, &forest->root, node) {
		kunit_kfree(test, item);
		count--;
	}
	KUNIT_EXPECT_EQ(test, count, 0);
}

static void rbtree__replace_keeps_neighbours(struct kunit *test)
{
	struct forest *forest = kunit_kzalloc(test, sizeof(*forest), GFP_KERNEL);
	struct item other = { .key = 3, .present = true };
	int i;

	for (i = 0; i < 8; i++) {
		forest->items[i].key = (i * 5) % 8;
		insert(forest, &forest->items[i]);
	}
	rb_replace_node(&forest->items[7].node, &other.node, &forest->root);
	KUNIT_EXPECT_EQ(test, rb_entry(rb_next(&other.node), struct item, node)->key, 4);
	KUNIT_EXPECT_EQ(test, rb_entry(rb_prev(&other.node), struct item, node)->key, 2);
}

static void list__order_and_removal(struct kunit *test)
{
	struct item items[4] = { { .key = 0 }, { .key = 1 }, { .key = 2 }, { .key = 3 } };
	struct item *item, *next;
	unsigned int expected = 3;
	LIST_HEAD(other);
	LIST_HEAD(list);

	list_add(&items[1].link, &list);
	list_add_tail(&items[2].link, &list);
	list_add(&items[0].link, &list);
	list_add_tail(&items[3].link, &list);
	list_for_each_entry_reverse(item, &list, link)
		KUNIT_EXPECT_EQ(test, item->key, expected--);
	list_for_each_entry_safe(item, next, &list, link)
		if (item->key & 1)
			list_move_tail(&item->link, &other);
	KUNIT_EXPECT_EQ(test, list_first_entry(&list, struct item, link)->key, 0);
	KUNIT_EXPECT_EQ(test, list_last_entry(&list, struct item, link)->key, 2);
	list_splice_init(&list, &other);
	KUNIT_EXPECT_TRUE(test, list_empty(&list));
	KUNIT_EXPECT_EQ(test, list_first_entry(&other, struct item, link)->key, 0);
	KUNIT_EXPECT_EQ(test, list_last_entry(&other, struct item, link)->key, 3);
}

static void small__helpers(struct kunit *test)
{
	u8 bytes[] = { 0xff, 0x12, 0x34, 0x56, 0x78 };

	KUNIT_EXPECT_EQ(test, get_unaligned_be16(bytes + 1), 0x1234);
	KUNIT_EXPECT_EQ(test, get_unaligned_be32(bytes + 1), 0x12345678);
	put_unaligned_be16(0xabcd, bytes + 3);
	KUNIT_EXPECT_EQ(test, memcmp(bytes, "\xff\x12\x34\xab\xcd", 5), 0);
	KUNIT_EXPECT_EQ(test, fls(0), 0);
	KUNIT_EXPECT_EQ(test, fls64(1ULL << 63), 64);
	KUNIT_EXPECT_EQ(test, GENMASK(7, 4), 0xf0);
	KUNIT_EXPECT_EQ(test, clamp(7, 1, 5), 5);
	KUNIT_EXPECT_EQ(test, clamp(-7, 1, 5), 1);
	KUNIT_EXPECT_EQ(test, rol32(0x80000001, 1), 3);
	KUNIT_EXPECT_EQ(test, mul_u64_u64_div_u64(1ULL << 40, 1ULL << 40, 1ULL << 30),
			1ULL << 50);
}

static struct kunit_case harness_cases[] = {
	KUNIT_CASE(rbtree__keeps_order),
	KUNIT_CASE(rbtree__postorder_frees_each_once),
	KUNIT_CASE(rbtree__replace_keeps_neighbours),
	KUNIT_CASE(list__order_and_removal),
	KUNIT_CASE(small__helpers),
	{}
};

static struct kunit_suite harness_suite = {
	.name = "user_harness",
	.test_cases = harness_cases,
};

kunit_test_suite(harness_suite);
