# SPDX-License-Identifier: GPL-2.0
"""The program at the host's end of a conversation: its socket, and the calls it makes."""
import errno
import select
import socket
import time

import lib
from lib import wire
from lib.talk import LATE, VIRTUAL, Talk, text


LEVELS = {"SO": socket.SOL_SOCKET, "TCP": lib.SOL_TCP, "IP": socket.IPPROTO_IP,
          "IPV6": socket.IPPROTO_IPV6}
IP_RECVERR, IPV6_RECVERR = 11, 25


class Play(Talk):
    """A conversation, and the program that has the host's socket."""

    # --- the program that has the socket --------------------------------------

    def _call(self, said, function, *arguments, err=0, bound=5):
        """A call on a nonblocking socket, repeated until its result is as wanted."""
        end = time.monotonic() + lib.slow(bound)
        while True:
            start = time.time()
            try:
                value, got = function(*arguments), 0
            except OSError as error:
                value, got = None, error.errno
            waits = got == errno.EAGAIN and err != errno.EAGAIN
            if not waits or time.monotonic() > end:
                break
            time.sleep(0.001)
        self.note(f"     {'':49}     {said} {lib.errname(got) if got else ''}", start)
        if got != err:
            self.fail(f"{said}: {lib.errname(got)}, not {lib.errname(err)}")
        return value

    def _own(self, sock, options):
        sock.setblocking(False)
        for name, value in options.items():
            level = LEVELS.get(name.split("_")[0])
            sock.setsockopt(level, getattr(socket, name), value)
        return sock

    def listen(self, **options):
        """A listener, options of sockets by name; the peer talks to its port."""
        self.listener = lib.sock(self.family, ns=self.net.a)
        self._own(self.listener, options)
        if self.family == lib.V6:
            self.listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.listener.bind((lib.any_addr(self.family), lib.port()))
        self.listener.listen(8)
        self.wire.dport = self.listener.getsockname()[1]
        self.note(f"     {'':49}     listen()")

    def connect(self, err=errno.EINPROGRESS, bind=None, at=None, **options):
        """connect() to the peer, from a port or an address; the script expects the SYN."""
        self.sock = self._own(lib.sock(self.family, ns=self.net.a), options)
        if bind or at:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.sock.bind((at or lib.any_addr(self.family), bind or 0))
        self._call("connect()", self.sock.connect,
                   (self.net.addr("ghost", self.family), self.wire.sport), err=err)

    def connected(self, err=0):
        """The result of connect(), as a program that polls learns it."""
        self.poll("w")
        self.note(f"     {'':49}     SO_ERROR")
        lib.equal(lib.errname(lib.so_error(self.sock)), lib.errname(err), "SO_ERROR")

    def accept(self, err=0):
        self.sock, _ = self._call("accept()", self.listener.accept, err=err) or (None, None)
        if self.sock is not None:
            self.sock.setblocking(False)

    def send(self, count, flags=0, err=0):
        """send() the next bytes of the stream, all of them."""
        said = f"send({count})"
        sent = self._call(said, self.sock.send, text(self.written, count), flags, err=err)
        if not err:
            self.check(sent == count, f"{said} took only {sent}")
            self.written += count

    def recv(self, count=1, err=0, flags=0):
        """recv() exactly these bytes of the peer's stream."""
        left = count
        while left:
            got = self._call(f"recv({left})", self.sock.recv, left, flags, err=err)
            if err:
                return
            self.check(got, f"end of stream, {left} bytes early")
            self.check(got == text(self.read, len(got)), "recv() gave other bytes than were sent")
            left -= len(got)
            self.read += len(got)

    def eof(self):
        """recv() returns the end of the stream."""
        got = self._call("recv()", self.sock.recv, 1)
        self.check(got == b"", f"{got!r} instead of the end of the stream")

    def shutdown(self, how=socket.SHUT_WR, err=0):
        self._call("shutdown()", self.sock.shutdown, how, err=err)

    def close(self):
        self._call("close()", self.sock.close)

    def setsockopt(self, name, value):
        self._call(f"{name}={value!r}", self._own, self.sock, {name: value})

    def recverr(self, value=1):
        """The program asks for each error at once (IP_RECVERR), or no longer."""
        level, name = (socket.IPPROTO_IP, IP_RECVERR) if self.family == lib.V4 else \
            (socket.IPPROTO_IPV6, IPV6_RECVERR)
        self._call(f"IP_RECVERR={value}", self.sock.setsockopt, level, name, value)

    def poll(self, want, bound=5):
        """Wait until the socket is readable (r) or writable (w)."""
        rd, wr = ([self.sock] if kind in want else [] for kind in "rw")
        ready = select.select(rd, wr, [], lib.slow(bound))
        self.check(ready[0] or ready[1], f"poll() for {want} in vain")

    def state(self, want):
        """The connection's state; LISTEN: there is only the listener."""
        def seen():
            rows = [r.state for r in lib.table(self.net.a, self.wire.dport)
                    if r.state == "LISTEN" or self.wire.sport in (r.lport, r.rport)]
            return next((s for s in rows if s != "LISTEN"), rows[0] if rows else "CLOSED")
        try:
            lib.wait_for(lambda: seen() == want, 0.05 if VIRTUAL else 5)
        except lib.Failure:
            self.fail(f"state {seen()}, not {want}")

    def fill_window(self, step=536):
        """Send until the host's window is closed; its last ACK, which says so."""
        while (seg := self.last_of_host()).win:
            self.fill_window_step(step)
        return seg

    def fill_window_step(self, step=536):
        """A segment into the rest of the host's window; the ACK of it."""
        seg = self.last_of_host()
        self.peer("A", min(step, self.count_ack(seg) + seg.win - self.snd_nxt))
        while self.count_ack(seg) < self.snd_nxt:
            seg = self.next(0.5 + LATE)
            self.check(seg is not None, "no ACK within half a second")
        return seg

    def another(self):
        """A second conversation with the same host."""
        return Play(self.family)

    def again(self, new_port=False):
        """Forget the last connection, before the next: numbers start anew."""
        self._end_orphan()
        if new_port:
            at = self.wire.dport
            self.wire.close()
            self.wire = wire.Peer(self.net, self.family, dport=at)
            self.taken = 0
        self.snd_nxt = self.host_end = self.written = self.read = 0
        self.host_isn = None

    # --- setting up ----------------------------------------------------------

    def established(self, active=False, options=None, **syn):
        """An established connection; the socket's options by name, syn: as for peer()."""
        if active:
            self.connect(**(options or {}))
            self.host("S", seq=0)
            self.peer("SA", ack=1, **syn)
            self.host("A", seq=1, ack=1)
        else:
            self.listen(**(options or {}))
            self.peer("S", **syn)
            self.host("SA", seq=0, ack=1)
            self.peer("A", ack=1)
            self.accept()

    def meet_isn(self, wanted):
        """connect() at the time when the host's own ISN will be close to this number.

        The ISNs of one pair of ports follow a clock (RFC 6528); two of them show how fast it
        runs, and then it only takes waiting.
        """
        port, rate, wait, before = lib.port(), 0, 1, None
        for _ in range(6):
            self.connect(bind=port)
            seg = self.host("S", seq=0)
            off = (wanted - seg.seq + wire.MOD // 2) % wire.MOD - wire.MOD // 2
            if abs(off) < 2000:
                break
            self.peer("RA", seq=0, ack=1)
            self.poll("w")
            self.sock.close()
            self.again()
            if before:
                went, took = (seg.seq - before.seq) % wire.MOD, seg.when - before.when
                turns = round((rate * took - went) / wire.MOD) if rate else 0
                rate = (went + turns * wire.MOD) / took
                wait = off % wire.MOD / rate - (time.time() - seg.when)
            before = seg
            self.quiet(wait)
        else:
            self.fail(f"the number is {seg.seq}, far from {wanted}")
        self.peer("SA", ack=1)
        self.host("A")

    def reach(self, state):
        """Any state of RFC 9293 figure 5 that a connection can be in."""
        steps = {"SYN_SENT": self._syn_sent, "SYN_RECV": self._syn_received,
                 "CROSSED": self._crossed,
                 "ESTABLISHED": self.established, "FIN_WAIT1": self._fin_wait_1,
                 "FIN_WAIT2": self._fin_wait_2, "CLOSING": self._closing,
                 "TIME_WAIT": self._time_wait, "CLOSE_WAIT": self._close_wait,
                 "LAST_ACK": self._last_ack}
        steps[state]()
        self.state("SYN_RECV" if state == "CROSSED" else state)

    def _syn_sent(self):
        self.connect()
        self.host("S", seq=0)

    def _syn_received(self):
        self.listen()
        self.peer("S")
        self.host("SA", seq=0)

    def _crossed(self):
        """SYN-RECEIVED of a simultaneous open."""
        self._syn_sent()
        self.peer("S")
        self.host("SA", seq=0)

    def _fin_wait_1(self):
        self.established()
        self.shutdown()
        self.host("FA")

    def _fin_wait_2(self):
        self._fin_wait_1()
        self.peer("A")

    def _closing(self):
        self._fin_wait_1()
        self.peer("FA", ack=1)
        self.host("A")

    def _time_wait(self):
        self._fin_wait_2()
        self.peer("FA")
        self.host("A")

    def _close_wait(self):
        self.established()
        self.peer("FA")
        self.host("A")

    def _last_ack(self):
        self._close_wait()
        self.shutdown()
        self.host("FA")
