# SPDX-License-Identifier: GPL-2.0
"""Ports: which socket may have one, which must wait, and which port is chosen.

The kernel's TCP is the reference: the cases named `same` make the same calls with both
protocols, side by side, and compare each errno.
"""
import itertools
import random
import socket

from lib.beside import (ADDRS, FLAGS, SOL, bind, both, close_all, compare, got, make, reset, same,
                    take)
from lib import (FAMILIES, MAPPED, PLACE, PROTO, V4, V6, Net, Ns, case, disconnect, equal,
                 errname, errno_of, fail, knobs, listen, main, net, port, slow, sock, wait_for,
                 wait_states)

IP_BIND_ADDRESS_NO_PORT = 24

SECOND = list(itertools.product(ADDRS, FLAGS))


def measure(one, two):
    """How TCP is asked. 6.1 forgets that ::ffff:0.0.0.0 is a wildcard when another v4-mapped
    address comes after it; later versions do not.
    """
    if one[0] == "m_any" and two[0] in ("m_a", "m_lo"):
        return "4any", one[1]
    return one


# --- who may have a port that another has ------------------------------------------

def beside(proto, first, second, listening):
    at = port()
    if proto == 6:
        first = measure(first, second)
    with make(proto, *first) as holder:
        equal(bind(holder, first[0], at), 0, f"first bind {first}")
        if listening:
            holder.listen(1)
        return take(proto, at, *second)


@same()
def same__bind_beside_bound():
    compare({f"{one} then {two}": both(beside, one, two, False)
             for one in SECOND for two in SECOND})


@same()
def same__bind_beside_listening():
    compare({f"{one} listens, then {two}": both(beside, one, two, True)
             for one in SECOND for two in SECOND})


@same()
def same__bind_beside_another_user():
    """SO_REUSEPORT is for sockets of one user; SO_REUSEADDR for those of any."""
    def other_user(proto, one, two, listening):
        at = port()
        with make(proto, *one, uid=1000) as holder:
            equal(bind(holder, one[0], at), 0, "first bind")
            if listening:
                holder.listen(1)
            return take(proto, at, *two)
    few = list(itertools.product(("4any", "6any", "6a"), FLAGS))
    compare({f"{one} of another, listening {on}, then {two}": both(other_user, one, two, on)
             for one in few for two in few for on in (False, True)})


@same()
def same__bind_beside_another_device():
    def device(proto, one, two, devs):
        at = port()
        with make(proto, *one, dev=devs[0]) as holder:
            equal(bind(holder, one[0], at), 0, "first bind")
            holder.listen(1)
            return take(proto, at, *two, dev=devs[1])
    few = list(itertools.product(("4any", "4a", "6any", "6a"), ("-", "P")))
    devs = list(itertools.product((None, "va", "lo"), repeat=2))
    compare({f"{one} then {two} on {d}": both(device, one, two, d)
             for one in few for two in few for d in devs})


CONCRETE = {"4any": Net.A4, "4a": Net.A4, "6any": Net.A6, "6only": Net.A6, "6a": Net.A6,
            "6a_only": Net.A6, "m_any": "::ffff:" + Net.A4, "m_a": "::ffff:" + Net.A4}


def served(proto, addr, flags):
    """A listener, a client, a server socket; and the port."""
    at = port()
    listener = make(proto, addr, flags)
    equal(bind(listener, addr, at), 0, "bind")
    listener.listen(8)
    client = sock(ADDRS[addr][0], proto, net().a)
    client.connect((CONCRETE[addr], at))
    server, _ = listener.accept()
    return listener, client, server, at


def gone(proto, addr, flags, state):
    """A connection whose listener is gone; the caller closes its ends."""
    listener, client, server, at = served(proto, addr, flags)
    listener.close()
    if state == "TIME_WAIT":
        server.close()
        equal(client.recv(1), b"", "end of stream")
        client.close()
    elif state == "CLOSE_WAIT":
        client.close()
        equal(server.recv(1), b"", "end of stream")
    return at, (client, server)


def after(state):
    results = {}
    for one in itertools.product(CONCRETE, FLAGS):
        with_proto = {}
        for proto in (PROTO, 6):
            at, ends = gone(proto, *one, state)
            with_proto[proto] = [take(proto, at, *two) for two in SECOND]
            for s in ends:
                if s.fileno() >= 0:
                    reset(s)
        for n, two in enumerate(SECOND):
            results[f"{one} in {state}, then {two}"] = tuple(
                with_proto[proto][n] for proto in (PROTO, 6))
    compare(results)


@same()
def same__bind_beside_a_child():
    """The listener is closed, its child lives on."""
    after("ESTABLISHED")


@same()
def same__bind_beside_time_wait():
    after("TIME_WAIT")


@same()
def same__bind_beside_a_client():
    """connect() has chosen the port."""
    def client(proto, addr, flags, two):
        with listen(ADDRS[addr][0], net().a, proto=proto) as listener, \
                make(proto, addr, flags) as s:
            s.connect((CONCRETE[addr], listener.getsockname()[1]))
            result = take(proto, s.getsockname()[1], *two)
            reset(s)
            return result
    compare({f"{one} connects, then {two}": both(client, *one, two)
             for one in itertools.product(("4any", "6any"), FLAGS)
             for two in itertools.product(("4any", "4a", "4lo", "6any", "6only", "6a", "m_a"),
                                          FLAGS)})


# --- sequences of many calls --------------------------------------------------------

class Play:
    """Random calls on a few sockets and one port; the same for each protocol."""

    def __init__(self, proto, seed, at):
        self.proto, self.at = proto, at
        self.random = random.Random(seed)
        # TCP has a fast path for SO_REUSEPORT, which overlooks sockets that share by SO_REUSEADDR
        # alone, and mixes up the wildcards of the two families: not mixed here
        self.flags = ("-", ("R", "P", "RP")[seed % 3])
        self.addrs = [a for a in ADDRS if a != "m_any"]     # see measure()
        if seed % 3:
            self.addrs = [a for a in self.addrs if (a[0] == "6") == (seed % 2)]
        self.socks = []
        self.log = []

    def new(self):
        addr = self.random.choice(self.addrs)
        flags = self.random.choice(self.flags)
        s = make(self.proto, addr, flags)
        got = bind(s, addr, self.at)
        self.log.append(f"bind {addr} {flags}: {errname(got)}")
        if got:
            s.close()
        else:
            self.socks.append(s)

    def listen(self):
        if self.socks:
            n = self.random.randrange(len(self.socks))
            self.log.append(f"listen {n}: {errname(errno_of(self.socks[n].listen, 1))}")

    def unlisten(self):
        if self.socks:
            n = self.random.randrange(len(self.socks))
            got = errno_of(self.socks[n].shutdown, socket.SHUT_RD)
            self.log.append(f"shutdown {n}: {errname(got)}")

    def close(self):
        if self.socks:
            n = self.random.randrange(len(self.socks))
            self.socks.pop(n).close()
            self.log.append(f"close {n}")

    def run(self, count):
        for _ in range(count):
            self.random.choice((self.new, self.new, self.listen, self.unlisten,
                                self.close))()
        for s in self.socks:
            s.close()
        return self.log


@same()
def same__random_sequences():
    """In any order of binds and closes, the same calls succeed."""
    for seed in range(300 if PLACE == "uml" else 40):
        at = port()
        ours, theirs = both(lambda proto: Play(proto, seed, at).run(40))
        for n, (mine, other) in enumerate(zip(ours, theirs)):
            if mine != other:
                fail(f"seed {seed}, call {n}: {mine}; TCP: {other}; before it:\n" +
                     "\n".join(theirs[:n]))


# --- what a socket owes after its end --------------------------------------------------

def free(proto, at, addr="4any"):
    """Is the port available?"""
    return take(proto, at, addr)


def owes_close(proto):
    with make(proto, "4any") as s:
        s.bind(("0.0.0.0", port()))
        at = s.getsockname()[1]
        held = free(proto, at)
    return held, free(proto, at)


def owes_disconnect_bound(proto):
    with make(proto, "4any") as s, listen(V4, net().a, proto=proto) as to:
        s.bind(("0.0.0.0", port()))
        at = s.getsockname()[1]
        s.connect((Net.A4, to.getsockname()[1]))
        connected = free(proto, at), free(proto, at, "4lo")
        done = got(disconnect, s)
        return connected, done, free(proto, at), free(proto, at, "4lo"), s.getsockname()


def owes_disconnect_unbound(proto):
    with make(proto, "4any") as s, listen(V4, net().a, proto=proto) as to:
        s.connect((Net.A4, to.getsockname()[1]))
        at = s.getsockname()[1]
        return free(proto, at), got(disconnect, s), free(proto, at)


def owes_disconnect_listening(proto):
    with make(proto, "4any") as s:
        s.bind(("0.0.0.0", port()))
        at = s.getsockname()[1]
        s.listen(1)
        return got(disconnect, s), free(proto, at), got(s.listen, 1), free(proto, at)


def owes_refused_bound(proto):
    with make(proto, "4any") as s:
        at = port()
        s.bind(("0.0.0.0", at))
        refused = got(s.connect, (Net.A4, port()))
        return (refused, free(proto, at), free(proto, at, "4lo"),
                s.getsockname()[0], got(s.listen, 1))


def owes_refused_unbound(proto):
    with make(proto, "4any") as s, listen(V4, net().a, proto=proto) as to:
        refused = got(s.connect, (Net.A4, port()))
        return (refused, got(s.bind, ("0.0.0.0", port())), got(s.connect, (Net.A4, 1)),
                got(s.connect, (Net.A4, to.getsockname()[1])))


def owes_bind_any_then_refused(proto):
    """bind() to port 0 does not keep the port for the socket."""
    with make(proto, "4any") as s:
        s.bind(("127.0.0.1", 0))
        at = s.getsockname()[1]
        refused = got(s.connect, ("127.0.0.1", port()))
        return refused, free(proto, at), got(s.bind, ("127.0.0.1", at))


def owes_shutdown_listening(proto):
    with make(proto, "4any", "R") as s:
        at = port()
        s.bind(("0.0.0.0", at))
        s.listen(1)
        return (got(s.shutdown, socket.SHUT_RD), free(proto, at), take(proto, at, "4any", "R"),
                got(s.listen, 1), take(proto, at, "4any", "R"))


def owes_listen_unbound(proto):
    with make(proto, "4any") as s:
        s.listen(1)
        at = s.getsockname()[1]
        held = free(proto, at)
        s.shutdown(socket.SHUT_RD)
        return held, free(proto, at), s.getsockname()[1] == at


def owes_reset_child(proto):
    """The child is reset: it releases the port."""
    listener, client, server, at = served(proto, "4any", "-")
    listener.close()
    held = free(proto, at)
    reset(client)
    wait_for(lambda: errno_of(server.recv, 1) or True)
    then = free(proto, at)
    server.close()
    return held, then, free(proto, at)


def owes_child_reuse(proto, late):
    """The option's current value counts, not that at bind()."""
    listener, client, server, at = served(proto, "4any", "-")
    listener.close()
    if late:
        server.setsockopt(SOL, socket.SO_REUSEADDR, 1)
    result = take(proto, at, "4any", "R")
    client.close()
    server.close()
    return result


def owes_no_port(proto):
    """IP_BIND_ADDRESS_NO_PORT: the port comes with connect()."""
    with make(proto, "4a") as s, listen(V4, net().a, proto=proto) as to:
        s.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        bound = got(s.bind, (Net.A4, 0)), s.getsockname()
        s.connect((Net.A4, to.getsockname()[1]))
        at = s.getsockname()[1]
        return bound, s.getsockname()[0], at != 0, free(proto, at)


def owes_bind_address_in_use_twice(proto):
    """A failed bind() leaves the socket as it was."""
    with make(proto, "4any") as holder, make(proto, "4any") as s:
        at = port()
        holder.bind(("0.0.0.0", at))
        first = got(s.bind, ("0.0.0.0", at))
        holder.close()
        return first, got(s.bind, ("0.0.0.0", at)), got(s.bind, ("0.0.0.0", at))


@same()
def same__what_is_owed_afterwards():
    owed = {name: function for name, function in globals().items() if name.startswith("owes_")}
    results = {}
    for name, function in owed.items():
        if function is owes_child_reuse:
            for late in (False, True):
                results[f"{name} {late}"] = both(function, late)
        else:
            # the ports differ between the protocols: they are left out
            results[name] = both(function)
    strip = {name: tuple(without_ports(r) for r in pair) for name, pair in results.items()}
    compare(strip)


def without_ports(value):
    if isinstance(value, tuple):
        return tuple(without_ports(v) for v in value)
    return "a port" if isinstance(value, int) and value > 1024 else value


# --- TIME-WAIT --------------------------------------------------------------------

@case(FAMILIES)
def time_wait__holds_its_port(family):
    addr = {V4: "4any", V6: "6only", MAPPED: "6any"}[family]
    at, _ = gone(PROTO, {V4: "4any", V6: "6only", MAPPED: "m_any"}[family], "-", "TIME_WAIT")
    wait_states(net().a, at, ["TIME_WAIT"])
    equal(take(PROTO, at, addr), "EADDRINUSE", "without an option")
    equal(take(PROTO, at, addr, "R"), "EADDRINUSE", "with SO_REUSEADDR, which the old had not")
    at, _ = gone(PROTO, {V4: "4any", V6: "6only", MAPPED: "m_any"}[family], "R", "TIME_WAIT")
    wait_states(net().a, at, ["TIME_WAIT"])
    equal(take(PROTO, at, addr), "EADDRINUSE", "without an option")
    equal(take(PROTO, at, addr, "R"), "success/success", "with SO_REUSEADDR")


@case((V4, V6), xtcp_only="the length of TIME-WAIT is fixed")
def time_wait__gives_its_port_back(family):
    """Many TIME-WAIT entries of one port and of many; when they are gone, so are the ports."""
    addr = {V4: "4any", V6: "6only"}[family]
    with knobs(net().a, msl_ms=int(slow(1000))):
        at = port()
        with make(PROTO, addr, "R") as listener:
            bind(listener, addr, at)
            listener.listen(64)
            for n in range(100 if family == V4 else 20):
                client = sock(family, ns=net().a)
                to = f"127.0.1.{n + 1}" if family == V4 else CONCRETE[addr]
                client.connect((to, at))
                server, _ = listener.accept()
                server.close()
                equal(client.recv(1), b"", "end of stream")
                client.close()
        equal(take(PROTO, at, addr), "EADDRINUSE", "while TIME-WAITs last")
        equal(take(PROTO, at, addr, "R"), "success/success", "with SO_REUSEADDR")
        if family == V4:
            equal(take(PROTO, at, "4a"), "EADDRINUSE",
                  "another address, beside more than are told apart")
        wait_states(net().a, at, [], 20)
        equal(take(PROTO, at, addr), "success/success", "after TIME-WAIT")


def time_wait_in(ns, vrf, addr, at):
    """In a VRF, a connection to an address of its own, whose server closes first."""
    with sock(V4, ns=ns) as listener, sock(V4, ns=ns) as client:
        for s in (listener, client):
            s.setsockopt(SOL, socket.SO_BINDTODEVICE, vrf)
        listener.setsockopt(SOL, socket.SO_REUSEADDR, 1)
        listener.bind((addr, at))
        listener.listen(1)
        client.connect((addr, at))
        listener.accept()[0].close()
        equal(client.recv(1), b"", "end of stream")


@case()
def time_wait__in_two_vrfs():
    """A port's records are told apart by VRF, however many addresses it is held by."""
    at, ns, ours = port(), Ns("v"), "10.66.1.1"
    ns.ip("link set lo up", *(f"link add {vrf} type vrf table {table}"
                              for vrf, table in (("red", 10), ("blue", 20), ("green", 30))),
          *(f"link set {vrf} up" for vrf in ("red", "blue", "green")),
          *(f"addr add 10.66.0.{n}/32 dev red" for n in range(1, 71)),
          *(f"addr add {ours}/32 dev {vrf}" for vrf in ("red", "blue", "green")))

    def bound(vrf, addr=ours):
        with sock(V4, ns=ns) as s:
            s.setsockopt(SOL, socket.SO_BINDTODEVICE, vrf)
            return got(s.bind, (addr, at))
    time_wait_in(ns, b"blue", ours, at)
    equal(bound(b"blue"), "EADDRINUSE", "where it is held")
    equal(bound(b"red"), "success", "in another VRF")
    for n in range(1, 71):
        time_wait_in(ns, b"red", f"10.66.0.{n}", at)
    equal(bound(b"red", "10.66.0.70"), "EADDRINUSE", "where it is held by many")
    equal(bound(b"blue"), "EADDRINUSE", "where it is held, beside many")
    time_wait_in(ns, b"green", ours, at)
    equal(bound(b"green"), "EADDRINUSE", "where it is held, last of many")
    ns.remove()


# --- memory -------------------------------------------------------------------------

@case(bound=60)
def namespace__gives_its_ports_back():
    """Ports on all pages, held in all ways, in a namespace that is removed."""
    ns = Ns("p")
    ns.ip("link set lo up")
    holders = []
    for at in range(1, 65536, 601):
        s = sock(V4 if at % 3 else V6, ns=ns)
        s.bind(("127.0.0.1" if at % 3 else "::1", at))
        holders.append(s)
    for s in holders[::2]:
        s.listen(4)
    clients = []
    for s in holders[::2]:
        client = sock(V6 if s.family == socket.AF_INET6 else V4, ns=ns)
        client.connect(s.getsockname()[:2])
        clients.append(client)
        server, _ = s.accept()
        server.close()
    close_all(clients + holders)
    ns.remove()


main()
