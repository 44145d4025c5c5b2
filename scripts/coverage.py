#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Reports the lines and branches of some sources that no test has run, as KTAP.

    coverage.py FOLDER OBJECT...

OBJECTs are object files of a build with --coverage, run already.  All sources and
headers under FOLDER are counted; a header's inline functions are the sum over all
objects that include it.  Prints a table, and below it each line and branch that
was never run or taken.  One test for each file; the exit status is 1 if any failed.
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path


class File:
    """The counts of one source, summed over the objects that contain it."""

    def __init__(self):
        self.lines = defaultdict(int)
        self.branches = defaultdict(int)
        self.functions = defaultdict(int)

    def add(self, report):
        for function in report["functions"]:
            name = function["name"], function["start_line"]
            self.functions[name] += function["execution_count"]
        for line in report["lines"]:
            number = line["line_number"]
            self.lines[number] += line["count"]
            for index, branch in enumerate(line["branches"]):
                place = number, line.get("function_name", ""), index
                self.branches[place] += branch["count"]

    def missing(self):
        """Lines and branches never run: (line, text), in the order of the file."""
        gaps = [(line, "function %s never called" % name)
                for (name, line), count in self.functions.items() if not count]
        gaps += [(line, "line never run")
                 for line, count in self.lines.items() if not count]
        gaps += [(line, "branch %d never taken" % index)
                 for (line, _, index), count in self.branches.items()
                 if not count and self.lines[line]]
        return sorted(gaps)


def gcov(objects):
    """The reports of all files that these objects were compiled from."""
    command = ["gcov", "--branch-probabilities", "--json-format", "--stdout"]
    text = subprocess.run(command + objects, check=True, capture_output=True, text=True)
    for document in text.stdout.splitlines():
        yield from json.loads(document)["files"]


def share(counts):
    run = sum(1 for count in counts.values() if count)
    percent = 100 * run / len(counts) if counts else 100
    return "%5.1f%% of %-4d" % (percent, len(counts))


def main(folder, objects):
    files = defaultdict(File)
    for report in gcov(objects):
        if Path(report["file"]).is_relative_to(folder):
            files[report["file"]].add(report)
    print("KTAP version 1\n1..%d" % len(files))
    print("# %-28s %-14s %-14s %s" % ("file", "lines", "branches", "functions"))
    for name, file in sorted(files.items()):
        print("# %-28s" % name, share(file.lines), share(file.branches),
              share(file.functions))
    failed = not files
    for number, (name, file) in enumerate(sorted(files.items()), 1):
        gaps = file.missing()
        for line, text in gaps:
            print("# %s:%d: %s" % (name, line, text))
        print("%s %d %s" % ("not ok" if gaps else "ok", number, Path(name).name))
        failed |= bool(gaps)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
