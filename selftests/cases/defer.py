# SPDX-License-Identifier: GPL-2.0
"""TCP_DEFER_ACCEPT and TCP_SAVE_SYN: a listener's options for its children."""
import contextlib
import errno
import socket
import struct
import time

from lib.beside import both, compare, make, same
from lib import (IS_XTCP, PROTO, SIZE, SOL_TCP, V4, V6, case, check, counters, disconnect,
                 equal, errname, errno_of, expect_errno, knobs, listen, main, net, pair, readable, recv_exact,
                 sock, states, wait_for)
from lib.wire import MSS, Peer

TCP_DEFER_ACCEPT, TCP_SAVE_SYN, TCP_SAVED_SYN = 9, 27, 28
TIMESTAMPS = struct.pack("!BBII", 8, 10, 77, 0)
RECORD_ROUTE = b"\x07\x0b\x04" + bytes(8) + b"\0"
IPPROTO_DSTOPTS = 60


def listen_with(family, name, value):
    s = listen(family, net().a)
    s.setsockopt(SOL_TCP, name, value)
    return s


def half_open(peer, listener, **how):
    peer.dport = listener.getsockname()[1]
    peer.send("S", opts=MSS, **how)
    peer.take(peer.get("SA"))


@contextlib.contextmanager
def opening(family, name, value, **how):
    """A listener with an option, and a peer whose SYN it has answered."""
    with listen_with(family, name, value) as s, Peer(net(), family) as peer:
        half_open(peer, s, **how)
        yield s, peer


def accepted(s, peer):
    """The connection that the final ACK makes."""
    peer.send("A")
    return s.accept()[0]


# --- TCP_DEFER_ACCEPT -----------------------------------------------------------

@same()
def same__defer_value():
    """Seconds are rounded up to a time at which the SYN-ACK's timer expires."""
    def play(proto, value):
        with make(proto, "4any") as s:
            s.setsockopt(SOL_TCP, TCP_DEFER_ACCEPT, value)
            return s.getsockopt(SOL_TCP, TCP_DEFER_ACCEPT)
    values = (-1, 0, 1, 2, 3, 4, 7, 8, 60, 127, 128, 1000, 29887, 29888, 1 << 20, (1 << 31) - 1)
    compare({value: both(play, value) for value in values})


@case((V4, V6))
def defer__data_establish(family):
    """A bare final ACK doesn't wake accept(); data do, and can be read at once."""
    with opening(family, TCP_DEFER_ACCEPT, 30) as (s, peer):
        before = counters(net().a)["halfopen_deferred"] if IS_XTCP else 0
        peer.send("A")
        peer.quiet(0.2)
        check(not readable(s, 0.1 / SIZE["scale"]), "a bare final ACK was accepted")
        equal(states(net().a, s.getsockname()[1]), ["LISTEN", "SYN_RECV"], "connections")
        if IS_XTCP:
            equal(counters(net().a)["halfopen_deferred"], before + 1, "halfopen_deferred")
        peer.send("PA", b"question")
        check(readable(s), "data did not establish")
        server, _ = s.accept()
        with server:
            equal(server.recv(100, socket.MSG_DONTWAIT), b"question", "data")
            equal(server.getsockopt(SOL_TCP, TCP_DEFER_ACCEPT), 0, "the child's value")
            server.sendall(b"answer")
            equal(peer.until(lambda seg: seg.data).data, b"answer", "answer")


@case((V4, V6))
def defer__data_on_the_third_segment(family):
    with opening(family, TCP_DEFER_ACCEPT, 30) as (s, peer):
        peer.send("PA", b"at once")
        server, _ = s.accept()
        with server:
            equal(recv_exact(server, 7), b"at once", "data")


@case((V4, V6))
def defer__fin_establishes(family):
    with opening(family, TCP_DEFER_ACCEPT, 30) as (s, peer):
        peer.send("A")
        peer.send("FA")
        server, _ = s.accept()
        with server:
            equal(server.recv(1), b"", "end of stream")


@case((V4, V6))
def defer__ends(family):
    """3 seconds: nothing at 1 s, the SYN-ACK again at 3 s, and a bare ACK of that establishes."""
    with opening(family, TCP_DEFER_ACCEPT, 3) as (s, peer):
        start = time.monotonic()
        peer.send("A")
        again = peer.get("SA")
        took = time.monotonic() - start
        check(2.8 < took < 4 * SIZE["scale"], f"the SYN-ACK came again after {took:.1f} s")
        equal(again.ack, peer.seq, "what it acknowledges")
        check(not readable(s, 0), "accepted before the time was over")
        with accepted(s, peer) as server:
            server.sendall(b"you first")
            equal(peer.until(lambda seg: seg.data).data, b"you first", "data")


@case((V4, V6), bound=30)
def defer__peer_that_has_gone_is_forgotten(family):
    """The last SYN-ACK is not answered: the request is freed, no child was made."""
    with knobs(net().a, synack_retries=1), opening(family, TCP_DEFER_ACCEPT, 1) as (s, peer):
        peer.send("A")
        peer.get("SA")
        wait_for(lambda: states(net().a, s.getsockname()[1]) == ["LISTEN"], 10, "its end")
        check(not readable(s, 0), "a child was made")


@case((V4, V6))
def defer__client_that_speaks_first(family):
    """Both ends are ours: the server sees a connection and its data together."""
    with listen(family) as s:
        s.setsockopt(SOL_TCP, TCP_DEFER_ACCEPT, 30)
        client = sock(family, ns=net().a)
        client.connect((net().addr("b", family), s.getsockname()[1]))
        check(not readable(s, 0.1 / SIZE["scale"]), "accepted without data")
        client.sendall(b"hello")
        server, _ = s.accept()
        with client, server:
            equal(server.recv(100, socket.MSG_DONTWAIT), b"hello", "data")


# --- TCP_SAVE_SYN -----------------------------------------------------------------

def saved(s):
    return s.getsockopt(SOL_TCP, TCP_SAVED_SYN, 1000)


@same()
def same__save_syn_value():
    def play(proto, value):
        with make(proto, "4any") as s:
            err = errno_of(s.setsockopt, SOL_TCP, TCP_SAVE_SYN, value)
            return errname(err), s.getsockopt(SOL_TCP, TCP_SAVE_SYN), saved(s), \
                errname(errno_of(s.setsockopt, SOL_TCP, TCP_SAVED_SYN, value))
    compare({value: both(play, value) for value in (-1, 0, 1, 2, 3)})


@case((V4, V6))
def saved_syn__is_what_was_on_the_wire(family):
    """Header of IP and TCP with all options, without the data; with 2 the link layer's, too."""
    for value in (1, 2):
        with listen_with(family, TCP_SAVE_SYN, value) as s, Peer(net(), family) as peer:
            peer.dport = s.getsockname()[1]
            opts = MSS + TIMESTAMPS
            want = peer.segment("S", b"early", opts=opts)[:-5]
            peer.send("S", b"early", opts=opts, seq=peer.seq)
            peer.seq += 1
            peer.take(peer.get("SA"))
            peer.send("A", opts=struct.pack("!BBII", 8, 10, 78, 0))
            server, _ = s.accept()
            with server:
                got = saved(server)
                check(got.endswith(want), f"TCP header {got[-len(want):].hex()}, sent {want.hex()}")
                link, ip = got[:14 * (value - 1)], got[14 * (value - 1):-len(want)]
                equal(len(ip), 20 if family == V4 else 40, "bytes of IP header")
                at, kind = (12, socket.AF_INET) if family == V4 else (8, socket.AF_INET6)
                equal(socket.inet_ntop(kind, ip[at:at + (4 if family == V4 else 16)]), peer.me,
                      "source address")
                if value == 2:
                    ether = b"\x08\x00" if family == V4 else b"\x86\xdd"
                    equal(link, peer.mac_a + peer.mac_b + ether, "link header")
                equal(server.getsockopt(SOL_TCP, TCP_SAVE_SYN), value, "the child's TCP_SAVE_SYN")


@case((V4, V6))
def saved_syn__is_fetched_once(family):
    """And only once the caller's buffer is large enough."""
    with listen(family) as listener:
        listener.setsockopt(SOL_TCP, TCP_SAVE_SYN, 1)
        client, server = pair(family, listener=listener)
        with client, server:
            for room in (0, 1, 39):
                expect_errno(errno.EINVAL, server.getsockopt, SOL_TCP, TCP_SAVED_SYN, room)
            check(len(saved(server)) >= 40, "no headers")
            equal(saved(server), b"", "fetched again")
            equal(saved(listener), b"", "the listener's own")
            equal(saved(client), b"", "the client's")


@case((V4, V6))
def saved_syn__as_it_was_at_the_syn(family):
    """Later changes apply to later SYNs; headers that are not fetched are freed with the socket."""
    with listen(family, net().a) as s, Peer(net(), family) as before, Peer(net(), family) as after:
        half_open(before, s)
        s.setsockopt(SOL_TCP, TCP_SAVE_SYN, 1)
        half_open(after, s)
        s.setsockopt(SOL_TCP, TCP_SAVE_SYN, 0)
        for peer, there in (before, False), (after, True):
            with accepted(s, peer) as server:
                equal(bool(saved(server)), there, "saved")
        s.setsockopt(SOL_TCP, TCP_SAVE_SYN, 1)
        with Peer(net(), family) as third:
            half_open(third, s)
            accepted(s, third).close()


@case()
def saved_syn__with_ip_options():
    """They are part of the header, and are returned in replies all the same."""
    with listen_with(V4, TCP_SAVE_SYN, 1) as s, Peer(net(), V4) as peer:
        peer.dport = s.getsockname()[1]
        peer.send("S", opts=MSS, ipopt=RECORD_ROUTE)
        answer = peer.get("SA")
        equal(answer.ipopt[:2], RECORD_ROUTE[:2], "options of the SYN-ACK")
        peer.take(answer)
        with accepted(s, peer) as server:
            got = saved(server)
            equal((len(got), got[0]), (20 + 12 + 24, 0x48), "bytes, and IP header's length")


def extended(raw, units):
    """An IPv6 destination options header of so many 8-byte units. It is filled with an unknown
    option that may be skipped: more than 7 bytes of padding are dropped.
    """
    room = units * 8 - 2
    options = b""
    while room:
        size = min(room, 200)
        options += struct.pack("BB", 0x1e, size - 2) + bytes(size - 2)
        room -= size
    return struct.pack("BB", PROTO, units - 1) + options + raw


@case()
def saved_syn__headers_of_any_length():
    """IPv6: extension headers are saved, too, unless they are very long."""
    for units in (2, 40):
        with listen_with(V6, TCP_SAVE_SYN, 1) as s, Peer(net(), V6) as peer:
            peer.dport = s.getsockname()[1]
            syn = peer.segment("S", opts=MSS)
            peer.put(extended(syn, units), proto=IPPROTO_DSTOPTS)
            peer.seq += 1
            peer.take(peer.get("SA"))
            with accepted(s, peer) as server:
                want = 40 + units * 8 + len(syn)
                if IS_XTCP and want > 256:
                    want = 0
                equal(len(saved(server)), want, "bytes saved")


@case((V4, V6))
def saved_syn__ends_with_the_connection(family):
    """A socket that is reused has nothing left of its first connection."""
    with listen(family) as listener:
        listener.setsockopt(SOL_TCP, TCP_SAVE_SYN, 1)
        client, server = pair(family, listener=listener)
        with client, server:
            disconnect(server)
            equal(saved(server), b"", "after the connection")


main()
