# SPDX-License-Identifier: GPL-2.0
"""Malformed, impossible and forged segments: dropped, counted by reason, harmless."""
import errno
import random
import struct

import lib
from lib import (IS_XTCP, PLACE, V4, V6, case, counters, equal, expect_errno, listen, main,
                 net, pair, port, recv_exact, states, wait_for, wait_states)
from lib.wire import MSS, Peer, checksum, open_to_peer, pseudo

BOTH = (V4, V6)
FUZZ = {"uml": 20000, "smp": 3000, "vm": 3000, "debug": 500}[PLACE]


def counted(name, action, least=1):
    """action() must raise this counter; not checked for the kernel's own TCP."""
    if not IS_XTCP:
        action()
        return
    before = counters(net().a)
    action()

    def raised():
        return counters(net().a)[name] >= before[name] + least
    try:
        wait_for(raised, 3)
    except lib.Failure:
        now = counters(net().a)
        lib.fail(f"{name} did not count; these did:  "
                 f"{ {k: now[k] - before[k] for k in now if now[k] != before[k]} }")


class Targets:
    """A listener, a closed port and an open connection as targets, and an unrelated connection."""

    def __init__(self, family):
        self.family = family
        self.listener = listen(family, net().a)
        self.peer, self.client = open_to_peer(net(), family)
        self.witness = pair(family)
        self.ports = (self.listener.getsockname()[1], port(), self.peer.dport)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.check_alive()
        self.peer.dport = self.ports[2]
        self.peer.close()
        self.client.close()
        self.listener.close()
        for s in self.witness:
            s.close()

    def check_alive(self):
        """Nothing has happened to any of them."""
        peer = self.peer
        peer.dport = self.ports[2]
        peer.quiet(0.2)
        self.client.send(b"still here")
        seg = peer.until(lambda s: s.data == b"still here")
        peer.take(seg)
        peer.send("PA", b"so am I")
        equal(recv_exact(self.client, 7), b"so am I", "data")
        peer.until(lambda s: s.ack == peer.seq)
        one, two = self.witness
        one.send(b"x")
        equal(two.recv(1), b"x", "data of the other connection")
        equal(states(net().a, self.ports[0]), ["LISTEN"], "the listener")

    def at_each(self, make, counter):
        """Send make(peer) to each of the three ports."""
        for target in self.ports:
            self.peer.dport = target
            counted(counter, lambda: self.peer.put(make(self.peer)))


@case(BOTH)
def short__less_than_a_header(family):
    with Targets(family) as targets:
        for length in (0, 1, 3, 12, 19):
            targets.at_each(lambda peer: peer.segment("A")[:length], "drop_short")


@case(BOTH)
def checksum__wrong(family):
    """RFC 9293 MUST-3: the receiver must verify the checksum."""
    with Targets(family) as targets:
        for flags, data in (("S", b""), ("A", b""), ("PA", b"data"), ("RA", b""), ("FA", b"")):
            targets.at_each(lambda peer: peer.segment(flags, data, spoil=True), "drop_checksum")


@case(BOTH)
def checksum__of_another_protocol(family):
    """A checksum with protocol 6 in the pseudo-header is wrong."""
    if not IS_XTCP:
        return
    with Targets(family) as targets:
        def make(peer):
            raw = peer.segment("PA", b"data")
            raw = raw[:16] + b"\0\0" + raw[18:]
            total = checksum(pseudo(peer.me, peer.them, len(raw), 6) + raw)
            return raw[:16] + struct.pack("!H", total) + raw[18:]
        targets.at_each(make, "drop_checksum")


@case(BOTH)
def offset__out_of_the_segment(family):
    with Targets(family) as targets:
        for offset in (0, 4):
            targets.at_each(lambda peer: peer.segment("A", offset=offset), "drop_offset")
        targets.at_each(lambda peer: peer.segment("A", b"1234", offset=15), "drop_offset")


@case(BOTH, xtcp_only="it takes what it can of such options")
def options__impossible_lengths(family):
    """RFC 9293 MUST-7: an illegal option length does no harm."""
    bad = (b"\x02\x00\x05\xb4", b"\x02\x01\x05\xb4", b"\x08\x0a\x00\x00", b"\x01\x01\x01\x02",
           b"\x02\x05\x05\xb4\x00\x00\x00\x00", b"\xfe\xff\x00\x00",
           b"\x02\x04\x05\xb4\x05\x01\x00\x00")
    with Targets(family) as targets:
        for opts in bad:
            targets.at_each(lambda peer: peer.segment("S", opts=opts), "drop_option")


@case(BOTH)
def options__unknown_are_skipped(family):
    """RFC 9293 MUST-6: an unknown option is ignored, if it has a length."""
    with listen(family, net().a) as listener, Peer(net(), family) as peer:
        server = peer.connect(listener, opts=b"\xf9\x06abcd" + MSS + b"\xfa\x02")
        peer.send("PA", b"data", opts=b"\xf9\x03x\x01")
        equal(recv_exact(server, 4), b"data", "data")
        server.close()


@case(BOTH, xtcp_only="it answers some of them")
def flags__impossible(family):
    """SYN with FIN, SYN with RST: no TCP sends these."""
    with Targets(family) as targets:
        for flags in ("SF", "SR", "SFA", "SRA", "SFRPAU"):
            targets.at_each(lambda peer: peer.segment(flags), "drop_flags")


@case(BOTH, xtcp_only="it answers some of them")
def flags__none_at_all(family):
    with Targets(family) as targets:
        for flags in ("", "P", "U", "F", "FPU"):
            for target in (targets.ports[0], targets.ports[2]):
                targets.peer.dport = target
                before = drops()
                targets.peer.put(targets.peer.segment(flags))
                wait_for(lambda: drops() > before, 3, f"'{flags}' to be counted by a drop_ counter")


def drops():
    return sum(n for name, n in counters(net().a).items() if name.startswith("drop_"))


# --- forged: RFC 5961 -------------------------------------------------------------------------

@case(BOTH)
def rst__out_of_window_is_ignored(family):
    peer, client = open_to_peer(net(), family)
    with peer, client:
        for off in (-1, -1000, 1 << 20, 1 << 30, (1 << 31) + 5):
            counted("drop_rst_invalid", lambda: peer.send("R", seq=peer.seq + off))
        peer.quiet(0.2)
        equal(states(net().a, peer.sport), ["ESTABLISHED"], "states")


@case(BOTH)
def rst__in_window_is_challenged(family):
    """RFC 5961 3.2: only RCV.NXT itself resets; elsewhere in the window: challenge ACK."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        peer.send("R", seq=peer.seq + 100)
        challenge = peer.get("A")
        equal(challenge.ack, peer.seq, "acknowledgement of the challenge")
        equal(states(net().a, peer.sport), ["ESTABLISHED"], "states")
        peer.send("R")
        expect_errno(errno.ECONNRESET, client.recv, 1)
        wait_states(net().a, peer.sport, [])
        peer.dport = None


@case(BOTH)
def syn__on_a_connection_is_challenged(family):
    """RFC 5961 4.2: any SYN in a synchronized state draws an ACK, no reset."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        peer.send("S", seq=peer.seq + 50)
        equal(peer.get("A").ack, peer.seq, "acknowledgement of the challenge")
        equal(states(net().a, peer.sport), ["ESTABLISHED"], "states")


@case(BOTH, xtcp_only="in Linux 6.1 it leaves out the answer")
def ack__of_what_was_never_sent(family):
    """RFC 9293 3.10.7.4: such an ACK is answered, its data are dropped."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        counted("drop_ack_future",
                lambda: peer.send("PA", b"forged", seq=peer.seq, ack=peer.ack + 100000))
        equal(peer.get("A").ack, peer.seq, "acknowledgement")
        client.setblocking(False)
        expect_errno(errno.EAGAIN, client.recv, 1)


@case(BOTH)
def data__out_of_window_is_answered_only(family):
    peer, client = open_to_peer(net(), family)
    with peer, client:
        counted("drop_window",
                lambda: peer.send("PA", b"far away", seq=peer.seq + (1 << 29)))
        equal(peer.get("A").ack, peer.seq, "acknowledgement")
        client.setblocking(False)
        expect_errno(errno.EAGAIN, client.recv, 1)


@case(BOTH)
def data__again_is_taken_once(family):
    peer, client = open_to_peer(net(), family)
    with peer, client:
        peer.send("PA", b"once")
        equal(recv_exact(client, 4), b"once", "data")
        peer.until(lambda s: s.ack == peer.seq)
        counted("drop_old", lambda: peer.send("PA", b"once", seq=peer.seq - 4))
        equal(peer.get("A").ack, peer.seq, "acknowledgement")
        peer.send("PA", b"ceAND MORE", seq=peer.seq - 2)
        equal(recv_exact(client, 8), b"AND MORE", "what was new of it")


@case(BOTH)
def data__out_of_order_is_put_in_order(family):
    """RFC 9293 SHLD-31: out-of-order data are queued."""
    peer, client = open_to_peer(net(), family)
    with peer, client:
        text = b"the quick brown fox jumps over it"
        base = peer.seq
        for at in (20, 5, 25, 10, 15, 30):
            peer.send("PA", text[at:at + 5], seq=base + at)
            equal(peer.get().ack, base, "acknowledgement while the start is missing")
        peer.send("PA", text[:5], seq=base)
        equal(recv_exact(client, len(text)), text, "data")
        peer.until(lambda s: s.ack == base + len(text))
        peer.seq = base + len(text)


@case(BOTH)
def ack__to_syn_sent_is_reset(family):
    """RFC 9293 figure 9: an old SYN-ACK (wrong acknowledgement) draws a RST."""
    with Peer(net(), family) as peer, lib.sock(family, ns=net().a) as s:
        s.setblocking(False)
        expect_errno(errno.EINPROGRESS, s.connect, (net().addr("ghost", family), peer.sport))
        syn = peer.get("S")
        peer.dport = syn.sport
        peer.send("SA", ack=syn.seq + 100, seq=7)
        equal(peer.get("R").seq, syn.seq + 100, "sequence number of the RST")
        peer.send("RA", ack=syn.seq + 100, seq=7)
        equal(states(net().a, peer.sport), ["SYN_SENT"], "states")
        peer.take(syn)
        peer.send("SA", opts=MSS)
        peer.until(lambda x: x.flags == "A")
        equal(states(net().a, peer.sport), ["ESTABLISHED"], "states")


@case((V4,))
def syn__to_a_broadcast_address_is_ignored(family):
    """RFC 9293 MUST-57: a SYN to a broadcast or multicast address: no reply."""
    with listen(family, net().a) as listener, Peer(net(), family) as peer:
        peer.dport = listener.getsockname()[1]
        for to, mac in (("10.77.0.255", b"\xff" * 6), ("224.0.0.1", b"\x01\0\x5e\0\0\1")):
            peer.them, peer.mac_a = to, mac
            peer.send("S", opts=MSS)
        peer.quiet(0.5)
        equal(states(net().a, peer.dport), ["LISTEN"], "states")
        peer.dport = None


@case(BOTH, bound=60)
def fuzz__at_random(family):
    """Random segments with valid checksums, at all three targets: the unrelated connection
    must survive.

    The seed is fixed: a failure is reproducible.
    """
    source = random.Random(11)
    with Peer(net(), family) as peer, listen(family, net().a) as listener:
        victim_peer, victim = open_to_peer(net(), family)
        witness = pair(family)
        ports = (listener.getsockname()[1], port(), victim_peer.dport)
        for _ in range(FUZZ):
            sender = source.choice((peer, victim_peer))
            sender.dport = source.choice(ports)
            flags = "".join(f for f in "SFRPAUEC" if source.random() < 0.3)
            opts = source.randbytes(source.choice((0, 0, 4, 12, 40)))
            near = source.choice((0, 1, -1, 100, 70000, source.getrandbits(32)))
            sender.put(sender.segment(flags, source.randbytes(source.choice((0, 0, 1, 100, 1400))),
                                      seq=sender.seq + near, ack=sender.ack + source.choice(
                                          (0, 1, -1, source.getrandbits(32))),
                                      win=source.getrandbits(16), opts=opts))
            sender.sniffer.poll()
        one, two = witness
        for _ in range(3):
            one.send(b"alive")
            equal(recv_exact(two, 5), b"alive", "data of the witness")
        with Peer(net(), family) as late:
            late.connect(listener).close()
        for s in (one, two, victim):
            s.close()
        victim_peer.dport = ports[2]
        victim_peer.sniffer.close()


main()
