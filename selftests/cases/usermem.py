# SPDX-License-Identifier: GPL-2.0
"""Calls whose user memory is partly unmapped: the bytes that a call reports as read or written
are exactly those taken from the stream or put into it.

The memory ends in the middle of scattered reads and writes, at each byte.
"""
import ctypes
import errno
import fcntl
import mmap
import os
import select
import socket
import struct

from lib import (FAMILIES, V4, V6, case, check, equal, errname, errno_of, libc, main, net, noise,
                 pair, readable, recv_exact, slow, wait_for)
from lib.wire import open_by_peer

FIONREAD = 0x541B
F_SETPIPE_SZ = 1031
PAGE = mmap.PAGESIZE
NOWAIT, PEEK, WAITALL, TRUNC, OOB = (socket.MSG_DONTWAIT, socket.MSG_PEEK, socket.MSG_WAITALL,
                                     socket.MSG_TRUNC, socket.MSG_OOB)
PROT_RW = mmap.PROT_READ | mmap.PROT_WRITE

libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int,
                      ctypes.c_int, ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class Msghdr(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint),
                ("iov", ctypes.POINTER(Iovec)), ("iovlen", ctypes.c_size_t),
                ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                ("flags", ctypes.c_int)]


class Memory:
    """`size` bytes in pieces of these sizes, of which only the first `there` are mapped.

    The pieces are apart, so that a call must scatter; the faulting one ends at a page without
    access.
    """

    def __init__(self, size, there, pieces):
        self.span = (size + 2 * PAGE - 1) // PAGE * PAGE
        self.base = libc.mmap(None, 2 * self.span + PAGE, PROT_RW,
                              mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
        wall = self.base + 2 * self.span
        equal(libc.mprotect(wall, PAGE, 0), 0, "mprotect")
        self.iov = []
        at = free = 0
        while at < size:
            length = min(pieces[len(self.iov) % len(pieces)], size - at)
            if at >= there:
                base = wall
            elif at + length > there:
                base = wall - (there - at)
            else:
                base = self.base + free
                free += length
            self.iov.append(Iovec(base, length))
            at += length
        self.there = there

    def bytes(self, count):
        parts = []
        for piece in self.iov:
            part = min(piece.len, count)
            parts.append(ctypes.string_at(piece.base, part) if part else b"")
            count -= part
        return b"".join(parts)

    def fill(self, data):
        """As far as memory is mapped."""
        data = data[:self.there]
        for piece in self.iov:
            ctypes.memmove(piece.base, data[:piece.len], len(data[:piece.len]))
            data = data[piece.len:]

    def call(self, function, s, flags):
        """recvmsg() or sendmsg(): its result; 0 on EFAULT."""
        iov = (Iovec * len(self.iov))(*self.iov)
        head = Msghdr(iov=iov, iovlen=len(iov))
        count = function(s.fileno(), ctypes.byref(head), flags)
        if count < 0:
            equal(errno.errorcode[ctypes.get_errno()], "EFAULT", "errno")
        return max(count, 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        libc.munmap(self.base, 2 * self.span + PAGE)


def inq(s):
    return struct.unpack("i", fcntl.ioctl(s, FIONREAD, bytes(4)))[0]


def apart(peer, s, parts):
    """The peer sends parts that stay in a buffer each: each begins with a byte already
    received, so that none is appended to another.
    """
    data = b"".join(parts)
    sent = 0
    for part in parts:
        before = data[sent - 1:sent] if sent else b"-"
        peer.send("A", before + part, seq=peer.seq - 1)
        peer.seq += len(part)
        sent += len(part)
    wait_for(lambda: inq(s) == len(data), what=f"{len(data)} bytes in the queue")
    return data


PARTS = [b"abcde", b"f", b"ghijklm", b"nopqrstuvwx"]


def read_faults(family, flags):
    """A read whose memory ends after each byte in turn: its result, and what is left."""
    peer, s = open_by_peer(net(), family)
    with peer, s:
        peer.send("A", b"-")
        equal(recv_exact(s, 1), b"-", "the first byte")
        total = sum(len(part) for part in PARTS)
        for there in range(total + 1):
            data = apart(peer, s, PARTS)
            with Memory(total, there, (3, 1, 6)) as memory:
                count = memory.call(libc.recvmsg, s, flags)
                check(count <= there, f"{count} bytes into memory for {there}")
                check(there < total or count == total, f"{count} bytes of {total}, no fault")
                equal(memory.bytes(count), data[:count], f"bytes, fault behind {there}")
            left = data if flags & PEEK else data[count:]
            equal(inq(s), len(left), f"bytes left, fault behind {there}, {count} read")
            if left:
                equal(s.recv(2 * total), left, f"what is left, fault behind {there}")


@case(FAMILIES)
def read__faults_at_each_byte(family):
    read_faults(family, 0)


@case((V4, V6))
def read__faults_at_each_byte_of_waitall(family):
    read_faults(family, WAITALL)


@case((V4, V6))
def read__faults_at_each_byte_of_a_peek(family):
    read_faults(family, PEEK)


@case((V4, V6))
def read__goes_on_where_a_fault_has_stopped_it(family):
    """A program that maps its memory and reads on, piece by piece, gets the stream."""
    peer, s = open_by_peer(net(), family)
    with peer, s:
        peer.send("A", b"-")
        recv_exact(s, 1)
        for there in range(1, 12):
            data, got = apart(peer, s, PARTS), b""
            while len(got) < len(data):
                with Memory(len(data), there, (2, 5)) as memory:
                    count = memory.call(libc.recvmsg, s, 0)
                    got += memory.bytes(count)
                got += b"" if count else s.recv(1)
            equal(got, data, f"the stream, in memory for {there} bytes")


@case((V4, V6))
def read__truncation_needs_no_memory(family):
    """MSG_TRUNC discards bytes: no memory is needed for them."""
    peer, s = open_by_peer(net(), family)
    with peer, s:
        peer.send("A", b"-")
        recv_exact(s, 1)
        data = apart(peer, s, PARTS)
        for count in (2, 5, 3):
            with Memory(count, 0, (1, 2)) as memory:
                equal(memory.call(libc.recvmsg, s, TRUNC | PEEK), count, "peeked")
                equal(memory.call(libc.recvmsg, s, TRUNC), count, "thrown away")
            data = data[count:]
            equal(inq(s), len(data), "bytes left")
        equal(s.recv(100), data, "the rest")


@case((V4, V6))
def read__faults_around_the_urgent_byte(family):
    """A fault leaves the unread bytes beyond the mark in place, and the mark."""
    peer, s = open_by_peer(net(), family)
    with peer, s:
        peer.send("A", b"-")
        recv_exact(s, 1)
        for there in range(4):
            peer.send("AU", b"abc!", up=4)
            peer.send("A", b"defg")
            wait_for(lambda: inq(s) == 3, what="bytes before the mark")
            with Memory(8, there, (2, 1)) as memory:
                count = memory.call(libc.recvmsg, s, 0)
                equal(memory.bytes(count), b"abc"[:count], f"bytes, fault behind {there}")
            if count < 3:
                equal(s.recv(100), b"abc"[count:], "the rest before the mark")
            with Memory(4, there, (2, 1)) as memory:
                count = memory.call(libc.recvmsg, s, 0)
                equal(memory.bytes(count), b"defg"[:count], f"bytes, fault behind {there}")
            if not count:
                equal(s.recv(1, OOB), b"!", "the urgent byte")
            equal(recv_exact(s, 4 - count), b"defg"[count:], "the rest beyond the mark")


@case((V4, V6), xtcp_only="TCP loses the byte")
def urgent__a_fault_leaves_the_byte(family):
    client, server = pair(family)
    with client, server:
        client.send(b"!", OOB)
        poll = select.poll()
        poll.register(server, select.POLLPRI)
        check(poll.poll(slow(5) * 1000), "POLLPRI")
        with Memory(1, 0, (1,)) as memory:
            equal(memory.call(libc.recvmsg, server, OOB), 0, "recv(MSG_OOB) without memory")
        equal(server.recv(1, OOB), b"!", "the urgent byte")


def write_fault(client, server, size, there, pieces, flags=0):
    """A write whose memory ends: its result, and what arrives."""
    data = noise(size)
    with Memory(size, there, pieces) as memory:
        memory.fill(data)
        count = memory.call(libc.sendmsg, client, flags)
    check(count <= there, f"{count} bytes of memory for {there}")
    check(there < size or count == size, f"{count} bytes of {size}, no fault")
    client.send(b"|")
    equal(recv_exact(server, count + 1) == data[:count] + b"|", True,
          f"{count} of {size} bytes and an end, fault behind {there}")
    equal(inq(server), 0, "bytes too many")


@case(FAMILIES)
def write__faults_at_each_byte(family):
    client, server = pair(family)
    with client, server:
        for there in range(31):
            write_fault(client, server, 30, there, (7, 1, 2))
        for there in range(31):
            write_fault(client, server, 30, there, (4, 13), socket.MSG_MORE)


@case((V4, V6))
def write__faults_around_the_edges_of_buffers(family):
    """Pages, the kernel's fragments of 32 KiB, and buffers of 64 KiB."""
    client, server = pair(family)
    with client, server:
        for edge in (PAGE, 32 << 10, 64 << 10, 96 << 10):
            for there in range(edge - 2, edge + 3):
                write_fault(client, server, 100 << 10, there, (9999, 1, 5000))


def urgent_fault(client, server, size, there, pieces):
    """An urgent write whose memory ends: how much it says to have taken."""
    data = noise(size)
    with Memory(size, there, pieces) as memory:
        memory.fill(data)
        count = memory.call(libc.sendmsg, client, OOB)
    what = f"{count} of {size} bytes, fault behind {there}"
    check(count <= there, what)
    check(there < size or count == size, f"no fault, {what}")
    if count:
        check(recv_exact(server, count - 1) == data[:count - 1], f"bytes before the mark, {what}")
        wait_for(lambda: errno_of(server.recv, 1, OOB | PEEK | NOWAIT) == 0, what="urgent byte")
        equal(server.recv(1, OOB), data[count - 1:count], f"the urgent byte, {what}")
    client.send(b"data")
    equal(recv_exact(server, 4), b"data", f"data behind it, {what}")
    equal(errname(errno_of(server.recv, 1, OOB)), "EINVAL", f"one more urgent byte, {what}")
    return count


@case((V4, V6))
def write__urgent_and_faulting_marks_what_went(family):
    """The last byte taken is the urgent one; if none was taken, there is no mark."""
    client, server = pair(family)
    with client, server:
        counts = [urgent_fault(client, server, 30, there, (7, 1, 2)) for there in range(31)]
        for edge in (PAGE, 32 << 10, 64 << 10, 96 << 10):
            counts += [urgent_fault(client, server, 100 << 10, there, (9999, 1, 5000))
                       for there in range(edge - 2, edge + 3)]
        check(0 in counts, "no fault before all")
        check(any(PAGE < count < 100 << 10 for count in counts), "no write was cut by a fault")


@case((V4, V6))
def splice__into_a_pipe_that_fills(family):
    """Bytes that don't fit into the pipe stay in the stream."""
    peer, s = open_by_peer(net(), family)
    out, into = os.pipe()
    with peer, s:
        peer.send("A", b"-")
        recv_exact(s, 1)
        fcntl.fcntl(into, F_SETPIPE_SZ, PAGE)
        data = apart(peer, s, [noise(1000 + i) for i in range(9)])
        got = b""
        while len(got) < len(data):
            check(readable(s), f"nothing to read after {len(got)} bytes")
            count = os.splice(s.fileno(), into, 65536)
            check(0 < count <= PAGE, f"{count} bytes into a pipe of a page")
            got += os.read(out, count)
        check(got == data, "bytes differ")
        equal(inq(s), 0, "bytes left")
    os.close(out)
    os.close(into)


main()
