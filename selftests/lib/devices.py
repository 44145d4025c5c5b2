# SPDX-License-Identifier: GPL-2.0
"""Network devices and their neighbours, without running a program: that is slow in a
slow guest.
"""
import fcntl
import socket
import struct

# rtnetlink(7): a request with CREATE, REPLACE and ACK
RTM_NEWNEIGH, NLM_NEW, NUD_PERMANENT, NDA_DST, NDA_LLADDR = 28, 0x505, 0x80, 1, 2
SIOCGIFFLAGS, SIOCGIFHWADDR, IFF_RUNNING = 0x8913, 0x8927, 0x40


def _ask(ns, name, request):
    """The answer of an ioctl of netdevice(7) about a device."""
    with ns, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        return fcntl.ioctl(s, request, struct.pack("16s24x", name.encode()))[16:]


def is_up(ns, name):
    return bool(struct.unpack("H", _ask(ns, name, SIOCGIFFLAGS)[:2])[0] & IFF_RUNNING)


def hardware_address(ns, name):
    return _ask(ns, name, SIOCGIFHWADDR)[2:8]


def neighbour(ns, dev, addr, mac):
    """As `ip neigh replace`: set the hardware address of a host on the link."""
    six = ":" in addr
    raw = socket.inet_pton(socket.AF_INET6 if six else socket.AF_INET, addr)
    with ns, socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
        body = struct.pack("BxxxiHBB", socket.AF_INET6 if six else socket.AF_INET,
                           socket.if_nametoindex(dev), NUD_PERMANENT, 0, 0)
        for kind, data in ((NDA_DST, raw), (NDA_LLADDR, mac)):
            body += struct.pack("HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)
        s.send(struct.pack("IHHII", 16 + len(body), RTM_NEWNEIGH, NLM_NEW, 1, 0) + body)
        error = struct.unpack("i", s.recv(4096)[16:20])[0]
    if error:
        raise OSError(-error, "neighbour " + addr)
