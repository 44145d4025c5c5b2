#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check.sh [SUITE[.CASE]]...: run the core's KUnit suites as a plain program
#
# Built with ASan and UBSan, by gcc, or by clang with CC=clang. Unchanged files are not
# compiled again. Needs no root and no kernel headers. Prints KTAP, the failures, and
# "N passed, N failed".

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

CC=${CC:-gcc}
OUT=build/check/$CC

# build: make the program; under a lock, for one caller at a time
build()
{
	mkdir -p "$OUT"
	(
		flock -w 300 8
		make -s -j"$(nproc)" -f kunit/user/Makefile CC="$CC" O="$OUT" >&2
	) 8>"$OUT/.lock"
}

# run PART SUITE...: run the cases of these suites, as a KTAP subtest
run()
{
	local part=$1

	shift
	{
		echo "    # Subtest: $CC"
		if "$OUT/core_test" "$@" 2>&1 | sed 's/^/    /'; then
			echo "ok $part $CC"
		else
			echo "not ok $part $CC"
		fi
	} >"$OUT/log.$part"
}

# parts: the suites to run (all by default), on two lines, one for each CPU
parts()
{
	if [ $# -gt 0 ]; then
		echo "$*"
	else
		"$OUT/core_test" -l | cut -d. -f1 | uniq |
			awk '{ part[NR % 2] = part[NR % 2] " " $0 } END { print part[0]; print part[1] }'
	fi
}

set -o pipefail
cd "$XTCP_TOP"
"$XTCP_TOP/scripts/deps.sh" build
build || die "the core or its suites do not compile"
rm -f "$OUT"/log.*
mapfile -t list < <(parts "$@")
set -f
for part in "${!list[@]}"; do
	# shellcheck disable=SC2086 # a list of suites
	run $((part + 1)) ${list[part]} &
done
wait
set +f
echo "KTAP version 1"
echo "1..${#list[@]}"
cat "$OUT"/log.*
cat "$OUT"/log.* | awk '/^        not ok / { failed++; print } /^        ok / { passed++ }
	END { print passed + 0 " passed, " failed + 0 " failed" }'
! grep -q '^not ok' "$OUT"/log.*
