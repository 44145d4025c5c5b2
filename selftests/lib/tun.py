# SPDX-License-Identifier: GPL-2.0
"""A host whose only link is a tun device, and peers behind it that are made by hand.

A packet that is written to the device is received at once, by the writing thread: when the
write returns, the segment has been processed.
"""
import contextlib
import fcntl
import os
import socket
import struct
import time

from lib import V4, V6, WIRE_PROTO, Ns, port, run
from lib.wire import ETH_P_IP, ETH_P_IPV6, MOD, Peer, checksum, parse, pseudo

TUNSETIFF, IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x400454CA, 1, 0x1000, 0x4000
#: a virtio_net_hdr: no checksum offload, no GSO, and so many bytes in the linear part
VNET_HEADER = "<BBHHHH"


class Host:
    """A namespace with the device t0, whose ends are the test and the kernel."""
    V4, V6 = "10.78.0.1", "fd78::1"
    OTHER4, OTHER6 = "10.78.0.2", "fd78::2"
    ROUTES = 500

    def __init__(self):
        self.ns = Ns("t")
        with self.ns:
            self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", b"t0", IFF_TUN | IFF_NO_PI
                                                        | IFF_VNET_HDR))
        self.ns.ip("link set lo up", "link set t0 up mtu 9000 txqueuelen 10000",
                   *(f"addr add {a}/24 dev t0" for a in (self.V4, self.OTHER4)),
                   *(f"addr add {a}/64 dev t0 nodad" for a in (self.V6, self.OTHER6)),
                   "route add 10.79.0.0/16 dev t0",
                   "route add fd80::/64 dev t0",
                   *(f"route add fd79::{n:x}/128 dev t0" for n in range(1, self.ROUTES)))
        self.seen, self.serial = [], 0

    def far(self, family, fresh=False):
        """The address of a host; a fresh one has a route that has not been looked up yet
        (IPv6: each route has its own; IPv4: forget() drops cached routes)."""
        if family == V4:
            return "10.79.0.1"
        if not fresh:
            return "fd80::1"
        self.serial = self.serial % (self.ROUTES - 1) + 1
        return f"fd79::{self.serial:x}"

    def write(self, packet, linear=0):
        """A packet arrives; with linear, so many bytes of it in the linear part."""
        os.write(self.fd, struct.pack(VNET_HEADER, 0, 0, linear, 0, 0, 0) + packet)

    def read(self):
        """Read what was sent; all segments so far."""
        while True:
            try:
                packet = os.read(self.fd, 1 << 16)[10:]
            except BlockingIOError:
                return self.seen
            etype = ETH_P_IP if packet[0] >> 4 == 4 else ETH_P_IPV6
            if etype == ETH_P_IPV6 and packet[6] == 0:      # behind hop-by-hop options
                size = 8 * (packet[41] + 1)
                packet = packet[:4] + struct.pack("!HB", len(packet) - 40 - size, packet[40]) \
                    + packet[7:40] + packet[40 + size:]
            segment = parse(etype, packet, time.time(), complete=False)
            if segment:
                self.seen.append(segment)

    def forget(self):
        """Forget the segments seen so far, and cached routes."""
        self.read()
        self.seen.clear()
        with self.ns, open("/proc/sys/net/ipv4/route/flush", "w", encoding="ascii") as file:
            file.write("1")

    def change_routes(self):
        """Invalidate the routes that sockets have cached."""
        self.forget()
        self.ns.ip("route del fd80::/64 dev t0", "route add fd80::/64 dev t0")

    @contextlib.contextmanager
    def held(self):
        """Packets that are sent wait in the qdisc, and are lost in the end."""
        with self.ns:
            run("tc", "qdisc", "add", "dev", "t0", "root", "netem", "delay", "100s")
            try:
                yield
            finally:
                run("tc", "qdisc", "del", "dev", "t0", "root")


class Far(Peer):
    """A peer behind the tun device."""

    def __init__(self, host, family=V4, dport=None, to=None, fresh=False):
        # pylint: disable=super-init-not-called
        self.host, self.six = host, family == V6
        self.me = host.far(family, fresh)
        self.them = to or (host.V6 if self.six else host.V4)
        self.sport, self.dport = port(), dport
        self.taken, self.seq, self.ack, self.window = 0, 1000, 0, 65535

    def close(self):
        """Leave no connection behind that waits for us."""
        if self.dport:
            self.reset()

    def put(self, raw, *proto, linear=0, **how):
        self.host.write(self.packet(raw, *proto, **how), linear)

    def _arrived(self):
        return [s for s in self.host.read() if s.dst == self.me and s.dport == self.sport]

    def answers(self):
        """All segments that have arrived so far."""
        return self._arrived()

    def heard(self, want):
        """Has a segment arrived for which want(segment) holds?"""
        return any(want(s) for s in self._arrived())

    def error(self, what, seq, info, padding=0):
        """An ICMP error, (type, code), about a segment of that number to us."""
        quoted = struct.pack("!HHI", self.dport, self.sport, seq % MOD) + bytes(padding)
        if self.six:
            quoted = struct.pack("!IHBB", 6 << 28, 20, WIRE_PROTO, 64) + socket.inet_pton(
                socket.AF_INET6, self.them) + socket.inet_pton(socket.AF_INET6, self.me) + quoted
        else:
            quoted = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, WIRE_PROTO, 0,
                                 socket.inet_aton(self.them), socket.inet_aton(self.me)) + quoted
        rest = struct.pack("!I", info) + quoted
        raw = struct.pack("!BBH", *what, 0) + rest
        number = socket.IPPROTO_ICMPV6 if self.six else socket.IPPROTO_ICMP
        cover = pseudo(self.me, self.them, len(raw), number) if self.six else b""
        return self.packet(raw[:2] + struct.pack("!H", checksum(cover + raw)) + rest, number)

    def maker(self, flags, data=b"", linear=0, **how):
        """A call that delivers a segment, which is built beforehand; repeatable."""
        ip = {key: how.pop(key) for key in ("ipopt", "flow") if key in how}
        packet = self.packet(self.segment(flags, data, **how), **ip)
        return lambda: self.host.write(packet, linear)
