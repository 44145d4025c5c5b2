# SPDX-License-Identifier: GPL-2.0
"""Defaults that take minutes and hours, in virtual time.

For a User-Mode Linux that skips waiting (uml.sh --time-travel), where these take seconds.
Peers are played by the test, so the kernel sees every wait.
"""
import errno
import socket
import time

from lib import (IS_XTCP, SOL_TCP, V4, V6, case, check, equal, expect_errno, main, net, pair, sock,
                 states, wait_for)
from lib.wire import Peer, open_to_peer

BOTH = (V4, V6)
FOREVER = 1000000


def lasts(low, high, start, what):
    took = time.monotonic() - start
    check(low <= took <= high, f"{what} took {took:.1f} s, expected {low} to {high}")


@case(BOTH, bound=FOREVER)
def syn__default_is_over_three_minutes(family):
    """RFC 9293 MUST-23: R2 of a SYN is at least 3 minutes; 1+2+4+...+128 s."""
    with Peer(net(), family) as peer, sock(family, ns=net().a) as s:
        start = time.monotonic()
        expect_errno(errno.ETIMEDOUT, s.connect, (net().addr("ghost", family), peer.sport))
        lasts(180 if IS_XTCP else 120, 300, start, "connect()")
        syns = [x for x in peer.sniffer.poll() if x.flags == "S"]
        print(f"# {len(syns)} SYNs, {time.monotonic() - start:.0f} s")


@case(BOTH, bound=FOREVER)
def data__default_is_over_hundred_seconds(family):
    """RFC 9293 SHLD-11: R2 is at least 100 s."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        start = time.monotonic()
        client.send(b"anyone there?")
        expect_errno(errno.ETIMEDOUT, client.recv, 1)
        lasts(100, 1500, start, "giving up")
        print(f"# {time.monotonic() - start:.0f} s")
        peer.dport = None


@case(BOTH, bound=FOREVER)
def keepalive__defaults(family):
    """RFC 9293 MUST-28: two hours until the first probe; ten more, 75 s apart."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        start = time.monotonic()
        expect_errno(errno.ETIMEDOUT, client.recv, 1)
        lasts(7950 * 0.99, 7950 * 1.13, start, "finding the dead peer")
        peer.dport = None


@case(BOTH, bound=FOREVER)
def time_wait__default_is_a_minute(family):
    client, server = pair(family)
    at = client.getsockname()[1]
    client.close()
    equal(server.recv(1), b"", "end of stream")
    server.close()
    wait_for(lambda: states(net().a, at) == ["TIME_WAIT"], what="TIME-WAIT")
    start = time.monotonic()
    wait_for(lambda: states(net().a, at) == [], 100, "the end of TIME-WAIT")
    lasts(59, 68, start, "TIME-WAIT")


@case(BOTH, bound=FOREVER)
def window__shut_for_hours(family):
    """RFC 9293 MUST-37: the peer answers every probe with a window of zero."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        client.setblocking(False)
        peer.window = 0
        peer.send("A")
        time.sleep(0.1)
        client.send(b"waits")
        start = time.monotonic()
        probes = 0
        while time.monotonic() - start < 2 * 3600:
            peer.get(bound=300)
            peer.send("A")
            probes += 1
        check(probes > 20, f"only {probes} probes in two hours")
        equal(states(net().a, peer.sport), ["ESTABLISHED"], "states")
        peer.window = 65535
        peer.send("A")
        peer.until(lambda s: s.data.endswith(b"waits"), 300)


@case(BOTH, bound=FOREVER)
def idle__without_keepalive_for_ever(family):
    """MUST-25: a week of silence does not end the connection."""
    client, server = pair(family)
    with client, server:
        time.sleep(7 * 86400)
        client.send(b"good morning")
        equal(server.recv(100), b"good morning", "data")
        check(client.getsockopt(SOL_TCP, socket.TCP_INFO, 1)[0] == 1, "not ESTABLISHED")


main()
