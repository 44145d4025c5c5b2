# SPDX-License-Identifier: GPL-2.0
"""A thread sleeps in a call while another one disconnects the socket, by connect() to
AF_UNSPEC, and connects it anew. The call belongs to the old connection: it ends (RFC 9293
section 3.10.5), and has nothing to do with the new one's bytes.
"""
import contextlib
import ctypes
import errno
import os
import select
import socket
import struct
import threading
import time

from lib import (V4, V6, case, check, disconnect, equal, libc, listen, main, net, readable,
                 recv_exact, slow, sock)
from lib.wire import Peer

BOTH = (V4, V6)
WAITALL, PEEK = socket.MSG_WAITALL, socket.MSG_PEEK
LARGE = bytes(64 << 20)
LINGER_0 = struct.pack("ii", 1, 0)


@contextlib.contextmanager
def undisturbed():
    """No other thread runs unless this one sleeps: a woken call finds the new connection."""
    cpus, policy = os.sched_getaffinity(0), os.sched_getscheduler(0)
    os.sched_setaffinity(0, {min(cpus)})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    try:
        yield
    finally:
        if policy != os.SCHED_FIFO:
            os.sched_setscheduler(0, policy, os.sched_param(0))
        os.sched_setaffinity(0, cpus)


class Sleeper(threading.Thread):
    """A system call in a separate thread, on the first processor: its result and errno."""

    def __init__(self, call, *args):
        super().__init__(daemon=True)
        self.call, self.args = call, args
        self.result = None
        self.start()
        time.sleep(slow(0.2))
        equal(self.result, None, "result of a call that should sleep")

    def run(self):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        got = self.call(*self.args)
        self.result = got, errno.errorcode.get(ctypes.get_errno()) if got < 0 else None

    def ended(self):
        self.join(slow(5))
        check(not self.is_alive(), "the call continues on the new connection")
        return self.result


class Two:
    """A client in a, connected to two servers in b, one after the other."""

    def __init__(self, family):
        self.family = family
        self.listeners = [listen(family, net().b) for _ in range(2)]
        self.client = sock(family, ns=net().a)
        self.servers = []

    def there(self, i):
        return net().addr("b", self.family), self.listeners[i].getsockname()[1]

    def connect(self):
        self.client.connect(self.there(0))
        self.servers.append(self.listeners[0].accept()[0])
        return self.servers[0]

    def reconnect(self, data=b""):
        """Connect to the other server, which sends something before another thread runs."""
        with undisturbed():
            disconnect(self.client)
            self.client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                self.client.connect(self.there(1))
            check(readable(self.listeners[1]), "no second connection")
            self.servers.append(self.listeners[1].accept()[0])
            if data:
                self.servers[-1].send(data)
            self.client.setblocking(True)
        return self.servers[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for s in (self.client, *self.servers, *self.listeners):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
            s.close()


def receiving(family, flags, before, want):
    """A sleeping recv() returns the old connection's bytes, and leaves the new one alone."""
    with Two(family) as two:
        server = two.connect()
        if before:
            server.send(before)
            check(readable(two.client), "no data")
        buffer = ctypes.create_string_buffer(4000)
        sleeper = Sleeper(libc.recv, two.client.fileno(), buffer, 4000, flags)
        two.reconnect(b"B" * 6000)
        equal(sleeper.ended(), want, "recv() of the old connection")
        equal(buffer.raw[:len(before)], before, "its bytes")
        equal(buffer.raw[len(before):].strip(b"\0"), b"", "bytes of the new connection in it")
        check(recv_exact(two.client, 6000) == b"B" * 6000, "the new connection's bytes differ")


@case(BOTH)
def recv__waiting_for_more(family):
    receiving(family, WAITALL, b"A" * 1000, (1000, None))


@case(BOTH)
def recv__peeking_for_more(family):
    receiving(family, WAITALL | PEEK, b"A" * 1000, (1000, None))


@case(BOTH)
def recv__with_nothing(family):
    receiving(family, 0, b"", (-1, "EPIPE"))


@case(BOTH)
def recv__peeking_at_nothing(family):
    receiving(family, PEEK, b"", (-1, "EPIPE"))


def fill(s):
    """Write until no more is taken, not even after the peer has read what it can."""
    s.setblocking(False)
    sent = 1
    while sent:
        sent = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                sent += s.send(bytes(65536))
        time.sleep(slow(0.2))
    s.setblocking(True)


def nothing_comes(server):
    check(not readable(server, 0.2), "bytes of the old connection's call arrive on the new one")


@case(BOTH)
def send__waiting_for_room(family):
    """Nothing was taken: EPIPE, as from the kernel's TCP."""
    with Two(family) as two:
        two.connect()
        fill(two.client)
        sleeper = Sleeper(libc.send, two.client.fileno(), bytes(100000), 100000,
                          socket.MSG_NOSIGNAL)
        server = two.reconnect()
        equal(sleeper.ended(), (-1, "EPIPE"), "send() of the old connection")
        nothing_comes(server)
        two.client.send(b"B")
        equal(server.recv(100), b"B", "the new connection")


@case(BOTH)
def send__waiting_for_more_room(family):
    """Some was taken, and is lost with its connection."""
    with Two(family) as two:
        two.connect()
        sleeper = Sleeper(libc.send, two.client.fileno(), LARGE, len(LARGE), socket.MSG_NOSIGNAL)
        server = two.reconnect()
        count, number = sleeper.ended()
        check(0 < count < len(LARGE), f"send() of the old connection: {count}, {number}")
        nothing_comes(server)
        two.client.send(b"B")
        equal(server.recv(100), b"B", "the new connection")


@case(BOTH, xtcp_only="TCP makes a byte of the new connection urgent")
def send__ends_no_message_of_the_new_connection(family):
    """Data that the new connection holds back are not made urgent by the old one's call."""
    with Two(family) as two:
        two.connect()
        sleeper = Sleeper(libc.send, two.client.fileno(), LARGE, len(LARGE),
                          socket.MSG_NOSIGNAL | socket.MSG_OOB)
        with undisturbed():
            server = two.reconnect()
            two.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
            two.client.send(b"B")
        check(0 < sleeper.ended()[0] < len(LARGE), "send() of the old connection")
        two.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
        check(readable(server), "the new connection's byte has become urgent")
        equal(server.recv(100), b"B", "the new connection")


@case(BOTH)
def send__waiting_for_the_connection(family):
    """In SYN-SENT: the message was for a peer that did not answer."""
    with Two(family) as two, Peer(net(), family) as peer:
        two.client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            two.client.connect((net().addr("ghost", family), peer.sport))
        two.client.setblocking(True)
        sleeper = Sleeper(libc.send, two.client.fileno(), b"A", 1, socket.MSG_NOSIGNAL)
        server = two.reconnect()
        equal(sleeper.ended(), (-1, "EPIPE"), "send() of the old connection")
        nothing_comes(server)


@case(BOTH)
def send__waiting_while_shutdown_ends_the_attempt(family):
    """shutdown() in SYN-SENT is a disconnect, too, and the socket may connect again."""
    with Two(family) as two, Peer(net(), family) as peer:
        two.client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            two.client.connect((net().addr("ghost", family), peer.sport))
        two.client.setblocking(True)
        sleeper = Sleeper(libc.send, two.client.fileno(), b"A", 1, socket.MSG_NOSIGNAL)
        two.client.shutdown(socket.SHUT_RDWR)
        check(sleeper.ended()[0] < 0, "send() of the old connection")


@case(BOTH)
def connect__waiting_for_an_answer(family):
    with Two(family) as two, Peer(net(), family) as peer:
        def connect():
            try:
                two.client.connect((net().addr("ghost", family), peer.sport))
            except OSError as error:
                ctypes.set_errno(error.errno)
                return -1
            return 0
        sleeper = Sleeper(connect)
        server = two.reconnect(b"B")
        equal(sleeper.ended()[0], -1, "connect() of the old connection")
        equal(two.client.recv(1), b"B", "the new connection")
        two.client.send(b"C")
        equal(server.recv(1), b"C", "the new connection")


@case(BOTH)
def poll__sees_the_end(family):
    with Two(family) as two:
        two.connect()

        def wait():
            poll = select.poll()
            poll.register(two.client, select.POLLIN)
            return dict(poll.poll())[two.client.fileno()]
        sleeper = Sleeper(wait)
        disconnect(two.client)
        check(sleeper.ended()[0] & select.POLLHUP, "POLLHUP")


@case(BOTH, xtcp_only="TCP wakes one of them, and leaves the others asleep")
def accept__of_several_threads(family):
    """When a listener stops, all threads that wait in accept() are woken."""
    with listen(family, net().b) as listener:
        sleepers = [Sleeper(libc.accept, listener.fileno(), None, None) for _ in range(3)]
        disconnect(listener)
        for sleeper in sleepers:
            equal(sleeper.ended(), (-1, "EINVAL"), "accept()")


@case(BOTH, xtcp_only="TCP lets the call wait for the new listener's connections")
def accept__is_not_for_the_next_listener(family):
    with listen(family, net().b) as listener:
        sleeper = Sleeper(libc.accept, listener.fileno(), None, None)
        with undisturbed():
            disconnect(listener)
            listener.listen()
        equal(sleeper.ended(), (-1, "EINVAL"), "accept() of the old listener")


@case(BOTH)
def peek__before_the_connection(family):
    """It begins at the stream's first byte, whatever its sequence number."""
    with Peer(net(), family) as peer, sock(family, ns=net().a) as s:
        peer.seq = 3 << 30
        s.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            s.connect((net().addr("ghost", family), peer.sport))
        s.setblocking(True)
        buffer = ctypes.create_string_buffer(100)
        sleeper = Sleeper(libc.recv, s.fileno(), buffer, 100, PEEK)
        peer.accept()
        peer.send("PA", b"hello")
        equal(sleeper.ended(), (5, None), "peek")


@case(BOTH, xtcp_only="it hands over the next listener's")
def accept__is_not_for_the_next_listeners_child(family):
    with listen(family, net().b) as listener, sock(family, ns=net().a) as client:
        there = net().addr("b", family), listener.getsockname()[1]
        sleeper = Sleeper(libc.accept, listener.fileno(), None, None)
        client.setblocking(False)
        with undisturbed():
            disconnect(listener)
            listener.listen()
            with contextlib.suppress(BlockingIOError):
                client.connect(there)
        equal(sleeper.ended(), (-1, "EINVAL"), "accept() of the old listener")


main()
