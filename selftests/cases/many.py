# SPDX-License-Identifier: GPL-2.0
"""Many connections at once, and queues that overflow and recover."""
import time

from lib import (FAMILIES, IS_XTCP, SIZE, V4, V6, Child, case, check, counters, equal, knobs,
                 listen, main, net, pair, readable, recv_exact, sock, states, table, wait_for,
                 wait_states)
from lib.wire import MSS, Peer, Sniffer


def dial(family, at):
    """Begin a connection from a to that port of b, without waiting for it."""
    s = sock(family, ns=net().a)
    s.setblocking(False)
    try:
        s.connect((net().addr("b", family), at))
    except BlockingIOError:
        pass
    return s


def no_cookies(ns):
    """A connection answered by a cookie is not in the table, so cookies are off."""
    return knobs(ns, syncookies=0)


@case(FAMILIES, bound=60)
def many__opened_used_closed(family):
    """All open at once; when all are closed, only TIME-WAIT entries are left."""
    total = SIZE["many"]
    with listen(family) as listener:
        at = listener.getsockname()[1]
        both = [pair(family, listener=listener) for _ in range(total)]
        for ns in (net().a, net().b):
            found = states(ns, at)
            equal(found.count("ESTABLISHED"), total, "connections in the table")
        for number, (client, _) in enumerate(both):
            client.sendall(b"request %06d" % number)
        for number, (client, server) in enumerate(both):
            equal(recv_exact(server, 14), b"request %06d" % number, "request")
            server.sendall(b"answer %06d" % number)
            equal(recv_exact(client, 13), b"answer %06d" % number, "answer")
        for client, server in both:
            client.close()
            equal(server.recv(1), b"", "end of stream")
            server.close()
        wait_states(net().b, at, ["LISTEN"], 20)
        wait_for(lambda: set(states(net().a, at)) <= {"TIME_WAIT"}, 20, "nothing but TIME-WAIT")
        equal(len(states(net().a, at)), total, "TIME-WAITs")


@case(FAMILIES, bound=60)
def many__short_ones_in_parallel(family):
    """Processes that open, ask, and close, as fast as they can."""
    each = SIZE["many"] // 4
    with listen(family) as listener:
        there = (net().addr("b", family), listener.getsockname()[1])

        def serve():
            for _ in range(2 * each):
                s, _ = listener.accept()
                s.sendall(s.recv(100).upper())
                s.close()

        def ask():
            for _ in range(each):
                with sock(family, ns=net().a) as s:
                    s.connect(there)
                    s.sendall(b"question")
                    equal(recv_exact(s, 8), b"QUESTION", "answer")
                    equal(s.recv(1), b"", "end of stream")
        children = [Child(serve) for _ in range(2)] + [Child(ask) for _ in range(4)]
        for child in children:
            child.join()


@case(FAMILIES, bound=60)
def backlog__overflows_and_recovers(family):
    """More connections than the queue has room for: all are served in the end."""
    with no_cookies(net().b), listen(family, backlog=4) as listener:
        at = listener.getsockname()[1]
        before = counters(net().b)["listen_accept_drops"] if IS_XTCP else 0
        clients = [dial(family, at) for _ in range(12)]
        wait_for(lambda: next(r.rxq for r in table(net().b, at) if r.state == "LISTEN") >= 4,
                 what="a full accept queue")
        time.sleep(0.3)
        queued = next(r.rxq for r in table(net().b, at) if r.state == "LISTEN")
        check(queued <= 5, f"{queued} connections in an accept queue of 4 (and 1 more, as usual)")
        if IS_XTCP:
            check(counters(net().b)["listen_accept_drops"] > before,
                  "nothing counted by listen_accept_drops")
        for _ in clients:
            check(readable(listener, 15), "a connection never came through")
            server, _ = listener.accept()
            server.sendall(b"served")
            server.close()
        for client in clients:
            client.setblocking(True)
            equal(recv_exact(client, 6), b"served", "data")
            client.close()


@case((V4, V6), bound=30)
def backlog__abort_on_overflow(family):
    """With abort_on_overflow the peer gets an RST if the accept queue is full."""
    with no_cookies(net().a), knobs(net().a, abort_on_overflow=1), \
            listen(family, net().a, backlog=3) as listener:
        peers = [Peer(net(), family, dport=listener.getsockname()[1]) for _ in range(6)]
        for wave in (peers[:3], peers[3:]):
            for peer in wave:
                peer.send("S", opts=MSS)
                peer.take(peer.get("SA"))
            for peer in wave:
                peer.send("A")
        for peer in peers[4:]:                # it has room for one more than asked for
            equal(peer.get().flags.replace("A", ""), "R", "answer of a full queue")
        for peer in peers:
            peer.close()


@case((V4, V6), bound=60, xtcp_only="SYN cookies of the kernel answer anyway")
def synqueue__overflows_and_recovers(family):
    """Requests fill the SYN queue: open connections are not affected, and when the requests
    are given up, the listener serves again.
    """
    with knobs(net().a, max_syn_backlog=8, syncookies=0, synack_retries=1), \
            listen(family, net().a) as listener:
        at = listener.getsockname()[1]
        first = Peer(net(), family)
        server = first.connect(listener)
        drops = counters(net().a)["listen_syn_drops"]
        peers = [Peer(net(), family, dport=at) for _ in range(30)]
        for peer in peers:
            peer.send("S", opts=MSS)
        wait_for(lambda: counters(net().a)["listen_syn_drops"] > drops, what="listen_syn_drops")
        halfopen = states(net().a, at).count("SYN_RECV")
        check(1 <= halfopen <= 8, f"{halfopen} half-open connections, max_syn_backlog is 8")
        first.send("PA", b"hello")
        equal(recv_exact(server, 5), b"hello", "data of an open connection")
        wait_for(lambda: "SYN_RECV" not in states(net().a, at), 15,
                 "the half-open connections to be given up")
        with Peer(net(), family) as late:
            late.connect(listener).close()
        for peer in peers:
            peer.dport = None
            peer.close()
        first.close()
        server.close()


@case((V4,), xtcp_only="a knob of its own")
def time_wait__bounded_by_max_tw_buckets(family):
    with knobs(net().a, max_tw_buckets=3, msl_ms=30000):
        before = counters(net().a)["tw_overflow"]
        ports = []
        for _ in range(10):
            client, server = pair(family)
            ports.append(client.getsockname()[1])
            client.close()
            equal(server.recv(1), b"", "end of stream")
            server.close()
        wait_for(lambda: counters(net().a)["tw_overflow"] > before, what="tw_overflow")
        ours = sum("TIME_WAIT" in states(net().a, p) for p in ports)
        check(ours <= 3, f"{ours} TIME-WAITs with max_tw_buckets=3")


@case((V4, V6), xtcp_only="its knob is the whole machine's")
def orphans__bounded_by_max_orphans(family):
    """More orphans than allowed: the peer gets an RST, and nothing is left."""
    with knobs(net().a, max_orphans=0):
        client, server = pair(family)
        at = client.getsockname()[1]
        before = counters(net().a)["orphan_overflow"]
        with server, Sniffer(net().a, "va", at) as wire:
            client.close()
            wire.find(lambda s: "R" in s.flags and s.sport == at)
            wait_states(net().a, at, [])
            equal(counters(net().a)["orphan_overflow"], before + 1, "orphan_overflow")


main()
