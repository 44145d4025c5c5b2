# SPDX-License-Identifier: GPL-2.0
"""The views and settings of an administrator: the connection table, counters, sysctls."""
import os
import socket
import sys

from lib.base import PROTO, SIZE, Failure, fail, wait_for

STATES = {1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECV", 4: "FIN_WAIT1",
          5: "FIN_WAIT2", 6: "TIME_WAIT", 7: "CLOSE", 8: "CLOSE_WAIT",
          9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING", 12: "NEW_SYN_RECV"}


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


# States of a closed socket that waits for its peer's acknowledgment
ORPHANED = ("FIN_WAIT1", "CLOSING", "LAST_ACK")


def orphans(ns):
    """Orphans that their peer has yet to end."""
    if ns.proto == 6 or not os.path.exists("/proc/net/xtcp"):
        return []
    return [r for r in table(ns) if r.state in ORPHANED and not r.inode]


def settle(*spaces):
    """Wait for orphans before links go: one whose peer went first pins the module for minutes.

    On a lossy link the last FIN may have to be sent several times.
    """
    try:
        wait_for(lambda: not any(map(orphans, spaces)), 120 / SIZE["scale"])
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


# The kernel's own names of the sysctls, for a run on protocol 6.
TCP_KNOBS = {"max_accept_backlog": "net/core/somaxconn",
             "keepalive_time": "net/ipv4/tcp_keepalive_time"}


def knob_path(name, proto=PROTO):
    if proto != 6:
        return "/proc/sys/net/xtcp/" + name
    return "/proc/sys/" + TCP_KNOBS.get(name, "net/ipv4/tcp_" + name)


def knob(ns, name, value=None):
    """Read a sysctl of a namespace, or write it if a value is given."""
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
    """`with knobs(ns, syn_retries=1):` sets sysctls and restores them."""

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
