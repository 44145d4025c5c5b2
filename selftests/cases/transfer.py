# SPDX-License-Identifier: GPL-2.0
"""Every byte arrives, once and in order, whatever the link and the programs do."""
import json
import random
import socket
import time

from lib import (FAMILIES, MAPPED, PLACE, SIZE, SOL_TCP, V4, V6, Child, Net, case, check, equal,
                 listen, main, net, pair, recv_exact, run, sock)
from lib.stream import duplex, exchange, one_way
from lib.wire import Sniffer


class Lossy(Net):
    """A link that really loses 2 % each way, reorders and duplicates.

    netem acts on whole packets, and a packet of the stack may hold many segments: gso_max_segs
    1 makes each a packet, so that 2 % is 2 %.
    """

    def __init__(self):
        super().__init__()
        for ns, dev in ((self.a, "va"), (self.b, "vb")):
            with ns:
                run("ip", "link", "set", dev, "gso_max_segs", "1")
                run("tc", "qdisc", "add", "dev", dev, "root", "netem", "limit", "20000",
                    "delay", "2ms", "loss", "2%", "reorder", "3%", "duplicate", "1%")

    def lost(self, ns, dev):
        """(segments lost, segments sent) by one end's netem."""
        with ns:
            stats = json.loads(run("tc", "-s", "-j", "qdisc", "show", "dev", dev))[0]
        return stats["drops"], stats["drops"] + stats["packets"]


@case(FAMILIES, bound=120)
def lossy__each_way_at_once(family):
    """2 % loss, reordering and duplication: every byte arrives unchanged."""
    total = SIZE["lossy"] // (10 if family == MAPPED else 1)
    with Lossy() as link:
        exchange(family, total, link)
        for ns, dev in ((link.a, "va"), (link.b, "vb")):
            drops, sent = link.lost(ns, dev)
            print(f"# {dev}: lost {drops} of {sent} segments")
            check(sent > total / 1500, f"only {sent} segments: netem sees bigger packets")
            # five standard deviations of a binomial: exceeded by chance once in a million runs;
            # netem that drops 64 KiB at a time (0.37 %) is far outside for full sizes
            spread = 5 * (sent * 0.02 * 0.98) ** 0.5
            check(abs(drops - 0.02 * sent) <= spread, f"lost {drops} of {sent}: not a real 2 %")


@case((V4, V6), bound=60)
def lossy__many_connections(family):
    """Twenty connections share the lossy link."""
    total = SIZE["lossy"] // 200
    with Lossy() as link, listen(family, link.b) as listener:
        def serve():
            for _ in range(20):
                s, _ = listener.accept()
                Child(echo, s)
                s.close()

        def echo(s):
            while part := s.recv(65536):
                s.sendall(part)

        def talk(seed):
            with sock(family, ns=link.a) as s:
                s.connect((link.addr("b", family), listener.getsockname()[1]))
                duplex(s, seed, seed, total)
        server = Child(serve)
        clients = [Child(talk, seed) for seed in range(20)]
        for client in clients:
            client.join()
        server.join()


@case(FAMILIES, bound=60)
def clean__each_way_at_once(family):
    exchange(family, SIZE["bulk"])


@case(FAMILIES)
def sizes__one_byte_writes(family):
    client, server = pair(family)
    with client, server:
        client.setsockopt(SOL_TCP, socket.TCP_NODELAY, 1)
        data = random.Random(4).randbytes(1000)
        for i, byte in enumerate(data):
            client.send(data[i:i + 1])
            if i % 2:
                equal(recv_exact(server, 2), data[i - 1:i + 1], "bytes")
        server.setblocking(False)
        equal(byte, data[-1], "last byte")


@case(FAMILIES)
def sizes__one_byte_writes_gathered(family):
    one_way(family, 20000, chunk=1)


@case(FAMILIES, bound=60)
def sizes__at_random(family):
    source = random.Random(5)
    exchange(family, 2 << 20, sizes=lambda: source.choice((1, 3, 100, 1447, 1448, 1449, 1460,
                                                            4096, 65535, 65536, 200000)))


@case(FAMILIES)
def sizes__one_large_write(family):
    client, server = pair(family)
    with client, server:
        data = random.Random(6).randbytes(8 << 20)
        child = Child(client.sendall, data)
        check(recv_exact(server, len(data)) == data, "bytes differ")
        child.join()


@case(FAMILIES)
def buffers__small_receive_buffer(family):
    with listen(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 3000)
        client, server = pair(family, listener=listener)
    with client, server:
        data = random.Random(7).randbytes(300000)
        child = Child(client.sendall, data)
        check(recv_exact(server, len(data)) == data, "bytes differ")
        child.join()


@case(FAMILIES)
def buffers__small_send_buffer(family):
    exchange(family, 300000, setup=lambda client, server:
             client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 3000))


@case(FAMILIES, bound=60)
def window__closes_and_opens(family):
    """RFC 9293 3.8.6: a reader that sleeps closes the window; probes find it open again."""
    with listen(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20000)
        client, server = pair(family, listener=listener)
    at = client.getsockname()[1]
    with client, server, Sniffer(net().a, "va", at) as wire:
        data = random.Random(8).randbytes(400000)
        child = Child(client.sendall, data)
        shut = wire.find(lambda s: s.dport == at and s.win == 0, 10, "a window of zero")
        probe = wire.find(lambda s: s.sport == at and s.when > shut.when and len(s.data) <= 1,
                          10, "a zero-window probe (MUST-36)")
        check("F" not in probe.flags and "R" not in probe.flags, f"{probe} ends the connection")
        answer = wire.find(lambda s: s.dport == at and s.when > probe.when, 10, "its answer")
        equal(answer.win, 0, "window in the answer")
        check(recv_exact(server, len(data)) == data, "bytes differ")
        child.join()


@case((V4, V6), bound=60)
def window__reader_a_little_at_a_time(family):
    """A slow reader throttles the sender and loses nothing."""
    client, server = pair(family)
    with client, server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 30000)
        data = random.Random(9).randbytes(1 << 20)
        child = Child(client.sendall, data)
        got = b""
        while len(got) < len(data):
            got += recv_exact(server, min(5000, len(data) - len(got)))
            time.sleep(0.001)
        check(got == data, "bytes differ")
        child.join()


@case(FAMILIES, bound=60)
def links__mtu_1280(family):
    with Net(mtu=1280) as link:
        exchange(family, SIZE["bulk"] // 10, link)


@case(FAMILIES, bound=60)
def links__mtu_9000(family):
    with Net(mtu=9000) as link:
        exchange(family, SIZE["bulk"] // 10, link)


@case((V4, V6), bound=60)
def links__limited_rate(family):
    """A token bucket of 20 Mbit/s with a short queue: losses come in bursts."""
    with Net() as link:
        with link.a:
            run("tc", "qdisc", "add", "dev", "va", "root", "tbf", "rate", "20mbit",
                "burst", "20k", "limit", "60k")
        exchange(family, SIZE["bulk"] // 10, link)


@case((V4, V6), bound=60, places=("uml", "smp", "vm"))
def links__down_and_up_again(family):
    """A link that is down for a second: retransmission continues where it was."""
    with Net() as link:
        client, server = pair(family, link)
        with client, server:
            data = random.Random(10).randbytes(100000)
            client.sendall(b"x")
            equal(server.recv(1), b"x", "data")
            with link.b:
                run("ip", "link", "set", "vb", "down")
            child = Child(client.sendall, data)
            time.sleep(1)
            with link.b:
                run("ip", "link", "set", "vb", "up")
                if family == V6:
                    run("ip", "addr", "replace", link.B6 + "/64", "dev", "vb", "nodad")
            check(recv_exact(server, len(data)) == data, "bytes differ")
            child.join()


@case(FAMILIES)
def wire__checksums_are_right(family):
    """RFC 9293 MUST-2: no device finishes checksums, and all on the wire are right."""
    with Net() as link:
        for ns, dev in ((link.a, "va"), (link.b, "vb")):
            with ns:
                run("ethtool", "-K", dev, "tx", "off", "gso", "off", "tso", "off")
        with Sniffer(link.b, "vb") as wire:
            exchange(family, 100001, link)
            segs = wire.poll()
            check(len(segs) > 100, f"only {len(segs)} segments seen")
            wrong = [s for s in segs if s.csum_ok is not True]
            equal(wrong, [], "segments with a wrong sum")


@case((V4, V6))
def wire__no_segment_is_too_long(family):
    with Net() as link:
        for ns, dev in ((link.a, "va"), (link.b, "vb")):
            with ns:
                run("ethtool", "-K", dev, "tx", "off", "gso", "off", "tso", "off")
        with Sniffer(link.b, "vb") as wire:
            exchange(family, 100001, link)
            longest = max(len(s.raw) for s in wire.poll())
            room = 1500 - (40 if family == V6 else 20)
            check(longest <= room, f"a segment of {longest} bytes on a link with room for {room}")
            check(longest == room, f"full segments are {longest} bytes, room is {room} (SHLD-28)")


@case((V4, V6))
def wire__data_is_acknowledged_in_time(family):
    """RFC 9293 3.8.6.3 (MUST-40): an acknowledgement waits less than 500 ms."""
    client, server = pair(family)
    with client, server, Sniffer(net().a, "va", client.getsockname()[1]) as wire:
        client.send(b"x")
        data = wire.find(lambda s: s.data == b"x")
        ack = wire.find(lambda s: s.dport == data.sport and s.ack == data.end)
        if PLACE != "debug":
            check(ack.when - data.when < 0.5, f"acknowledged after {ack.when - data.when:.3f} s")


main()
