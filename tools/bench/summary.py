#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Summarises the runs of each figure in one line.

Reads lines "NAME KERNEL XTCP" and prints NAME, median of the kernel's, median of
xtcp's, their ratio, and the spread (largest less smallest, in % of the median) of the
worse of the two, separated by tabs; "-" for a missing figure.
"""

import sys
from statistics import median


def shown(values):
    return "%.1f" % median(values) if values else "-"


def spread(values):
    middle = median(values) if values else 0
    return 100 * (max(values) - min(values)) / middle if middle else 0


def main():
    figures = {}
    for line in sys.stdin:
        try:
            name, kernel, xtcp = line.split()
        except ValueError:
            sys.exit(f"no figure: {line.rstrip()}")
        both = figures.setdefault(name, ([], []))
        for values, value in zip(both, (kernel, xtcp)):
            if value != "-":
                values.append(float(value))
    print("NAME\tkernel\txtcp\tratio\tspread")
    for name, (kernel, xtcp) in figures.items():
        ratio = "-"
        if kernel and xtcp and median(kernel):
            ratio = "%.3f" % (median(xtcp) / median(kernel))
        print(name, shown(kernel), shown(xtcp), ratio,
              "%.2f%%" % max(spread(kernel), spread(xtcp)), sep="\t")
    return int(not figures)


if __name__ == "__main__":
    sys.exit(main())
