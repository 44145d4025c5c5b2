# SPDX-License-Identifier: GPL-2.0
"""The scenes during which failslab.py makes allocations fail: calls, segments, loading,
namespaces.

A scene is a generator.  It prepares, yields the call during which memory fails, receives
the result (faults.Outcome), and then checks that all is as it should be: a call that
failed works the next time, a segment that was lost is sent again, and a connection that
existed before still carries data.
"""
import contextlib
import ctypes
import errno
import os
import socket
import struct

from lib.faults import NO_MEMORY, Faults, put
from lib import (FULL, V4, V6, check, disconnect, equal, errname, errno_of, knobs, port, states,
                 wait_for)
from lib.module import KO, left_behind, load, loaded, parameter, unload_soon
from lib.tun import Far, Host
from lib.wire import MOD, MSS

IP, IP6, SOL = socket.IPPROTO_IP, socket.IPPROTO_IPV6, socket.SOL_SOCKET
IP_OPTIONS, IPV6_HOPOPTS = 4, 54
SO_REUSEPORT, SO_ATTACH_REUSEPORT_CBPF, SO_MEMINFO = 15, 51, 55
RECORD_ROUTE = b"\x07\x0b\x04" + bytes(8)
HOP_OPTIONS = b"\0\0\x01\x04" + bytes(4)
CLONE_NEWNET, SYS_FINIT_MODULE = 0x40000000, 313
ETH_P_ALL = 3
LOOK = socket.MSG_PEEK | socket.MSG_DONTWAIT
#: a tun device splits what is longer than a page
PIECES = 5000
TOO_BIG = {V4: (3, 4), V6: (2, 0)}
libc = ctypes.CDLL(None, use_errno=True)


class Place:
    """What the cases share: a host, whose namespace the test enters, and the faults."""
    host = faults = None

    @classmethod
    def enter(cls):
        load()
        if not cls.host:
            cls.host = Host()
            cls.host.ns.__enter__()
            cls.faults = Faults().__enter__()
        for name, value in (("msl_ms", 50), ("orphan_retries", 1), ("fin_timeout", 1)):
            put("/proc/sys/net/xtcp/" + name, value)
        cls.host.forget()

    @classmethod
    def leave(cls):
        if cls.faults:
            cls.faults.__exit__()


def walk(scene, *args, **how):
    """Play it with every allocation failing, see Faults.walk().

    That is slow, so each family gets one of the two ways, unless everything is run.
    """
    if not FULL:
        how.setdefault("rests", (V6 in args,))
    Place.faults.walk(scene, *args, **how)


def make(family):
    return socket.socket(socket.AF_INET if family == V4 else socket.AF_INET6,
                         socket.SOCK_STREAM | socket.SOCK_NONBLOCK, 253)


def any_addr(family):
    return "0.0.0.0" if family == V4 else "::"


def bound(family, at=None, options=()):
    s = make(family)
    for level, option, value in ((SOL, socket.SO_REUSEADDR, 1), *options):
        s.setsockopt(level, option, value)
    s.bind((any_addr(family), at or port()))
    return s


def listening(family, at=None, options=()):
    s = bound(family, at, options)
    s.listen(16)
    return s


def accepted(listener):
    try:
        return listener.accept()[0]
    except BlockingIOError:
        return None


def half_open(listener, family, options=MSS, **how):
    """A peer that has received the SYN-ACK."""
    far = Far(Place.host, family, listener.getsockname()[1], **how)
    far.send("S", opts=options)
    far.take(far.get("SA"))
    return far


def opened(family, listener=None, **how):
    """(peer, socket): a connection that the peer has opened."""
    own = listener is None
    listener = listener or listening(family)
    far = half_open(listener, family, **how)
    far.send("A")
    server = wait_for(lambda: accepted(listener), 5, "the connection")
    if own:
        listener.close()
    return far, server


def end(far, *sockets):
    """Both sides forget the connection."""
    far.close()
    for s in sockets:
        s.close()


def rows(far):
    return states(Place.host.ns, far.sport)


def all_data(far, length):
    """Receive at least so many bytes, whatever has to be retransmitted; how many."""
    start = far.ack

    def whole():
        have = (far.ack - start) % MOD
        for seg in sorted(far.answers(), key=lambda seg: (seg.seq - start) % MOD):
            at = (seg.seq - start) % MOD
            if at <= have < at + len(seg.data):
                have = at + len(seg.data)
        if have > (far.ack - start) % MOD:
            far.ack = (start + have) % MOD
            far.send("A")
        return have >= length and have
    return wait_for(whole, 10, f"{length} bytes")


# --- calls -----------------------------------------------------------------------

def socket_(family):
    outcome = yield lambda: make(family)
    if not outcome.err:
        outcome.value.close()


def bind_(family, at):
    with make(family) as s:
        # a page of ports that has not been used
        yield lambda: s.bind((any_addr(family), next(at)))
        equal(errno_of(s.bind, (any_addr(family), 0)) in (0, errno.EINVAL), True, "bind() again")


def bind_any(family):
    with make(family) as s:
        yield lambda: s.bind((any_addr(family), 0))


def listen_(family):
    with make(family) as s:
        s.setsockopt(SOL, SO_REUSEPORT, 1)
        yield lambda: s.listen(4)
        s.listen(4)
        end(*opened(family, s))


def listen_in_group(family, members):
    """One more than the members that exist."""
    at, options = port(), ((SOL, SO_REUSEPORT, 1),)
    with contextlib.ExitStack() as group:
        for _ in range(members):
            group.enter_context(listening(family, at, options))
        s = group.enter_context(bound(family, at, options))
        outcome = yield lambda: s.listen(4)
        equal(errno_of(s.listen, 4), 0, f"listen() after {outcome}")


def connect_(family, bind):
    Place.host.forget()
    far = Far(Place.host, family, fresh=True)
    with make(family) as s:
        if bind:
            s.bind((Host.V4 if family == V4 else Host.V6, 0))
        outcome = yield lambda: s.connect_ex((far.me, far.sport))
        if outcome.value != errno.EINPROGRESS:
            check(outcome.met and outcome.value in (*NO_MEMORY, errno.ENETUNREACH),
                  f"connect(): {errname(outcome.value)}")
            equal(rows(far), [], "a connection that was not begun")
            equal(s.connect_ex((far.me, far.sport)), errno.EINPROGRESS, "connect() again")
        syn = far.get("S")
        far.dport, far.them = syn.sport, syn.src
        far.take(syn)
        far.send("SA", opts=MSS)
        far.until(lambda seg: seg.flags == "A")     # the SYN may have been sent again
        end(far)


def accept_(family):
    with listening(family) as listener:
        far = half_open(listener, family)
        far.send("A")
        outcome = yield lambda: listener.accept()[0]
        server = outcome.value or listener.accept()[0]
        end(far, server)


def send_(family, length, flags=0):
    far, s = opened(family)
    s.setsockopt(SOL, socket.SO_SNDBUF, 4 * length + 10000)
    data = bytes(length)        # the test's own memory is not to fail
    outcome = yield lambda: s.send(data, flags | socket.MSG_DONTWAIT)
    if outcome.value:
        all_data(far, outcome.value)
    s.send(b"more")
    all_data(far, 4)
    end(far, s)


def route_changes(family):
    """The cached route is invalid."""
    far, s = opened(family)
    Place.host.change_routes()
    yield lambda: s.send(b"data")
    s.send(b"more")
    all_data(far, 4)
    end(far, s)


def read_opens_window(family):
    far, s = opened(family, listening(family, options=((SOL, socket.SO_RCVBUF, 4096),)))
    for _ in range(20):
        far.send("PA", bytes(400))
    yield lambda: s.recv(100000)
    end(far, s)


def shutdown_(family):
    far, s = opened(family)
    s.send(b"data")
    yield lambda: s.shutdown(socket.SHUT_WR)
    wait_for(lambda: far.heard(lambda seg: "F" in seg.flags), 5, "a FIN")
    end(far, s)


def close_(family, how):
    far, s = opened(family)
    if how == "unread":
        far.send("PA", b"unread")
    if how == "linger":
        s.setsockopt(SOL, socket.SO_LINGER, struct.pack("ii", 1, 0))
    outcome = yield s.close
    if how == "plain" or not outcome.met:
        want = "F" if how == "plain" else "R"
        wait_for(lambda: far.heard(lambda seg: want in seg.flags), 5, want)
    far.close()
    wait_for(lambda: not rows(far), 5, "the end")


def close_listener(family):
    """Children that have not been accepted are reset."""
    listener = listening(family)
    far = half_open(listener, family)
    far.send("A")
    yield listener.close
    equal(rows(far), [], "what is left")


def disconnected(family):
    far, s = opened(family)
    with s:
        yield lambda: disconnect(s)
        equal(rows(far), [], "what is left")


def ip_options(family):
    level, option, value = (IP, IP_OPTIONS, RECORD_ROUTE + b"\0") if family == V4 else \
        (IP6, IPV6_HOPOPTS, HOP_OPTIONS)
    far, s = opened(family)
    yield lambda: s.setsockopt(level, option, value)
    s.send(b"data")
    all_data(far, 4)
    end(far, s)


def reuseport_program(family):
    """A program that selects the first of the group."""
    code = struct.pack("HBBI", 6, 0, 0, 0)
    raw = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", 1, ctypes.addressof(raw))
    with make(family) as s:
        s.setsockopt(SOL, SO_REUSEPORT, 1)
        yield lambda: s.setsockopt(SOL, SO_ATTACH_REUSEPORT_CBPF, program)


def view(family):
    far, s = opened(family)
    name = "/proc/thread-self/net/xtcp" + ("" if family == V4 else "6")

    def read():
        fd = os.open(name, os.O_RDONLY)
        try:
            return os.read(fd, 4000)
        finally:
            os.close(fd)
    yield read
    end(far, s)


def drain(family):
    far, s = opened(family)
    far.window = 0
    far.send("A")
    s.send(b"x" * 1000)
    s.close()
    try:
        yield lambda: parameter("drain", 1)
        parameter("drain", 1)
        equal(rows(far), [], "orphans")
    finally:
        parameter("drain", 0)


# --- segments --------------------------------------------------------------------

def again(call, done, what):
    """What was lost is retransmitted, as often as necessary."""
    def tried():
        errno_of(call)
        return done()
    return done() or wait_for(tried, 5, what)


def answered(far, flags):
    return lambda: far.heard(lambda seg: seg.flags.replace("P", "") == flags)


def syn(family, options=(), **how):
    with listening(family, options=options) as listener:
        Place.host.forget()
        far = Far(Place.host, family, listener.getsockname()[1], fresh=True)
        call = far.maker("S", opts=MSS, **how)
        yield call
        again(call, answered(far, "SA"), "a SYN-ACK")
        far.seq += 1
        far.take(far.get("SA"))
        far.send("A")
        end(far, wait_for(lambda: accepted(listener), 5, "the connection"))


def with_options(scene, *args):
    """They are returned with every reply, and inherited by the child; later ones are parsed."""
    yield from scene(V4, *args, ipopt=RECORD_ROUTE)


def third_segment(family, options=(), data=b"data", **how):
    with listening(family, options=options) as listener:
        far = half_open(listener, family, **how)
        Place.host.forget()
        call = far.maker("PA" if data else "A", data)
        yield call
        children = []

        def open_now():
            children.append(accepted(listener))
            return children[-1]
        server = again(call, open_now, "the connection")
        far.seq += len(data)
        if data:
            again(call, lambda: not errno_of(server.recv, 10, LOOK), "the data")
        end(far, server)


def no_such_port(family):
    far = Far(Place.host, family, port(), fresh=True)
    call = far.maker("S")
    Place.host.forget()
    yield call
    again(call, answered(far, "RA"), "RST")


def half_open_answers(family, flags):
    """A retransmitted SYN, and an ACK that is not acceptable."""
    with listening(family) as listener:
        far = half_open(listener, family)
        Place.host.forget()
        yield far.maker(flags, seq=1000 if flags == "S" else far.seq + 100000, opts=MSS)
        equal(rows(far), ["SYN_RECV"], "states")
        far.send("A")
        end(far, wait_for(lambda: accepted(listener), 5, "the connection"))


def in_time_wait(family, msl_ms, listener=None, **how):
    """A peer of a connection that we have closed first, for twice msl_ms."""
    with knobs(Place.host.ns, msl_ms=msl_ms):
        far, s = opened(family, listener, **how)
        s.close()
        far.take(far.until(lambda seg: "F" in seg.flags))
        far.send("FA")
    equal(rows(far), ["TIME_WAIT"], "states")
    return far


def fin_to_time_wait(family, other):
    """We close first.  other: a TIME-WAIT entry of another address holds the port already."""
    at = port()
    with listening(family, at) as listener:
        if other:
            to = Host.OTHER4 if family == V4 else Host.OTHER6
            in_time_wait(family, 1000, listener, to=to)
        far, s = opened(family, listener)
        s.close()
        far.take(far.until(lambda seg: "F" in seg.flags))
        far.send("A")
        equal(rows(far), ["FIN_WAIT2"], "states")
        call = far.maker("FA")
        yield call
        again(call, lambda: rows(far) in (["TIME_WAIT"], []), "TIME-WAIT, or the end")
        wait_for(lambda: not rows(far), 5, "the end of TIME-WAIT")


def time_wait_answers(family):
    far = in_time_wait(family, 500)
    yield far.maker("FA", seq=far.seq - 1)
    wait_for(lambda: not rows(far), 5, "the end of TIME-WAIT")


def memory_of(s):
    """The memory of the bytes that wait to be read."""
    return struct.unpack_from("I", s.getsockopt(SOL, SO_MEMINFO, 64))[0]


def data_arrives(family, order, **how):
    """In order, or beyond a hole that is filled then; small: when memory is full, a segment that
    can't be merged with those before it, as its beginning came with them, is copied into a
    buffer of its own, with spare room."""
    far, s = opened(family)
    before, overlap = 0, int(order == "small")
    while order == "small" and memory_of(s) < s.getsockopt(SOL, socket.SO_RCVBUF) // 4:
        far.send("PA", bytes(60))
        before += 60
    start = far.seq + (100 if order == "hole" else -overlap)
    call = far.maker("PA", b"y" * (200 + overlap), seq=start, **how)
    yield call
    if order == "hole":
        errno_of(call)
        far.send("PA", bytes(100))
        before = 100

    def whole():
        if order != "hole":
            errno_of(call)
        return not errno_of(s.recv, 1, LOOK) and len(s.recv(100000, LOOK)) >= before + 200
    wait_for(whole, 5, "the data")
    far.seq += 200
    end(far, s)


def scattered(family, linear):
    """The packet is fragmented, with only so much of the TCP header in its linear part; and it
    is cloned, so that its header must be copied before it can be pulled together."""
    far, s = opened(family)
    call = far.maker("PA", bytes(PIECES), (20 if family == V4 else 40) + linear, opts=b"\x01" * 4)
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL)):
        yield call
    again(call, lambda: not errno_of(s.recv, 10, LOOK), "the data")
    far.seq += PIECES
    end(far, s)


def ack_sends_more(family):
    """The window opens: a buffer is split, and sent."""
    far, s = opened(family)
    far.window = 3000
    far.send("A")
    s.send(b"z" * 20000)
    came = all_data(far, 2000)
    Place.host.forget()
    far.window = 10000
    yield far.maker("A")
    far.window = 65535
    all_data(far, 20000 - came)
    end(far, s)


def cut_on_the_way(family):
    """A router asks for smaller segments, while a clone of the large one is in flight."""
    far, s = opened(family, options=struct.pack("!BBH", 2, 4, 8000))
    start = far.ack
    s.send(b"w" * 7000)
    yield lambda packet=far.error(TOO_BIG[family], start, 1400): \
        Place.host.write(packet)
    far.window = 65535
    all_data(far, 7000)
    end(far, s)


def lost_segment(family):
    """Duplicate ACKs: what was lost is retransmitted, from a buffer that is still in flight."""
    far, s = opened(family)
    with Place.host.held():
        s.send(b"v" * 6000)
        for _ in range(2):
            far.send("A")
        yield far.maker("A")
    all_data(far, 6000)
    end(far, s)


def urgent(family):
    far, s = opened(family)
    yield far.maker("UPA", b"!", up=1)
    s.send(b"more")
    all_data(far, 4)
    end(far, s)


# --- the module and namespaces --------------------------------------------------

def insmod():
    with open(KO, "rb") as file:
        outcome = yield lambda: done(libc.syscall(SYS_FINIT_MODULE, file.fileno(), b"", 0))
    equal(loaded(), not outcome.err, "loaded")
    if not outcome.err:
        unload_soon()
    equal(left_behind(), [], "left behind")


def done(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "call")


def new_namespace():
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    yield lambda: done(libc.unshare(CLONE_NEWNET))
    done(libc.setns(before, CLONE_NEWNET))
    os.close(before)
