# SPDX-License-Identifier: GPL-2.0
"""Cases: marked in a file, chosen by name, run within a bound, reported as KTAP."""
import fnmatch
import os
import signal
import subprocess
import sys
import time
import traceback

from lib.base import IS_XTCP, PLACE, SIZE, SIZES, TCP_END, Bound, Child, Failure, slow
from lib.spaces import Ns
from lib.views import settle

_cases = []


def case(families=None, bound=20, places=None, xtcp_only=None):
    """Mark a case.  With families, it runs once for each, the family its argument.

    bound: seconds on a fast machine.  places: where it runs (all).  xtcp_only: the reason
    why the kernel's own TCP can't run it.
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
    except Exception:  # an exception of any kind is a failed case
        return traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        Child.end_all()


def _matches(name, pattern):
    """A shell pattern, or ! and a pattern of cases to exclude"""
    if pattern.startswith("!"):
        return not fnmatch.fnmatch(name, pattern[1:])
    return fnmatch.fnmatch(name, pattern)


def main():
    """Run the cases of this file that the arguments name (all), print KTAP; --list: names."""
    topic = os.path.basename(sys.argv[0]).removesuffix(".py") + (TCP_END and "@" + TCP_END)
    if sys.argv[1:] == ["--list"]:
        print("\n".join(name for name, *_ in _cases))
        return
    wanted = sys.argv[1:] or ["*"]
    chosen = []
    for w in wanted:
        if not any(_matches(name, w) for name, *_ in _cases):
            sys.exit(f"{topic} has no case {w}")
    for entry in _cases:
        name, _, _, _, places, xtcp_only = entry
        if not any(_matches(name, w) for w in wanted):
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
