# SPDX-License-Identifier: GPL-2.0
"""A conversation with the stack under test: what is sent, and what must come back.

script.py describes how a script reads.
"""
import ctypes
import fcntl
import os
import random
import select
import socket
import struct
import sys
import time

import lib
from lib import wire

with open("/proc/cmdline", encoding="ascii") as _cmdline:
    # the list of cases includes those for virtual time only
    VIRTUAL = "time-travel" in _cmdline.read() or sys.argv[1:] == ["--list"]
# Tolerance, early and late: the clock of a segment's time stamp is not the timers' clock;
# the kernel's timer wheel fires up to an eighth late, and on a grid of 10 ms
EARLY = 0.002 if VIRTUAL else 0.015
LATE = 0.012 if VIRTUAL else lib.slow(1)
LATE_SHARE = 0.13
SCRIPTS = os.path.join(lib.TOP, "selftests/scripts")
SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17
LINGER_0 = struct.pack("ii", 1, 0)
ISN = 1_000_000_000             # the peer's port, unless a script wants another
NUMBERS = ("seq", "ack", "win")

_stream = random.Random(9293).randbytes(1 << 20)


def text(offset, count):
    """The bytes at this place of every stream, in either direction."""
    at = offset % len(_stream)
    return (_stream[at:at + count] if at + count <= len(_stream)
            else b"".join(text(i, 1) for i in range(offset, offset + count)))


def mss(size):
    """The MSS option of a SYN."""
    return struct.pack("!BBH", 2, 4, size)


def wscale(shift):
    """The window scale option of a SYN, after a NOP."""
    return struct.pack("!BBBB", 1, 3, 3, shift)


SACK_OK = b"\1\1\4\2"          # the SACK-permitted option of a SYN, after two NOPs
SACK, STAMP = 5, 8


_net = None


def net():
    """The hosts' network.  No device offloads checksums or segmentation in it."""
    global _net
    if _net is None:
        _net = lib.net()
        off = bytearray(struct.pack("II", ETHTOOL_STXCSUM, 0))
        with _net.a, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            buffer = (ctypes.c_char * len(off)).from_buffer(off)
            fcntl.ioctl(s, SIOCETHTOOL,
                        struct.pack("16sP8x", b"va", ctypes.addressof(buffer)))
    return _net


def limits(value):
    """(least, most) of a number or a pair in a script."""
    return value if isinstance(value, tuple) else (value, value)


class Talk:
    """One conversation between the peer and a socket of the host.

    clock: the peer uses timestamps, and its clock of milliseconds starts at this value.
    """

    def __init__(self, family, isn=ISN, sport=None, window=65535, opts=mss(1460), clock=None):
        self.family = family
        self.net = net()
        self.wire = wire.Peer(self.net, family, sport)
        self.isn, self.window, self.opts = isn, window, opts
        self.clock, self.echo = clock, 0
        self.offered = b""          # the options of the peer's SYN
        self.host_isn = None
        self.snd_nxt = 0            # the peer's, from its ISN
        self.host_end = 0           # after all that the host has sent
        self.written = self.read = 0    # of the two streams, by the program
        self.sock = self.listener = None
        self.taken = 0
        self.start = self.last = time.time()
        self.ladder = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """End the connection, in whatever state it is."""
        self._end_orphan()
        for s in (self.sock, self.listener):
            if s is not None and s.fileno() >= 0:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)
                s.close()
        self.wire.sniffer.close()

    def _end_orphan(self):
        """A connection whose socket is closed ends only by the peer's segments."""
        if not self.wire.dport or (self.sock is not None and self.sock.fileno() >= 0):
            return
        acks = {s.ack for s in self._arrived() if "A" in s.flags}
        for seq in acks | {(self.isn + self.snd_nxt) % wire.MOD}:
            self.wire.put(self.wire.segment("R", seq=seq))

    # --- reporting ---------------------------------------------------------

    def note(self, what, when=None):
        """A line of the ladder diagram; the next line's time counts from it."""
        self.last = time.time() if when is None else when
        self.ladder.append((self.last, what))

    def fail(self, problem):
        """Fail with the script's line and the conversation so far."""
        frame = sys._getframe(1)
        while frame and os.path.dirname(frame.f_code.co_filename) != SCRIPTS:
            frame = frame.f_back
        where = ""
        if frame:
            name = os.path.basename(frame.f_code.co_filename)
            where = f"scripts/{name}, line {frame.f_lineno}: "
        lines = [f"{where}{problem}", f"{'seconds':>12}  peer {' ' * 54} host"]
        rungs = sorted(self.ladder, key=lambda rung: rung[0])
        lines += [f"{when - self.start:12.6f}  {what}" for when, what in rungs]
        lib.fail("\n".join(lines))

    def check(self, truth, problem):
        if not truth:
            self.fail(problem)

    def show(self, seg, from_peer):
        """A segment as a line of the ladder diagram, its numbers as in scripts."""
        mine, yours = (self.isn, self.host_isn) if from_peer else (self.host_isn, self.isn)
        said = f"{seg.flags or '-'} seq {self._count(seg.seq, mine)}"
        if seg.data:
            said += f":{self._count(seg.seq, mine) + len(seg.data)}"
        if "A" in seg.flags:
            said += f" ack {self._count(seg.ack, yours)}"
        said += f" win {seg.win}"
        said += "".join(f" <{kind} {value.hex()}>" for kind, value in seg.opts.items())
        if from_peer:
            return f"     |-- {(said + ' ').ljust(49, '-')}>|"
        return f"     |<{(' ' + said).rjust(49, '-')} --|"

    @staticmethod
    def _count(seq, isn):
        """A sequence number relative to its ISN; below that it is negative."""
        if isn is None:
            return seq
        from_isn = (seq - isn) % wire.MOD
        return from_isn - wire.MOD if from_isn > wire.MOD // 2 else from_isn

    # --- segments ----------------------------------------------------------

    def peer(self, flags, data=0, seq=None, ack=None, win=None, opts=None, up=0, stamp=None,
             sack=()):
        """The peer sends a segment.  data: bytes, or how many of the stream's.

        A segment in order advances the peer's next number; one with an explicit number does so
        only if it starts no later.  stamp: (TSval, TSecr) instead of its clock's value and the
        last that arrived.  sack: blocks (start, end) of the host's numbers.
        """
        at = self.snd_nxt if seq is None else seq
        if isinstance(data, int):
            data = text(at - ("S" not in flags), data)
        if opts is None:
            opts = self.opts if "S" in flags else b""
        opts += self._stamp(flags, stamp) + self._sack(sack)
        if "S" in flags:
            self.offered = opts
        raw = self._segment(flags, at, data, ack, win, opts, up)
        seg = wire.Seg(self.wire.me, self.wire.them, raw, time.time(), True)
        self.note(self.show(seg, True))
        self.wire.put(raw)
        if at <= self.snd_nxt and ("S" not in flags or not self.snd_nxt):
            self.snd_nxt = max(self.snd_nxt, at + seg.length)
        if win is not None:
            self.window = win

    def now(self):
        """The peer's clock of timestamps."""
        return self.clock + int((time.time() - self.start) * 1000)

    def _stamp(self, flags, stamp):
        if self.clock is None:
            return b""
        val, ecr = stamp or (self.now(), self.echo if "A" in flags else 0)
        return struct.pack("!BBBBII", 1, 1, STAMP, 10, val, ecr)

    def _sack(self, blocks):
        if not blocks:
            return b""
        numbers = [(self.host_isn + n) % wire.MOD for block in blocks for n in block]
        return struct.pack(f"!BBBB{len(numbers)}I", 1, 1, SACK, 2 + 4 * len(numbers), *numbers)

    @staticmethod
    def stamps(seg):
        """(TSval, TSecr) of a segment; None when it has none."""
        return struct.unpack("!II", seg.opts[STAMP]) if STAMP in seg.opts else None

    def _segment(self, flags, seq, data=b"", ack=None, win=None, opts=b"", up=0):
        ack = self.host_end if ack is None else ack
        return self.wire.segment(flags, data, seq=self.isn + seq, opts=opts,
                                 ack=((self.host_isn or 0) + ack) if "A" in flags else 0,
                                 win=self.window if win is None else win, up=up)

    def _arrived(self):
        w = self.wire
        return [s for s in w.sniffer.poll() if s.dst == w.me and s.dport == w.sport]

    def _repeats(self, seg):
        """Does it carry only what arrived before?"""
        return seg.length and self.host_isn is not None and \
            self.count_seq(seg) + seg.length <= self.host_end

    def _next(self, seconds, seq=None):
        """The host's next segment, if one arrives within this time.

        Real machines are slow, so that timers fire in between: there retransmissions are
        ignored, unless the script waits for just that number.
        """
        end = time.monotonic() + seconds
        while True:
            arrived = self._arrived()
            if len(arrived) > self.taken:
                self.taken += 1
                seg = arrived[self.taken - 1]
                if VIRTUAL or not self._repeats(seg) or seq == self.count_seq(seg):
                    return seg
                continue
            left = end - time.monotonic()
            if left <= 0:
                return None
            # select() may sleep a thousandth longer
            select.select([self.wire.sniffer.sock], [], [], left * 0.998)

    def host(self, flags, after=0, since=None, **want):
        """The host must send this segment next; the segment.

        flags: with P, PSH must be set; without, it may be.  data: bytes, or how many of
        the stream's.  seq, ack, win: a number or (from, to).  opts: options that must be present,
        {kind: bytes}; no option may be present that the peer's SYN did not offer.
        """
        since = self.last if since is None else since
        want = {"seq": self.host_end, "ack": self.snd_nxt, "data": 0, **want}
        low, high = limits(after)
        # An answer may arrive while the script's lines are still being sent
        low -= EARLY if VIRTUAL else EARLY + low * 0.01 if low else 60
        high += LATE + high * LATE_SHARE
        seg = self._next(max(0, since + high - time.time()), limits(want["seq"])[0])
        said = f"expected from the host: {flags} " + \
            " ".join(f"{k} {v}" for k, v in want.items()) + f", after {after} s"
        if seg is None:
            self.fail(f"{said}\nseen: nothing for {time.time() - since:.3f} s")
        if "S" in seg.flags and self.host_isn is None:
            self.host_isn, self.wire.dport = seg.seq, seg.sport
        self.note(self.show(seg, False), seg.when)
        if STAMP in seg.opts and "R" not in seg.flags:
            self.echo = self.stamps(seg)[0]
        wrong = self._differences(seg, flags, want)
        took = seg.when - since
        if not low <= took <= high:
            wrong.append(f"{took:.3f} s after the line before, not {low:.3f} to {high:.3f}")
        if wrong:
            self.fail(f"{said}\nseen: the last line; " + "; ".join(wrong))
        self.host_end = max(self.host_end, self.count_seq(seg) + seg.length)
        return seg

    def _differences(self, seg, flags, want):
        wrong = []
        ignored = "" if "P" in flags else "P"
        if set(seg.flags) - set(ignored) != set(flags):
            wrong.append(f"flags {seg.flags}, not {flags}")
        seen = {"seq": self._count(seg.seq, self.host_isn), "win": seg.win,
                "ack": self._count(seg.ack, self.isn)}
        for name in NUMBERS:
            if name not in want or name == "ack" and "A" not in flags:
                continue
            low, high = limits(want[name])
            if not low <= seen[name] <= high:
                wrong.append(f"{name} {seen[name]}, not {want[name]}")
        wrong += self._wrong_data(seg, want["data"])
        wrong += self._wrong_options(seg, want.get("opts", {}))
        if self.clock is not None and "R" not in seg.flags and STAMP not in seg.opts:
            wrong.append("no timestamps")
        if seg.csum_ok is not True:
            wrong.append("a wrong checksum")
        return wrong

    def _wrong_data(self, seg, want):
        if want is None:
            want = len(seg.data)
        if isinstance(want, int):
            want = text(self._count(seg.seq, self.host_isn) - ("S" not in seg.flags), want)
        if isinstance(want, tuple):
            return [] if want[0] <= len(seg.data) <= want[1] else [f"{len(seg.data)} bytes"]
        if len(seg.data) != len(want):
            return [f"{len(seg.data)} bytes, not {len(want)}"]
        return ["other bytes than were written"] if seg.data != want else []

    def _wrong_options(self, seg, want):
        wrong = [f"option {kind}: {seg.opts.get(kind)}, not {value}"
                 for kind, value in want.items() if seg.opts.get(kind) != value]
        if "bad" in seg.opts:
            wrong.append("options that can't be read")
        if "S" not in seg.flags and not want and seg.opts and len(self.offered) <= 4:
            wrong.append(f"options {seg.opts} that nobody offered")
        return wrong

    def quiet(self, seconds):
        """The host sends nothing for this long."""
        seg = self._next(seconds)
        if seg is not None:
            self.note(self.show(seg, False), seg.when)
            self.fail(f"expected silence for {seconds} s, seen the last line")
        self.note(f"     {f'silence for {seconds} s':^53}")

    def next(self, seconds):
        """The host's next segment, whatever it is; None if it is silent for so long."""
        seg = self._next(seconds)
        if seg is not None:
            self.note(self.show(seg, False), seg.when)
        return seg

    def drain(self, seconds=0.1):
        """Skip what the host sends meanwhile: bare ACKs that no rule requires or forbids."""
        while (seg := self.next(seconds)) is not None:
            self.check(seg.flags == "A" and not seg.data, "more than a bare ACK")

    def flood(self, count, flags, **how):
        """Send the same segment repeatedly: how many bare ACKs answer it."""
        answers = 0
        for _ in range(count):
            self.wire.put(self._segment(flags, **how))
            answers += self._next(0) is not None
        while (seg := self._next(0.01 if VIRTUAL else 0.1)) is not None:
            self.check(seg.flags == "A", f"{seg} in answer")
            answers += 1
        self.note(f"     |-- {f'{count} times {flags} {how} ':-<49}>| {answers} answers")
        return answers

    def until_acked(self, at_once=False):
        """Skip ACKs until one acknowledges all that the peer sent."""
        start = self.last
        while True:
            seg = self.next(LATE if at_once else 0.5 + LATE)
            self.check(seg is not None, "not all is acknowledged")
            self.check(seg.flags == "A" and not seg.data, "more than a bare ACK")
            if self._count(seg.ack, self.isn) == self.snd_nxt:
                break
        self.check(not at_once or seg.when - start <= LATE, "the ACK came late")

    def ended(self):
        """End of the script: the host may have sent nothing more."""
        self.quiet(0 if VIRTUAL else 0.02)

    def count_ack(self, seg):
        """The acknowledgment number of a segment of the host, counted as in scripts."""
        return self._count(seg.ack, self.isn)

    def count_seq(self, seg):
        """Its sequence number, likewise."""
        return self._count(seg.seq, self.host_isn)

    def last_of_host(self):
        """The last segment of the host that the script has taken."""
        return self._arrived()[self.taken - 1]
