/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's rbtree interface over a plain search tree that is never
 * balanced: what the core does with a tree does not depend on its shape.
 */
#ifndef KUNIT_USER_LINUX_RBTREE_H
#define KUNIT_USER_LINUX_RBTREE_H

#include <linux/stddef.h>
#include <linux/types.h>

struct rb_node {
	struct rb_node *rb_parent, *rb_left, *rb_right;
};

struct rb_root {
	struct rb_node *rb_node;
};

struct rb_root_cached {
	struct rb_root rb_root;
	struct rb_node *rb_leftmost;
};

#define RB_ROOT			((struct rb_root){ NULL })
#define RB_ROOT_CACHED		((struct rb_root_cached){ { NULL }, NULL })
#define RB_EMPTY_ROOT(root)	((root)->rb_node == NULL)
/* A node that is in no tree is its own parent. */
#define RB_EMPTY_NODE(node)	((node)->rb_parent == (node))
#define RB_CLEAR_NODE(node)	((node)->rb_parent = (node))
#define rb_parent(node)		((node)->rb_parent)
#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member) ({			\
	__typeof__(ptr) entry_ = (ptr);				\
	entry_ ? rb_entry(entry_, type, member) : NULL; })

struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);
void rb_erase(struct rb_node *node, struct rb_root *root);
void rb_replace_node(struct rb_node *old, struct rb_node *new,
		     struct rb_root *root);
struct rb_node *rb_first_postorder(const struct rb_root *root);
struct rb_node *rb_next_postorder(const struct rb_node *node);

static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->rb_parent = parent;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

static inline void rb_insert_color(struct rb_node *node __maybe_unused,
				   struct rb_root *root __maybe_unused)
{
}

#define rb_first_cached(root)	((root)->rb_leftmost)

static inline void rb_insert_color_cached(struct rb_node *node,
					  struct rb_root_cached *root,
					  bool leftmost)
{
	if (leftmost)
		root->rb_leftmost = node;
}

static inline struct rb_node *rb_erase_cached(struct rb_node *node,
					      struct rb_root_cached *root)
{
	struct rb_node *leftmost = NULL;

	if (root->rb_leftmost == node) {
		leftmost = rb_next(node);
		root->rb_leftmost = leftmost;
	}
	rb_erase(node, &root->rb_root);
	return leftmost;
}

#define rbtree_postorder_for_each_entry_safe(pos, n, root, field)	    \
	for (pos = rb_entry_safe(rb_first_postorder(root),		    \
				 __typeof__(*pos), field);		    \
	     pos && (n = rb_entry_safe(rb_next_postorder(&pos->field),	    \
				       __typeof__(*pos), field), true);	    \
	     pos = n)

#endif
