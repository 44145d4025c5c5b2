#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""RFC 9293's requirements: where each is met, and what shows it.

    conformance.py check            do the tests of docs/conformance.csv exist, and did
                                    they pass in the last make test (build/test.ktap)?
    conformance.py mutate [ID...]   break the line that meets a requirement in a copy of
                                    the tree, and see the named test turn red

A row's test is STAGE:FILE:CASES of the selftests or check:SUITE:CASES, its mutant a file
and a sed expression.  status: shown: the mutant was seen to turn the test red; tested:
there is a test that has not been tried so; open: there is none.  Only what is shown and
has passed counts.
"""
import csv
import fnmatch
import os
import re
import sys

import ktap

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE = os.path.join(TOP, "docs/conformance.csv")
RESULTS = os.path.join(TOP, "build/test.ktap")
MUTANTS = os.path.join(TOP, "build/conformance")
COUNTS = {"MUST": 69, "SHLD": 31}
STATUSES = ("shown", "tested", "open")


def rows():
    with open(TABLE, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def pattern(test):
    """How the test's results are called in build/test.ktap."""
    stage, name, cases = test.split(":")
    if stage == "check":
        return f"check.gcc.{name}.{cases}"
    return f"selftest-{stage}.{name}.{name}__{cases}"


def command(test):
    """What runs this test, and nothing else."""
    stage, name, cases = test.split(":")
    if stage == "check":
        return f"env CC=gcc scripts/check.sh {name}.{cases}"
    return f"scripts/selftest.sh {stage} {name}:{cases}"


def defined(name):
    """Is there such a file, and such a function in it?"""
    path, _, function = name.partition(":")
    try:
        with open(os.path.join(TOP, path), encoding="utf-8") as file:
            return re.search(rf"\b{re.escape(function)}\b", file.read()) is not None
    except OSError:
        return False


def flaws(row):
    """What is wrong with a row as it stands."""
    if row["status"] not in STATUSES:
        yield f"status {row['status']!r}"
    for place in row["code"].split():
        if not defined(place):
            yield f"no {place}"
    if row["status"] != "open" and not row["test"]:
        yield "no test"
    if row["status"] == "shown" and not row["mutant"]:
        yield "no mutant"


def outcome(row, leaves):
    """Why a row's test does not count; nothing when it does."""
    found = [x for x in leaves if fnmatch.fnmatchcase(x.name, pattern(row["test"]))]
    if not found:
        return "no such test in the last results"
    bad = [x.name for x in found if x.failed or x.skipped]
    return f"failed: {bad[0]}" if bad else None


def check():
    table = rows()
    if not os.path.exists(RESULTS):
        sys.exit(f"{RESULTS} is missing: run make test first")
    with open(RESULTS, encoding="utf-8", errors="replace") as file:
        leaves = ktap.parse(file.read().splitlines(), "test")
    count, wrong = dict.fromkeys(COUNTS, 0), 0
    for kind, most in COUNTS.items():
        have = {r["id"] for r in table}
        for missing in (i for n in range(1, most + 1) if (i := f"{kind}-{n}") not in have):
            print(f"{missing}: no row")
            wrong += 1
    for row in table:
        problems = list(flaws(row))
        why = outcome(row, leaves) if row["test"] else None
        problems += [why] if why else []
        for problem in problems:
            print(f"{row['id']}: {problem}")
        wrong += bool(problems)
        if row["status"] == "shown" and not problems:
            count[row["id"].split("-")[0]] += 1
    print(f"MUST {count['MUST']}/{COUNTS['MUST']} SHOULD {count['SHLD']}/{COUNTS['SHLD']}")
    return wrong > 0


def mutate(wanted):
    """Write a mutant for each row, in the form of scripts/mutants, and plant them."""
    os.makedirs(MUTANTS, exist_ok=True)
    names = []
    for row in rows():
        if not row["mutant"] or (wanted and row["id"] not in wanted):
            continue
        path, _, expression = row["mutant"].partition(" ")
        case = row["test"].split(":")[2].replace("*", "")
        with open(os.path.join(MUTANTS, row["id"]), "w", encoding="utf-8") as file:
            file.write(f"# bug: not so: {row['phrase']}\n# net: {command(row['test'])}\n"
                       f"# red: not ok .*{case}\nsed -i '{expression}' {path}\n")
        names.append(row["id"])
    if not names:
        sys.exit("no row has a mutant and one of these names")
    os.environ["XTCP_MUTANTS"] = MUTANTS
    os.execv(os.path.join(TOP, "scripts/test-the-tests.sh"), ["test-the-tests.sh"] + names)


if __name__ == "__main__":
    if sys.argv[1:] == ["check"]:
        sys.exit(check())
    elif sys.argv[1:2] == ["mutate"]:
        mutate(sys.argv[2:])
    else:
        sys.exit(__doc__)
