# SPDX-License-Identifier: GPL-2.0
"""Reuse port groups, their listeners' queues, and peers that fill these.

Everything is at the end a, unless a namespace is named.
"""
import os

from lib.beside import SO_REUSEPORT, SOL
from lib import any_addr, equal, net, sock
from lib.wire import MSS, Peer


def member(family, at, ns, addr=None):
    """Another socket that may listen on a port; it does not block in accept()."""
    s = sock(family, ns=ns)
    s.setsockopt(SOL, SO_REUSEPORT, 1)
    s.bind((addr or any_addr(family), at))
    s.setblocking(False)
    return s


def join(family, at, backlog=8):
    """Another listener on a port, at the end a."""
    s = member(family, at, net().a, net().addr("a", family))
    s.listen(backlog)
    return s


def accept_all(members):
    """The connections that accept() returns without waiting."""
    accepted = []
    for member in members:
        try:
            while True:
                accepted.append(member.accept()[0])
        except BlockingIOError:
            pass
    return accepted


def view(ns):
    """All lines, as dictionaries of numbers; the address is text."""
    with ns, open("/proc/thread-self/net/xtcp_listen", encoding="ascii") as file:
        names, *lines = (line.split() for line in file)
    rows = []
    for line in lines:
        equal(len(line), len(names), "columns")
        row = dict(zip(names, [line[0], *map(int, line[1:])]))
        rows.append(row)
    return rows


def row(s, ns=None):
    """The line of a listener, found by its inode."""
    inode = os.fstat(s.fileno()).st_ino
    found = [r for r in view(ns or net().a) if r["inode"] == inode]
    equal(len(found), 1, "lines of the listener")
    return found[0]


def peers_of(listener, family, count):
    return [Peer(net(), family, dport=listener.getsockname()[1]) for _ in range(count)]


def half_open(peers):
    for peer in peers:
        peer.send("S", opts=MSS)
        peer.take(peer.get("SA"))


def hang_up(peers):
    for peer in peers:
        peer.close()
