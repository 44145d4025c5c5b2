# SPDX-License-Identifier: GPL-2.0
"""/proc/sys/net/xtcp: defaults, ranges, namespaces, owners, and the effect of each."""
import errno
import os
import socket

from lib import (IS_XTCP, V4, V6, Child, Ns, case, check, equal, errname, errno_of, expect_errno,
                 knob, knobs, listen, main, net, noise, pair, recv_exact, sock, table,
                 wait_for)
from lib.wire import Sniffer

ONLY = "the knobs are xtcp's"
BACKLOG = 65536

# Name: minimum, maximum (None: set when the module is loaded), default (None: by memory)
NUMBERS = {
    "msl_ms": (1, 240000, 30000),
    "keepalive_time": (1, 32767, 7200),
    "keepalive_intvl": (1, 32767, 75),
    "keepalive_probes": (1, 127, 10),
    "max_syn_backlog": (1, BACKLOG, 1024),
    "max_accept_backlog": (1, BACKLOG, 4096),
    "syn_retries": (1, 127, 7),
    "synack_retries": (0, 127, 5),
    "mtu_probing": (0, 1, 1),
    "rto_min_ms": (1, 120000, 200),
    "retries1": (1, 127, 3),
    "retries2": (1, 127, 15),
    "fin_timeout": (1, 32767, 60),
    "orphan_timeout": (1, 86400, 3600),
    "orphan_retries": (0, 127, 0),
    "max_orphans": (0, None, None),
    "max_tw_buckets": (0, None, None),
    "tw_reuse": (0, 2, 2),
    "abort_on_overflow": (0, 1, 0),
    "migrate_req": (0, 1, 0),
    "syncookies": (0, 2, 1),
    "soft_error_aborts": (0, 1, 1),
    "echo_cookie": (0, 1, 1),
    "window_scaling": (0, 1, 1),
    "sack": (0, 1, 1),
    "timestamps": (0, 1, 1),
    "require_timestamps": (0, 1, 0),
}
TRIPLES = ("rmem", "wmem")


def ceiling(name):
    parameter = {"max_orphans": "ceiling_orphans", "max_tw_buckets": "ceiling_tw_buckets"}[name]
    with open(f"/sys/module/xtcp/parameters/{parameter}", encoding="ascii") as file:
        return int(file.read())


@case(xtcp_only=ONLY)
def list__is_complete():
    with net().a:
        have = set(os.listdir("/proc/sys/net/xtcp"))
    equal(sorted(have - set(NUMBERS) - set(TRIPLES)), [], "knobs that no test knows")
    equal(sorted((set(NUMBERS) | set(TRIPLES)) - have), [], "knobs that are missing")


@case(xtcp_only=ONLY)
def defaults__of_a_new_namespace():
    for name, (_, _, default) in NUMBERS.items():
        if default is not None:
            equal(knob(net().a, name), str(default), name)


@case(xtcp_only=ONLY)
def range__ends_are_accepted():
    for name, (least, most, _) in NUMBERS.items():
        for value in (least, ceiling(name) if most is None else most):
            with knobs(net().a, **{name: value}):
                equal(knob(net().a, name), str(value), name)


@case(xtcp_only=ONLY)
def range__outside_is_einval_and_changes_nothing():
    for name, (least, most, _) in NUMBERS.items():
        most = ceiling(name) if most is None else most
        before = knob(net().a, name)
        for value in (least - 1, most + 1, -1, 1 << 31, (1 << 32) + 1, 1 << 63, 10 ** 30,
                      "x", f"{least}x", "1.5", "0x"):
            equal(errname(errno_of(knob, net().a, name, value)), "EINVAL", f"{name} set to {value}")
            equal(knob(net().a, name), before, f"{name} after a refused {value}")


@case(xtcp_only=ONLY)
def triples__are_taken_whole_or_not_at_all():
    for name in TRIPLES:
        before = knob(net().a, name)
        equal(len(before.split()), 3, "numbers")
        with knobs(net().a, **{name: "5000 6000 7000"}):
            equal(knob(net().a, name).split(), ["5000", "6000", "7000"], name)
        for value in ("7000 6000 5000", "5000 4999 7000", "0 6000 7000", "-1 6000 7000",
                      "5000 6000 x", "5000 6000 99999999999"):
            equal(errname(errno_of(knob, net().a, name, value)), "EINVAL", f"{name} set to {value}")
            equal(knob(net().a, name), before, f"{name} after a refused {value}")


@case(xtcp_only=ONLY)
def namespaces__are_independent():
    before = knob(net().b, "msl_ms")
    with knobs(net().a, msl_ms=777, syn_retries=3):
        equal(knob(net().b, "msl_ms"), before, "msl_ms of the other namespace")
        with knobs(net().b, msl_ms=888):
            equal(knob(net().a, "msl_ms"), "777", "msl_ms of the first")
            equal(knob(net().b, "msl_ms"), "888", "msl_ms of the second")
        with open("/proc/sys/net/xtcp/msl_ms", encoding="ascii") as file:
            check(file.read().strip() not in ("777", "888"), "the test's own namespace changed")


@case(xtcp_only=ONLY)
def parameters__are_what_a_new_namespace_starts_from():
    path = "/sys/module/xtcp/parameters/msl_ms"
    with open(path, encoding="ascii") as file:
        before = file.read()
    old = Ns()
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write("4321")
        new = Ns()
        equal(knob(new, "msl_ms"), "4321", "msl_ms of a new namespace")
        equal(knob(old, "msl_ms"), before.strip(), "msl_ms of an old namespace")
        new.remove()
    finally:
        with open(path, "w", encoding="ascii") as file:
            file.write(before)
        old.remove()


def write_file(path, text):
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, str(text).encode())
    finally:
        os.close(fd)


@case(xtcp_only=ONLY)
def parameters__have_the_same_ranges():
    for name, (least, most, _) in NUMBERS.items():
        path = f"/sys/module/xtcp/parameters/{name}"
        with open(path, encoding="ascii") as file:
            before = file.read()
        for value in (least - 1, (ceiling(name) if most is None else most) + 1, "x"):
            equal(errname(errno_of(write_file, path, value)), "EINVAL", f"{name} set to {value}")
        with open(path, encoding="ascii") as file:
            equal(file.read(), before, name)


@case(xtcp_only=ONLY)
def parameters__are_described():
    with os.popen("modinfo -p ${XTCP_KO:-/nowhere}") as output:
        described = dict(line.split(":", 1) for line in output)
    for name in list(NUMBERS) + list(TRIPLES):
        check(len(described.get(name, "").strip()) > 10, f"modinfo does not describe {name}")


@case(xtcp_only=ONLY)
def owner__other_users_only_read():
    def as_nobody():
        net().a.__enter__()                   # and never back
        os.setresuid(65534, 65534, 65534)
        with open("/proc/sys/net/xtcp/msl_ms", encoding="ascii") as file:
            equal(file.read().strip(), "30000", "msl_ms")
        expect_errno(errno.EACCES, write_file, "/proc/sys/net/xtcp/msl_ms", 1)
    Child(as_nobody).join()
    equal(knob(net().a, "msl_ms"), "30000", "msl_ms")


# --- what they do ---------------------------------------------------------------------------

SYN_OPTIONS = {"window_scaling": 3}
if not IS_XTCP:                               # xtcp does not offer these two yet
    SYN_OPTIONS |= {"sack": 4, "timestamps": 8}


@case((V4, V6))
def effect__options_of_the_syn(family):
    """A sysctl decides which options a SYN offers, and which a SYN-ACK accepts."""
    for name, kind in SYN_OPTIONS.items():
        for value in (0, 1):
            with knobs(net().a, **{name: value}), listen(family) as listener:
                with Sniffer(net().a, "va", listener.getsockname()[1]) as wire:
                    client, server = pair(family, listener=listener)
                    client.close()
                    server.close()
                    for flags in ("S", "SA"):
                        seg = wire.find(lambda s: s.flags == flags)
                        equal(kind in seg.opts, bool(value), f"{name}={value}: option in {seg}")


@case((V4, V6))
def effect__listener_agrees_only_to_what_it_has(family):
    for name, kind in SYN_OPTIONS.items():
        with knobs(net().b, **{name: 0}), listen(family) as listener:
            with Sniffer(net().a, "va", listener.getsockname()[1]) as wire:
                client, server = pair(family, listener=listener)
                check(kind in wire.find(lambda s: s.flags == "S").opts, "the client's SYN has none")
                check(kind not in wire.find(lambda s: s.flags == "SA").opts,
                      f"{name}=0: the SYN-ACK has the option all the same")
                data = noise(300000)
                child = Child(client.sendall, data)
                check(recv_exact(server, len(data)) == data, "bytes differ")
                child.join()
                check(not any(kind in s.opts for s in wire.poll() if s.flags != "S"),
                      f"{name}=0: the option is used all the same")
                client.close()
                server.close()


@case((V4, V6))
def effect__buffers_start_from_rmem_and_wmem(family):
    with knobs(net().a, rmem="4096 70000 100000", wmem="4096 30000 100000"):
        with sock(family, ns=net().a) as s:
            equal(s.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF), 70000, "SO_RCVBUF")
            equal(s.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF), 30000, "SO_SNDBUF")


@case((V4, V6), bound=30)
def effect__max_accept_backlog_caps_listen(family):
    with knobs(net().b, max_accept_backlog=2), listen(family, backlog=100) as listener:
        at = listener.getsockname()[1]
        clients = []
        for _ in range(8):
            s = sock(family, ns=net().a)
            s.setblocking(False)
            expect_errno(errno.EINPROGRESS, s.connect, (net().addr("b", family), at))
            clients.append(s)

        def queued():
            return next(r.rxq for r in table(net().b, at) if r.state == "LISTEN")
        wait_for(lambda: queued() >= 2, what="a full queue")
        check(queued() <= 3, f"{queued()} connections queued with max_accept_backlog=2")
        for s in clients:
            s.close()


main()
