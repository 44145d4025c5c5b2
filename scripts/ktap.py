# SPDX-License-Identifier: GPL-2.0
"""Reads the KTAP that tests print, and counts the results.

A unit also fails if it ended badly without naming a failed test, if it has no results, if
results are missing from its plan, and for each skipped test, unless the test's name, or
STAGE.NAME, matches one of the shell patterns in $XTCP_SKIPS.  Only leaves count, not the
subtests' summary lines.
"""

import fnmatch
import os
import re
from dataclasses import dataclass, field

RESULT = re.compile(r"( *)(ok|not ok) (\d+) ?(?:- )?(.*)$")
PLAN = re.compile(r"( *)1\.\.(\d+)\s*$")
SKIP = re.compile(r"(.*?)\s*# SKIP\b\s*(.*)$", re.IGNORECASE)
CONTEXT_LINES = 60


@dataclass
class Result:
    """One leaf: its full name, whether it failed, and its diagnostics."""

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
    """Takes all results deeper than depth: the children of a summary line."""
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


def read_unit(name, log, status):
    """The lines of a log, and its leaves, with failures of the unit itself."""
    try:
        with open(log, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError as error:
        lines, status = [f"# {error}"], status or 1
    leaves = parse(lines, name.partition("/")[0])
    if status and not any(r.failed for r in leaves):
        leaves.append(Result(f"ended with status {status}", True, False, lines))
    if not leaves:
        leaves.append(Result("no results", True, False, lines))
    return lines, leaves


def count(leaves):
    failed = sum(r.failed for r in leaves)
    return len(leaves) - failed, failed


def print_failure(stage, result):
    """A failure in full, without output from long before it."""
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
