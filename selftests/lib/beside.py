# SPDX-License-Identifier: GPL-2.0
"""Comparison of both protocols: what the kernel's TCP does is the expected result."""
import itertools
import os
import socket
import struct

from lib import PROTO, V4, V6, Net, case, errname, errno_of, fail, net, sock

SO_REUSEPORT, SO_BINDTODEVICE = 15, 25
SOL = socket.SOL_SOCKET

# Local addresses of namespace a: (family, address, IPV6_V6ONLY)
ADDRS = {
    "4any": (V4, "0.0.0.0", False),
    "4a": (V4, Net.A4, False),
    "4lo": (V4, "127.0.0.1", False),
    "6any": (V6, "::", False),
    "6only": (V6, "::", True),
    "6a": (V6, Net.A6, False),
    "6a_only": (V6, Net.A6, True),
    "6lo": (V6, "::1", False),
    "m_any": (V6, "::ffff:0.0.0.0", False),
    "m_a": (V6, "::ffff:" + Net.A4, False),
    "m_lo": (V6, "::ffff:127.0.0.1", False),
}
FLAGS = {"-": (), "R": (socket.SO_REUSEADDR,), "P": (SO_REUSEPORT,),
         "RP": (socket.SO_REUSEADDR, SO_REUSEPORT)}


def make(proto, addr, flags="-", dev=None, uid=None):
    """A socket with those options, not bound yet."""
    family, _, only = ADDRS[addr]
    with net().a:
        if uid is not None:
            os.seteuid(uid)
        try:
            s = sock(family, proto)
        finally:
            if uid is not None:
                os.seteuid(0)
    for option in FLAGS[flags]:
        s.setsockopt(SOL, option, 1)
    if family != V4:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
    if dev:
        s.setsockopt(SOL, SO_BINDTODEVICE, dev.encode())
    return s


def bind(s, addr, at):
    return errno_of(s.bind, (ADDRS[addr][1], at))


def take(proto, at, addr, flags="-", **kinds):
    """The result of a second socket: the errno of bind(), and then of listen()."""
    with make(proto, addr, flags, **kinds) as s:
        return "/".join(errname(e) for e in steps(
            lambda: bind(s, addr, at), lambda: errno_of(s.listen, 1)))


def steps(*calls):
    """The errnos of the calls, up to the first that fails."""
    got = []
    for call in calls:
        got.append(call())
        if got[-1]:
            break
    return got


def compare(results):
    """results: {what: (xtcp's, TCP's)}; those that differ are reported."""
    wrong = {what: pair for what, pair in results.items() if pair[0] != pair[1]}
    if wrong:
        lines = [f"{what}: {ours}, TCP {theirs}"
                 for what, (ours, theirs) in itertools.islice(wrong.items(), 200)]
        fail(f"{len(wrong)} of {len(results)} differ\n" + "\n".join(lines))


def both(function, *args, **kinds):
    return tuple(function(proto, *args, **kinds) for proto in (PROTO, 6))


def same(reason="it is the measure"):
    """A case that compares with protocol 6."""
    return case(xtcp_only=reason, bound=60)


def got(call, *args):
    return errname(errno_of(call, *args))


def reset(s):
    """Close without TIME-WAIT, so that the next socket may get the same port."""
    s.setsockopt(SOL, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def close_all(socks):
    for s in socks:
        s.close()
