# SPDX-License-Identifier: GPL-2.0
"""CPU hotplug: timers armed on a processor that goes offline still expire in time.

Everything that arms a timer here runs on processor 1; the packets of a veth pair are received
by the processor that sends them. A timer that was left behind never expires; how late one may
be is judged where time is virtual.
"""
import contextlib
import errno
import os
import socket
import time

from lib import (SIZE, SOL_TCP, V4, V6, Child, case, check, equal, expect_errno, knobs, listen,
                 main, net, pair, recv_exact, run, slow, sock, states, wait_for)
from lib.wire import MSS, Peer, open_to_peer

CPU = 1
ONLINE = f"/sys/devices/system/cpu/cpu{CPU}/online"


def switch(on):
    with open(ONLINE, "w", encoding="ascii") as file:
        file.write("1" if on else "0")


@contextlib.contextmanager
def there():
    """The block runs on the processor that will go offline."""
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CPU})
    try:
        yield
    finally:
        os.sched_setaffinity(0, everywhere)


@contextlib.contextmanager
def gone():
    """The processor is offline inside the block."""
    switch(False)
    try:
        yield
    finally:
        switch(True)


@case((V4, V6), bound=60)
def retransmit__of_a_dead_processor(family):
    """A second time, too: the processor that came back has a working wheel."""
    for _ in range(2):
        with there():
            peer, client = open_to_peer(net(), family)
        with peer, client:
            with there():
                client.send(b"data")
            first = peer.get("A")
            with gone():
                again = peer.get("A")
                equal((again.seq, again.data), (first.seq, b"data"), "the retransmission")


@case((V4, V6), bound=60)
def keepalive__of_a_dead_processor(family):
    with there():
        peer, client = open_to_peer(net(), family)
    with peer, client:
        start = time.monotonic()
        with there():
            for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1),
                                  (socket.TCP_KEEPCNT, 2)):
                client.setsockopt(SOL_TCP, option, value)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        with gone():
            expect_errno(errno.ETIMEDOUT, client.recv, 1)
        took = time.monotonic() - start
        check(2.7 < took < slow(3), f"took {took:.1f} s, expected about 3")
        peer.dport = None


@case((V4, V6), bound=60)
def synack__of_a_dead_processor(family):
    with Peer(net(), family) as peer, listen(family, net().a) as listener:
        peer.dport = listener.getsockname()[1]
        with there():
            peer.send("S", opts=MSS)
        first = peer.get("SA")
        with gone():
            equal(peer.get("SA").seq, first.seq, "ISN of the SYN-ACK that came again")
        peer.dport = None


@case((V4, V6), bound=60, xtcp_only="its TIME-WAIT is a minute, whatever is set")
def time_wait__of_a_dead_processor(family):
    """Many of them: all are moved, each expires in time."""
    with knobs(net().a, msl_ms=2000):
        with there(), listen(family) as listener:
            at = listener.getsockname()[1]
            for _ in range(SIZE["many"] // 10):
                client, server = pair(family, listener=listener)
                client.close()
                equal(server.recv(1), b"", "end of stream")
                server.close()
            equal(set(states(net().a, at)), {"TIME_WAIT"}, "states")
            since = time.monotonic()
        with gone():
            wait_for(lambda: not states(net().a, at), 20, "the end of TIME-WAIT")
            took = time.monotonic() - since
            check(took < slow(4), f"the last TIME-WAIT ended after {took:.1f} s, expected 4")


def ask(family, at, rounds):
    """Short connections, one after the other."""
    for _ in range(rounds):
        with sock(family, ns=net().a) as s:
            s.connect((net().addr("b", family), at))
            s.sendall(b"question")
            equal(recv_exact(s, 8), b"QUESTION", "answer")


def serve(listener):
    while True:
        s, _ = listener.accept()
        with s:
            s.sendall(recv_exact(s, 8).upper())
            s.recv(1)


@contextlib.contextmanager
def lossy():
    """Timers matter where segments are lost."""
    with net().a:
        run("tc", "qdisc", "add", "dev", "va", "root", "netem", "loss", "5%")
    try:
        yield
    finally:
        with net().a:
            run("tc", "qdisc", "del", "dev", "va", "root")


@case((V4, V6), bound=120)
def load__while_a_processor_goes_and_comes(family):
    """Every connection completes, on whatever processor."""
    with lossy(), listen(family) as listener:
        at = listener.getsockname()[1]
        Child(serve, listener)
        clients = [Child(ask, family, at, SIZE["many"] // 20) for _ in range(4)]
        for _ in range(SIZE["rounds"]):
            with gone():
                time.sleep(0.05)
        for client in clients:
            client.join()


main()
