# SPDX-License-Identifier: GPL-2.0
"""Timestamps on every segment: RFC 7323 sections 3.2, 4.3, 5.2 and 5.3."""
import errno
import struct

from lib import knobs, net
from lib.script import script

SYNCHRONIZED = ("ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "CLOSE_WAIT", "CLOSING", "LAST_ACK")
BARE = "its RST for what belongs to nobody has no options"


@script(clock=5000)
def syn__offers_and_tells_nothing(t):
    """3.2: TSecr is 0 where ACK is off."""
    t.connect()
    t.check(t.stamps(t.host("S", seq=0))[1] == 0, "TSecr of a SYN")


@script()
def syn_ack__only_when_it_was_offered(t):
    """3.2: "MAY send a TSopt in <SYN,ACK> only if it received a TSopt"."""
    t.listen()
    t.peer("S")
    t.check(t.stamps(t.host("SA", seq=0)) is None, "timestamps that were not offered")


@script(clock=5000)
def data__echo_the_last_in_order(t):
    """4.3: of segments that wait for their ACK the earliest is echoed."""
    t.established()
    t.peer("A", 100, stamp=(t.now() + 10, t.echo))
    first = t.now() + 10
    seg = t.host("A", after=(0, 0.5))
    t.check(abs(t.stamps(seg)[1] - first) <= 12, "TSecr is not the last TSval")
    t.recv(100)


@script(clock=5000)
def hole__echoes_what_came_before_it(t):
    """4.3 (B): "the segment ... that last advanced the left window edge"."""
    t.established()
    at = t.now()
    t.peer("A", 100, stamp=(at, t.echo))
    t.host("A", after=(0, 0.5))
    t.peer("A", 100, seq=201, stamp=(at + 50, t.echo))
    seg = t.host("A")
    t.check(t.stamps(seg)[1] == at, "TSecr is that of a segment behind the hole")
    t.peer("A", 100, seq=101, stamp=(at + 60, t.echo))
    t.snd_nxt = 301
    seg = t.host("A")
    t.check(t.stamps(seg)[1] == at + 60, "TSecr is not that of the segment that filled the hole")
    t.recv(300)


@script(clock=5000)
def paws__an_old_duplicate(t):
    """5.3, R1: an ACK, and drop."""
    t.established()
    t.peer("A", b"forged", stamp=(4000, t.echo))
    t.snd_nxt = 1
    t.host("A")
    t.recv(err=errno.EAGAIN)


@script(clock=5000, linux="what acknowledges the future gets no answer")
def unacceptable_ack__makes_nothing_old(t):
    """RFC 5961 5 comes first: an attacker who guesses the window, but not the ACK, sets no
    TS.Recent.
    """
    t.established()
    t.peer("A", 10, seq=1, ack=100000, stamp=(t.now() + 1000000, t.echo))
    t.snd_nxt = 1
    seg = t.host("A")
    t.check(t.stamps(seg)[1] < t.now() + 1000, "TSecr is the forged TSval")
    t.peer("A", 10)
    t.host("A", after=(0, 0.5))
    t.recv(10)


@script(clock=5000, only="the kernel's TCP goes on, always")
def missing__is_dropped_silently(t):
    """3.2: "a TCP SHOULD silently drop the segment", and MUST NOT abort: with the sysctl."""
    with knobs(net().a, require_timestamps=1):
        t.established()
        clock, t.clock = t.clock, None
        t.peer("A", b"bare")
        t.snd_nxt = 1
        t.clock = clock
        t.quiet(0.1)
        t.recv(err=errno.EAGAIN)
        t.state("ESTABLISHED")


@script(clock=5000, only="the kernel's TCP goes on, always")
def missing__in_the_third_segment_by_the_knob(t):
    """Likewise: the request stays, and the next segment that has one opens the connection."""
    with knobs(net().a, require_timestamps=1):
        t.listen()
        t.peer("S")
        t.host("SA", seq=0, ack=1)
        clock, t.clock = t.clock, None
        t.peer("A", ack=1)
        t.state("SYN_RECV")
        t.clock = clock
        t.peer("A", ack=1)
        t.accept()


@script(clock=5000)
def missing__does_not_end_it(t):
    """A middlebox strips the option from all but the SYN: final ACK and data go on."""
    t.listen()
    t.peer("S")
    t.host("SA", seq=0, ack=1)
    clock, t.clock = t.clock, None
    t.peer("A", ack=1)
    t.accept()
    t.peer("A", 100)
    t.clock = clock
    t.host("A", after=(0, 0.5))
    t.recv(100)
    t.send(100)
    t.host("A", data=100)
    t.clock = None
    t.peer("A")
    t.peer("FA")
    t.host("A", after=(0, 0.5))
    t.eof()


@script(clock=5000)
def missing__on_our_own_connection(t):
    """The same with an active open."""
    t.established(active=True)
    t.clock = None
    t.peer("A", 100)
    t.host("A", after=(0, 0.5))
    t.recv(100)


@script(clock=5000, states=SYNCHRONIZED)
def reset__needs_none(t, state):
    """5.2: an RST MUST NOT be subjected to PAWS; and it may lack the option."""
    t.reach(state)
    t.peer("R", stamp=(4000, 0))
    t.state("LISTEN")


@script(clock=5000)
def reset__of_an_abort_has_one(t):
    """5.2: "a Timestamps option SHOULD be included in the <RST>"."""
    t.established()
    t.sock.setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")     # SO_LINGER of no time
    t.close()
    seg = t.host("RA")
    t.check(t.stamps(seg) and t.stamps(seg)[1], "no timestamps")


@script(clock=5000, linux=BARE)
def reset__of_nobody_gives_it_back(t):
    """5.2: SEG.TSecr is the TSval of the segment that caused it, SEG.TSval is 0."""
    t.listen()
    t.peer("A", seq=7, ack=700, stamp=(1234, 99))
    t.host("R", seq=700, opts={8: struct.pack("!II", 0, 1234)})


@script(clock=5000)
def challenge__has_one(t):
    """3.2: "MUST be sent in every non-<RST> segment": RFC 5961's answers, too."""
    t.established()
    t.peer("S", seq=5000)
    t.check(t.stamps(t.host("A", seq=1))[1], "no TSecr")


@script(clock=5000, states=("ESTABLISHED", "TIME_WAIT"))
def ack_of_the_past__has_one(t, state):
    """And an ACK without a socket."""
    t.reach(state)
    t.peer("A", 10, seq=-1000)
    t.check(t.stamps(t.host("A"))[1], "no TSecr")


@script(clock=5000)
def knob__off(t):
    """If they are off they are not negotiated either."""
    with knobs(net().a, timestamps=0):
        t.listen()
        t.peer("S")
        t.clock = None
        t.check(t.stamps(t.host("SA", seq=0)) is None, "timestamps although they are off")
