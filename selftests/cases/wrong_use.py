# SPDX-License-Identifier: GPL-2.0
"""Wrong use gets the errno that TCP gives.

Each scenario runs on the kernel's own TCP first: that is the reference. The errno that a
manual page promises, or programs have long relied on, is asserted too.
"""
import ctypes
import errno
import os
import select
import signal
import socket
import struct

from lib.devices import neighbour
from lib import (FAMILIES, MAPPED, PROTO, SOL_TCP, V4, V6, any_addr, case, check, equal,
                 errname, errno_of, fail, knobs, listen, main, net, pair, port, slow, sock,
                 so_error, wait_for)

libc = ctypes.CDLL(None, use_errno=True)
PROTOS = sorted({6, PROTO})
UNSPEC = struct.pack("H14x", socket.AF_UNSPEC)


def same(want, scenario):
    """scenario(proto) must end in the errno `want`, on both protocols."""
    for proto in PROTOS:
        got = errno_of(scenario, proto)
        equal(errname(got), errname(want), f"errno of protocol {proto}")


def raw_call(name, s, address):
    """bind or connect with an address of arbitrary bytes."""
    if getattr(libc, name)(s.fileno(), address, len(address)):
        raise OSError(ctypes.get_errno(), name)


def in4(addr, number):
    return struct.pack("!2s2s4s8x", struct.pack("H", socket.AF_INET),
                       struct.pack("!H", number), socket.inet_aton(addr))


def in6(addr, number):
    raw = socket.inet_pton(socket.AF_INET6, addr)
    return struct.pack("H", socket.AF_INET6) + struct.pack("!HI16sI", number, 0, raw, 0)


# --- socket ---------------------------------------------------------------------

@case()
def socket__wrong_type():
    for kind, want in ((socket.SOCK_DGRAM, errno.EPROTONOSUPPORT),
                       (socket.SOCK_SEQPACKET, errno.ESOCKTNOSUPPORT)):
        for domain in (socket.AF_INET, socket.AF_INET6):
            same(want, lambda proto: socket.socket(domain, kind, proto))


@case()
def socket__no_socketpair():
    fds = (ctypes.c_int * 2)()

    def scenario(proto):
        if libc.socketpair(socket.AF_INET, socket.SOCK_STREAM, proto, fds):
            raise OSError(ctypes.get_errno(), "socketpair")
    same(errno.EOPNOTSUPP, scenario)


# --- bind and listen --------------------------------------------------------------

@case(FAMILIES)
def bind__address_in_use(family):
    def scenario(proto):
        with listen(family, reuse=False, proto=proto) as first, sock(family, proto, net().b) as s:
            s.bind((any_addr(family), first.getsockname()[1]))
    same(errno.EADDRINUSE, scenario)


@case(FAMILIES)
def bind__reuseaddr_does_not_share_a_listener(family):
    def scenario(proto):
        with listen(family, proto=proto) as first, sock(family, proto, net().b) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind((any_addr(family), first.getsockname()[1]))
    same(errno.EADDRINUSE, scenario)


@case()
def bind__v6_wildcard_conflicts_with_v4():
    def scenario(proto):
        with listen(MAPPED, reuse=False, proto=proto) as first, sock(V4, proto, net().b) as s:
            s.bind(("0.0.0.0", first.getsockname()[1]))
    same(errno.EADDRINUSE, scenario)


@case()
def bind__v6only_leaves_v4_free():
    def scenario(proto):
        with listen(V6, reuse=False, proto=proto) as first, sock(V4, proto, net().b) as s:
            s.bind(("0.0.0.0", first.getsockname()[1]))
    same(0, scenario)


@case((V4, V6))
def bind__address_not_ours(family):
    addr = "192.0.2.1" if family == V4 else "2001:db8::1"

    def scenario(proto):
        with sock(family, proto, net().b) as s:
            s.bind((addr, 0))
    same(errno.EADDRNOTAVAIL, scenario)


@case(FAMILIES)
def bind__twice(family):
    def scenario(proto):
        with sock(family, proto, net().b) as s:
            s.bind((any_addr(family), 0))
            s.bind((any_addr(family), 0))
    same(errno.EINVAL, scenario)


@case()
def bind__address_of_the_other_family():
    def v6_on_v4(proto):
        with sock(V4, proto, net().b) as s:
            raw_call("bind", s, in6("::1", port()))

    def v4_on_v6(proto):
        with sock(V6, proto, net().b) as s:
            raw_call("bind", s, in4("127.0.0.1", port()) + bytes(12))
    same(errno.EAFNOSUPPORT, v6_on_v4)
    same(errno.EAFNOSUPPORT, v4_on_v6)


@case()
def bind__short_address():
    def v4(proto):
        with sock(V4, proto, net().b) as s:
            raw_call("bind", s, in4("127.0.0.1", port())[:8])

    def v6(proto):
        with sock(V6, proto, net().b) as s:
            raw_call("bind", s, in6("::1", port())[:16])
    same(errno.EINVAL, v4)
    same(errno.EINVAL, v6)


@case()
def bind__privileged_port_needs_a_capability():
    def scenario(proto):
        with sock(V4, proto, net().b) as s:
            child = os.fork()
            if not child:
                os.setresuid(65534, 65534, 65534)
                os._exit(errno_of(s.bind, ("0.0.0.0", 80)))
            raise OSError(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), "bind")
    same(errno.EACCES, scenario)


@case(FAMILIES)
def listen__on_a_connected_socket(family):
    def scenario(proto):
        client, server = pair(family, proto=proto)
        with client, server:
            client.listen()
    same(errno.EINVAL, scenario)


@case(FAMILIES)
def listen__twice_is_fine(family):
    def scenario(proto):
        with listen(family, proto=proto) as s:
            s.listen(5)
    same(0, scenario)


# --- connect ------------------------------------------------------------------------

@case(FAMILIES)
def connect__closed_port_is_refused(family):
    """RFC 9293 3.5.2: a segment for no connection is answered with RST."""
    def scenario(proto):
        with sock(family, proto, net().a) as s:
            s.connect((net().addr("b", family), port()))
    same(errno.ECONNREFUSED, scenario)


@case(FAMILIES)
def connect__refused_over_loopback(family):
    def scenario(proto):
        with sock(family, proto, net().a) as s:
            s.connect(({V4: "127.0.0.1", V6: "::1", MAPPED: "::ffff:127.0.0.1"}[family], port()))
    same(errno.ECONNREFUSED, scenario)


@case(FAMILIES)
def connect__refused_without_blocking(family):
    for proto in PROTOS:
        with sock(family, proto, net().a) as s:
            s.setblocking(False)
            equal(errname(errno_of(s.connect, (net().addr("b", family), port()))),
                  "EINPROGRESS", "errno")
            poll = select.poll()
            poll.register(s, select.POLLOUT | select.POLLIN)
            ready = poll.poll(slow(5) * 1000)
            check(ready, "poll() says nothing about a refused connection")
            check(ready[0][1] & select.POLLERR, "no POLLERR after a refusal")
            check(ready[0][1] & select.POLLHUP, "no POLLHUP after a refusal")
            equal(errname(so_error(s)), "ECONNREFUSED", "SO_ERROR")
            equal(errname(so_error(s)), "success", "SO_ERROR read again")


@case(FAMILIES)
def connect__refused_socket_can_try_again(family):
    for proto in PROTOS:
        with sock(family, proto, net().a) as s, listen(family, proto=proto) as listener:
            equal(errname(errno_of(s.connect, (net().addr("b", family), port()))),
                  "ECONNREFUSED", "errno")
            s.connect((net().addr("b", family), listener.getsockname()[1]))


@case(FAMILIES)
def connect__in_progress_then_already(family):
    silent(family)
    for proto in PROTOS:
        with sock(family, proto, net().a) as s:
            s.setblocking(False)
            there = (net().addr("ghost", family), port())
            equal(errname(errno_of(s.connect, there)), "EINPROGRESS", "first connect")
            equal(errname(errno_of(s.connect, there)), "EALREADY", "second connect")
            equal(errname(so_error(s)), "success", "SO_ERROR while it tries")
            equal(errname(errno_of(s.recv, 1)), "EAGAIN", "recv while it tries")
            equal(errname(errno_of(s.send, b"x")), "EAGAIN", "send while it tries")


def silent(family):
    """Make the ghost's address exist, but never answer."""
    ghost = net().addr("ghost", V6 if family == V6 else V4)
    neighbour(net().a, "va", ghost, b"\2\0\0\0\0\x77")


@case(FAMILIES)
def connect__send_timeout_bounds_it(family):
    """SO_SNDTIMEO bounds a connect too: EINPROGRESS (socket(7))."""
    silent(family)

    def scenario(proto):
        with sock(family, proto, net().a) as s:
            s.setblocking(True)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 200000))
            s.connect((net().addr("ghost", family), port()))
    same(errno.EINPROGRESS, scenario)


@case(FAMILIES, bound=30)
def connect__black_hole_times_out(family):
    silent(family)
    with knobs(net().a, syn_retries=1):
        with sock(family, None, net().a) as s:
            s.settimeout(None)
            equal(errname(errno_of(s.connect, (net().addr("ghost", family), port()))),
                  "ETIMEDOUT", "errno")


@case(FAMILIES)
def connect__twice(family):
    def scenario(proto):
        client, server = pair(family, proto=proto)
        with client, server:
            client.connect(server.getsockname())
    same(errno.EISCONN, scenario)


@case(FAMILIES)
def connect__on_a_listener(family):
    def scenario(proto):
        with listen(family, proto=proto) as s:
            s.connect((net().addr("a", family), port()))
    same(errno.EISCONN, scenario)


@case((V4, V6))
def connect__no_route(family):
    addr = "198.51.100.1" if family == V4 else "2001:db8::1"

    def scenario(proto):
        with sock(family, proto, net().a) as s:
            s.connect((addr, port()))
    same(errno.ENETUNREACH, scenario)


@case((V4, V6))
def connect__broadcast_and_multicast(family):
    """RFC 9293 MUST-46: an OPEN to a broadcast or multicast address is refused."""
    for addr in {V4: ("10.77.0.255", "224.0.0.1"), V6: ("ff02::1%va",)}[family]:
        def scenario(proto):
            with net().a, sock(family, proto) as s:
                info = socket.getaddrinfo(addr, 9, type=socket.SOCK_STREAM)[0]
                s.connect(info[4])
        same(errno.ENETUNREACH, scenario)


@case()
def connect__address_of_the_other_family():
    def scenario(proto):
        with sock(V4, proto, net().a) as s:
            raw_call("connect", s, in6("::1", port()))
    same(errno.EAFNOSUPPORT, scenario)


@case()
def connect__short_address():
    def v4(proto):
        with sock(V4, proto, net().a) as s:
            raw_call("connect", s, in4("127.0.0.1", port())[:8])

    def v6(proto):
        with sock(V6, proto, net().a) as s:
            raw_call("connect", s, in6("::1", port())[:16])
    same(errno.EINVAL, v4)
    same(errno.EINVAL, v6)


@case()
def connect__v6only_socket_refuses_mapped():
    def scenario(proto):
        with sock(V6, proto, net().a) as s:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            s.connect((net().addr("b", MAPPED), port()))
    same(errno.ENETUNREACH, scenario)


@case(FAMILIES)
def connect__unspec_takes_it_apart(family):
    """connect(AF_UNSPEC) disconnects; the socket can be used again."""
    for proto in PROTOS:
        client, server = pair(family, proto=proto)
        with client, server, listen(family, proto=proto) as listener:
            raw_call("connect", client, UNSPEC)
            equal(errname(errno_of(client.getpeername)), "ENOTCONN", "getpeername")
            equal(errname(errno_of(server.recv, 1)), "ECONNRESET", "recv of the peer")
            client.connect((net().addr("b", family), listener.getsockname()[1]))
            client.send(b"again")
            again, _ = listener.accept()
            with again:
                equal(again.recv(10), b"again", "data")


# --- accept, names, shutdown ------------------------------------------------------------

@case(FAMILIES)
def accept__not_listening(family):
    def scenario(proto):
        with sock(family, proto, net().b) as s:
            s.bind((any_addr(family), 0))
            s.accept()
    same(errno.EINVAL, scenario)


@case(FAMILIES)
def accept__would_block(family):
    def scenario(proto):
        with listen(family, proto=proto) as s:
            s.setblocking(False)
            s.accept()
    same(errno.EAGAIN, scenario)


@case(FAMILIES)
def names__of_an_unconnected_socket(family):
    for proto in PROTOS:
        with sock(family, proto, net().b) as s:
            equal(s.getsockname()[:2], (any_addr(family), 0), "getsockname")
            equal(errname(errno_of(s.getpeername)), "ENOTCONN", "getpeername")


@case(FAMILIES)
def shutdown__wrong_use(family):
    def unconnected(proto):
        with sock(family, proto, net().b) as s:
            s.shutdown(socket.SHUT_RDWR)

    def unknown(proto):
        client, server = pair(family, proto=proto)
        with client, server:
            client.shutdown(3)
    same(errno.ENOTCONN, unconnected)
    same(errno.EINVAL, unknown)


@case(FAMILIES)
def shutdown__listener_becomes_connectable(family):
    """shutdown() of a listener stops listening: connections to the port are refused."""
    def scenario(proto):
        with listen(family, proto=proto) as s, sock(family, proto, net().a) as client:
            s.shutdown(socket.SHUT_RD)
            client.connect((net().addr("b", family), s.getsockname()[1]))
    same(errno.ECONNREFUSED, scenario)


# --- send and receive -------------------------------------------------------------------

@case(FAMILIES)
def recv__unconnected(family):
    def fresh(proto):
        with sock(family, proto, net().a) as s:
            s.recv(1)

    def listener(proto):
        with listen(family, proto=proto) as s:
            s.recv(1)
    same(errno.ENOTCONN, fresh)
    same(errno.ENOTCONN, listener)


@case(FAMILIES)
def recv__would_block(family):
    for proto in PROTOS:
        client, server = pair(family, proto=proto)
        with client, server:
            client.setblocking(False)
            equal(errname(errno_of(client.recv, 1)), "EAGAIN", "non-blocking recv")
            client.setblocking(True)
            equal(errname(errno_of(client.recv, 1, socket.MSG_DONTWAIT)), "EAGAIN", "MSG_DONTWAIT")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 100000))
            equal(errname(errno_of(client.recv, 1)), "EAGAIN", "SO_RCVTIMEO")


@case(FAMILIES)
def recv__no_urgent_data(family):
    def scenario(proto):
        client, server = pair(family, proto=proto)
        with client, server:
            client.recv(1, socket.MSG_OOB)
    same(errno.EINVAL, scenario)


class Pipes:
    """Count the SIGPIPEs that arrive."""

    def __enter__(self):
        self.count = 0
        self.old = signal.signal(signal.SIGPIPE, self._note)
        return self

    def _note(self, *_):
        self.count += 1

    def __exit__(self, *_):
        signal.signal(signal.SIGPIPE, self.old)


@case(FAMILIES)
def send__unconnected(family):
    def scenario(proto):
        with Pipes(), sock(family, proto, net().a) as s:
            s.send(b"x")
    same(errno.EPIPE, scenario)


@case(FAMILIES)
def send__after_shutdown_is_epipe_and_sigpipe(family):
    for proto in PROTOS:
        client, server = pair(family, proto=proto)
        with client, server, Pipes() as pipes:
            client.shutdown(socket.SHUT_WR)
            equal(errname(errno_of(client.send, b"x")), "EPIPE", "send")
            equal(pipes.count, 1, "SIGPIPEs")
            equal(errname(errno_of(client.send, b"x", socket.MSG_NOSIGNAL)), "EPIPE", "send")
            equal(pipes.count, 1, "SIGPIPEs with MSG_NOSIGNAL")


@case((V4, V6))
def send__fast_open_is_not_there(family):
    """MSG_FASTOPEN, where it is off or unknown: a client that gets EOPNOTSUPP falls back on
    connect(); SIGPIPE would kill it.
    """
    MSG_FASTOPEN = 0x20000000
    with listen(family) as listener, sock(family, ns=net().a) as s, Pipes() as pipes:
        if PROTO == 6:
            with net().a, open("/proc/sys/net/ipv4/tcp_fastopen", "w", encoding="ascii") as f:
                f.write("0")
        there = net().addr("b", family), listener.getsockname()[1]
        equal(errname(errno_of(s.sendto, b"GET", MSG_FASTOPEN, there)), "ENOTSUP", "errno")
        s.connect(there)
        equal(errname(errno_of(s.sendto, b"GET", MSG_FASTOPEN, there)), "ENOTSUP", "errno")
        equal(pipes.count, 0, "SIGPIPEs")
        s.send(b"x")
        server, _ = listener.accept()
        with server:
            equal(server.recv(100), b"x", "data")


@case(FAMILIES)
def send__to_a_closed_peer(family):
    """The first bytes draw an RST; then writes get EPIPE, and reads the end of the stream."""
    for proto in PROTOS:
        client, server = pair(family, proto=proto)
        with client, Pipes() as pipes:
            server.close()
            equal(client.recv(1), b"", "recv after the peer's FIN")
            client.send(b"x")
            wait_for(lambda: errno_of(client.send, b"x", socket.MSG_NOSIGNAL) == errno.EPIPE,
                     what="EPIPE")
            equal(client.recv(1), b"", "recv after the RST")
            equal(pipes.count, 0, "SIGPIPEs with MSG_NOSIGNAL")


@case(FAMILIES)
def recv__connection_reset(family):
    for proto in PROTOS:
        client, server = pair(family, proto=proto)
        with client, Pipes():
            server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            server.close()
            equal(errname(errno_of(client.recv, 1)), "ECONNRESET", "first recv")
            equal(client.recv(1), b"", "second recv")
            equal(errname(errno_of(client.send, b"x")), "EPIPE", "send")
            equal(errname(errno_of(client.getpeername)), "ENOTCONN", "getpeername")


@case(FAMILIES)
def send__full_buffer_would_block(family):
    for proto in PROTOS:
        client, server = pair(family, proto=proto)
        with client, server:
            client.setblocking(False)
            sent = 0
            while True:
                try:
                    sent += client.send(bytes(65536))
                except BlockingIOError:
                    break
                check(sent < 256 << 20, "send() never blocks")
            client.setblocking(True)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 100000))
            equal(errname(errno_of(fill, client)), "EAGAIN", "SO_SNDTIMEO")


def fill(s):
    for _ in range(100):
        s.send(bytes(1 << 20))
    fail("send() never blocks")


# --- control messages -----------------------------------------------------------------------

def sending(s, message):
    return errname(errno_of(s.sendmsg, [b"x"], [message]))


@case(FAMILIES)
def control__what_is_wrong_with_it(family):
    """EINVAL, whatever the reason; but first comes whether there is a connection at all."""
    sol = socket.SOL_SOCKET
    bad = ((sol, 9999, b""), (sol, socket.SO_MARK, b"\1"), (sol, 37, b"\1"))
    for proto in PROTOS:
        client, server = pair(family, proto=proto)
        with client, server, sock(family, proto, net().a) as fresh:
            for message in bad:
                equal(sending(client, message), "EINVAL", f"{message}, protocol {proto}")
                equal(sending(fresh, message), "EPIPE", f"unconnected, protocol {proto}")
            os.seteuid(65534)
            try:
                equal(sending(client, (sol, socket.SO_MARK, bytes(4))), "EINVAL", "no right to it")
            finally:
                os.seteuid(0)
            client.shutdown(socket.SHUT_WR)
            equal(sending(client, bad[0]), "EPIPE", f"after shutdown(), protocol {proto}")


# --- options --------------------------------------------------------------------------------

@case(FAMILIES)
def options__unknown(family):
    for proto in PROTOS:
        with sock(family, proto, net().a) as s:
            equal(errname(errno_of(s.getsockopt, SOL_TCP, 9999)), "ENOPROTOOPT", "getsockopt")
            equal(errname(errno_of(s.setsockopt, SOL_TCP, 9999, 1)), "ENOPROTOOPT", "setsockopt")


@case(FAMILIES)
def options__bad_values(family):
    values = ((socket.TCP_KEEPIDLE, 0), (socket.TCP_KEEPIDLE, 32768),
              (socket.TCP_KEEPINTVL, 0), (socket.TCP_KEEPINTVL, 32768),
              (socket.TCP_KEEPCNT, 0), (socket.TCP_KEEPCNT, 128),
              (socket.TCP_SYNCNT, 0), (socket.TCP_SYNCNT, 128),
              (socket.TCP_MAXSEG, 1), (socket.TCP_MAXSEG, 70000),
              (socket.TCP_USER_TIMEOUT, -1))
    for proto in PROTOS:
        with sock(family, proto, net().a) as s:
            for option, value in values:
                equal(errname(errno_of(s.setsockopt, SOL_TCP, option, value)), "EINVAL",
                      f"option {option} set to {value}, protocol {proto}")
            equal(errname(errno_of(s.setsockopt, SOL_TCP, socket.TCP_NODELAY, b"\1")), "EINVAL",
                  "a short option value")


main()
