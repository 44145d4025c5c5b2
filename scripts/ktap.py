#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Reads the KTAP that test stages print, counts it, and says what failed.

    ktap.py count STAGE=LOG[:STATUS]        one line: N passed, N failed
    ktap.py report OUT STAGE=LOG[:STATUS]...
        writes all stages as one KTAP document to OUT, prints every failure in
        full, and as the last line "N passed, N failed"

STATUS is the exit status that the stage ended with. A stage also fails when it
ended badly without saying which test failed, when it has no results, when
results are missing from its plan, and for a test that was skipped unless its
name, or STAGE.NAME, matches one of the shell patterns in $XTCP_SKIPS. Both commands exit with 1
when anything failed. Only leaves count, not the subtests' summary lines.
"""

import fnmatch
import os
import re
import sys
from dataclasses import dataclass, field

RESULT = re.compile(r"( *)(ok|not ok) (\d+) ?(?:- )?(.*)$")
PLAN = re.compile(r"( *)1\.\.(\d+)\s*$")
SKIP = re.compile(r"(.*?)\s*# SKIP\b\s*(.*)$", re.IGNORECASE)
CONTEXT_LINES = 60


@dataclass
class Result:
    """One leaf: its full name, whether it failed, and what was said about it."""

    name: str
    failed: bool
    skipped: bool = False
    context: list = field(default_factory=list)


@dataclass
class Open:
    """Results of one indentation that no summary line has closed yet."""

    planned: int = -1
    count: int = 0
    leaves: list = field(default_factory=list)


def skip_wanted(name):
    patterns = os.environ.get("XTCP_SKIPS", "").split()
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def missing(level, name):
    """The failure of a plan that was not kept, or nothing."""
    if level.planned in (-1, level.count):
        return []
    text = f"{name}: {level.planned} results planned, {level.count} seen"
    return [Result(text, True)]


def close(levels, depth, name):
    """Takes all that is deeper than depth: the children of a summary line."""
    leaves = []
    for deeper in sorted(d for d in levels if d > depth):
        level = levels.pop(deeper)
        leaves += level.leaves + missing(level, name)
    return leaves


def leaf(stage, word, rest, context):
    skip = SKIP.match(rest)
    if skip and word == "ok":
        wanted = skip_wanted(skip[1]) or skip_wanted(f"{stage}.{skip[1]}")
        note = [] if wanted else [f"# skipped, and nobody asked for that: {skip[2]}"]
        return Result(skip[1], not wanted, True, context + note)
    return Result(rest, word != "ok", False, context)


def parse(lines, stage):
    """Returns the leaves of a KTAP text."""
    levels, context = {}, []
    for line in lines:
        line = line.rstrip()
        plan, result = PLAN.match(line), RESULT.match(line)
        if plan:
            depth = len(plan[1])
            close(levels, depth, stage)
            levels.setdefault(depth, Open()).planned = int(plan[2])
        elif result:
            depth, word, rest = len(result[1]), result[2], result[4]
            children = close(levels, depth, rest)
            level = levels.setdefault(depth, Open())
            level.count += 1
            if children:
                for child in children:
                    child.name = f"{rest}.{child.name}"
                level.leaves += children
                if word != "ok" and not any(c.failed for c in children):
                    level.leaves.append(Result(rest, True, False, context))
            else:
                level.leaves.append(leaf(stage, word, rest, context))
            context = []
        else:
            context.append(line)
    leaves = close(levels, -1, stage)
    if context and leaves and not any(r.failed for r in leaves):
        leaves[-1].context += context
    return leaves


def read_stage(argument):
    """STAGE=LOG[:STATUS] -> name, lines, leaves with what the stage owes."""
    name, _, rest = argument.partition("=")
    log, _, status = rest.partition(":")
    try:
        with open(log, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError as error:
        lines, status = [f"# {error}"], status or "1"
    leaves = parse(lines, name)
    if status not in ("", "0") and not any(r.failed for r in leaves):
        leaves.append(Result(f"ended with status {status}", True, False, lines))
    if not leaves:
        leaves.append(Result("no results", True, False, lines))
    return name, lines, leaves


def count(leaves):
    failed = sum(r.failed for r in leaves)
    return len(leaves) - failed, failed


def print_failures(stage, leaves):
    for result in leaves:
        if not result.failed:
            continue
        print(f"not ok {stage}: {result.name}")
        if len(result.context) > CONTEXT_LINES:
            print(f"    ... {len(result.context) - CONTEXT_LINES} lines before")
        for line in result.context[-CONTEXT_LINES:]:
            print(f"    {line.strip()}")


def write_document(path, stages):
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"KTAP version 1\n1..{len(stages)}\n")
        for number, (name, lines, leaves) in enumerate(stages, 1):
            out.write(f"    # Subtest: {name}\n")
            out.writelines(f"    {line}\n" for line in lines)
            word = "not ok" if count(leaves)[1] else "ok"
            out.write(f"{word} {number} {name}\n")


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "count":
        passed, failed = count(read_stage(arguments[1])[2])
        print(f"{passed} passed, {failed} failed")
        return failed > 0
    if len(arguments) < 3 or arguments[0] != "report":
        sys.exit(__doc__)
    stages = [read_stage(argument) for argument in arguments[2:]]
    write_document(arguments[1], stages)
    for name, _, leaves in stages:
        print_failures(name, leaves)
    passed, failed = count([r for stage in stages for r in stage[2]])
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
