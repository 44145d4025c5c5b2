# SPDX-License-Identifier: GPL-2.0
"""Closing: RFC 9293 section 3.6, figures 12 and 13, and FINs in each state."""
import errno
import socket
import struct

from lib.script import mss, script
from lib.talk import LINGER_0


@script()
def figure_12__we_close_first(t):
    """FIN, ACK, FIN, ACK; TIME-WAIT is ours."""
    t.established()
    t.shutdown()
    t.host("FA", seq=1, ack=1)
    t.state("FIN_WAIT1")
    t.peer("A", seq=1, ack=2)
    t.state("FIN_WAIT2")
    t.peer("FA", seq=1, ack=2)
    t.host("A", seq=2, ack=2)
    t.state("TIME_WAIT")
    t.eof()


@script()
def figure_12__the_peer_closes_first(t):
    """The same from the other side: CLOSE-WAIT, LAST-ACK, then nothing."""
    t.established()
    t.peer("FA", seq=1, ack=1)
    t.host("A", seq=1, ack=2)
    t.state("CLOSE_WAIT")
    t.eof()
    t.shutdown()
    t.host("FA", seq=1, ack=2)
    t.state("LAST_ACK")
    t.peer("A", seq=2, ack=2)
    t.state("LISTEN")


@script()
def figure_13__both_close_at_once(t):
    """FINs cross: CLOSING, then TIME-WAIT."""
    t.established()
    t.shutdown()
    t.host("FA", seq=1, ack=1)
    t.peer("FA", seq=1, ack=1)
    t.host("A", seq=2, ack=2)
    t.state("CLOSING")
    t.peer("A", seq=2, ack=2)
    t.state("TIME_WAIT")


@script()
def fin_wait_1__fin_with_the_ack_of_ours(t):
    """3.10.7.4, eighth: our FIN is acknowledged by the segment that carries the peer's FIN."""
    t.reach("FIN_WAIT1")
    t.peer("FA", seq=1, ack=2)
    t.host("A", seq=2, ack=2)
    t.state("TIME_WAIT")


@script()
def fin_wait_1__data_is_still_delivered(t):
    """Half-closed: the peer's data are still received."""
    t.reach("FIN_WAIT1")
    t.peer("A", 100, seq=1, ack=1)
    t.recv(100)
    t.host("A", seq=2, ack=101, after=(0, 0.5))
    t.peer("A", 100, seq=101, ack=2)
    t.recv(100)
    t.host("A", seq=2, ack=201, after=(0, 0.5))
    t.state("FIN_WAIT2")


@script()
def fin_wait_2__data_with_the_fin(t):
    t.reach("FIN_WAIT2")
    t.peer("FA", 50, seq=1, ack=2)
    t.host("A", seq=2, ack=52)
    t.recv(50)
    t.eof()
    t.state("TIME_WAIT")


@script()
def close_wait__we_may_still_send(t):
    t.reach("CLOSE_WAIT")
    t.send(1000)
    t.host("A", seq=1, data=1000)
    t.peer("A", ack=1001)
    t.close()
    t.host("FA", seq=1001)
    t.state("LAST_ACK")


@script()
def fin_ahead_of_missing_data(t):
    """A FIN is processed in sequence only: first the bytes before it."""
    t.established()
    t.peer("FA", 100, seq=101, ack=1)
    t.host("A", seq=1, ack=1)
    t.state("ESTABLISHED")
    t.peer("A", 100, seq=1, ack=1)
    t.host("A", seq=1, ack=202)
    t.recv(200)
    t.eof()
    t.state("CLOSE_WAIT")


@script(opts=mss(1000))
def fin_waits_for_what_was_written(t):
    """3.10.4: CLOSE is queued until all preceding data have been sent."""
    t.established(win=2000)
    t.send(2500)
    t.close()
    t.host("A", seq=1, data=1000)
    t.host("A", seq=1001, data=1000)
    t.peer("A", ack=2001, win=2000)
    t.host("FPA", seq=2001, data=500)


@script(states=("CLOSE_WAIT", "CLOSING", "LAST_ACK", "TIME_WAIT"))
def fin_again__is_acknowledged(t, state):
    """3.10.7.4, first and eighth: a FIN already processed: our ACK was lost."""
    t.reach(state)
    t.peer("FA", seq=1, ack=1)
    t.host("A", ack=2)
    t.state(state)


@script(states=("CLOSE_WAIT", "CLOSING", "LAST_ACK"))
def text_behind_the_fin__is_ignored(t, state):
    """3.10.7.4, seventh: should not occur, since the peer has sent its FIN."""
    t.reach(state)
    t.peer("A", 100, seq=2, ack=1)
    t.drain()
    t.state(state)
    t.check(t.host_end in (1, 2), "something was sent")


@script(states=("FIN_WAIT1", "LAST_ACK", "CLOSING"), slow=True)
def fin__is_retransmitted(t, state):
    """A FIN takes a sequence number, so it is retransmitted until acknowledged."""
    t.reach(state)
    seq = t.host_end - 1
    first = t.host("FA", seq=seq, after=(0.2, 1.5))
    gap = t.host("FA", seq=seq, after=(0.4, 3)).when - first.when
    t.host("FA", seq=seq, after=(1.9 * gap, 2.1 * gap))


@script()
def close_with_unread_data__resets(t):
    """SHLD-3: unread data are lost, and the peer is told by RST."""
    t.established()
    t.peer("A", 100)
    t.host("A", after=(0, 0.5))
    t.close()
    t.host("RA", seq=1)
    t.state("LISTEN")


@script()
def data_after_close__resets(t):
    """3.6.1: no program is left to read the data."""
    t.established()
    t.close()
    t.host("FA", seq=1)
    t.peer("A", ack=2)
    t.peer("A", 10)
    t.host("R", seq=2)
    t.state("LISTEN")


@script()
def linger_0__resets(t):
    """MUST-12, the other way to close: ABORT, by SO_LINGER with a time of 0."""
    t.established()
    t.send(10)
    t.host("A", data=10)
    t.setsockopt("SO_LINGER", LINGER_0)
    t.close()
    t.host("RA", seq=11)
    t.state("LISTEN")


@script(states=("SYN_RECV", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE_WAIT"))
def abort__resets(t, state):
    """3.10.5: ABORT in these states sends <SEQ=SND.NXT><CTL=RST>."""
    t.reach("CROSSED" if state == "SYN_RECV" else state)
    t.setsockopt("SO_LINGER", LINGER_0)
    t.close()
    t.host("RA", seq=t.host_end)
    t.state("CLOSED" if state == "SYN_RECV" else "LISTEN")


@script()
def reset_tells_the_program(t):
    """MUST-12: a peer's abort is reported, not taken for a close."""
    t.established()
    t.peer("RA")
    t.recv(err=errno.ECONNRESET)
    t.state("LISTEN")


@script()
def shutdown_twice__sends_one_fin(t):
    """3.10.4: a second CLOSE is an error, or has no effect."""
    t.reach("FIN_WAIT2")
    t.shutdown()
    t.quiet(0.1)
    t.state("FIN_WAIT2")


@script()
def send_after_shutdown__is_refused(t):
    """3.10.2: "connection closing", and no service."""
    t.reach("FIN_WAIT1")
    t.send(1, flags=socket.MSG_NOSIGNAL, err=errno.EPIPE)


@script()
def syn_sent__close_deletes(t):
    """3.10.4: CLOSE in SYN-SENT deletes the control block, and sends nothing."""
    t.reach("SYN_SENT")
    t.close()
    t.quiet(0.1)
    t.state("CLOSED")


@script(slow=True)
def time_wait__lasts_twice_the_msl(t):
    """MUST-13: 2 MSL, which is a minute."""
    t.reach("TIME_WAIT")
    t.close()
    t.quiet(58)
    t.state("TIME_WAIT")
    t.quiet(11)
    t.state("LISTEN")


@script(slow=True)
def time_wait__a_fin_again_restarts_it(t):
    """3.10.7.4, eighth: "restart the 2 MSL time-wait timeout"."""
    t.reach("TIME_WAIT")
    t.quiet(40)
    t.peer("FA", seq=1, ack=2)
    t.host("A", seq=2, ack=2)
    t.quiet(40)
    t.state("TIME_WAIT")
    t.quiet(30)
    t.state("LISTEN")


@script()
def time_wait__newer_syn_opens(t):
    """MAY-2: a SYN beyond the old numbers begins a new connection."""
    t.reach("TIME_WAIT")
    old = t.host_isn
    t.close()
    t.snd_nxt, t.host_isn, t.host_end, t.isn = 0, None, 0, t.isn + 1000
    t.peer("S", seq=0)
    t.host("SA", seq=0, ack=1)
    t.check(0 < (t.host_isn - old) % (1 << 32) < 1 << 31, "our ISN is not beyond the old numbers")
    t.peer("A")
    t.state("ESTABLISHED")


def stamp(value, echo=0):
    """Timestamps (RFC 7323), after two NOPs."""
    return b"\x01\x01" + struct.pack("!BBII", 8, 10, value, echo)


@script(opts=mss(1460) + stamp(1000))
def time_wait__newer_timestamp_opens(t):
    """SHLD-4, RFC 6191: a later timestamp, though the sequence number is old."""
    t.listen()
    t.peer("S", seq=0)
    echo = struct.unpack("!I", t.host("SA", ack=1).opts[8][:4])[0]
    t.peer("A", opts=stamp(1001, echo))
    t.accept()
    t.shutdown()
    t.host("FA")
    t.peer("FA", opts=stamp(1002, echo))
    t.host("A")
    t.state("TIME_WAIT")
    t.close()
    t.snd_nxt, t.host_isn, t.host_end, t.isn = 0, None, 0, t.isn - 1000
    t.peer("S", seq=0, opts=mss(1460) + stamp(3000))
    t.host("SA", seq=0, ack=1)


@script()
def time_wait__old_syn_does_not_open(t):
    """An old duplicate SYN is answered by an ACK, and the state stays."""
    t.reach("TIME_WAIT")
    t.peer("S", seq=-1000)
    t.host("A", seq=2, ack=2)
    t.state("TIME_WAIT")


@script()
def time_wait__old_data_is_acknowledged(t):
    """3.10.7.4, first: an unacceptable segment draws an ACK."""
    t.reach("TIME_WAIT")
    t.peer("A", 100, seq=-99, ack=2)
    t.host("A", seq=2, ack=2)
    t.state("TIME_WAIT")


@script(slow=True)
def fin_wait_2__an_orphan_is_not_kept_for_ever(t):
    """RFC 9293 has no limit; for an orphan it is a minute."""
    t.reach("FIN_WAIT2")
    t.close()
    t.quiet(58)
    t.state("FIN_WAIT2")
    t.quiet(12)
    t.state("LISTEN")
    t.peer("FA", seq=1, ack=2)
    t.host("R", seq=2)


@script(slow=True)
def fin_wait_2__with_a_program_stays(t):
    """Half-closed may last: after hours the peer still sends."""
    t.reach("FIN_WAIT2")
    t.quiet(7200)
    t.peer("A", 10, seq=1, ack=2)
    t.recv(10)
    t.host("A", seq=2, after=(0, 0.5))


@script(slow=True)
def fin_wait_2__time_of_the_socket(t):
    """TCP_LINGER2: shorter for this socket."""
    t.established(options={"TCP_LINGER2": 5})
    t.close()
    t.host("FA")
    t.peer("A")
    t.quiet(4.5)
    t.state("FIN_WAIT2")
    t.quiet(2)
    t.state("LISTEN")
