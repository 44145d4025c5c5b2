#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The rules of this project's style that no other tool checks, as KTAP.

    style-tree.py FILE...

FILE... are all files of the tree, as paths from its top.
"""

import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

FILE_LINES = 600
FUNCTION_LINES = 80
# Of a hundred functions, this many may be longer than LONG_LINES.
LONG_LINES, LONG_PERCENT = 50, 5
NESTING = 3

CODE = (".c", ".h", ".sh", ".py")
NO_SPDX = {"LICENSE"}
VERSION_WORDS = re.compile(r"\b(LINUX_VERSION_CODE|KERNEL_VERSION)\b")
VERSION_HOMES = {"include/compat.h", "kunit/user/include/linux/version.h"}
# Directories of one machine, and names of a local package mirror.
LOCAL = re.compile(r"(?<![\w.$}~-])/(work/|root/\.|home/\w+/)|\bregistry\.|\bartifactory\b")
APT_HOST = re.compile(r"https?://([^/\s]+)")
PUBLIC_HOSTS = re.compile(r"(^|\.)debian\.org$")
# What the docs name: files by any end of their path, the project's own functions.
DOC_FILE = re.compile(r"(?<![\w./*-])[\w./-]+\.(?:c|h|\[ch\]|md|py|sh)(?![\w.-]*\w)")
DOC_FUNCTION = re.compile(r"\b(xtcp_\w+)\(")
MACRO = re.compile(r"^#define (xtcp_\w+)\(", re.M)
CONTROL = re.compile(r"(\t+)(if|for|while|do|switch|list_for_each\w*)\b")


@dataclass
class Function:
    """One function definition in a C file."""

    path: str
    name: str
    line: int
    length: int
    static: bool
    documented: bool


def read(path):
    return Path(path).read_text(encoding="utf-8", errors="replace")


def signature_start(lines, brace):
    """The first line of the definition whose brace is in column 0."""
    start = brace
    while start and lines[start - 1].strip() and \
            not re.match(r"[}#]|.*(;|\*/)$", lines[start - 1]):
        start -= 1
    return start


def is_documented(lines, start):
    """Does a kernel-doc comment end right above?"""
    if not start or not lines[start - 1].rstrip().endswith("*/"):
        return False
    while start and not lines[start - 1].lstrip().startswith("/*"):
        start -= 1
    return bool(start) and lines[start - 1].strip() == "/**"


def functions(path):
    """All function definitions of a C file, found by kernel style's columns."""
    lines = read(path).splitlines()
    for brace, line in enumerate(lines):
        if line != "{":
            continue
        start = signature_start(lines, brace)
        signature = " ".join(lines[start:brace])
        name = re.search(r"(\w+)\s*\(", signature)
        if not name:
            continue
        end = next((n for n in range(brace, len(lines)) if lines[n] == "}"), brace)
        yield Function(path, name[1], start + 1, end - start + 1,
                       bool(re.search(r"\bstatic\b", signature)),
                       is_documented(lines, start))


def check_spdx(files):
    for path in files:
        text = read(path)
        if path in NO_SPDX or not text:
            continue
        if "SPDX-License-Identifier:" not in "\n".join(text.splitlines()[:3]):
            yield f"{path}: no SPDX-License-Identifier in the first three lines"


def check_file_size(files):
    for path in files:
        lines = read(path).count("\n")
        if path.endswith(CODE) and lines > FILE_LINES:
            yield f"{path}: {lines} lines, more than {FILE_LINES}"


def product(files):
    return [p for p in files if p.endswith((".c", ".h"))
            and p.startswith(("module/", "include/"))]


def check_function_size(files):
    found = [f for p in product(files) for f in functions(p)]
    for f in found:
        if f.length > FUNCTION_LINES:
            yield f"{f.path}:{f.line}: {f.name}() has {f.length} lines, " \
                  f"more than {FUNCTION_LINES}"
    long = [f for f in found if f.length > LONG_LINES]
    if len(long) * 100 > len(found) * LONG_PERCENT:
        names = ", ".join(f"{f.name} {f.length}" for f in long)
        yield f"{len(long)} of {len(found)} functions have more than " \
              f"{LONG_LINES} lines: {names}"


def check_nesting(files):
    for path in product(files):
        for number, line in enumerate(read(path).splitlines(), 1):
            control = CONTROL.match(line)
            if control and path.endswith(".c") and len(control[1]) > NESTING:
                yield f"{path}:{number}: nested deeper than {NESTING}: {line.strip()}"


def check_documented(files):
    for path in product(files):
        for f in functions(path):
            if not f.static and not f.documented:
                yield f"{path}:{f.line}: {f.name}() has no kernel-doc comment"


def check_versions(files):
    for path in files:
        if not path.endswith((".c", ".h", "Kbuild")) or path in VERSION_HOMES:
            continue
        for number, line in enumerate(read(path).splitlines(), 1):
            if VERSION_WORDS.search(line):
                yield f"{path}:{number}: a version check outside of include/compat.h"


def local_hosts():
    """The hosts in this machine's package sources that are not Debian's own."""
    hosts = set()
    for path in Path("/etc/apt").glob("sources.list*"):
        sources = [path] if path.is_file() else path.iterdir()
        for source in sources:
            hosts.update(APT_HOST.findall(read(source)))
    return {h.split("@")[-1] for h in hosts if not PUBLIC_HOSTS.search(h)}


def check_local_names(files):
    hosts = local_hosts()
    for path in files:
        for number, line in enumerate(read(path).splitlines(), 1):
            if LOCAL.search(line) or any(host in line for host in hosts):
                yield f"{path}:{number}: names a place of one machine: {line.strip()}"


def check_mirrored(files):
    """Each core file has a suite, and a one-line source in the KUnit module."""
    present = set(files)
    for path in files:
        if not re.fullmatch(r"module/core/\w+\.c", path):
            continue
        name = Path(path).stem
        for mirror in (f"kunit/{name}_test.c", f"kunit/core_{name}.c"):
            if mirror not in present:
                yield f"{path}: there is no {mirror}"


def docs(files):
    return [p for p in files if re.fullmatch(r"README\.md|docs/\w[\w-]*\.md", p)]


def stands_for(name, files):
    """The files that a page means by a name: "core/wheel.[ch]" is two, "conn.c" any conn.c."""
    for one in re.sub(r"(.*)\[ch\]$", r"\1c \1h", name).split():
        yield one, [p for p in files if p == one or p.endswith("/" + one)]


def check_doc_names(files):
    """Files, and functions of the project. NAME stands for any name."""
    code = [p for p in files if p.endswith((".c", ".h"))]
    defined = {f.name for p in code for f in functions(p)}
    defined.update(name for p in code for name in MACRO.findall(read(p)))
    for path in docs(files):
        for number, line in enumerate(read(path).splitlines(), 1):
            for name in DOC_FILE.findall(line):
                for one, found in stands_for(name, files):
                    if not found and "NAME" not in one:
                        yield f"{path}:{number}: there is no {one}"
            for name in DOC_FUNCTION.findall(line):
                if name not in defined:
                    yield f"{path}:{number}: there is no {name}()"


def check_doc_places(files):
    """The section "Where is it?" names each C file and each header without one, once."""
    page = "docs/architecture.md"
    if page not in files:
        return
    section = re.search(r"^## Where is it\?$(.*?)^## ", read(page), re.M | re.S)
    named = Counter(re.findall(r"`(\w+\.[ch])`", section[1] if section else ""))
    there = {Path(p).name for p in files if re.fullmatch(r"module/(core/)?\w+\.[ch]", p)}
    there -= {p[:-1] + "h" for p in there if p.endswith(".c")}
    for name in sorted(there | set(named)):
        if name not in there:
            yield f"{page}: gives {name} a place, which needs none"
        elif named[name] != 1:
            yield f"{page}: {name} has {named[name]} places, not one"


CHECKS = {
    "SPDX lines": check_spdx,
    f"files of {FILE_LINES} lines at most": check_file_size,
    f"functions of {FUNCTION_LINES} lines at most, "
    f"{100 - LONG_PERCENT} of 100 of {LONG_LINES}": check_function_size,
    f"nesting of {NESTING} at most": check_nesting,
    "kernel-doc on every function that is not static": check_documented,
    "version checks in include/compat.h only": check_versions,
    "no path or host of one machine": check_local_names,
    "a suite for each core file": check_mirrored,
    "what the docs name exists": check_doc_names,
    "one place in docs/architecture.md for each file of module/": check_doc_places,
}


def main(files):
    if not files:
        sys.exit(__doc__)
    failed = 0
    print(f"KTAP version 1\n1..{len(CHECKS)}")
    for number, (name, check) in enumerate(CHECKS.items(), 1):
        complaints = list(check(files))
        for complaint in complaints:
            print(f"# {complaint}")
        print(f"{'not ok' if complaints else 'ok'} {number} {name}")
        failed += bool(complaints)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
