// SPDX-License-Identifier: GPL-2.0
/*
 * The client's half of the echo cookie (seal.h). The client offers in its SYN to echo a cookie. If
 * the SYN-ACK has one, every segment carries it until the server answers.
 *
 * Until the final ACK arrives, the server does not know the connection. So if nothing else is in
 * flight, the final ACK is sent again on the RTO, as a SYN-ACK would be. Otherwise, where the
 * server speaks first, a lost final ACK would leave both ends waiting for ever.
 */
#include <linux/minmax.h>
#include <linux/string.h>

#include "ack_out.h"
#include "deadline.h"
#include "echo.h"
#include "ext.h"
#include "giveup.h"
#include "mss.h"
#include "rtt.h"

/**
 * xtcp_echo_offer - offer in a SYN to echo a cookie
 * @t: control block in SYN-SENT
 * @opts: the SYN's options
 *
 * The third and later transmissions of the SYN make no offer: a middlebox may drop SYNs with
 * options that it doesn't know.
 * Context: under the owner's lock.
 */
void xtcp_echo_offer(const struct xtcp_tcb *t, struct xtcp_opts *opts)
{
	if (t->echo_ok && !t->syn.retries)
		opts->ext = XTCP_EXT_VERSION | XTCP_EXT_COOKIE;
}

/**
 * xtcp_echo_begin - take the cookie of the SYN-ACK, if it has one
 * @t: control block in SYN-SENT
 * @seg: the SYN-ACK
 * @now: time, us
 *
 * From now on every segment carries the cookie, and has less room for text.
 * Context: under the owner's lock.
 */
void xtcp_echo_begin(struct xtcp_tcb *t, const struct xtcp_seg *seg, u64 now)
{
	if (!t->echo_ok || !(seg->opts.ext & XTCP_EXT_COOKIE))
		return;
	memcpy(t->echo, seg->opts.cookie, sizeof(t->echo));
	t->echoing = true;
	t->rtx_start = now;
	xtcp_tcb_set_path(t, t->path_mss);
	xtcp_deadline_set(t, XTCP_TIMER_CONFIRM, now + t->rto);
}

/**
 * xtcp_echo_add - add the cookie to a segment that is not a SYN
 * @t: control block
 * @opts: the segment's options
 *
 * Context: under the owner's lock.
 */
void xtcp_echo_add(const struct xtcp_tcb *t, struct xtcp_opts *opts)
{
	if (!t->echoing)
		return;
	opts->ext = XTCP_EXT_VERSION | XTCP_EXT_COOKIE;
	opts->cookie = t->echo;
}

/**
 * xtcp_echo_confirmed - a segment shows that the server knows the connection
 * @t: control block that echoes
 *
 * Context: under the owner's lock.
 */
void xtcp_echo_confirmed(struct xtcp_tcb *t)
{
	t->echoing = false;
	t->deadline[XTCP_TIMER_CONFIRM] = 0;
	xtcp_tcb_set_path(t, t->path_mss);
}

/**
 * xtcp_echo_expired - the server has not answered: send the final ACK again
 * @t: control block that echoes
 * @now: time, us
 * @act: actions
 *
 * Not while data is in flight: it carries the cookie, too, and has its own retransmission timer.
 * Context: under the owner's lock. Source: RFC 9293 section 3.8.3 (R2).
 */
void xtcp_echo_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (!xtcp_flight(t)) {
		if (xtcp_retries_exhausted(t, t->echo_tries, now)) {
			xtcp_time_out(t, now, act);
			return;
		}
		t->echo_tries++;
		xtcp_ack_now(t, act);
	}
	xtcp_deadline_set(t, XTCP_TIMER_CONFIRM,
			  now + min_t(u64, (u64)t->rto << min_t(u8, t->echo_tries, 16),
				      XTCP_RTO_MAX));
}
