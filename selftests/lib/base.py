# SPDX-License-Identifier: GPL-2.0
"""The places that selftests run in and their sizes, checks, waits, processes."""
import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import time

PROTO = int(os.environ.get("XTCP_PROTO", "253"))
PLACE = os.environ.get("XTCP_PLACE", "vm")
IS_XTCP = PROTO != 6
#: run everything: make test-full
FULL = bool(os.environ.get("XTCP_TEST_FULL"))
#: the end, a or b, that speaks the kernel's TCP while the other one speaks xtcp
TCP_END = os.environ.get("XTCP_TCP_END", "") if IS_XTCP else ""
#: a link with such an end has a bridge, in the host that has xtcp
WIRE_PROTO = 6 if TCP_END else PROTO
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BRIDGE = os.path.join(TOP, "tools/bridge/xtcp-bridge")
BUILT = os.path.join(TOP, "build/selftests")

# How much each place is asked to do: uml runs at native speed, smp is instrumented, vm is
# emulated, debug is both (about 12 times slower). The bound of a wait only ends what hangs:
# in real time it is far beyond what the slowest machine needs.
SIZES = {
    #             a wait's      bytes         bytes each way    connections    rounds of       times that
    #             bound, times  each way      over a lossy link at once        insmod, rmmod   two meet
    "uml":   dict(scale=2,  bulk=20 << 20, lossy=20 << 20, many=1000, rounds=100, meet=0),
    "smp":   dict(scale=30, bulk=2 << 20,  lossy=2 << 20,  many=400,  rounds=20,  meet=5),
    "vm":    dict(scale=30, bulk=20 << 20, lossy=20 << 20, many=1000, rounds=20,  meet=10),
    "debug": dict(scale=60, bulk=2 << 20,  lossy=2 << 20,  many=200,  rounds=5,   meet=5),
    "kcsan": dict(scale=60, bulk=2 << 20,  lossy=2 << 20,  many=200,  rounds=5,   meet=5),
}
SIZE = SIZES[PLACE]

V4, V6, MAPPED = "v4", "v6", "mapped"
FAMILIES = (V4, V6, MAPPED)
# An instrumented kernel is slow: v4-mapped there only with make test-full
if PLACE == "debug" and not FULL:
    FAMILIES = (V4, V6)

SOL_TCP = socket.IPPROTO_TCP
MSG_NOSIGNAL = socket.MSG_NOSIGNAL
SO_PROTOCOL, SO_DOMAIN = 38, 39
SO_RCVBUFFORCE = 33

libc = ctypes.CDLL(None, use_errno=True)


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
    """A bound on a wait, longer where the machine is slower."""
    return seconds * SIZE["scale"]


def wait_for(condition, bound=5.0, what=None):
    """Wait until condition() is true, and return its result."""
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


def run(*argv, stdin=None, ok=True):
    """Run a program in the namespace that was entered; its output."""
    done = subprocess.run(argv, input=stdin, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=slow(20), check=False)
    if ok and done.returncode:
        fail(f"{' '.join(argv)}: status {done.returncode}: {done.stdout.strip()}")
    return done.stdout


def errno_of(call, *args):
    """The errno of a call; 0 if it succeeds."""
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


class Child:
    """A process that runs a function; join() fails if the function did."""
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
        except Exception as error:  # told by the exit status, and to a human reader
            print(f"# child: {error!r}", flush=True)
        finally:
            os._exit(status)

    def join(self):
        Child.alive.remove(self)
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        equal(status, 0, "status of the child process")

    @staticmethod
    def end_all():
        """Kill the processes that a failed case has left behind."""
        while Child.alive:
            child = Child.alive.pop()
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
