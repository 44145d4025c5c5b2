# SPDX-License-Identifier: GPL-2.0
"""Mutants of the module: each differs in one line, and its own test must turn red.

A mutant is one file that is compiled anew and linked to the objects of the unchanged
module, by the commands that kbuild has recorded.  Many mutants run in one guest, one after
the other, so a table of a hundred takes minutes.
"""
import os
import re
import shlex
import shutil
import subprocess

import ktap

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HOME = os.path.join(TOP, "build/conformance")
GUESTS = {"time": ["--time-travel"], "uml": []}
LIMIT = 2400                        # seconds for a guest, whatever runs in it
MARK = "### "                       # in front of a mutant's name, see guest-mutants


def script(*argv):
    """Run one of our scripts, and return its output"""
    return subprocess.run([os.path.join(TOP, "scripts", argv[0]), *argv[1:]], check=True,
                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          text=True).stdout.strip()


class Module:
    """The unchanged module, compiled for User-Mode Linux, and mutants made from it."""

    def __init__(self):
        self.kernel = os.path.join(script("kernel.sh", "uml"), "build")
        self.built = script("build.sh", "uml").splitlines()[-1]
        with open(os.path.join(self.built, "xtcp.mod"), encoding="utf-8") as file:
            self.objects = file.read().split()

    def _noted(self, target):
        """The command that made a file, as kbuild has recorded it"""
        path, name = os.path.split(os.path.join(self.built, target))
        with open(os.path.join(path, f".{name}.cmd"), encoding="utf-8") as file:
            line = file.readline().split(":=", 1)[1]
        return shlex.split(line.split(";")[0].replace("$$", "$").replace("\\#", "#"))

    def _run(self, command, output):
        """Run a recorded command, with another output"""
        command[command.index("-o") + 1] = output
        command = [c for c in command if not c.startswith("-Wp,-MMD,")]
        done = subprocess.run(command, cwd=self.kernel, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode == 0 or done.stdout

    def mutant(self, name, path, expression):
        """Make build/conformance/NAME/xtcp.ko: True, or why it could not be made"""
        home = os.path.join(HOME, name)
        shutil.rmtree(home, ignore_errors=True)
        os.makedirs(home)
        source = os.path.join(home, os.path.basename(path))
        shutil.copy(os.path.join(TOP, path), source)
        done = subprocess.run(["sed", "-i", expression, source], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            return done.stdout
        with open(source, "rb") as new, open(os.path.join(TOP, path), "rb") as old:
            if new.read() == old.read():
                return "the mutant changes nothing"
        return self._compile(home, path, source)

    def _compile(self, home, path, source):
        original = re.sub(r"\.c$", ".o", path)
        compile_, link, finish = (self._noted(t) for t in (original, "xtcp.o", "xtcp.ko"))
        # a broken line may leave something unused: -w
        compile_[-1:] = ["-w", "-iquote", os.path.join(self.built, os.path.dirname(path)), source]
        new = os.path.join(home, os.path.basename(original))
        link = [c for c in link if not c.startswith("@")]
        link += [new if o == os.path.join(self.built, original) else o for o in self.objects]
        whole = os.path.join(home, "xtcp.o")
        finish = [whole if c == os.path.join(self.built, "xtcp.o") else c for c in finish]
        for command, output in ((compile_, new), (link, whole),
                                (finish, os.path.join(home, "xtcp.ko"))):
            good = self._run(command, output)
            if good is not True:
                return good
        return True


def run_guest(place, tests):
    """Run {mutant: test} in one guest: {mutant: lines} of the mutants that were run"""
    command = [os.path.join(TOP, "scripts/uml.sh"), *GUESTS[place], "--timeout", str(LIMIT),
               "--console", os.path.join(HOME, f"{place}.console"), "--",
               "scripts/guest-mutants", HOME] + [f"{m}={t}" for m, t in tests.items()]
    said, seen, now = {}, None, None
    with subprocess.Popen(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace") as guest:
        for line in guest.stdout:
            seen = line.rstrip()
            if seen.startswith(MARK):
                now = said.setdefault(seen.removeprefix(MARK), [])
            elif now is not None:
                now.append(seen)
    return said


def run(place, tests):
    """Yield (mutant, lines that its test has printed) for each of {mutant: test}"""
    tests = dict(tests)
    while tests:
        said = run_guest(place, tests)
        if not said:
            raise RuntimeError(f"the guest for {place} does not start")
        for mutant, lines in said.items():
            del tests[mutant]
            with open(os.path.join(HOME, mutant, "log"), "w", encoding="utf-8") as log:
                log.writelines(line + "\n" for line in lines)
            yield mutant, lines


def survived(lines, wanted):
    """Why a mutant was not caught; nothing if a leaf for which wanted(name) is true failed"""
    leaves = [leaf for leaf in ktap.parse(lines, "mutant") if wanted(leaf.name)]
    if any(leaf.failed for leaf in leaves):
        return None
    if leaves:
        return "the test stays green"
    return "the test has no results:\n" + "\n".join(lines[-12:])
