#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fuzz.sh [--runs N | --seconds S] [TARGET...]: feed the core generated input
#
# Builds each kunit/fuzz/TARGET.c (step: the state machine; header: header and options) with the
# core, ASan, UBSan and clang's fuzzer. --runs tries the same N inputs in each run, for
# tests; --seconds (default 7200, for each target) continues from the corpus of earlier runs,
# build/fuzz/TARGET/corpus. An input that fails is kept in build/fuzz/TARGET: run
# build/fuzz/TARGET/fuzz FILE to reproduce it. Prints KTAP.

set -eu
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

LIMIT=-max_total_time=7200 FIXED=
while [ $# -gt 0 ]; do
	case $1 in
	--runs)		LIMIT=-runs=$2 FIXED=1; shift 2 ;;
	--seconds)	LIMIT=-max_total_time=$2; shift 2 ;;
	-*)		usage "$0" ;;
	*)		break ;;
	esac
done
cd "$XTCP_TOP"
[ $# -gt 0 ] || set -- step header
"$XTCP_TOP/scripts/deps.sh" style

# build TARGET: the program, build/fuzz/TARGET/fuzz
build()
{
	local out=build/fuzz/$1
	local -a simulation=(kunit/pair.c kunit/pair_create.c kunit/pair_check.c
		kunit/pair_user.c)

	mkdir -p "$out/corpus"
	[ "$1" = step ] || simulation=()
	clang -std=gnu11 -g -O1 -fno-strict-aliasing -fwrapv -fno-omit-frame-pointer \
		-Wall -Wno-unused-parameter -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -Ikunit/user/include -Imodule/core -Iinclude \
		-Iinclude/uapi -include kunit/user/include/linux/compiler.h \
		-o "$out/fuzz" "kunit/fuzz/$1.c" module/core/*.c kunit/user/rbtree.c \
		"${simulation[@]}" 2>&1
}

# fuzz TARGET: run it; its output goes to build/fuzz/TARGET/log
fuzz()
{
	local out=build/fuzz/$1
	local -a arguments=("$LIMIT" -max_len=600 -len_control=20 -timeout=60
		-print_final_stats=1 "-artifact_prefix=$out/")

	[ -z "$FIXED" ] || arguments+=(-seed=1)
	[ -n "$FIXED" ] || arguments+=("$out/corpus")
	"$out/fuzz" "${arguments[@]}" >"$out/log" 2>&1
}

ktap_plan $#
for target; do
	if ! log=$(build "$target"); then
		ktap_not_ok "$target" "does not compile: $log"
	elif fuzz "$target"; then
		echo "# $target: $(grep -c . "build/fuzz/$target/log") lines of log," \
			"$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$target/log") inputs"
		ktap_ok "$target"
	else
		ktap_not_ok "$target" "$(tail -n 40 "build/fuzz/$target/log")"
	fi
done
ktap_end
