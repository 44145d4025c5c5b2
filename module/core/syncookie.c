// SPDX-License-Identifier: GPL-2.0
/*
 * Classic SYN cookies, for any peer (RFC 4987 section 3.6). See syncookie.h for their bits.
 */
#include <linux/bits.h>
#include <linux/types.h>

#include "mss.h"
#include "syncookie.h"

/* Bits of the initial sequence number, from the lowest */
#define MSS_BITS	3
#define MSS_MASK	((1U << MSS_BITS) - 1)
#define STAMPED_EPOCH	BIT(3)
#define STAMPED_MASK	0xfU	/* all bits that are not MAC */
#define BARE_WSCALE	3	/* the lowest bit of the window scale */
#define BARE_SACK	BIT(6)
#define BARE_EPOCH	BIT(7)
#define BARE_MASK	0xffU

/* Bits of the timestamp */
#define STAMP_WSCALE	0xfU
#define STAMP_SACK	BIT(4)
#define STAMP_MASK	0x3fU

#define NO_WSCALE	15	/* above XTCP_WSCALE_MAX */

/* MSS values of peers: the least that we accept, the default of IPv4 and IPv6, common
 * tunnels, Ethernet under IPv6 and IPv4, jumbo frames
 */
static const u16 sizes[1 << MSS_BITS] = { XTCP_MSS_MIN, 536, 1220, 1360, 1400, 1440, 1460, 8940 };

/* Window scales that three bits can encode; the first is none */
static const u8 scales[] = { NO_WSCALE, 0, 2, 4, 6, 7, 8, 10 };

/**
 * xtcp_cookie_pack - the contents of a request's cookie
 * @c: result; values that don't fit are rounded down
 * @h: the request, from xtcp_syn_received_init()
 * @now: time, us
 *
 * Pure: no context, no lock. Source: RFC 4987 section 3.6.
 */
void xtcp_cookie_pack(struct xtcp_cookie *c, const struct xtcp_syn_received *h, u64 now)
{
	u8 i = MSS_MASK;

	while (i && sizes[i] > h->peer_mss)
		i--;
	c->mss = i;
	c->epoch = xtcp_cookie_epoch(now);
	c->sack_ok = h->sack_ok;
	c->ts_ok = h->ts_ok;
	c->wscale = h->wscale_ok ? h->snd_wscale : NO_WSCALE;
	if (c->ts_ok || !h->wscale_ok)
		return;
	for (i = ARRAY_SIZE(scales) - 1; scales[i] > h->snd_wscale; i--)
		;
	c->wscale = scales[i];
}

/* The index of a window scale in @scales */
static u32 scale_index(u8 wscale)
{
	u32 i = 0;

	while (scales[i] != wscale)
		i++;
	return i;
}

/**
 * xtcp_cookie_word - a cookie's contents as one word, for its MAC
 * @c: cookie, packed or read
 *
 * Pure: no context, no lock.
 *
 * Return: a word that differs for each contents. The epoch is not in it: it selects the secret.
 */
u32 xtcp_cookie_word(const struct xtcp_cookie *c)
{
	return c->mss | c->wscale << 4 | c->sack_ok << 8 | c->ts_ok << 9;
}

/**
 * xtcp_cookie_isn - the initial sequence number that is the cookie
 * @c: cookie, packed
 * @mac: its MAC
 *
 * Pure: no context, no lock.
 *
 * Return: the ISN.
 */
u32 xtcp_cookie_isn(const struct xtcp_cookie *c, u64 mac)
{
	bool odd = c->epoch & 1;
	u32 isn = (u32)mac;

	if (c->ts_ok)
		return (isn & ~STAMPED_MASK) | c->mss | (odd ? STAMPED_EPOCH : 0);
	return (isn & ~BARE_MASK) | c->mss | scale_index(c->wscale) << BARE_WSCALE |
	       (c->sack_ok ? BARE_SACK : 0) | (odd ? BARE_EPOCH : 0);
}

/**
 * xtcp_cookie_stamp - the timestamp of a SYN-ACK that is a cookie
 * @c: cookie, packed
 * @stamp: the timestamp clock (stamp.h)
 *
 * It is never ahead of the clock, so that the peer's PAWS accepts the timestamps that follow.
 * It is at most 64 ms behind. Pure: no context, no lock.
 *
 * Return: TSval.
 */
u32 xtcp_cookie_stamp(const struct xtcp_cookie *c, u32 stamp)
{
	u32 low = c->wscale | (c->sack_ok ? STAMP_SACK : 0);

	if (low > (stamp & STAMP_MASK))
		stamp -= STAMP_MASK + 1;
	return (stamp & ~STAMP_MASK) | low;
}

/* The last epoch that has begun and whose lowest bit is @odd */
static u32 epoch_of(bool odd, u64 now)
{
	u32 epoch = xtcp_cookie_epoch(now);

	return (epoch & 1) == odd ? epoch : epoch - 1;
}

/**
 * xtcp_cookie_read - read the cookie that a segment acknowledges
 * @c: result; not to be trusted before xtcp_cookie_valid() has accepted it
 * @seg: a segment with ACK
 * @now: time, us
 *
 * Pure: no context, no lock. Source: RFC 4987 section 3.6.
 */
void xtcp_cookie_read(struct xtcp_cookie *c, const struct xtcp_seg *seg, u64 now)
{
	u32 isn = seg->ack - 1, low = seg->opts.tsecr;

	c->mss = isn & MSS_MASK;
	c->ts_ok = seg->opts.ts;
	if (c->ts_ok) {
		c->epoch = epoch_of(isn & STAMPED_EPOCH, now);
		c->sack_ok = low & STAMP_SACK;
		c->wscale = low & STAMP_WSCALE;
	} else {
		c->epoch = epoch_of(isn & BARE_EPOCH, now);
		c->sack_ok = isn & BARE_SACK;
		c->wscale = scales[isn >> BARE_WSCALE & (ARRAY_SIZE(scales) - 1)];
	}
}

/**
 * xtcp_cookie_valid - have we made this cookie, for this segment?
 * @c: cookie, read from the segment
 * @seg: the segment
 * @mac: the MAC of a cookie with the contents of @c
 *
 * Pure: no context, no lock.
 *
 * Return: true when we have. A guess succeeds once in 2^28, without timestamps once in 2^24.
 */
bool xtcp_cookie_valid(const struct xtcp_cookie *c, const struct xtcp_seg *seg, u64 mac)
{
	return seg->ack - 1 == xtcp_cookie_isn(c, mac);
}

/**
 * xtcp_cookie_unpack - take the agreed options out of a valid cookie
 * @c: cookie
 * @h: @peer_mss, @snd_wscale, @wscale_ok, @sack_ok and @ts_ok are set; the rest is set by
 *	xtcp_syn_received_return()
 *
 * Pure: no context, no lock.
 */
void xtcp_cookie_unpack(const struct xtcp_cookie *c, struct xtcp_syn_received *h)
{
	h->peer_mss = sizes[c->mss];
	h->wscale_ok = c->wscale != NO_WSCALE;
	h->snd_wscale = h->wscale_ok ? c->wscale : 0;
	h->sack_ok = c->sack_ok;
	h->ts_ok = c->ts_ok;
}
