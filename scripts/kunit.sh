#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kunit.sh: run the KUnit suites (xtcp_kunit.ko) in User-Mode Linux
#
# KUnit reports on the kernel's console. Every suite in kunit/ must have
# reported, the module must unload, and the kernel must not have complained.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

CONSOLE=$XTCP_TOP/build/log/kunit.console
START="xtcp: the suites start"
END="xtcp: the suites have ended"

# report: KUnit's lines, without the kernel's time stamps
report()
{
	sed -E 's/\r$//; s/^\[ *[0-9]+\.[0-9]+\] ?//' "$CONSOLE" |
		sed -n "/^$START/,/^$END/p" | grep -v "^$START\|^$END" || true
}

# suites: the number of suites in the sources
suites()
{
	cat kunit/*_test.c | grep -c '^kunit_test_suite('
}

# shellcheck disable=SC2317 # called by line()
# loaded: check the output and the exit status of the guest's command
loaded()
{
	cat build/log/kunit.output
	return "$status"
}

# line NAME COMMAND...: one KTAP line for a command
line()
{
	local name=$1 log

	shift
	NUMBER=$((NUMBER + 1))
	if log=$("$@" 2>&1); then
		echo "ok $NUMBER $name"
	else
		printf '%s\n' "$log" | sed 's/^/# /'
		echo "not ok $NUMBER $name"
		FAILED=1
	fi
}

cd "$XTCP_TOP"
"$XTCP_TOP/scripts/deps.sh" build
module=$("$XTCP_TOP/scripts/build.sh" uml)/xtcp_kunit.ko
mkdir -p build/log
status=0
# shellcheck disable=SC2016 # the guest's shell expands it
"$XTCP_TOP/scripts/uml.sh" --timeout 300 --console "$CONSOLE" -- sh -c '
	echo "$2" >/dev/kmsg
	insmod "$1" && rmmod xtcp_kunit
	status=$?
	echo "$3" >/dev/kmsg
	exit $status' sh "$module" "$START" "$END" >build/log/kunit.output 2>&1 || status=$?

NUMBER=$(suites)
FAILED=0
echo "KTAP version 1"
echo "1..$((NUMBER + 2))"
report
report | grep -q '^not ok' && FAILED=1
line "the module loads and unloads" loaded
line "no complaint of the kernel" "$XTCP_TOP/scripts/splats.sh" "$CONSOLE"
exit $FAILED
