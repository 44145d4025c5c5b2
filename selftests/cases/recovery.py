# SPDX-License-Identifier: GPL-2.0
"""Timestamps and SACK on the wire, byte for byte (RFC 7323, RFC 2018, RFC 2883)."""
import struct

from lib import IS_XTCP, V4, V6, case, check, equal, listen, main, net, sock
from lib.wire import MSS, Peer

OFFER = b"\xfe\x14\x78\x63\x11" + bytes(15)
NOPS, SACK_OK, WSCALE7 = b"\x01\x01", b"\x04\x02", b"\x01\x03\x03\x07"


def stamp(val, ecr=0):
    return struct.pack("!BBII", 8, 10, val, ecr)


def options(seg):
    return seg.raw[20:len(seg.raw) - len(seg.data)]


def blocks(seg):
    """The SACK blocks of a segment; the option must follow two NOPs and the timestamp."""
    raw = options(seg)
    check(raw[:4] == NOPS + b"\x08\x0a", f"{raw.hex()} does not begin with a timestamp")
    if len(raw) == 12:
        return []
    equal(raw[12:15], NOPS + b"\x05", "what stands before the blocks")
    equal(raw[15], len(raw) - 14, "length of the SACK option")
    numbers = struct.unpack(f"!{(raw[15] - 2) // 4}I", raw[16:])
    return [(a, b) for a, b in zip(numbers[::2], numbers[1::2])]


class Stamped(Peer):
    """A peer with timestamps and SACK; its clock ticks with each segment."""

    clock, recent = 5000, 0

    def say(self, flags, data=b"", **how):
        self.clock += 1
        self.send(flags, data, opts=NOPS + stamp(self.clock, self.recent), **how)

    def open(self, family):
        with listen(family, net().a) as listener:
            self.dport = listener.getsockname()[1]
            self.clock += 1
            self.send("S", opts=MSS + SACK_OK + stamp(self.clock) + WSCALE7)
            answer = self.get("SA")
            self.note(answer)
            self.say("A")
            accepted, _ = listener.accept()
        return answer, accepted

    def note(self, seg):
        self.take(seg)
        self.recent = struct.unpack("!I", seg.opts[8][:4])[0]

    def hear(self, flags="A"):
        seg = self.get(flags)
        self.note(seg)
        return seg


@case((V4, V6))
def syn__options_in_the_usual_order(family):
    with Peer(net(), family) as peer, sock(family, ns=net().a) as client:
        client.setblocking(False)
        try:
            client.connect((net().addr("ghost", family), peer.sport))
        except BlockingIOError:
            pass
        raw = options(peer.get("S"))
        equal(len(raw), 40 if IS_XTCP else 20, "bytes of options")
        equal(raw[:2] + raw[4:8], b"\x02\x04" + SACK_OK + b"\x08\x0a", "MSS, SACK, timestamps")
        equal(raw[12:16], b"\0\0\0\0", "TSecr of a SYN")
        equal(raw[16:19], WSCALE7[:3], "window scale")
        equal(raw[20:], OFFER if IS_XTCP else b"", "and ours behind them, docs/protocol.md")


@case((V4, V6))
def synack__echoes_the_timestamp(family):
    with Stamped(net(), family) as peer:
        answer, accepted = peer.open(family)
        with accepted:
            raw = options(answer)
            equal(raw[:2] + raw[4:8], b"\x02\x04" + SACK_OK + b"\x08\x0a", "the options")
            equal(struct.unpack("!I", raw[12:16])[0], 5001, "TSecr")
            accepted.send(b"text")
            seg = peer.hear()
            equal(options(seg)[:4], NOPS + b"\x08\x0a", "options of a segment of text")
            equal(len(options(seg)), 12, "their bytes")
            equal(struct.unpack("!I", options(seg)[8:12])[0], 5002, "TSecr")
            peer.say("A")


@case((V4, V6))
def sack__blocks_latest_first(family):
    with Stamped(net(), family) as peer:
        _, accepted = peer.open(family)
        with accepted:
            base = peer.seq
            peer.say("A", b"b" * 10, seq=base + 10)
            equal(blocks(peer.hear()), [(base + 10, base + 20)], "blocks")
            peer.say("A", b"d" * 10, seq=base + 30)
            equal(blocks(peer.hear()), [(base + 30, base + 40), (base + 10, base + 20)], "blocks")
            peer.say("A", b"d" * 10, seq=base + 30)     # again: D-SACK comes first
            equal(blocks(peer.hear()), [(base + 30, base + 40), (base + 30, base + 40),
                                        (base + 10, base + 20)], "blocks")
            peer.say("A", b"a" * 10, seq=base)
            answer = peer.hear()
            equal(answer.ack, base + 20, "ACK")
            equal(blocks(answer), [(base + 30, base + 40)], "blocks")
            peer.say("A", b"a" * 10, seq=base)          # below RCV.NXT
            equal(blocks(peer.hear()), [(base, base + 10), (base + 30, base + 40)], "blocks")
            peer.seq = base + 40


@case((V4, V6))
def paws__an_old_duplicate_is_answered_and_dropped(family):
    with Stamped(net(), family) as peer:
        _, accepted = peer.open(family)
        with accepted:
            base, now = peer.seq, peer.clock
            peer.clock = now - 100
            peer.say("PA", b"old", seq=base)
            equal(peer.hear().ack, base, "ACK of an old duplicate")
            peer.clock = now
            peer.say("PA", b"new")
            equal(peer.hear().ack, base + 3, "ACK")
            equal(accepted.recv(10), b"new", "what was read")


@case((V4, V6), xtcp_only="its PRR sends one for each ACK")
def sack__holes_are_filled_at_once(family):
    """Two blocks reveal both holes: they are filled without a timeout, and nothing else is sent."""
    with Stamped(net(), family) as peer:
        _, accepted = peer.open(family)
        with accepted:
            accepted.send(b"x" * 1400 * 6)
            segs = [peer.hear() for _ in range(6)]
            first = segs[0]
            option = NOPS + struct.pack("!BB4I", 5, 18, segs[3].seq, segs[5].end,
                                        segs[1].seq, segs[1].end)
            peer.clock += 1
            peer.send("A", ack=first.seq, opts=NOPS + stamp(peer.clock, peer.recent) + option)
            again = [peer.hear().seq for _ in range(2)]
            if again[0] == segs[5].seq:     # a tail loss probe: the test was slow
                again = [again[1], peer.hear().seq]
            equal(again, [first.seq, segs[2].seq], "what comes again")
            peer.ack = segs[5].end
            peer.say("A")


main()
