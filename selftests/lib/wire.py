# SPDX-License-Identifier: GPL-2.0
"""Segments on the wire: seen by a Sniffer, and spoken by hand by a Peer.

A Peer is a host that exists only in the test: an address on the link that no
kernel owns.  It sends any segment, right or wrong, and sees every answer, so
a case can be written as the dialogue that an RFC draws.
"""
import select
import socket
import struct
import time

import lib
from lib.devices import hardware_address, neighbour

ETH_P_ALL, ETH_P_IP, ETH_P_IPV6 = 3, 0x0800, 0x86DD
SO_TIMESTAMPNS = 35
SOL_PACKET, PACKET_AUXDATA = 263, 8
TP_STATUS_CSUMNOTREADY = 8
EXTENSIONS = (0, 43, 60)        # of IPv6: hop-by-hop options, routing, destination options
FLAGS = "FSRPAUEC"          # from the lowest bit of the flags byte
MOD = 1 << 32


def flag_bits(text):
    return sum(1 << FLAGS.index(c) for c in text)


def flag_text(bits):
    """The flags of a segment in the usual order: SA, FA, R."""
    return "".join(c for c in "SFRPAUEC" if bits >> FLAGS.index(c) & 1)


def checksum(data):
    """RFC 1071's sum over data, complemented."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo(src, dst, length, proto):
    if ":" in src:
        return (socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst)
                + struct.pack("!IxxxB", length, proto))
    return socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!BBH", 0, proto, length)


class Seg:
    """One segment, parsed."""

    def __init__(self, src, dst, raw, when, complete, proto=lib.WIRE_PROTO):
        self.src, self.dst, self.raw, self.when = src, dst, raw, when
        (self.sport, self.dport, self.seq, self.ack, off, bits,
         self.win, self.csum, self.urg) = struct.unpack("!HHIIBBHHH", raw[:20])
        self.tos = self.ttl = None
        #: of the IP header: IPv4 options and ID, IPv6 flow label and types of extension headers
        self.ipopt, self.id, self.flow, self.ext = b"", None, 0, []
        self.flags = flag_text(bits)
        self.data = raw[(off >> 4) * 4:]
        self.opts = self._options(raw[20:(off >> 4) * 4])
        #: is the checksum right?  None if it was left to device offload
        self.csum_ok = None if not complete else \
            checksum(pseudo(src, dst, len(raw), proto) + raw) == 0

    @staticmethod
    def _options(raw):
        found = {}
        while raw and raw[0] != 0:
            if raw[0] == 1:
                raw = raw[1:]
                continue
            if len(raw) < 2 or not 2 <= raw[1] <= len(raw):
                found["bad"] = raw
                break
            found[raw[0]] = raw[2:raw[1]]
            raw = raw[raw[1]:]
        return found

    @property
    def length(self):
        """SEG.LEN: SYN and FIN count."""
        return len(self.data) + ("S" in self.flags) + ("F" in self.flags)

    @property
    def end(self):
        """The sequence number after this segment."""
        return (self.seq + self.length) % MOD

    def __repr__(self):
        return (f"{self.sport}>{self.dport} {self.flags} seq {self.seq} ack {self.ack} "
                f"win {self.win} len {len(self.data)}")


def _extensions(ip):
    """Of an IPv6 packet: the offset of its payload, its protocol, the headers in between."""
    found, kind, head = [], ip[6], 40
    while kind in EXTENSIONS and len(ip) >= head + 8:
        found.append(kind)
        kind, head = ip[head], head + 8 * (ip[head + 1] + 1)
    return head, kind, found


def parse(etype, ip, when, complete=True, proto=lib.WIRE_PROTO):
    """The segment in an IP packet; None if there is none of the protocol."""
    if etype == ETH_P_IP and len(ip) >= 20 and ip[9] == proto:
        head, total = (ip[0] & 15) * 4, struct.unpack("!H", ip[2:4])[0]
        tos, ttl, flow, ext = ip[1], ip[8], 0, []
        src, dst = socket.inet_ntoa(ip[12:16]), socket.inet_ntoa(ip[16:20])
    elif etype == ETH_P_IPV6 and len(ip) >= 40 and _extensions(ip)[1] == proto:
        head, _, ext = _extensions(ip)
        total = 40 + struct.unpack("!H", ip[4:6])[0]
        tos, ttl = struct.unpack("!I", ip[:4])[0] >> 20 & 255, ip[7]
        flow = struct.unpack("!I", ip[:4])[0] & 0xFFFFF
        src, dst = (socket.inet_ntop(socket.AF_INET6, ip[i:i + 16]) for i in (8, 24))
    else:
        return None
    raw = ip[head:total]
    if len(raw) < 20:
        return None
    seg = Seg(src, dst, raw, when, complete, proto)
    seg.tos, seg.ttl = tos, ttl
    seg.flow, seg.ext = flow, ext
    if etype == ETH_P_IP:
        seg.ipopt, seg.id = ip[20:head], struct.unpack("!H", ip[4:6])[0]
    return seg


class Sniffer:
    """Sees the segments of the protocol under test, or another, that pass a device."""

    def __init__(self, ns, dev, at=None, proto=lib.WIRE_PROTO):
        self.at, self.proto = at, proto
        with ns:
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.setsockopt(socket.SOL_SOCKET, lib.SO_RCVBUFFORCE, 32 << 20)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        with ns:
            self.sock.bind((dev, ETH_P_ALL))
        self.sock.setblocking(False)
        self.seen = []

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _parse(self, frame, aux):
        when, complete = time.time(), True
        for level, kind, data in aux:
            if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                sec, nsec = struct.unpack("ll", data[:16])
                when = sec + nsec / 1e9
            elif (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                complete = not struct.unpack("I", data[:4])[0] & TP_STATUS_CSUMNOTREADY
        return parse(struct.unpack("!H", frame[12:14])[0], frame[14:], when, complete, self.proto)

    def poll(self):
        """Read what has been captured by now; the list of all segments."""
        while True:
            try:
                frame, aux, _, _ = self.sock.recvmsg(1 << 17, 256)
            except BlockingIOError:
                return self.seen
            seg = self._parse(frame, aux)
            if seg and (self.at is None or self.at in (seg.sport, seg.dport)):
                self.seen.append(seg)

    def find(self, want, bound=5, what=None):
        """Wait for the first segment for which want(segment) holds."""
        def look():
            return next((s for s in self.poll() if want(s)), None)
        return lib.wait_for(look, bound, what or "a segment on the wire")

    def flags(self):
        """The flags of all segments so far, without PSH."""
        return [s.flags.replace("P", "") for s in self.poll()]


MSS = struct.pack("!BBH", 2, 4, 1460)


class Peer:
    """A host made by hand in namespace b, which namespace a talks to."""

    def __init__(self, net, family=lib.V4, sport=None, dport=None):
        six = family == lib.V6
        self.me = net.GHOST6 if six else net.GHOST4
        self.them = net.A6 if six else net.A4
        self.six, self.sport, self.dport = six, sport or lib.port(), dport
        self.mac_a, self.mac_b = (hardware_address(ns, dev)
                                  for ns, dev in ((net.a, "va"), (net.b, "vb")))
        neighbour(net.a, "va", self.me, self.mac_b)
        self.sniffer = Sniffer(net.b, "vb", self.sport)
        self.taken = 0
        self.seq, self.ack = 1000, 0
        self.window = 65535

    def close(self):
        """Leave no connection behind that waits for us."""
        if self.dport:
            self.reset()
        self.sniffer.close()

    def reset(self):
        """Reset the connection: its RCV.NXT is the last acknowledgment, or will be soon."""
        acks = [s.ack for s in self._arrived() if "A" in s.flags]
        for seq in dict.fromkeys((acks[-1] if acks else self.seq, self.seq)):
            self.send("RA", seq=seq)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def segment(self, flags, data=b"", seq=None, ack=None, win=None, opts=b"", up=0,
                offset=None, spoil=False):
        """The bytes of a segment; offset and spoil make malformed ones."""
        seq = self.seq if seq is None else seq
        ack = (self.ack if "A" in flags else 0) if ack is None else ack
        opts += b"\0" * (-len(opts) % 4)
        offset = 5 + len(opts) // 4 if offset is None else offset
        head = struct.pack("!HHIIBBHHH", self.sport, self.dport, seq % MOD, ack % MOD,
                           offset << 4, flag_bits(flags),
                           self.window if win is None else win, 0, up)
        raw = head + opts + data
        total = checksum(pseudo(self.me, self.them, len(raw), lib.WIRE_PROTO) + raw)
        if spoil:
            total ^= 0x5555
        return raw[:16] + struct.pack("!H", total) + raw[18:]

    def packet(self, raw, proto=lib.WIRE_PROTO, ipopt=b"", flow=0):
        """Any bytes as the payload of an IP packet."""
        if self.six:
            return struct.pack("!IHBB", 6 << 28 | flow, len(raw), proto, 64) \
                + socket.inet_pton(socket.AF_INET6, self.me) \
                + socket.inet_pton(socket.AF_INET6, self.them) + raw
        ipopt += b"\0" * (-len(ipopt) % 4)
        head = struct.pack("!BBHHHBBH4s4s", 0x45 + len(ipopt) // 4, 0,
                           20 + len(ipopt) + len(raw), 0, 0x4000, 64,
                           proto, 0, socket.inet_aton(self.me),
                           socket.inet_aton(self.them)) + ipopt
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + raw

    def put(self, raw, *proto, **how):
        """Send a packet, as packet() makes it."""
        ether = self.mac_a + self.mac_b + struct.pack("!H", ETH_P_IPV6 if self.six else ETH_P_IP)
        self.sniffer.sock.send(ether + self.packet(raw, *proto, **how))

    def send(self, flags, data=b"", ipopt=b"", flow=0, **how):
        """Send a segment; seq advances unless it was given explicitly."""
        self.put(self.segment(flags, data, **how), ipopt=ipopt, flow=flow)
        if "seq" not in how:
            self.seq = (self.seq + len(data) + ("S" in flags) + ("F" in flags)) % MOD

    def _arrived(self):
        return [s for s in self.sniffer.poll() if s.dst == self.me and s.dport == self.sport]

    def get(self, want=None, bound=5):
        """The next segment from the stack; want is its flags without P."""
        def look():
            arrived = self._arrived()
            return arrived[self.taken] if len(arrived) > self.taken else None
        seg = lib.wait_for(look, bound, f"a segment {want or ''}, seen {self._arrived()}")
        self.taken += 1
        flags = seg.flags.replace("P", "")
        if want is not None and flags != want:
            lib.fail(f"got {seg}, expected {want}")
        return seg

    def until(self, want, bound=5):
        """Skip to the next segment for which want(segment) holds."""
        end = time.monotonic() + lib.slow(bound)
        while True:
            seg = self.get(bound=max(0.01, (end - time.monotonic()) / lib.SIZE["scale"]))
            if want(seg):
                return seg

    def quiet(self, seconds):
        """Fail if the stack sends us something within this time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if len(self._arrived()) > self.taken:
                lib.fail(f"expected silence, got {self._arrived()[self.taken]}")
            select.select([self.sniffer.sock], [], [], left)

    def take(self, seg):
        """Record what a segment sent, to acknowledge it with the next one."""
        self.ack = seg.end

    def accept(self, opts=MSS):
        """Answer the SYN of a client in a: the rest of the handshake."""
        syn = self.get("S")
        self.dport = syn.sport
        self.take(syn)
        self.send("SA", opts=opts)
        self.get("A")
        return syn

    def connect(self, listener, opts=MSS):
        """Open a connection to a listener in a; the accepted socket."""
        self.dport = listener.getsockname()[1]
        self.send("S", opts=opts)
        answer = self.get("SA")
        self.take(answer)
        self.send("A")
        accepted, _ = listener.accept()
        return accepted


def open_by_peer(net, family=lib.V4):
    """(peer, socket): the peer connected to a listener in a."""
    listener = lib.listen(family, net.a)
    peer = Peer(net, family)
    accepted = peer.connect(listener)
    listener.close()
    return peer, accepted


def open_to_peer(net, family=lib.V4):
    """(peer, socket): a client in a connected to the peer."""
    peer = Peer(net, family)
    client = lib.sock(family, ns=net.a)
    client.setblocking(False)
    try:
        client.connect((net.addr("ghost", family), peer.sport))
    except BlockingIOError:
        pass
    peer.accept()
    client.setblocking(True)
    return peer, client
