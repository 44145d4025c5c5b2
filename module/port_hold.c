// SPDX-License-Identifier: GPL-2.0
/*
 * How TIME-WAIT entries hold a port. The port's lock guards all of it.
 */
#include <linux/slab.h>
#include "port.h"
#include "port_hold.h"

/* Different holds of a port. Without a limit, a remote host that connects to many of our
 * addresses could make the list long
 */
#define HOLDS_MAX	64

static struct kmem_cache *hold_cache __read_mostly;

/**
 * xtcp_port_hold_init() - create the slab of holds
 *
 * Context: module load.
 * Return: 0 or -ENOMEM.
 */
int xtcp_port_hold_init(void)
{
	hold_cache = KMEM_CACHE(xtcp_port_hold, 0);
	return hold_cache ? 0 : -ENOMEM;
}

/**
 * xtcp_port_hold_exit() - destroy the slab, which is empty
 *
 * Context: module unload.
 */
void xtcp_port_hold_exit(void)
{
	kmem_cache_destroy(hold_cache);
}

static struct xtcp_port_hold *hold_find(struct xtcp_port *port, const struct xtcp_hold *want)
{
	struct xtcp_port_hold *h;

	for (h = &port->first; h; h = h->next)
		if (h->hold.count && h->hold.addr == want->addr &&
		    h->hold.dev == want->dev && h->hold.how == want->how)
			return h;
	return NULL;
}

static struct xtcp_port_hold *hold_new(struct xtcp_port *port, const struct xtcp_hold *want)
{
	struct xtcp_port_hold *h = &port->first;

	if (h->hold.count) {
		h = kmem_cache_alloc(hold_cache, GFP_ATOMIC);
		if (!h)
			return NULL;
		h->next = port->first.next;
		port->first.next = h;
	}
	h->hold = *want;
	h->hold.count = 0;
	port->bound += !!(want->how & XTCP_CLAIM_BOUND);
	return h;
}

static bool holds_full(const struct xtcp_port *port)
{
	const struct xtcp_port_hold *h;
	unsigned int n = 0;

	for (h = &port->first; h; h = h->next)
		n++;
	return n >= HOLDS_MAX;
}

/* Make it a hold of every address and every device, in every VRF */
static void hold_widen(struct xtcp_hold *want)
{
	want->how |= XTCP_CLAIM_ANY;
	want->addr = 0;
	want->dev = 0;
}

/**
 * xtcp_port_hold_add() - count one more TIME-WAIT entry that holds a port
 * @port: the port
 * @want: how it is held; the count is ignored
 *
 * If the port has many different holds, a new one counts as a hold of every address: until
 * some entries end, bind() then refuses more than it must.
 *
 * Context: any, under the port's lock.
 * Return: false when memory is short.
 */
bool xtcp_port_hold_add(struct xtcp_port *port, const struct xtcp_hold *want)
{
	struct xtcp_port_hold *h = hold_find(port, want);
	struct xtcp_hold wide = *want;

	if (!h && holds_full(port)) {
		hold_widen(&wide);
		h = hold_find(port, &wide);
	}
	if (!h)
		h = hold_new(port, &wide);
	if (!h)
		return false;
	h->hold.count++;
	return true;
}

/* Free a hold whose count is 0 */
static void hold_free(struct xtcp_port *port, struct xtcp_port_hold *h)
{
	struct xtcp_port_hold *prev = &port->first;

	port->bound -= !!(h->hold.how & XTCP_CLAIM_BOUND);
	if (h == &port->first)
		return;
	while (prev->next != h)
		prev = prev->next;
	prev->next = h->next;
	kmem_cache_free(hold_cache, h);
}

/**
 * xtcp_port_hold_remove() - count one TIME-WAIT entry less that holds a port
 * @port: the port
 * @want: as for xtcp_port_hold_add()
 *
 * Of two equal entries, one may be counted by its own hold, and the other by a hold of every
 * address. It does not matter which of the two ends first: the sums are the same, and the
 * hold of every address covers both.
 *
 * Context: any, under the port's lock.
 */
void xtcp_port_hold_remove(struct xtcp_port *port, const struct xtcp_hold *want)
{
	struct xtcp_port_hold *h = hold_find(port, want);
	struct xtcp_hold wide = *want;

	if (!h) {
		hold_widen(&wide);
		h = hold_find(port, &wide);
	}
	if (!WARN_ON_ONCE(!h) && !--h->hold.count)
		hold_free(port, h);
}

/* The only hold of a port; NULL when there are none, or several */
static struct xtcp_port_hold *hold_only(struct xtcp_port *port)
{
	struct xtcp_port_hold *more = port->first.next;

	if (port->first.hold.count)
		return more ? NULL : &port->first;
	return more && !more->next ? more : NULL;
}

/**
 * xtcp_port_hold_pack() - pack a port's holds into its slot, if they fit
 * @port: the port; when they fit, it has no hold in memory any more, and can be freed
 * @slot: result
 *
 * Context: any, under the port's lock.
 * Return: true when they fit: there is one hold that can be packed, or none.
 */
bool xtcp_port_hold_pack(struct xtcp_port *port, u64 *slot)
{
	struct xtcp_port_hold *only = hold_only(port);

	*slot = 0;
	if (!only)
		return !port->first.next && !port->first.hold.count;
	*slot = xtcp_hold_pack(&only->hold);
	if (*slot && only != &port->first)
		kmem_cache_free(hold_cache, only);
	return *slot;
}
