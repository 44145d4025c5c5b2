# SPDX-License-Identifier: GPL-2.0
"""Fault injection: allocations that fail on demand, and the call sites that have failed.

/proc/thread-self/fail-nth makes the n-th allocation of this thread fail, in a system call
or in the receive path of a packet that this thread writes into a tun device: the device
passes it to IP at once.  Allocations in softirq by others are reached by the filter for
slab caches (failslab), which affects all callers.

A site is a call in the module that may fail for lack of memory, named by its return
address, function+offset.  The sites are read from the module's relocations, those that
have failed from the stack traces in the kernel's log.
"""
import contextlib
import errno
import os
import re
import subprocess

from lib import TOP, check, equal, errname, fail

SCRIPTS = os.path.join(TOP, "scripts")
DEBUGFS = "/sys/kernel/debug/"
SLABS = "/sys/kernel/slab/"
#: sockets have their own limit
NO_MEMORY = (errno.ENOMEM, errno.ENOBUFS, errno.ENFILE)

#: Functions that fail for lack of memory and return so: the kernel's, and the module's
#: own that are called from other files
ALLOCATORS = """
__alloc_percpu __alloc_percpu_gfp __alloc_skb __kmalloc __percpu_counter_init
__pskb_copy_fclone __pskb_pull_tail inet_ctl_sock_create ip6_dst_lookup_flow
ip_route_output_flow ip_route_output_key_hash ipv6_dup_options kmalloc_trace
kmem_cache_alloc kmem_cache_create kmemdup kvmalloc_node proc_create_net_data
proc_create_net_single proto_register pskb_expand_head register_net_sysctl
register_pernet_subsys reuseport_add_sock reuseport_alloc sk_clone_lock
sk_page_frag_refill skb_clone xtcp_child_create xtcp_cut xtcp_holds_add
xtcp_ipopt_of_skb xtcp_kept_of_syn xtcp_port_keep xtcp_port_prepare
xtcp_queues_init xtcp_minisock_slab_alloc xtcp_minisock_slab_init xtcp_timewait_enter xtcp_xmit
""".split()

FRAME = re.compile(r"^ (?:<\w+>)? *([\w.]+)\+0x([0-9a-f]+)/0x[0-9a-f]+ \[xtcp\]")
FORCED = "FAULT_INJECTION: forcing a failure"


def put(path, value):
    with open(path, "w", encoding="ascii") as file:
        file.write(str(value))


def _readelf(what):
    return subprocess.run(["readelf", "-W", what, os.environ["XTCP_KO"]], text=True, check=True,
                          stdout=subprocess.PIPE).stdout.splitlines()


def _functions():
    """The module's functions: {section number: [(start, end, name)]}."""
    found = {}
    for line in _readelf("-s"):
        f = line.split()
        if len(f) == 8 and f[3] == "FUNC":
            start = int(f[1], 16)
            found.setdefault(f[6], []).append((start, start + int(f[2], 0), f[7]))
    return found


def _sections():
    """The names of sections, with their numbers."""
    for line in _readelf("-S"):
        if m := re.match(r" *\[ *(\d+)\] (\S+)", line):
            yield m[2], m[1]


def sites():
    """All calls of the module that may fail: {function+offset: called function}."""
    functions, number, found = _functions(), dict(_sections()), {}
    inside = None
    for line in _readelf("-r"):
        if m := re.match(r"Relocation section '\.rela(\S+)'", line):
            inside = functions.get(number.get(m[1]))
            continue
        f = line.split()
        if not inside or len(f) < 5 or f[4] not in ALLOCATORS:
            continue
        after = int(f[0], 16) + 4
        for start, end, name in inside:
            if start < after <= end:
                found[f"{name}+{after - start:#x}"] = f[4]
    check(len(found) > 20, f"sites of the module: {found}")
    return found


class Log:
    """The kernel's messages from now on."""

    def __init__(self):
        self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
        os.lseek(self.fd, 0, os.SEEK_END)
        self.said = []

    def news(self):
        """The lines since the last call."""
        lines = []
        while True:
            try:
                record = os.read(self.fd, 8192).decode(errors="replace")
            except BlockingIOError:
                break
            text = record.partition(";")[2]
            lines += [line for line in text.splitlines()[:1] if line]
        self.said += lines
        return lines

    def complaints(self):
        """What scripts/splats.sh finds in all lines since the last call."""
        self.news()
        path = "/run/xtcp-faults.log"
        put(path, "\n".join(self.said).encode("ascii", "replace").decode() + "\n")
        self.said = []
        return subprocess.run([os.path.join(SCRIPTS, "splats.sh"), path], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout


class Outcome:
    """The result of a call during which allocations failed."""

    def __init__(self, err, value, met):
        self.err, self.value = err, value
        #: whether an allocation has failed
        self.met = met

    def __repr__(self):
        return errname(self.err)


class Faults:
    """The kernel's fault injection, set up; `with Faults() as faults:`."""
    ATTRIBUTES = (("failslab", {"ignore-gfp-wait": "N", "cache-filter": "N"}),
                  ("fail_page_alloc", {"ignore-gfp-wait": "N", "min-order": 0}))
    COMMON = {"probability": 0, "task-filter": "Y", "interval": 1, "times": -1, "space": 0,
              "verbose": 2, "verbose_ratelimit_interval_ms": 0}
    #: how many fail with rest; how many allocations a scene may make
    MANY, END = 30, 3000
    #: in a scene of many allocations: the step in which the module's are looked for (odd, since
    #: each second allocation is kmemleak's note of the one before); how many others in a row end
    #: them; and for how many counts after the last the search goes on
    STRIDE, QUIET, PAST = 7, 60, 5

    def __init__(self):
        self.hit, self.last, self.inner, self.injected = {}, set(), set(), 0

    def __enter__(self):
        check(os.path.isdir(DEBUGFS + "failslab"), "the kernel has no failslab")
        with open("/proc/sys/kernel/printk", encoding="ascii") as file:
            self.levels = file.read()
        put("/proc/sys/kernel/printk", 1)       # only we need the traces, and a serial line is slow
        for name, own in self.ATTRIBUTES:
            for key, value in {**self.COMMON, **own}.items():
                if os.path.exists(DEBUGFS + f"{name}/{key}"):
                    put(DEBUGFS + f"{name}/{key}", value)
        self.nth = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
        self.mine = os.open("/proc/thread-self/make-it-fail", os.O_RDWR)
        self.log = Log()
        return self

    def __exit__(self, *_):
        for name, _ in self.ATTRIBUTES:
            put(DEBUGFS + f"{name}/probability", 0)
        os.close(self.nth)
        os.close(self.mine)
        put("/proc/sys/kernel/printk", self.levels)

    def _begin(self, nth, rest):
        for name, _ in self.ATTRIBUTES:
            if rest:
                put(DEBUGFS + f"{name}/times", self.MANY)
            put(DEBUGFS + f"{name}/probability", 100 if rest else 0)
        if rest:
            os.pwrite(self.mine, b"1", 0)
        os.pwrite(self.nth, b"%d" % nth, 0)

    def _end(self, rest):
        left = int(os.pread(self.nth, 20, 0))
        os.pwrite(self.nth, b"0", 0)
        if rest:
            os.pwrite(self.mine, b"0", 0)
        return left == 0

    def during(self, call, nth, rest=False):
        """call(), with its nth allocation failing; with rest, many of the following, too."""
        err, value = 0, None
        self._begin(nth, rest)
        try:
            value = call()
        except OSError as error:
            err = error.errno
        finally:
            met = self._end(rest)
        self.injected += met
        self.note()
        return Outcome(err, value, met)

    def note(self):
        """Record the sites that have failed, from the traces so far."""
        frames, traces = None, []
        for line in self.log.news():
            if line.startswith(FORCED):
                frames = []
                traces.append(frames)
            elif frames is not None and (m := FRAME.match(line)):
                frames.append(f"{m[1]}+0x{m[2]}")
        self.inner |= {frames[0] for frames in traces if frames}
        self.last = {site for frames in traces for site in frames}
        for site in self.last:
            self.hit[site] = self.hit.get(site, 0) + 1

    def _play(self, scene, args, nth, rest, allowed=()):
        """Play a scene once, and check its result: its Outcome.  allowed: errnos
        besides those of missing memory; None: any."""
        play = scene(*args)
        outcome = self.during(next(play), nth, rest)
        check(allowed is None or outcome.err in (0, *NO_MEMORY, *allowed),
              f"{scene.__name__}, allocation {nth} in {self.last}: {outcome}")
        check(outcome.met or not outcome.err, f"{scene.__name__} without a failure: {outcome}")
        with contextlib.suppress(StopIteration):
            play.send(outcome)
            fail(f"{scene.__name__} goes on")
        return outcome

    def walk(self, scene, *args, allowed=(), rests=(False, True)):
        """Repeat the scene, with another allocation failing each time.

        A scene is a generator: it prepares, yields a call, receives the call's Outcome, and
        checks that all is as it should be.  Each allocation fails alone first, and then with
        many of those that follow.
        """
        for rest in rests:
            nth = 1
            while self._play(scene, args, nth, rest, allowed).met:
                nth += 1
                check(nth < self.END, f"{scene.__name__} has no end")
            check(nth > 1, f"{scene.__name__} allocates nothing")
            self._tell(scene, args, nth - 1, rest)

    @staticmethod
    def _tell(scene, args, number, rest):
        print(f"# {scene.__name__}{args}: {number} allocations"
              f"{', and those that follow' if rest else ''}", flush=True)

    def walk_own(self, scene, *args):
        """As walk(), for a scene of very many allocations: only the module's fail.

        They are close together, but their position varies a little from run to run.
        """
        with self._no_pages():
            start = self._find_own(scene, args)
            number = self._walk_from(scene, args, start, 1)
            number += self._walk_from(scene, args, start - 1, -1)
        self._tell(scene, args, number, False)

    @staticmethod
    @contextlib.contextmanager
    def _no_pages():
        """Page allocations don't fail, and don't count: when a slab needs a page is random."""
        order = DEBUGFS + "fail_page_alloc/min-order"
        put(order, 64)
        try:
            yield
        finally:
            put(order, 0)

    def _play_own(self, scene, args, nth):
        """As _play().  If other code lacks memory, any errno is allowed."""
        outcome = self._play(scene, args, nth, False, None)
        check(not self.last or outcome.err in (0, *NO_MEMORY),
              f"{scene.__name__}, allocation {nth} in {self.last}: {outcome}")
        return outcome

    def _find_own(self, scene, args):
        """The number of an allocation that is the module's."""
        low, high = 1, 2
        while self._play_own(scene, args, high).met:
            low, high = high, high * 2
        while high - low > self.STRIDE:
            middle = (low + high) // 2
            if self._play_own(scene, args, middle).met:
                low = middle
            else:
                high = middle
        for nth in range(high, 0, -self.STRIDE):
            self._play_own(scene, args, nth)
            if self.last:
                return nth
        return fail(f"{scene.__name__}: none of the module's allocations")

    def _walk_from(self, scene, args, nth, step):
        """Repeat until no allocation was the module's for a while; how many were."""
        number = quiet = 0
        while quiet < self.QUIET and nth > 0:
            outcome = self._play_own(scene, args, nth)
            number, quiet = (number + 1, 0) if self.last else (number, quiet + 1)
            quiet += 0 if outcome.met else self.PAST
            nth += step
        return number

    @contextlib.contextmanager
    def caches_fail(self, percent=100):
        """Allocations of buffers, sockets and the module's objects fail for a while, for all
        callers: scripts/vm.sh has marked these caches."""
        with open(SLABS + "skbuff_head_cache/failslab", encoding="ascii") as file:
            equal(file.read().strip(), "1", "the mark of buffers")
        slab = DEBUGFS + "failslab/"
        for key, value in (("cache-filter", "Y"), ("task-filter", "N"), ("times", -1),
                           ("probability", percent)):
            put(slab + key, value)
        try:
            yield
        finally:
            for key, value in (("probability", 0), ("cache-filter", "N"), ("task-filter", "Y")):
                put(slab + key, value)
            self.note()

    def all_is_well(self):
        """The kernel has not complained."""
        said = self.log.complaints()
        check(not said, f"the kernel complained:\n{said}")
