# SPDX-License-Identifier: GPL-2.0
"""Peers that are silent, gone, or restarted; and ICMP errors about them."""
import errno
import socket
import struct
import time

from lib import (FAMILIES, PLACE, SOL_TCP, V4, V6, WIRE_PROTO, case, check, counters, equal,
                 errname, expect_errno, knobs, listen, main, net, so_error, sock, states, wait_for,
                 wait_states)
from lib.wire import MSS, Peer, checksum, open_to_peer, pseudo

# How late a timer may fire: the machine's own delays are added to it
LATE = {"uml": 0.3, "smp": 2.0, "vm": 0.6, "debug": 2.0}[PLACE]


def gaps(segs):
    return [b.when - a.when for a, b in zip(segs, segs[1:])]


def check_gaps(segs, want, what):
    got = gaps(segs)
    equal(len(got), len(want), f"{what}: retransmissions")
    for have, should in zip(got, want):
        check(should * 0.9 <= have <= should * 1.15 + LATE,
              f"{what}: gaps {[round(g, 2) for g in got]}, expected {want}")


def begin(family, ns, there):
    s = sock(family, ns=ns)
    s.setblocking(False)
    expect_errno(errno.EINPROGRESS, s.connect, there)
    return s


@case(FAMILIES, bound=40)
def syn__doubles_and_gives_up(family):
    """RFC 6298: the first RTO is 1 s and doubles; then ETIMEDOUT."""
    with knobs(net().a, syn_retries=2), Peer(net(), family) as peer:
        with begin(family, net().a, (net().addr("ghost", family), peer.sport)) as s:
            equal(states(net().a, peer.sport), ["SYN_SENT"], "states")
            end = wait_for(lambda: (so_error(s), time.time())
                           if "SYN_SENT" not in states(net().a, peer.sport) else None,
                           20, "the end of the attempt")
            equal(errname(end[0]), "ETIMEDOUT", "SO_ERROR")
            syns = [x for x in peer.sniffer.poll() if x.flags == "S"]
            check_gaps(syns, [1, 2], "SYN")
            check(3.5 < end[1] - syns[-1].when < 4.6 + 2 * LATE,
                  f"gave up {end[1] - syns[-1].when:.1f} s after the last SYN, expected 4")
            equal(len({x.seq for x in syns}), 1, "sequence numbers of the SYN")


@case((V4, V6), bound=30)
def syn__count_of_a_socket(family):
    """TCP_SYNCNT overrides the sysctl."""
    with Peer(net(), family) as peer, sock(family, ns=net().a) as s:
        s.setsockopt(SOL_TCP, socket.TCP_SYNCNT, 1)
        expect_errno(errno.ETIMEDOUT, s.connect, (net().addr("ghost", family), peer.sport))
        equal(len([x for x in peer.sniffer.poll() if x.flags == "S"]), 2, "SYNs")


@case(FAMILIES, bound=30)
def synack__doubles_and_gives_up(family):
    with knobs(net().a, synack_retries=2), listen(family, net().a) as listener, \
            Peer(net(), family, dport=listener.getsockname()[1]) as peer:
        peer.send("S", opts=MSS)
        peer.get("SA")
        equal(states(net().a, peer.sport), ["SYN_RECV"], "states")
        wait_states(net().a, peer.sport, [], 20)
        check_gaps([x for x in peer.sniffer.poll() if x.flags == "SA"], [1, 2], "SYN-ACK")
        peer.dport = None


@case(FAMILIES, bound=30)
def synack__again_for_a_repeated_syn(family):
    """RFC 9293 3.10.7.4: the client did not get our SYN-ACK; it is retransmitted."""
    with listen(family, net().a) as listener, \
            Peer(net(), family, dport=listener.getsockname()[1]) as peer:
        peer.send("S", opts=MSS)
        first = peer.get("SA")
        time.sleep(0.1)
        peer.send("S", seq=1000, opts=MSS)
        second = peer.get("SA")
        equal((second.seq, second.ack), (first.seq, first.ack), "the same SYN-ACK")
        peer.take(second)
        peer.send("A")
        accepted, _ = listener.accept()
        accepted.close()


@case(FAMILIES, bound=60)
def data__peer_vanished(family):
    """Unanswered data is sent again with doubled intervals; after R2, ETIMEDOUT."""
    with knobs(net().a, retries2=3):
        peer, client = open_to_peer(net(), family)
        with peer, client:
            client.send(b"anyone there?")
            expect_errno(errno.ETIMEDOUT, client.recv, 1)
            wait_states(net().a, peer.sport, [])
            sent = [x for x in peer.sniffer.poll() if x.data]
            equal({(x.seq, x.data) for x in sent}, {(sent[0].seq, b"anyone there?")},
                  "what was sent again")
            check(len(sent) >= 4, f"given up after {len(sent) - 1} retransmissions, R2 is 3")
            later = gaps(sent)[1:]                   # the first may be a probe (RFC 8985)
            for one, two in zip(later, later[1:]):
                check(1.7 < two / one < 2.4 or PLACE == "debug",
                      f"intervals do not double: {[round(g, 2) for g in gaps(sent)]}")
            peer.dport = None


@case((V4, V6), bound=30)
def data__user_timeout(family):
    """TCP_USER_TIMEOUT (RFC 5482) ends it sooner."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        client.setsockopt(SOL_TCP, socket.TCP_USER_TIMEOUT, 1500)
        start = time.monotonic()
        client.send(b"anyone there?")
        expect_errno(errno.ETIMEDOUT, client.recv, 1)
        took = time.monotonic() - start
        check(1.4 < took < 3.5 + LATE, f"took {took:.2f} s, TCP_USER_TIMEOUT is 1.5")
        peer.dport = None


@case(FAMILIES)
def data__peer_was_born_again(family):
    """RFC 9293 3.5.1 (half-open): the new host knows no such connection and answers by RST."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        client.send(b"as I was saying")
        said = peer.until(lambda s: s.data)
        peer.send("R", seq=said.ack)
        expect_errno(errno.ECONNRESET, client.recv, 1)
        wait_states(net().a, peer.sport, [])
        peer.dport = None


@case(FAMILIES)
def data__lost_segment_is_sent_again(family):
    """Not acknowledged in time: retransmitted; the program notices nothing."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        client.send(b"lost")
        peer.until(lambda s: s.data == b"lost")
        again = peer.until(lambda s: s.data == b"lost")
        peer.take(again)
        peer.send("A")
        client.send(b"next")
        peer.until(lambda s: s.data == b"next")


@case((V4, V6))
def data__three_duplicate_acks(family):
    """RFC 5681 3.2: three duplicate ACKs reveal a loss before the timer expires."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        data = bytes(range(200)) * 100
        client.send(data)
        first = peer.until(lambda s: s.data)
        wait_for(lambda: sum(len(s.data) for s in peer.sniffer.poll()) >= 10000, what="data")
        seen = len(peer.sniffer.seen)
        start = time.monotonic()
        peer.ack = first.seq
        for _ in range(4):
            peer.send("A")
        wait_for(lambda: any(s.seq == first.seq and s.data for s in peer.sniffer.poll()[seen:]),
                 what="the first segment again")
        took = time.monotonic() - start
        check(took < 0.19 or PLACE != "uml", f"sent again after {took:.3f} s: by the timer")


@case(FAMILIES, bound=30)
def keepalive__finds_a_dead_peer(family):
    """RFC 9293 3.8.4: probes when idle; unanswered, ETIMEDOUT."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1),
                              (socket.TCP_KEEPCNT, 2)):
            client.setsockopt(SOL_TCP, option, value)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        start = time.monotonic()
        expect_errno(errno.ETIMEDOUT, client.recv, 1)
        took = time.monotonic() - start
        check(2.7 < took < 4.5 + LATE, f"took {took:.1f} s, expected about 3")
        peer.dport = None


@case((V4, V6), bound=30)
def keepalive__an_answer_keeps_it(family):
    """MUST-26: probes only when idle; any answer keeps the connection, whatever the intervals."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 2),
                              (socket.TCP_KEEPCNT, 2)):
            client.setsockopt(SOL_TCP, option, value)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for _ in range(4):
            probe = peer.get("A")
            equal(probe.seq, peer.ack - 1, "a probe's sequence number is SND.NXT - 1")
            peer.send("A")
        equal(states(net().a, peer.sport), ["ESTABLISHED"], "states")


@case((V4, V6))
def keepalive__off_by_default(family):
    """MUST-25: unless asked for, an idle connection sends nothing."""
    with knobs(net().a, keepalive_time=1):
        peer, client = open_to_peer(net(), family)
        with peer, client:
            peer.quiet(2)


@case((V4, V6), bound=60)
def orphan__given_up_when_nobody_answers(family):
    with knobs(net().a, orphan_retries=2):
        peer, client = open_to_peer(net(), family)
        with peer:
            client.send(b"unheard")
            client.close()
            check(states(net().a, peer.sport)[0] in ("FIN_WAIT1", "LAST_ACK"), "no orphan")
            wait_states(net().a, peer.sport, [], 30)
            peer.dport = None


@case(FAMILIES, bound=30)
def orphan__fin_wait_2_is_bounded(family):
    """fin_timeout: a closed socket does not wait for the peer's FIN for ever."""
    with knobs(net().a, fin_timeout=2):
        peer, client = open_to_peer(net(), family)
        with peer:
            client.close()
            peer.take(peer.get("FA"))
            peer.send("A")
            wait_states(net().a, peer.sport, ["FIN_WAIT2"])
            start = time.monotonic()
            wait_states(net().a, peer.sport, [], 10)
            took = time.monotonic() - start
            check(1.5 < took < 3 + LATE, f"took {took:.1f} s, fin_timeout is 2")
            peer.dport = None


@case((V4, V6), bound=60)
def window__zero_for_long_is_no_death(family):
    """RFC 9293 MUST-37: while the peer answers probes, a closed window doesn't end the
    connection.
    """
    peer, client = open_to_peer(net(), family)
    with peer, client, knobs(net().a, retries2=3):
        client.setblocking(False)
        client.send(b"x" * 4000)
        first = peer.until(lambda s: s.data)
        peer.window = 0
        for _ in range(30):                       # all of the first flight
            seg = max(peer._arrived(), key=lambda s: (s.end - first.seq) % (1 << 32))
            time.sleep(0.01)
        peer.ack = seg.end
        peer.send("A")
        client.send(b"waits")
        for _ in range(5):
            probe = peer.until(lambda s: s.seq != first.seq or not s.data, 30)
            check("R" not in probe.flags, f"{probe}")
            peer.send("A")
        equal(states(net().a, peer.sport), ["ESTABLISHED"], "states")
        peer.window = 65535
        peer.send("A")
        peer.until(lambda s: s.data.endswith(b"waits"), 30)


# --- ICMP -----------------------------------------------------------------------------------

def icmp(peer, kind, code, about):
    """Send an ICMP error about a segment of the stack (with its unchanged header)."""
    inner = about.raw[:64]
    me, them = peer.me, peer.them
    if peer.six:
        quoted = struct.pack("!IHBB", 6 << 28, len(about.raw), WIRE_PROTO, 64) \
            + socket.inet_pton(socket.AF_INET6, them) + socket.inet_pton(socket.AF_INET6, me) \
            + inner
        body = struct.pack("!BBHI", kind, code, 0, 0) + quoted
        total = checksum(pseudo(me, them, len(body), 58) + body)
        number = 58
    else:
        quoted = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(about.raw), 0, 0x4000, 64,
                             WIRE_PROTO, 0, socket.inet_aton(them), socket.inet_aton(me)) + inner
        body = struct.pack("!BBHI", kind, code, 0, 0) + quoted
        total = checksum(body)
        number = 1
    peer.put(body[:2] + struct.pack("!H", total) + body[4:], number)


UNREACHABLE = {False: (3, (0, 1, 5)), True: (1, (0, 3))}
REFUSED = {False: (3, 3), True: (1, 4)}


@case((V4, V6))
def icmp__port_unreachable_refuses_a_syn(family):
    """A firewall that rejects with ICMP: connect() fails at once (RFC 5461 3.2)."""
    with Peer(net(), family) as peer:
        with begin(family, net().a, (net().addr("ghost", family), peer.sport)) as s:
            icmp(peer, *REFUSED[peer.six], peer.get("S"))
            wait_for(lambda: states(net().a, peer.sport) == [], what="the end of the attempt")
            equal(errname(so_error(s)), "ECONNREFUSED", "SO_ERROR")


@case((V4, V6))
def icmp__soft_errors_end_nothing(family):
    """RFC 9293 MUST-56: network, host or source route unreachable is no abort."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        client.send(b"one")
        seg = peer.until(lambda s: s.data == b"one")
        kind, codes = UNREACHABLE[peer.six]
        for code in codes:
            icmp(peer, kind, code, seg)
        icmp(peer, *REFUSED[peer.six], seg)     # RFC 5927 5.2: not in this state either
        peer.take(seg)
        peer.send("A")
        client.send(b"two")
        peer.until(lambda s: s.data == b"two")
        equal(states(net().a, peer.sport), ["ESTABLISHED"], "states")


@case((V4, V6), xtcp_only="counted by another name")
def icmp__forged_is_ignored(family):
    """RFC 5927 4.1: an error about a sequence number that is not in flight."""
    with Peer(net(), family) as peer:
        with begin(family, net().a, (net().addr("ghost", family), peer.sport)):
            syn = peer.get("S")
            syn.raw = syn.raw[:4] + struct.pack("!I", (syn.seq + 100000) % (1 << 32)) + syn.raw[8:]
            before = counters(net().a)["icmp_ignored"]
            icmp(peer, *REFUSED[peer.six], syn)
            wait_for(lambda: counters(net().a)["icmp_ignored"] > before, what="icmp_ignored")
            equal(states(net().a, peer.sport), ["SYN_SENT"], "states")


main()
