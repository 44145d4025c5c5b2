# SPDX-License-Identifier: GPL-2.0
"""migrate_req: a listener of a reuse port group closes, and others take over its connections."""
import contextlib
import select
import socket
import time

from lib.beside import close_all
from lib.groups import accept_all, half_open, hang_up, join, peers_of, row
from lib import (IS_XTCP, SIZE, V4, V6, Child, case, check, counters, equal, knobs, main, net,
                 port, recv_exact, slow, sock, wait_for)

BOTH = (V4, V6)
QUEUES = "the kernel's TCP has no bound for what a listener inherits"
COUNTERS = ("migrated", "migrate_full", "migrate_alone")


def migrating(value=1, **others):
    return knobs(net().a, migrate_req=value, **others)


def dial(family, at, count):
    """Clients that are connected, and have sent their number."""
    clients = []
    for number in range(count):
        s = sock(family, ns=net().b)
        s.connect((net().addr("a", family), at))
        s.sendall(b"%04d" % number)
        clients.append(s)
    return clients


def accept(members, count):
    """Accept @count connections from any of the members."""
    accepted = []
    wait_for(lambda: accepted.extend(accept_all(members)) or len(accepted) >= count,
             what=f"{count} to be accepted")
    equal(len(accepted), count, "accepted")
    return accepted


def live(clients, accepted):
    """Each accepted socket is the other end of a client's, and both directions work."""
    told = set()
    for server in accepted:
        server.setblocking(True)
        number = recv_exact(server, 4)
        server.sendall(number)
        told.add(int(number))
    for number in told:
        equal(recv_exact(clients[number], 4), b"%04d" % number, "answer")
    return told


def is_reset(s):
    s.settimeout(5)
    try:
        return s.recv(1) == b"never"
    except ConnectionResetError:
        return True


@contextlib.contextmanager
def counted(**want):
    """The migration counters that change meanwhile are exactly these."""
    if not IS_XTCP:
        yield
        return
    before = counters(net().a)
    yield
    after = counters(net().a)
    equal({name: after[name] - before[name] for name in COUNTERS if after[name] != before[name]},
          want, "counters")


def closes(s):
    s.close()


def stops(s):
    s.shutdown(socket.SHUT_RD)


def disappear(family, end):
    """A group of three loses a member that has connections in its accept queue."""
    at = port()
    members = [join(family, at, 64) for _ in range(3)]
    clients = dial(family, at, 40)
    if IS_XTCP:
        wait_for(lambda: sum(row(s)["accept"] for s in members) == 40, what="all to wait")
    had = row(members[0])["accept"] if IS_XTCP else None
    end(members[0])
    return members[1:], clients, had


def queued_goes_to_the_others(family, end):
    with migrating():
        before = counters(net().a)["migrated"] if IS_XTCP else 0
        rest, clients, had = disappear(family, end)
        accepted = accept(rest, 40)
        equal(len(live(clients, accepted)), 40, "clients served")
        if IS_XTCP:
            check(had, "none of 40 was in the closed listener's queue")
            equal(counters(net().a)["migrated"] - before, had, "migrated")
        close_all(rest + accepted + clients)


@case(BOTH)
def queued__go_to_the_others(family):
    """All connections in the closed listener's accept queue are accepted by others, with their
    data.
    """
    queued_goes_to_the_others(family, closes)


@case(BOTH)
def queued__go_to_the_others_at_shutdown(family):
    """shutdown(SHUT_RD) ends a listener as well."""
    queued_goes_to_the_others(family, stops)


@case(BOTH)
def queued__die_when_it_is_not_wanted(family):
    """0, the default: those of the closed listener are reset, the others' live."""
    with counted():
        rest, clients, _ = disappear(family, closes)
        lost = [s for s in clients if select.select([s], [], [], 0.05)[0] and is_reset(s)]
        check(0 < len(lost) < 40, f"{len(lost)} of 40 were reset")
        accepted = accept(rest, 40 - len(lost))
        equal(len(live(clients, accepted)), 40 - len(lost), "clients served")
        close_all(rest + accepted + clients)


@case(BOTH)
def queued__die_with_the_last(family):
    """No listener is left in the group: all are reset."""
    at = port()
    with migrating(), counted(migrated=4, migrate_alone=4):
        first = join(family, at)
        clients = dial(family, at, 4)
        if IS_XTCP:
            wait_for(lambda: row(first)["accept"] == 4, what="all to wait")
        second = join(family, at)
        first.close()
        second.close()
        check(all(is_reset(s) for s in clients), "a client was not reset")
        close_all(clients)


@case(BOTH, xtcp_only=QUEUES)
def queued__only_as_many_as_fit(family):
    """The migration target's backlog argument holds: the rest is reset, and counted."""
    at = port()
    with migrating(), counted(migrated=2, migrate_full=4):
        first = join(family, at)
        clients = dial(family, at, 6)
        wait_for(lambda: row(first)["accept"] == 6, what="all to wait")
        second = join(family, at, 1)
        first.close()
        got = row(second)
        equal((got["accept"], got["migrated"], got["migrate_full"]), (2, 2, 4), "the heir's line")
        accepted = accept([second], 2)
        served = live(clients, accepted)
        check(all(is_reset(s) for n, s in enumerate(clients) if n not in served), "not reset")
        close_all(accepted + clients + [second])


def opening(family, at, count):
    """A listener in the group at this port, and peers with a request at it."""
    listener = join(family, at)
    peers = peers_of(listener, family, count)
    half_open(peers)
    return listener, peers


@case(BOTH)
def half_open__third_segment_finds_another(family):
    """The listener that got the SYN has closed: the final ACK makes a child of another."""
    at = port()
    with migrating(), counted(migrated=8):
        first, peers = opening(family, at, 8)
        rest = [join(family, at) for _ in range(2)]
        first.close()
        for peer in peers:
            peer.send("A")
            peer.send("PA", b"hello")
        accepted = accept(rest, 8)
        for server in accepted:
            server.setblocking(True)
            equal(recv_exact(server, 5), b"hello", "data")
        if IS_XTCP:
            equal([row(s)["halfopen"] for s in rest], [0, 0], "half-open connections")
            equal(sum(row(s)["migrated"] for s in rest), 8, "migrated, by listener")
        hang_up(peers)
        close_all(rest + accepted)


@case(BOTH)
def half_open__timer_finds_another(family):
    """So does the SYN-ACK's timer; the request counts for the migration target then."""
    at = port()
    with migrating(), counted(migrated=4):
        first, peers = opening(family, at, 4)
        second = join(family, at)
        first.close()
        if IS_XTCP:
            equal(row(second)["halfopen"], 0, "half-open connections before the timer")
        for peer in peers:
            peer.get("SA")
        if IS_XTCP:
            equal(row(second)["halfopen"], 4, "half-open connections of the heir")
        for peer in peers:
            peer.send("A")
        accepted = accept([second], 4)
        if IS_XTCP:
            equal(row(second)["halfopen"], 0, "half-open connections at the end")
        hang_up(peers)
        close_all(accepted + [second])


@case(BOTH, xtcp_only=QUEUES)
def half_open__only_as_many_as_fit(family):
    """The migration target's SYN queue keeps its limit: the rest is forgotten."""
    at = port()
    with migrating(syncookies=0), counted(migrated=2, migrate_full=3):
        first, peers = opening(family, at, 5)
        with knobs(net().a, max_syn_backlog=2):
            second = join(family, at)
            first.close()
            wait_for(lambda: row(second)["migrate_full"] == 3, what="three to be forgotten")
            equal(row(second)["halfopen"], 2, "half-open connections of the heir")
            for peer in peers:
                peer.send("A")
            accepted = accept([second], 2)
        hang_up(peers)
        close_all(accepted + [second])


@case(BOTH, xtcp_only=QUEUES)
def half_open__accept_queue_of_the_heir_is_full(family):
    """The final ACK is dropped, as at any listener; it is retransmitted until there is room."""
    at = port()
    with migrating():
        first, peers = opening(family, at, 2)
        second = join(family, at, 0)
        first.close()
        peers[0].send("A")
        wait_for(lambda: row(second)["accept"] == 1, what="a full queue")
        peers[1].send("A")
        wait_for(lambda: row(second)["accept_full"] == 1, what="the drop")
        accepted = accept([second], 1)
        peers[1].send("A")
        accepted += accept([second], 1)
        equal(row(second)["migrated"], 2, "migrated")
        hang_up(peers)
        close_all(accepted + [second])


@case(BOTH)
def half_open__dies_when_it_is_not_wanted(family):
    """0: the final ACK is reset, though others of the group listen."""
    at = port()
    with counted():
        first, peers = opening(family, at, 2)
        second = join(family, at)
        first.close()
        for peer in peers:
            peer.send("A")
            peer.get("R")
        equal(accept_all([second]), [], "accepted")
        hang_up(peers)
        second.close()


@case(BOTH)
def half_open__dies_with_the_last(family):
    """No listener is left: RST. One that listens there later is in another group."""
    at = port()
    with migrating(), counted(migrate_alone=2):
        first, peers = opening(family, at, 2)
        first.close()
        peers[0].send("A")
        peers[0].get("R")
        later = join(family, at)
        peers[1].send("A")
        peers[1].get("R")
        equal(accept_all([later]), [], "accepted by another group")
        hang_up(peers)
        later.close()


@case(BOTH)
def half_open__follows_a_group_that_changes(family):
    """Migration targets close, too, before the final ACK arrives; the group's founder is long
    gone.
    """
    at = port()
    with migrating():
        first, peers = opening(family, at, 3)
        for _ in range(5):
            following = join(family, at)
            first.close()
            first = following
        for peer in peers:
            peer.send("A")
        accepted = accept([first], 3)
        hang_up(peers)
        close_all(accepted + [first])


@case(BOTH)
def half_open__comes_back(family):
    """A listener that stops and listens again in the group may be its own migration target."""
    at = port()
    with migrating():
        first, peers = opening(family, at, 2)
        second = join(family, at)
        first.shutdown(socket.SHUT_RD)
        first.listen(8)
        second.close()
        for peer in peers:
            peer.send("A")
        accepted = accept([first], 2)
        hang_up(peers)
        close_all(accepted + [first])


@case(BOTH, bound=90)
def load__nobody_is_lost(family):
    """Clients connect as fast as they can while listeners come and go: each is served."""
    at, each, processes = port(), SIZE["many"] // 2, 3
    there = (net().addr("a", family), at)

    def ask():
        close_all(members)      # this process inherits them, too: they would never end
        for number in range(each):
            with sock(family, ns=net().b) as s:
                s.connect(there)
                s.sendall(b"%04d" % number)
                equal(recv_exact(s, 4), b"%04d" % number, "answer")

    with migrating():
        before = counters(net().a)["migrated"] if IS_XTCP else 0
        members = [join(family, at, 256) for _ in range(3)]
        children = [Child(ask) for _ in range(processes)]
        served, end = 0, time.monotonic() + slow(60)
        while served < each * processes:
            check(time.monotonic() < end, f"{served} of {each * processes} were served")
            members.append(join(family, at, 256))
            select.select(members[:1], [], [], 0.01)
            members.pop(0).close()
            for server in accept_all(members):
                server.setblocking(True)
                server.sendall(recv_exact(server, 4))
                server.close()
                served += 1
        for child in children:
            child.join()
        if IS_XTCP:
            check(counters(net().a)["migrated"] > before, "none was migrated")
        close_all(members)


main()
