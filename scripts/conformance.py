#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""RFC 9293's requirements: where each is met, and which test shows it.

    conformance.py check            judge each row of docs/conformance.csv by the results of
                                    the last make test (build/test/STAGE.*.log)
    conformance.py ktap             the same as KTAP, for make test itself
    conformance.py mutate [ID...]   break the line that meets a requirement in a copy of
                                    the module, check that the named test turns red, and
                                    update the row's status in the table

A row's test is PLACE:FILE:CASES of the selftests (time or uml), its mutant a C file and
a sed expression.  status: shown: the mutant was seen to turn the test red; tested:
there is a test that was not tried against the mutant; open: there is none; advice: it is
about programs that use a TCP.  A row counts only if it is shown, and its test was run and
has passed.
"""
import csv
import fnmatch
import glob
import os
import re
import subprocess
import sys

import ktap
import mutate

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE = os.path.join(TOP, "docs/conformance.csv")
RESULTS = os.path.join(TOP, "build/test")
COUNTS = {"MUST": 69, "SHLD": 31}
STATUSES = ("shown", "tested", "open", "advice")


def rows():
    with open(TABLE, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


class Test:
    """STAGE:FILE:CASES, and the names of its results."""

    def __init__(self, text):
        self.place, self.name, self.cases = text.split(":")
        self.stage = f"selftest-{self.place}"

    def is_leaf(self, name):
        """Is this one of its results?"""
        return fnmatch.fnmatchcase(name, f"{self.name}.{self.name}__{self.cases}")

    def leaves(self, leaves):
        """Its results among those of the stage."""
        return [leaf for leaf in leaves if self.is_leaf(leaf.name)]


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return None


def defined(name):
    """Is there such a file, and such a name in it?"""
    path, _, function = name.partition(":")
    text = read(os.path.join(TOP, path))
    return text is not None and re.search(rf"\b{re.escape(function)}\b", text)


def plants(mutant):
    """Does a mutant's sed expression change its file?"""
    path, _, expression = mutant.partition(" ")
    text = read(os.path.join(TOP, path))
    done = subprocess.run(["sed", expression], input=text, text=True, stdout=subprocess.PIPE,
                          check=False)
    return text is not None and not done.returncode and done.stdout != text


def flaws(row):
    """The problems of a row, judged without running anything."""
    if row["status"] not in STATUSES:
        yield f"status {row['status']!r}"
    yield from (f"no {place}" for place in row["code"].split() if not defined(place))
    if row["status"] in ("shown", "tested") and not (row["test"] and row["code"]):
        yield "no test, or no code"
    if row["status"] == "shown" and not row["mutant"]:
        yield "no mutant"
    if row["mutant"] and not re.match(r"module/\S+\.c \S", row["mutant"]):
        yield "a mutant is a C file of the module and a sed expression"
    elif row["mutant"] and not plants(row["mutant"]):
        yield f"a mutant that plants nothing: {row['mutant']}"
    if row["test"] and row["test"].split(":")[0] not in mutate.GUESTS:
        yield f"a test that no guest runs: {row['test']}"
    if row["status"] in ("open", "advice") and not row["why"]:
        yield "no reason why it is not shown"


class Judge:
    """The table, with the results of the stages that were run."""

    def __init__(self):
        self.table, self.results = rows(), {}

    def missing(self):
        have = [row["id"] for row in self.table]
        for kind, most in COUNTS.items():
            for name in (f"{kind}-{n}" for n in range(1, most + 1)):
                if have.count(name) != 1:
                    yield f"{name}: {have.count(name)} rows"

    def leaves(self, stage):
        """All results of a stage's units; empty if the stage was not run."""
        if stage not in self.results:
            logs = sorted(glob.glob(os.path.join(RESULTS, glob.escape(stage) + ".*log")))
            self.results[stage] = [leaf for log in logs
                                   for leaf in ktap.parse(read(log).splitlines(), stage)]
        return self.results[stage]

    def outcome(self, row):
        """(does the row count, its problem)"""
        problems = list(flaws(row))
        if problems or not row["test"]:
            return False, problems
        test = Test(row["test"])
        if not self.leaves(test.stage):
            return False, []
        leaves = test.leaves(self.leaves(test.stage))
        bad = [x.name for x in leaves if x.failed or x.skipped]
        if not leaves or bad:
            return False, [f"failed: {bad[0]}" if bad else f"no result of {row['test']}"]
        return row["status"] == "shown", []

    def score(self):
        """The line with the counts"""
        count = dict.fromkeys(COUNTS, 0)
        for row in self.table:
            count[row["id"].split("-")[0]] += self.outcome(row)[0]
        return f"MUST {count['MUST']}/{COUNTS['MUST']} SHOULD {count['SHLD']}/{COUNTS['SHLD']}"


def check():
    judge = Judge()
    wrong = list(judge.missing())
    for row in judge.table:
        counts, problems = judge.outcome(row)
        wrong += [f"{row['id']}: {problem}" for problem in problems]
        if not counts and not problems:
            state = row["why"] or (row["status"] if row["status"] != "shown" else "was not run")
            print(f"{row['id']}: {row['phrase']}: {state}")
    print("\n".join(wrong + [judge.score()]))
    return bool(wrong)


def as_ktap():
    """The table, and each row whose test was run"""
    judge, results = Judge(), []
    results.append(("table", list(judge.missing())))
    for row in judge.table:
        counts, problems = judge.outcome(row)
        if counts or problems:
            results.append((row["id"], problems))
    print(f"KTAP version 1\n1..{len(results)}")
    for number, (name, problems) in enumerate(results, 1):
        print("".join(f"# {problem}\n" for problem in problems), end="")
        print(f"{'not ok' if problems else 'ok'} {number} {name}")
    print(f"# {judge.score()}")
    return any(problems for _, problems in results)


def plant(chosen):
    """Build the mutants of these rows: {place: {id: test}}, {id: problem}"""
    module, tests, problems = mutate.Module(), {}, {}
    for row in chosen:
        made = module.mutant(row["id"], *row["mutant"].split(" ", 1))
        if made is not True:
            problems[row["id"]] = made
            continue
        test = Test(row["test"])
        tests.setdefault(test.place, {})[row["id"]] = f"{test.name}:{test.cases}"
    return tests, problems


def verdicts(chosen):
    """Yield (id, why the mutant was not caught, or nothing)"""
    tests, problems = plant(chosen)
    yield from problems.items()
    by_id = {row["id"]: Test(row["test"]) for row in chosen}
    for place, group in tests.items():
        for name, lines in mutate.run(place, group):
            yield name, mutate.survived(lines, by_id[name].is_leaf)


def note(name, status):
    """Write a row's new status into the table"""
    table = rows()
    for row in table:
        row["status"] = status if row["id"] == name else row["status"]
    with open(TABLE, "w", encoding="utf-8", newline="") as file:
        file.write("# SPDX-License-Identifier: GPL-2.0\n")
        writer = csv.DictWriter(file, table[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def break_rows(wanted):
    """Plant the mutant of each row, or of the rows named."""
    chosen = [r for r in rows() if r["mutant"] and (not wanted or r["id"] in wanted)]
    print(f"KTAP version 1\n1..{len(chosen)}", flush=True)
    failed = 0
    for number, (name, problem) in enumerate(verdicts(chosen), 1):
        failed += bool(problem)
        note(name, "tested" if problem else "shown")
        print("".join(f"# {line}\n" for line in (problem or "").splitlines()), end="")
        print(f"{'not ok' if problem else 'ok'} {number} {name}", flush=True)
    print(f"# {failed} of {len(chosen)} mutants were not caught")
    return failed > 0


if __name__ == "__main__":
    if sys.argv[1:] == ["check"]:
        sys.exit(check())
    elif sys.argv[1:] == ["ktap"]:
        sys.exit(as_ktap())
    elif sys.argv[1:2] == ["mutate"]:
        sys.exit(break_rows(sys.argv[2:]))
    sys.exit(__doc__)
