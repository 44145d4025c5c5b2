# SPDX-License-Identifier: GPL-2.0
"""What an accepted socket has from its listener, from the SYN, and from neither.

Lists and pointers shared by two sockets have caused double frees in other TCPs
(CVE-2017-8890): in a debug kernel these cases detect it.
"""
import contextlib
import errno
import socket
import struct
import time

from lib.devices import neighbour
from lib import (IS_XTCP, MAPPED, V4, V6, PROTO, case, check, equal, errno_of, listen, main, net,
                 pair, port, recv_exact, sock)
from lib.wire import Peer, Sniffer, checksum, pseudo

BOTH = (V4, V6)
IP, IP6 = socket.IPPROTO_IP, socket.IPPROTO_IPV6
IP_OPTIONS = 4
IPV6_2292PKTOPTIONS, IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS = 6, 49, 51, 66
IPV6_HOPOPTS, IPV6_FLOWLABEL_MGR = 54, 32
FL_GET, FL_EXCLUSIVE, FL_CREATE = 0, 1, 1
GROUP4, GROUP6 = "239.1.2.3", "ff02::1234"
RECORD_ROUTE = b"\x07\x0b\x04" + bytes(8)
LSRR, TIMESTAMP = 131, 68
ROUTER, OTHER_ROUTER = "10.77.0.78", "10.77.0.79"
IPV6_RTHDR, SEGMENTS = 57, 4        # RFC 8754
ROUTER6, NO_ROUTE6 = "fd77::78", "fd55::9"


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
    """Give a listener everything that it may own: a group, IP options, a flow label."""
    global _label
    join(s, net().b, family)
    if family == V4:
        s.setsockopt(IP, IP_OPTIONS, RECORD_ROUTE + b"\0")
        return
    s.setsockopt(IP6, IPV6_HOPOPTS, b"\0\0\x01\x04" + bytes(4))
    _label += 1     # a released one is reserved for some seconds
    label = socket.inet_pton(socket.AF_INET6, net().addr("a", V6)) \
        + struct.pack("!I", _label) + struct.pack("BBHHHI", FL_GET, FL_EXCLUSIVE, FL_CREATE, 0, 0, 0)
    s.setsockopt(IP6, IPV6_FLOWLABEL_MGR, label)


def close_all(order, listener, children):
    sockets = [listener, *children] if order == "listener first" else [*children, listener]
    for s in sockets:
        s.close()


@case(BOTH)
def listener_and_children__own_what_is_theirs(family):
    """Both are closed, in either order: the listener's objects are freed with it."""
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
    """The group is the listener's: when that one leaves, it has no member."""
    with listen(family) as listener:
        load(listener, family)
        client, server = pair(family, listener=listener)
        with client:
            check(is_member(net().b, family), "not in the group")
            server.close()
            check(is_member(net().b, family), "closing a child ended the membership")
        client, server = pair(family, listener=listener)
    with client, server:
        check(not is_member(net().b, family), "a child is in the group of its listener")


@case((V6,))
def child__has_options_of_its_own(family):
    """IPv6 options of the listener are copied: both may change their own."""
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
    """Not the listener's: the peer may be elsewhere."""
    with listen(V4) as listener:
        listener.setsockopt(IP, IP_OPTIONS, RECORD_ROUTE + b"\0")
        client, server = pair(V4, listener=listener)
        with client, server:
            equal(server.getsockopt(IP, IP_OPTIONS, 64), b"", "options of the child")


def opened_with(peer, listener, **how):
    """Open a connection by a SYN with special options; returns its SYN-ACK, its socket."""
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
    """The checksum is about the final destination, whatever the packet's route."""
    if seg.csum_ok is None:
        return True
    return checksum(pseudo(seg.src, to, len(seg.raw), PROTO) + seg.raw) == 0


@case()
def record_route__comes_back():
    """RFC 9293 MAY-11: with the addresses that the SYN recorded, and our own."""
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
    """RFC 9293 MAY-10, RFC 791: milliseconds since midnight, and our address."""
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
def unknown_options__are_ignored():
    """RFC 9293 MUST-50: options beside them count; they are not returned."""
    unknown = b"\x9e\x04\xab\xcd"      # RFC 4727: for experiments
    with listen(V4, net().a) as listener, Peer(net()) as peer:
        answer, server = opened_with(peer, listener, ipopt=unknown + RECORD_ROUTE + b"\0")
        with server:
            for seg in (answer, data_of(peer, server)):
                equal(seg.ipopt[:3], b"\x07\x0b\x0c", "what comes back")
                check(b"\xab\xcd" not in seg.ipopt, f"{seg.ipopt.hex()} is returned")
            peer.send("A", b"taken", ipopt=unknown)
            equal(recv_exact(server, 5), b"taken", "data")


def hops(pointer, *addrs):
    """A loose source route, as it is on the wire"""
    raw = b"".join(socket.inet_aton(a) for a in addrs)
    return struct.pack("BBB", LSRR, 3 + len(raw), pointer) + raw + b"\0"


def used(*addrs):
    """The same, at its end"""
    return hops(4 + 4 * len(addrs), *addrs)


@contextlib.contextmanager
def source_routes(peer):
    """The host accepts source routes; the peer plays all routers, too."""
    for dev in ("all", "va"):
        write(net().a, f"ipv4/conf/{dev}/accept_source_route", 1)
    for router in (ROUTER, OTHER_ROUTER):
        neighbour(net().a, "va", router, peer.mac_b)
    try:
        yield
    finally:
        for dev in ("all", "va"):
            write(net().a, f"ipv4/conf/{dev}/accept_source_route", 0)


def goes_by(seg, first, options, last):
    """The segment goes to this hop first; its checksum is about the last."""
    equal((seg.src, seg.dst), (net().addr("a", V4), first), "addresses of the packet")
    equal(seg.ipopt, options, "options")
    check(sum_is_right(seg, last), "checksum")


@case()
def source_route__is_taken_backwards():
    """RFC 9293 MUST-53: all segments return by the reversed route of the SYN."""
    peer_addr = net().addr("ghost", V4)
    with listen(V4, net().a) as listener, Peer(net()) as peer, source_routes(peer):
        answer, server = opened_with(peer, listener,
                                     ipopt=used("10.77.0.98", "10.77.0.99", ROUTER))
        with server:
            for seg in (answer, data_of(peer, server)):
                goes_by(seg, ROUTER, hops(4, "10.77.0.99", "10.77.0.98", peer_addr), peer_addr)


@case(xtcp_only="TCP stays with that of the SYN")
def source_route__a_later_one_holds():
    """RFC 9293 SHLD-24: a segment has come by another route: return by that."""
    peer_addr = net().addr("ghost", V4)
    with listen(V4, net().a) as listener, Peer(net()) as peer, source_routes(peer):
        answer, server = opened_with(peer, listener, ipopt=used(ROUTER))
        with server:
            goes_by(answer, ROUTER, hops(4, peer_addr), peer_addr)
            peer.send("A", b"this way", ipopt=used(OTHER_ROUTER))
            equal(recv_exact(server, 8), b"this way", "data")
            goes_by(data_of(peer, server), OTHER_ROUTER, hops(4, peer_addr), peer_addr)
            peer.take(peer.sniffer.find(lambda s: s.data == b"data"))
            peer.send("A")
            peer.send("A", b"forged", seq=peer.seq + 100000, ipopt=used(ROUTER))
            server.send(b"more")
            goes_by(peer.sniffer.find(lambda s: s.data == b"more"), OTHER_ROUTER,
                    hops(4, peer_addr), peer_addr)


def opened_by_route(peer, client, **how):
    """Connect to the peer by the program's source route; returns its SYN, and its final ACK"""
    client.setsockopt(IP, IP_OPTIONS, hops(4, ROUTER))
    client.setblocking(False)
    errno_of(client.connect, (net().addr("ghost", V4), peer.sport))
    syn = peer.sniffer.find(lambda s: s.flags == "S" and s.dport == peer.sport)
    peer.dport = syn.sport
    peer.take(syn)
    peer.send("SA", **how)
    return syn, peer.sniffer.find(lambda s: s.flags == "A" and s.dport == peer.sport)


@case()
def source_route__of_the_program():
    """RFC 9293 MUST-51: set before connect(), it leads the SYN and all that follows."""
    peer_addr = net().addr("ghost", V4)
    with sock(V4, ns=net().a) as client, Peer(net()) as peer, source_routes(peer):
        for seg in (*opened_by_route(peer, client), data_of(peer, client)):
            goes_by(seg, ROUTER, hops(4, peer_addr), peer_addr)


@case()
def source_route__of_the_program_goes_first():
    """RFC 9293 MUST-52: the routes of the peer's segments change nothing."""
    peer_addr = net().addr("ghost", V4)
    with sock(V4, ns=net().a) as client, Peer(net()) as peer, source_routes(peer):
        _, third = opened_by_route(peer, client, ipopt=used(OTHER_ROUTER))
        peer.send("A", b"this way", ipopt=used(OTHER_ROUTER))
        client.setblocking(True)
        equal(recv_exact(client, 8), b"this way", "data")
        for seg in (third, data_of(peer, client)):
            goes_by(seg, ROUTER, hops(4, peer_addr), peer_addr)


@case((V4, MAPPED), xtcp_only="TCP stays with that of the SYN")
def source_route__set_on_a_child_goes_first(family):
    """RFC 9293 MUST-52: likewise if it is set on a connection that a SYN has opened."""
    peer_addr = net().addr("ghost", V4)
    with listen(family, net().a) as listener, Peer(net()) as peer, source_routes(peer):
        _, server = opened_with(peer, listener, ipopt=used(ROUTER))
        with server:
            server.setsockopt(IP, IP_OPTIONS, hops(4, OTHER_ROUTER))
            peer.send("A", b"this way", ipopt=used(ROUTER))
            equal(recv_exact(server, 8), b"this way", "data")
            goes_by(data_of(peer, server), OTHER_ROUTER, hops(4, peer_addr), peer_addr)


@case()
def source_route__of_what_is_refused():
    """RFC 1122 section 3.2.1.8: a reply without a socket returns by it, too."""
    peer_addr = net().addr("ghost", V4)
    with Peer(net()) as peer, source_routes(peer):
        peer.dport = port()
        peer.send("A", ipopt=used(ROUTER))
        goes_by(peer.sniffer.find(lambda s: s.flags == "R" and s.dport == peer.sport), ROUTER,
                hops(4, peer_addr), peer_addr)


@case()
def routing_header__of_the_program():
    """IPV6_RTHDR: the route is looked up for its first hop, the checksum is about its last."""
    six = socket.AF_INET6
    header = struct.pack("BBBBBBH", 0, 4, SEGMENTS, 1, 1, 0, 0) + bytes(16) \
        + socket.inet_pton(six, ROUTER6)
    with sock(V6, ns=net().a) as client, Peer(net(), V6) as peer:
        neighbour(net().a, "va", ROUTER6, peer.mac_b)
        client.setsockopt(IP6, IPV6_RTHDR, header)
        client.setblocking(False)
        equal(errno_of(client.connect, (NO_ROUTE6, peer.sport)), errno.EINPROGRESS, "connect()")
        syn = peer.sniffer.find(lambda s: s.flags == "S" and s.dport == peer.sport)
        equal((syn.dst, syn.ext), (ROUTER6, [43]), "where the SYN goes, and its headers")
        check(sum_is_right(syn, NO_ROUTE6), "checksum")


@case()
def source_route__not_where_it_is_refused():
    """A host that accepts no source routes (the default) drops such a SYN."""
    for dev in ("all", "va"):
        write(net().a, f"ipv4/conf/{dev}/accept_source_route", 0)
    syn = struct.pack("BBB", LSRR, 7, 8) + socket.inet_aton(ROUTER)
    with listen(V4, net().a) as listener, Peer(net()) as peer:
        peer.dport = listener.getsockname()[1]
        peer.send("S", ipopt=syn)
        peer.quiet(0.3)


def packet_options(family_proto):
    """IPV6_2292PKTOPTIONS of an accepted socket, by name."""
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
    """IPV6_RECV* on a listener: its children report about the SYN's packet."""
    got = packet_options(PROTO)
    equal(len(got), 3, "options told")
    if IS_XTCP:
        equal(got, packet_options(6), "as TCP has it")


@case()
def flow_label__is_reflected():
    """net.ipv6.flowlabel_reflect: the peer's flow label is used in replies."""
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
