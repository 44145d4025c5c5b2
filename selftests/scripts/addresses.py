# SPDX-License-Identifier: GPL-2.0
"""Addresses of a connection: RFC 9293 sections 3.9.1.1 (OPEN) and 3.9.2.3, DSCP, TTL."""
import contextlib
import socket

from lib import knobs, sock
from lib.script import script

SECOND = {"v4": "10.77.0.5", "v6": "fd77::5"}       # a second address of the host, which
WIDTH = {"v4": 32, "v6": 128}                       # routing would not choose
NOWHERE = {"v4": ("0.0.0.0", "255.255.255.255", "10.77.0.255", "224.0.0.1"),
           "v6": ("::", "ff02::1", "::ffff:10.77.0.77")}
TOS = {"v4": "IP_TOS", "v6": "IPV6_TCLASS"}
TTL = {"v4": "IP_TTL", "v6": "IPV6_UNICAST_HOPS"}


@contextlib.contextmanager
def second_address(t):
    """The host has a second address meanwhile."""
    addr = SECOND[t.family]
    what = f"addr %s {addr}/{WIDTH[t.family]} dev va"
    t.net.a.ip(what % "add" + (" nodad" if t.family == "v6" else ""))
    try:
        yield addr
    finally:
        t.net.a.ip(what % "del")


@contextlib.contextmanager
def preferred(t, addr):
    """The route to the peer prefers this source address."""
    route = f"route %s {t.wire.me}/{WIDTH[t.family]} dev va"
    t.net.a.ip(route % "replace" + f" src {addr}")
    try:
        yield
    finally:
        t.net.a.ip(route % "del")


def came_from(t, seg, addr):
    t.check(seg.src == addr, f"sent from {seg.src}, not from {addr}")


@script()
def local_address__of_the_program(t):
    """MUST-43: OPEN names the local address, and the SYN is sent from it."""
    with second_address(t) as addr:
        t.wire.them = addr
        t.connect(at=addr)
        came_from(t, t.host("S", seq=0), addr)
        t.peer("SA", seq=0, ack=1)
        came_from(t, t.host("A", seq=1, ack=1), addr)
        t.connected()


@script()
def local_address__asked_of_ip(t):
    """MUST-44: OPEN names none: routing chooses."""
    with second_address(t) as addr, preferred(t, addr):
        t.wire.them = addr
        t.connect()
        came_from(t, t.host("S", seq=0), addr)
        t.peer("SA", seq=0, ack=1)
        came_from(t, t.host("A", seq=1, ack=1), addr)


@script()
def local_address__is_kept(t):
    """MUST-45: routing changes meanwhile: the connection keeps its address."""
    t.established(active=True)
    with second_address(t) as addr, preferred(t, addr):
        t.send(10)
        came_from(t, t.host("A", data=10), t.wire.them)
        t.peer("A", 20, ack=11)
        t.recv(20)
        came_from(t, t.host("A", ack=21, after=(0, 0.5)), t.wire.them)


def listen_beside(t):
    """Another socket listens at the connection's port."""
    other = sock(t.family, ns=t.net.a)
    other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    other.bind(("0.0.0.0" if t.family == "v4" else "::", t.wire.dport))
    other.listen(1)
    return other


@script()
def passive_open__leaves_connections_alone(t):
    """MUST-41: a listener at a port that a connection of ours uses."""
    t.established(active=True, options={"SO_REUSEADDR": 1})
    with listen_beside(t):
        t.peer("A", 20)
        t.recv(20)
        t.drain(0.5)
        t.send(10)
        t.host("A", seq=1, data=10)
        t.state("ESTABLISHED")


@script(states=("SYN_SENT", "CROSSED"))
def passive_open__at_the_port_of_one_that_opens(t, state):
    """MUST-42: a listener at a port from which a SYN was sent; it works."""
    t.connect(SO_REUSEADDR=1)
    t.host("S", seq=0)
    if state == "CROSSED":
        t.peer("S")
        t.host("SA", seq=0)
    with listen_beside(t), t.another() as second:
        second.wire.dport = t.wire.dport
        second.peer("S")
        second.host("SA", seq=0)
        t.peer("SA", seq=0, ack=1)
        if state == "SYN_SENT":
            t.host("A", seq=1, ack=1)
        t.connected()


@script(states=("KEPT", "COOKIES"))
def source__that_is_no_host(t, mode):
    """MUST-63: a SYN from an address that no host can have is ignored, by cookies as well."""
    t.listen()
    me = t.wire.me
    with knobs(t.net.a, syncookies=2 if mode == "COOKIES" else 0):
        for nobody in NOWHERE[t.family]:
            t.wire.me = nobody
            t.peer("S", seq=0)
            t.wire.me = me
            t.quiet(0.02)
            t.state("LISTEN")
            answers = [s for s in t.wire.sniffer.poll() if s.sport == t.wire.dport]
            t.check(not answers, f"{answers} to {nobody}")
    t.snd_nxt = 0
    t.peer("S", seq=0)
    t.host("SA", seq=0, ack=1)


@script()
def dscp__of_the_program(t):
    """MUST-48, SHLD-22: all six bits, from the SYN on."""
    t.connect(**{TOS[t.family]: 0xb8})
    seg = t.host("S", seq=0)
    t.check(seg.tos == 0xb8, f"a SYN with {seg.tos:#x}")
    t.peer("SA", seq=0, ack=1)
    t.check(t.host("A").tos == 0xb8, "an ACK with a different one")
    t.send(10)
    t.check(t.host("A", data=10).tos == 0xb8, "data with a different one")


@script()
def dscp__changes_under_way(t):
    """SHLD-21: and back."""
    t.established(options={"TCP_NODELAY": 1})
    for at, tos in enumerate((0, 0x28, 0xb8, 0)):
        t.setsockopt(TOS[t.family], tos)
        t.send(10)
        seg = t.host("A", seq=1 + 10 * at, data=10)
        t.check(seg.tos == tos, f"data with {seg.tos:#x}, not with {tos:#x}")


@script()
def ttl__of_the_program(t):
    """MUST-49: of all segments."""
    t.connect(**{TTL[t.family]: 9})
    t.check(t.host("S", seq=0).ttl == 9, "a SYN with a different one")
    t.peer("SA", seq=0, ack=1)
    t.check(t.host("A").ttl == 9, "an ACK with a different one")
    t.send(10)
    t.check(t.host("A", data=10).ttl == 9, "data with a different one")
