# SPDX-License-Identifier: GPL-2.0
"""Replies that no socket sends: SYN-ACKs, resets, ACKs of TIME-WAIT.

Each has the settings of its listener or its connection; without either, those of the packet
that it answers. docs/policy.md has the table.
"""
import contextlib
import errno
import socket

from lib import (V4, V6, Net, case, check, equal, expect_errno, knobs, listen, main, net, port,
                 recv_exact, run, sock, wait_states)
from lib.bpf import MARK, PRIORITY, Tap
from lib.wire import MSS, Peer

BOTH = (V4, V6)
IP, IP6, SOL = socket.IPPROTO_IP, socket.IPPROTO_IPV6, socket.SOL_SOCKET
TTL = {V4: (IP, socket.IP_TTL), V6: (IP6, socket.IPV6_UNICAST_HOPS)}
MIN_TTL = {V4: (IP, 21), V6: (IP6, 73)}
TOS = {V4: (IP, socket.IP_TOS), V6: (IP6, socket.IPV6_TCLASS)}
TRANSPARENT = {V4: (IP, 19), V6: (IP6, 75)}
ELSEWHERE = {V4: "10.99.0.1", V6: "fd99::1"}
SO_MARK, SO_PRIORITY, IPV6_HOPOPTS = 36, 12, 54
DEFAULT_TTL, TABLE = 64, "77"
NOT_TCPS = "its answer has the default TTL"


def asked(peer, listener, **how):
    """A SYN of the peer; returns the reply."""
    peer.dport = listener.getsockname()[1]
    peer.send("S", opts=MSS, **how)
    answer = peer.get("SA")
    peer.take(answer)
    return answer


def refused(peer, dport):
    """An ACK for which there is no connection; returns the RST."""
    peer.dport = dport
    peer.send("A", seq=7)
    return peer.get("R")


@contextlib.contextmanager
def asking(family, *options):
    """A listener in the host with options, and a peer."""
    with listen(family, net().a) as listener, Peer(net(), family) as peer:
        for (level, name), value in options:
            listener.setsockopt(level, name, value)
        yield listener, peer


def in_time_wait(family, *options):
    """A connection with the peer that the host has closed first."""
    with asking(family, *options) as (listener, peer):
        asked(peer, listener)
        peer.send("A")
        listener.accept()[0].close()
        peer.take(peer.get("FA"))
        peer.send("FA")
        equal(peer.until(lambda s: s.flags == "A").ack, peer.seq, "ACK of the FIN")
        wait_states(net().a, peer.dport, ["LISTEN", "TIME_WAIT"])
        peer.send("FA", seq=peer.seq - 1)
        answer = peer.get("A")
        equal(answer.ack, peer.seq, "ACK in TIME-WAIT")
        return answer


@case(BOTH)
def ttl__of_a_syn_ack(family):
    """The listener's, also on a retransmitted SYN-ACK."""
    with asking(family, (TTL[family], 255)) as (listener, peer):
        equal(asked(peer, listener).ttl, 255, "TTL of the SYN-ACK")
        peer.send("S", opts=MSS, seq=peer.seq - 1)
        equal(peer.get("SA").ttl, 255, "TTL of the SYN-ACK that came again")
        peer.send("A")
        server = listener.accept()[0]
        with server:
            server.send(b"data")
            equal(peer.until(lambda s: s.data == b"data").ttl, 255, "TTL of data")


@case(BOTH)
def ttl__of_a_syn_cookie(family):
    with asking(family, (TTL[family], 255)) as (listener, peer), knobs(net().a, syncookies=2):
        equal(asked(peer, listener).ttl, 255, "TTL of the SYN-ACK")


@case(BOTH)
def ttl__of_the_route_where_nobody_has_set_one(family):
    with asking(family) as (listener, peer):
        equal(asked(peer, listener).ttl, DEFAULT_TTL, "TTL of the SYN-ACK")
        equal(refused(peer, port()).ttl, DEFAULT_TTL, "TTL of RST")


@case(BOTH)
def ttl__both_ends_ask_for_255(family):
    """RFC 5082 (GTSM): a connection opens, lives and ends."""
    with listen(family) as listener:
        for (level, name) in (TTL[family], MIN_TTL[family]):
            listener.setsockopt(level, name, 255)
        client, server = pair_of(family, listener, (TTL[family], MIN_TTL[family]))
        with client, server:
            client.send(b"ping")
            equal(recv_exact(server, 4), b"ping", "data")
            server.send(b"pong")
            equal(recv_exact(client, 4), b"pong", "data")
            client.close()
            equal(server.recv(1), b"", "end of stream")
        # lost: the last FIN would be retransmitted again and again
        wait_states(net().b, listener.getsockname()[1], ["LISTEN"])


def pair_of(family, listener, names):
    client = sock(family, ns=net().a)
    for (level, name) in names:
        client.setsockopt(level, name, 255)
    client.connect((net().addr("b", family), listener.getsockname()[1]))
    return client, listener.accept()[0]


@case(BOTH, xtcp_only=NOT_TCPS)
def ttl__of_a_reset(family):
    """RFC 5082 section 2.2: the listener's peers require it on every segment it sends."""
    with asking(family, (TTL[family], 255)) as (listener, peer):
        equal(refused(peer, listener.getsockname()[1]).ttl, 255, "TTL of the listener's RST")
        asked(peer, listener)
        peer.send("A", ack=peer.ack + 1000)
        equal(peer.get("R").ttl, 255, "TTL of the RST of what is half open")
        peer.send("A", seq=peer.seq + 100000)
        equal(peer.get("A").ttl, 255, "TTL of the ACK of what is half open")


@case(BOTH, xtcp_only=NOT_TCPS)
def ttl__in_time_wait(family):
    equal(in_time_wait(family, (TTL[family], 255)).ttl, 255, "TTL")
    equal(in_time_wait(family).ttl, DEFAULT_TTL, "TTL that nobody has set")


@case(BOTH)
def tos__of_answers(family):
    """The listener's; in TIME-WAIT the connection's; without a socket the packet's."""
    with asking(family, (TOS[family], 0xb8)) as (listener, peer):
        equal(asked(peer, listener).tos, 0xb8, "TOS of the SYN-ACK")
    equal(in_time_wait(family, (TOS[family], 0xb8)).tos, 0xb8, "TOS in TIME-WAIT")


@contextlib.contextmanager
def tapped(where, value):
    with Tap(net().a, "va", where, value) as tap:
        yield tap


@case(BOTH)
def mark_and_priority__of_a_syn_ack(family):
    """SO_MARK and SO_PRIORITY of the listener apply to its SYN-ACK, too."""
    for where, name, value in ((MARK, SO_MARK, 1234), (PRIORITY, SO_PRIORITY, 5)):
        with asking(family, ((SOL, name), value)) as (listener, peer), \
                tapped(where, value) as tap:
            asked(peer, listener)
            tap.find(lambda s: s.flags == "SA", what=f"a SYN-ACK with option {name}")


@case(BOTH)
def mark__in_time_wait(family):
    with tapped(MARK, 1234) as tap:
        answer = in_time_wait(family, ((SOL, SO_MARK), 1234))
        found = [s for s in tap.poll() if (s.dport, s.ack) == (answer.dport, answer.ack)]
        check(len(found) >= 2, f"with the mark: {found}")


@contextlib.contextmanager
def reflecting(value):
    def write(number):
        with net().a, open("/proc/sys/net/ipv6/flowlabel_reflect", "w", encoding="ascii") as file:
            file.write(str(number))
    write(value)
    try:
        yield
    finally:
        write(0)


@case((V6,))
def flow_label__of_a_reset(family):
    """net.ipv6.flowlabel_reflect, 2: an RST has the flow label of the segment that it answers."""
    with reflecting(2), Peer(net(), family) as peer:
        peer.dport = port()
        peer.send("A", seq=7, flow=0x12345)
        equal(peer.get("R").flow, 0x12345, "flow label of the RST")


@case((V6,))
def options__of_the_listener(family):
    """The listener's IPv6 options are on its SYN-ACK."""
    padding = b"\0\0\x01\x04" + bytes(4)
    with asking(family, ((IP6, IPV6_HOPOPTS), padding)) as (listener, peer):
        equal(asked(peer, listener).ext, [0], "extension headers of the SYN-ACK")


@contextlib.contextmanager
def led_here(family):
    """Packets to an address that is not the host's are delivered locally: policy routing."""
    addr = ELSEWHERE[family]

    def change(what):
        ip = ("ip", "-6" if family == V6 else "-4")
        with net().a:
            run(*ip, "rule", what, "iif", "va", "to", addr, "lookup", TABLE)
            run(*ip, "route", what, "local", addr, "dev", "lo", "table", TABLE)
    change("add")
    try:
        yield addr
    finally:
        change("del")


@case(BOTH)
def transparent__listener_answers_for_others(family):
    """IP_TRANSPARENT: from the SYN-ACK on to TIME-WAIT."""
    with led_here(family) as addr, asking(family, (TRANSPARENT[family], 1)) as (listener, peer):
        peer.them = addr
        equal(asked(peer, listener).src, addr, "source of the SYN-ACK")
        peer.send("A")
        listener.accept()[0].close()
        fin = peer.get("FA")
        equal(fin.src, addr, "source of the FIN")
        peer.take(fin)
        peer.send("FA")
        peer.until(lambda s: s.ack == peer.seq)
        peer.send("FA", seq=peer.seq - 1)
        equal(peer.until(lambda s: s.ack == peer.seq).src, addr, "source in TIME-WAIT")


@case(BOTH)
def device__connection_is_bound_to_one(family):
    """SO_BINDTODEVICE: segments from another device are not the connection's."""
    with asking(family) as (listener, peer):
        asked(peer, listener)
        peer.send("A")
        server = listener.accept()[0]
        with server:
            listener.close()
            server.setsockopt(SOL, socket.SO_BINDTODEVICE, b"va")
            peer.send("PA", b"mine")
            equal(recv_exact(server, 4), b"mine", "data by the device")
            equal(peer.get("A").ack, peer.seq, "ACK")
            server.setsockopt(SOL, socket.SO_BINDTODEVICE, b"lo")
            peer.send("PA", b"other", seq=peer.seq)
            peer.get("R")
            server.setsockopt(SOL, socket.SO_BINDTODEVICE, b"")
            peer.send("PA", b"again")
            equal(recv_exact(server, 5), b"again", "data by any device")


@case()
def link_local__listener_in_a_vrf():
    """The listener is bound to the VRF, its replies go to the link on which the SYN arrived."""
    with Net() as link:
        link.a.ip("link add red type vrf table 10", "link set red up", "link set va master red",
                  "addr add fe80::77/64 dev va nodad")
        link.b.ip("addr add fe80::88/64 dev vb nodad")
        with link.b:
            scope = socket.if_nametoindex("vb")
        with sock(V6, ns=link.a) as listener:
            listener.setsockopt(SOL, socket.SO_BINDTODEVICE, b"red")
            listener.bind(("::", port()))
            listener.listen()
            there = ("fe80::77", listener.getsockname()[1], 0, scope)
            with sock(V6, ns=link.b) as client:
                client.connect(there)
                server = listener.accept()[0]
                client.sendall(b"question")
                equal(recv_exact(server, 8), b"question", "data")
                server.sendall(b"answer")
                equal(recv_exact(client, 6), b"answer", "data")
                server.close()
                equal(client.recv(1), b"", "end of stream")
        with sock(V6, ns=link.b) as client:
            expect_errno(errno.ECONNREFUSED, client.connect, there)


@case()
def ip_id__begins_anywhere():
    """IPv4: a socket's counter of IP IDs starts at an unpredictable number."""
    seen = []
    with listen(V4, net().a) as listener:
        for _ in range(4):
            with Peer(net()) as peer:
                asked(peer, listener)
                peer.send("A")
                server = listener.accept()[0]
                with server:
                    server.send(b"data")
                    seen.append(peer.until(lambda s: s.data == b"data").id)
    check(len(set(seen)) > 1, f"IDs of the first data: {seen}")


main()
