# SPDX-License-Identifier: GPL-2.0
"""connect() to a peer whose last connection is in TIME-WAIT: tw_reuse.

RFC 7323 appendix B.2 (b) and RFC 6191: it may open if timestamps tell old from new, that is
once both clocks have ticked, which takes a second at most (RFC 7323 section 5.4). A port named
by bind() is subject neither to the sysctl nor to that second, as with the kernel's TCP.
"""
import contextlib
import errno
import functools
import socket

import lib.script as plain
from lib import knobs, net, port

SHORT, TICK = 0.3, 1.7
AT_ONCE = "it gives the one port that there is out again at once"
PORTS = "/proc/sys/net/ipv4/ip_local_port_range"


@contextlib.contextmanager
def only(at):
    """A socket that names no port gets this one, or none."""
    def write(text):
        with net().a, open(PORTS, "w", encoding="ascii") as file:
            file.write(text)
    with net().a, open(PORTS, encoding="ascii") as file:
        before = file.read()
    write(f"{at} {at}")
    try:
        yield
    finally:
        write(before)


def script(reuse=1, named=True, **how):
    """A script that is played with this value of tw_reuse. It gets a port for its connections,
    or None if they are to name none, and get the same one nevertheless.
    """
    def mark(function):
        @functools.wraps(function)
        def play(t):
            at = port()
            with knobs(net().a, tw_reuse=reuse), \
                    contextlib.nullcontext() if named else only(at):
                function(t, at if named else None)
        return plain.script(**how)(play)
    return mark


def closed(t, bind):
    """A connection that the host has closed first; returns its end, and its last clock."""
    t.connect(bind=bind)
    t.host("S", seq=0)
    t.peer("SA", ack=1)
    t.host("A")
    t.send(100)
    t.host("A", data=100)
    t.peer("A")
    t.close()
    t.host("FA")
    t.peer("FA")
    seg = t.host("A")
    t.state("TIME_WAIT")
    end, t.was = (t.host_isn + t.host_end) % (1 << 32), t.stamps(seg)
    t.isn += 1000000
    t.again()
    return end


def expect_newer(t, seg, end):
    """RFC 9293 3.6.1: beyond the old numbers; RFC 6191: and a newer timestamp."""
    t.check(0 < (seg.seq - end) % (1 << 32) < 1 << 31, f"ISN {seg.seq} is not beyond {end}")
    if t.was:
        t.check(t.stamps(seg)[0] > t.was[0], "TSval is not newer")
        t.check(t.stamps(seg)[1] == 0, "TSecr without ACK")


@script(clock=5000)
def time_wait__gives_way_to_our_syn(t, at):
    """Same port, same peer; numbers and timestamps are beyond the old ones."""
    end = closed(t, at)
    t.quiet(TICK)
    t.connect(bind=at)
    expect_newer(t, t.host("S", seq=0), end)
    t.peer("SA", ack=1)
    t.host("A")
    t.state("ESTABLISHED")
    t.send(10)
    t.host("A", data=10)
    t.peer("A", b"old", seq=1, stamp=(4000, t.echo))    # of the old connection: PAWS
    t.snd_nxt = 1
    t.host("A")
    t.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    t.sock.close()
    t.host("RA")
    t.state("CLOSED")


@script(clock=5000, slow=True)
def time_wait__peer_still_waits_for_the_last_ack(t, at):
    """RFC 9293 figure 9: the peer answers from LAST-ACK; an RST clears it, the SYN again opens."""
    end = closed(t, at)
    t.quiet(TICK)
    t.connect(bind=at)
    expect_newer(t, t.host("S", seq=0), end)
    old = (end - t.host_isn) % (1 << 32)
    t.peer("A", seq=-900000, ack=old)
    t.host("R", seq=old - (1 << 32))
    t.host("S", seq=0, after=1)
    t.peer("SA", seq=0, ack=1)
    t.host("A")
    t.connected()


@script(clock=5000, named=False, linux=AT_ONCE)
def time_wait__not_before_the_clocks_have_ticked(t, at):
    closed(t, at)
    t.quiet(SHORT)
    t.connect(bind=at, err=errno.EADDRNOTAVAIL)
    t.state("TIME_WAIT")


@script(clock=5000, named=False, linux=AT_ONCE)
def time_wait__a_fin_again_puts_it_off(t, at):
    """The ACK just sent may be in flight."""
    t.connect(bind=at)
    t.host("S", seq=0)
    t.peer("SA", ack=1)
    t.host("A")
    t.close()
    t.host("FA")
    t.peer("FA")
    t.host("A")
    t.quiet(TICK)
    t.peer("FA", seq=1)
    t.host("A")
    t.quiet(SHORT)
    t.connect(bind=at, err=errno.EADDRNOTAVAIL)
    t.state("TIME_WAIT")


@script()
def time_wait__stays_without_timestamps(t, at):
    closed(t, at)
    t.quiet(TICK)
    t.connect(bind=at, err=errno.EADDRNOTAVAIL)
    t.state("TIME_WAIT")


@script(reuse=0, clock=5000, named=False, linux=AT_ONCE)
def time_wait__stays_when_not_wanted(t, at):
    """0: never; 2: on the loopback only, which this is not."""
    closed(t, at)
    t.quiet(TICK)
    for value in (0, 2):
        with knobs(net().a, tw_reuse=value):
            t.connect(bind=at, err=errno.EADDRNOTAVAIL)
            t.state("TIME_WAIT")
