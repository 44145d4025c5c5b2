// SPDX-License-Identifier: GPL-2.0
/*
 * The server's side of the echo cookie: making and checking it. See seal.h for its layout, and
 * echo.c for the client's side.
 */
#include <linux/bits.h>
#include <linux/math64.h>
#include <linux/types.h>

#include "mss.h"
#include "seal.h"

/* Bits of the state, from the lowest: the MSS, then these */
#define WSCALE		16
#define WSCALE_MASK	0xfU
#define SACK		BIT(20)
#define STAMPS		BIT(21)
#define RESERVED	0x00c00000U
#define ISSUED		24
#define ISSUED_MASK	0xffU

#define NO_WSCALE	15	/* above XTCP_WSCALE_MAX */

#define TICK		(XTCP_US_PER_S / 2)
#define LIFE_TICKS	(XTCP_SEAL_LIFE / TICK)

#define STATE_LEN	4
#define SEAL_LEN	8

static void put(u8 *p, u64 value, unsigned int len)
{
	for (; len; value >>= 8)
		p[--len] = value & 0xff;
}

static u64 get(const u8 *p, unsigned int len)
{
	u64 value = 0;

	while (len--)
		value = value << 8 | *p++;
	return value;
}

/**
 * xtcp_seal_pack - the state for a request's echo cookie
 * @h: the connection, from xtcp_syn_received_init()
 * @now: time, us
 *
 * Pure: no context, no lock.
 *
 * Return: the state.
 */
u32 xtcp_seal_pack(const struct xtcp_syn_received *h, u64 now)
{
	u32 wscale = h->wscale_ok ? h->snd_wscale : NO_WSCALE;

	return h->peer_mss | wscale << WSCALE | (h->sack_ok ? SACK : 0) |
	       (h->ts_ok ? STAMPS : 0) | (u32)div_u64(now, TICK) << ISSUED;
}

/**
 * xtcp_seal_write - write state and seal into a cookie
 * @cookie: XTCP_COOKIE_LEN bytes
 * @state: state
 * @seal: its keyed hash, see seal.h
 *
 * Pure: no context, no lock.
 */
void xtcp_seal_write(u8 *cookie, u32 state, u64 seal)
{
	put(cookie, state, STATE_LEN);
	put(cookie + STATE_LEN, seal, SEAL_LEN);
}

/**
 * xtcp_seal_state - the state that a cookie claims
 * @cookie: XTCP_COOKIE_LEN bytes, from an untrusted sender
 *
 * Pure: no context, no lock.
 *
 * Return: the state; not to be trusted before xtcp_seal_check() has accepted the cookie.
 */
u32 xtcp_seal_state(const u8 *cookie)
{
	return get(cookie, STATE_LEN);
}

/* Half seconds since a cookie was issued, modulo 128 s */
static u32 age(u32 state, u64 now)
{
	return ((u32)div_u64(now, TICK) - (state >> ISSUED)) & ISSUED_MASK;
}

/**
 * xtcp_seal_issued - the time when a cookie claims to have been issued
 * @state: its state
 * @now: time, us
 *
 * The caller uses it to choose the secret for the seal. Pure: no context, no lock.
 *
 * Return: time, us, to half a second; within the last 128 s.
 */
u64 xtcp_seal_issued(u32 state, u64 now)
{
	return (div_u64(now, TICK) - age(state, now)) * TICK;
}

/**
 * xtcp_seal_unpack - take the agreed options out of a cookie
 * @state: its state
 * @h: @peer_mss, @snd_wscale, @wscale_ok, @sack_ok and @ts_ok are set; the rest is set by
 *	xtcp_syn_received_return(). Not to be trusted before xtcp_seal_check() has accepted
 *	the cookie
 *
 * Pure: no context, no lock.
 */
void xtcp_seal_unpack(u32 state, struct xtcp_syn_received *h)
{
	u32 wscale = state >> WSCALE & WSCALE_MASK;

	h->peer_mss = (u16)state;
	h->wscale_ok = wscale != NO_WSCALE;
	h->snd_wscale = h->wscale_ok ? wscale : 0;
	h->sack_ok = !!(state & SACK);
	h->ts_ok = !!(state & STAMPS);
}

/**
 * xtcp_seal_check - did we issue this cookie, and is it still valid?
 * @seg: the segment that brings it
 * @seal: the keyed hash of the claimed state, computed by the caller
 * @now: time, us
 *
 * A cookie with a correct seal is still rejected if its state is one that we never write. A
 * missing timestamp is checked by xtcp_syn_received_no_stamp().
 * Pure: no context, no lock.
 *
 * Return: the verdict.
 */
enum xtcp_seal_verdict xtcp_seal_check(const struct xtcp_seg *seg, u64 seal, u64 now)
{
	const u8 *cookie = seg->opts.cookie;
	u32 state = xtcp_seal_state(cookie);

	if (age(state, now) > LIFE_TICKS)
		return XTCP_SEAL_EXPIRED;
	if (get(cookie + STATE_LEN, SEAL_LEN) != seal)
		return XTCP_SEAL_FORGED;
	if (state & RESERVED || (u16)state < XTCP_MSS_MIN)
		return XTCP_SEAL_FORGED;
	return XTCP_SEAL_VALID;
}
