# SPDX-License-Identifier: GPL-2.0
"""Urgent data: MSG_OOB, SO_OOBINLINE, SIOCATMARK, SIGURG, poll (RFC 9293 section 3.8.5)."""
import errno
import fcntl
import os
import select
import signal
import socket
import struct
import time

from lib import (FAMILIES, WIRE_PROTO, Child, case, check, equal, errname, errno_of, expect_errno,
                 main, net, pair, readable, recv_exact, wait_for)
from lib.wire import checksum, open_by_peer, pseudo

FIONREAD, SIOCATMARK = 0x541B, 0x8905
OOB, PEEK, NOWAIT = socket.MSG_OOB, socket.MSG_PEEK, socket.MSG_DONTWAIT


def ioctl(s, request):
    return struct.unpack("i", fcntl.ioctl(s, request, bytes(4)))[0]


def at_mark(s):
    return bool(ioctl(s, SIOCATMARK))


def urgent(s, bound=5):
    """poll() for POLLPRI."""
    poll = select.poll()
    poll.register(s, select.POLLPRI)
    return any(events & select.POLLPRI for _, events in poll.poll(bound * 1000))


def urgent_pointer(peer, raw, up):
    """Set the urgent pointer of a segment, and update its checksum."""
    raw[16:20] = struct.pack("!HH", 0, up)
    raw[16:18] = struct.pack("!H", checksum(pseudo(peer.me, peer.them, len(raw), WIRE_PROTO) + raw))
    return bytes(raw)


@case(FAMILIES)
def oob__the_last_byte_is_apart(family):
    client, server = pair(family)
    with client, server:
        equal(client.send(b"before"), 6, "sent")
        equal(client.send(b"xyZ", OOB), 3, "sent urgently")
        equal(client.send(b"after"), 5, "sent")
        check(urgent(server), "POLLPRI")
        wait_for(lambda: ioctl(server, FIONREAD) == 8, what="bytes before the mark")
        equal(server.recv(100), b"beforexy", "a read ends at the mark")
        check(at_mark(server), "not at the mark")
        equal(server.recv(10, OOB), b"Z", "the urgent byte")
        check(at_mark(server), "not at the mark after the urgent byte was read")
        equal(server.recv(100), b"after", "what follows")
        check(not at_mark(server), "still at the mark")
        expect_errno(errno.EINVAL, server.recv, 1, OOB)


@case(FAMILIES)
def oob__is_read_once(family):
    client, server = pair(family)
    with client, server:
        client.send(b"!", OOB)
        check(urgent(server), "POLLPRI")
        equal(server.recv(1, OOB | PEEK), b"!", "peeked")
        check(urgent(server), "POLLPRI after a peek")
        equal(server.recv(1, OOB), b"!", "read")
        check(not urgent(server, 0), "POLLPRI after the urgent byte was read")
        expect_errno(errno.EINVAL, server.recv, 1, OOB)
        expect_errno(errno.EAGAIN, server.recv, 1, NOWAIT)


@case(FAMILIES)
def oob__is_not_data_to_read(family):
    client, server = pair(family)
    with client, server:
        client.send(b"!", OOB)
        check(urgent(server), "POLLPRI")
        check(not readable(server, 0), "readable, with the urgent byte alone")
        client.send(b"data")
        check(readable(server), "not readable, with data behind the urgent byte")
        equal(server.recv(10), b"data", "data, the byte left out")
        expect_errno(errno.EINVAL, server.recv, 1, OOB)


@case(FAMILIES)
def inline__stays_in_the_stream(family):
    client, server = pair(family)
    with client, server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
        client.send(b"abc")
        client.send(b"D", OOB)
        client.send(b"ef")
        wait_for(lambda: ioctl(server, FIONREAD) == 6, what="all bytes")
        equal(server.recv(100), b"abc", "a read ends at the mark")
        check(at_mark(server), "not at the mark")
        expect_errno(errno.EINVAL, server.recv, 1, OOB)
        equal(server.recv(100), b"Def", "the urgent byte is the next")
        check(not at_mark(server), "still at the mark")


@case(FAMILIES)
def pointer__advances(family):
    """A second urgent byte: the first becomes data like any other."""
    client, server = pair(family)
    with client, server:
        client.send(b"ab")
        client.send(b"1", OOB)
        wait_for(lambda: urgent(server), what="the first")
        client.send(b"cd")
        client.send(b"2", OOB)
        wait_for(lambda: server.recv(1, OOB | PEEK) == b"2", what="the second")
        equal(server.recv(100), b"ab1cd", "up to the second mark")
        check(at_mark(server), "not at the second mark")
        equal(server.recv(1, OOB), b"2", "the second byte")


@case(FAMILIES)
def pointer__advances_while_the_reader_stands_at_the_mark(family):
    """The first urgent byte was not read: it is dropped, not delivered as data."""
    client, server = pair(family)
    with client, server:
        client.send(b"ab")
        client.send(b"1", OOB)
        wait_for(lambda: urgent(server), what="the first")
        equal(server.recv(100), b"ab", "up to the mark")
        client.send(b"cd")
        client.send(b"2", OOB)
        wait_for(lambda: server.recv(1, OOB | PEEK) == b"2", what="the second")
        equal(server.recv(100), b"cd", "the first byte left out")


@case(FAMILIES)
def signal__tells_the_owner(family):
    client, server = pair(family)
    seen = []
    old = signal.signal(signal.SIGURG, lambda *_: seen.append(1))
    try:
        with client, server:
            fcntl.fcntl(server, fcntl.F_SETOWN, os.getpid())
            client.send(b"!", OOB)
            wait_for(lambda: seen, what="SIGURG")
            equal(server.recv(1, OOB), b"!", "the byte")
            client.send(b"data")
            check(readable(server), "data")
            equal(len(seen), 1, "signals: data alone bring none")
            client.send(b"?", OOB)
            wait_for(lambda: len(seen) == 2, what="SIGURG each time the pointer advances")
    finally:
        signal.signal(signal.SIGURG, old)


@case(FAMILIES)
def read__waits_beyond_the_mark(family):
    """A reader at the mark steps over the byte and waits for what follows."""
    client, server = pair(family)
    with client, server:
        client.send(b"!", OOB)
        check(urgent(server), "POLLPRI")

        def later():
            time.sleep(0.1)
            client.send(b"more")
        child = Child(later)
        equal(server.recv(4, socket.MSG_WAITALL), b"more", "data")
        child.join()


@case(FAMILIES)
def peek__leaves_the_mark(family):
    client, server = pair(family)
    with client, server:
        client.send(b"abcX", OOB)
        client.send(b"def")
        wait_for(lambda: ioctl(server, FIONREAD) == 3, what="bytes before the mark")
        wait_for(lambda: urgent(server), what="the byte")
        equal(server.recv(100, PEEK), b"abc", "peeked")
        check(not at_mark(server), "at the mark too early")
        equal(server.recv(100), b"abc", "read")
        check(at_mark(server), "not at the mark")
        wait_for(lambda: readable(server, 0), what="more data")
        equal(server.recv(100, PEEK), b"def", "peeked over the byte")
        equal(server.recv(1, OOB), b"X", "the byte is still there")
        equal(server.recv(100), b"def", "read")


@case(FAMILIES)
def end__of_the_stream(family):
    client, server = pair(family)
    with client, server:
        client.send(b"ab!", OOB)
        client.shutdown(socket.SHUT_WR)
        wait_for(lambda: urgent(server), what="the byte")
        equal(server.recv(100), b"ab", "data")
        equal(server.recv(1, OOB), b"!", "the byte")
        equal(server.recv(100), b"", "end of stream")
        check(errname(errno_of(server.recv, 1, OOB)) == "EINVAL", "a second urgent byte")


@case(FAMILIES, xtcp_only="it marks a long write in its middle, too, when it waits for memory")
def send__any_length_behind_a_full_window(family):
    """All of a long write is urgent (MUST-31); its last byte is the mark."""
    client, server = pair(family)
    with client, server:
        data = bytes(i % 251 for i in range(300000)) + b"!"

        def write():
            client.sendall(data, OOB)
        child = Child(write)
        got = b""
        deadline = time.monotonic() + 15
        while len(got) < len(data) - 1 and time.monotonic() < deadline:
            got += server.recv(len(data) - 1 - len(got))
        check(got == data[:-1], "the bytes before the mark")
        wait_for(lambda: urgent(server), what="the byte")
        equal(server.recv(1, OOB), b"!", "the mark")
        child.join()


@case(FAMILIES)
def wire__the_pointer_stands_behind_the_urgent_data(family):
    """MUST-62; and URG is in each segment until the data are acknowledged."""
    peer, s = open_by_peer(net(), family)
    with peer, s:
        s.send(b"abc", OOB)
        seg = peer.get("AU")
        equal((seg.data, seg.urg), (b"abc", 3), "data and pointer")
        peer.take(seg)
        peer.send("A")
        s.send(b"de")
        seg = peer.get("A")
        equal((seg.data, seg.urg), (b"de", 0), "data and pointer afterwards")


@case(FAMILIES)
def wire__the_pointer_may_come_before_the_data(family):
    """MUST-32: the user is told of the pointer at once; the byte may be far ahead."""
    seen = []
    old = signal.signal(signal.SIGURG, lambda *_: seen.append(1))
    peer, s = open_by_peer(net(), family)
    try:
        with peer, s:
            fcntl.fcntl(s, fcntl.F_SETOWN, os.getpid())
            raw = bytearray(peer.segment("AU", b"abc"))
            peer.put(urgent_pointer(peer, raw, 5))
            wait_for(lambda: seen, what="SIGURG")
            expect_errno(errno.EAGAIN, s.recv, 1, OOB)
            check(not urgent(s, 0), "no POLLPRI without the byte")
            equal(s.recv(100), b"abc", "data")
            peer.seq += 3
            peer.send("A", b"dEf")
            check(urgent(s), "POLLPRI")
            equal(s.recv(100), b"d", "up to the mark")
            equal(s.recv(1, OOB), b"E", "the byte")
            equal(s.recv(100), b"f", "the rest")
    finally:
        signal.signal(signal.SIGURG, old)


@case(FAMILIES)
def wire__a_pointer_into_the_past_is_ignored(family):
    peer, s = open_by_peer(net(), family)
    with peer, s:
        peer.send("A", b"abcdef")
        equal(recv_exact(s, 6), b"abcdef", "data")
        raw = bytearray(peer.segment("AU", b"abcdefghi", seq=peer.seq - 6))
        peer.put(urgent_pointer(peer, raw, 4))
        wait_for(lambda: readable(s, 0), what="the new bytes")
        equal(s.recv(100), b"ghi", "the new bytes, none left out")
        expect_errno(errno.EINVAL, s.recv, 1, OOB)


@case(FAMILIES)
def send__of_nothing(family):
    client, server = pair(family)
    with client, server:
        equal(client.send(b"", OOB), 0, "sent")
        client.send(b"x")
        equal(recv_exact(server, 1), b"x", "data")
        expect_errno(errno.EINVAL, server.recv, 1, OOB)


main()
