# SPDX-License-Identifier: GPL-2.0
"""SO_ATTACH_FILTER: data that a socket's filter drops or truncates are retransmitted
(socket(7)).

A filter sees a segment from its header on, and returns how many bytes of it are kept.
"""
import contextlib
import ctypes
import socket
import struct

from lib import (SO_RCVBUFFORCE, V4, V6, case, check, equal, listen, main, net, noise, pair,
                 recv_exact, slow, states, wait_for)
from lib.wire import MOD, MSS, Peer, open_by_peer

BOTH = (V4, V6)
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
BPF_RET, HEADER = 6, 20
SUMS = "where no device has summed the segment it sums what the filter has left, and drops it"


def attach(s, keep):
    """Attach a filter of one instruction: keep so many bytes of each segment."""
    program = ctypes.create_string_buffer(struct.pack("HBBI", BPF_RET, 0, 0, keep))
    s.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                 struct.pack("HP", 1, ctypes.addressof(program)))


def detach(s):
    s.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)


@contextlib.contextmanager
def keeping_100(family, size):
    """(peer, its first number, data): the peer's data arrive completely at a socket whose
    filter keeps at most 100 bytes of a segment.
    """
    peer, server = open_by_peer(net(), family)
    data = noise(size)
    with peer, server:
        attach(server, HEADER + 100)
        start = peer.seq
        yield peer, start, data
        peer.seq = start + size
        equal(recv_exact(server, size), data, "data")


@case(BOTH)
def refused__comes_again(family):
    client, server = pair(family)
    with client, server:
        attach(server, 0)
        client.send(b"refused for now")
        server.setblocking(False)
        wait_for(lambda: struct.unpack("B", client.getsockopt(socket.IPPROTO_TCP, 11, 3)[2:])[0],
                 5, "a retransmission")
        detach(server)
        server.settimeout(slow(5))
        equal(recv_exact(server, 15), b"refused for now", "data")


@case(BOTH, xtcp_only=SUMS)
def cut_short__what_is_kept_is_acknowledged(family):
    """The rest is not: with a filter that keeps a tenth, all arrives in ten segments."""
    with keeping_100(family, 1000) as (peer, start, data):
        for at in range(0, 1000, 100):
            peer.send("PA", data[at:], seq=start + at)
            equal(peer.get("A").ack, (start + at + 100) % MOD, f"ACK of bytes from {at} on")


@case(BOTH, xtcp_only=SUMS)
def cut_short__out_of_order(family):
    """Text queued beyond a hole is no longer than what the filter kept."""
    with keeping_100(family, 300) as (peer, start, data):
        peer.send("PA", data[100:], seq=start + 100)
        equal(peer.get("A").ack, start, "ACK of what lies beyond a hole")
        peer.send("PA", data[:100], seq=start)
        equal(peer.get("A").ack, start + 200, "ACK")
        peer.send("PA", data[200:], seq=start + 200)
        equal(peer.get("A").ack, start + 300, "ACK of the rest")


@case(BOTH, xtcp_only="it takes the FIN where the filter has cut, and loses what was behind")
def cut_short__the_fin_stays_behind_the_data(family):
    peer, server = open_by_peer(net(), family)
    data = noise(150)
    with peer, server:
        attach(server, HEADER + 100)
        start = peer.seq
        peer.send("FPA", data, seq=start)
        equal(peer.get("A").ack, start + 100, "ACK of what was kept")
        peer.send("FPA", data[100:], seq=start + 100)
        equal(peer.get("A").ack, start + 151, "ACK of all, and of the FIN")
        peer.seq = start + 151
        equal(recv_exact(server, 150), data, "data")
        equal(server.recv(1), b"", "end of stream")


def third_segment(family, refuse, allow):
    """The listener starts to drop final ACKs, and stops again."""
    with Peer(net(), family) as peer, listen(family, net().a) as listener:
        peer.dport = listener.getsockname()[1]
        peer.send("S", opts=MSS)
        peer.take(peer.get("SA"))
        refuse(listener)
        peer.send("A")
        peer.send("PA", b"data", seq=peer.seq)
        equal(states(net().a, peer.dport), ["LISTEN", "SYN_RECV"], "while it is refused")
        allow(listener)
        peer.send("PA", b"data")
        server = listener.accept()[0]
        with server:
            equal(server.recv(10), b"data", "data")


@case(BOTH)
def refused__third_segment(family):
    third_segment(family, lambda listener: attach(listener, 0), detach)


@case(BOTH, xtcp_only="it asks for no TTL before there is a socket")
def refused__third_segment_from_afar(family):
    """IP_MINTTL, IPV6_MINHOPCOUNT: RFC 5082."""
    level, option = (socket.IPPROTO_IP, 21) if family == V4 else (socket.IPPROTO_IPV6, 73)
    third_segment(family, lambda listener: listener.setsockopt(level, option, 255),
                  lambda listener: listener.setsockopt(level, option, 64))


@case(BOTH)
def cut_short__by_a_listeners_filter(family):
    """The data of the final ACK; and the child has the filter, too."""
    data = noise(200)
    with Peer(net(), family) as peer, listen(family, net().a) as listener:
        peer.dport = listener.getsockname()[1]
        peer.send("S", opts=MSS)
        peer.take(peer.get("SA"))
        attach(listener, HEADER + 100)
        start = peer.seq
        peer.send("PA", data, seq=start)
        equal(peer.get("A").ack, start + 100, "ACK of what was kept")
        peer.send("PA", data[100:], seq=start + 100)
        equal(peer.get("A").ack, start + 200, "ACK of the rest")
        peer.seq = start + 200
        server = listener.accept()[0]
        with server:
            equal(recv_exact(server, 200), data, "data")


@case(BOTH, bound=60)
def cut_short__a_stream_arrives_whole(family):
    """From one socket to another, a part at a time."""
    client, server = pair(family)
    data = noise(60000)
    with client, server:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20)
        attach(server, 1200)
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        server.settimeout(slow(20))
        check(recv_exact(server, len(data)) == data, "the data differ")
        equal(server.recv(1), b"", "end of stream")


main()
