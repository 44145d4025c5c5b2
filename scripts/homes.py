#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The table of the selftests' homes, selftests/homes: where each test runs, and when.

    homes.py list PLACE [WHEN]   the tests of a place, one on each line (WHEN: test, ci, full)
    homes.py check               KTAP: has each case a home, and does each home have a case?
"""
import fnmatch
import os
import subprocess
import sys
from dataclasses import dataclass

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE = os.path.join(TOP, "selftests/homes")
CASES = os.path.join(TOP, "selftests/cases")
PLACES = ("time", "uml", "smp", "leaks", "vm", "debug", "kcsan")
#: each includes those before it
WHEN = ("test", "ci", "full")


@dataclass(frozen=True)
class Home:
    """One test of one line of the table."""

    place: str
    when: str
    test: str
    why: str

    @property
    def file(self):
        return self.test.partition("@")[0].partition(":")[0]

    def has(self, case):
        """Does the test include this case of the file?"""
        return chosen(self.test.partition("@")[0].partition(":")[2] or "*", case)


def chosen(pattern, name):
    """As in selftests/lib/cases.py: a shell pattern, or ! and a pattern to exclude."""
    if pattern.startswith("!"):
        return not fnmatch.fnmatchcase(name, pattern[1:])
    return fnmatch.fnmatchcase(name, pattern)


def read(path=TABLE):
    """All lines of the table, one Home for each test."""
    homes = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            words, _, why = line.partition(" : ")
            place, when, *tests = (words.split() + ["", ""])[:2] + words.split()[2:]
            if not place or place.startswith("#"):
                continue
            if place not in PLACES or when not in WHEN or not tests:
                sys.exit(f"{path}: {line.rstrip()}")
            homes += [Home(place, when, test, why.strip()) for test in tests]
    return homes


def tests_of(place, when="test"):
    """The tests of a place that run at that time."""
    upto = WHEN[:WHEN.index(when) + 1]
    found = [home.test for home in read() if home.place == place and home.when in upto]
    return list(dict.fromkeys(found))


def cases_of(file):
    """The names of a file's cases, wherever they may run."""
    environment = dict(os.environ, PYTHONPATH=os.path.dirname(CASES), PYTHONDONTWRITEBYTECODE="1",
                       XTCP_PLACE="uml", XTCP_PROTO="253", XTCP_TEST_FULL="1")
    done = subprocess.run(["/usr/bin/python3", os.path.join(CASES, file + ".py"), "--list"],
                          env=environment, text=True, stdout=subprocess.PIPE, check=True)
    return done.stdout.split()


def flaws(file, homes):
    """The problems with the homes of one file."""
    cases = cases_of(file)
    plain = [home for home in homes if home.file == file and "@" not in home.test]
    always = [home for home in plain if home.when != "full"]
    for case in cases:
        mine = [home for home in always if home.has(case)]
        if not any(home.has(case) for home in plain):
            yield f"{case} has no home"
        if len(mine) > 1 and not any(home.why for home in mine):
            yield f"{case} has two homes, and no line says why: " \
                f"{', '.join(home.place + ' ' + home.test for home in mine)}"
    for home in homes:
        if home.file == file and not any(home.has(case) for case in cases):
            yield f"{home.place} {home.test} is no case's home"


def check():
    homes = read()
    files = sorted(name[:-3] for name in os.listdir(CASES) if name.endswith(".py"))
    unknown = sorted({home.file for home in homes} - set(files))
    print(f"KTAP version 1\n1..{len(files) + 1}")
    failed = bool(unknown)
    print("".join(f"# no file of cases/: {file}\n" for file in unknown), end="")
    print(f"{'not ok' if unknown else 'ok'} 1 files")
    for number, file in enumerate(files, 2):
        wrong = list(flaws(file, homes))
        failed |= bool(wrong)
        print("".join(f"# {text}\n" for text in wrong[:5]), end="")
        if len(wrong) > 5:
            print(f"# and {len(wrong) - 5} more")
        print(f"{'not ok' if wrong else 'ok'} {number} {file}")
    return failed


def main(arguments):
    if arguments[:1] == ["list"] and len(arguments) in (2, 3):
        print("\n".join(tests_of(*arguments[1:])))
        return 0
    if arguments == ["check"]:
        return check()
    sys.exit(__doc__)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
