// SPDX-License-Identifier: GPL-2.0
/*
 * The client's half of the echo cookie (seal.h): it offers in its SYN to echo one, and when
 * the SYN-ACK has one it does, with each segment, until the server answers. Until then
 * the server knows nothing of us; so if nothing else is on its way the third segment
 * is sent again by the RTO, as a SYN-ACK would be. Where the server speaks first, a lost
 * third segment would hang both for ever otherwise.
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
 * @opts: the SYN's
 *
 * Not in a SYN that goes for the third time: what swallowed the first two may
 * be afraid of options that it doesn't know. Context: under the owner's lock.
 */
void xtcp_echo_offer(const struct xtcp_tcb *t, struct xtcp_opts *opts)
{
	if (t->echo_ok && !t->syn.retries)
		opts->ext = XTCP_EXT_VERSION | XTCP_EXT_COOKIE;
}

/**
 * xtcp_echo_begin - the SYN-ACK may have a cookie
 * @t: control block in SYN-SENT
 * @seg: the SYN-ACK
 * @now: time, us
 *
 * Each segment has it from now on, and less text. Context: under the owner's lock.
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
 * xtcp_echo_add - the option of a segment that is no SYN
 * @t: control block
 * @opts: the segment's
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
 * xtcp_echo_confirmed - a segment shows that the server knows of the connection
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
 * xtcp_echo_expired - the server has not answered
 * @t: control block that echoes
 * @now: time, us
 * @act: actions
 *
 * What is in flight has the cookie, too, and a timer of its own. Context: under the
 * owner's lock. Source: RFC 9293 section 3.8.3 for the end.
 */
void xtcp_echo_expired(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (!xtcp_flight(t)) {
		if (xtcp_hopeless(t, t->echo_tries, now)) {
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
