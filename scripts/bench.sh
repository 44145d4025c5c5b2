#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench.sh: instructions per request, connection and KiB, compared with the kernel's TCP
#
# Both protocols run in the same boot of a VM that counts: one executed instruction takes one
# nanosecond of its time, so the figures do not depend on the host. Prints one line for each
# figure: NAME, kernel, xtcp, ratio, spread, separated by tabs; the two are medians of
# $XTCP_RUNS (5) runs, both ends together, with the spread over the runs. Blind to caches,
# locks and more than one CPU.

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
