# SPDX-License-Identifier: GPL-2.0
"""xtcp talks to the kernel's TCP through the bridge, as client and as server."""
import errno
import http.client
import http.server
import os
import socket
import subprocess
import tempfile

import lib
from lib import (FAMILIES, SIZE, V4, V6, Child, Net, case, check, equal, errname, errno_of,
                 main, noise, pair, port, recv_exact, run, so_error, sock, wait_for)
from lib.chain import Chain
from lib.stream import exchange, one_way
from lib.wire import Sniffer

XTCP, TCP = "xtcp", "TCP"
CLIENTS = (XTCP, TCP)
BOTH = (V4, V6)
WHY = "the bridge is for what is not"
BULK = SIZE["bulk"] // 4

def offloads_off(devices):
    for ns, dev in devices:
        with ns:
            run("ethtool", "-K", dev, "tx", "off", "tso", "off", "gso", "off", "gro", "off")


def plain(_):
    """A veth as it comes: offloads on, no loss."""


def bare(where):
    offloads_off(where.devices())


def bare_routers(where):
    """Hosts send packets of many segments, which routers have to segment."""
    offloads_off(where.devices()[1:5])


def lossy(where):
    for ns, dev in ((where.a, "ax"), (where.b, "rb")):
        with ns:
            run("ip", "link", "set", dev, "gso_max_segs", "1")
            run("tc", "qdisc", "add", "dev", dev, "root", "netem", "limit", "20000",
                "delay", "2ms", "loss", "2%", "reorder", "3%", "duplicate", "1%")


def narrow(where):
    """The path from r to b has a small MTU, and so has that to a: errors about larger packets
    cross the bridge.
    """
    for ns, four, six, dev in ((where.r, where.B4, where.B6, "rb"),
                               (where.x, where.A4, where.A6, "ax")):
        ns.ip(f"route add {four}/32 dev {dev} mtu {NARROW}",
              f"route add {six}/128 dev {dev} mtu {NARROW}")


NARROW = 1300
_chains = {}


def chain(kind=plain):
    """A chain of this kind, shared by all cases."""
    if kind not in _chains:
        _chains[kind] = Chain()
        kind(_chains[kind])
    return _chains[kind]


def seen_from(client, where):
    return where if client == XTCP else where.turned()


def both_clients(family, total, where):
    for client in CLIENTS:
        print(f"# client: {client}")
        exchange(family, total, seen_from(client, where))


@case(BOTH, bound=60, xtcp_only=WHY)
def bytes__each_way_at_once(family):
    both_clients(family, BULK, chain())


@case(BOTH, bound=60, xtcp_only=WHY)
def bytes__all_offloads_off(family):
    both_clients(family, BULK, chain(bare))


@case(BOTH, bound=60, xtcp_only=WHY)
def bytes__offloads_of_routers_off(family):
    both_clients(family, BULK, chain(bare_routers))


@case(BOTH, bound=120, xtcp_only=WHY)
def bytes__each_way_with_loss(family):
    both_clients(family, SIZE["lossy"] // 10, chain(lossy))


@case(FAMILIES, bound=60, xtcp_only=WHY)
def bytes__bridge_in_the_host(family):
    """The bridge runs in xtcp's own host: offloads see only TCP."""
    for tcp_end in "ba":
        with Net(tcp_end=tcp_end) as where:
            exchange(family, BULK, where)


@case(BOTH, xtcp_only=WHY)
def bytes__last_words(family):
    """FIN with data, half-closed for long: each end still reads what the other one sends."""
    for client in CLIENTS:
        one, two = pair(family, seen_from(client, chain()))
        with one, two:
            one.sendall(b"question")
            one.shutdown(socket.SHUT_WR)
            equal(two.recv(100), b"question", "data")
            equal(two.recv(1), b"", "end of stream")
            child = Child(two.sendall, noise(300000))
            check(recv_exact(one, 300000) == noise(300000), "bytes differ")
            child.join()


@case(BOTH, bound=40, xtcp_only=WHY)
def wire__sums_and_sizes_are_right(family):
    """No device finishes checksums: every segment on both links must be correct."""
    where = chain(bare)
    with Sniffer(where.x, "ax", proto=253) as left, Sniffer(where.r, "rb", proto=6) as right:
        for client in CLIENTS:
            one_way(family, 200001, seen_from(client, where))
        for name, wire in (("xtcp", left), ("TCP", right)):
            segs = wire.poll()
            check(len(segs) > 200, f"only {len(segs)} segments of {name} seen")
            equal([s for s in segs if s.csum_ok is not True], [], f"{name}: wrong sums")
            check(max(len(s.raw) for s in segs) <= 1480, f"{name}: longer than the MTU")


@case(BOTH, bound=40, xtcp_only=WHY)
def wire__no_packet_of_many_segments_to_xtcp(family):
    """What leaves the bridge are single segments, which any device can send."""
    with Sniffer(chain().x, "xr", proto=253) as wire:
        one_way(family, 1 << 20, chain().turned())
        longest = max(len(s.raw) for s in wire.poll())
        check(500 < longest <= 1480, f"a segment of {longest} bytes")


@case(BOTH, bound=60, xtcp_only=WHY)
def path_mtu__errors_cross_the_bridge(family):
    where = chain(narrow)
    before = lib.counters(where.a)["icmp_in"]
    with Sniffer(where.r, "rb", proto=6) as right, Sniffer(where.x, "ax", proto=253) as left:
        for client in CLIENTS:
            exchange(family, 300000, seen_from(client, where))
        room = NARROW - (20 if family == V4 else 40)
        for end, wire in (("b", right), ("a", left)):
            to = where.addr(end, family)
            longest = max(len(s.raw) for s in wire.poll() if s.dst == to)
            equal(longest, room, f"longest segment to {end}")
    check(lib.counters(where.a)["icmp_in"] > before, "xtcp has acted on no error")


@case(BOTH, xtcp_only=WHY)
def refused__by_rst(family):
    for client in CLIENTS:
        where = seen_from(client, chain())
        with sock(family, ns=where.a) as s:
            equal(errname(errno_of(s.connect, (where.addr("b", family), port()))),
                  "ECONNREFUSED", f"{client} connects")


@case(BOTH, bound=40, xtcp_only=WHY)
def refused__by_port_unreachable(family):
    """An ICMP error of the host itself ends connect() at once; it must not be caused by an RST."""
    for client, proto in ((XTCP, 6), (TCP, 253)):
        where, at = seen_from(client, chain()), port()
        with where.b:
            run("nft", f"add table inet f{at}; add chain inet f{at} in {{ type filter hook input "
                f"priority 0; }}; add rule inet f{at} in meta l4proto {proto} @th,16,16 {at} "
                "reject with icmpx port-unreachable")
        with Sniffer(chain().r, "rb", at, proto=6) as wire, sock(family, ns=where.a) as s:
            equal(errname(errno_of(s.connect, (where.addr("b", family), at))),
                  "ECONNREFUSED", f"{client} connects")
            equal([x for x in wire.poll() if "R" in x.flags], [], "RSTs")


@case(BOTH, xtcp_only=WHY)
def unreachable__tcp_gives_up(family):
    """The kernel's TCP ends connect() on x's error."""
    with sock(family, ns=chain().b) as s:
        equal(errname(errno_of(s.connect, (chain().addr("ghost of x", family), port()))),
              "EHOSTUNREACH" if family == V4 else "ENETUNREACH", "TCP connects")


@case(BOTH, xtcp_only=WHY)
def unreachable__xtcp_may_know(family):
    """xtcp goes on (RFC 9293 MUST-56), and reports r's error to programs that ask."""
    with sock(family, ns=chain().a) as s:
        s.setblocking(False)
        errno_of(s.connect, (chain().addr("ghost of r", family), port()))
        want = errno.EHOSTUNREACH if family == V4 else errno.ENETUNREACH
        wait_for(lambda: so_error(s) == want, what="SO_ERROR to tell")


def name_of(family, addr, number):
    """The address in socat's generic form, without the family."""
    if family == V4:
        raw = number.to_bytes(2, "big") + socket.inet_aton(addr) + bytes(8)
    else:
        raw = number.to_bytes(2, "big") + bytes(4) + socket.inet_pton(socket.AF_INET6, addr) \
            + bytes(4)
    return "x" + raw.hex()


def socat(ns, *args):
    with ns:
        return subprocess.Popen(["socat", *args], stderr=subprocess.PIPE, text=True)


def carry(work, file, server, listens, client):
    """One socat listens and writes what arrives into a file, the other one sends it a file."""
    listener = socat(server, "-u", listens[0], f"CREATE:{work}/out")
    lib.wait_state(server, listens[1], "LISTEN", 10)
    for program in (socat(client[0], "-u", f"OPEN:{file}", client[1]), listener):
        said = program.communicate(timeout=lib.slow(30))[1]
        equal(program.returncode, 0, f"exit status of socat ({said.strip()})")
    with open(f"{work}/out", "rb") as out, open(file, "rb") as want:
        check(out.read() == want.read(), "the files differ")
    os.unlink(f"{work}/out")


@case(BOTH, bound=60, xtcp_only=WHY)
def programs__socat_as_it_is(family):
    """socat's TCP4, TCP6 on one side; on the other one it is only given the protocol number."""
    file = os.environ.get("XTCP_KO") or "/bin/bash"
    number, kind, text = (2, "TCP4", chain().A4) if family == V4 else \
        (10, "TCP6", f"[{chain().A6}]")
    a, b = (chain().addr(end, family) for end in "ab")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as work:
        at = port()
        carry(work, file, chain().b, (f"{kind}-LISTEN:{at}", at),
              (chain().a, f"SOCKET-CONNECT:{number}:253:{name_of(family, b, at)}"))
        at = port()
        carry(work, file, chain().a,
              (f"SOCKET-LISTEN:{number}:253:{name_of(family, a, at)}", at),
              (chain().b, f"{kind}:{text}:{at}"))


class Http(http.client.HTTPConnection):
    """An HTTP client whose connection is a given socket."""

    def __init__(self, s):
        super().__init__("test")
        self.sock = s


@case(BOTH, bound=40, xtcp_only=WHY)
def programs__http(family):
    """Python's server and client, one on each side: ten requests on one connection."""
    body = noise(100000)

    class Handler(http.server.BaseHTTPRequestHandler):
        """Gives the same answer to all requests."""
        protocol_version = "HTTP/1.1"

        def do_GET(self):  # pylint: disable=invalid-name
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):  # pylint: disable=arguments-differ
            pass

    for client in CLIENTS:
        one, two = pair(family, seen_from(client, chain()))

        def serve(mine=two, other=one):
            other.close()
            Handler(mine, ("test", 0), None)
        child = Child(serve)
        two.close()
        talk = Http(one)
        for _ in range(10):
            talk.request("GET", "/")
            equal(talk.getresponse().read() == body, True, "the body is right")
        talk.close()
        child.join()


@case(bound=60)
def loader__all_or_nothing():
    with Net(tcp_end="") as where, where.a:
        for words, said in ((("up", "nosuch"), "there is no device nosuch"),
                            (("up", "lo"), "lo is not Ethernet"),
                            (("down", "va"), "va has no bridge")):
            refused(said, *words)
        os.environ["XTCP_BRIDGE_OBJECT"] = "/etc/passwd"
        try:
            refused("", "up", "va")
        finally:
            del os.environ["XTCP_BRIDGE_OBJECT"]
        nothing_is_left()
        run(lib.BRIDGE, "up", "va")
        refused("already", "up", "va")
        check("va: xtcp beyond it" in run(lib.BRIDGE, "status"), "status of the namespace")
        run(lib.BRIDGE, "down", "va")
        nothing_is_left()


def nothing_is_left():
    check("clsact" not in run("tc", "qdisc", "show", "dev", "va"), "a qdisc is left behind")
    check("xtb" not in run("ip", "link"), "a device is left behind")


def refused(said, *words):
    done = subprocess.run([lib.BRIDGE, *words], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=lib.slow(20), check=False)
    check(done.returncode and said in done.stdout, f"{words}: {done.stdout!r}")


main()
