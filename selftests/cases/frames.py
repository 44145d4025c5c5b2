# SPDX-License-Identifier: GPL-2.0
"""The bridge, frame by frame: protocol 253 becomes 6, and 6 becomes 253.

A frame is built twice, for protocol 253 and for 6, each with correct checksums. One is sent
through the bridge, and what arrives must be the other, to the byte.
"""
import random
import socket
import struct

import lib
from lib.devices import hardware_address
from lib import V4, V6, Net, case, check, equal, fail, main, run
from lib.wire import ETH_P_ALL, ETH_P_IP, ETH_P_IPV6, checksum, pseudo

XTCP, TCP = 253, 6
BOTH = (V4, V6)
ICMP, ICMP6 = 1, 58
HOP_BY_HOP, ROUTING, FRAGMENT, AUTH, DESTINATION = 0, 43, 44, 51, 60
SRC = {V4: "192.0.2.1", V6: "2001:db8::1"}
DST = {V4: "198.51.100.2", V6: "2001:db8:1::2"}
ROUTER = {V4: "203.0.113.3", V6: "2001:db8:2::3"}
ERRORS = {V4: [(3, 0), (3, 1), (3, 3), (3, 4), (4, 0), (5, 1), (11, 0), (12, 0)],
          V6: [(1, 0), (1, 4), (2, 0), (3, 0), (4, 1)]}
NOT_ERRORS = {V4: (0, 8, 13, 14, 9), V6: (128, 129, 133, 135, 255)}


def put_sum(raw, at, cover=b""):
    """@raw with the checksum over @cover and itself at this offset."""
    total = checksum(cover + raw[:at] + b"\0\0" + raw[at + 2:])
    return raw[:at] + struct.pack("!H", total) + raw[at + 2:]


def segment(family, proto, length=100, seed=1):
    """A TCP segment with options and the checksum for this protocol."""
    head = struct.pack("!HHIIBBHHH", 5001, 80, 0x12345678, 0x9abcdef0, 8 << 4, 0x18,
                       4000, 0, 0) + bytes((1, 1, 8, 10)) + struct.pack("!II", 7, 9)
    raw = head + random.Random(seed).randbytes(length)
    return put_sum(raw, 16, pseudo(SRC[family], DST[family], len(raw), proto))


def ip4(proto, payload, options=b"", offset=0, more=False, src=SRC[V4], dst=DST[V4]):
    head = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, 0x10,
                       20 + len(options) + len(payload), 77, more << 13 | offset // 8, 61,
                       proto, 0, socket.inet_aton(src), socket.inet_aton(dst)) + options
    return put_sum(head, 10) + payload


def ip6(proto, payload, headers=(), src=SRC[V6], dst=DST[V6]):
    """headers: (number, bytes after the next-header byte), outermost first."""
    chain, numbers = b"", [number for number, _ in headers] + [proto]
    for (_, rest), following in zip(headers, numbers[1:]):
        chain += bytes((following,)) + rest
    return struct.pack("!IHBB", 6 << 28 | 0x12 << 20 | 0x345, len(chain) + len(payload),
                       numbers[0], 63) + socket.inet_pton(socket.AF_INET6, src) \
        + socket.inet_pton(socket.AF_INET6, dst) + chain + payload


def extension(units=0):
    """An options header of 8 * (units + 1) bytes, all padding (RFC 8200 section 4.2)."""
    return bytes((units, 1, 4 + 8 * units)) + bytes(4 + 8 * units)


def routing():
    """Type 4 with one segment, none left (RFC 8754)."""
    return struct.pack("!BBBBBH", 2, 4, 0, 0, 0, 0) \
        + socket.inet_pton(socket.AF_INET6, DST[V6])


def fragment(offset, more):
    return struct.pack("!BHI", 0, offset | more, 0xabcd)


def packet(family, proto, **how):
    payload = segment(family, proto)
    return ip4(proto, payload, **how) if family == V4 else ip6(proto, payload, **how)


def fragments(family, proto, cuts, headers=()):
    """One segment in fragments that begin at these offsets."""
    payload = segment(family, proto)
    for begin, end in zip(cuts, cuts[1:] + [len(payload)]):
        more = end < len(payload)
        if family == V4:
            yield ip4(proto, payload[begin:end], offset=begin, more=more)
        else:
            yield ip6(proto, payload[begin:end],
                      [*headers, (FRAGMENT, fragment(begin, more))])


def error(family, kind, code, quoted, extra=b""):
    """An ICMP error about a packet, from a router to its sender."""
    raw = struct.pack("!BBHI", kind, code, 0, 1400) + quoted + extra
    if family == V4:
        return ip4(ICMP, put_sum(raw, 2), src=ROUTER[V4])
    cover = pseudo(ROUTER[V6], DST[V6], len(raw), ICMP6)
    return ip6(ICMP6, put_sum(raw, 2, cover), src=ROUTER[V6])


class Line:
    """A bridge on egress: frames put into va leave vb with this protocol number."""

    def __init__(self, number):
        self.net = Net(tcp_end="")
        with self.net.a:
            run(lib.BRIDGE, "up", *(["--local"] if number == TCP else []), "va")
        self.tx, self.rx = self._socket(self.net.a, "va"), self._socket(self.net.b, "vb")
        self.ether = hardware_address(self.net.b, "vb") + hardware_address(self.net.a, "va")

    @staticmethod
    def _socket(ns, dev):
        with ns:
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            s.bind((dev, ETH_P_ALL))
        s.settimeout(lib.slow(5))
        return s

    def through(self, raw, etype=None):
        etype = etype or (ETH_P_IP if raw[0] >> 4 == 4 else ETH_P_IPV6)
        self.tx.send(self.ether + struct.pack("!H", etype) + raw)
        while True:
            frame = self.rx.recv(1 << 16)
            if frame[:12] == self.ether:
                return frame[14:]


_lines = {}


def to(number):
    """The line for this direction, shared by all cases."""
    if number not in _lines:
        _lines[number] = Line(number)
    return _lines[number]


def changes(build):
    """build(253) and build(6) are translated into each other."""
    for number, other in ((TCP, XTCP), (XTCP, TCP)):
        sent, want = build(other), build(number)
        check(sent != want, "the frames do not differ")
        for one, two in zip(sent, want):
            got = to(number).through(one)
            if got != two:
                wrong = [i for i, (x, y) in enumerate(zip(got, two)) if x != y]
                fail(f"to {number}: bytes {wrong} of {len(two)} differ, {len(got)} came:\n"
                     f"sent     {one.hex(' ')}\ngot      {got.hex(' ')}\nexpected {two.hex(' ')}")


def stays(frames):
    for number in (TCP, XTCP):
        for one in frames:
            equal(to(number).through(one).hex(" "), one.hex(" "), f"to {number}")


@case(BOTH)
def segment__plain(family):
    changes(lambda proto: [packet(family, proto)])


@case()
def segment__with_ip_options():
    for size in (4, 12, 40):
        changes(lambda proto, n=size: [packet(V4, proto, options=b"\x01" * n)])


@case()
def segment__behind_extension_headers():
    all_of_them = [(HOP_BY_HOP, extension()), (DESTINATION, extension(3)), (ROUTING, routing()),
                   (FRAGMENT, fragment(0, False)), (DESTINATION, extension())]
    for headers in [[one] for one in all_of_them] + [all_of_them]:
        changes(lambda proto, h=headers: [packet(V6, proto, headers=h)])


@case(BOTH)
def segment__every_sum(family):
    """Checksum arithmetic wraps: a thousand different sums, and both forms of zero."""
    for number, other in ((TCP, XTCP), (XTCP, TCP)):
        for seed in range(1000):
            one, two = (segment(family, p, 64, seed) for p in (other, number))
            build = ip4 if family == V4 else ip6
            equal(to(number).through(build(other, one)), build(number, two), f"seed {seed}")


@case(BOTH)
def segment__wrong_sum_stays_wrong(family):
    def spoiled(proto):
        raw = packet(family, proto)
        return [raw[:-1] + bytes((raw[-1] ^ 0x55,))]
    changes(spoiled)


@case(BOTH)
def fragments__the_one_with_the_sum_has_it_changed(family):
    """At offset 0 usually; at 8 or 16 when the header itself is fragmented."""
    for cuts in ([0, 64], [0, 24, 48], [0, 8, 16, 24, 32], [0, 16], [0, 8]):
        changes(lambda proto, c=cuts: list(fragments(family, proto, c)))


@case()
def fragments__behind_and_before_other_headers():
    changes(lambda proto: list(fragments(V6, proto, [0, 64], [(HOP_BY_HOP, extension())])))
    # the options belong to what is fragmented: a later fragment does not name the protocol
    changes(lambda proto: [packet(V6, proto, headers=[(FRAGMENT, fragment(0, True)),
                                                      (DESTINATION, extension())])])
    stays([packet(V6, proto, headers=[(FRAGMENT, fragment(64, True)),
                                      (DESTINATION, extension())]) for proto in (XTCP, TCP)])


@case(BOTH)
def error__quotes_as_much_as_it_likes(family):
    """RFC 792: at least 8 bytes of the segment; RFC 1812, RFC 4443: more. A checksum cut in
    half (17 bytes) can't be updated, and is left alone.
    """
    head = 20 if family == V4 else 40
    for what in ERRORS[family]:
        for length in (head + 8, head + 16, head + 18, head + 19, head + 40, 1000):
            changes(lambda proto, w=what, n=length:
                    [error(family, *w, packet(family, proto)[:n])])


@case(BOTH)
def error__quotes_other_headers(family):
    if family == V4:
        changes(lambda proto: [error(V4, 3, 4, packet(V4, proto, options=b"\x01" * 20)[:60])])
    else:
        changes(lambda proto: [error(V6, 2, 0, packet(V6, proto, headers=[
            (HOP_BY_HOP, extension()), (ROUTING, routing())]))])
    for cuts in ([0, 64], [0, 8, 16, 24]):
        changes(lambda proto, c=cuts: [error(family, *ERRORS[family][0], one)
                                       for one in fragments(family, proto, c)])


@case()
def error__has_an_extension_of_its_own():
    """RFC 4884: the quote is padded to 128 bytes, and more follows."""
    changes(lambda proto: [error(V4, 11, 0, packet(V4, proto)[:48].ljust(128, b"\0"),
                                 b"\x20\0\0\0" + bytes(16))])


@case(BOTH)
def other_packets__stay_as_they_are(family):
    udp = segment(family, 17)
    build = ip4 if family == V4 else ip6
    frames = [build(17, udp), build(132, udp), build(50, udp), build(59, udp)]
    frames += [error(family, kind, 0, packet(family, proto))
               for kind in NOT_ERRORS[family] for proto in (TCP, XTCP)]
    frames.append(error(family, *ERRORS[family][0], build(17, udp)))
    # a later fragment of an error has no header, whatever its bytes look like
    inner = error(family, *ERRORS[family][0], packet(family, TCP))
    if family == V4:
        frames.append(ip4(ICMP, inner[20:], offset=800))
    else:
        frames.append(ip6(ICMP6, inner[40:], [(FRAGMENT, fragment(800, False))]))
        frames += [packet(V6, proto, headers=[(AUTH, extension(1))]) for proto in (TCP, XTCP)]
    stays(frames)


@case()
def other_packets__walk_is_bounded():
    """Packets with more than eight extension headers are left alone."""
    def chain(count):
        return [(DESTINATION, extension())] * count
    changes(lambda proto: [packet(V6, proto, headers=chain(8))])
    stays([packet(V6, proto, headers=chain(9)) for proto in (TCP, XTCP)])


@case()
def other_packets__other_links_protocols():
    raw = packet(V4, TCP)
    for etype in (0x0806, 0x88CC, 0x8847):
        equal(to(XTCP).through(raw, etype), raw, f"ethertype {etype:#x}")


@case(BOTH, bound=60)
def broken_packets__pass_without_harm(family):
    """Truncated or with random bytes: a packet of the same length arrives."""
    source = random.Random(12)
    whole = [packet(family, TCP), error(family, *ERRORS[family][0], packet(family, TCP)),
             *fragments(family, TCP, [0, 8, 16])]
    if family == V6:
        whole.append(packet(V6, TCP, headers=[(HOP_BY_HOP, extension()), (ROUTING, routing()),
                                              (FRAGMENT, fragment(0, False))]))
    for raw in whole:
        for end in range(20 if family == V4 else 40, len(raw)):
            equal(len(to(XTCP).through(raw[:end])), end, "length")
    for _ in range(2000):
        raw = bytearray(source.choice(whole))
        for _ in range(source.choice((1, 1, 2, 5))):
            raw[source.randrange(1, len(raw))] = source.choice((0, 6, 44, 255,
                                                                source.getrandbits(8)))
        equal(len(to(XTCP).through(bytes(raw))), len(raw), "length")


main()
