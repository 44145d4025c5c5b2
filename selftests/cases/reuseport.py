# SPDX-License-Identifier: GPL-2.0
"""Reuse port groups: listeners that share a port, and which one gets a connection."""
import ctypes
import errno
import os
import socket
import struct

from lib.beside import SO_REUSEPORT, SOL, bind, both, close_all, compare, make, reset, same
from lib.groups import accept_all, half_open, hang_up, join, peers_of
from lib import (FAMILIES, V4, V6, case, check, equal, errname, errno_of, expect_errno, main,
                 net, port, sock, wait_for)

SO_INCOMING_CPU, SO_ATTACH_REUSEPORT_CBPF = 49, 51


def group(family, size, flags=(SO_REUSEPORT,)):
    """@count listeners on one port; they do not block in accept()."""
    at = port()
    members = []
    for _ in range(size):
        s = sock(family, ns=net().b)
        for option in flags:
            s.setsockopt(SOL, option, 1)
        if family != V4:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, family == V6)
        s.bind(("0.0.0.0" if family == V4 else "::", at))
        s.listen(256)
        s.setblocking(False)
        members.append(s)
    return members, at


def spread(members, at, family, count, source=None):
    """How many connections each member gets."""
    clients = []
    for n in range(count):
        s = sock(family, ns=net().a)
        if source:
            s.bind((net().addr("a", family), source + n))
        s.connect((net().addr("b", family), at))
        clients.append(s)
    shares = []
    origin = []

    def take_all():
        for n, member in enumerate(members):
            while True:
                try:
                    server, peer = member.accept()
                except BlockingIOError:
                    break
                origin.append((n, peer[1]))
                reset(server)
        return len(origin) == count
    wait_for(take_all, what="all to be accepted")
    for s in clients:
        s.close()
    for n in range(len(members)):
        shares.append(sum(member == n for member, _ in origin))
    return shares, origin


@case(FAMILIES, bound=40)
def group__spread_by_hash(family):
    """Each gets its share: of 4 and 400 connections 100, give or take 5 sigma."""
    members, at = group(family, 4)
    shares, _ = spread(members, at, family, 400)
    check(all(56 <= share <= 144 for share in shares), f"shares {shares}")
    members.pop().close()
    shares, _ = spread(members, at, family, 60)
    check(all(share > 2 for share in shares), f"shares of the three that are left {shares}")
    close_all(members)


RET_A = (0x16, 0, 0, 0)


def ret(k):
    return (0x06, 0, 0, k)


def attach(s, *program):
    """A classic BPF program that selects the member: (code, jt, jf, k)..."""
    raw = b"".join(struct.pack("HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(raw, len(raw))
    fprog = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    s.setsockopt(SOL, SO_ATTACH_REUSEPORT_CBPF, fprog)


@case((V4, V6), bound=40)
def group__spread_by_classic_bpf(family):
    """The program returns the index in the group; an invalid one falls back to the hash."""
    members, at = group(family, 3)
    for k in range(3):
        attach(members[0], ret(k))
        shares, _ = spread(members, at, family, 10)
        equal(shares, [10 if n == k else 0 for n in range(3)], f"shares with index {k}")
    attach(members[1], ret(77))
    shares, _ = spread(members, at, family, 60)
    check(all(shares), f"shares with an invalid index: {shares}")
    close_all(members)


@case((V4, V6), bound=40)
def group__bpf_sees_the_packet(family):
    """The program reads after the TCP header, and by offsets the network header."""
    members, at = group(family, 2)
    # the source port's lowest bit: SKF_NET_OFF + network header + 1
    header = 20 if family == V4 else 40
    attach(members[0], (0x30, 0, 0, (0xfff00000 + header + 1) & 0xffffffff),
           (0x54, 0, 0, 1), RET_A)
    source = 20000
    _, origin = spread(members, at, family, 20, source)
    equal({(n, number % 2) for n, number in origin}, {(0, 0), (1, 1)}, "(member, parity)")
    close_all(members)


@case((V4, V6), bound=40)
def group__incoming_cpu(family):
    """Members whose SO_INCOMING_CPU is this processor come first."""
    members, at = group(family, 3)
    cpus = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {0})
        for n, member in enumerate(members):
            member.setsockopt(SOL, SO_INCOMING_CPU, 0 if n == 1 else 1)
        shares, _ = spread(members, at, family, 20)
    finally:
        os.sched_setaffinity(0, cpus)
    equal(shares, [0, 20, 0], "shares")
    close_all(members)


@case((V4, V6))
def group__half_open_stays_with_its_listener(family):
    """The listener that got the SYN gets the connection, however the group changes in between."""
    at = port()
    first = join(family, at)
    peers = peers_of(first, family, 8)
    half_open(peers)
    members = [first] + [join(family, at) for _ in range(3)]
    for peer in peers:
        peer.send("A")
    accepted = []
    wait_for(lambda: accepted.extend(accept_all([first])) or len(accepted) == len(peers),
             what="all to be accepted")
    hang_up(peers)
    close_all(accepted + members)


@same()
def same__group_of_a_program():
    """A socket with a program of its own does not join another's group."""
    def play(proto, when):
        at = port()
        result = []
        with make(proto, "4any", "P") as one, make(proto, "4any", "P") as two:
            if when == "first":
                attach(one, ret(0))
            result.append(bind(one, "4any", at))
            result.append(errno_of(one.listen, 1))
            if when == "before bind":
                attach(two, ret(0))
            result.append(bind(two, "4any", at))
            if when == "before listen":
                attach(two, ret(0))
            result.append(errno_of(two.listen, 1))
        return [errname(e) for e in result]
    compare({when: both(play, when) for when in ("never", "first", "before bind",
                                                 "before listen")})


@case((V4, V6))
def group__over_and_over(family):
    """Members join and leave; the group ends with the last."""
    for _ in range(20):
        members, at = group(family, 5)
        attach(members[2], ret(1))
        close_all(members[::2])
        shares, _ = spread(members[1::2], at, family, 4)
        equal(sum(shares), 4, "accepted")
        close_all(members[1::2])
        with sock(family, ns=net().a) as s:
            expect_errno(errno.ECONNREFUSED, s.connect, (net().addr("b", family), at))


main()
