# SPDX-License-Identifier: GPL-2.0
"""Sockets of the protocol under test, alone and in pairs."""
import ctypes
import random
import select
import socket

from lib.base import PROTO, V4, V6, fail, libc, slow
from lib.spaces import net, port


def sock(family=V4, proto=None, ns=None):
    """A blocking socket: the case's bound also bounds its calls."""
    domain = socket.AF_INET if family == V4 else socket.AF_INET6
    if ns is None:
        return socket.socket(domain, socket.SOCK_STREAM, PROTO if proto is None else proto)
    with ns:
        return socket.socket(domain, socket.SOCK_STREAM, ns.proto if proto is None else proto)


def any_addr(family):
    return "0.0.0.0" if family == V4 else "::"


def listen(family=V4, ns=None, at=None, backlog=128, proto=None, reuse=True):
    """A listener on the wildcard address; mapped means dual-stack."""
    s = sock(family, proto, ns or net().b)
    if reuse:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family != V4:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, family == V6)
    s.bind((any_addr(family), port() if at is None else at))
    s.listen(backlog)
    return s


def pair(family=V4, where=None, proto=None, listener=None):
    """A connected pair: (client in a, server in b); the client's port is its own."""
    where = where or net()
    own = listener is None
    if own:
        listener = listen(family, where.b, proto=proto)
    client = sock(family, proto, where.a)
    client.bind((where.addr("a", family), port()))
    client.connect((where.addr("b", family), listener.getsockname()[1]))
    server, _ = listener.accept()
    if own:
        listener.close()
    return client, server


def noise(count):
    """Bytes without a pattern, the same in each run; needs no randomness of the guest."""
    return random.Random(count).randbytes(count)


def recv_exact(s, count):
    parts = []
    while count:
        part = s.recv(min(count, 1 << 20))
        if not part:
            fail(f"end of stream, {count} bytes early")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def disconnect(s):
    """connect() to AF_UNSPEC, which disconnects the socket."""
    if libc.connect(s.fileno(), bytes(16), 16):
        raise OSError(ctypes.get_errno(), "connect() to AF_UNSPEC")


def readable(s, bound=5):
    return bool(select.select([s], [], [], slow(bound))[0])


def so_error(s):
    return s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
