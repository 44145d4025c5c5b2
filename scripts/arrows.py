#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Which C file calls which, by function, and where the calls go in a circle.

    arrows.py show [FOLDER]...   the files of each folder, and whom each calls for what
    arrows.py check [FOLDER]...  the rules below, for these folders

A call is any use of a function that another file defines: taking its address, as a table
of operations does, counts too. An inline function or a macro of a header counts for the
file that uses it. Files of a folder are those right in it; CLEAN is what is checked when
no folder is named.

1. No circles: when a.c calls b.c, b.c calls a.c neither directly nor through others.
2. The core calls nothing of the module.
3. No two C files of the tree have the same name, but for main.c and for the selftests'
   programs.
"""

import os
import re
import subprocess
import sys
from collections import defaultdict

CLEAN = ["module", "module/core"]
CORE = "module/core"
SAME_NAME = {"main.c"}
PROGRAMS = "selftests/"

COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(.*)$", re.M)
DIRECTIVE = re.compile(r"^[ \t]*#.*$", re.M)
TOKEN = re.compile(r"[A-Za-z_]\w*|[{}();=]")
WORD = re.compile(r"[A-Za-z_]\w*")


class Source:
    """What a file defines, and which names each of its definitions uses."""

    def __init__(self, path):
        self.path = path
        self.uses = {}          # definition -> names
        self.exported = set()   # functions that other files may call
        self.local = set()      # static functions
        with open(path, encoding="utf-8") as file:
            text = COMMENT.sub(" ", file.read()).replace("\\\n", " ")
        for name, body in DEFINE.findall(text):
            self.uses.setdefault(name, set()).update(WORD.findall(body))
        self.read(TOKEN.findall(DIRECTIVE.sub("", text)))

    def read(self, tokens):
        """Split into what stands at the outermost level: a head, and what is in braces."""
        head, body, depth = [], [], 0
        for token in tokens:
            depth -= token == "}"
            if depth:
                body.append(token)
            elif token == "{":
                pass
            elif token == "}":
                if self.take(head, body):
                    head = []
                body = []
            elif token == ";":
                head = []
            else:
                head.append(token)
            depth += token == "{"

    def take(self, head, body):
        """One definition. Return: whether it is at its end."""
        names = {token for token in body if WORD.match(token)}
        if "=" in head:
            self.uses.setdefault(variable(head[:head.index("=")]), set()).update(names)
            return False
        if "(" not in head or not WORD.match(head[head.index("(") - 1]):
            return False
        name = head[head.index("(") - 1]
        self.uses.setdefault(name, set()).update(names)
        (self.local if "static" in head else self.exported).add(name)
        return True


def variable(head):
    """The name that a declaration is for; of a pointer to functions, (*const NAME[N])(...)."""
    start = head.index("(") if "(" in head else -1
    words = [token for token in head[start + 1:] if WORD.match(token) and token != "const"]
    return words[0] if start >= 0 else words[-1] if words else "?"


class Tree:
    """All sources of the module, and the calls between them."""

    def __init__(self, paths):
        sources = [Source(path) for path in paths]
        self.sources = {s.path: s for s in sources if s.path.endswith(".c")}
        self.home = {name: s.path for s in self.sources.values() for name in s.exported}
        self.inline = {}
        for s in sources:
            if s.path.endswith(".h"):
                self.inline.update(s.uses)

    def called(self, source, definition):
        """(file, function) of all that a definition calls in other files."""
        seen, todo = set(), list(source.uses[definition])
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            if name in source.local or self.home.get(name) == source.path:
                continue
            if name in self.home:
                yield self.home[name], name
            elif name in self.inline:
                todo += self.inline[name]

    def calls(self, path):
        """{file: {(caller, function)}} of one file."""
        found = defaultdict(set)
        source = self.sources[path]
        for definition in source.uses:
            for home, name in self.called(source, definition):
                found[home].add((definition, name))
        return found


def circles(graph):
    """The strongly connected components of more than one file (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            part = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(part) > 1:
                found.append(sorted(part))
    for node in graph:
        if node not in index:
            visit(node)
    return found


def in_folder(tree, folder):
    return sorted(path for path in tree.sources if os.path.dirname(path) == folder)


def lines(path, calls):
    """What a file calls of another, a line for each function that is called."""
    for function in sorted({name for _, name in calls}):
        callers = ", ".join(sorted(caller for caller, name in calls if name == function))
        yield f"{function}() by {callers}"


def check_circles(tree, folder):
    paths = in_folder(tree, folder)
    calls = {path: tree.calls(path) for path in paths}
    graph = {path: [other for other in calls[path] if other in calls] for path in paths}
    for circle in circles(graph):
        names = " ".join(os.path.basename(path) for path in circle)
        yield f"{folder}: {len(circle)} files call each other in a circle: {names}"
        for path in circle:
            for other in circle:
                for line in lines(path, calls[path].get(other, ())):
                    yield f"  {os.path.basename(path)} -> {os.path.basename(other)}: {line}"


def check_core(tree):
    for path in in_folder(tree, CORE):
        for other, calls in tree.calls(path).items():
            if os.path.dirname(other) != CORE:
                for line in lines(path, calls):
                    yield f"{path} calls {other}: {line}"


def check_names(paths):
    homes = defaultdict(list)
    for path in paths:
        if path.endswith(".c") and not path.startswith(PROGRAMS):
            homes[os.path.basename(path)].append(path)
    for name, found in sorted(homes.items()):
        if len(found) > 1 and name not in SAME_NAME:
            yield f"two files have the same name: {' '.join(found)}"


def show(tree, folder):
    for path in in_folder(tree, folder):
        print(path)
        for other, calls in sorted(tree.calls(path).items()):
            print(f"\t{other}")
            for line in lines(path, calls):
                print(f"\t\t{line}")


def main(arguments):
    if not arguments or arguments[0] not in ("show", "check"):
        sys.exit(__doc__)
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard",
                             "*.[ch]"], check=True, capture_output=True, text=True)
    paths = sorted(path for path in listed.stdout.split() if os.path.exists(path))
    tree = Tree([path for path in paths if path.startswith(("module/", "include/"))])
    folders = arguments[1:] or CLEAN
    for folder in folders:
        if not in_folder(tree, folder):
            sys.exit(f"{folder}: no C file is there")
    if arguments[0] == "show":
        for folder in folders:
            show(tree, folder)
        return 0
    complaints = [line for folder in folders for line in check_circles(tree, folder)]
    complaints += [*check_core(tree), *check_names(paths)]
    for complaint in complaints:
        print(complaint)
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
