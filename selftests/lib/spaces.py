# SPDX-License-Identifier: GPL-2.0
"""Network namespaces, and links between them."""
import ctypes
import os

from lib.base import BRIDGE, MAPPED, PROTO, TCP_END, V4, V6, libc, run, wait_for
from lib.devices import is_up
from lib.views import settle

CLONE_NEWNET, MS_BIND, MNT_DETACH = 0x40000000, 4096, 2


class Ns:
    """A network namespace; `with ns:` enters it, sockets made inside stay in it."""
    serial = 0
    alive = []

    def __init__(self, label="n"):
        Ns.serial += 1
        self.name = f"xt{os.getpid()}{label}{Ns.serial}"
        self.path = f"/run/netns/{self.name}"
        self._create()
        self.fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        self.before = []
        self.proto = PROTO
        Ns.alive.append(self)

    def _create(self):
        """As `ip netns add`, without running a program, which is slow in a slow guest."""
        os.makedirs("/run/netns", exist_ok=True)
        with open(self.path, "w", encoding="ascii"):
            pass
        child = os.fork()
        if not child:
            failed = libc.unshare(CLONE_NEWNET) or libc.mount(
                b"/proc/self/ns/net", self.path.encode(), b"none", MS_BIND, None)
            os._exit(ctypes.get_errno() if failed else 0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status:
            raise OSError(status, "namespace " + self.name)

    def __enter__(self):
        self.before.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
        self._set(self.fd)
        return self

    def __exit__(self, *_):
        fd = self.before.pop()
        self._set(fd)
        os.close(fd)

    @staticmethod
    def _set(fd):
        if libc.setns(fd, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    def ip(self, *lines):
        """`ip` commands, one string each, run in one process."""
        with self:
            run("ip", "-batch", "-", stdin="\n".join(lines) + "\n")

    def remove(self):
        if self in Ns.alive:
            Ns.alive.remove(self)
            os.close(self.fd)
            libc.umount2(self.path.encode(), MNT_DETACH)
            os.unlink(self.path)


class Net:
    """Two namespaces, a and b, joined by a veth pair with v4 and v6 addresses.

    tcp_end: the end that speaks the kernel's TCP; the other one has xtcp and a bridge
    """
    A4, B4, GHOST4 = "10.77.0.1", "10.77.0.2", "10.77.0.77"
    A6, B6, GHOST6 = "fd77::1", "fd77::2", "fd77::77"

    def __init__(self, mtu=1500, tcp_end=TCP_END):
        self.a, self.b = Ns("a"), Ns("b")
        self.a.ip(f"link add va mtu {mtu} type veth peer name vb mtu {mtu} "
                  f"netns {self.b.name}",
                  "link set lo up", "link set va up",
                  f"addr add {self.A4}/24 dev va", f"addr add {self.A6}/64 dev va nodad")
        self.b.ip("link set lo up", "link set vb up",
                  f"addr add {self.B4}/24 dev vb", f"addr add {self.B6}/64 dev vb nodad")
        wait_for(lambda: is_up(self.a, "va"), 10, "the veth pair to come up")
        if tcp_end:
            self._bridge(tcp_end)

    def _bridge(self, tcp_end):
        tcp, ns, dev = (self.a, self.b, "vb") if tcp_end == "a" else (self.b, self.a, "va")
        tcp.proto = 6
        with ns:
            run(BRIDGE, "up", "--local", dev)

    def addr(self, end, family):
        v4 = {"a": self.A4, "b": self.B4, "ghost": self.GHOST4}[end]
        v6 = {"a": self.A6, "b": self.B6, "ghost": self.GHOST6}[end]
        return {V4: v4, V6: v6, MAPPED: "::ffff:" + v4}[family]

    def remove(self):
        settle(self.a, self.b)
        self.a.remove()
        self.b.remove()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


_net = None


def net():
    """The pair of namespaces that the cases of one file share."""
    global _net
    if _net is None:
        _net = Net()
    return _net


_port = 5000


def port():
    """A port that no earlier case of this process has used."""
    global _port
    _port += 1
    return _port
