# SPDX-License-Identifier: GPL-2.0
"""Two segments of a connection at once: two processors receive them at the same moment.

An entry that one of them has looked up may be gone when it is used, because the other has
replaced it: a request by a socket, or a socket by a TIME-WAIT entry. The second one must go on
with the new entry, and reset nothing.

A process that writes to a tun device receives the packet itself. One writer is here, the other
a process on the other processor. From round to round the delay between them changes a little,
so that sooner or later each step of the one falls between any two of the other.
"""
import contextlib
import errno
import mmap
import os
import signal
import socket
import struct

from lib.beside import close_all
from lib.groups import accept_all, member
from lib import (SIZE, SOL_TCP, V4, V6, Child, case, check, disconnect, equal, errno_of, knobs,
                 listen, main, port, sock, states, table)
from lib.tun import Far, Host
from lib.wire import MSS

HERE, THERE = 0, 1          # the processors
BOTH = (V4, V6)
PROCESSORS = ("smp", "vm", "debug")   # places that have two processors
BURST = 8                   # SYNs that arrive together
FAR = 100000000             # the next incarnation's numbers lie well above
#: by how many steps of the interpreter the first of the two is late, the second if below 0
LATE = [sign * (1 << n // 2) * (2 + n % 2) for n in range(20) for sign in (1, -1)]
IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, TCP_SAVE_SYN = 49, 51, 27
RECORD_ROUTE = b"\x07\x0b\x04" + bytes(8)


class Partner:
    """The process on the other processor, and the moment that it waits for.

    Shared memory: which round was asked for, which it is ready for, which it may do and
    which it has done; how late it is to be, and the packets, each behind its length.
    """
    ASKED, READY, GO, DONE = range(0, 32, 8)
    HEAD = "<ii"

    def __init__(self, host):
        self.host, self.shared, self.round = host, mmap.mmap(-1, 1 << 17), 0
        self.child = Child(self._work)
        self.before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {HERE})

    def _get(self, at):
        return struct.unpack_from("<q", self.shared, at)[0]

    def _set(self, at):
        struct.pack_into("<q", self.shared, at, self.round)

    def _await(self, at):
        while self._get(at) != self.round:
            pass

    def _work(self):
        os.sched_setaffinity(0, {THERE})
        while True:
            self.round += 1
            self._await(self.ASKED)
            late, count = struct.unpack_from(self.HEAD, self.shared, 32)
            self.shared.seek(40)
            packets = [self.shared.read(*struct.unpack("<i", self.shared.read(4)))
                       for _ in range(count)]
            self._set(self.READY)
            self._await(self.GO)
            for _ in range(late):
                pass
            for raw in packets:
                self.host.write(raw)
            self._set(self.DONE)

    def meet(self, first, second, late):
        """first() is called here while the packet is received there, or the list of them."""
        self.round += 1
        packets = [second] if isinstance(second, bytes) else second
        struct.pack_into(self.HEAD, self.shared, 32, max(0, -late), len(packets))
        self.shared.seek(40)
        for raw in packets:
            self.shared.write(struct.pack("<i", len(raw)) + raw)
        self._set(self.ASKED)
        self._await(self.READY)
        self._set(self.GO)
        for _ in range(late):
            pass
        first()
        self._await(self.DONE)

    def close(self):
        os.sched_setaffinity(0, self.before)
        Child.alive.remove(self.child)
        os.kill(self.child.pid, signal.SIGKILL)
        os.waitpid(self.child.pid, 0)


class Place:
    """What all cases share.

    laden: every second pass uses all that can be kept of a packet: listeners ask for packet
    options and saved SYNs; and IPv4 packets have options.
    """
    host = None
    laden = False

    @classmethod
    @contextlib.contextmanager
    def rounds(cls, family):
        """A listener, a partner, and the delays between the two."""
        cls.host = cls.host or Host()
        host = cls.host
        with host.ns, listen(family, host.ns) as listener:
            listener.settimeout(5 * SIZE["scale"])
            partner = Partner(host)
            try:
                yield listener, partner, cls.passes()
            finally:
                partner.close()
        host.forget()

    @classmethod
    def passes(cls):
        for number in range(SIZE["meet"]):
            cls.laden = bool(number % 2)
            yield from LATE
        cls.laden = False


def prepare(listener):
    """A listener requests everything that it can be told if the pass is laden, else nothing."""
    listener.setsockopt(SOL_TCP, TCP_SAVE_SYN, 2 * Place.laden)
    if listener.family == socket.AF_INET6:
        for name in (IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT):
            listener.setsockopt(socket.IPPROTO_IPV6, name, Place.laden)


def packet(far, flags, data=b"", **how):
    ipopt = RECORD_ROUTE if Place.laden and not far.six else b""
    return far.packet(far.segment(flags, data, **how), ipopt=ipopt)


def receive(raw):
    """Returns a call that receives a packet."""
    return lambda: Place.host.write(raw)


def half_open(family, listener):
    prepare(listener)
    far = Far(Place.host, family, listener.getsockname()[1])
    Place.host.seen.clear()
    Place.host.write(packet(far, "S", opts=MSS))
    far.seq += 1
    far.take(far.get("SA"))
    return far


def opened(family, listener):
    far = half_open(family, listener)
    far.send("A")
    return far, listener.accept()[0]


def not_refused(far, late):
    check(not far.heard(lambda s: "R" in s.flags), f"late by {late}: refused, {far.answers()}")


def third_segments(family):
    """The final ACK arrives twice, once with data."""
    with Place.rounds(family) as (listener, partner, lates):
        for number, late in enumerate(lates):
            far = half_open(family, listener)
            two = [packet(far, "A"), packet(far, "PA", b"question")]
            partner.meet(receive(two[number % 2]), two[1 - number % 2], late)
            not_refused(far, late)
            server = listener.accept()[0]
            with server:
                server.settimeout(5 * SIZE["scale"])
                equal(server.recv(100), b"question", f"late by {late}: data")
                far.seq += len(b"question")
                far.close()
        equal(states(Place.host.ns, far.dport), ["LISTEN"], "what is left")


@case(BOTH, bound=120, places=PROCESSORS)
def third_segment__meets_data(family):
    """One of the two makes a socket of the request, and the other finds it."""
    third_segments(family)


@case(BOTH, bound=120, places=PROCESSORS,
      xtcp_only="it drops one of the two, which has to come again")
def third_segment__of_a_cookie_meets_data(family):
    """There is no request: both may make a socket, and one of them becomes the connection's."""
    Place.host = Place.host or Host()
    with knobs(Place.host.ns, syncookies=2):
        third_segments(family)


@case(BOTH, bound=120, places=PROCESSORS)
def syns__meet(family):
    """Copies of a SYN open one connection: if both are answered, with the same ISN."""
    with Place.rounds(family) as (listener, partner, lates):
        for late in lates:
            prepare(listener)
            far = Far(Place.host, family, listener.getsockname()[1])
            syn = packet(far, "S", opts=MSS)
            partner.meet(receive(syn), syn, late)
            far.seq += 1
            answers = far.answers()
            equal({s.flags for s in answers}, {"SA"}, f"late by {late}: flags of the answers")
            equal(len({s.seq for s in answers}), 1, f"late by {late}: numbers in {answers}")
            far.take(answers[0])
            far.send("A")
            listener.accept()[0].close()
            far.reset()
            Place.host.seen.clear()
        equal(states(Place.host.ns, far.dport), ["LISTEN"], "what is left")


@case(BOTH, bound=120, places=PROCESSORS)
def third_segment__meets_close_of_the_listener(family):
    """The connection is made and ended, or reset: the peer is told, and nothing is left."""
    with Place.rounds(family) as (first, partner, lates):
        for late in lates:
            listener = listen(family, Place.host.ns)
            far = half_open(family, listener)
            partner.meet(listener.close, packet(far, "A"), late)
            check(far.heard(lambda s: "R" in s.flags), f"late by {late}: no RST, {far.answers()}")
            far.dport = None
        equal([row.lport for row in table(Place.host.ns)], [first.getsockname()[1]],
              "ports of what is left")


@case(BOTH, bound=120, places=PROCESSORS)
def third_segment__meets_a_listener_that_moves(family):
    """The listener has another port once it has released the one that the child was to share."""
    with Place.rounds(family) as (first, partner, lates), sock(family, ns=Place.host.ns) as mover:
        mover.setblocking(False)

        def move():
            disconnect(mover)
            mover.connect_ex((Place.host.far(family), 9))

        for late in lates:
            mover.listen()
            at = mover.getsockname()[1]
            far = half_open(family, mover)
            partner.meet(move, packet(far, "A"), late)
            check(far.heard(lambda s: "R" in s.flags), f"late by {late}: no RST, {far.answers()}")
            far.dport = None
            listen(family, Place.host.ns, at, reuse=False).close()
            disconnect(mover)
        equal([row.lport for row in table(Place.host.ns)], [first.getsockname()[1]],
              "ports of what is left")


@case(BOTH, bound=120, places=PROCESSORS)
def third_segment__meets_close_before_an_heir(family):
    """migrate_req: whichever comes first, the migration target gets the connection, and its FIN."""
    at = port()
    with Place.rounds(family) as (_, partner, lates), knobs(Place.host.ns, migrate_req=1):
        listener = member(family, at, Place.host.ns)
        listener.listen()
        for late in lates:
            far = half_open(family, listener)
            heir = member(family, at, Place.host.ns)
            prepare(heir)
            heir.listen()
            partner.meet(listener.close, packet(far, "A"), late)
            not_refused(far, late)
            accepted = accept_all([heir])
            equal(len(accepted), 1, f"late by {late}: accepted")
            far.reset()
            with accepted[0] as server:
                equal(errno_of(server.recv, 1), errno.ECONNRESET, f"late by {late}: the end")
            listener = heir
        listener.close()


@case(BOTH, bound=120, places=PROCESSORS)
def syns__meet_listen(family):
    """A listener that has just joined a reuse port group may get a SYN: the connection is its."""
    at = port()
    with Place.rounds(family) as (_, partner, lates), member(family, at, Place.host.ns) as first:
        first.listen(BURST)
        for late in lates:
            with member(family, at, Place.host.ns) as second:
                prepare(first)
                prepare(second)
                fars = [Far(Place.host, family, at) for _ in range(BURST)]
                partner.meet(second.listen, [packet(far, "S", opts=MSS) for far in fars], late)
                for far in fars:
                    far.seq += 1
                    far.take(far.get("SA"))
                    far.send("A")
                    not_refused(far, late)
                accepted = accept_all([first, second])
                equal(len(accepted), BURST, f"late by {late}: accepted")
                for far in fars:
                    far.reset()
                close_all(accepted)
            Place.host.seen.clear()


@case(BOTH, bound=120, places=PROCESSORS)
def fins__meet(family):
    """Copies of the last FIN: one makes a TIME-WAIT entry, the other is not answered by RST."""
    with Place.rounds(family) as (listener, partner, lates):
        for late in lates:
            far, server = opened(family, listener)
            server.close()
            far.take(far.get("FA"))
            fin = packet(far, "FA")
            partner.meet(receive(fin), fin, late)
            far.seq += 1
            not_refused(far, late)
            check(far.heard(lambda s, far=far: s.flags == "A" and s.ack == far.seq),
                  f"late by {late}: no ACK of the FIN, {far.answers()}")
        equal(set(states(Place.host.ns, far.dport)), {"LISTEN", "TIME_WAIT"}, "what is left")


@case(BOTH, bound=120, places=PROCESSORS)
def third_segment__meets_reset(family):
    """Whichever comes first: the peer has reset it, and no connection is left."""
    with Place.rounds(family) as (listener, partner, lates):
        listener.setblocking(False)
        accepted = []
        for late in lates:
            far = half_open(family, listener)
            partner.meet(receive(packet(far, "A")), packet(far, "R"), late)
            with contextlib.suppress(BlockingIOError):
                accepted.append(listener.accept()[0])
        equal(states(Place.host.ns, far.dport), ["LISTEN"], "what is left")
        for server in accepted:
            server.close()


@case(BOTH, bound=120, places=PROCESSORS)
def fin__meets_close(family):
    """One side closes first, or both at once: the FINs are acknowledged, and TIME-WAIT is ours
    if we have closed first.
    """
    with Place.rounds(family) as (listener, partner, lates):
        for late in lates:
            far, server = opened(family, listener)
            partner.meet(server.close, packet(far, "FA"), late)
            far.seq += 1
            check(far.heard(lambda s, far=far: s.ack == far.seq), f"late by {late}: "
                  f"the FIN is not acknowledged, {far.answers()}")
            not_refused(far, late)
            far.ack = far.until(lambda s: "F" in s.flags).end
            far.send("A")
            far.dport = None
        equal(set(states(Place.host.ns, listener.getsockname()[1])) - {"TIME_WAIT"}, {"LISTEN"},
              "what is left")


@case(BOTH, bound=120, places=PROCESSORS)
def newer_syns__meet_in_time_wait(family):
    """One of the two replaces the TIME-WAIT entry; both mean the same new connection."""
    with Place.rounds(family) as (listener, partner, lates):
        far, server = opened(family, listener)
        for late in lates:
            server.close()
            far.take(far.get("FA"))
            far.send("FA")
            Place.host.read()
            Place.host.seen.clear()
            far.taken = 0
            far.seq += FAR
            syn = packet(far, "S", opts=MSS)
            partner.meet(receive(syn), syn, late)
            far.seq += 1
            answers = far.answers()
            new = {s.seq for s in answers if s.flags == "SA"}
            equal(len(new), 1, f"late by {late}: numbers of the SYN-ACKs in {answers}")
            not_refused(far, late)
            far.ack = new.pop() + 1
            far.send("A")
            server = listener.accept()[0]
            far.taken = len(far.answers())
        server.close()
        far.close()


main()
