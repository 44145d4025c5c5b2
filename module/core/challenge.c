// SPDX-License-Identifier: GPL-2.0
/*
 * Challenge ACKs (RFC 5961): what is refused, and might have come from the peer all the
 * same, is answered by an ACK, to which a true peer has a true answer.
 */
#include "internal.h"

/**
 * xtcp_challenge - an ACK for a segment that anybody could have sent
 * @t: control block
 * @now: time, us
 * @act: actions; may get XTCP_ACT_OUTPUT
 *
 * Not more often than XTCP_CHALLENGES a second: two ends that each find the other's ACK
 * unacceptable would never stop. The limit is the connection's own: from one that many
 * share, a stranger could count the others' challenges (CVE-2016-5696).
 * Context: under the owner's lock. Source: RFC 5961 sections 5 and 7.
 */
void xtcp_challenge(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act)
{
	if (now - t->challenged >= XTCP_US_PER_S) {
		t->challenged = now;
		t->challenges = 0;
	}
	if (t->challenges >= XTCP_CHALLENGES)
		return;
	t->challenges++;
	t->ack_now = true;
	act->todo |= XTCP_ACT_OUTPUT;
}
