/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state machine: what an event changes, and what must be done about it.
 *
 *   fsm.c		xtcp_step(): one event in, changes and actions out
 *    |- segment.c	SEGMENT ARRIVES, check by check
 *    |	  |- ack_in.c	what SEG.ACK and SEG.WND change; duplicate ACKs, recovery
 *    |	  |	|- rtt.c, cc.c	the RTO, the congestion window
 *    |	  |	|- scoreboard.c	what is lost, and what the peer has beyond holes
 *    |	  |	|- rack.c, tlp.c  losses detected by time, and at the tail
 *    |	  |	`- frto.c, undo.c  what turned out not to be lost
 *    |	  |- text.c	urgent pointer, text and FIN
 *    |	  |- stamp.c	timestamps, PAWS
 *    |	  |- ack_out.c	when an ACK is due, and challenge ACKs
 *    |	  |- reset.c	which RST is sent
 *    |	  `- state.c	how a connection ends
 *    `- timeouts.c	which deadline has passed
 *	  |- rtx.c, persist.c, keepalive.c, orphan.c
 *	  `- giveup.c	R1, R2, the user timeout
 *   send.c		xtcp_next(): what is to be sent now?
 *    |- window.c, mss.c  how much may be sent
 *    `- sack.c		SACK blocks: holes and duplicates that our ACKs report
 *
 * Calls go down, never back up; scripts/arrows.py checks this. All functions are called under the
 * lock of the connection's owner.
 */
#ifndef XTCP_CORE_FSM_H
#define XTCP_CORE_FSM_H

#include "event.h"
#include "tcb.h"

void xtcp_step(struct xtcp_tcb *t, const struct xtcp_event *ev,
	       struct xtcp_actions *act);

#endif /* XTCP_CORE_FSM_H */
