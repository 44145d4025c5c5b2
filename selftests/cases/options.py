# SPDX-License-Identifier: GPL-2.0
"""Socket options: what is set can be read back, as in the kernel's own TCP."""
import errno
import fcntl
import os
import select
import socket
import struct
import time

from lib import (FAMILIES, MAPPED, PROTO, SO_DOMAIN, SO_PROTOCOL, SOL_TCP, V4, V6, Child, case,
                 check, disconnect, equal, errname, errno_of, knob, listen, main, net, pair,
                 readable, recv_exact, sock, wait_for)
from lib.wire import Sniffer, open_to_peer

PROTOS = sorted({6, PROTO})
SOL = socket.SOL_SOCKET
SO_BUSY_POLL = 46
IP, IP6 = socket.IPPROTO_IP, socket.IPPROTO_IPV6


def both(scenario, *args):
    """scenario(proto) must give the same result for the kernel's TCP and for xtcp."""
    results = [scenario(proto, *args) for proto in PROTOS]
    check(all(r == results[0] for r in results),
          f"protocols {PROTOS} differ: {results}")
    return results[0]


@case(FAMILIES)
def describe__itself(family):
    domain = socket.AF_INET if family == V4 else socket.AF_INET6
    with sock(family, ns=net().b) as s:
        equal(s.getsockopt(SOL, socket.SO_TYPE), socket.SOCK_STREAM, "SO_TYPE")
        equal(s.getsockopt(SOL, SO_PROTOCOL), PROTO, "SO_PROTOCOL")
        equal(s.getsockopt(SOL, SO_DOMAIN), domain, "SO_DOMAIN")
        equal(s.getsockopt(SOL, socket.SO_ACCEPTCONN), 0, "SO_ACCEPTCONN")
    with listen(family) as s:
        equal(s.getsockopt(SOL, socket.SO_ACCEPTCONN), 1, "SO_ACCEPTCONN of a listener")
    client, server = pair(family)
    with client, server:
        equal(server.getsockopt(SOL, SO_PROTOCOL), PROTO, "SO_PROTOCOL of an accepted socket")
        equal(server.getsockopt(SOL, SO_DOMAIN), domain, "SO_DOMAIN of an accepted socket")


# level, option, name, values to set; what is read back must be the same as on TCP.
INTEGERS = [
    (SOL, socket.SO_KEEPALIVE, "SO_KEEPALIVE", (1, 0)),
    (SOL, socket.SO_REUSEADDR, "SO_REUSEADDR", (1, 0)),
    (SOL, socket.SO_REUSEPORT, "SO_REUSEPORT", (1, 0)),
    (SOL, socket.SO_OOBINLINE, "SO_OOBINLINE", (1, 0)),
    (SOL, socket.SO_RCVLOWAT, "SO_RCVLOWAT", (1, 100, 0)),
    (SOL, socket.SO_SNDBUF, "SO_SNDBUF", (1, 8192, 100000)),
    (SOL, socket.SO_RCVBUF, "SO_RCVBUF", (1, 8192, 100000)),
    (SOL, socket.SO_PRIORITY, "SO_PRIORITY", (3, 0)),
    (SOL, socket.SO_MARK, "SO_MARK", (7, 0)),
    (SOL_TCP, socket.TCP_NODELAY, "TCP_NODELAY", (1, 0, 5)),
    (SOL_TCP, socket.TCP_CORK, "TCP_CORK", (1, 0)),
    (SOL_TCP, socket.TCP_KEEPIDLE, "TCP_KEEPIDLE", (1, 100, 32767)),
    (SOL_TCP, socket.TCP_KEEPINTVL, "TCP_KEEPINTVL", (1, 9, 32767)),
    (SOL_TCP, socket.TCP_KEEPCNT, "TCP_KEEPCNT", (1, 4, 127)),
    (SOL_TCP, socket.TCP_SYNCNT, "TCP_SYNCNT", (1, 3, 127)),
    (SOL_TCP, socket.TCP_LINGER2, "TCP_LINGER2", (5, 30, -1)),
    (SOL_TCP, socket.TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT", (0, 5000)),
]
V4_INTEGERS = [(IP, socket.IP_TOS, "IP_TOS", (0x10, 0x28)), (IP, socket.IP_TTL, "IP_TTL", (9, 64))]
V6_INTEGERS = [(IP6, socket.IPV6_TCLASS, "IPV6_TCLASS", (0x10, 0)),
               (IP6, socket.IPV6_UNICAST_HOPS, "IPV6_UNICAST_HOPS", (9, 64)),
               (IP6, socket.IPV6_V6ONLY, "IPV6_V6ONLY", (1, 0))]


@case((V4, V6))
def integers__set_and_read(family):
    options = INTEGERS + (V4_INTEGERS if family == V4 else V6_INTEGERS)
    for level, option, name, values in options:
        for value in values:
            def scenario(proto):
                with sock(family, proto, net().a) as s:
                    s.setsockopt(level, option, value)
                    return name, value, s.getsockopt(level, option)
            got = both(scenario)[2]
            if option not in (socket.SO_SNDBUF, socket.SO_RCVBUF) and value not in (0, 5, -1):
                equal(got, value, name)


@case(FAMILIES)
def integers__on_a_connection(family):
    client, server = pair(family)
    with client, server:
        for level, option, name, values in INTEGERS:
            if name in ("SO_REUSEADDR", "SO_REUSEPORT", "SO_SNDBUF", "SO_RCVBUF", "TCP_CORK"):
                continue
            client.setsockopt(level, option, values[0])
            equal(client.getsockopt(level, option), values[0], name)


@case((V4, V6))
def defaults__are_the_knobs(family):
    for option, knob_name in ((socket.TCP_KEEPIDLE, "keepalive_time"),
                              (socket.TCP_KEEPINTVL, "keepalive_intvl"),
                              (socket.TCP_KEEPCNT, "keepalive_probes"),
                              (socket.TCP_SYNCNT, "syn_retries")):
        with sock(family, ns=net().a) as s:
            equal(str(s.getsockopt(SOL_TCP, option)), knob(net().a, knob_name), knob_name)


@case(FAMILIES)
def structures__set_and_read(family):
    def scenario(proto):
        with sock(family, proto, net().a) as s:
            s.setsockopt(SOL, socket.SO_LINGER, struct.pack("ii", 1, 7))
            s.setsockopt(SOL, socket.SO_RCVTIMEO, struct.pack("ll", 3, 500000))
            s.setsockopt(SOL, socket.SO_SNDTIMEO, struct.pack("ll", 4, 0))
            return (struct.unpack("ii", s.getsockopt(SOL, socket.SO_LINGER, 8)),
                    struct.unpack("ll", s.getsockopt(SOL, socket.SO_RCVTIMEO, 16)),
                    struct.unpack("ll", s.getsockopt(SOL, socket.SO_SNDTIMEO, 16)))
    linger, rcv, snd = both(scenario)
    equal(linger, (1, 7), "SO_LINGER")
    equal(snd, (4, 0), "SO_SNDTIMEO")
    equal(rcv[0], 3, "SO_RCVTIMEO")


@case(FAMILIES)
def accepted__inherits_from_the_listener(family):
    def scenario(proto):
        with listen(family, proto=proto) as listener:
            listener.setsockopt(SOL, socket.SO_KEEPALIVE, 1)
            listener.setsockopt(SOL, socket.SO_LINGER, struct.pack("ii", 1, 5))
            listener.setsockopt(SOL, socket.SO_RCVBUF, 50000)
            listener.setsockopt(SOL_TCP, socket.TCP_NODELAY, 1)
            listener.setsockopt(SOL_TCP, socket.TCP_KEEPIDLE, 33)
            client, server = pair(family, proto=proto, listener=listener)
            with client, server:
                return (server.getsockopt(SOL, socket.SO_KEEPALIVE),
                        struct.unpack("ii", server.getsockopt(SOL, socket.SO_LINGER, 8)),
                        server.getsockopt(SOL, socket.SO_RCVBUF),
                        server.getsockopt(SOL_TCP, socket.TCP_NODELAY),
                        server.getsockopt(SOL_TCP, socket.TCP_KEEPIDLE))
    equal(both(scenario), (1, (1, 5), 100000, 1, 33), "inherited options")


@case(FAMILIES)
def maxseg__of_a_connection_is_what_the_link_takes(family):
    """MSS is the MTU less the headers (RFC 9293 3.7.1); timestamps take 12 more bytes."""
    client, server = pair(family)
    with client, server:
        room = 1500 - (60 if family == V6 else 40)
        for s in (client, server):
            mss = s.getsockopt(SOL_TCP, socket.TCP_MAXSEG)
            check(mss in (room, room - 12), f"TCP_MAXSEG is {mss}, the link takes {room}")


@case((V4, V6))
def maxseg__set_before_connect_is_announced(family):
    with listen(family) as listener, sock(family, ns=net().a) as client:
        with Sniffer(net().a, "va", listener.getsockname()[1]) as wire:
            client.setsockopt(SOL_TCP, socket.TCP_MAXSEG, 700)
            client.connect((net().addr("b", family), listener.getsockname()[1]))
            syn = wire.find(lambda s: s.flags == "S")
            equal(struct.unpack("!H", syn.opts[2])[0], 700, "MSS in the SYN")
            server, _ = listener.accept()
            with server:
                server.sendall(bytes(5000))
                recv_exact(client, 5000)
                seg = wire.find(lambda s: len(s.data) > 0)
                check(all(len(s.data) <= 700 for s in wire.seen if s.sport == seg.sport)
                      or len(seg.data) % 700 == 0 or len(seg.data) % 688 == 0,
                      f"{seg} does not respect an MSS of 700")


@case(FAMILIES)
def info__tells_the_state(family):
    """The first byte of TCP_INFO is the state, numbered as in /proc/net/tcp."""
    def state(s):
        return s.getsockopt(SOL_TCP, socket.TCP_INFO, 232)[0]
    with sock(family, ns=net().a) as s:
        equal(state(s), 7, "state of a fresh socket")
    with listen(family) as s:
        equal(state(s), 10, "state of a listener")
    client, server = pair(family)
    with client, server:
        equal(state(client), 1, "state of a connection")
        client.shutdown(socket.SHUT_WR)
        wait_for(lambda: state(server) == 8, what="CLOSE-WAIT")
        wait_for(lambda: state(client) == 5, what="FIN-WAIT-2")


@case((V4, V6))
def tos_and_ttl__on_the_wire(family):
    """IP_TOS, IP_TTL and their v6 counterparts apply to the packets."""
    client, server = pair(family)
    with client, server:
        at = client.getsockname()[1]
        if family == V4:
            client.setsockopt(IP, socket.IP_TOS, 0x28)
            client.setsockopt(IP, socket.IP_TTL, 9)
        else:
            client.setsockopt(IP6, socket.IPV6_TCLASS, 0x28)
            client.setsockopt(IP6, socket.IPV6_UNICAST_HOPS, 9)
        with Sniffer(net().a, "va", at) as wire:
            client.send(b"x")
            server.recv(1)
            seg = wire.find(lambda s: s.data == b"x")
            equal((seg.tos, seg.ttl), (0x28, 9), "traffic class and hop limit")


@case((V4, V6))
def cork__holds_until_it_is_pulled(family):
    client, server = pair(family)
    with client, server:
        at = client.getsockname()[1]
        with Sniffer(net().a, "va", at) as wire:
            client.setsockopt(SOL_TCP, socket.TCP_CORK, 1)
            client.send(b"one ")
            client.send(b"two ")
            client.setsockopt(SOL_TCP, socket.TCP_CORK, 0)
            equal(recv_exact(server, 8), b"one two ", "data")
            sent = [s.data for s in wire.poll() if s.data]
            equal(sent, [b"one two "], "segments")


@case((V4, V6))
def nodelay__sends_each_write(family):
    """RFC 9293 MUST-17: an application can turn Nagle's algorithm off."""
    client, server = pair(family)
    with client, server:
        client.setsockopt(SOL_TCP, socket.TCP_NODELAY, 1)
        with Sniffer(net().a, "va", client.getsockname()[1]) as wire:
            for _ in range(5):
                client.send(b"x")
            recv_exact(server, 5)
            wait_for(lambda: [s.data for s in wire.poll() if s.data] == [b"x"] * 5,
                     what="five segments of a byte")


@case((V4, V6))
def nagle__gathers_small_writes(family):
    """RFC 9293 3.7.4: while data is unacknowledged, small writes wait."""
    client, server = pair(family)
    with client, server:
        with Sniffer(net().a, "va", client.getsockname()[1]) as wire:
            for _ in range(50):
                client.send(b"x")
            recv_exact(server, 50)
            wait_for(lambda: sum(len(s.data) for s in wire.poll()) >= 50, what="all bytes")
            count = sum(1 for s in wire.seen if s.data)
            check(count < 50, f"50 one-byte writes went in {count} segments")


@case((V4, V6))
def rcvlowat__holds_poll_back(family):
    client, server = pair(family)
    with client, server:
        server.setsockopt(SOL, socket.SO_RCVLOWAT, 10)
        server.setblocking(True)
        client.send(b"12345")
        wait_for(lambda: pending(server) == 5, what="five bytes")
        check(not readable(server, 0), "readable below SO_RCVLOWAT")
        client.send(b"67890")
        check(readable(server), "not readable at SO_RCVLOWAT")
        equal(server.recv(100), b"1234567890", "data")


@case((V4, V6))
def rcvlowat__larger_than_the_buffer(family):
    """The buffer grows with SO_RCVLOWAT: the peer may send as much as is waited for."""
    mark = 1 << 20
    client, server = pair(family)
    with client, server:
        server.setsockopt(SOL, socket.SO_RCVLOWAT, mark)
        equal(server.getsockopt(SOL, socket.SO_RCVLOWAT), mark, "SO_RCVLOWAT")
        check(server.getsockopt(SOL, socket.SO_RCVBUF) >= mark, "the buffer is smaller")

        def send():
            client.sendall(bytes(mark))
            client.recv(1)
        child = Child(send)
        check(readable(server, 10), f"not readable, {pending(server)} bytes wait")
        check(pending(server) >= mark // 2, f"readable with only {pending(server)} bytes")
        equal(len(recv_exact(server, mark)), mark, "bytes")
        server.send(b"!")
        child.join()


@case((V4, V6))
def rcvlowat__no_larger_than_a_fixed_buffer(family):
    def scenario(proto):
        with sock(family, proto, net().a) as s:
            s.setsockopt(SOL, socket.SO_RCVBUF, 20000)
            s.setsockopt(SOL, socket.SO_RCVLOWAT, 1 << 30)
            large = s.getsockopt(SOL, socket.SO_RCVLOWAT)
            s.setsockopt(SOL, socket.SO_RCVLOWAT, -1)
            return large, s.getsockopt(SOL, socket.SO_RCVLOWAT), s.getsockopt(SOL, socket.SO_RCVBUF)
    equal(both(scenario), (20000, 20000, 40000), "SO_RCVLOWAT, that of -1, SO_RCVBUF")


@case((V4, V6))
def rcvlowat__a_full_buffer_is_readable(family):
    """If the peer may send no more, waiting for more is useless."""
    with listen(family) as listener:
        listener.setsockopt(SOL, socket.SO_RCVBUF, 20000)
        client, server = pair(family, listener=listener)
    with client, server:
        server.setsockopt(SOL, socket.SO_RCVLOWAT, 20000)
        server.setsockopt(SOL, socket.SO_RCVBUF, 3000)
        client.setsockopt(SOL_TCP, socket.TCP_NODELAY, 1)
        client.setblocking(False)
        sent = 0
        while not readable(server, 0):
            check(sent < 1 << 22, "never readable")
            try:
                sent += client.send(bytes(100))
            except BlockingIOError:
                check(readable(server, 2), f"not readable, {pending(server)} bytes wait")
        client.setblocking(True)
        check(pending(server) > 0, "readable, but empty")


@case((V4, V6))
def rcvlowat__lowering_it_wakes(family):
    """Edge-triggered, too: data that were too little are enough now."""
    client, server = pair(family)
    with client, server, select.epoll() as edge:
        server.setsockopt(SOL, socket.SO_RCVLOWAT, 10)
        edge.register(server, select.EPOLLIN | select.EPOLLET)
        client.send(b"12345")
        wait_for(lambda: pending(server) == 5, what="five bytes")
        check(not edge.poll(0), "readable below SO_RCVLOWAT")
        server.setsockopt(SOL, socket.SO_RCVLOWAT, 6)
        check(not edge.poll(0), "readable, still below SO_RCVLOWAT")
        server.setsockopt(SOL, socket.SO_RCVLOWAT, 5)
        check(edge.poll(1), "not woken")
        equal(server.recv(100), b"12345", "data")


@case((V4, V6), xtcp_only="TCP's peek waits for ever")
def rcvlowat__a_peek_for_more_than_fits_ends(family):
    with listen(family) as listener:
        listener.setsockopt(SOL, socket.SO_RCVBUF, 20000)
        client, server = pair(family, listener=listener)
    with client, server:
        child = Child(lambda: client.sendall(bytes(100000)))
        got = len(server.recv(50000, socket.MSG_PEEK | socket.MSG_WAITALL))
        check(1000 < got < 50000, f"{got} bytes peeked at")
        recv_exact(server, 100000)
        child.join()


def pending(s):
    return struct.unpack("i", fcntl.ioctl(s, 0x541B, b"\0\0\0\0"))[0]


def info(s):
    """TCP_INFO's counters by name."""
    raw = s.getsockopt(SOL_TCP, socket.TCP_INFO, 232)
    names = dict(retrans=100, bytes_acked=120, bytes_received=128, segs_out=136, segs_in=140,
                 data_segs_in=152, data_segs_out=156, bytes_sent=200, bytes_retrans=208)
    return {name: struct.unpack_from("Q" if name.startswith("bytes") else "I", raw, at)[0]
            for name, at in names.items()}


@case((V4, V6))
def info__counts(family):
    """Monitoring reads them: a zero that means "not known" looks like "no loss"."""
    client, server = pair(family)
    with client, server:
        client.send(bytes(3000))
        recv_exact(server, 3000)
        server.send(bytes(700))
        recv_exact(client, 700)
        wait_for(lambda: info(server)["bytes_acked"] >= 700, what="an ACK of the answer")
        mine, theirs = info(client), info(server)
        for name in ("retrans", "bytes_retrans"):
            equal((mine[name], theirs[name]), (0, 0), name)
        check(mine["bytes_acked"] in (3000, 3001), f"bytes_acked {mine}")    # and a SYN, by TCP
        equal((mine["bytes_sent"], mine["bytes_received"]), (3000, 700), "bytes of the client")
        equal((theirs["bytes_sent"], theirs["bytes_received"]), (700, 3000), "bytes of the server")
        equal(mine["data_segs_out"], theirs["data_segs_in"], "segments with data")
        check(mine["data_segs_out"] >= 2, f"fewer than two segments: {mine}")
        equal(theirs["data_segs_out"], mine["data_segs_in"], "segments with data, back")
        for each in (mine, theirs):
            check(each["segs_out"] > each["data_segs_out"], f"ACKs are not counted: {each}")
            check(each["segs_in"] >= each["data_segs_in"], f"ACKs are not counted: {each}")


@case((V4, V6))
def info__counts_what_goes_again(family):
    peer, s = open_to_peer(net(), family)
    with peer, s:
        s.send(bytes(1000))
        peer.get("A")
        first, again = peer.get("A", bound=10), peer.get("A", bound=10)
        equal((first.seq, first.data), (again.seq, again.data), "a retransmission")
        said = info(s)
        equal((said["retrans"], said["bytes_retrans"]), (2, 2000), "retransmissions")
        equal((said["bytes_sent"], said["data_segs_out"]), (3000, 3), "all that was sent")
        equal(said["bytes_acked"] <= 1, True, "nothing is acknowledged")
        # another connection starts from zero
        disconnect(s)
        equal(set(info(s).values()), {0}, "counters of a socket without a connection")


STAMPS = {"SO_TIMESTAMP": (29, 1, 1e-6), "SO_TIMESTAMPNS": (35, 1, 1e-9),
          "SO_TIMESTAMPING": (37, 1 << 3 | 1 << 4, 1e-9)}


@case((V4, V6))
def timestamps__of_a_segment_in_the_queue(family):
    """A segment that arrived before the option was set has no timestamp."""
    client, server = pair(family)
    with client, server:
        client.send(b"x")
        check(readable(server), "no data")
        came = time.time()
        time.sleep(0.3)
        server.setsockopt(SOL, 35, 1)
        data, told, _, _ = server.recvmsg(100, 512)
        equal(data, b"x", "data")
        for _, _, stamp in told:    # some other socket may have timestamps switched on
            seconds, parts = struct.unpack_from("ll", stamp)
            check(seconds + parts * 1e-9 < came + 0.2, "the timestamp is that of the read")


@case((V4, V6))
def timestamps__tell_when_bytes_came(family):
    """SO_TIMESTAMP and its kin: the arrival of the last byte of a read, not the time of the
    read.
    """
    client, server = pair(family)
    with client, server:
        for name, (option, value, unit) in STAMPS.items():
            server.setsockopt(SOL, option, value)
            time.sleep(0.1)
            for text in (b"tick", b"tock"):
                before = time.time()
                client.send(text)
                time.sleep(0.3)
            after = time.time()
            for flags in (socket.MSG_PEEK, 0):
                data, told, _, _ = server.recvmsg(100, 512, flags)
                equal(data, b"ticktock", "data")
                equal([(level, kind) for level, kind, _ in told], [(SOL, option)], name)
                seconds, parts = struct.unpack_from("ll", told[0][2])
                when = seconds + parts * unit
                check(before - 0.05 <= when <= after - 0.2,
                      f"{name}: {when - before} s after send()")
            server.setsockopt(SOL, option, 0)
            client.send(b"x")
            equal(server.recvmsg(100, 512)[:2], (b"x", []), f"{name} is off")


@case((V4, V6))
def incoming__processor_and_queue(family):
    """SO_INCOMING_CPU, SO_INCOMING_NAPI_ID: where the connection's segments are received."""
    SO_INCOMING_CPU, SO_INCOMING_NAPI_ID = 49, 56
    def scenario(proto):
        client, server = pair(family, proto=proto)
        with client, server:
            client.send(b"x")
            server.recv(1)
            known = [s.getsockopt(SOL, SO_INCOMING_CPU) in range(os.cpu_count() or 1)
                     for s in (client, server)]
            return (all(known), errname(errno_of(server.getsockopt, SOL, SO_INCOMING_NAPI_ID)),
                    errname(errno_of(server.setsockopt, SOL, SO_BUSY_POLL, 50)))
    check(both(scenario)[0], "no such processor")


@case((V4, V6))
def control__must_be_right(family):
    """Control messages to sendmsg() have no effect on a stream, but invalid ones are refused."""
    def scenario(proto):
        client, server = pair(family, proto=proto)
        with client, server:
            said = [errname(errno_of(client.sendmsg, [b"x"], [control])) for control in (
                (SOL, 37, struct.pack("I", 1 << 1)), (SOL, 37, b"x"), (SOL, 999, b"1234"),
                (SOL, socket.SO_MARK, struct.pack("I", 7)), (IP, 999, b"1234"))]
            return said, len(server.recv(100))
    both(scenario)


@case()
def v6only__fixed_once_bound():
    for proto in PROTOS:
        with listen(MAPPED, proto=proto) as s:
            equal(errname(errno_of(s.setsockopt, IP6, socket.IPV6_V6ONLY, 1)),
                  errname(errno.EINVAL), "errno")


main()
