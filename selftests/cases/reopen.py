# SPDX-License-Identifier: GPL-2.0
"""A newer SYN for a connection in TIME-WAIT (RFC 6191, RFC 9293 section 3.6.1).

The TIME-WAIT entry is kept until the final ACK arrives, and restored if the SYN turns out to
be an old duplicate. The peer is played by the test. Also our own SYN, from a port that the
program has bound.
"""
import errno
import socket
import time

from lib import (FAMILIES, IS_XTCP, V4, V6, case, check, counters, equal, expect_errno, knobs,
                 listen, main, net, port, slow, sock, states, wait_for, wait_states)
from lib.wire import MSS, Peer

BOTH = (V4, V6)
FAR = 100000000             # the next incarnation's numbers lie well above
NO_COMPARISON = "TCP ends the TIME-WAIT at once"


def finished(peer, listener):
    """Open a connection to a listener in a and end it: TIME-WAIT is in a."""
    server = peer.connect(listener)
    server.close()
    peer.take(peer.get("FA"))
    peer.send("FA")
    last = peer.get("A")
    wait_states(net().a, peer.dport, ["LISTEN", "TIME_WAIT"])
    return last


def newer_syn(peer):
    """A SYN of the next incarnation, and the reply."""
    peer.seq += FAR
    peer.send("S", opts=MSS)
    return peer.get()


def old_fin(peer, seq):
    """The old connection's FIN again."""
    peer.send("FA", seq=seq - 1)
    return peer.get()


@case(BOTH)
def third_segment__opens_the_next_one(family):
    """MAY-2 (1): our new ISN is above all numbers of the old connection."""
    with listen(family, net().a) as listener, Peer(net(), family) as peer:
        last = finished(peer, listener)
        answer = newer_syn(peer)
        equal(answer.flags, "SA", "answer")
        check((answer.seq - last.seq) % (1 << 32) < 1 << 31, f"{answer.seq} is below {last.seq}")
        peer.take(answer)
        peer.send("A")
        wait_states(net().a, peer.dport, ["ESTABLISHED", "LISTEN"])
        server, _ = listener.accept()
        with server:
            peer.send("PA", b"second life")
            equal(server.recv(100), b"second life", "data")


@case(BOTH, xtcp_only=NO_COMPARISON)
def old_duplicate__time_wait_is_back(family):
    """MAY-2 (2): the peer didn't send that SYN, and answers with RST."""
    with listen(family, net().a) as listener, Peer(net(), family) as peer:
        last = finished(peer, listener)
        seq, before = peer.seq, counters(net().a)
        equal(newer_syn(peer).flags, "SA", "answer")
        equal(states(net().a, peer.dport), ["LISTEN", "SYN_RECV"], "while it is tried out")
        peer.send("R")
        wait_states(net().a, peer.dport, ["LISTEN", "TIME_WAIT"])
        again = old_fin(peer, seq)
        equal((again.flags, again.seq, again.ack), ("A", last.seq, last.ack), "the old last ACK")
        after = counters(net().a)
        for name in ("tw_reopened", "tw_resumed"):
            equal(after[name] - before[name], 1, name)


@case(BOTH, xtcp_only=NO_COMPARISON)
def while_it_is_tried_out__the_old_fin_is_acknowledged(family):
    """The peer may still be waiting for the last ACK of the old connection."""
    with listen(family, net().a) as listener, Peer(net(), family) as peer:
        last = finished(peer, listener)
        seq = peer.seq
        equal(newer_syn(peer).flags, "SA", "answer")
        again = old_fin(peer, seq)
        equal((again.flags, again.seq, again.ack), ("A", last.seq, last.ack), "the old last ACK")
        equal(states(net().a, peer.dport), ["LISTEN", "SYN_RECV"], "afterwards")
        peer.send("R")
        wait_states(net().a, peer.dport, ["LISTEN", "TIME_WAIT"])


@case(BOTH, xtcp_only=NO_COMPARISON)
def time_goes_on__it_does_not_come_back_too_late(family):
    """The 2 MSL go on while a SYN waits for its final ACK."""
    msl = slow(0.25)
    with knobs(net().a, msl_ms=int(msl * 1000)), listen(family, net().a) as listener, \
            Peer(net(), family) as peer:
        finished(peer, listener)
        equal(newer_syn(peer).flags, "SA", "answer")
        time.sleep(2 * msl + 0.2)
        equal(states(net().a, peer.dport), ["LISTEN", "SYN_RECV"], "after 2 MSL")
        peer.send("R")
        wait_states(net().a, peer.dport, ["LISTEN"])


@case(BOTH, xtcp_only=NO_COMPARISON)
def nobody_answers__time_wait_is_back(family):
    """A SYN without a final ACK is given up after synack_retries."""
    with knobs(net().a, synack_retries=1), listen(family, net().a) as listener, \
            Peer(net(), family) as peer:
        finished(peer, listener)
        equal(newer_syn(peer).flags, "SA", "answer")
        wait_states(net().a, peer.dport, ["LISTEN", "TIME_WAIT"], 10)


@case(BOTH, xtcp_only=NO_COMPARISON)
def listener_closes__time_wait_is_back(family):
    """The final ACK finds no listener: RST, and TIME-WAIT holds the port as before."""
    with Peer(net(), family) as peer:
        with listen(family, net().a) as listener:
            finished(peer, listener)
            answer = newer_syn(peer)
            equal(answer.flags, "SA", "answer")
        peer.take(answer)
        peer.send("A")
        equal(peer.get().flags, "R", "answer")
        wait_states(net().a, peer.dport, ["TIME_WAIT"])


@case(BOTH, xtcp_only="TCP ends the TIME-WAIT before it looks at the queue")
def refused_syn__leaves_time_wait_alone(family):
    """A SYN dropped because the queue is full must not cost the TIME-WAIT."""
    with listen(family, net().a) as listener, Peer(net(), family) as peer, \
            Peer(net(), family) as other:
        finished(peer, listener)
        with knobs(net().a, max_syn_backlog=1, syncookies=0):
            other.dport = peer.dport
            other.send("S", opts=MSS)
            other.get("SA")
            before = counters(net().a)["listen_syn_drops"]
            peer.seq += FAR
            peer.send("S", opts=MSS)
            wait_for(lambda: counters(net().a)["listen_syn_drops"] > before, what="a drop")
        equal(states(net().a, peer.dport), ["LISTEN", "SYN_RECV", "TIME_WAIT"], "afterwards")


@case(BOTH)
def old_syn__is_challenged(family):
    """RFC 6191: a SYN below the peer's last number is not a newer one."""
    with listen(family, net().a) as listener, Peer(net(), family) as peer:
        last = finished(peer, listener)
        peer.send("S", seq=peer.seq - 1000, opts=MSS)
        answer = peer.get()
        equal((answer.flags, answer.seq, answer.ack), ("A", last.seq, last.ack), "answer")
        equal(states(net().a, peer.dport), ["LISTEN", "TIME_WAIT"], "afterwards")


@case(BOTH, xtcp_only=NO_COMPARISON)
def again_and_again__counts_come_out(family):
    """Many SYNs, each an old duplicate: one TIME-WAIT, which ends in time."""
    with knobs(net().a, msl_ms=2000), listen(family, net().a) as listener, \
            Peer(net(), family) as peer:
        finished(peer, listener)
        start = time.monotonic()
        for _ in range(20):
            answer = newer_syn(peer)
            if answer.flags != "SA":
                break
            peer.send("R")
            wait_for(lambda: "SYN_RECV" not in states(net().a, peer.dport), what="the RST")
        wait_states(net().a, peer.dport, ["LISTEN"], 20)
        took = time.monotonic() - start
        check(took < 4 + slow(2), f"TIME-WAIT of 4 s took {took:.1f} s")
    with listen(family, net().a, at=peer.dport, reuse=False) as again:
        equal(again.getsockname()[1], peer.dport, "the port, which nobody holds any more")


def finish_as_client(family, at, to):
    """A connection from a bound port, which the client closes first."""
    client = named(family, at)
    client.connect((net().addr("b", family), to.getsockname()[1]))
    server, _ = to.accept()
    client.close()
    equal(server.recv(1), b"", "end of stream")
    server.close()
    wait_states(net().a, at, ["TIME_WAIT"])


def named(family, at):
    client = sock(family, ns=net().a)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    client.bind((net().addr("a", family), at))
    return client


@case(FAMILIES)
def port_of_ones_own__at_once(family):
    """A program that has bound its port may reconnect at once: timestamps tell old from new."""
    at = port()
    with listen(family) as listener:
        for _ in range(3):
            finish_as_client(family, at, listener)
        for reuse in (0, 1, 2):     # which is for ports that connect() chooses
            with knobs(net().a, tw_reuse=reuse):
                finish_as_client(family, at, listener)
        with named(family, at) as client:
            client.connect((net().addr("b", family), listener.getsockname()[1]))
            server, _ = listener.accept()
            with server:
                server.sendall(b"second life")
                equal(client.recv(100), b"second life", "data")
                equal(states(net().a, at), ["ESTABLISHED"], "states")


@case(BOTH)
def port_of_ones_own__not_without_timestamps(family):
    """On the old connection, or on the new one."""
    at, other = port(), port()
    with listen(family) as listener:
        to = (net().addr("b", family), listener.getsockname()[1])
        with knobs(net().a, timestamps=0):
            finish_as_client(family, at, listener)
        if IS_XTCP:
            finish_as_client(family, other, listener)
        for late, on in ((at, 1), (other, 0)):
            with knobs(net().a, timestamps=on), named(family, late) as client:
                if IS_XTCP or on:
                    expect_errno(errno.EADDRNOTAVAIL, client.connect, to)
                    equal(states(net().a, late), ["TIME_WAIT"], "states")


main()
