#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh [SUITE[.CASE]]...: run the core's KUnit suites as a plain program
#
# Built with ASan and UBSan, by gcc and, where it is installed, by clang. Needs
# no root and no kernel headers. CC=... chooses one compiler.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# build CC: make the program, and print where it is; one caller at a time
build()
{
	local out=build/check/$1

	mkdir -p "$out"
	(
		flock -w 300 8
		make -s -j2 -f kunit/user/Makefile CC="$1" O="$out" >&2
	) 8>"$out/.lock" && echo "$out/core_test"
}

# check CC SUITE...: build and run with this compiler, as a KTAP subtest
check()
{
	local cc=$1 program

	shift
	program=$(build "$cc" 2>&1) || {
		ktap_not_ok "$cc" "does not compile: $program"
		return
	}
	echo "    # Subtest: $cc"
	if "$program" "$@" 2>&1 | sed 's/^/    /'; then
		ktap_ok "$cc"
	else
		ktap_not_ok "$cc"
	fi
}

set -o pipefail
cd "$XTCP_TOP"
compilers=(gcc)
command -v clang >/dev/null && compilers+=(clang)
[ -z "${CC-}" ] || compilers=("$CC")
"$XTCP_TOP/scripts/deps.sh" build
ktap_plan ${#compilers[@]}
for compiler in "${compilers[@]}"; do
	check "$compiler" "$@"
done
ktap_end
