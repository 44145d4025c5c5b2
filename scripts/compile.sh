#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# compile.sh [KERNEL...]: does xtcp.ko compile for these kernels?
#
# Without KERNEL: Debian 12's 6.1, its backports' 6.12, and sid's 7.2; and the module of the
# engines' benchmark, for 6.1 only. Warnings (W=1) are errors. "programs": the programs of
# the selftests, and the bridge.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# -gt 0 ] || set -- stock 6.12 7.2 engines

programs()
{
	scripts/bridge.sh && scripts/programs.sh
}

# line NAME COMMAND...: a KTAP line for the result of a compile command
line()
{
	local name=$1 log

	shift
	if log=$("$@" 2>&1); then
		ktap_ok "$name"
	else
		ktap_not_ok "$name" "$log"
	fi
}

cd "$XTCP_TOP"
"$XTCP_TOP/scripts/deps.sh" build
ktap_plan $#
for kernel; do
	if [ "$kernel" = engines ]; then
		line "the engines' benchmark" scripts/bench-engines.sh build
	elif [ "$kernel" = programs ]; then
		line programs programs
	elif ! log=$("$XTCP_TOP/scripts/build.sh" "$kernel" 2>&1); then
		ktap_not_ok "$kernel" "$log"
	elif [ ! -s "build/$kernel/xtcp.ko" ]; then
		ktap_not_ok "$kernel" "there is no xtcp.ko"
	else
		ktap_ok "$kernel"
	fi
done
ktap_end
