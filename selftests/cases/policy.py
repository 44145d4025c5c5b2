# SPDX-License-Identifier: GPL-2.0
"""Policies of the system hold for xtcp, too: BPF programs of cgroups, security modules, and
who may load it. docs/policy.md lists all of them.
"""
import contextlib
import errno
import os
import shutil
import tempfile

from lib import (IS_XTCP, TOP, V4, V6, MAPPED, case, check, counters, equal, expect_errno, knobs,
                 libc, listen, main, net, run, sock)
from lib.bpf import (CGROUP_SKB, CGROUP_SOCK_ADDR, CONNECT4, CONNECT6, EGRESS, LSM, LSM_MAC,
                     attach_cgroup, attach_lsm, function_id, give, load)
from lib.module import KO
from lib.wire import MSS, Peer, Sniffer

BOTH = (V4, V6)
RELEASE = "6.1.0"       # the name of any kernel will do: nothing is loaded
ALIASES = ("net-pf-2-proto-253-type-1", "net-pf-10-proto-253-type-1")


class Cgroup:
    """A cgroup; sockets opened inside of `with` belong to it. It is removed with its programs."""
    root = None

    def __init__(self, program, kind, attach):
        if not Cgroup.root:
            Cgroup.root = tempfile.mkdtemp()
            equal(libc.mount(b"none", Cgroup.root.encode(), b"cgroup2", 0, None), 0, "mount()")
        self.path = tempfile.mkdtemp(dir=Cgroup.root)
        loaded = load(kind, program, attach)
        attach_cgroup(self.path, loaded, attach)
        os.close(loaded)

    @staticmethod
    def _enter(path):
        with open(path + "/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(os.getpid()))

    def __enter__(self):
        self._enter(self.path)

    def __exit__(self, *_):
        self._enter(self.root)


@case((V4, V6, MAPPED), places=("vm",))
def cgroup__refuses_connect(family):
    """BPF_CGROUP_INET4_CONNECT, 6: EPERM, and nothing was sent; others connect."""
    attach = CONNECT4 if family == V4 else CONNECT6
    with listen(family) as listener:
        to = (net().addr("b", family), listener.getsockname()[1])
        with Sniffer(net().b, "vb", listener.getsockname()[1]) as wire:
            with Cgroup(give(0), CGROUP_SOCK_ADDR, attach), sock(family, ns=net().a) as client:
                expect_errno(errno.EPERM, client.connect, to)
            with sock(family, ns=net().a) as client:
                client.connect(to)
                mine = client.getsockname()[1]
                wire.find(lambda s: s.flags == "S" and s.sport == mine, what="the other's SYN")
            equal({s.sport for s in wire.poll() if s.flags == "S"}, {mine}, "who has sent a SYN")


@contextlib.contextmanager
def half_opened(family, listener):
    """A peer that sends a SYN."""
    with Peer(net(), family, dport=listener.getsockname()[1]) as peer:
        peer.send("S", opts=MSS)
        yield peer


@case(BOTH, places=("vm",), xtcp_only="that of 6.1 asks nobody about SYN-ACKs, later ones do")
def cgroup__refuses_what_leaves(family):
    """BPF_CGROUP_INET_EGRESS of a listener's cgroup sees its SYN-ACKs, those with cookies as
    well.
    """
    with Cgroup(give(0), CGROUP_SKB, EGRESS):
        silent = listen(family, net().a)
    with silent, listen(family, net().a) as other:
        for mode in (0, 2):
            with knobs(net().a, syncookies=mode):
                with half_opened(family, silent) as peer:
                    peer.quiet(0.5)
                with half_opened(family, other) as peer:
                    peer.get("SA")


@case(BOTH, places=("vm",))
def lsm__refuses_a_connection(family):
    """security_inet_conn_request(): a SYN is dropped, and so is an ACK with a cookie."""
    program = load(LSM, give(-errno.EACCES), LSM_MAC,
                   function_id("bpf_lsm_inet_conn_request"))
    before = counters(net().a)["drop_policy"] if IS_XTCP else 0
    with listen(family, net().a) as listener, knobs(net().a, syncookies=2):
        with half_opened(family, listener) as asked:
            asked.take(asked.get("SA"))
            link = attach_lsm(program)
            try:
                with half_opened(family, listener) as peer:
                    peer.quiet(0.5)
                asked.send("A")
                asked.quiet(0.5)
            finally:
                os.close(link)
                os.close(program)
            asked.send("A", seq=asked.seq)
            listener.accept()[0].close()
    if IS_XTCP:
        equal(counters(net().a)["drop_policy"] - before, 2, "drop_policy")


def would_load(tree, config, *name):
    """What modprobe would load for this name."""
    return run("modprobe", "-D", "-d", tree, "-C", config, "-S", RELEASE, *name)


@case(xtcp_only="it is no module")
def loading__by_name_only():
    """With the file for modprobe.d, socket() doesn't load the module; its name does."""
    ours = TOP + "/dist/modprobe.d"
    with tempfile.TemporaryDirectory() as tree, tempfile.TemporaryDirectory() as bare:
        place = f"{tree}/lib/modules/{RELEASE}"
        os.makedirs(place)
        shutil.copy(KO, place + "/xtcp.ko")
        for name in ("modules.order", "modules.builtin"):
            with open(f"{place}/{name}", "w", encoding="ascii"):
                pass
        run("depmod", "-b", tree, RELEASE)
        for alias in ALIASES:
            check("xtcp.ko" in would_load(tree, bare, "--", alias), f"{alias} loads nothing")
            equal(would_load(tree, ours, "--", alias), "", f"what {alias} loads")
        check("xtcp.ko" in would_load(tree, ours, "xtcp"), "not loaded by its name")


main()
