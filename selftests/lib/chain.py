# SPDX-License-Identifier: GPL-2.0
"""A host with xtcp and a host with the kernel's TCP, two routers apart.

      a ----------- x ----------- r ----------- b
     xtcp    253    |     253     |      6     TCP
                 router         bridge

An ICMP error of either router crosses the bridge on its way to one of the hosts: those
of x to b, those of r to a.  Each router has a route to an unreachable host.  Chain can be
used in place of a Net: its ends have the same names, so lib.pair(where=chain) connects them.
"""
import lib
from lib import Ns, run

NETS = ("ax", "xr", "rb")


class Chain:
    """Four namespaces; `with Chain() as chain:`."""
    A4, B4, A6, B6 = "10.78.1.1", "10.78.3.2", "fd78:1::1", "fd78:3::2"
    V4_OF = {"a": A4, "b": B4, "ghost of x": "10.78.4.9", "ghost of r": "10.78.5.9"}
    V6_OF = {"a": A6, "b": B6, "ghost of x": "fd78:4::9", "ghost of r": "fd78:5::9"}

    def __init__(self):
        self.a, self.x, self.r, self.b = (Ns(label) for label in "axrb")
        self.b.proto = 6
        ends = (self.a, self.x, self.r, self.b)
        for ns in ends:
            self._no_dad(ns)
        for number, name in enumerate(NETS, 1):
            left, right = ends[number - 1], ends[number]
            left.ip(f"link add {name} type veth peer name {name} netns {right.name}",
                    *self._addresses(name, number, 1))
            right.ip(*self._addresses(name, number, 2))
        self.route(self.a, "default", 1, 2, "ax")
        self.route(self.x, "default", 2, 2, "xr")
        for number in (1, 4):
            self.route(self.r, number, 2, 1, "xr")
        self.route(self.b, "default", 3, 1, "rb")
        for ns, number in ((self.x, 4), (self.r, 5)):
            self._forward(ns)
            ns.ip(f"route add unreachable 10.78.{number}.0/24",
                  f"route add unreachable fd78:{number}::/64")
        with self.r:
            run(lib.BRIDGE, "up", "xr")

    @staticmethod
    def _addresses(dev, number, host):
        return ("link set lo up", f"link set {dev} up",
                f"addr add 10.78.{number}.{host}/24 dev {dev}",
                f"addr add fd78:{number}::{host}/64 dev {dev} nodad")

    @staticmethod
    def route(ns, number, via, host, dev):
        """Replace the route to a network by one via a host of another network."""
        four, six = (number, number) if number == "default" else \
            (f"10.78.{number}.0/24", f"fd78:{number}::/64")
        ns.ip(f"route replace {four} via 10.78.{via}.{host} dev {dev}",
              f"route replace {six} via fd78:{via}::{host} dev {dev}")

    @staticmethod
    def _no_dad(ns):
        """A router asks for its neighbours from its link-local address.  While DAD takes up to
        three seconds for that, as many requests fail, and the first connection with them.
        """
        with ns, open("/proc/sys/net/ipv6/conf/default/accept_dad", "w",
                      encoding="ascii") as file:
            file.write("0")

    @staticmethod
    def _forward(ns):
        with ns:
            for path, value in (("ipv4/ip_forward", 1), ("ipv6/conf/all/forwarding", 1),
                                ("ipv4/icmp_ratelimit", 0), ("ipv6/icmp/ratelimit", 0)):
                with open("/proc/sys/net/" + path, "w", encoding="ascii") as file:
                    file.write(str(value))

    def addr(self, end, family):
        if family == lib.V6:
            return self.V6_OF[end]
        return ("" if family == lib.V4 else "::ffff:") + self.V4_OF[end]

    def devices(self):
        """All devices of the links, as (namespace, name)."""
        return [(self.a, "ax"), (self.x, "ax"), (self.x, "xr"), (self.r, "xr"), (self.r, "rb"),
                (self.b, "rb")]

    def turned(self):
        """The same with the ends' names swapped, so that the client is the TCP host."""
        return Turned(self)

    def remove(self):
        lib.settle(self.a, self.b)
        for ns in (self.a, self.x, self.r, self.b):
            ns.remove()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


class Turned:
    """What lib.pair() needs of a net, seen from its other end."""

    def __init__(self, net):
        self.net, self.a, self.b = net, net.b, net.a

    def addr(self, end, family):
        return self.net.addr({"a": "b", "b": "a"}.get(end, end), family)
