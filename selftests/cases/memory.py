# SPDX-License-Identifier: GPL-2.0
"""The memory of all sockets together: its limit, and behaviour beyond it."""
import contextlib
import os
import socket

from lib import (FAMILIES, V4, V6, Child, Net, case, check, counters, disconnect, equal, errname,
                 errno_of, fail, listen, main, net, noise, pair, readable, recv_exact,
                 sock, wait_state)
from lib.module import parameter

ONLY = "the limit of the kernel's own TCP is left alone"
#: as many pages, after the MiB that each processor takes before it counts
LIMIT = "64 96 128"
#: this many connections fill far more
MOST = 100


class Crowd:
    """`with Crowd():` connections with unread data have used up the limit.

    accepted: or not even accepted
    """

    def __init__(self, accepted=True):
        self.accepted, self.kept = accepted, contextlib.ExitStack()

    def __enter__(self):
        self.before = parameter("mem")
        parameter("mem", LIMIT)
        self.kept.callback(parameter, "mem", self.before)
        self.where = self.kept.enter_context(Net())
        listener = self.kept.enter_context(listen(V4, self.where.b))
        for number in range(MOST):
            self._one(listener)
            if number > 10 and counters(self.where.b)["drop_memory"] > 10:
                return self
        self.kept.close()
        return fail(f"{MOST} connections have not reached the limit of {LIMIT} pages")

    def _one(self, listener):
        client = self.kept.enter_context(sock(V4, ns=self.where.a))
        client.connect((self.where.addr("b", V4), listener.getsockname()[1]))
        if self.accepted:
            self.kept.enter_context(listener.accept()[0])
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                client.send(bytes(10000))

    def __exit__(self, *error):
        self.kept.close()


@contextlib.contextmanager
def cut():
    """No data arrive."""
    net().b.ip("link set vb down")
    try:
        yield
    finally:
        net().b.ip("link set vb up", f"addr replace {net().B6}/64 dev vb nodad")


def exchange(client, server):
    """A request and a reply, ten times."""
    for question in range(10):
        for there, here in ((client, server), (server, client)):
            data = noise(100 + question)
            equal(there.send(data), len(data), "bytes taken of a small write")
            check(readable(here, 3), f"question {question}: no reply")
            equal(recv_exact(here, len(data)), data, "bytes")


@case(FAMILIES, xtcp_only=ONLY, bound=60)
def limit__small_exchanges_go_on(family):
    client, server = pair(family)
    with Crowd():
        exchange(client, server)
        other, another = pair(family)
        exchange(other, another)
        for s in (client, server, other, another):
            s.close()


@case((V4, V6), xtcp_only=ONLY, bound=60)
def limit__small_exchanges_go_on_beside_what_nobody_accepts(family):
    client, server = pair(family)
    with Crowd(accepted=False):
        exchange(client, server)
        client.close()
        server.close()


@case((V4, V6), xtcp_only=ONLY, bound=120)
def limit__all_bytes_of_a_long_transfer_come(family):
    client, server = pair(family)
    with Crowd():
        data = noise(300000)
        child = Child(client.sendall, data)
        check(recv_exact(server, len(data)) == data, "bytes differ")
        child.join()
        client.close()
        server.close()


@case((V4, V6), xtcp_only=ONLY, bound=60)
def limit__the_least_of_wmem_is_always_taken(family):
    """Even while nothing is acknowledged; data beyond the last buffer wait."""
    client, server = pair(family)
    with Crowd():
        client.setblocking(False)
        taken = 0
        with cut(), contextlib.suppress(BlockingIOError):
            while taken < 1 << 20:
                taken += client.send(bytes(500))
        check(1000 <= taken <= 100000, f"{taken} bytes taken")
        equal(len(recv_exact(server, taken)), taken, "bytes")
        client.close()
        server.close()


@case((V4, V6), xtcp_only=ONLY, bound=60)
def limit__both_ends_close(family):
    """FINs, with data before them and without, and their ACKs."""
    for data in (b"", b"last"):
        client, server = pair(family)
        at = client.getsockname()[1]
        with Crowd():
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            equal(recv_exact(server, len(data)), data, "bytes before the FIN")
            check(readable(server, 3), "no FIN")
            equal(server.recv(1), b"", "end of stream")
            server.close()
            wait_state(net().a, at, "TIME_WAIT")
            client.close()


@case((V4, V6), xtcp_only=ONLY, bound=60)
def limit__a_reset_comes(family):
    client, server = pair(family)
    with Crowd():
        disconnect(client)
        check(readable(server, 3), "no RST")
        equal(errname(errno_of(server.recv, 1)), "ECONNRESET", "recv()")
        server.close()


@case((V4, V6), xtcp_only=ONLY, bound=60)
def limit__what_is_lost_is_sent_again(family):
    client, server = pair(family)
    with Crowd():
        with cut():
            client.send(bytes(1000))
        equal(len(recv_exact(server, 1000)), 1000, "bytes")
        client.close()
        server.close()


@case((V4, V6), xtcp_only=ONLY, bound=60)
def limit__a_mark_that_is_not_reached(family):
    """SO_RCVLOWAT: no more data arrive, so what is there must be readable."""
    client, server = pair(family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 50000)
    with Crowd():
        child = Child(client.sendall, noise(60000))
        check(readable(server, 30), "poll() never reports readable at the limit")
        equal(len(recv_exact(server, 60000)), 60000, "bytes")
        child.join()
        client.close()
        server.close()


@case(xtcp_only=ONLY, bound=60)
def limit__memory_comes_back():
    """Memory charged beyond the limit is returned: every connection continues."""
    with Crowd():
        client, server = pair()
        exchange(client, server)
    data = noise(1 << 20)
    child = Child(client.sendall, data)
    check(recv_exact(server, len(data)) == data, "bytes differ")
    child.join()
    client.close()
    server.close()


@case(xtcp_only=ONLY)
def parameter__is_live_and_taken_whole_or_not_at_all():
    before = parameter("mem")
    numbers = [int(n) for n in before.split(",")]
    equal(len(numbers), 3, "numbers")
    check(0 < numbers[0] <= numbers[1] <= numbers[2], f"default: {before}")
    check(numbers[2] < os.sysconf("SC_PHYS_PAGES"), "default: more than the machine has")
    try:
        for good, shown in (("1 2 3", "1,2,3"), ("5,5,5", "5,5,5"), ("1 1 2147483647",) * 2):
            parameter("mem", good)
            equal(parameter("mem"), shown.replace(" ", ","), f"after {good}")
            for bad in ("3 2 1", "0 1 2", "1 2", "1 2 3 4", "1 2 x", "1 2 2147483648", "-1 2 3"):
                equal(errname(errno_of(parameter, "mem", bad)), "EINVAL", f"mem set to {bad}")
                equal(parameter("mem"), shown.replace(" ", ","), f"after a refused {bad}")
    finally:
        parameter("mem", before)


main()
