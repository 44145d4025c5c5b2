# SPDX-License-Identifier: GPL-2.0
"""Why a segment was dropped, as perf and dropwatch see it: the tracepoint skb:kfree_skb."""
import contextlib
import os
import re

from lib import (IS_XTCP, V4, V6, case, equal, listen, main, net, pair, port, recv_exact, run,
                 wait_for)
from lib.wire import Peer

BOTH = (V4, V6)
TRACING = "/sys/kernel/tracing"
EVENT = f"{TRACING}/events/skb/kfree_skb/enable"


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


@contextlib.contextmanager
def traced():
    """A function that gives the drops since then, a line each."""
    if not os.path.exists(EVENT):
        run("mount", "-t", "tracefs", "tracefs", TRACING)

    def drops():
        with open(f"{TRACING}/trace", encoding="ascii", errors="replace") as file:
            return [line.strip() for line in file if "kfree_skb:" in line]
    write(f"{TRACING}/trace", "")
    write(EVENT, "1")
    try:
        yield drops
    finally:
        write(EVENT, "0")


def told(reason, action):
    """action() makes a packet be dropped for this reason."""
    with traced() as drops:
        action()
        try:
            wait_for(lambda: any(re.search(rf"reason: {reason}\b", d) for d in drops()), 5)
        except Exception:
            print(f"# {reason} was not told, but: {drops()}")
            raise


@case(BOTH)
def reason__of_a_segment_that_is_wrong(family):
    with Peer(net(), family) as peer:
        peer.dport = port()
        told("TCP_CSUM", lambda: peer.put(peer.segment("PA", b"data", spoil=True)))
        told("PKT_TOO_SMALL", lambda: peer.put(peer.segment("A", offset=4)))


@case(BOTH)
def reason__of_a_segment_that_nobody_takes(family):
    with Peer(net(), family) as peer:
        peer.dport = port()
        told("NO_SOCKET", lambda: peer.send("A", seq=7))


@case(BOTH)
def reason__of_a_reset_for_a_listener(family):
    """It means nothing there (RFC 9293 section 3.10.7.2)."""
    with listen(family, net().a) as listener, Peer(net(), family) as peer:
        peer.dport = listener.getsockname()[1]
        told("TCP_RESET", lambda: peer.send("R", seq=7))


@case(BOTH)
def used__is_not_dropped(family):
    """A handshake, data, their ACKs and a close: no packet of them is a drop."""
    with traced() as drops:
        one, two = pair(family)
        with one, two:
            for _ in range(20):
                one.sendall(b"x" * 100)
                recv_exact(two, 100)
                two.sendall(b"y" * 100)
                recv_exact(one, 100)
        if IS_XTCP:
            equal([d for d in drops() if "xtcp" in d], [], "drops")


main()
