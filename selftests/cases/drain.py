# SPDX-License-Identifier: GPL-2.0
"""The module parameter "drain": orphans release the module.

Needs the module to itself: no other test may run beside it.
"""
import errno
import os
import socket

from lib import (FAMILIES, SIZE, V4, V6, Child, Net, case, check, counters, equal, errno_of,
                 expect_errno, listen, main, pair, recv_exact, states, table, wait_for,
                 wait_states)
from lib.module import in_use, load, parameter, unload_soon
from lib.wire import open_by_peer

ONLY = "a parameter of its own"


class draining:
    """`with draining():` the parameter is 1."""

    def __enter__(self):
        parameter("drain", 1)

    def __exit__(self, *_):
        parameter("drain", 0)


def stubborn_orphan(link, family):
    """(peer, port): a closed socket with data while its peer's window is closed."""
    peer, server = open_by_peer(link, family)
    peer.window = 0
    peer.send("A")
    server.sendall(b"x" * 5000)
    server.close()
    wait_states(link.a, peer.sport, ["FIN_WAIT1"])
    return peer, peer.sport


@case((V4, V6), bound=60, xtcp_only=ONLY)
def orphan__holds_the_module_until_drained(family):
    load()
    with Net() as link:
        peer, at = stubborn_orphan(link, family)
        with peer:
            in_use("an orphan waits for its peer")
            equal(states(link.a, at), ["FIN_WAIT1"], "the orphan")
            before = counters(link.a)["orphan_drained"]
            with draining():
                # nothing is left when the write returns
                equal(states(link.a, at), [], "what is left of the orphan")
                equal(counters(link.a)["orphan_drained"], before + 1, "orphan_drained")
                rst = peer.until(lambda s: "R" in s.flags)
                check("A" in rst.flags or rst.seq, f"{rst} has no number that the peer can check")
                peer.dport = None
                unload_soon()
                load()
                equal(parameter("drain"), "N", "drain of a fresh module")


@case((V4, V6), bound=60, xtcp_only=ONLY)
def orphan__in_every_state_is_drained(family):
    """FIN-WAIT-1, FIN-WAIT-2, CLOSING and LAST-ACK; and the namespace's name is released."""
    load()
    with Net() as link:
        wait_1, _ = stubborn_orphan(link, family)
        made = [wait_1]
        for want in ("FIN_WAIT2", "CLOSING", "LAST_ACK"):
            peer, server = open_by_peer(link, family)
            made.append(peer)
            if want == "LAST_ACK":
                peer.send("FA")
                equal(server.recv(1), b"", "end of stream")
            server.close()
            fin = peer.until(lambda s: "F" in s.flags)
            if want == "FIN_WAIT2":
                peer.take(fin)
                peer.send("A")
            elif want == "CLOSING":
                peer.send("FA")
            wait_states(link.a, peer.sport, [want])
        in_use("orphans wait for their peers")
        with draining():
            for peer in made:
                equal(states(link.a, peer.sport), [], "what is left of the orphan")
        for peer in made:
            peer.dport = None
            peer.close()
        unload_soon()
    load()


@case(FAMILIES, bound=60, xtcp_only=ONLY)
def drain__leaves_open_sockets_alone(family):
    """Sockets that programs have open go on, listeners too, until they are closed."""
    load()
    with Net() as link, listen(family, link.b) as listener, draining():
        client, server = pair(family, link, listener=listener)
        client.sendall(b"question")
        equal(recv_exact(server, 8), b"question", "data")
        in_use("a connection is open")
        client.shutdown(socket.SHUT_WR)
        equal(server.recv(1), b"", "end of stream")
        server.sendall(b"answer")
        equal(recv_exact(client, 6), b"answer", "data after shutdown")
        server.close()          # an orphan in LAST-ACK: not allowed
        client.close()
        wait_states(link.b, listener.getsockname()[1], ["LISTEN"])


@case((V4, V6), bound=60, xtcp_only=ONLY)
def drain__close_resets_at_once(family):
    load()
    with Net() as link:
        peer, server = open_by_peer(link, family)
        with peer, draining():
            peer.window = 0
            peer.send("A")
            server.sendall(b"x" * 5000)
            server.close()
            equal(states(link.a, peer.sport), [], "what close() has left")
            peer.until(lambda s: "R" in s.flags)
            peer.dport = None
        unload_soon()
    load()


@case(FAMILIES, bound=60, xtcp_only=ONLY)
def drain__taken_back(family):
    """Written back to 0, a closed socket ends as TCP specifies."""
    load()
    with Net() as link:
        with draining():
            pass
        client, server = pair(family, link)
        at = client.getsockname()[1]
        server.setblocking(False)
        errno_of(server.send, b"y" * 100000)
        server.close()
        in_use("an orphan waits for its reader")
        got = b""
        while part := client.recv(65536):
            got += part
        check(got and not got.strip(b"y"), "data of the orphan")
        client.close()
        wait_states(link.a, at, [])
        unload_soon()
    load()


@case(bound=120, xtcp_only=ONLY)
def drain__many_at_once():
    """More orphans than buckets walked in one go, in many namespaces."""
    load()
    total = SIZE["many"] // 2
    with Net() as one, Net() as two:
        peers = []
        for link in (one, two):
            with listen(V4, link.b, backlog=total) as listener:
                for _ in range(total):
                    client, server = pair(V4, link, listener=listener)
                    peers.append((link, client))
                    server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
                    server.setblocking(False)
                    errno_of(server.send, b"z")
                    server.close()
        with draining():
            for link in (one, two):
                left = [r.state for r in table(link.b)]
                equal([s for s in left if s != "TIME_WAIT"], [], "orphans")
        for link, client in peers:
            client.close()
        unload_soon()
    load()


@case(bound=60, xtcp_only=ONLY)
def drain__in_a_race_with_close():
    """Sockets are closed while the parameter is written: no orphan is left."""
    load()
    each = SIZE["many"] // 8
    with Net() as link, listen(V4, link.b, backlog=64) as listener:
        at = listener.getsockname()[1]

        def churn(done, leave):
            held = []
            for _ in range(each):
                client, server = pair(V4, link, listener=listener)
                held.append(client)
                server.sendall(b"never answered")
                server.close()
            os.write(done, b".")
            os.read(leave, 1)
        for _ in range(3):
            done, leave = os.pipe(), os.pipe()
            child = Child(churn, done[1], leave[0])
            for on in (1, 0, 1):
                parameter("drain", on)
            os.read(done[0], 1)
            # the peers are still there, and have not closed
            wait_for(lambda: {r.state for r in table(link.b, at)} == {"LISTEN"}, 5,
                     "all orphans to be reset")
            os.write(leave[1], b".")
            child.join()
            parameter("drain", 0)
            for fd in (*done, *leave):
                os.close(fd)


@case(xtcp_only=ONLY)
def drain__refuses_nonsense():
    load()
    expect_errno(errno.EINVAL, parameter, "drain", "maybe")
    equal(parameter("drain"), "N", "drain")


main()
