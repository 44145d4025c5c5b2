# SPDX-License-Identifier: GPL-2.0
"""Closing: both sides first, half-close, RST, TIME-WAIT, every state."""
import errno
import os
import socket
import struct
import threading
import time

from lib import (FAMILIES, V4, V6, Child, case, check, equal, expect_errno, knobs,
                 listen, main, net, noise, pair, port, readable, recv_exact, slow, so_error, sock,
                 states, table, wait_for, wait_state, wait_states)
from lib.wire import Peer, Sniffer, open_by_peer, open_to_peer

BOTH = (V4, V6)
LINGER_0 = struct.pack("ii", 1, 0)


def closing(wire):
    """The flags of the segments since the first FIN."""
    flags = wire.flags()
    first = next((i for i, f in enumerate(flags) if "F" in f), len(flags))
    return flags[first:]


@case(FAMILIES)
def four_segments(family):
    """RFC 9293 figure 12: FIN, its ACK, and later the other FIN, its ACK."""
    client, server = pair(family)
    with client, server, Sniffer(net().a, "va", client.getsockname()[1]) as wire:
        at = client.getsockname()[1]
        client.shutdown(socket.SHUT_WR)
        equal(server.recv(1), b"", "end of stream")
        wait_for(lambda: closing(wire) == ["FA", "A"], what="FIN and its ACK")
        equal(states(net().a, at), ["FIN_WAIT2"], "the closer")
        equal(states(net().b, at), ["CLOSE_WAIT"], "its peer")
        server.shutdown(socket.SHUT_WR)
        equal(client.recv(1), b"", "end of stream")
        wait_for(lambda: closing(wire) == ["FA", "A", "FA", "A"], what="four segments")
        wait_states(net().a, at, ["TIME_WAIT"])
        wait_states(net().b, at, [])


@case(FAMILIES)
def three_segments_when_fin_rides_on_the_ack(family):
    """A passive closer whose FIN carries the ACK saves a segment.

    The peer, played by the test, answers FIN with FIN+ACK; the stack must take both from one
    segment, enter TIME-WAIT, and acknowledge.
    """
    peer, client = open_to_peer(net(), family)
    with peer, client:
        client.shutdown(socket.SHUT_WR)
        fin = peer.get("FA")
        peer.take(fin)
        peer.send("FA")
        last = peer.get("A")
        equal(last.ack, peer.seq, "acknowledgement of the FIN")
        wait_states(net().a, peer.sport, ["TIME_WAIT"])
        equal(client.recv(1), b"", "end of stream")
        peer.quiet(0.3)


@case(BOTH)
def fin_rides_on_data(family):
    """The last data and the FIN may come in one segment."""
    peer, server = open_by_peer(net(), family)
    with peer, server:
        peer.send("FPA", b"last words")
        equal(recv_exact(server, 10), b"last words", "data")
        equal(server.recv(1), b"", "end of stream")
        peer.until(lambda s: s.ack == peer.seq)
        wait_states(net().a, peer.sport, ["CLOSE_WAIT"])
        server.close()
        fin = peer.until(lambda s: "F" in s.flags)
        equal(states(net().a, peer.sport), ["LAST_ACK"], "state")
        peer.take(fin)
        peer.send("A")
        wait_states(net().a, peer.sport, [])


@case(FAMILIES)
def half_close__closer_still_receives(family):
    client, server = pair(family)
    with client, server:
        client.send(b"question")
        client.shutdown(socket.SHUT_WR)
        equal(recv_exact(server, 8), b"question", "data")
        equal(server.recv(1), b"", "end of stream")
        answer = noise(200000)
        child = Child(server.sendall, answer)
        check(recv_exact(client, len(answer)) == answer, "answer differs")
        child.join()
        server.close()
        equal(client.recv(1), b"", "end of stream")


@case(FAMILIES)
def half_close__the_accepted_side_first(family):
    client, server = pair(family)
    with client, server:
        server.sendall(b"greeting")
        server.shutdown(socket.SHUT_WR)
        equal(recv_exact(client, 8), b"greeting", "data")
        equal(client.recv(1), b"", "end of stream")
        client.sendall(b"still here")
        equal(recv_exact(server, 10), b"still here", "data")
        client.close()
        equal(server.recv(1), b"", "end of stream")


@case(FAMILIES)
def shutdown_read__ends_reading_only(family):
    client, server = pair(family)
    with client, server:
        server.shutdown(socket.SHUT_RD)
        equal(server.recv(1), b"", "recv after SHUT_RD")
        server.sendall(b"out")
        equal(recv_exact(client, 3), b"out", "data")


@case(FAMILIES)
def close_with_unread_data__sends_rst(family):
    """RFC 9293 3.6 (SHLD-3), RFC 2525 2.17: data were lost, so the peer is told by RST."""
    client, server = pair(family)
    with client, Sniffer(net().a, "va", client.getsockname()[1]) as wire:
        client.send(b"never read")
        check(readable(server), "no data")
        server.close()
        rst = wire.find(lambda s: "R" in s.flags)
        check("F" not in rst.flags, f"{rst} is FIN and RST")
        expect_errno(errno.ECONNRESET, client.recv, 1)
        wait_states(net().a, rst.sport, [])
        wait_states(net().b, rst.sport, [])


@case(FAMILIES)
def data_after_close__answered_by_rst(family):
    """RFC 9293 3.10.7.4: data that comes after close() can't be delivered."""
    peer, server = open_by_peer(net(), family)
    with peer:
        server.close()
        peer.take(peer.get("FA"))
        peer.send("A")
        peer.send("PA", b"too late")
        rst = peer.until(lambda s: "R" in s.flags)
        wait_states(net().a, peer.sport, [])
        check(rst.seq == peer.ack, f"{rst}: sequence number, expected {peer.ack}")


@case(FAMILIES)
def linger_0__sends_rst(family):
    client, server = pair(family)
    with server, Sniffer(net().a, "va", client.getsockname()[1]) as wire:
        at = client.getsockname()[1]
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
        client.close()
        wire.find(lambda s: "R" in s.flags)
        check(not any("F" in f for f in wire.flags()), "a FIN before the RST")
        expect_errno(errno.ECONNRESET, server.recv, 1)
        wait_states(net().a, at, [])
        wait_states(net().b, at, [])


@case(FAMILIES)
def linger__close_waits_for_the_last_byte(family):
    """With SO_LINGER on, close() returns when the peer has it all."""
    client, server = pair(family)
    with server:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 30))
        data = bytes(500000)
        reader = threading.Thread(target=recv_exact, args=(server, len(data)), daemon=True)
        reader.start()
        client.sendall(data)
        at = client.getsockname()[1]
        client.close()
        now = set(states(net().a, at))
        reader.join(slow(10))
        check(now <= {"FIN_WAIT2", "TIME_WAIT"}, f"close() came back in {now}")


@case(FAMILIES)
def linger__data_while_close_waits_is_reset(family):
    """RFC 9293 3.6.1 (SHLD-3): close() waits for the peer, whose data can't be read any more."""
    peer, server = open_by_peer(net(), family)
    with peer:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 60))
        closer = threading.Thread(target=server.close, daemon=True)
        closer.start()
        fin = peer.get("FA")
        peer.send("PA", b"nobody reads this", ack=fin.seq)
        peer.until(lambda s: "R" in s.flags)
        closer.join(slow(5))
        check(not closer.is_alive(), "close() still waits for a peer that it has reset")
        wait_states(net().a, peer.sport, [])


@case(FAMILIES)
def shutdown_both__data_is_reset(family):
    """RFC 9293 3.6.1: the socket exists, but is shut both ways: data would be lost."""
    peer, server = open_by_peer(net(), family)
    with peer, server:
        peer.send("PA", b"before")
        equal(recv_exact(server, 6), b"before", "data")
        server.shutdown(socket.SHUT_RDWR)
        fin = peer.until(lambda s: "F" in s.flags)
        peer.take(fin)
        peer.send("PA", b"after")
        rst = peer.until(lambda s: "R" in s.flags)
        equal(rst.seq, peer.ack, "sequence number of the RST")
        wait_states(net().a, peer.sport, [])
        equal(so_error(server), errno.ECONNRESET, "SO_ERROR")


@case(FAMILIES)
def shutdown_both__one_after_the_other(family):
    """In either order; with only one of them no RST: data are read, or kept."""
    for first, second in ((socket.SHUT_RD, socket.SHUT_WR), (socket.SHUT_WR, socket.SHUT_RD)):
        peer, server = open_by_peer(net(), family)
        with peer, server:
            server.shutdown(first)
            if first == socket.SHUT_WR:
                peer.take(peer.get("FA"))
            peer.send("PA", b"one")
            peer.until(lambda s, peer=peer: s.ack == peer.seq and "R" not in s.flags)
            equal(recv_exact(server, 3), b"one", "data")
            server.shutdown(second)
            if first == socket.SHUT_RD:
                peer.take(peer.until(lambda s: "F" in s.flags))
            peer.send("PA", b"two")
            peer.until(lambda s: "R" in s.flags)
            wait_states(net().a, peer.sport, [])


@case(FAMILIES)
def shutdown_both__the_peers_fin_is_taken(family):
    """A FIN without data loses nothing: an orderly close."""
    peer, server = open_by_peer(net(), family)
    with peer, server:
        server.shutdown(socket.SHUT_RDWR)
        peer.take(peer.get("FA"))
        peer.send("FA")
        equal(peer.get("A").ack, peer.seq, "acknowledgement")
        wait_states(net().a, peer.sport, ["TIME_WAIT"])
        equal(so_error(server), 0, "SO_ERROR")


@case(FAMILIES)
def close__delivers_what_was_sent(family):
    """close() after send() loses nothing, even if the process has ended."""
    client, server = pair(family)
    with server:
        data = noise(400000)

        def send_and_go():
            client.sendall(data)
            client.close()
        child = Child(send_and_go)
        client.close()
        got = recv_exact(server, len(data))
        child.join()
        check(got == data, "data differs")
        equal(server.recv(1), b"", "end of stream")


@case(FAMILIES)
def simultaneous_close(family):
    """RFC 9293 figure 13: FINs cross; both are CLOSING, then TIME-WAIT."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        client.shutdown(socket.SHUT_WR)
        fin = peer.get("FA")
        peer.send("FA")                       # has not received our FIN yet
        peer.until(lambda s: s.ack == peer.seq)
        equal(states(net().a, peer.sport), ["CLOSING"], "state")
        peer.take(fin)
        peer.send("A")
        wait_states(net().a, peer.sport, ["TIME_WAIT"])
        equal(client.recv(1), b"", "end of stream")


@case(BOTH)
def closed_port__answer_by_the_book(family):
    """RFC 9293 3.5.2 group 1: the two forms of RST from a closed port."""
    with Peer(net(), family, dport=port()) as peer:
        peer.send("S", seq=5000)
        rst = peer.get("RA")
        equal((rst.seq, rst.ack), (0, 5001), "sequence and acknowledgement numbers")
        peer.send("A", seq=5000, ack=777)
        rst = peer.get("R")
        equal(rst.seq, 777, "sequence number")
        peer.send("FPA", b"12345", seq=5000, ack=888)
        equal(peer.get("R").seq, 888, "sequence number")
        peer.send("R", seq=5000)
        peer.send("RA", seq=5000, ack=9)
        peer.quiet(0.3)


@case(FAMILIES, bound=30)
def listener_closed__connections_live_on(family):
    with listen(family) as listener:
        client, server = pair(family, listener=listener)
    with client, server:
        client.send(b"still")
        equal(recv_exact(server, 5), b"still", "data")


@case(FAMILIES)
def listener_closed__unaccepted_are_reset(family):
    listener = listen(family)
    with sock(family, ns=net().a) as client:
        client.connect((net().addr("b", family), listener.getsockname()[1]))
        listener.close()
        expect_errno(errno.ECONNRESET, client.recv, 1)


# --- TIME-WAIT -------------------------------------------------------------------------------

def close_both(client, server):
    client.close()
    equal(server.recv(1), b"", "end of stream")
    server.close()


def time_wait_length(family):
    """(at least, at most) how long it lasted: measured from before and after it began."""
    client, server = pair(family)
    at = client.getsockname()[1]
    before = time.monotonic()
    close_both(client, server)
    wait_states(net().a, at, ["TIME_WAIT"])
    after = time.monotonic()
    wait_states(net().a, at, [], 30)
    return time.monotonic() - after, time.monotonic() - before


@case(FAMILIES, bound=60, xtcp_only="TIME_WAIT is 60 s for ever")
def time_wait__is_twice_msl(family):
    """RFC 9293 MUST-13, with msl_ms changed live."""
    for msl in (500, 1500):
        with knobs(net().a, msl_ms=msl):
            least, most = time_wait_length(family)
        check(most >= 2 * msl / 1000 and least <= 2 * msl / 1000 + slow(1),
              f"2*MSL is {2 * msl} ms, TIME-WAIT took {least * 1000:.0f} to {most * 1000:.0f} ms")


@case(BOTH, xtcp_only="TIME_WAIT is 60 s for ever")
def time_wait__answers_a_late_fin_and_starts_again(family):
    """RFC 9293 3.10.7.4: a retransmitted FIN means that our ACK was lost: ACK, restart 2 MSL."""
    with knobs(net().a, msl_ms=1000):
        peer, client = open_to_peer(net(), family)
        with peer:
            client.close()
            peer.take(peer.get("FA"))
            peer.send("FA")
            peer.get("A")
            start = time.monotonic()
            time.sleep(1.2)
            peer.send("FA", seq=peer.seq - 1)
            equal(peer.get("A").ack, peer.seq, "acknowledgement")
            wait_states(net().a, peer.sport, [], 10)
            took = time.monotonic() - start
            check(took > 3.0, f"TIME-WAIT ended {took:.1f} s after the first FIN, not restarted")


@case(BOTH)
def time_wait__holds_its_port(family):
    client, server = pair(family)
    at = client.getsockname()[1]
    close_both(client, server)
    wait_states(net().a, at, ["TIME_WAIT"])
    here = (net().addr("a", family), at)
    with sock(family, ns=net().a) as s:
        expect_errno(errno.EADDRINUSE, s.bind, here)


@case(FAMILIES)
def time_wait__server_restarts_at_once(family):
    """A server with SO_REUSEADDR restarts while TIME-WAITs use its port."""
    at = port()
    with listen(family, at=at) as listener:
        client, server = pair(family, listener=listener)
        server.close()                        # the server closes first
        equal(client.recv(1), b"", "end of stream")
        client.close()
        wait_state(net().b, at, "TIME_WAIT")
    with listen(family, at=at) as listener:
        client, server = pair(family, listener=listener)
        close_both(client, server)


@case(BOTH)
def time_wait__ignores_rst(family):
    """RFC 1337: an old RST must not end TIME-WAIT early."""
    peer, client = open_to_peer(net(), family)
    with peer:
        client.close()
        peer.take(peer.get("FA"))
        peer.send("FA")
        peer.get("A")
        peer.send("R", seq=peer.seq + 100000000)
        peer.quiet(0.3)
        equal(states(net().a, peer.sport), ["TIME_WAIT"], "state")


# --- every state of RFC 9293 figure 5 in the connection table -------------------------------

@case(FAMILIES)
def states__opening(family):
    """LISTEN, SYN-SENT, SYN-RECEIVED, ESTABLISHED."""
    with listen(family, net().a) as listener, Peer(net(), family) as peer:
        at = listener.getsockname()[1]
        equal(states(net().a, at), ["LISTEN"], "states")
        peer.dport = at
        peer.send("S", opts=b"")
        peer.take(peer.get("SA"))
        equal(states(net().a, at), ["LISTEN", "SYN_RECV"], "states")
        peer.send("A")
        wait_states(net().a, at, ["ESTABLISHED", "LISTEN"])
    with Peer(net(), family) as peer, sock(family, ns=net().a) as client:
        client.setblocking(False)
        try:
            client.connect((net().addr("ghost", family), peer.sport))
        except BlockingIOError:
            pass
        equal(states(net().a, peer.sport), ["SYN_SENT"], "states")
        peer.accept()
        wait_states(net().a, peer.sport, ["ESTABLISHED"])


@case(FAMILIES)
def states__active_close(family):
    """FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        client.shutdown(socket.SHUT_WR)
        fin = peer.get("FA")
        equal(states(net().a, peer.sport), ["FIN_WAIT1"], "states")
        peer.take(fin)
        peer.send("A")
        wait_states(net().a, peer.sport, ["FIN_WAIT2"])
        peer.send("FA")
        wait_states(net().a, peer.sport, ["TIME_WAIT"])


@case(FAMILIES)
def states__simultaneous_open(family):
    """RFC 9293 figure 8 (MUST-10): SYNs cross; both become ESTABLISHED."""
    with Peer(net(), family) as peer, sock(family, ns=net().a) as client:
        client.setblocking(False)
        try:
            client.connect((net().addr("ghost", family), peer.sport))
        except BlockingIOError:
            pass
        syn = peer.get("S")
        peer.dport = syn.sport
        peer.send("S")
        answer = peer.get("SA")
        equal((answer.seq, answer.ack), (syn.seq, peer.seq), "numbers of the SYN-ACK")
        equal(states(net().a, peer.sport), ["SYN_RECV"], "states")
        peer.take(syn)
        peer.send("SA", seq=peer.seq - 1)
        wait_states(net().a, peer.sport, ["ESTABLISHED"])
        client.setblocking(True)
        client.send(b"open")
        peer.until(lambda s: s.data == b"open")


@case(FAMILIES)
def table__addresses_ports_and_owner(family):
    """A row of the table names both ends, the user, and the queues."""
    client, server = pair(family)
    with client, server:
        at, there = client.getsockname()[1], server.getsockname()[1]
        server.send(b"12345")
        check(readable(client), "no data")
        row = table(net().a, at)[0]
        equal((row.lport, row.rport, row.state), (at, there, "ESTABLISHED"), "row")
        equal(row.local, net().addr("a", family), "local address")
        equal(row.remote, net().addr("b", family), "remote address")
        equal(row.six, family != V4, "which of the two tables")
        equal(row.uid, os.getuid(), "owner")
        equal(row.rxq, 5, "bytes to read")
        equal(row.inode, os.fstat(client.fileno()).st_ino, "inode")


main()
