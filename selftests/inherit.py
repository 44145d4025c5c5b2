# SPDX-License-Identifier: GPL-2.0
"""What an accepted socket has of its listener, of the SYN, and of neither.

Lists and pointers that two sockets took for their own were freed twice more than
once in the history of TCPs (CVE-2017-8890): in a debug kernel these cases see it.
"""
import errno
import socket
import struct
import time

from lib import (IS_XTCP, V4, V6, PROTO, case, check, equal, errno_of, listen, main, neighbour,
                 net, pair, recv_exact, sock)
from wire import Peer, Sniffer, checksum, pseudo

BOTH = (V4, V6)
IP, IP6 = socket.IPPROTO_IP, socket.IPPROTO_IPV6
IP_OPTIONS = 4
IPV6_2292PKTOPTIONS, IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS = 6, 49, 51, 66
IPV6_HOPOPTS, IPV6_FLOWLABEL_MGR = 54, 32
FL_GET, FL_EXCLUSIVE, FL_CREATE = 0, 1, 1
GROUP4, GROUP6 = "239.1.2.3", "ff02::1234"
RECORD_ROUTE = b"\x07\x0b\x04" + bytes(8)
LSRR, TIMESTAMP = 131, 68
ROUTER = "10.77.0.78"


def write(ns, path, value):
    with ns, open("/proc/sys/net/" + path, "w", encoding="ascii") as file:
        file.write(str(value))


def view(ns, name):
    with ns, open("/proc/thread-self/net/" + name, encoding="ascii") as file:
        return file.read().lower()


def is_member(ns, family):
    """Whether a socket of the namespace is a member of the group."""
    if family == V4:
        return socket.inet_aton(GROUP4)[::-1].hex() in view(ns, "igmp")
    return socket.inet_pton(socket.AF_INET6, GROUP6).hex() in view(ns, "igmp6")


def join(s, ns, family):
    """Join the group; the kernel's TCP refuses that with EPROTO."""
    if family == V4:
        request = socket.inet_aton(GROUP4) + socket.inet_aton(net().addr("b", V4))
        err = errno_of(s.setsockopt, IP, socket.IP_ADD_MEMBERSHIP, request)
    else:
        with ns:
            device = socket.if_nametoindex("vb")
        request = socket.inet_pton(socket.AF_INET6, GROUP6) + struct.pack("i", device)
        err = errno_of(s.setsockopt, IP6, socket.IPV6_JOIN_GROUP, request)
    equal(err, 0 if IS_XTCP else errno.EPROTO, "joining")


_label = 0x54320


def load(s, family):
    """Give a listener all that it may own: a group, IP options, a flow label."""
    global _label
    join(s, net().b, family)
    if family == V4:
        s.setsockopt(IP, IP_OPTIONS, RECORD_ROUTE + b"\0")
        return
    s.setsockopt(IP6, IPV6_HOPOPTS, b"\0\0\x01\x04" + bytes(4))
    _label += 1     # one that was given up is blocked for some seconds
    label = socket.inet_pton(socket.AF_INET6, net().addr("a", V6)) \
        + struct.pack("!I", _label) + struct.pack("BBHHHI", FL_GET, FL_EXCLUSIVE, FL_CREATE, 0, 0, 0)
    s.setsockopt(IP6, IPV6_FLOWLABEL_MGR, label)


def close_all(order, listener, children):
    sockets = [listener, *children] if order == "listener first" else [*children, listener]
    for s in sockets:
        s.close()


@case(BOTH)
def listener_and_children__own_what_is_theirs(family):
    """Both are closed, in either order: what the listener owned ends with it."""
    for order in ("listener first", "children first"):
        listener = listen(family)
        load(listener, family)
        pairs = [pair(family, listener=listener) for _ in range(3)]
        for client, server in pairs:
            client.send(b"ping")
            equal(recv_exact(server, 4), b"ping", "data")
        close_all(order, listener, [server for _, server in pairs])
        check(not is_member(net().b, family), f"{order}: the group is not left")
        for client, _ in pairs:
            equal(client.recv(1), b"", "end of stream")
            client.close()


@case(BOTH, xtcp_only="a TCP socket can't join a group")
def child__is_no_member(family):
    """The group is the listener's: when that one leaves, nobody is in it."""
    with listen(family) as listener:
        load(listener, family)
        client, server = pair(family, listener=listener)
        with client:
            check(is_member(net().b, family), "not in the group")
            server.close()
            check(is_member(net().b, family), "a child's end was the listener's, too")
        client, server = pair(family, listener=listener)
    with client, server:
        check(not is_member(net().b, family), "a child is in the group of its listener")


@case((V6,))
def child__has_options_of_its_own(family):
    """IPv6 options of the listener are copied: each may change its own."""
    with listen(family) as listener:
        load(listener, family)
        client, server = pair(family, listener=listener)
        with client, server:
            want = listener.getsockopt(IP6, IPV6_HOPOPTS, 64)
            equal(server.getsockopt(IP6, IPV6_HOPOPTS, 64), want, "options")
            listener.setsockopt(IP6, IPV6_HOPOPTS, b"")
            equal(server.getsockopt(IP6, IPV6_HOPOPTS, 64), want, "options of the child")
            server.send(b"still")
            equal(recv_exact(client, 5), b"still", "data")


@case()
def child__has_the_options_of_the_syn():
    """Not those of the listener: the peer may live elsewhere."""
    with listen(V4) as listener:
        listener.setsockopt(IP, IP_OPTIONS, RECORD_ROUTE + b"\0")
        client, server = pair(V4, listener=listener)
        with client, server:
            equal(server.getsockopt(IP, IP_OPTIONS, 64), b"", "options of the child")


def opened_with(peer, listener, **how):
    """Open a connection by a SYN that has something special; its SYN-ACK, its socket."""
    peer.dport = listener.getsockname()[1]
    peer.send("S", **how)
    answer = peer.sniffer.find(lambda s: s.flags == "SA" and s.dport == peer.sport)
    peer.take(answer)
    peer.send("A", flow=how.get("flow", 0))
    accepted, _ = listener.accept()
    return answer, accepted


def data_of(peer, server):
    """A segment that the accepted socket sends."""
    server.send(b"data")
    return peer.sniffer.find(lambda s: s.data == b"data")


def sum_is_right(seg, to):
    """A sum is about the last destination, whatever way the packet goes."""
    if seg.csum_ok is None:
        return True
    return checksum(pseudo(seg.src, to, len(seg.raw), PROTO) + seg.raw) == 0


@case()
def record_route__comes_back():
    """RFC 9293 MAY-11: with what the SYN has recorded, and our own address."""
    us = socket.inet_aton(net().addr("a", V4))
    before = socket.inet_aton("192.0.2.1")
    syn = b"\x07\x13\x08" + before + bytes(12)
    want = b"\x07\x13\x10" + before + us + us + bytes(4) + b"\0"
    with listen(V4, net().a) as listener, Peer(net()) as peer:
        answer, server = opened_with(peer, listener, ipopt=syn)
        with server:
            equal(answer.ipopt, want, "options of the SYN-ACK")
            check(sum_is_right(answer, answer.dst), "checksum")
            equal(data_of(peer, server).ipopt, want, "options of data")
            check(server.getsockopt(IP, IP_OPTIONS, 64).startswith(b"\x07\x13"),
                  "the socket does not show its options")


@case()
def timestamps__come_back():
    """RFC 9293 MAY-10, RFC 791: milliseconds since midnight, and who says so."""
    us = socket.inet_aton(net().addr("a", V4))
    syn = struct.pack("BBBB", TIMESTAMP, 20, 5, 1) + bytes(16)
    with listen(V4, net().a) as listener, Peer(net()) as peer:
        answer, server = opened_with(peer, listener, ipopt=syn)
        with server:
            for seg in (answer, data_of(peer, server)):
                equal(seg.ipopt[:4], struct.pack("BBBB", TIMESTAMP, 20, 21, 1), "option")
                for at in (4, 12):
                    equal(seg.ipopt[at:at + 4], us, "address")
                    stamp = struct.unpack("!I", seg.ipopt[at + 4:at + 8])[0]
                    now = int(time.time() * 1000) % 86400000
                    late = (now - stamp) % 86400000
                    check(late < 60000, f"stamp {stamp}, and now it is {now}")


@case()
def source_route__is_taken_backwards():
    """RFC 9293 MUST-53: all segments go back by the way that the SYN came."""
    us, peer_addr = net().addr("a", V4), net().addr("ghost", V4)
    hop = socket.inet_aton(ROUTER)
    syn = struct.pack("BBB", LSRR, 11, 12) + socket.inet_aton("10.77.0.99") + hop
    want = struct.pack("BBB", LSRR, 11, 4) + socket.inet_aton("10.77.0.99") \
        + socket.inet_aton(peer_addr) + b"\0"
    for dev in ("all", "va"):
        write(net().a, f"ipv4/conf/{dev}/accept_source_route", 1)
    with listen(V4, net().a) as listener, Peer(net()) as peer:
        neighbour(net().a, "va", ROUTER, peer.mac_b)
        answer, server = opened_with(peer, listener, ipopt=syn)
        with server:
            for seg in (answer, data_of(peer, server)):
                equal((seg.src, seg.dst), (us, ROUTER), "addresses of the packet")
                equal(seg.ipopt, want, "options")
                check(sum_is_right(seg, peer_addr), "checksum")


@case()
def source_route__not_where_it_is_refused():
    """A host that takes no source routes (the default) drops such a SYN."""
    for dev in ("all", "va"):
        write(net().a, f"ipv4/conf/{dev}/accept_source_route", 0)
    syn = struct.pack("BBB", LSRR, 7, 8) + socket.inet_aton(ROUTER)
    with listen(V4, net().a) as listener, Peer(net()) as peer:
        peer.dport = listener.getsockname()[1]
        peer.send("S", ipopt=syn)
        peer.quiet(0.3)


def packet_options(family_proto):
    """What IPV6_2292PKTOPTIONS says of an accepted socket, by name."""
    with listen(V6, proto=family_proto) as listener:
        for option in (IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS):
            listener.setsockopt(IP6, option, 1)
        client, server = pair(V6, listener=listener, proto=family_proto)
        with client, server:
            raw = server.getsockopt(IP6, IPV6_2292PKTOPTIONS, 1024)
    found = {}
    while raw:
        length, level, kind = struct.unpack("Qii", raw[:16])
        found[level, kind] = raw[16:length]
        raw = raw[(length + 7) & ~7:]
    return found


@case()
def packet_options__are_the_syns():
    """IPV6_RECV* on a listener: its children tell of the packet that opened them."""
    got = packet_options(PROTO)
    equal(len(got), 3, "options told")
    if IS_XTCP:
        equal(got, packet_options(6), "as TCP has it")


@case()
def flow_label__is_reflected():
    """net.ipv6.flowlabel_reflect: the peer's flow label comes back to him."""
    write(net().a, "ipv6/flowlabel_reflect", 1)
    try:
        with listen(V6, net().a) as listener, Peer(net(), V6) as peer:
            answer, server = opened_with(peer, listener, flow=0x12345)
            with server:
                equal(answer.flow, 0x12345, "label of the SYN-ACK")
                equal(data_of(peer, server).flow, 0x12345, "label of data")
    finally:
        write(net().a, "ipv6/flowlabel_reflect", 0)


@case()
def options_on_both_sides__of_a_connection():
    """A client's own options, set before connect(), are on its SYN and come back."""
    with listen(V4) as listener, sock(V4, ns=net().a) as client:
        client.setsockopt(IP, IP_OPTIONS, RECORD_ROUTE + b"\0")
        at = listener.getsockname()[1]
        with Sniffer(net().a, "va", at) as wire:
            client.connect((net().addr("b", V4), at))
            server, _ = listener.accept()
            with server:
                server.send(b"there")
                equal(recv_exact(client, 5), b"there", "data")
                for flags in ("S", "SA"):
                    seg = wire.find(lambda s, f=flags: s.flags == f)
                    equal(seg.ipopt[:2], RECORD_ROUTE[:2], f"options of {flags}")
                check(wire.find(lambda s: s.data == b"there").ipopt, "data without options")


main()
