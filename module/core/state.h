/* SPDX-License-Identifier: GPL-2.0 */
/* The states of a connection, and the transitions out of those that have a control block. */
#ifndef XTCP_CORE_STATE_H
#define XTCP_CORE_STATE_H

#include <linux/types.h>

/*
 * States (RFC 9293 section 3.3.2). The numbers are those that Linux shows in
 * /proc/net/tcp.
 *
 *			       +---------+ ---------\      active OPEN
 *			       |  CLOSED |	      \    -----------
 *			       +---------+<---------\   \   snd SYN
 *				 |     ^	      \	  \
 *		    passive OPEN |     | CLOSE	        \   \
 *				 V     |		  \   \
 *			       +---------+	      CLOSE |  \
 *			       |  LISTEN |		    |	 |
 *			       +---------+		    |	 |
 *	      rcv SYN		 |     |     SEND	    |	 V
 *  +--------+ snd SYN,ACK	/	\   snd SYN	   +----------+
 *  |  SYN-  |<-----------------	 ----------------->|   SYN-   |
 *  | RCVD   |<--------------------------------------------|   SENT   |
 *  +--------+			rcv SYN, snd SYN,ACK	   +----------+
 *   | rcv ACK of SYN  \		/  rcv SYN,ACK, snd ACK
 *   |			V	       V
 *   | CLOSE, snd FIN	+-------------+
 *   |			| ESTABLISHED |
 *   V			+-------------+
 *  +--------+ CLOSE	  /	    \	rcv FIN, snd ACK  +----------+
 *  |  FIN-  |<-----------	      ------------------->|	CLOSE-	 |
 *  | WAIT-1 |------------------\			  |   WAIT	 |
 *  +--------+	rcv FIN, snd ACK \			  +----------+
 *   | rcv ACK of FIN		  V			  | CLOSE, snd FIN
 *   V			      +---------+		  V
 *  +--------+		      | CLOSING |	  +----------+
 *  | FIN-   |		      +---------+	  | LAST-ACK |
 *  | WAIT-2 |			  | rcv ACK of FIN	  +----------+
 *  +--------+	rcv FIN, snd ACK  V			  | rcv ACK of FIN
 *   -------------------->+-----------+	 2 MSL	  V
 *				| TIME-WAIT |---------> CLOSED
 *				+-----------+
 *
 * SYN-RCVD of a passive open and TIME-WAIT are kept without a control block, as a
 * request and a TIME-WAIT entry (syn_received.h, time_wait.h). A control block is in
 * SYN-RCVD only in a simultaneous open, and while a child processes its final ACK.
 */
enum xtcp_state {
	XTCP_ESTABLISHED = 1,
	XTCP_SYN_SENT,
	XTCP_SYN_RECEIVED,
	XTCP_FIN_WAIT_1,
	XTCP_FIN_WAIT_2,
	XTCP_TIME_WAIT,
	XTCP_CLOSED,
	XTCP_CLOSE_WAIT,
	XTCP_LAST_ACK,
	XTCP_LISTEN,
	XTCP_CLOSING,
};

/* Sets of states: XTCP_IN(state, XTCP_S(A) | XTCP_S(B)) */
#define XTCP_IN(state, set)	(!!((1u << (state)) & (set)))
#define XTCP_S(name)		(1u << XTCP_##name)

/* The user may still send: RFC 9293 section 3.10.2 */
#define XTCP_CAN_SEND	(XTCP_S(ESTABLISHED) | XTCP_S(CLOSE_WAIT))
/* The peer may still send */
#define XTCP_CAN_RECEIVE (XTCP_S(ESTABLISHED) | XTCP_S(FIN_WAIT_1) | XTCP_S(FIN_WAIT_2))
/* The peer's sequence numbers are known: RFC 9293's synchronized states, and SYN-RECEIVED */
#define XTCP_SYNCHRONIZED (~(XTCP_S(CLOSED) | XTCP_S(LISTEN) | XTCP_S(SYN_SENT)))

struct xtcp_actions;
struct xtcp_tcb;

void xtcp_tcb_close(struct xtcp_tcb *t, struct xtcp_actions *act);
void xtcp_tcb_fail(struct xtcp_tcb *t, int err, struct xtcp_actions *act);
void xtcp_tcb_abort(struct xtcp_tcb *t, u64 now, struct xtcp_actions *act);
void xtcp_enter_time_wait(struct xtcp_tcb *t, struct xtcp_actions *act);

#endif /* XTCP_CORE_STATE_H */
