#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench.sh: instructions per request, connection and KiB, beside the kernel's TCP
#
# Both protocols run in the same boot of a VM that counts: one executed
# instruction is one nanosecond of its time, so that the figures do not depend on
# this machine. Prints a line a figure: NAME, kernel, xtcp, ratio, spread, parted
# by tabs; the two are medians of $XTCP_RUNS (5) runs, both ends together, with
# the spread over the runs. Blind to caches, locks and more than one processor.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$XTCP_TOP"
scripts/deps.sh build vm test
scripts/build.sh stock >/dev/null
mkdir -p build/bench
gcc -O2 -Wall -Wextra -static -o build/bench/xtcp_bench tools/bench/xtcp_bench.c
scripts/vm.sh --icount --timeout 1800 --console "$XTCP_TOP/build/log/bench.console" \
	-- tools/bench/bench.sh "$XTCP_TOP/build/bench/xtcp_bench"
