#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Runs the tests, as many in parallel as there are processors, and counts the results.

    test.py [--ci | --full | --quick] [STAGE | STAGE/UNIT]...

A stage is a kind of test, a unit is what runs by itself: a guest, a compiler.  Without
names: all stages of "make test"; --ci adds what a user need not wait for, --full runs
everything, --quick what a small change needs.  While it runs, it reports the result of each
unit and the time that is left, about; a failure is shown when it happens, with the command
that repeats it.

Each unit prints KTAP to build/test/STAGE.UNIT.log; build/test.ktap has all results.  A unit
also fails if the kernel complained on its console.  Tests may be skipped only if
$XTCP_SKIPS (shell patterns) names them.

The last line is "N passed, N failed"; the exit status is 1 if any failed.
"""
import ctypes
import os
import signal
import subprocess
import sys
import time

import ktap
import stages

TOP = stages.TOP
LOGS = os.path.join(TOP, "build/test")
CONSOLES = os.path.join(TOP, "build/log")
#: a guest that is asked to stop needs time to power off and to remove its files
GRACE = 20
PR_SET_PDEATHSIG = 1


def minutes(seconds):
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def die_with_us():
    """In the child: be killed when the parent ends, for whatever reason."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Run:
    """A unit that is running."""

    def __init__(self, unit):
        self.unit, self.began, self.asked = unit, time.monotonic(), None
        self.log = os.path.join(LOGS, unit.file + ".log")
        self.console = unit.console and os.path.join(CONSOLES, unit.console + ".console")
        environment = dict(os.environ, **unit.environment)
        with open(self.log, "wb") as out, open(self.log[:-4] + ".err", "wb") as err:
            self.process = subprocess.Popen(unit.command, cwd=TOP, stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=err, env=environment,
                                            start_new_session=True, preexec_fn=die_with_us)

    def signal(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def gone(self):
        """Have all its processes ended?  The processes that guard a guest end it first."""
        if self.process.poll() is None:
            return False
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def end(self):
        """Ask it to stop; if it does not for long, kill it."""
        if not self.asked:
            self.asked = time.monotonic()
            self.signal(signal.SIGTERM)
        elif time.monotonic() - self.asked > GRACE:
            self.signal(signal.SIGKILL)

    def ended(self):
        """Has it ended, or is its time over?  The time limit only ends what hangs."""
        if time.monotonic() - self.began > self.unit.limit:
            self.end()
        return self.gone()

    def leaves(self):
        """Its results, and one more for its console."""
        status = self.process.returncode
        if status:
            with open(self.log[:-4] + ".err", encoding="utf-8", errors="replace") as err, \
                    open(self.log, "a", encoding="utf-8") as log:
                log.writelines(f"# {line.rstrip()}\n" for line in err)
        lines, leaves = ktap.read_unit(self.unit.name, self.log, status)
        if self.console and os.path.exists(self.console):
            said = subprocess.run(["scripts/splats.sh", self.console], cwd=TOP, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            leaves.append(ktap.Result("the kernel has not complained", said.returncode != 0,
                                      False, said.stdout.splitlines()))
        return lines, leaves


class Tests:
    """All units to run: those that wait, those that run, the results of those that ended."""

    def __init__(self, units):
        awaited = set().union(*(unit.after for unit in units))
        self.waiting = sorted(units, key=lambda u: (u.name not in awaited, -u.seconds))
        self.total, self.slots = len(units), os.cpu_count() or 1
        self.running, self.done, self.failures = [], [], []
        self.passed = self.failed = 0
        self.began = time.monotonic()
        self.tell = sys.stdout.isatty()

    def ready(self, unit):
        """May it start?  Of the units that need both processors one runs at a time."""
        if unit.last and (len(self.waiting) > 1 or self.running):
            return False
        unfinished = {other.name for other in self.waiting} | \
            {run.unit.name for run in self.running}
        if unit.after & unfinished:
            return False
        return not (unit.wide and any(run.unit.wide for run in self.running))

    def begin(self):
        while len(self.running) < self.slots:
            unit = next((u for u in self.waiting if self.ready(u)), None)
            if not unit:
                return
            self.waiting.remove(unit)
            self.running.append(Run(unit))

    def left(self):
        """The expected seconds until the end, by the durations of earlier runs."""
        now = time.monotonic()
        ends = [max(2, run.unit.seconds - (now - run.began)) for run in self.running]
        ends += [0] * (self.slots - len(ends))
        for unit in self.waiting:
            at = ends.index(min(ends))
            ends[at] += unit.seconds
        return max(ends)

    def end(self, run):
        lines, leaves = run.leaves()
        passed, failed = ktap.count(leaves)
        self.passed, self.failed = self.passed + passed, self.failed + failed
        self.running.remove(run)
        self.done.append((run.unit.name, lines, leaves))
        took = time.monotonic() - run.began
        if not failed:
            stages.remember(run.unit, took)
        state = f"so far {self.passed} passed, {self.failed} failed"
        if self.waiting or self.running:
            state += f"; about {minutes(self.left())} left"
        print(f"[{len(self.done):3}/{self.total}] {run.unit.name:36} {took:5.0f} s "
              f"{passed:5} passed {failed:3} failed   ({state})", flush=True)
        for leaf in leaves:
            if leaf.failed:
                self.show(run.unit, leaf)

    def show(self, unit, leaf):
        again = unit.again(leaf.name)
        self.failures.append((unit.name, leaf.name, again))
        ktap.print_failure(unit.name, leaf)
        print(f"    again: {again}", flush=True)

    def go(self):
        while self.waiting or self.running:
            self.begin()
            ended = [run for run in self.running if run.ended()]
            for run in ended:
                self.end(run)
            if not ended:
                time.sleep(0.2)

    def stop(self):
        """Stop all that runs, and wait until it has ended."""
        while any(not run.gone() for run in self.running):
            for run in self.running:
                run.end()
            time.sleep(0.1)

    def report(self):
        ktap.write_document(os.path.join(TOP, "build/test.ktap"), self.done)
        print(f"all of it took {minutes(time.monotonic() - self.began)}")
        for unit, name, again in self.failures:
            print(f"not ok {unit}: {name}\n    again: {again}")
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return self.failed > 0


def stopped(number, _frame):
    sys.exit(128 + number)


def clear():
    """The output of an earlier run."""
    for folder in (LOGS, CONSOLES):
        os.makedirs(folder, exist_ok=True)
        for name in os.listdir(folder):
            os.unlink(os.path.join(folder, name))


def main(arguments):
    if any(a.startswith("-") and a not in ("--ci", "--full", "--quick") for a in arguments):
        sys.exit(__doc__)
    os.chdir(TOP)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, stopped)
    units = stages.units({a[2:] for a in arguments if a.startswith("-")},
                         [a for a in arguments if not a.startswith("-")])
    clear()
    subprocess.run(["scripts/deps.sh", *stages.packages(units)], check=True)
    stages.kernels(units)
    tests = Tests(units)
    print(f"{tests.total} units, {tests.slots} at a time; about {minutes(tests.left())}",
          flush=True)
    try:
        tests.go()
    finally:
        tests.stop()
    return tests.report()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
