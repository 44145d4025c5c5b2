# SPDX-License-Identifier: GPL-2.0
"""Floods with forged source addresses, and what legitimate clients notice meanwhile.

One listener is flooded from the other end of its link: each frame is received before the next
one is sent. A client connects again and again; each time it must be served, with all options
it asked for. The kernel's TCP is flooded the same way, for comparison.

It runs in virtual time: there RATE segments arrive in a millisecond, and a client is served
within PATIENCE or has failed. In real time they arrive as fast as they are received, and how
long a client waits depends on the machine, too.
"""
import contextlib
import os
import socket
import subprocess
import time

from lib import (BUILT, IS_XTCP, PLACE, PROTO, SOL_TCP, V4, V6, case, check, counters, equal,
                 knobs, listen, main, net, recv_exact, slow, sock, table)
from lib.devices import hardware_address
from lib.talk import VIRTUAL

FLOOD = os.path.join(BUILT, "flood")
BANNER = b"220 who speaks first\r\n"
BACKLOG = 128
SECONDS = int(os.environ.get("XTCP_FLOOD_SECONDS", {"uml": 2, "vm": 4}.get(PLACE, 5)))
RATE = 16 if VIRTUAL else 0
PAUSE = 0.01 if VIRTUAL else 0      # between two clients
PATIENCE = 1 if VIRTUAL else 6
ONLY = "it is flooded beside xtcp, in the same case"
ALL_OPTIONS = 7     # of TCP_INFO: timestamps, SACK, window scale


def routed():
    """Replies to addresses without a host leave by the link, and are dropped there."""
    pair = net()
    if not hasattr(pair, "routed"):
        pair.a.ip(f"route add 198.18.0.0/15 via {pair.B4}", f"route add 2001:2::/48 via {pair.B6}")
        pair.routed = True
    return pair


@contextlib.contextmanager
def flood(kind, family, at, proto):
    """The number of segments sent, and in how many seconds, is in the list at the end."""
    where, result = routed(), []
    mac = ":".join(f"{b:02x}" for b in hardware_address(where.a, "va"))
    with where.b:
        process = subprocess.Popen(
            [FLOOD, kind, str(proto), "vb", mac, where.addr("a", family), str(at), "1000000000",
             str(SECONDS), "1", str(RATE)], stdout=subprocess.PIPE, text=True)
    try:
        yield result
        said, _ = process.communicate(timeout=slow(SECONDS + 30))
        equal(process.returncode, 0, "status of the flood")
        sent, took = said.split()
        result += [int(sent), int(took) / 1e9]
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def dropped():
    """Frames that the kernel dropped before any protocol saw them."""
    with open("/proc/net/softnet_stat", encoding="ascii") as file:
        return sum(int(line.split()[1], 16) for line in file)


def options(s):
    return s.getsockopt(SOL_TCP, socket.TCP_INFO, 8)[5] & ALL_OPTIONS


def serve(listener, client):
    """The server's side of one connection: its banner, and the options that it kept."""
    server, _ = listener.accept()
    with server:
        server.sendall(BANNER)
        equal(recv_exact(client, len(BANNER)), BANNER, "banner")
        return options(server)


def try_client(family, listener, patience):
    """Connect and be served: (seconds, options), or None after PATIENCE."""
    where = net()
    start = time.monotonic()
    with sock(family, ns=where.b, proto=listener.proto) as client:
        client.settimeout(patience)
        try:
            client.connect((where.addr("a", family), listener.getsockname()[1]))
            listener.settimeout(patience)
            kept = serve(listener, client)
        except TimeoutError:
            return None
    return time.monotonic() - start, kept


def attacked(kind, family, proto=PROTO, patience=None):
    """A row of the table: the flood, and the clients' results."""
    where = routed()
    patience = patience or PATIENCE
    listener = listen(family, where.a, proto=proto, backlog=1024)
    at, lost = listener.getsockname()[1], dropped()
    served, failed, most, kept = [], 0, 0, ALL_OPTIONS
    with listener, flood(kind, family, at, proto) as result:
        end = time.monotonic() + SECONDS * 0.8
        while time.monotonic() < end:
            seen = try_client(family, listener, patience)
            if seen:
                served.append(seen[0])
                kept &= seen[1]
            else:
                failed += 1
            most = max(most, halfopen(where.a, at, proto))
            time.sleep(PAUSE)
    return {"kind": kind, "rate": result[0] / result[1], "served": len(served), "failed": failed,
            "worst": max(served, default=0), "most": most, "kept": kept,
            "lost": dropped() - lost}


def halfopen(ns, at, proto):
    before, ns.proto = ns.proto, proto
    try:
        return sum(row.state == "SYN_RECV" for row in table(ns, at))
    finally:
        ns.proto = before


def say(who, seen):
    print(f"# {who:28} {seen['kind']:6} {seen['rate']:8.0f}/s  served {seen['served']:5} "
          f"failed {seen['failed']:3}  worst {1000 * seen['worst']:6.0f} ms  "
          f"half-open {seen['most']:5}  options {'all' if seen['kept'] == 7 else seen['kept']}",
          flush=True)


def expect_served(seen, records):
    """Every client is served in time, with all options; the flood's memory is bounded."""
    equal(seen["lost"], 0, "frames dropped on the way")
    check(seen["served"] >= 5, f"only {seen['served']} clients in all the time")
    equal(seen["failed"], 0, f"clients that were not served within {PATIENCE} s")
    equal(seen["kept"], ALL_OPTIONS, "options that survived")
    # each of several processors may be one over, and clients have theirs
    check(seen["most"] <= records, f"{seen['most']} requests, not {records} at most")


def beside(kind, family, **settings):
    """The same flood against the kernel's TCP; the result is printed, not judged."""
    where = routed()
    where.a.proto = 6
    try:
        with knobs(where.a, **settings):
            seen = attacked(kind, family, proto=6)
    finally:
        where.a.proto = PROTO
    say("TCP " + " ".join(f"{k}={v}" for k, v in settings.items()), seen)


def xtcp(kind, family, records, **settings):
    with knobs(routed().a, max_syn_backlog=BACKLOG, **settings):
        seen = attacked(kind, family)
    say("xtcp " + " ".join(f"{k}={v}" for k, v in settings.items()), seen)
    expect_served(seen, records)
    return seen


@case((V4, V6), bound=120, xtcp_only=ONLY)
def syns__cookies_when_the_queue_is_full(family):
    xtcp("syn", family, BACKLOG + 4, syncookies=1)
    beside("syn", family, syncookies=1)


@case((V4, V6), bound=120, xtcp_only=ONLY)
def syns__cookies_always(family):
    """No request is kept, neither for the flood nor for clients."""
    xtcp("syn", family, 0, syncookies=2)
    beside("syn", family, syncookies=2)


@case((V4,), bound=120, xtcp_only=ONLY)
def syns__without_cookies(family):
    """The SYN queue is full: clients fail. Cookies are there to prevent this."""
    with knobs(routed().a, max_syn_backlog=BACKLOG, syncookies=0):
        seen = attacked("syn", family)
    say("xtcp syncookies=0", seen)
    check(seen["failed"] > 0, "clients are served though the queue is full: no flood")
    check(seen["most"] <= BACKLOG + 4, f"{seen['most']} requests")
    beside("syn", family, syncookies=0)


@case((V4, V6), bound=120, xtcp_only=ONLY)
def syns__that_offer_to_echo(family):
    """Twelve-byte cookies for each of them, and no more memory than for the others."""
    before = counters(routed().a)["echo_sent"]
    xtcp("offer", family, 0, syncookies=2)
    check(counters(net().a)["echo_sent"] - before > 100, "no cookies that are to be echoed")


@case((V4,), bound=120, xtcp_only=ONLY)
def syns__from_one_prefix(family):
    xtcp("prefix", family, 0, syncookies=2)
    beside("prefix", family, syncookies=2)


@case((V4, V6), bound=120, xtcp_only=ONLY)
def acks__with_made_up_cookies(family):
    """Each is checked, and reset; none opens a connection.

    They are checked only while cookies may be outstanding, so clients don't echo here.
    """
    before = counters(routed().a)
    with knobs(net().b, echo_cookie=0):
        seen = xtcp("ack", family, 0, syncookies=2)
    now = counters(net().a)
    check(now["cookies_invalid"] - before["cookies_invalid"] > 100, "no ACK was checked")
    equal(now["cookies_valid"] - before["cookies_valid"], seen["served"],
          "cookies that were believed")
    beside("ack", family, syncookies=2)


@case((V4, V6), bound=120, xtcp_only=ONLY)
def acks__with_made_up_echoes(family):
    """Each is checked, and dropped without a reply."""
    before = counters(routed().a)
    seen = xtcp("echo", family, 0, syncookies=2)
    now = counters(net().a)
    refused = sum(now[n] - before[n] for n in ("echo_forged", "echo_expired"))
    check(refused > 100, "no echo was checked")
    equal(now["echo_valid"] - before["echo_valid"], seen["served"], "echoes that were believed")
    equal(now["resets_out"] - before["resets_out"], 0, "RSTs in answer")


if not IS_XTCP:
    print("# the kernel's TCP is flooded beside xtcp only")
main()
