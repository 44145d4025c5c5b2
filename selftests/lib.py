# SPDX-License-Identifier: GPL-2.0
"""What all the selftests share: places and sizes, namespaces, sockets, cases.

A test is a file with functions marked @case; the last line calls main().
Every wait is for a condition and has a bound.  The protocol under test is
$XTCP_PROTO (253); with 6 the same cases run on the kernel's own TCP, which is
how they are shown to be right themselves.
"""
import ctypes
import errno
import fnmatch
import os
import random
import select
import signal
import socket
import subprocess
import sys
import time
import traceback

from devices import is_up

PROTO = int(os.environ.get("XTCP_PROTO", "253"))
PLACE = os.environ.get("XTCP_PLACE", "vm")
IS_XTCP = PROTO != 6
#: all is asked for: make test-full
FULL = bool(os.environ.get("XTCP_TEST_FULL"))
#: the end, a or b, that speaks the kernel's TCP while the other one speaks xtcp
TCP_END = os.environ.get("XTCP_TCP_END", "") if IS_XTCP else ""
#: what a link shows of it: the bridge is in the host that has xtcp
WIRE_PROTO = 6 if TCP_END else PROTO
BRIDGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools/bridge/xtcp-bridge")

# One table says how much each place is asked to do: uml runs at native speed,
# vm is emulated, debug is emulated and instrumented (about 12 times dearer).
SIZES = {
    #             slower by     bytes         bytes each way    connections    rounds of       times that
    #             (for waits)   each way      over a lossy link at once        insmod, rmmod   two meet
    "uml":   dict(scale=2,  bulk=20 << 20, lossy=20 << 20, many=1000, rounds=100, meet=0),
    "vm":    dict(scale=6,  bulk=20 << 20, lossy=20 << 20, many=1000, rounds=20,  meet=10),
    "debug": dict(scale=25, bulk=2 << 20,  lossy=2 << 20,  many=200,  rounds=5,   meet=5),
    "kcsan": dict(scale=25, bulk=2 << 20,  lossy=2 << 20,  many=200,  rounds=5,   meet=5),
}
SIZE = SIZES[PLACE]

V4, V6, MAPPED = "v4", "v6", "mapped"
FAMILIES = (V4, V6, MAPPED)
# An instrumented kernel takes its time: v4-mapped there only when all is asked for
if PLACE == "debug" and not FULL:
    FAMILIES = (V4, V6)

SOL_TCP = socket.IPPROTO_TCP
MSG_NOSIGNAL = socket.MSG_NOSIGNAL
SO_PROTOCOL, SO_DOMAIN = 38, 39
SO_RCVBUFFORCE = 33
CLONE_NEWNET, MS_BIND, MNT_DETACH = 0x40000000, 4096, 2

STATES = {1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECV", 4: "FIN_WAIT1",
          5: "FIN_WAIT2", 6: "TIME_WAIT", 7: "CLOSE", 8: "CLOSE_WAIT",
          9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING", 12: "NEW_SYN_RECV"}

_libc = ctypes.CDLL(None, use_errno=True)


class Failure(AssertionError):
    """The behaviour under test is not what it should be."""


class Bound(BaseException):
    """A case used up its time; not an Exception, so that no case swallows it."""


def fail(text):
    raise Failure(text)


def equal(got, want, what="value"):
    if got != want:
        fail(f"{what}: {got!r}, expected {want!r}")


def check(truth, what):
    if not truth:
        fail(what)


def slow(seconds):
    """A bound on a wait, made longer where the machine is slower."""
    return seconds * SIZE["scale"]


def wait_for(condition, bound=5.0, what=None):
    """Wait until condition() is true, and give back what it returned."""
    end = time.monotonic() + slow(bound)
    pause = 0.001
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            fail(f"waited {slow(bound):.0f} s in vain for {what or condition}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


# --- namespaces ------------------------------------------------------------

def run(*argv, stdin=None, ok=True):
    """Run a program, in the namespace that is entered; its output."""
    done = subprocess.run(argv, input=stdin, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=slow(20), check=False)
    if ok and done.returncode:
        fail(f"{' '.join(argv)}: status {done.returncode}: {done.stdout.strip()}")
    return done.stdout


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
        """As `ip netns add`; but to run a program takes a slow guest its time."""
        os.makedirs("/run/netns", exist_ok=True)
        with open(self.path, "w", encoding="ascii"):
            pass
        child = os.fork()
        if not child:
            failed = _libc.unshare(CLONE_NEWNET) or _libc.mount(
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
        if _libc.setns(fd, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    def ip(self, *lines):
        """`ip` commands, one a string, run in one process."""
        with self:
            run("ip", "-batch", "-", stdin="\n".join(lines) + "\n")

    def remove(self):
        if self in Ns.alive:
            Ns.alive.remove(self)
            os.close(self.fd)
            _libc.umount2(self.path.encode(), MNT_DETACH)
            os.unlink(self.path)


class Net:
    """Two namespaces, a and b, joined by a veth pair with v4 and v6 addresses.

    tcp_end: the end that speaks the kernel's TCP, the other one has xtcp and a bridge
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


# --- sockets -----------------------------------------------------------------

def sock(family=V4, proto=None, ns=None):
    """A blocking socket: the bound of the case is the bound of its calls."""
    domain = socket.AF_INET if family == V4 else socket.AF_INET6
    if ns is None:
        return socket.socket(domain, socket.SOCK_STREAM, PROTO if proto is None else proto)
    with ns:
        return socket.socket(domain, socket.SOCK_STREAM, ns.proto if proto is None else proto)


def any_addr(family):
    return "0.0.0.0" if family == V4 else "::"


def listen(family=V4, ns=None, at=None, backlog=128, proto=None, reuse=True):
    """A listener on the wildcard address; mapped means dual-stack."""
    s = sock(family, proto, ns or net().b)
    if reuse:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family != V4:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, family == V6)
    s.bind((any_addr(family), port() if at is None else at))
    s.listen(backlog)
    return s


def pair(family=V4, where=None, proto=None, listener=None):
    """A connected pair: (client in a, server in b); the client's port is its own."""
    where = where or net()
    own = listener is None
    if own:
        listener = listen(family, where.b, proto=proto)
    client = sock(family, proto, where.a)
    client.bind((where.addr("a", family), port()))
    client.connect((where.addr("b", family), listener.getsockname()[1]))
    server, _ = listener.accept()
    if own:
        listener.close()
    return client, server


def noise(count):
    """Bytes without a pattern, the same in each run; no guest has to find randomness."""
    return random.Random(count).randbytes(count)


def recv_exact(s, count):
    parts = []
    while count:
        part = s.recv(min(count, 1 << 20))
        if not part:
            fail(f"end of stream, {count} bytes early")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def errno_of(call, *args):
    """The errno that a call gives; 0 when it succeeds."""
    try:
        call(*args)
    except OSError as error:
        return error.errno
    return 0


def errname(number):
    return errno.errorcode.get(number, str(number)) if number else "success"


def expect_errno(want, call, *args):
    got = errno_of(call, *args)
    equal(errname(got), errname(want), "errno")


def disconnect(s):
    """connect() to AF_UNSPEC, which ends what the socket is."""
    if _libc.connect(s.fileno(), bytes(16), 16):
        raise OSError(ctypes.get_errno(), "connect() to AF_UNSPEC")


def readable(s, bound=5):
    return bool(select.select([s], [], [], slow(bound))[0])


def so_error(s):
    return s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


class Child:
    """A process that runs a function; join() fails when the function did."""
    alive = []

    def __init__(self, function, *args):
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid:
            Child.alive.append(self)
            return
        status = 1
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(int(slow(300)))
            function(*args)
            status = 0
        except Exception as error:  # told by the status, and to the reader
            print(f"# child: {error!r}", flush=True)
        finally:
            os._exit(status)

    def join(self):
        Child.alive.remove(self)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        equal(status, 0, "status of the child process")

    @staticmethod
    def end_all():
        """End those that a failed case has left behind."""
        while Child.alive:
            child = Child.alive.pop()
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)


# --- views and knobs -----------------------------------------------------------

class Row:
    """One line of /proc/net/xtcp or /proc/net/xtcp6."""

    def __init__(self, line, six):
        f = line.split()
        self.six = six
        self.local, self.lport = self._end(f[1])
        self.remote, self.rport = self._end(f[2])
        self.state = STATES[int(f[3], 16)]
        if self.state == "NEW_SYN_RECV":
            self.state = "SYN_RECV"
        self.txq, self.rxq = (int(x, 16) for x in f[4].split(":"))
        self.uid = int(f[7])
        self.inode = int(f[9])

    @staticmethod
    def _end(text):
        addr, _, number = text.partition(":")
        raw = b"".join(int(addr[i:i + 8], 16).to_bytes(4, sys.byteorder)
                       for i in range(0, len(addr), 8))
        kind = socket.AF_INET if len(raw) == 4 else socket.AF_INET6
        return socket.inet_ntop(kind, raw), int(number, 16)

    def __repr__(self):
        return f"{self.local}:{self.lport}>{self.remote}:{self.rport} {self.state}"


def table(ns, at=None):
    """All connections of a namespace; `at` keeps those that use this port."""
    rows = []
    name = "tcp" if ns.proto == 6 else "xtcp"
    with ns:
        for six in (False, True):
            path = f"/proc/thread-self/net/{name}{'6' if six else ''}"
            with open(path, encoding="ascii") as view:
                view.readline()
                rows += [Row(line, six) for line in view if line.strip()]
    if at is not None:
        rows = [r for r in rows if at in (r.lport, r.rport)]
    return rows


# What a socket is in that was closed and waits for its peer to say that it knows
ORPHANED = ("FIN_WAIT1", "CLOSING", "LAST_ACK")


def orphans(ns):
    """Connections that no program has any more, and that their peer has yet to end."""
    if ns.proto == 6 or not os.path.exists("/proc/net/xtcp"):
        return []
    return [r for r in table(ns) if r.state in ORPHANED and not r.inode]


def settle(*spaces):
    """Before links go: an orphan whose peer went first holds the module for minutes."""
    try:
        wait_for(lambda: not any(map(orphans, spaces)), 2)
    except Failure:
        print(f"# left behind: {[row for ns in spaces for row in orphans(ns)]}", flush=True)


def states(ns, at):
    return sorted(r.state for r in table(ns, at))


def wait_states(ns, at, want, bound=5):
    want = sorted(want)
    try:
        wait_for(lambda: states(ns, at) == want, bound)
    except Failure:
        fail(f"connections of port {at}: {states(ns, at)}, expected {want}")


def wait_state(ns, at, state, bound=5):
    """Wait until a connection that uses the port is in the state."""
    try:
        wait_for(lambda: state in states(ns, at), bound)
    except Failure:
        fail(f"connections of port {at}: {states(ns, at)}, none in {state}")


# The kernel's own names for the knobs, for a run on protocol 6.
TCP_KNOBS = {"max_accept_backlog": "net/core/somaxconn",
             "keepalive_time": "net/ipv4/tcp_keepalive_time"}


def knob_path(name, proto=PROTO):
    if proto != 6:
        return "/proc/sys/net/xtcp/" + name
    return "/proc/sys/" + TCP_KNOBS.get(name, "net/ipv4/tcp_" + name)


def knob(ns, name, value=None):
    """Read a knob of a namespace, or write it when a value is given."""
    with ns:
        if value is None:
            with open(knob_path(name, ns.proto), encoding="ascii") as file:
                return file.read().strip()
        fd = os.open(knob_path(name, ns.proto), os.O_WRONLY | os.O_TRUNC)
        try:
            os.write(fd, f"{value}\n".encode())
        finally:
            os.close(fd)
    return None


class knobs:
    """`with knobs(ns, syn_retries=1):` sets knobs and puts them back."""

    def __init__(self, ns, **values):
        self.ns, self.values, self.old = ns, values, {}

    def __enter__(self):
        for name, value in self.values.items():
            self.old[name] = knob(self.ns, name)
            knob(self.ns, name, value)

    def __exit__(self, *_):
        for name, value in self.old.items():
            knob(self.ns, name, value)


def counters(ns):
    """The named counters of /proc/net/xtcp_stat."""
    with ns, open("/proc/thread-self/net/xtcp_stat", encoding="ascii") as view:
        return {name: int(value) for name, value in (line.split() for line in view)}


# --- cases ---------------------------------------------------------------------

_cases = []


def case(families=None, bound=20, places=None, xtcp_only=None):
    """Mark a case.  With families, it runs once for each, the family its argument.

    bound: seconds on a fast machine.  places: where it runs (all).  xtcp_only:
    why there is nothing to compare it with in the kernel's own TCP.
    """
    def mark(function):
        for family in families or (None,):
            name = function.__name__ + (f"_{family}" if family else "")
            _cases.append((name, function, family, bound, places, xtcp_only))
        return function
    return mark


def _on_alarm(_signal, _frame):
    raise Bound


def _run_case(function, family, bound):
    signal.signal(signal.SIGALRM, _on_alarm)
    signal.setitimer(signal.ITIMER_REAL, slow(bound))
    try:
        function(*([family] if family else []))
        return None
    except Bound:
        return f"over its bound of {slow(bound):.0f} s\n" + traceback.format_exc()
    except Failure as failure:
        where = traceback.extract_tb(failure.__traceback__)
        lines = [f.lineno for f in where if f.filename == os.path.abspath(sys.argv[0])]
        return f"{failure} (line {lines[-1]})" if lines else str(failure)
    except Exception:  # a case that breaks is a case that fails
        return traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        Child.end_all()


def main():
    """Run the cases of this file that the arguments name (all), print KTAP."""
    topic = os.path.basename(sys.argv[0]).removesuffix(".py") + (TCP_END and "@" + TCP_END)
    wanted = sys.argv[1:] or ["*"]
    chosen = []
    for w in wanted:
        if not fnmatch.filter([name for name, *_ in _cases], w):
            sys.exit(f"{topic} has no case {w}")
    for entry in _cases:
        name, _, _, _, places, xtcp_only = entry
        if not any(fnmatch.fnmatch(name, w) for w in wanted):
            continue
        if places and PLACE not in places:
            print(f"# {topic}__{name}: not part of the {PLACE} run")
            continue
        if xtcp_only and TCP_END == "a":
            print(f"# {topic}__{name}: needs xtcp at the end a: {xtcp_only}")
            continue
        chosen.append(entry)
    print(f"KTAP version 1\n# Subtest: {topic}\n1..{len(chosen)}", flush=True)
    if any(SIZE[k] != SIZES["uml"][k] for k in ("bulk", "lossy", "many", "rounds")):
        print(f"# sizes of the {PLACE} run: {SIZE}")
    failed = 0
    try:
        for number, (name, function, family, bound, _, xtcp_only) in enumerate(chosen, 1):
            title = f"{number} {topic}__{name}"
            if xtcp_only and not IS_XTCP:
                print(f"ok {title} # SKIP protocol 6: {xtcp_only}", flush=True)
                continue
            start = time.monotonic()
            problem = _run_case(function, family, bound)
            took = time.monotonic() - start
            if problem:
                failed += 1
                for line in problem.rstrip().splitlines():
                    print(f"# {line}")
                print(f"not ok {title}", flush=True)
            else:
                print(f"ok {title}", flush=True)
            if took > 5:
                print(f"# took {took:.1f} s", flush=True)
    finally:
        settle(*Ns.alive)
        for ns in list(Ns.alive):
            try:
                ns.remove()
            except (Failure, subprocess.TimeoutExpired) as error:
                print(f"# {error}")
                failed += 1
    sys.exit(1 if failed else 0)
