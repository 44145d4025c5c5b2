# SPDX-License-Identifier: GPL-2.0
"""Settings of routes, and routers that drop large packets."""
import socket
import struct

import lib
from lib import (V4, Child, Net, case, check, equal, knobs, main, noise, pair, recv_exact,
                 wait_for)
from lib.wire import Sniffer



def rto_ms(s):
    """tcpi_rto: the third word, microseconds."""
    return struct.unpack("8xI", s.getsockopt(lib.SOL_TCP, socket.TCP_INFO, 12))[0] / 1000


def segment_size(s):
    return s.getsockopt(lib.SOL_TCP, socket.TCP_MAXSEG)


def route(where, family, settings):
    where.a.ip(f"route replace {where.addr('b', family)} dev va {settings}")


@case((V4, lib.V6), bound=60)
def blackhole__large_segments_get_smaller(family):
    """A link that drops packets above 1300 bytes without ICMP errors (RFC 4821)."""
    with Net() as where:
        listener = lib.listen(family, where.b)
        with knobs(where.a, mtu_probing=1):
            client, server = pair(family, where, listener=listener)
            with listener, client, server:
                before = segment_size(client)
                check(before > 1300, f"segments of {before} bytes")
                where.b.ip("link set vb mtu 1280")
                data = noise(200000)
                child = Child(client.sendall, data)
                equal(recv_exact(server, len(data)) == data, True, "the bytes")
                child.join()
                if lib.IS_XTCP:  # the kernel's TCP has other sizes, and grows at other times
                    check(segment_size(client) <= 1220, f"segments of {segment_size(client)}")
                # what the other end sends was never too large
                server.sendall(b"x" * 1000)
                equal(len(recv_exact(client, 1000)), 1000, "bytes back")


@case((V4, lib.V6))
def route__rto_min(family):
    with Net() as where:
        route(where, family, "rto_min 1s")
        client, server = pair(family, where)
        with client, server:
            client.send(b"x")
            recv_exact(server, 1)
            server.send(b"y")
            recv_exact(client, 1)
            check(1000 <= rto_ms(client) < 2000, f"the client's RTO is {rto_ms(client)} ms")
            check(rto_ms(server) < 1000, f"the server's RTO is {rto_ms(server)} ms")


@case((V4, lib.V6), xtcp_only="the kernel of 6.1 has no such knob")
def knob__rto_min(family):
    with Net() as where, knobs(where.a, rto_min_ms=20):
        client, server = pair(family, where)
        with client, server:
            for _ in range(20):
                client.send(b"x")
                recv_exact(server, 1)
                server.send(b"y")
                recv_exact(client, 1)
            wait_for(lambda: rto_ms(client) < 200, what="an RTO below 200 ms")


@case((V4, lib.V6))
def route__advmss_of_a_client(family):
    with Net() as where:
        route(where, family, "advmss 900")
        client, server = pair(family, where)
        with client, server:
            check(segment_size(server) <= 900, f"the server sends {segment_size(server)} bytes")
            check(segment_size(client) > 900, f"the client sends {segment_size(client)} bytes")


@case((V4, lib.V6))
def route__advmss_of_a_listener(family):
    """The SYN-ACK announces what the return route allows; the listener's own limit is smaller."""
    for own, settings, most in ((None, "advmss 900", 900), (500, "advmss 900", 500),
                                (1100, "advmss 900", 900), (None, "mtu lock 1300", 1260)):
        with Net() as where, lib.listen(family, where.b) as listener:
            where.b.ip(f"route replace {where.addr('a', family)} dev vb {settings}")
            if own:
                listener.setsockopt(lib.SOL_TCP, socket.TCP_MAXSEG, own)
            with Sniffer(where.a, "va", listener.getsockname()[1]) as wire:
                client, server = pair(family, where, listener=listener)
                with client, server:
                    told = wire.find(lambda s: "S" in s.flags and "A" in s.flags).opts[2]
                    told = int.from_bytes(told, "big")
                    most -= 20 if "mtu" in settings and family == lib.V6 else 0
                    equal(told, most, f"MSS of the SYN-ACK with {own} and {settings}")
                    client.sendall(bytes(5000))
                    equal(len(recv_exact(server, 5000)), 5000, "bytes")
                    check(segment_size(client) <= most, f"segments of {segment_size(client)}")


@case((V4, lib.V6), bound=40)
def route__mtu_that_changes_is_followed(family):
    with Net() as where:
        client, server = pair(family, where)
        with client, server:
            def size():
                client.send(b"x")
                recv_exact(server, 1)
                return segment_size(client)
            before = size()
            route(where, family, "mtu 1300")
            wait_for(lambda: size() == before - 200, what="a smaller segment")
            route(where, family, "mtu 1500")
            wait_for(lambda: size() == before, what="a larger one again")


main()
