# SPDX-License-Identifier: GPL-2.0
"""ICMP errors: they count when they are about a segment in flight, and only then.

RFC 9293 section 3.9.2.2, RFC 1122 section 4.2.3.9, RFC 5927. The errors come from a peer that
the test plays; so it knows everything that an off-path attacker would have to guess.
"""
import errno
import socket
import struct
import time

import lib
from lib import (FAMILIES, IS_XTCP, MAPPED, WIRE_PROTO, V4, V6, case, check, counters, equal, errname,
                 expect_errno, knobs, listen, main, net, readable, sock, so_error, states, wait_for,
                 wait_state, wait_states)
from lib.wire import MOD, Peer, checksum, open_to_peer, pseudo

BOTH = (V4, V6)
ICMP, ICMP6 = socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6
PORT_UNREACHABLE = {V4: (3, 3), V6: (1, 4)}
HOST_UNREACHABLE = {V4: (3, 1), V6: (1, 3)}
NET_UNREACHABLE = {V4: (3, 0), V6: (1, 0)}
SOURCE_QUENCH = (4, 0)
TOO_BIG = {V4: (3, 4), V6: (2, 0)}
# All errors that an attacker could try, except those that report a smaller MTU
ALL = {V4: [(3, code) for code in range(17) if code != 4] +
           [(4, 0), (5, 1), (11, 0), (11, 1), (12, 0), (17, 0), (42, 7)],
       V6: [(1, code) for code in range(9)] + [(3, 0), (3, 1), (4, 0), (4, 1), (4, 2), (100, 0)]}


def quote(peer, seq, length=28):
    """The packet from the stack to the peer that an error is about."""
    segment = struct.pack("!HHI", peer.dport, peer.sport, seq % MOD)
    if peer.six:
        head = struct.pack("!IHBB", 6 << 28, 20, WIRE_PROTO, 64) \
            + socket.inet_pton(socket.AF_INET6, peer.them) \
            + socket.inet_pton(socket.AF_INET6, peer.me)
    else:
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, WIRE_PROTO, 0,
                           socket.inet_aton(peer.them), socket.inet_aton(peer.me))
    return (head + segment)[:len(head) + length - 20]


def send_error(peer, what, seq, info=0, length=28):
    """Send one ICMP error; what is (type, code), length is what a v4 quote has."""
    body = struct.pack("!I", info) + quote(peer, seq, length)
    head = struct.pack("!BBH", *what, 0)
    cover = pseudo(peer.me, peer.them, len(head + body), ICMP6) if peer.six else b""
    total = checksum(cover + head + body)
    peer.put(head[:2] + struct.pack("!H", total) + body, ICMP6 if peer.six else ICMP)


def counted(name, action, times=1):
    """action() must raise this counter; not checked for the kernel's own TCP."""
    before = counters(net().a)[name] if IS_XTCP else 0
    action()
    if IS_XTCP:
        wait_for(lambda: counters(net().a)[name] >= before + times, what=f"{name} to count")


def alive(peer, client):
    """Data still flow both ways; returns SND.NXT of the client."""
    client.send(b"alive?")
    seg = peer.until(lambda s: s.data == b"alive?")
    peer.take(seg)
    peer.send("PA", b"yes")
    equal(lib.recv_exact(client, 3), b"yes", "the answer")
    return seg.end


def connecting(family):
    """(peer, client in SYN-SENT, ISS)"""
    peer, client = Peer(net(), family), sock(family, ns=net().a)
    client.setblocking(False)
    lib.errno_of(client.connect, (net().addr("ghost", family), peer.sport))
    syn = peer.get("S")
    peer.dport = syn.sport
    return peer, client, syn.seq


@case(BOTH)
def established__no_error_ends_it(family):
    """RFC 5927 section 5.2: not even a hard error whose sequence number is right."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        nxt = alive(peer, client)
        for what in ALL[family]:
            send_error(peer, what, nxt)
        alive(peer, client)
        equal(states(net().a, peer.sport), ["ESTABLISHED"], "state")


@case(BOTH, xtcp_only="the counters are xtcp's")
def established__counts_what_it_believes(family):
    peer, client = open_to_peer(net(), family)
    with peer, client:
        nxt = alive(peer, client)
        counted("icmp_in", lambda: send_error(peer, PORT_UNREACHABLE[family], nxt))
        for wrong in (nxt - 100, nxt + 1, nxt + (1 << 31)):
            counted("icmp_ignored", lambda: send_error(peer, PORT_UNREACHABLE[family], wrong))
        peer.sport += 1
        counted("icmp_ignored", lambda: send_error(peer, PORT_UNREACHABLE[family], nxt))
        peer.sport -= 1


@case(BOTH)
def established__short_quotes_do_no_harm(family):
    peer, client = open_to_peer(net(), family)
    with peer, client:
        nxt = alive(peer, client)
        for length in range(-20 if family == V4 else 0, 28, 3):
            send_error(peer, PORT_UNREACHABLE[family], nxt, length=max(length, 0))
        alive(peer, client)
        equal(so_error(client), 0, "SO_ERROR")


@case(BOTH)
def recverr__tells_at_once(family):
    """RFC 9293 MUST-47: with IP_RECVERR the user is told of each error; the connection lives on."""
    level, option = (socket.IPPROTO_IP, 11) if family == V4 else (socket.IPPROTO_IPV6, 25)
    peer, client = open_to_peer(net(), family)
    with peer, client:
        nxt = alive(peer, client)
        client.setsockopt(level, option, 1)
        send_error(peer, HOST_UNREACHABLE[family], nxt)
        check(readable(client), "poll() tells of no error")
        expect_errno(errno.EHOSTUNREACH, client.recv, 1)
        alive(peer, client)


@case(BOTH)
def connect__hard_error_ends_it(family):
    peer, client, iss = connecting(family)
    with peer, client:
        send_error(peer, PORT_UNREACHABLE[family], iss)
        wait_states(net().a, peer.sport, [])
        equal(errname(so_error(client)), "ECONNREFUSED", "SO_ERROR")
        peer.dport = None


@case(BOTH)
def connect__wrong_number_is_ignored(family):
    peer, client, iss = connecting(family)
    with peer, client:
        for wrong in (iss - 1, iss + 2, 0):
            send_error(peer, PORT_UNREACHABLE[family], wrong)
        syn = peer.until(lambda s: s.flags == "S")
        equal(syn.seq, iss, "ISS of the SYN that is sent again")
        peer.take(syn)
        peer.send("SA")
        peer.until(lambda s: s.flags == "A")
        alive(peer, client)


@case(BOTH, xtcp_only="the kernel's own TCP gives up here")
def connect__soft_error_does_not_end_it(family):
    """RFC 9293 MUST-56, SHLD-25: the user may be told, the attempt goes on: if the sysctl says
    so.
    """
    peer, client, iss = connecting(family)
    with knobs(net().a, soft_error_aborts=0), peer, client:
        counted("icmp_in", lambda: send_error(peer, NET_UNREACHABLE[family], iss))
        equal(states(net().a, peer.sport), ["SYN_SENT"], "state")
        equal(errname(so_error(client)), "ENETUNREACH", "SO_ERROR")
        syn = peer.until(lambda s: s.flags == "S")
        peer.take(syn)
        peer.send("SA")
        peer.until(lambda s: s.flags == "A")
        alive(peer, client)


#: Soft ones, and what they mean to connect()
SOFT = {V4: {(3, 0): "ENETUNREACH", (3, 1): "EHOSTUNREACH", (3, 5): "ENOTSUP",
             (11, 0): "EHOSTUNREACH", (12, 0): "EPROTO"},
        V6: {(1, 0): "ENETUNREACH", (1, 3): "EHOSTUNREACH", (3, 0): "EHOSTUNREACH"}}


@case(BOTH)
def connect__soft_error_ends_it(family):
    """RFC 5461 section 4.1: by default, for each of them."""
    for what, err in SOFT[family].items():
        peer, client, iss = connecting(family)
        with peer, client:
            send_error(peer, what, iss)
            wait_states(net().a, peer.sport, [])
            equal(errname(so_error(client)), err, f"SO_ERROR after {what}")
            peer.dport = None


ABSENT = {V4: "10.77.0.99", V6: "fd77::99", MAPPED: "::ffff:10.77.0.99"}


@case(FAMILIES)
def connect__to_an_absent_neighbour(family):
    """Our own host reports it after three seconds, and connect() with it."""
    with sock(family, ns=net().a) as client:
        start = time.monotonic()
        expect_errno(errno.EHOSTUNREACH, client.connect, (ABSENT[family], 5000))
        took = time.monotonic() - start
        check(took < 3 + lib.slow(2), f"told after {took:.1f} s")


@case((V4,))
def source_quench__is_discarded(family):
    """RFC 9293 MUST-55: silently."""
    peer, client, iss = connecting(family)
    with peer, client:
        counted("icmp_ignored", lambda: send_error(peer, SOURCE_QUENCH, iss))
        equal(errname(so_error(client)), "success", "SO_ERROR")
        syn = peer.until(lambda s: s.flags == "S")
        peer.take(syn)
        peer.send("SA")
        peer.until(lambda s: s.flags == "A")
        nxt = alive(peer, client)
        counted("icmp_ignored", lambda: send_error(peer, SOURCE_QUENCH, nxt))
        alive(peer, client)
        equal(errname(so_error(client)), "success", "SO_ERROR")


@case(BOTH, xtcp_only="the kernel's own TCP forgets for other errors")
def half_open__only_a_hard_error_with_its_number_ends_it(family):
    with listen(family, net().a) as listener, Peer(net(), family) as peer:
        peer.dport = listener.getsockname()[1]
        peer.send("S")
        iss = peer.get("SA").seq
        wait_state(net().a, peer.sport, "SYN_RECV")
        for what, seq in ((PORT_UNREACHABLE, iss + 1), (PORT_UNREACHABLE, iss - 1),
                          (HOST_UNREACHABLE, iss), (TOO_BIG, iss)):
            counted("icmp_ignored", lambda: send_error(peer, what[family], seq, 1300))
        equal(states(net().a, peer.sport), ["SYN_RECV"], "state")
        counted("icmp_in", lambda: send_error(peer, PORT_UNREACHABLE[family], iss))
        wait_states(net().a, peer.sport, [])


@case(BOTH)
def time_wait__is_not_shortened(family):
    peer, client = open_to_peer(net(), family)
    nxt = alive(peer, client)
    client.close()
    fin = peer.until(lambda s: "F" in s.flags)
    peer.take(fin)
    peer.send("FA")
    wait_states(net().a, peer.sport, ["TIME_WAIT"])
    for what in ALL[family]:
        send_error(peer, what, nxt + 1)
    peer.send("FA", seq=peer.seq - 1)
    peer.until(lambda s: s.ack == peer.seq and not s.data)
    equal(states(net().a, peer.sport), ["TIME_WAIT"], "state")
    peer.dport = None
    peer.close()


def forget_path(family):
    """The path MTU that routing has learned must not affect the next case."""
    with net().a:
        lib.run("ip", "-4" if family == V4 else "-6", "route", "flush", "cache")


def narrower(family):
    """A smaller path MTU, and the length of the headers that each segment has at least."""
    return (1000, 40) if family == V4 else (1300, 60)


def large_segment(peer, client):
    """The client writes, and its first large segment is in flight."""
    client.send(lib.noise(6000))
    return peer.until(lambda s: len(s.data) > 1300 - 60)


def told_and_sent_again(peer, family, lost):
    """A router reports that a segment was too big: it is retransmitted in smaller ones."""
    mtu, headers = narrower(family)
    send_error(peer, TOO_BIG[family], lost.seq, mtu)
    again = peer.until(lambda s: s.seq == lost.seq)
    check(0 < len(again.data) <= mtu - headers, f"{again} is too large for {mtu}")


@case(BOTH, xtcp_only="the kernel's own TCP leaves it to the device to cut segments")
def path_mtu__what_was_lost_goes_again_in_smaller_segments(family):
    """RFC 1191, RFC 8201: at once: the timer would expire long after the case's bound."""
    with knobs(net().a, rto_min_ms=120000):
        peer, client = open_to_peer(net(), family)
        with peer, client:
            try:
                before = client.getsockopt(lib.SOL_TCP, socket.TCP_MAXSEG)
                told_and_sent_again(peer, family, large_segment(peer, client))
                equal(client.getsockopt(lib.SOL_TCP, socket.TCP_MAXSEG),
                      before - (1500 - narrower(family)[0]), "TCP_MAXSEG")
            finally:
                forget_path(family)


@case(BOTH, xtcp_only="the kernel's own TCP leaves it to the device to cut segments")
def path_mtu__what_another_connection_has_learned_meanwhile(family):
    """Each connection's lost segments are retransmitted at once, though the route, and with it
    the size of new segments, had changed before.
    """
    with knobs(net().a, rto_min_ms=120000):
        one, client = open_to_peer(net(), family)
        two, other = open_to_peer(net(), family)
        with one, client, two, other:
            try:
                lost = large_segment(two, other)
                told_and_sent_again(one, family, large_segment(one, client))
                two.send("PA", b"?")
                two.until(lambda s: s.ack == two.seq)
                told_and_sent_again(two, family, lost)
            finally:
                forget_path(family)


@case(BOTH, xtcp_only="the counters are xtcp's")
def path_mtu__forged_ones_change_nothing(family):
    """Not in flight, larger than the current MTU, or less than IPv6's minimum."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        nxt = alive(peer, client)
        before = client.getsockopt(lib.SOL_TCP, socket.TCP_MAXSEG)
        counted("icmp_ignored", lambda: send_error(peer, TOO_BIG[family], nxt + 1, 1300))
        counted("icmp_in", lambda: send_error(peer, TOO_BIG[family], nxt, 9000))
        if family == V6:
            counted("icmp_ignored", lambda: send_error(peer, TOO_BIG[family], nxt, 1279))
        equal(client.getsockopt(lib.SOL_TCP, socket.TCP_MAXSEG), before, "TCP_MAXSEG")


main()
