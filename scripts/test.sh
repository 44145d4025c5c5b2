#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# test.sh [--full] [STAGE...]: run the tests, from the quickest to the slowest
#
#   style purity mutants check coverage fuzz compile kunit selftest-time selftest-uml selftest-vm
#   selftest-debug bench-engines conformance
#
# and when asked for, by name or in $XTCP_EXTRA_STAGES, readme and selftest-kcsan.
# --full runs selftest-kcsan too, and all selftests in the debug kernel, not only those
# named for it.
# Each stage writes KTAP to build/test/STAGE.log; build/test.ktap has them all.
# A stage fails, too, when the kernel complained on any console. Tests may be
# skipped only where $XTCP_SKIPS (shell patterns) names them.
#
# The last line is "N passed, N failed"; the exit status is 1 when any failed.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# Two lanes run side by side: what compiles, or has a time of its own, and a guest that
# mostly waits. What the README promises a user comes before them, alone; behind them,
# one after the other, what measures time or needs both processors, and last the one
# that looks at what the others have shown
FIRST="readme"
LANE_A="purity mutants check coverage fuzz style compile selftest-time"
LANE_B="selftest-vm"
LAST="kunit selftest-uml selftest-debug selftest-kcsan bench-engines conformance"
export XTCP_TEST_FULL=
LOGS=$XTCP_TOP/build/test

# command_of STAGE: how to run it
command_of()
{
	case $1 in
	style | purity | check | coverage | compile | kunit | readme)
		echo "scripts/$1.sh" ;;
	mutants)	echo "scripts/test-the-tests.sh --plant" ;;
	fuzz)		echo "scripts/fuzz.sh --runs 60000" ;;
	conformance)	echo "scripts/conformance.py ktap" ;;
	bench-engines)	echo "scripts/bench-engines.sh smoke" ;;
	selftest-*)	echo "scripts/selftest.sh ${1#selftest-}" ;;
	*)		usage "$0" ;;
	esac
}

# kernels: make those that are missing, one after the other, before anything
# that wants one; a stage whose kernel could not be made will say so
kernels()
{
	local kernel start=$SECONDS
	local -a wanted=(stock tools uml 6.12 7.2 debug)

	case " $WANTED " in
	*" selftest-kcsan "*)	wanted+=(kcsan) ;;
	esac
	for kernel in "${wanted[@]}"; do
		scripts/kernel.sh "$kernel" >/dev/null 2>"$LOGS/kernel-$kernel.err" &
		CHILD=$!
		wait "$CHILD" || say "the kernel '$kernel' could not be made:" \
			"$(tail -n 3 "$LOGS/kernel-$kernel.err")"
		CHILD=
	done
	printf '%-16s %5d s\n' "kernels" "$(seconds "$start")"
}

# limit_of STAGE: seconds it may take
limit_of()
{
	case $1 in
	purity | mutants | check | coverage)	echo 900 ;;
	style | fuzz)	echo 900 ;;
	*)		[ -n "$XTCP_TEST_FULL" ] && echo 11000 || echo 2700 ;;
	esac
}

# seconds SINCE
seconds()
{
	echo $((SECONDS - $1))
}

# stage NAME: run it, and say in a line how it went
stage()
{
	local name=$1 start=$SECONDS status=0 result

	# shellcheck disable=SC2046 # command and arguments
	timeout -k 10 "$(limit_of "$name")" $(command_of "$name") \
		>"$LOGS/$name.log" 2>"$LOGS/$name.err" </dev/null &
	CHILD=$!
	wait "$CHILD" || status=$?
	CHILD=
	if [ "$status" != 0 ]; then
		sed 's/^/# /' "$LOGS/$name.err" >>"$LOGS/$name.log"
	fi
	echo "$status" >"$LOGS/$name.status"
	result=$(scripts/ktap.py count "$name=$LOGS/$name.log:$status") || true
	printf '%-16s %5d s  %s\n' "$name" "$(seconds "$start")" "$result"
}

# lane STAGE...: those of them that were asked for, one after the other
lane()
{
	local name

	for name; do
		case " $WANTED " in
		*" $name "*) stage "$name" ;;
		esac
	done
}

# splats: what the kernels said on their consoles, as a stage of its own
splats()
{
	local console status=0
	local -a consoles=()

	for console in build/log/*.console; do
		[ ! -e "$console" ] || consoles+=("$console")
	done
	[ ${#consoles[@]} -gt 0 ] || return 0
	{
		ktap_plan ${#consoles[@]}
		for console in "${consoles[@]}"; do
			if log=$(scripts/splats.sh "$console" 2>&1); then
				ktap_ok "${console##*/}"
			else
				ktap_not_ok "${console##*/}" "$log"
			fi
		done
		ktap_end
	} >"$LOGS/consoles.log" || status=$?
	echo "$status" >"$LOGS/consoles.status"
	DONE="$DONE consoles"
}

# stop: when we are stopped, nothing that we started goes on
stop()
{
	[ -z "$CHILD" ] || kill "$CHILD" 2>/dev/null || true
	[ -z "$OTHER_LANE" ] || kill "$OTHER_LANE" 2>/dev/null || true
	wait
	exit "${1-1}"
}

# report: every failure in full, then the line that counts
report()
{
	local name
	local -a arguments=()

	for name in $DONE; do
		arguments+=("$name=$LOGS/$name.log:$(cat "$LOGS/$name.status" 2>/dev/null || echo lost)")
	done
	scripts/ktap.py report build/test.ktap "${arguments[@]}"
}

cd "$XTCP_TOP"
if [ "${1-}" = --full ]; then
	XTCP_TEST_FULL=1
	shift
fi
ALWAYS="$LANE_A $LANE_B $LAST"
[ -n "$XTCP_TEST_FULL" ] || ALWAYS=${ALWAYS/selftest-kcsan /}
WANTED=${*:-${XTCP_EXTRA_STAGES-} $ALWAYS}
for name in $WANTED; do
	command_of "$name" >/dev/null
done
DONE=$WANTED
rm -rf "$LOGS" build/log build/test.ktap
mkdir -p "$LOGS" build/log
start=$SECONDS
scripts/deps.sh build kernel vm test style
CHILD='' OTHER_LANE=''
trap 'stop 130' INT
trap 'stop 143' TERM HUP
[ $# -gt 0 ] || kernels
# shellcheck disable=SC2086 # lists
lane $FIRST
# shellcheck disable=SC2086
{
	trap 'stop 143' TERM
	lane $LANE_A
} &
OTHER_LANE=$!
# shellcheck disable=SC2086
lane $LANE_B
wait "$OTHER_LANE"
OTHER_LANE=
# shellcheck disable=SC2086 # list
lane $LAST
[ ! -e "$LOGS/conformance.log" ] || sed -n '$s/^# //p' "$LOGS/conformance.log"
splats
printf '%-16s %5d s\n' "all" "$(seconds "$start")"
report
