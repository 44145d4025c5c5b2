# SPDX-License-Identifier: GPL-2.0
"""/proc/net/xtcp_listen: what waits in each listener's queues, and what was refused."""
import errno
import os
import socket

from lib.groups import half_open, hang_up, join, peers_of, row, view
from lib import (SOL_TCP, V4, V6, Child, case, check, counters, equal, expect_errno, knobs, listen,
                 main, net, port, recv_exact, sock, wait_for, wait_states)
from lib.wire import MSS

ONLY = "a view of its own"
DROPS = ("syn_full", "accept_full", "no_memory", "aborted", "expired")


def drops(s):
    """What a listener has dropped: the counters that are not 0."""
    return {name: row(s)[name] for name in DROPS if row(s)[name]}


@case((V4, V6), xtcp_only=ONLY)
def line__who_and_how_much(family):
    """Address, owner, inode; the maxima are the current ones of the sysctls and of listen()."""
    with knobs(net().a, max_syn_backlog=77, max_accept_backlog=50), \
            listen(family, net().a, backlog=9) as s:
        at = s.getsockname()[1]
        got = row(s)
        equal(got["local"], f"0.0.0.0:{at}" if family == V4 else f"[::]:{at}", "address")
        equal((got["uid"], got["halfopen"], got["accept"]), (0, 0, 0), "uid and queues")
        equal((got["halfopen_max"], got["accept_max"]), (77, 9), "maxima")
        equal(drops(s), {}, "drops")
        s.listen(1000)
        equal(row(s)["accept_max"], 50, "what listen(1000) was granted")
        check(not any(r["local"].endswith(f":{at}") for r in view(net().b)),
              "the listener is in another namespace's view")
    check(not any(r["local"].endswith(f":{at}") for r in view(net().a)), "closed, and still there")


@case((V4, V6), xtcp_only=ONLY)
def line__owner(family):
    """The user who made the socket."""
    with net().a:
        os.seteuid(65534)
        try:
            s = sock(family)
        finally:
            os.seteuid(0)
    with s:
        s.listen(1)
        equal(row(s)["uid"], 65534, "uid")


@case((V4, V6), xtcp_only=ONLY)
def line__bound_to_an_address(family):
    addr = net().addr("a", family)
    with sock(family, ns=net().a) as s:
        s.bind((addr, port()))
        s.listen(1)
        at = s.getsockname()[1]
        equal(row(s)["local"], f"{addr}:{at}" if family == V4 else f"[{addr}]:{at}", "address")


@case((V4, V6), xtcp_only=ONLY)
def queues__fill_and_empty(family):
    """A SYN fills the first, the final ACK moves the connection to the second, accept() takes
    it.
    """
    with listen(family, net().a) as s:
        peers = peers_of(s, family, 5)
        half_open(peers)
        equal((row(s)["halfopen"], row(s)["accept"]), (5, 0), "after the SYNs")
        for peer in peers[:3]:
            peer.send("A")
        wait_for(lambda: (row(s)["halfopen"], row(s)["accept"]) == (2, 3), what="third segments")
        s.accept()[0].close()
        equal((row(s)["halfopen"], row(s)["accept"]), (2, 2), "after accept()")
        peers[3].send("RA")
        wait_for(lambda: row(s)["halfopen"] == 1, what="the reset half-open to go")
        equal(drops(s), {}, "drops")
        hang_up(peers)


@case((V4, V6), xtcp_only=ONLY)
def syn_full__counted(family):
    with knobs(net().a, max_syn_backlog=3, syncookies=0), listen(family, net().a) as s:
        peers = peers_of(s, family, 7)
        half_open(peers[:3])
        for peer in peers[3:]:
            peer.send("S", opts=MSS)
        wait_for(lambda: drops(s) == {"syn_full": 4}, what="syn_full 4")
        equal(row(s)["halfopen"], 3, "half-open connections")
        hang_up(peers)


@case((V4, V6), xtcp_only=ONLY)
def accept_full__counted(family):
    """A SYN, and the final ACK of an earlier request."""
    with listen(family, net().a, backlog=1) as s:
        peers = peers_of(s, family, 4)
        half_open(peers[:3])
        for peer in peers[:2]:
            peer.send("A")
        wait_for(lambda: row(s)["accept"] == 2, what="a full queue")
        peers[2].send("A")
        wait_for(lambda: drops(s) == {"accept_full": 1}, what="the third segment's drop")
        peers[3].send("S", opts=MSS)
        wait_for(lambda: drops(s) == {"accept_full": 2}, what="the SYN's drop")
        equal(row(s)["halfopen"], 1, "half-open connections")
        hang_up(peers)


@case((V4, V6), xtcp_only=ONLY)
def aborted__counted(family):
    """abort_on_overflow: a final ACK is answered by RST, SYNs are dropped."""
    with knobs(net().a, abort_on_overflow=1), listen(family, net().a, backlog=0) as s:
        peers = peers_of(s, family, 3)
        half_open(peers[:2])
        peers[0].send("A")
        wait_for(lambda: row(s)["accept"] == 1, what="a full queue")
        peers[1].send("A")
        peers[1].get("R")
        equal(drops(s), {"accept_full": 1, "aborted": 1}, "drops")
        equal(row(s)["halfopen"], 0, "half-open connections")
        peers[2].send("S", opts=MSS)
        peers[2].quiet(0.3)
        equal(drops(s), {"accept_full": 2, "aborted": 1}, "drops")
        hang_up(peers)


@case((V4, V6), xtcp_only=ONLY)
def expired__counted(family):
    with knobs(net().a, synack_retries=0), listen(family, net().a) as s:
        peers = peers_of(s, family, 2)
        half_open(peers)
        wait_for(lambda: drops(s) == {"expired": 2}, what="two to be given up")
        equal(row(s)["halfopen"], 0, "half-open connections")
        hang_up(peers)


def established(peers, s):
    """They are in the queue, each with a byte that says who it is."""
    half_open(peers)
    for number, peer in enumerate(peers):
        peer.send("PA", b"%d" % number)
    wait_for(lambda: row(s)["accept"] == len(peers), what="all to be in the queue")


def die(peers):
    """The connections end by RST, while nobody has accepted them."""
    for peer in peers:
        peer.reset()
        wait_states(net().a, peer.sport, [])


def accepted(s):
    """What accept() has now; its answer to recv(), or its errno, once data are read."""
    server = s.accept()[0]
    with server:
        try:
            return recv_exact(server, 1), server.recv(1, socket.MSG_DONTWAIT)
        except OSError as err:
            return errno.errorcode[err.errno]


def ways_in(s):
    """What has been refused, and what has left the queue for others."""
    got = row(s)
    return got["accept"], got["accept_full"], got["gave_way"]


@case((V4, V6))
def dead__are_accepted_in_their_turn(family):
    """While there is room the queue is as it was: who accepts learns what has happened."""
    with listen(family, net().a, backlog=8) as s:
        peers = peers_of(s, family, 3)
        half_open(peers)
        for peer in peers:
            peer.send("A")
        wait_states(net().a, peers[2].sport, ["ESTABLISHED"])
        die(peers[1:2])
        for peer in peers:
            server, addr = s.accept()
            equal(addr[1], peer.sport, "whose it is")
            with server:
                want = errno.ECONNRESET if peer is peers[1] else errno.EAGAIN
                expect_errno(want, server.recv, 1, socket.MSG_DONTWAIT)
        hang_up(peers)


@case((V4, V6), xtcp_only="the kernel's TCP refuses the living for the dead")
def dead__give_way_to_the_living(family):
    """The queue is full of connections that were reset: new ones come in, the oldest go."""
    with listen(family, net().a, backlog=2) as s:
        before = counters(net().a)["accept_gave_way"]
        old = peers_of(s, family, 3)
        established(old, s)
        die([old[1], old[0]])
        equal(ways_in(s), (3, 0, 0), "full of two dead and one that lives")
        new = peers_of(s, family, 3)
        half_open(new[:2])
        new[0].send("PA", b"a")
        wait_for(lambda: ways_in(s) == (3, 0, 1), what="the first dead to give way")
        new[1].send("PA", b"b")
        wait_for(lambda: ways_in(s) == (3, 0, 2), what="the second to give way")
        new[2].send("S", opts=MSS)
        wait_for(lambda: ways_in(s) == (3, 1, 2), what="a SYN refused by a queue of the living")
        equal([accepted(s) for _ in range(3)], ["EAGAIN"] * 3, "all three live")
        equal(row(s)["accept"], 0, "left in the queue")
        equal(counters(net().a)["accept_gave_way"] - before, 2, "the namespace's counter")
        hang_up(old + new)


@case((V4, V6), xtcp_only="the kernel's TCP refuses the living for the dead")
def dead__the_oldest_goes(family):
    """Who died first gives way first; those that stay are accepted in the order they came."""
    with listen(family, net().a, backlog=2) as s:
        old = peers_of(s, family, 3)
        established(old, s)
        die([old[1], old[2], old[0]])
        new = peers_of(s, family, 1)
        half_open(new)
        new[0].send("PA", b"n")
        wait_for(lambda: ways_in(s) == (3, 0, 1), what="one to give way")
        order = [s.accept() for _ in range(3)]
        equal([addr[1] for _, addr in order], [old[0].sport, old[2].sport, new[0].sport], "order")
        equal(recv_exact(order[2][0], 1), b"n", "data of the new one")
        for server, _ in order:
            server.close()
        hang_up(old + new)


@case((V4,), xtcp_only="the kernel's TCP refuses the living for the dead")
def dead__by_silence(family):
    """A connection ends by its own timer, as well: keepalive of the listener's."""
    with listen(family, net().a, backlog=0) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT):
            s.setsockopt(SOL_TCP, option, 1)
        old, new = peers_of(s, family, 2)
        established([old], s)
        wait_states(net().a, old.sport, [], 10)
        half_open([new])
        new.send("PA", b"n")
        wait_for(lambda: ways_in(s) == (1, 0, 1), what="it to give way")
        equal(s.accept()[1][1], new.sport, "whose it is")
        hang_up([old, new])


@case((V4, V6), xtcp_only=ONLY)
def dead__are_not_aborted_for(family):
    """abort_on_overflow: a third segment that takes a dead one's place is not refused."""
    with knobs(net().a, abort_on_overflow=1), listen(family, net().a, backlog=0) as s:
        peers = peers_of(s, family, 3)
        half_open(peers)
        peers[0].send("A")
        wait_for(lambda: row(s)["accept"] == 1, what="a full queue")
        die(peers[:1])
        peers[1].send("A")
        wait_for(lambda: ways_in(s) == (1, 0, 1), what="the dead to give way")
        peers[2].send("A")
        peers[2].get("R")
        equal(ways_in(s), (1, 1, 1), "a queue of the living")
        hang_up(peers)


@case((V4, V6), xtcp_only=ONLY)
def dead__are_not_inherited(family):
    """migrate_req: what has ended goes with its listener, and what is dead at the heir's
    gives way to what he inherits."""
    at = port()
    with knobs(net().a, migrate_req=1):
        first = join(family, at, 8)
        old = peers_of(first, family, 3)
        established(old, first)
        die(old[:2])
        second = join(family, at, 0)
        peers = peers_of(second, family, 40)
        for peer in peers:
            peer.send("S", opts=MSS)
            peer.take(peer.get("SA"))
            if row(second)["halfopen"]:
                break
        peer.send("A")
        wait_for(lambda: row(second)["accept"] == 1, what="one in the heir's queue")
        die([peer])
        first.close()
        equal(ways_in(second), (1, 0, 1), "the heir's queue")
        equal(row(second)["migrated"], 1, "inherited")
        equal(second.accept()[1][1], old[2].sport, "whose it is")
        second.close()
        hang_up(old + peers)


@case((V4, V6), xtcp_only=ONLY)
def listeners__count_for_themselves(family):
    """Two of a reuse port group, one of them full."""
    at = port()
    members = [join(family, at) for _ in range(2)]
    with knobs(net().a, max_syn_backlog=2, syncookies=0):
        peers = peers_of(members[0], family, 30)
        for peer in peers:
            peer.send("S", opts=MSS)

        def all_told():
            return sum(row(s)["halfopen"] + row(s)["syn_full"] for s in members) == 30
        wait_for(all_told, what="30 SYNs to be seen in the view")
        for s in members:
            equal(row(s)["halfopen"], 2, "half-open connections")
            check(row(s)["syn_full"], "one of the two got no SYN of 30")
        hang_up(peers)
    for s in members:
        s.close()


@case((V4, V6), xtcp_only=ONLY)
def listen_again__keeps_what_was_counted(family):
    """A socket that listens for the second time has new queues and keeps its counters."""
    with knobs(net().a, max_syn_backlog=1, syncookies=0), listen(family, net().a) as s:
        peers = peers_of(s, family, 2)
        half_open(peers[:1])
        peers[1].send("S", opts=MSS)
        wait_for(lambda: drops(s) == {"syn_full": 1}, what="syn_full")
        s.shutdown(socket.SHUT_RD)
        s.listen(4)
        equal((row(s)["halfopen"], row(s)["accept_max"]), (0, 4), "queues")
        equal(drops(s), {"syn_full": 1}, "drops")
        hang_up(peers)


@case((V4,), xtcp_only=ONLY)
def view__while_listeners_come_and_go(family):
    """A listener that stays is shown once, whatever others do, in any number."""
    def churn():
        for _ in range(300):
            with listen(family, net().a):
                pass
    stay = [listen(family, net().a) for _ in range(300)]
    want = sorted(os.fstat(s.fileno()).st_ino for s in stay)
    child = Child(churn)
    for _ in range(20):
        seen = sorted(r["inode"] for r in view(net().a))
        equal([i for i in seen if i in set(want)], want, "inodes of those that stay")
    child.join()
    for s in stay:
        s.close()


main()
