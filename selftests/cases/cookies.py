# SPDX-License-Identifier: GPL-2.0
"""SYN cookies with real sockets: no memory per SYN, no loss, no hang.

Their segments are tested in scripts/cookies.py; floods are in flood.py.
"""
import contextlib
import select
import socket

from lib import (FAMILIES, IS_XTCP, PROTO, SIZE, V4, V6, case, check, counters, equal, knobs,
                 listen, main, net, noise, pair, recv_exact, run, slow, sock, states, wait_for)

BANNER = b"220 who speaks first\r\n"


@contextlib.contextmanager
def bare_acks_lost(ns):
    """Drop bare ACKs that arrive in this namespace."""
    with ns:
        run("nft", "add table inet lost; add chain inet lost in { type filter hook input "
            f"priority 0; }}; add rule inet lost in meta l4proto {PROTO} @th,104,8 0x10 drop")
    try:
        yield
    finally:
        with ns:
            run("nft", "delete table inet lost")


@case((V4, V6), bound=60)
def third_segment__lost_where_the_server_speaks_first(family):
    """With a classic cookie the client waits for ever; with an echo cookie it does not."""
    with knobs(net().b, syncookies=2), listen(family, net().b) as listener:
        at = listener.getsockname()[1]
        with sock(family, ns=net().a) as client:
            with bare_acks_lost(net().b):
                client.connect((net().addr("b", family), at))
                equal(states(net().b, at), ["LISTEN"], "states of the server")
            came = bool(select.select([listener], [], [], slow(3))[0])
            equal(came, IS_XTCP, "the server learns of the connection")
            if not came:
                print("# the kernel's TCP: the client waits for a server that knows nothing")
                return
            server, _ = listener.accept()
            with server:
                server.send(BANNER)
                equal(recv_exact(client, len(BANNER)), BANNER, "banner")


@case((V4, V6), bound=60, xtcp_only="it has no echo cookie")
def third_segment__lost_with_a_client_that_offers_nothing(family):
    """The hang with a classic cookie does happen; the echo cookie is there to prevent it."""
    with knobs(net().b, syncookies=2), knobs(net().a, echo_cookie=0), \
            listen(family, net().b) as listener:
        with sock(family, ns=net().a) as client:
            with bare_acks_lost(net().b):
                client.connect((net().addr("b", family), listener.getsockname()[1]))
            check(not select.select([listener], [], [], slow(1))[0], "the server knows of it")
            client.send(b"data bring it back")
            check(select.select([listener], [], [], slow(5))[0], "data did not bring it back")
            listener.accept()[0].close()


@case(FAMILIES, bound=60)
def connections__by_cookies_only(family):
    """Many of them, with data in both directions, complete."""
    total = SIZE["many"] // 10
    data = noise(100000)
    with knobs(net().b, syncookies=2), listen(family, net().b) as listener:
        for _ in range(total):
            client, server = pair(family, listener=listener)
            with client, server:
                server.send(BANNER)
                equal(recv_exact(client, len(BANNER)), BANNER, "banner")
                client.send(b"hello")
                equal(recv_exact(server, 5), b"hello", "greeting")
        client, server = pair(family, listener=listener)
        with client, server:
            client.settimeout(slow(20))
            for sender, receiver in ((client, server), (server, client)):
                sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, len(data))
                sender.sendall(data)
                equal(recv_exact(receiver, len(data)), data, "bytes")


@case((V4, V6), xtcp_only="its counters are others")
def counters__tell_of_each_kind(family):
    with knobs(net().b, syncookies=2), listen(family, net().b) as listener:
        before = counters(net().b)
        for _ in range(3):
            for s in pair(family, listener=listener):
                s.close()
        with knobs(net().a, echo_cookie=0):
            for _ in range(2):
                for s in pair(family, listener=listener):
                    s.close()

        def grown():
            now = counters(net().b)
            return {n: now[n] - before[n] for n in
                    ("echo_sent", "echo_valid", "cookies_sent", "cookies_valid",
                     "halfopen_created", "echo_forged", "cookies_invalid")}
        want = {"echo_sent": 3, "echo_valid": 3, "cookies_sent": 2, "cookies_valid": 2,
                "halfopen_created": 0, "echo_forged": 0, "cookies_invalid": 0}
        wait_for(lambda: grown() == want, 5, f"counters {grown()} to become {want}")


@case((V4, V6), xtcp_only="it has no such record to go back to")
def time_wait__keeps_its_record(family):
    """A SYN for a TIME-WAIT entry, above which the ISN has to lie, is not answered by a cookie."""
    with knobs(net().b, syncookies=2), listen(family, net().b) as listener:
        at = listener.getsockname()[1]
        client, server = pair(family, listener=listener)
        port = client.getsockname()[1]
        server.close()
        equal(client.recv(1), b"", "end of stream")
        client.close()
        wait_for(lambda: "TIME_WAIT" in states(net().b, at), what="TIME-WAIT of the server")
        before = counters(net().b)
        with sock(family, ns=net().a) as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind((net().addr("a", family), port))
            again.connect((net().addr("b", family), at))
            listener.accept()[0].close()
        now = counters(net().b)
        equal(now["tw_reopened"] - before["tw_reopened"], 1, "tw_reopened")
        equal(now["echo_sent"] - before["echo_sent"], 0, "echo_sent")


main()
