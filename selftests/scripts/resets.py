# SPDX-License-Identifier: GPL-2.0
"""RST: when it is sent, when it is accepted (RFC 9293 section 3.5.2 and 3.5.3)."""
import errno

import lib
from lib.script import script

SYNCHRONIZED = ("ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE_WAIT", "CLOSING", "LAST_ACK")


def closed_port(t):
    t.wire.dport = lib.port()


@script()
def closed__no_ack_bit(t):
    """Group 1, without ACK: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>."""
    closed_port(t)
    for flags, data, end in (("S", 0, 1), ("F", 0, 1), ("", 10, 10), ("F", 10, 11)):
        t.host_isn = 0
        t.peer(flags, data, seq=0)
        t.host("RA", seq=0, ack=end)


@script()
def closed__ack_bit(t):
    """Group 1, with ACK: <SEQ=SEG.ACK><CTL=RST>."""
    closed_port(t)
    t.host_isn = 0
    for flags, data in (("A", 0), ("A", 10), ("FA", 0), ("SA", 0)):
        t.peer(flags, data, seq=0, ack=777)
        t.host("R", seq=777)


@script()
def closed__reset_is_never_answered(t):
    """3.10.7.1: an incoming segment containing a RST is discarded."""
    closed_port(t)
    t.peer("R", seq=0)
    t.peer("RA", seq=0, ack=5)
    t.peer("RA", 10, seq=0, ack=5)
    t.quiet(0.2)


@script(states=SYNCHRONIZED)
def in_each_state__ends_it(t, state):
    """3.10.7.4, second: an RST at RCV.NXT ends the connection in every state."""
    t.reach(state)
    t.peer("R", seq=t.snd_nxt)
    t.state("LISTEN")
    t.quiet(0.1)


AFTER_A_FIN = "after a FIN it believes an RST one before RCV.NXT, too"


@script(states=SYNCHRONIZED + ("TIME_WAIT",),
        linux=dict.fromkeys(("CLOSE_WAIT", "CLOSING", "LAST_ACK"), AFTER_A_FIN))
def in_each_state__out_of_window_is_dropped(t, state):
    """Group 3: an RST is accepted only inside the window; it is not answered."""
    t.reach(state)
    for seq in (t.snd_nxt - 1, t.snd_nxt - 1000, t.snd_nxt + (1 << 20), t.snd_nxt + (1 << 30)):
        t.peer("R", seq=seq)
    t.quiet(0.1)
    t.state(state)


@script(states=("ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE_WAIT"))
def in_each_state__tells_the_program(t, state):
    """3.10.7.4, second: in these states the user is told "connection reset"."""
    t.reach(state)
    if state == "CLOSE_WAIT":
        t.eof()
    t.peer("R", seq=t.snd_nxt)
    t.poll("r")
    t.check(lib.so_error(t.sock) in (errno.ECONNRESET, errno.EPIPE), "no error")


@script()
def with_data__is_still_a_reset(t):
    """SHLD-2: an RST may carry text."""
    t.established()
    t.peer("RA", 100)
    t.recv(err=errno.ECONNRESET)
    t.state("LISTEN")


@script()
def at_zero_window__is_processed(t):
    """MUST-66: with a window of zero, RSTs are still processed."""
    t.established(options={"SO_RCVBUF": 2048})
    t.fill_window()
    t.peer("R")
    t.state("LISTEN")


@script()
def figure_9__half_open_discovery(t):
    """The peer crashed and opens anew: SYN, challenge ACK, RST; the SYN again then opens.

    RFC 5961 section 4 requires the challenge, whatever the SYN's number.
    """
    t.established()
    t.peer("A", 100)
    t.recv(100)
    t.host("A", after=(0, 0.5))
    t.peer("S", seq=-600000)
    t.host("A", seq=1, ack=101)
    t.peer("R", seq=101)
    t.state("LISTEN")
    t.recv(err=errno.ECONNRESET)
    t.sock.close()
    t.again()
    t.peer("S", seq=-600000)
    t.host("SA", seq=0, ack=-599999)


@script()
def figure_10__we_send_to_a_peer_that_forgot(t):
    """Data on the half-open connection draw the peer's RST; the program is told."""
    t.established()
    t.send(100)
    t.host("A", data=100)
    t.peer("R", seq=1)
    t.recv(err=errno.ECONNRESET)
    t.state("LISTEN")


@script()
def figure_10__the_peer_sends_to_us_who_forgot(t):
    """We have no such connection any more: <SEQ=SEG.ACK><CTL=RST>."""
    t.listen()
    t.host_isn = 0
    t.peer("A", 100, seq=1, ack=300)
    t.host("R", seq=300)
    t.state("LISTEN")


@script(states=("SYN_SENT", "SYN_RECV"))
def of_another_connection__disturbs_nothing(t, state):
    """An RST from another port belongs to another connection."""
    t.reach(state)
    sport, t.wire.sport = t.wire.sport, lib.port()
    t.peer("R", seq=1)
    t.peer("RA", seq=1, ack=1)
    t.wire.sport = sport
    t.quiet(0.1)
    t.state(state)
