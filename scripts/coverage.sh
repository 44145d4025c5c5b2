#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# coverage.sh: do the suites run every line and every branch of the core?
#
# Builds the core and its suites as a plain program without optimisation, runs it once, and
# asks gcov about module/core. Prints a table and each line and branch that no case reaches,
# as KTAP; the exit status is 1 if there is one.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

OUT=build/coverage

cd "$XTCP_TOP"
"$XTCP_TOP/scripts/deps.sh" build
mkdir -p "$OUT"
exec 8>"$OUT/.lock"
flock -w 300 8 || die "$OUT has been locked for five minutes"
make -s -j2 -f kunit/user/Makefile CC=gcc O="$OUT" SANITIZE='--coverage -O0' >&2
find "$OUT" -name '*.gcda' -delete
# what a file that is gone has left would count as never run
for object in "$OUT"/module/core/*.o "$OUT"/kunit/*.o; do
	source=${object#"$OUT"/}
	[ -e "${source%.o}.c" ] || rm -f "${object%.o}".*
done
timeout 300 "$OUT/core_test" -1 >"$OUT/log" 2>&1 ||
	die "the suites fail, see 'make check': $(grep 'not ok' "$OUT/log" || tail -n 3 "$OUT/log")"
scripts/coverage.py module/core "$OUT"/module/core/*.o "$OUT"/kunit/*.o
