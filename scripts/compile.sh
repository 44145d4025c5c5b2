#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# compile.sh [KERNEL...]: does xtcp.ko compile for these kernels?
#
# Without KERNEL: Debian 12's 6.1, its backports' 6.12, and sid's 7.2; and the module of
# the engines' benchmark for 6.1, which alone it is for. Warnings (W=1) are errors.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

[ $# -gt 0 ] || set -- stock 6.12 7.2 engines
# compile_engines: a KTAP line for the benchmark's module and programs
compile_engines()
{
	local log

	if log=$("$XTCP_TOP/scripts/bench-engines.sh" build 2>&1); then
		ktap_ok "the engines' benchmark"
	else
		ktap_not_ok "the engines' benchmark" "$log"
	fi
}

cd "$XTCP_TOP"
"$XTCP_TOP/scripts/deps.sh" build
ktap_plan $#
for kernel; do
	if [ "$kernel" = engines ]; then
		compile_engines
	elif ! log=$("$XTCP_TOP/scripts/build.sh" "$kernel" 2>&1); then
		ktap_not_ok "$kernel" "$log"
	elif [ ! -s "build/$kernel/xtcp.ko" ]; then
		ktap_not_ok "$kernel" "there is no xtcp.ko"
	else
		ktap_ok "$kernel"
	fi
done
ktap_end
