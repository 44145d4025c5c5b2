# SPDX-License-Identifier: GPL-2.0
"""Bytes in and out of a socket: flags, queues, readiness, sendfile, fork."""
import array
import ctypes
import errno
import fcntl
import os
import select
import signal
import socket
import struct
import tempfile
import threading
import time

from lib import (FAMILIES, MAPPED, V4, V6, Child, any_addr, case, check, equal, errno_of,
                 expect_errno, listen, main, net, noise, pair, port, readable, recv_exact, slow,
                 sock, so_error, table, wait_for)
from lib.wire import Peer, Sniffer

FIONREAD, SIOCOUTQ = 0x541B, 0x5411
libc = ctypes.CDLL(None, use_errno=True)


def ioctl(s, request):
    return struct.unpack("i", fcntl.ioctl(s, request, bytes(4)))[0]


@case(FAMILIES)
def names__of_both_ends(family):
    client, server = pair(family)
    with client, server:
        equal(client.getpeername(), server.getsockname(), "the server's address")
        equal(server.getpeername(), client.getsockname(), "the client's address")
        equal(client.getsockname()[0], net().addr("a", family), "local address")
        check(client.getsockname()[1] >= 1024, "an ephemeral port")


@case(FAMILIES)
def flags__peek_leaves_the_data(family):
    client, server = pair(family)
    with client, server:
        client.send(b"hello")
        equal(server.recv(3, socket.MSG_PEEK | socket.MSG_WAITALL), b"hel", "peeked")
        equal(server.recv(10, socket.MSG_PEEK), b"hello", "peeked again")
        equal(server.recv(10), b"hello", "read")


@case(FAMILIES)
def flags__peek_over_several_segments(family):
    client, server = pair(family)
    with client, server:
        data = bytes(range(256)) * 40
        for i in range(0, len(data), 1000):
            client.send(data[i:i + 1000])
        wait_for(lambda: ioctl(server, FIONREAD) == len(data), what="all data")
        equal(server.recv(20000, socket.MSG_PEEK), data, "peeked")
        equal(server.recv(20000), data, "read")


@case(FAMILIES)
def flags__waitall_waits(family):
    client, server = pair(family)
    with client, server:
        def dribble():
            for _ in range(10):
                client.send(b"0123456789")
                time.sleep(0.02)
        child = Child(dribble)
        equal(server.recv(100, socket.MSG_WAITALL), b"0123456789" * 10, "data")
        child.join()


@case(FAMILIES)
def flags__waitall_ends_with_the_stream(family):
    client, server = pair(family)
    with client, server:
        client.send(b"short")
        client.shutdown(socket.SHUT_WR)
        equal(server.recv(100, socket.MSG_WAITALL), b"short", "data")
        equal(server.recv(1), b"", "end of stream")


@case(FAMILIES)
def flags__trunc_throws_away(family):
    """MSG_TRUNC: the bytes are counted and discarded, not copied (tcp(7))."""
    client, server = pair(family)
    with client, server:
        client.send(b"0123456789")
        wait_for(lambda: ioctl(server, FIONREAD) == 10, what="ten bytes")
        buffer = bytearray(4)
        equal(server.recv_into(buffer, 4, socket.MSG_TRUNC), 4, "count")
        equal(bytes(buffer), bytes(4), "buffer")
        equal(server.recv(10), b"456789", "the rest")


@case(FAMILIES)
def flags__more_holds_a_segment(family):
    client, server = pair(family)
    with client, server:
        client.send(b"head", socket.MSG_MORE)
        client.send(b"body")
        equal(recv_exact(server, 8), b"headbody", "data")


@case(FAMILIES)
def queues__fionread_and_outq(family):
    client, server = pair(family)
    with client, server:
        equal(ioctl(server, FIONREAD), 0, "FIONREAD")
        client.send(b"12345")
        wait_for(lambda: ioctl(server, FIONREAD) == 5, what="FIONREAD of 5")
        wait_for(lambda: ioctl(client, SIOCOUTQ) == 0, what="SIOCOUTQ of 0")
        server.recv(2)
        equal(ioctl(server, FIONREAD), 3, "FIONREAD")
        client.setblocking(False)
        try:
            while True:
                client.send(bytes(65536))
        except BlockingIOError:
            pass
        check(ioctl(client, SIOCOUTQ) > 0, "SIOCOUTQ is 0 with a full buffer")
    with listen(family) as s:
        expect_errno(errno.EINVAL, ioctl, s, FIONREAD)


@case(FAMILIES)
def vectors__many_iovecs(family):
    client, server = pair(family)
    with client, server:
        parts = [bytes([i % 256]) * (i % 37) for i in range(1000)]
        whole = b"".join(parts)
        equal(client.sendmsg(parts), len(whole), "sent")
        bins = [bytearray(i % 53) for i in range(1000)]
        got = b""
        while len(got) < len(whole):
            count = server.recvmsg_into(bins)[0]
            check(count > 0, "early end")
            got += b"".join(bytes(b) for b in bins)[:count]
        check(got == whole, "bytes differ")


@case(FAMILIES)
def empty__write_is_nothing(family):
    client, server = pair(family)
    with client, server:
        equal(client.send(b""), 0, "sent")
        check(not readable(server, 0), "an empty write is seen as data")
        client.send(b"x")
        equal(server.recv(0), b"", "read of nothing")
        equal(server.recv(5), b"x", "data")


def recv_0(s, flags=0):
    """Python's own recv(0) makes no system call: its result, or its errno's name."""
    count = libc.recv(s.fileno(), ctypes.create_string_buffer(1), 0, flags)
    return count if count >= 0 else errno.errorcode[ctypes.get_errno()]


@case(FAMILIES)
def empty__read_is_at_once_where_data_wait(family):
    """A read of no bytes takes nothing. It waits, or would, where any read would."""
    PEEK, NOWAIT = socket.MSG_PEEK, socket.MSG_DONTWAIT
    client, server = pair(family)
    with client, server:
        equal(recv_0(server, NOWAIT), "EAGAIN", "nothing there")
        client.send(b"hello")
        check(readable(server), "no data")
        for flags in (NOWAIT, NOWAIT | PEEK, NOWAIT | socket.MSG_TRUNC, socket.MSG_WAITALL,
                      PEEK, 0):
            equal(recv_0(server, flags), 0, f"data wait, flags {flags:#x}")
        equal(server.recv(100), b"hello", "data")
        equal(recv_0(server, NOWAIT), "EAGAIN", "all was read")
        client.shutdown(socket.SHUT_WR)
        check(readable(server), "no end")
        equal(recv_0(server), 0, "the end of the stream")


@case(FAMILIES)
def empty__read_leaves_the_urgent_byte(family):
    client, server = pair(family)
    with client, server:
        client.send(b"a")
        client.send(b"!", socket.MSG_OOB)
        poll = select.poll()
        poll.register(server, select.POLLPRI)
        check(poll.poll(slow(5) * 1000), "POLLPRI")
        equal(recv_0(server), 0, "before the mark")
        equal(server.recv(100), b"a", "data")
        equal(recv_0(server), 0, "at the mark, where a byte waits")
        equal(server.recv(1, socket.MSG_OOB), b"!", "the urgent byte")


# --- readiness ---------------------------------------------------------------------------

def events(s, mask=select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP):
    poll = select.poll()
    poll.register(s, mask)
    return dict(poll.poll(0)).get(s.fileno(), 0)


@case(FAMILIES)
def poll__of_a_connection(family):
    IN, OUT, HUP, RDHUP = (select.POLLIN, select.POLLOUT, select.POLLHUP, select.POLLRDHUP)
    client, server = pair(family)
    with client, server:
        equal(events(server), OUT, "idle")
        client.send(b"x")
        wait_for(lambda: events(server) == IN | OUT, what="POLLIN")
        server.recv(1)
        equal(events(server), OUT, "read empty")
        client.shutdown(socket.SHUT_WR)
        wait_for(lambda: events(server) == IN | OUT | RDHUP, what="POLLRDHUP")
        server.shutdown(socket.SHUT_WR)
        wait_for(lambda: events(server) == IN | OUT | RDHUP | HUP, what="POLLHUP")


@case(FAMILIES)
def poll__of_others(family):
    with sock(family, ns=net().a) as s:
        equal(events(s), select.POLLOUT | select.POLLHUP, "a fresh socket")
    with listen(family) as listener:
        equal(events(listener), 0, "an idle listener")
        client, server = sock(family, ns=net().a), None
        with client:
            client.connect((net().addr("b", family), listener.getsockname()[1]))
            check(readable(listener), "a listener with a connection is not readable")
            server, _ = listener.accept()
            server.close()


@case(FAMILIES)
def connect__nonblocking_with_poll(family):
    with listen(family) as listener, sock(family, ns=net().a) as client:
        client.setblocking(False)
        there = (net().addr("b", family), listener.getsockname()[1])
        expect_errno(errno.EINPROGRESS, client.connect, there)
        check(select.select([], [client], [], slow(5))[1], "never writable")
        equal(so_error(client), 0, "SO_ERROR")
        server, _ = listener.accept()
        with server:
            client.send(b"x")
            equal(server.recv(1), b"x", "data")


@case(FAMILIES)
def epoll__level_and_edge(family):
    client, server = pair(family)
    with client, server, select.epoll() as level, select.epoll() as edge:
        level.register(server, select.EPOLLIN)
        edge.register(server, select.EPOLLIN | select.EPOLLET)
        client.send(b"one")
        check(level.poll(slow(5)) and edge.poll(slow(5)), "no event for data")
        check(level.poll(0), "level-triggered: data is still there")
        check(not edge.poll(0), "edge-triggered: nothing new, yet an event")
        client.send(b"two")
        check(edge.poll(slow(5)), "edge-triggered: new data, no event")
        equal(recv_exact(server, 6), b"onetwo", "data")
        check(not level.poll(0), "level-triggered: event without data")


@case(FAMILIES)
def epoll__edge_out_after_a_full_buffer(family):
    """EPOLLET writers sleep on EAGAIN: room must wake them."""
    client, server = pair(family)
    with client, server, select.epoll() as edge:
        client.setblocking(False)
        server.setblocking(False)
        edge.register(client, select.EPOLLOUT | select.EPOLLET)
        edge.poll(0)
        sent = 0
        try:
            while True:
                sent += client.send(bytes(65536))
        except BlockingIOError:
            pass
        got = 0
        for _ in range(100000):
            if edge.poll(0):
                break
            if readable(server, 0.01):
                got += len(server.recv(1 << 20))
            check(got <= sent, "more than was sent")
        else:
            check(False, f"no EPOLLOUT after {got} of {sent} bytes were read")
        client.send(b"x")


# --- accept -------------------------------------------------------------------------------

@case(FAMILIES)
def accept__flags_of_the_new_socket(family):
    """accept4's flags; a listener's O_NONBLOCK is not inherited."""
    with listen(family) as listener, sock(family, ns=net().a) as client:
        client.connect((net().addr("b", family), listener.getsockname()[1]))
        check(readable(listener), "no connection")
        listener.setblocking(False)
        fd, addr = listener._accept()
        with socket.socket(fileno=fd) as server:
            equal(addr[:2], client.getsockname()[:2], "the peer's address")
            check(not fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK, "inherits O_NONBLOCK")
            server.send(b"x")
            equal(client.recv(1), b"x", "data")


@case((V4, V6))
def accept__nonblocking_at_once(family):
    """accept4(SOCK_NONBLOCK) gives a socket that does not block."""
    with listen(family) as listener, sock(family, ns=net().a) as client:
        client.connect((net().addr("b", family), listener.getsockname()[1]))
        fd = libc.accept4(listener.fileno(), None, None, socket.SOCK_NONBLOCK)
        check(fd >= 0, f"accept4: errno {ctypes.get_errno()}")
        with socket.socket(fileno=fd) as server:
            buffer = ctypes.create_string_buffer(1)
            equal(libc.recv(fd, buffer, 1, 0), -1, "recv of nothing")
            equal(ctypes.get_errno(), errno.EAGAIN, "errno")
            client.send(b"x")
            check(readable(server), "no data")
            equal(libc.recv(fd, buffer, 1, 0), 1, "recv")


@case((V4, V6))
def recv__interrupted_by_a_signal(family):
    """A handler without SA_RESTART ends a blocking recv() with EINTR."""
    client, server = pair(family)
    with client, server:
        old = signal.signal(signal.SIGUSR1, lambda *_: None)
        signal.siginterrupt(signal.SIGUSR1, True)
        us, done = os.getpid(), threading.Event()

        def poke():
            while not done.wait(0.05):
                os.kill(us, signal.SIGUSR1)
        poker = threading.Thread(target=poke, daemon=True)
        poker.start()
        buffer = ctypes.create_string_buffer(1)
        got = libc.recv(server.fileno(), buffer, 1, 0)
        number = ctypes.get_errno()
        done.set()
        poker.join()
        signal.signal(signal.SIGUSR1, old)
        equal((got, number), (-1, errno.EINTR), "result and errno of recv")


@case()
def accept__dual_stack_from_v4():
    with listen(MAPPED) as listener, sock(V4, ns=net().a) as client:
        client.connect((net().B4, listener.getsockname()[1]))
        server, addr = listener.accept()
        with server:
            equal(addr[0], "::ffff:" + net().A4, "the peer's address")
            equal(server.getsockname()[0], "::ffff:" + net().B4, "our address")
            client.send(b"ping")
            equal(server.recv(4), b"ping", "data")
            server.send(b"pong")
            equal(client.recv(4), b"pong", "data")


@case()
def accept__dual_stack_from_v6():
    with listen(MAPPED) as listener, sock(V6, ns=net().a) as client:
        client.connect((net().B6, listener.getsockname()[1]))
        server, addr = listener.accept()
        with server:
            equal(addr[0], net().A6, "the peer's address")
            client.send(b"ping")
            equal(server.recv(4), b"ping", "data")


@case()
def accept__v6only_refuses_v4():
    with listen(V6) as listener, sock(V4, ns=net().a) as client:
        expect_errno(errno.ECONNREFUSED, client.connect, (net().B4, listener.getsockname()[1]))


@case(FAMILIES)
def bind__own_source_address_and_port(family):
    with listen(family) as listener, sock(family, ns=net().a) as client:
        at = port()
        client.bind((net().addr("a", family), at))
        client.connect((net().addr("b", family), listener.getsockname()[1]))
        server, addr = listener.accept()
        with server:
            equal(addr[:2], (net().addr("a", family), at), "the peer's address")


@case((V4, V6))
def bind__to_a_device(family):
    with listen(family) as listener, sock(family, ns=net().a) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"va\0")
        client.connect((net().addr("b", family), listener.getsockname()[1]))
        listener.accept()[0].close()


@case(FAMILIES)
def loopback__one_host(family):
    here = {V4: "127.0.0.1", V6: "::1", MAPPED: "::ffff:127.0.0.1"}[family]
    with listen(family, net().a) as listener, sock(family, ns=net().a) as client:
        client.connect((here, listener.getsockname()[1]))
        server, _ = listener.accept()
        with server:
            client.send(b"x" * 50000)
            equal(recv_exact(server, 50000), b"x" * 50000, "data")


@case(FAMILIES)
def connect__to_itself(family):
    """Simultaneous open with itself (RFC 9293 3.5): a socket can be its own peer."""
    with sock(family, ns=net().a) as s:
        here = (net().addr("a", family), port())
        s.bind(here)
        s.connect(here)
        s.send(b"echo")
        equal(s.recv(4), b"echo", "data")


@case(FAMILIES)
def bind__ephemeral_ports_differ(family):
    socks = [sock(family, ns=net().a) for _ in range(50)]
    for s in socks:
        s.bind((any_addr(family), 0))
    ports = {s.getsockname()[1] for s in socks}
    for s in socks:
        s.close()
    equal(len(ports), 50, "different ports")
    check(all(32768 <= p <= 60999 for p in ports), "outside ip_local_port_range")


# --- sendfile, splice, fork -----------------------------------------------------------------

@case(FAMILIES)
def sendfile__and_splice(family):
    data = noise(300000)
    client, server = pair(family)
    with client, server, tempfile.TemporaryFile(dir="/dev/shm") as file:
        file.write(data)
        file.flush()
        def send():
            at = 0
            while at < len(data):
                at += os.sendfile(client.fileno(), file.fileno(), at, len(data) - at)
            client.shutdown(socket.SHUT_WR)
        child = Child(send)
        out, into = os.pipe()
        got = b""
        while True:
            count = os.splice(server.fileno(), into, 65536)
            if not count:
                break
            while count:
                part = os.read(out, count)
                got += part
                count -= len(part)
        os.close(out)
        os.close(into)
        child.join()
        check(got == data, f"{len(got)} bytes came out different")


@case(FAMILIES)
def fork__shares_a_socket(family):
    """The connection lives until the last process has closed it."""
    client, server = pair(family)
    with server:
        def use():
            client.send(b"child")
            client.recv(1)
            client.close()
        child = Child(use)
        client.close()
        equal(recv_exact(server, 5), b"child", "data")
        check(not readable(server, 0), "closed while another process holds it")
        server.send(b"!")
        child.join()
        equal(server.recv(1), b"", "end of stream")


@case(FAMILIES)
def fork__accepts_in_children(family):
    """Several processes in accept() on one listener: each connection wakes one."""
    with listen(family) as listener:
        def serve():
            s, _ = listener.accept()
            s.send(b"%5d" % (os.getpid() % 100000))
            s.close()
        children = [Child(serve) for _ in range(3)]
        seen = set()
        for _ in children:
            with sock(family, ns=net().a) as client:
                client.connect((net().addr("b", family), listener.getsockname()[1]))
                seen.add(recv_exact(client, 5))
        for child in children:
            child.join()
        equal(len(seen), 3, "children that accepted")


@case(FAMILIES)
def descriptor__passed_to_another_process(family):
    client, server = pair(family)
    here, there = socket.socketpair(socket.AF_UNIX)
    with client, here, there:
        here.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                               array.array("i", [server.fileno()]))])
        server.close()
        _, fds, _, _ = socket.recv_fds(there, 1, 1)
        with socket.socket(fileno=fds[0]) as moved:
            moved.send(b"moved")
            equal(recv_exact(client, 5), b"moved", "data")


def fill(s, reader):
    """Write until the reader's window is closed."""
    s.setblocking(False)
    before = -1
    while before != ioctl(reader, FIONREAD):
        before = ioctl(reader, FIONREAD)
        try:
            while True:
                s.send(noise(20000))
        except BlockingIOError:
            time.sleep(slow(0.02))


@case((V4, V6), places=("uml",), xtcp_only="TCP of Linux 6.1 acknowledges as it goes")
def queued_segments__are_acknowledged_by_one(family):
    """RFC 9293 MUST-59: segments that arrive while a process owns the socket wait for it; all
    of them are processed before an ACK is sent.

    With one processor that is bound to happen: recv() opens a closed window, and what the
    other end sends into it arrives before recv() has returned.
    """
    client, server = pair(family)
    with client, server:
        at = client.getsockname()[1]
        fill(server, client)
        with Sniffer(net().a, "va", at) as wire:
            client.recv(1 << 20)
            wait_for(lambda: acks_of(wire, at)[1:], what="an ACK of what came")
            opens, answer = (wire.seen.index(s) for s in acks_of(wire, at)[:2])
            queued = [s for s in wire.seen[opens:answer] if s.data]
            check(len(queued) >= 4, f"only {len(queued)} segments into the window that opened")
            equal(wire.seen[answer].ack, queued[-1].end, "what the first ACK says has come")


def acks_of(wire, at):
    return [s for s in wire.poll() if s.sport == at and not s.data]


@case((V4, V6))
def inq__after_a_simultaneous_open_that_failed(family):
    """No bytes wait on a connection that was never established."""
    with Peer(net(), family) as peer, sock(family, ns=net().a) as s:
        s.setblocking(False)
        errno_of(s.connect, (net().addr("ghost", family), peer.sport))
        syn = peer.get("S")
        peer.dport = syn.sport
        peer.take(syn)
        peer.send("S")
        peer.get("SA")
        equal(table(net().a, peer.sport)[0].rxq, 0, "bytes that wait, in the view")
        peer.send("RA")
        wait_for(lambda: not table(net().a, peer.sport), what="the end")
        equal(ioctl(s, FIONREAD), 0, "bytes that wait")


main()
