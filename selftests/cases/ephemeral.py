# SPDX-License-Identifier: GPL-2.0
"""Ephemeral ports: which one is chosen, for which socket, and when none is left."""
import errno
import os
import socket
import struct
import time
from collections import Counter

from lib.beside import FLAGS, SOL, both, compare, got, reset, same
from lib import (FAMILIES, IS_XTCP, MAPPED, V4, V6, Ns, case, check, counters, equal, errname,
                 errno_of, expect_errno, knobs, listen, main, sock, states, table, wait_for)

IP_BIND_ADDRESS_NO_PORT, IP_LOCAL_PORT_RANGE = 24, 51


def sysctl(ns, name, value):
    with ns, open("/proc/sys/net/ipv4/" + name, "w", encoding="ascii") as file:
        file.write(value + "\n")


class Range:
    """A namespace with only a few ephemeral ports."""

    def __init__(self, low, high, reserved=""):
        self.ns = Ns("r")
        self.ns.ip("link set lo up")
        sysctl(self.ns, "ip_local_port_range", f"{low} {high}")
        sysctl(self.ns, "ip_local_reserved_ports", reserved)

    def __enter__(self):
        return self.ns

    def __exit__(self, *_):
        self.ns.remove()


HERE = {V4: "127.0.0.1", V6: "::1", MAPPED: "::ffff:127.0.0.1"}


def connect_all(ns, family, to, count):
    """Open @count connections to one listener; return their local ports."""
    clients = []
    for _ in range(count):
        s = sock(family, ns=ns)
        s.connect((HERE[family], to))
        clients.append(s)
    return clients, [s.getsockname()[1] for s in clients]


@case(FAMILIES)
def connect__each_port_once(family):
    """Each unreserved port of the range once, then EADDRNOTAVAIL."""
    with Range(40001, 40022, "40005,40010-40012") as ns, \
            listen(family, ns, at=5000) as one, listen(family, ns, at=5001):
        want = sorted(set(range(40001, 40023)) - {40005, 40010, 40011, 40012})
        clients, ports = connect_all(ns, family, 5000, len(want))
        equal(sorted(ports), want, "ports given out")
        with sock(family, ns=ns) as s:
            expect_errno(errno.EADDRNOTAVAIL, s.connect, (HERE[family], 5000))
            # a source port serves many destinations
            more, others = connect_all(ns, family, 5001, len(want))
            equal(sorted(others), want, "ports to another destination")
        # the last free one is found
        free_again = clients[3].getsockname()[1]
        reset(clients.pop(3))
        wait_for(lambda: free_again not in
                 [r.rport for r in table(ns, 5000) if r.state == "ESTABLISHED"])
        again, ports = connect_all(ns, family, 5000, 1)
        equal(ports, [free_again], "the port that came free")
        for s in clients + more + again + [one]:
            s.close()


@case((V4, V6), xtcp_only="TCP may leave one out")
def connect__each_of_an_odd_number(family):
    for low, high in ((40001, 40001), (40002, 40004), (65533, 65535)):
        with Range(low, high) as ns, listen(family, ns, at=5000):
            clients, ports = connect_all(ns, family, 5000, high - low + 1)
            equal(sorted(ports), list(range(low, high + 1)), "ports given out")
            for s in clients:
                s.close()


@case(FAMILIES)
def connect__not_from_those_who_bind(family):
    """connect() takes no port that another socket has by bind(), whatever its options."""
    with Range(40001, 40004) as ns, listen(family, ns, at=5000):
        holders = []
        for at in (40001, 40003):
            s = sock(family, ns=ns)
            s.setsockopt(SOL, socket.SO_REUSEADDR, 1)
            s.bind((HERE[family], at))
            holders.append(s)
        clients, ports = connect_all(ns, family, 5000, 2)
        equal(sorted(ports), [40002, 40004], "ports given out")
        with sock(family, ns=ns) as s:
            expect_errno(errno.EADDRNOTAVAIL, s.connect, (HERE[family], 5000))
        for s in holders + clients:
            s.close()


@case(FAMILIES)
def bind__to_any_port(family):
    """bind() to port 0: each once, even with SO_REUSEADDR, then EADDRINUSE."""
    for flags in FLAGS.values():
        with Range(40001, 40010, "40007") as ns:
            want = sorted(set(range(40001, 40011)) - {40007})
            holders = []
            for _ in want:
                s = sock(family, ns=ns)
                for option in flags:
                    s.setsockopt(SOL, option, 1)
                s.bind((HERE[family], 0))
                holders.append(s)
            equal(sorted(s.getsockname()[1] for s in holders), want, "ports given out")
            with sock(family, ns=ns) as s:
                for option in flags:
                    s.setsockopt(SOL, option, 1)
                expect_errno(errno.EADDRINUSE, s.bind, (HERE[family], 0))
                expect_errno(errno.EADDRINUSE, s.listen, 1)
            for s in holders:
                s.close()


@same()
def same__autobind_reuse():
    """net.ipv4.ip_autobind_reuse: when all are taken, those that may be shared."""
    def play(proto, flags, on):
        with Range(40001, 40002) as ns:
            sysctl(ns, "ip_autobind_reuse", str(on))
            results = []
            holders = []
            for n in range(4):
                s = sock(V4, proto, ns)
                for option in flags:
                    s.setsockopt(SOL, option, 1)
                results.append(got(s.bind, ("127.0.0.1", 0)))
                holders.append(s)
                if n == 3:
                    results.append(got(s.listen, 1))
            for s in holders:
                s.close()
            return results
    compare({f"{name} {on}": both(play, flags, on) for name, flags in FLAGS.items()
             for on in (0, 1)})


@case((V4, V6))
def halves__of_bind_and_connect(family):
    """bind() and connect() do not take ports of each other's half while their own has any."""
    with Range(40000, 40099) as ns, listen(family, ns, at=5000):
        clients, ports = connect_all(ns, family, 5000, 50)
        equal(set(p % 2 for p in ports), {0}, "parity of connect()")
        holders = []
        for _ in range(50):
            s = sock(family, ns=ns)
            s.bind((HERE[family], 0))
            holders.append(s)
        equal(set(s.getsockname()[1] % 2 for s in holders), {1}, "parity of bind()")
        for s in clients + holders:
            s.close()


@case((V4, V6))
def connect__own_range(family):
    """IP_LOCAL_PORT_RANGE narrows the range of one socket."""
    with Range(40000, 40099) as ns, listen(family, ns, at=5000):
        ports = []
        clients = []
        for n in range(5):
            s = sock(family, ns=ns)
            s.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE,
                         struct.pack("=I", 40020 | 40023 << 16))
            result = errno_of(s.connect, (HERE[family], 5000))
            equal(errname(result), errname(errno.EADDRNOTAVAIL if n == 4 else 0), "connect")
            ports.append(s.getsockname()[1])
            clients.append(s)
        equal(sorted(ports[:4]), [40020, 40021, 40022, 40023], "ports given out")
        with sock(family, ns=ns) as s:
            s.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE,
                         struct.pack("=I", 40030 | 40030 << 16))
            s.bind((HERE[family], 0))
            equal(s.getsockname()[1], 40030, "port of bind()")
        for s in clients:
            s.close()


@case((V4, V6))
def connect__bind_address_no_port(family):
    """IP_BIND_ADDRESS_NO_PORT: many sockets of one address share ports, if their destinations
    differ.
    """
    with Range(40000, 40003) as ns, listen(family, ns, at=5000), listen(family, ns, at=5001):
        clients = []
        for to in (5000, 5001):
            for _ in range(4):
                s = sock(family, ns=ns)
                s.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                s.bind((HERE[family], 0))
                equal(s.getsockname()[1], 0, "port before connect()")
                s.connect((HERE[family], to))
                clients.append(s)
        equal(Counter(s.getsockname()[1] for s in clients),
              Counter({p: 2 for p in range(40000, 40004)}), "ports given out")
        for s in clients:
            s.close()


@case((V4, V6))
def connect__when_all_are_in_time_wait(family):
    """tw_reuse on the loopback, where no segments are delayed: reusable after a second."""
    with Range(40001, 40008) as ns, listen(family, ns, at=5000) as listener:
        clients, ports = connect_all(ns, family, 5000, 8)
        for s in clients:
            s.close()
            listener.accept()[0].close()
        wait_for(lambda: states(ns, 5000) == ["LISTEN"] + 8 * ["TIME_WAIT"], what="TIME-WAIT")
        time.sleep(2.1)
        with knobs(ns, tw_reuse=0), sock(family, ns=ns) as s:
            expect_errno(errno.EADDRNOTAVAIL, s.connect, (HERE[family], 5000))
        again, others = connect_all(ns, family, 5000, 8)
        equal(sorted(others), sorted(ports), "ports given out")
        with sock(family, ns=ns) as s:
            expect_errno(errno.EADDRNOTAVAIL, s.connect, (HERE[family], 5000))
        equal(states(ns, 5000), 16 * ["ESTABLISHED"] + ["LISTEN"], "states")
        if IS_XTCP:
            equal(counters(ns)["tw_reused"], 8, "tw_reused")
        for s in again:
            reset(s)
            listener.accept()[0].close()
        wait_for(lambda: states(ns, 5000) == ["LISTEN"], what="no connection")
        with sock(family, ns=ns) as s:
            s.bind((HERE[family], ports[0]))        # whose port isn't bound any more


@case(FAMILIES, xtcp_only="TCP gives it out")
def connect__never_to_itself(family):
    """connect() to a port without a listener is refused, even if the port is in the ephemeral
    range.
    """
    with Range(40000, 40007) as ns:
        for to in range(40000, 40008):
            for _ in range(20):
                with sock(family, ns=ns) as s:
                    expect_errno(errno.ECONNREFUSED, s.connect, (HERE[family], to))
    with Range(40000, 40000) as ns, sock(family, ns=ns) as s:
        expect_errno(errno.EADDRNOTAVAIL, s.connect, (HERE[family], 40000))


@case(FAMILIES)
def connect__to_itself_from_a_port_that_was_named(family):
    with Range(40000, 40007) as ns, sock(family, ns=ns) as s:
        s.bind((HERE[family], 40003))
        s.connect((HERE[family], 40003))
        s.sendall(b"to myself")
        equal(s.recv(100), b"to myself", "bytes")


@case((V4, V6))
def connect__hard_to_guess(family):
    """The first port for each of many destinations: all over the range, in no order."""
    with Range(32768, 60999) as ns:
        listeners = [listen(family, ns, at=5000 + n) for n in range(64)]
        firsts = []
        for n in range(64):
            with sock(family, ns=ns) as s:
                s.connect((HERE[family], 5000 + n))
                firsts.append(s.getsockname()[1])
        quarters = Counter((p - 32768) * 4 // 28232 for p in firsts)
        equal(len(quarters), 4, "quarters of the range that were used")
        check(max(quarters.values()) < 40, f"crowded: {quarters}")
        near = sum(abs(a - b) < 64 for a, b in zip(firsts, firsts[1:]))
        check(near < 8, f"{near} of 63 ports are close to the one before")
        for s in listeners:
            s.close()


@case((V4, V6))
def connect__seldom_the_same(family):
    """To one destination a port is reused late: after most others."""
    with Range(40000, 40999) as ns, listen(family, ns, at=5000) as listener:
        seen = []
        for _ in range(50):
            s = sock(family, ns=ns)
            s.connect((HERE[family], 5000))
            seen.append(s.getsockname()[1])
            reset(s)
            listener.accept()[0].close()
        equal(len(set(seen)), len(seen), "different ports")


@case((V4, V6))
def bind__unprivileged_port_start(family):
    """Ports from ip_unprivileged_port_start on may be bound without privileges."""
    with Range(40000, 40999) as ns:
        for start, want in ((1024, errno.EACCES), (80, 0)):
            sysctl(ns, "ip_unprivileged_port_start", str(start))
            with sock(family, ns=ns) as s:
                os.seteuid(1000)
                try:
                    result = errno_of(s.bind, (HERE[family], 80))
                finally:
                    os.seteuid(0)
            equal(errname(result), errname(want), f"bind() to 80 with {start}")


main()
