#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench-engines.sh [build|smoke]: instructions and bytes of the connection table, the timers,
# requests and TIME-WAIT entries, compared with the kernel's TCP
#
# Everything is measured in a VM that counts instructions (see bench.sh), both sides in the
# same boot and run. Prints one line for each figure: NAME, kernel, xtcp, ratio, spread,
# separated by tabs; medians of $XTCP_RUNS (5) runs. The figures NAME_wide come from a second
# boot, with a million buckets in both tables. "build" only compiles what is needed; "smoke"
# runs all of it once, with a tenth of the entries and connections, and prints KTAP.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

MODULE=$XTCP_TOP/build/stock-engines/xtcp_engines.ko
RECORDS=$XTCP_TOP/build/bench/xtcp_records
FLOOD=$XTCP_TOP/build/bench/flood

build()
{
	scripts/build.sh stock >/dev/null
	XTCP_VARIANT=engines XTCP_KBUILD=tools/bench/engines/Kbuild scripts/build.sh stock >/dev/null
	mkdir -p build/bench
	gcc -O2 -Wall -Wextra -Werror -static -o "$RECORDS" tools/bench/xtcp_records.c
	gcc -O2 -Wall -Wextra -Werror -static -o "$FLOOD" selftests/programs/flood.c
}

# figures SECONDS CONSOLE [OPTIONS]: the lines of one boot
figures()
{
	local limit=$1 console=$2

	shift 2
	scripts/vm.sh --icount --timeout "$limit" --console "$XTCP_TOP/build/log/$console.console" \
		--append "slab_nomerge${*:+ $*}" -- tools/bench/engines.sh "$MODULE" "$RECORDS" "$FLOOD"
}

smoke()
{
	local log

	export XTCP_RUNS=1 XTCP_ENTRIES=100000 XTCP_CONNECTIONS=512 XTCP_SYNS=1000
	ktap_plan 1
	if log=$(figures 600 engines | tools/bench/summary.py 2>&1) &&
	   grep -q '^syn_dropped6' <<<"$log"; then
		ktap_ok "bench-engines"
	else
		ktap_not_ok "bench-engines" "$log"
	fi
	ktap_end
}

set -o pipefail
cd "$XTCP_TOP"
scripts/deps.sh build vm test
build
case ${1-} in
'')	{
		figures 3600 engines
		XTCP_WIDE=1 figures 1800 engines-wide thash_entries=1048576
	} | tools/bench/summary.py ;;
build)	;;
smoke)	smoke ;;
*)	usage "$0" ;;
esac
