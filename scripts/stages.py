# SPDX-License-Identifier: GPL-2.0
"""The stages of "make test", their units, and what each unit needs.

The order here is the order of the docs; units run the longest first.
"""
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field

import homes

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CACHE = os.environ.get("XTCP_CACHE") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "xtcp")
TIMES = os.path.join(CACHE, "times.json")
#: seconds after which a unit is taken to hang
HANGS = 3900
#: assumed duration of a unit that has never run here
UNKNOWN = 15
PLACE_KERNEL = {"time": "uml", "uml": "uml", "smp": "smp", "leaks": "smp", "vm": "stock",
                "debug": "debug", "kcsan": "kcsan"}
#: time limit of a quick run, and the tests it runs whatever was changed
QUICK = 100
QUICK_TESTS = ["readwrite", "close", "wrong_use", "options", "isn", "queues", "peer"]
#: places whose guests use both processors
WIDE = ("smp", "vm", "debug", "kcsan")


@dataclass
class Unit:
    """Something that runs by itself and prints KTAP."""

    name: str                       # STAGE or STAGE/UNIT
    command: list
    kernels: tuple = ()             # kernels it needs, see kernel.sh
    after: set = field(default_factory=set)
    wide: bool = False              # uses both processors
    last: bool = False              # judges the results of the others
    console: str = ""               # the console of its guest, in build/log
    environment: dict = field(default_factory=dict)
    again: object = None            # leaf -> the command that repeats it
    limit: int = HANGS
    seconds: float = UNKNOWN        # expected duration

    @property
    def stage(self):
        return self.name.partition("/")[0]

    @property
    def file(self):
        """Its name, as a file name"""
        return "".join(c if c.isalnum() or c in "-_@" else "." for c in self.name)


def plain(stage, *command, **more):
    again = more.pop("again", f"make {stage}")
    return Unit(stage, ["scripts/" + command[0], *command[1:]], again=lambda leaf: again, **more)


def style():
    words = "tree arrows checkpatch kernel-doc shellcheck python homes"
    for check, kernels in ((words, ("tools",)),
                           ("sparse", ("tools", "stock")), ("gcc", ("tools", "stock")),
                           ("clang", ("tools", "stock"))):
        name = check.split()[0]
        yield Unit(f"style/{name}", ["scripts/style.sh", *check.split()], kernels,
                   again=lambda leaf, check=check: style_again(leaf.partition(".")[0], check))


def style_again(name, check):
    """The check that a leaf belongs to, if it names one; else all of the unit's."""
    return f"scripts/style.sh {name if name in check.split() else check}"


def check():
    for compiler in ("gcc", "clang"):
        yield Unit(f"check/{compiler}", ["scripts/check.sh"],
                   environment={"CC": compiler},
                   again=lambda leaf, compiler=compiler:
                   f"CC={compiler} make check SUITE='{'.'.join(leaf.split('.')[-2:])}'")


def compile_for(kernel):
    """The module, compiled for a kernel: all guests of that kernel wait for it"""
    return Unit(f"compile/{kernel}", ["scripts/compile.sh", kernel],
                ("stock",) if kernel == "engines" else () if kernel == "programs" else (kernel,),
                again=lambda leaf: f"scripts/compile.sh {kernel}",
                after={"compile/stock"} if kernel == "engines" else set())


def case_of(test, leaf):
    """A test narrowed to the case of a leaf, FILE.FILE__CASE; unchanged for other leaves."""
    file, at, end = test.partition("@")
    file = file.partition(":")[0]
    topic, _, case = leaf.rpartition(".")[2].partition("__")
    return f"{file}:{case}{at}{end}" if case and topic == file + at + end else test


def selftest(place, tests, name=""):
    """One guest that runs some tests, once what it needs is compiled."""
    kernel = PLACE_KERNEL[place]
    seed = f" SEED={os.environ.get('XTCP_SEED', '1')}" if place == "time" else ""

    def again(leaf):
        found = [case_of(test, leaf) for test in tests if case_of(test, leaf) != test]
        return f"make selftest-{place} TEST='{' '.join(found or tests)}'{seed}"
    unit = Unit(f"selftest-{place}" + (f"/{name}" if name else ""),
                ["scripts/selftest.sh", place, *tests], (kernel,),
                {f"compile/{kernel}", "compile/programs"}, place in WIDE, again=again)
    unit.console = unit.file
    unit.environment = {"XTCP_BUILT": "1", "XTCP_GUEST": unit.file.removeprefix("selftest-")}
    return unit


def selftests(place, when):
    """In virtual time, one guest for each test: so that guest alone repeats a failure."""
    tests = homes.tests_of(place, when)
    if place in ("time", "smp"):
        return [selftest(place, [test], test) for test in tests]
    return [selftest(place, tests)] if tests else []


def every(options):
    """All units of all stages that these options ask for."""
    when = "full" if "full" in options else "ci" if "ci" in options else "test"
    yield plain("purity", "purity.sh")
    yield plain("mutants", "test-the-tests.sh", "--plant",
                again="scripts/test-the-tests.sh --plant")
    yield from check()
    yield plain("coverage", "coverage.sh")
    yield plain("fuzz", "fuzz.sh", "--runs", "60000", again="scripts/fuzz.sh --runs 60000")
    yield from style()
    for kernel in ("uml", "stock", "smp", "6.12", "7.2", "engines", "programs"):
        yield compile_for(kernel)
    yield plain("kunit", "kunit.sh", kernels=("uml",), after={"compile/uml"}, console="kunit")
    yield plain("replay", "replay.sh", kernels=("uml",), again="scripts/replay.sh",
                after={"compile/uml", "compile/programs"}, environment={"XTCP_BUILT": "1"})
    for place in homes.PLACES:
        found = selftests(place, when)
        if found and place in ("debug", "kcsan"):
            yield compile_for(PLACE_KERNEL[place])
        yield from found
    yield plain("bench-engines", "bench-engines.sh", "smoke", kernels=("stock",),
                after={"compile/engines"}, console="engines",
                again="scripts/bench-engines.sh smoke")
    if when != "test":
        # its own guest, so that no other unit changes its images and modules
        yield plain("readme", "readme.sh", kernels=("stock",), wide=True,
                    after={"compile/stock", "compile/programs"}, again="scripts/readme.sh")


def named(units, names):
    """The units that the names mean, and those that they wait for."""
    chosen = []
    for name in names:
        found = [u for u in units if name in (u.name, u.stage)]
        if not found:
            sys.exit(f"there is no stage or unit {name}")
        chosen += found
    wanted = {u.name for u in chosen}
    while more := {u.name for u in units if any(u.name in w.after for w in units
                                                if w.name in wanted)} - wanted:
        wanted |= more
    return [u for u in units if u.name in wanted]


def changed():
    """The files that differ from the last commit; if none does, the files it changed."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=TOP, text=True, stdout=subprocess.PIPE,
                              check=True).stdout.split()
    new = git("ls-files", "--others", "--exclude-standard")
    return set(new + git("diff", "--name-only", "HEAD")) or \
        set(git("diff", "--name-only", "HEAD~1", "HEAD"))


def quick(units_):
    """The units for a small change, as many of them as QUICK seconds allow."""
    files = changed()
    stems = {os.path.basename(path).partition(".")[0].removesuffix("_test") for path in files}
    wanted = ["style/tree", "purity"]
    if any(path.endswith((".c", ".h")) for path in files):
        wanted += ["check/gcc", "style/gcc", "kunit"]
    near = [home for home in homes.tests_of("time")
            if any(home.startswith(stem) or stem.startswith(home) for stem in stems)]
    wanted += [f"selftest-time/{test}" for test in near + QUICK_TESTS]
    known, total, chosen = times(), 0, []
    for name in dict.fromkeys(wanted):
        total += known.get(name, UNKNOWN)
        if total <= QUICK * (os.cpu_count() or 1) and any(u.name == name for u in units_):
            chosen.append(name)
    return chosen


def units(options, names):
    """The units to run, with the expected duration of each."""
    found = list(every(options))
    if "quick" in options:
        found = named(found, quick(found))
    elif names:
        found = named(found, names)
    if not names and "quick" not in options:
        found.append(plain("conformance", "conformance.py", "ktap", last=True))
    for unit in found:
        unit.seconds = times().get(unit.name, unit.seconds)
    return found


def times():
    """{unit: seconds that it took when it last passed}"""
    try:
        with open(TIMES, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def remember(unit, seconds):
    known = times()
    known[unit.name] = round(seconds, 1)
    os.makedirs(CACHE, exist_ok=True)
    new = f"{TIMES}.{os.getpid()}"
    with open(new, "w", encoding="utf-8") as file:
        json.dump(known, file, indent=1, sort_keys=True)
    os.replace(new, TIMES)


def packages(units_):
    """The groups of deps.sh that they need."""
    kernels_ = {kernel for unit in units_ for kernel in unit.kernels}
    groups = ["build", "test", "style", "bridge"]
    groups += ["kernel"] if kernels_ else []
    groups += ["vm"] if kernels_ & {"stock", "debug", "kcsan"} else []
    groups += ["uml"] if kernels_ & {"uml", "smp"} else []
    return groups


def kernels(units_):
    """Build missing kernels, one after the other, each on all processors."""
    wanted = list(dict.fromkeys(kernel for unit in units_ for kernel in unit.kernels))
    for kernel in wanted:
        began = time.monotonic()
        done = subprocess.run(["scripts/kernel.sh", kernel], cwd=TOP, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              check=False)
        took = time.monotonic() - began
        if done.returncode:
            print(f"the kernel '{kernel}' could not be made:\n{done.stderr}", flush=True)
        elif took > 5:
            print(f"the kernel '{kernel}' was made in {took:.0f} s", flush=True)
