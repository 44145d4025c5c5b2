# SPDX-License-Identifier: GPL-2.0
"""Loading and unloading: refused while in use, clean afterwards.

Needs the module to itself: no other test may run beside it.
"""
import socket

from lib import (SIZE, V4, V6, Child, Failure, Net, case, check, equal, errname, errno_of, fail,
                 knob, listen, main, pair, recv_exact, sock, states, wait_for)
from lib.module import FILES, files, in_use, load, loaded, unload, unload_soon
from lib.wire import MSS, Peer

ONLY = "it can't be unloaded"


@case(bound=60, xtcp_only=ONLY)
def rmmod__refused_while_sockets_are_open():
    load()
    for family in (V4, V6):
        with Net() as link:
            with sock(family, ns=link.a):
                in_use("a fresh socket is open")
            with listen(family, link.a):
                in_use("a listener is open")
            client, server = pair(family, link)
            with client, server:
                in_use("a connection is open")
                client.send(b"still works")
                equal(recv_exact(server, 11), b"still works", "data")
            unload_soon()
        load()


@case(bound=60, xtcp_only=ONLY)
def rmmod__flushes_time_wait_and_half_open():
    """Entries without a socket do not pin the module: they are freed with it."""
    load()
    with Net() as link:
        for family in (V4, V6):
            client, server = pair(family, link)
            at = client.getsockname()[1]
            client.close()
            equal(server.recv(1), b"", "end of stream")
            server.close()
            wait_for(lambda: states(link.a, at) == ["TIME_WAIT"], what="TIME-WAIT")
        with Peer(link, V4) as peer, listen(V4, link.a) as listener:
            peer.dport = listener.getsockname()[1]
            peer.send("S", opts=MSS)
            peer.get("SA")
            peer.dport = None
        equal(files(), list(FILES), "files")
        unload_soon()
        equal(errname(errno_of(sock)), "EPROTONOSUPPORT", "socket() without the module")
        equal(files(), [], "files that are still there")
    load()


@case(bound=60, xtcp_only=ONLY)
def rmmod__segments_arrive_afterwards():
    """A peer that goes on sending gets an error; nothing breaks."""
    load()
    with Net() as link, Peer(link, V4) as peer:
        with listen(V4, link.a) as listener:
            peer.connect(listener).close()
            peer.take(peer.until(lambda s: "F" in s.flags))
            peer.send("FA")
        unload_soon()
        for _ in range(20):
            peer.send("A")
            peer.send("S", opts=MSS)
        peer.dport = None
    load()


@case(xtcp_only=ONLY)
def insmod__parameters_are_the_defaults():
    load()
    unload_soon()
    load("msl_ms=1234", "max_syn_backlog=77")
    with Net() as link:
        equal(knob(link.a, "msl_ms"), "1234", "msl_ms")
        equal(knob(link.a, "max_syn_backlog"), "77", "max_syn_backlog")
    unload_soon()
    load()


@case(xtcp_only=ONLY)
def insmod__out_of_range_is_refused():
    load()
    unload_soon()
    for bad in ("msl_ms=0", "msl_ms=240001", "syn_retries=-1", "window_scaling=2", "rmem=9,8,7"):
        try:
            load(bad)
            fail(f"insmod accepted {bad}")
        except Failure as failure:
            check("nvalid" in str(failure), f"insmod {bad}: {failure}")
        check(not loaded(), f"loaded with {bad}")
    load()


@case(bound=400, xtcp_only=ONLY)
def rounds__insmod_traffic_rmmod():
    load()
    unload_soon()
    with Net() as link:
        for number in range(SIZE["rounds"]):
            load()
            for family in (V4, V6):
                with listen(family, link.b) as listener:
                    client, server = pair(family, link, listener=listener)
                    data = bytes([number]) * 20000
                    client.sendall(data)
                    equal(recv_exact(server, len(data)), data, "data")
                    client.shutdown(socket.SHUT_WR)
                    equal(server.recv(1), b"", "end of stream")
                    server.close()
                    client.close()
            unload_soon()
    print(f"# {SIZE['rounds']} rounds")
    load()


@case(bound=60, xtcp_only=ONLY)
def rmmod__in_a_race_with_open():
    """rmmod against sockets that open and close: refused or done, never half done."""
    def churn():
        for _ in range(SIZE["many"]):
            try:
                sock(V4).close()
            except OSError:
                pass
    children = [Child(churn) for _ in range(2)]
    for _ in range(20):
        if errno_of(unload) == 0:
            load()
    for child in children:
        child.join()
    load()


main()
